package metrics

import (
	"encoding/csv"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"millrace"
)

// page is docs/measurement.md: its tables of inputs, and the values that it claims, by figure.
type page struct {
	t      *testing.T
	tables map[string][]map[string]string
	claims map[string]string
}

func readPage(t *testing.T) page {
	t.Helper()
	b, err := os.ReadFile("../../docs/measurement.md")
	if err != nil {
		t.Fatal(err)
	}
	p := page{t, map[string][]map[string]string{}, map[string]string{}}
	for _, m := range regexp.MustCompile("(?s)```csv (\\S+)\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
		rows, err := csv.NewReader(strings.NewReader(m[2])).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", m[1], err)
		}
		for _, row := range rows[1:] {
			entry := map[string]string{}
			for i, v := range row {
				entry[rows[0][i]] = v
			}
			p.tables[m[1]] = append(p.tables[m[1]], entry)
		}
	}
	inFigures := false
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		cells := strings.Split(strings.Trim(line, "|"), "|")
		switch {
		case line == "| figure | by hand | value |":
			inFigures = true
		case !strings.HasPrefix(line, "|"):
			inFigures = false
		case inFigures && len(cells) == 3 && !strings.HasPrefix(line, "|---"):
			key := strings.ReplaceAll(strings.TrimSpace(cells[0]), "`", "")
			if _, twice := p.claims[key]; twice {
				t.Errorf("%s stands twice on the page", key)
			}
			p.claims[key] = strings.TrimSpace(cells[2])
		}
	}
	return p
}

func (p page) day(s string) Day {
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		p.t.Fatal(err)
	}
	return DayOf(d.Year(), d.Month(), d.Day())
}

// at is noon of a day, 0 for "".
func (p page) at(s string) millrace.Time {
	if s == "" {
		return 0
	}
	return millrace.Time(p.day(s))*millrace.Day + 12*millrace.Hour
}

func (p page) money(s, currency string) millrace.Money {
	if s == "" {
		return millrace.Money{}
	}
	m, err := millrace.ParseMoney(s, currency)
	if err != nil {
		p.t.Fatal(err)
	}
	return m
}

func (p page) number(s string) float64 {
	if s == "" {
		return 0
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		p.t.Fatal(err)
	}
	return x
}

func (p page) period(first, last string) Period { return Period{p.day(first), p.day(last)} }

func (p page) moves(table, who string) []Move {
	var out []Move
	numbers := map[string]int32{}
	for _, r := range p.tables[table] {
		if _, ok := numbers[r[who]]; !ok {
			numbers[r[who]] = int32(len(numbers))
		}
		stage, ok := millrace.ParseStage(r["stage"])
		if !ok {
			p.t.Fatalf("%v", r)
		}
		out = append(out, Move{At: p.at(r["day"]), Subject: numbers[r[who]], Account: -1, Stage: stage})
	}
	return out
}

// said is a figure as the page writes it.
func said(f Figure) string {
	if f.Value == nil {
		return string(f.Undefined)
	}
	return say(*f.Value, f.Unit, f.Currency)
}

func saidInterval(f Figure) string {
	end := func(x *float64) string {
		if x == nil {
			return "open"
		}
		return say(*x, f.Unit, f.Currency)
	}
	return end(f.Interval.Low) + " to " + end(f.Interval.High)
}

// TestThePageIsTrue computes every figure of docs/measurement.md from the tables that the page gives, and compares.
func TestThePageIsTrue(t *testing.T) {
	p := readPage(t)
	got := map[string]string{}
	for _, part := range []map[string]string{p.funnel(), p.economics(), p.velocity(), p.expansion(), p.plan(), p.why()} {
		maps.Copy(got, part)
	}
	for _, key := range slices.Sorted(maps.Keys(p.claims)) {
		if got[key] != p.claims[key] {
			t.Errorf("%s: the page says %q, it is %q", key, p.claims[key], got[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, ok := p.claims[key]; !ok {
			t.Errorf("%s = %s is not on the page", key, got[key])
		}
	}
}

func (p page) funnel() map[string]string {
	o := Options{AsOf: p.at("2026-06-30")}
	moves := p.moves("moves", "contact")
	r := Funnel(Episodes(moves, nil, millrace.StageMQL, millrace.StageOpportunity, o), Period{}, nil, o)
	out := map[string]string{}
	for _, f := range []Figure{r.Total.Rate, r.Total.KaplanMeier, r.Total.Window, r.Total.Median} {
		out[f.Key] = said(f)
	}
	out["mql_to_opportunity_window interval"] = saidInterval(r.Total.Window)
	for _, k := range []int{0, 1} {
		out[fmt.Sprintf("cohort %s after %d days", r.Cohorts[0].Month, 30*(k+1))] = say(*r.Cohorts[0].Cells[k].Rate, UnitRatio, "")
	}
	stays, _ := TimeInStage(moves, o)
	out["stay in mql"], out["mean stay in mql"] = said(stays[0].Median), said(stays[0].Mean)
	flows, _ := Flows(moves, o)
	for _, f := range flows {
		if f.From == millrace.StageMQL && f.To == millrace.StageOpportunity && !f.First {
			out["passages mql to opportunity"] = itoa(f.Count)
		}
	}
	accounts := Episodes(p.moves("account-moves", "account"), nil, millrace.StageMQL, millrace.StageOpportunity, o)
	accounts.Key = "mqa_to_opportunity"
	out["mqa_to_opportunity"] = said(Funnel(accounts, Period{}, nil, o).Total.Rate)
	return out
}

func (p page) economics() map[string]string {
	o := Options{AsOf: p.at("2026-05-01"), Currency: "EUR"}
	retention := p.retention()
	in := EconomicsInput{Period: p.period("2026-01-01", "2026-04-30"), LagDays: 31, GrossMargin: 0.8, Retention: &retention}
	for _, r := range p.tables["spend"] {
		in.Spend = append(in.Spend, Spend{p.period(r["from"], r["to"]), p.money(r["amount"], r["currency"]), r["channel"], ""})
	}
	for _, r := range p.tables["credits"] {
		stage, _ := millrace.ParseStage(r["stage"])
		for range int(p.number(r["count"])) {
			in.Credits = append(in.Credits, Credit{At: p.at(r["day"]), Stage: stage, Channel: r["channel"], Share: 1, Revenue: p.money(r["revenue"], "EUR")})
		}
	}
	e := UnitEconomics(in, o)
	out := map[string]string{"cpl blended": said(e.Blended.CPL)}
	for _, row := range e.Channels {
		switch row.Channel {
		case "LinkedIn ads":
			for _, f := range []Figure{row.CPL, row.CostPerMQL, row.CostPerSQL, row.CostPerOpportunity, row.CAC, row.LaggedCAC, row.ROI, row.LaggedROI,
				row.Payback, row.LTV, row.LTVToCAC, row.CPLTrend} {
				out[f.Key+" "+row.Channel] = said(f)
			}
			out["cpl LinkedIn ads interval"] = saidInterval(row.CPL)
		case "Outbound":
			out["cpl Outbound interval"] = saidInterval(row.CPL)
			fallthrough
		default:
			out["cpl "+row.Channel] = said(row.CPL)
		}
	}
	return out
}

func (p page) velocity() map[string]string {
	o := Options{AsOf: p.at("2026-04-01"), Currency: "EUR"}
	var deals []Deal
	for _, r := range p.tables["deals"] {
		d := Deal{Account: -1, Opened: p.at(r["opened"]), Closed: p.at(r["closed"]), Amount: p.money(r["amount"], "EUR"), HasAmount: r["amount"] != "",
			Expected: NoDay}
		d.Status = map[string]millrace.OpportunityStatus{"won": millrace.OpportunityWon, "lost": millrace.OpportunityLost}[r["status"]]
		for range int(p.number(r["count"])) {
			deals = append(deals, d)
		}
	}
	before, _ := Deals(deals, p.period("2025-10-01", "2025-12-31"), Dim{}, o)
	rows, _ := Deals(deals, p.period("2026-01-01", "2026-03-31"), Dim{}, o)
	v := rows[0].Velocity
	out := map[string]string{"velocity before": said(before[0].Velocity.Velocity)}
	for _, f := range []Figure{v.Velocity, v.WinRate, v.AverageDeal, v.CycleDays, rows[0].Cycle.LostMedian} {
		out[f.Key] = said(f)
	}
	for _, part := range VelocityChange(before[0].Velocity, v).Parts {
		out["by "+part.Name] = sayChange(part.Value, UnitMoneyPerDay, "EUR")
	}
	f := Forecast(ForecastInput{Deals: deals, Quarter: p.period("2026-04-01", "2026-06-30"), Target: p.money("150000", "EUR")}, rand.New(rand.NewPCG(1, 2)), o)
	for _, f := range []Figure{f.Coverage, f.Stages[0].ByEnd, f.Open, f.NotYet, f.Expected} {
		out[f.Key] = said(f)
	}
	return out
}

func (p page) retention() RetentionReport {
	var list []Contract
	numbers := map[string]int32{}
	for _, r := range p.tables["contracts"] {
		if _, ok := numbers[r["customer"]]; !ok {
			numbers[r["customer"]] = int32(len(numbers))
		}
		c := Contract{numbers[r["customer"]], Period{p.day(r["from"]), NoDay}, p.money(r["arr"], "EUR")}
		if r["to"] != "" {
			c.Last = p.day(r["to"])
		}
		list = append(list, c)
	}
	return Retention(list, p.period("2025-05-01", "2026-05-01"), Options{Currency: "EUR", AsOf: p.at("2026-05-01")})
}

func (p page) expansion() map[string]string {
	r := p.retention()
	money := func(t Total) string { return say(float64(t.Minor), UnitMoney, t.Currency) }
	out := map[string]string{"start": money(r.Start), "new_arr": money(r.NewARR)}
	for _, f := range []Figure{r.NRR, r.GRR, r.LogoChurn, r.MonthChurn, r.ARPA} {
		out[f.Key] = said(f)
	}
	var deals []Deal
	for _, d := range p.tables["pipeline"] {
		deals = append(deals, Deal{Opened: 1, Amount: p.money(d["amount"], "EUR"), HasAmount: true, Expansion: d["expansion"] == "yes",
			Referral: d["referral"] == "yes"})
	}
	e := ExpansionPipeline(deals, Options{Currency: "EUR", AsOf: p.at("2026-05-01")})
	out["new pipeline"], out["expansion pipeline"], out["referral pipeline"] = money(e.New.Amount), money(e.Expansion.Amount), money(e.Referral.Amount)
	return out
}

func (p page) plan() map[string]string {
	figure := func(s string, unit Unit, scale float64) Figure {
		return Figure{Value: number(p.number(s) * scale), Unit: unit, Currency: "EUR"}
	}
	in := PlanInput{Target: p.money("600000", "EUR"), Deadline: p.day("2026-12-31"), Won: figure("100000", UnitMoney, 100), Open: figure("140000", UnitMoney, 100)}
	for _, r := range p.tables["plan"] {
		in.Channels = append(in.Channels, PlanChannel{Channel: r["channel"], Share: p.number(r["share"]), AverageDeal: figure(r["average_deal"], UnitMoney, 100),
			WinRate: figure(r["win_rate"], UnitRatio, 1), MQLToOpportunity: figure(r["mql_to_opportunity"], UnitRatio, 1),
			LeadToMQL: figure(r["lead_to_mql"], UnitRatio, 1), CPL: figure(r["cpl"], UnitMoney, 100), MaxLeads: p.number(r["max_leads"]),
			LeadDays: p.number(r["lead_days"]), MQLDays: p.number(r["mql_days"]), CycleDays: p.number(r["cycle_days"])})
	}
	r := Plan(in, Options{Currency: "EUR", AsOf: p.at("2026-07-01")})
	out := map[string]string{"gap": said(r.Gap), "plan_spend total": said(r.Total.Spend)}
	ads, search := r.Channels[0], r.Channels[1]
	for _, f := range []Figure{ads.Deals, ads.Opportunities, ads.MQLs, ads.Leads, ads.Spend} {
		out[f.Key+" "+ads.Channel] = said(f)
	}
	out["leads by "+ads.Channel] = ads.LeadsBy.String()
	out["plan_leads "+search.Channel] = said(search.Leads)
	if len(r.OutOfReach) != 1 || r.Feasible || r.OutOfReach[0].Reason != "leads_beyond_limit" {
		p.t.Errorf("out of reach: %+v", r.OutOfReach)
	} else {
		out["out of reach "+r.OutOfReach[0].Channel] = say(r.OutOfReach[0].By, r.OutOfReach[0].Unit, "")
	}
	for _, l := range r.Levers {
		switch change := map[float64]string{1.1: "+10%", 0.9: "−10%"}[l.Factor]; l.Lever + " " + change {
		case "win_rate +10%", "win_rate −10%", "cpl +10%":
			out[l.Lever+" "+change+" saves"] = said(l.Saved)
		}
	}
	return out
}

func (p page) why() map[string]string {
	var list []Component
	for _, r := range p.tables["why"] {
		list = append(list, Component{r["channel"], p.number(r["before_opportunities"]), p.number(r["before_mqls"]), p.number(r["after_opportunities"]),
			p.number(r["after_mqls"])})
	}
	c := Why("mql_to_opportunity", UnitRatio, "", list)
	out := map[string]string{"mql_to_opportunity change": sayChange(*c.Value, c.Unit, "")}
	for _, part := range c.Parts {
		out[part.Name+" "+part.Effect] = sayChange(part.Value, c.Unit, "")
	}
	return out
}
