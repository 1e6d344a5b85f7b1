package review

import (
	"cmp"
	"fmt"

	"millrace/internal/metrics"
)

// Where deals become larger than a mix is for, in US cents: LinkedIn ads fit an ACV above $15K, ABM one above $50K.
const (
	midMarketACV  = 15_000_00
	enterpriseACV = 50_000_00
	leastWon      = 5 // deals won for their average to choose the mix
)

// fit is what a channel should have of the spend, from and to, by motion, and why.
type fit struct {
	channel  string
	shares   map[string][2]float64
	note     string
	smallest float64 // ACV from which it fits, US cents
}

// fits is the table. What each channel is for, its limits of ACV and volume are the field's; the shares are Millrace's defaults, for which no
// published figure is known, and each motion's middles make up the whole.
var fits = []fit{
	{"Google search", shares(30, 50, 15, 25, 5, 10), "Captures the 3–5% who are in the market now; its volume is limited.", 0},
	{"Content / SEO", shares(20, 30, 15, 25, 10, 20), "Compounds: 6–12 months to meaningful traffic, then its CPL falls as volume grows.", 0},
	{"LinkedIn ads", shares(0, 10, 20, 30, 15, 25), "Creates demand; fits an ACV above $15K, 30–60 days from the first impression to the lead.", midMarketACV},
	{"Outbound", shares(5, 15, 10, 20, 10, 20), "Accelerates chosen accounts: 50–100 a month with a trigger event.", 0},
	{"ABM", shares(0, 0, 0, 10, 20, 30), "For an ACV above $50K and committees of 4–6: a list of 100–500 accounts.", enterpriseACV},
	{"Webinars", shares(5, 10, 5, 10, 0, 10), "Creates and captures.", 0},
	{"Events", shares(0, 5, 0, 5, 5, 15), "Creates and captures.", 0},
	{"Partners", shares(5, 15, 0, 10, 0, 5), "Creates and captures.", 0},
}

func shares(s1, s2, m1, m2, e1, e2 float64) map[string][2]float64 {
	return map[string][2]float64{"smb": {s1 / 100, s2 / 100}, "mid-market": {m1 / 100, m2 / 100}, "enterprise": {e1 / 100, e2 / 100}}
}

// mixSource says where the table comes from.
const mixSource = "Channels, ACV limits and volumes: the field's usual figures. Shares: Millrace's defaults, without a published source; let your own figures overrule them."

// Mix is the spend as it is beside the one that fits.
type Mix struct {
	Motion   string         `json:"motion" enum:"smb,mid-market,enterprise" doc:"That the recommended shares are for"`
	ACV      metrics.Figure `json:"acv" doc:"Average deal won, in US dollars"`
	Words    string         `json:"words" doc:"Why this motion"`
	Source   string         `json:"source"`
	Channels []MixRow       `json:"channels"`
}

// MixRow is a channel's share of the spend.
type MixRow struct {
	Channel string         `json:"channel"`
	Low     *float64       `json:"low" doc:"Recommended share; null for channels that the table does not name"`
	High    *float64       `json:"high"`
	Today   metrics.Figure `json:"today" doc:"Share of the spend"`
	Verdict string         `json:"verdict" enum:"below,within,above,not_judged"`
	Note    string         `json:"note"`
}

func mix(in Input) Mix {
	out := Mix{ACV: in.ACV, Source: mixSource, Channels: []MixRow{}}
	out.Motion, out.Words = motion(in)
	spend, total := map[string]float64{}, 0.0
	for _, c := range in.Channels {
		if s := float64(c.Row.Spend.Minor); c.Row.Spend.Rows > 0 && s > 0 {
			spend[c.Row.Channel] = s
			total += s
		}
	}
	row := func(name string) MixRow {
		r := MixRow{Channel: name, Verdict: "not_judged", Today: metrics.Figure{Key: "spend_share", Unit: metrics.UnitRatio, Rule: "spend / spend of all channels", Undefined: metrics.NoSpend}}
		if total > 0 {
			share := spend[name] / total
			r.Today.Value, r.Today.Undefined = &share, ""
		}
		return r
	}
	for _, f := range fits {
		r, want := row(f.channel), f.shares[out.Motion]
		r.Low, r.High, r.Note = &want[0], &want[1], f.note
		if v := r.Today.Value; v != nil {
			r.Verdict = "within"
			if *v < want[0] {
				r.Verdict = "below"
			} else if *v > want[1] {
				r.Verdict = "above"
			}
		}
		delete(spend, f.channel)
		out.Channels = append(out.Channels, r)
	}
	for _, c := range in.Channels {
		if spend[c.Row.Channel] > 0 {
			out.Channels = append(out.Channels, row(c.Row.Channel))
		}
	}
	return out
}

// motion is what the deals won say, else what the playbook says.
func motion(in Input) (name, words string) {
	said := cmp.Or(in.Motion, "mid-market")
	if in.ACV.Value == nil || in.ACV.N < leastWon {
		words = fmt.Sprintf("Too few deals were won for their size to choose: the mix is the one for %s, as the playbook says.", said)
		if in.Motion == "" {
			words = "Too few deals were won for their size to choose, and the playbook names no motion: the mix is the one for the mid-market."
		}
		return said, words
	}
	name = "smb"
	if *in.ACV.Value >= enterpriseACV {
		name = "enterprise"
	} else if *in.ACV.Value >= midMarketACV {
		name = "mid-market"
	}
	words = fmt.Sprintf("The average of %d deals won is %s: the mix is the one for %s.", in.ACV.N, metrics.Say(*in.ACV.Value, metrics.UnitMoney, "USD"), name)
	if in.Motion != "" && in.Motion != name {
		words += fmt.Sprintf(" The playbook says %s.", in.Motion)
	}
	return name, words
}
