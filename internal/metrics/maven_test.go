package metrics

import (
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"millrace"
)

// mavenRow is a row of sales_pipeline.csv with what the other files say of it.
type mavenRow struct {
	agent, product, sector, office, stage string
	engaged, closed                       time.Time
	value                                 string
}

func readCSV(t *testing.T, name string) []map[string]string {
	t.Helper()
	root := os.Getenv("MILLRACE_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	f, err := os.Open(filepath.Join(root, "data", "maven-crm", name))
	if err != nil {
		t.Skip("the shared data is not here: " + err.Error())
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var out []map[string]string
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, v := range row {
			m[rows[0][i]] = v
		}
		out = append(out, m)
	}
	return out
}

func maven(t *testing.T) []mavenRow {
	sector, office := map[string]string{}, map[string]string{}
	for _, r := range readCSV(t, "accounts.csv") {
		sector[r["account"]] = r["sector"]
	}
	for _, r := range readCSV(t, "sales_teams.csv") {
		office[r["sales_agent"]] = r["regional_office"]
	}
	date := func(s string) time.Time {
		if s == "" {
			return time.Time{}
		}
		d, err := time.Parse("1/2/2006", s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	var out []mavenRow
	for _, r := range readCSV(t, "sales_pipeline.csv") {
		out = append(out, mavenRow{r["sales_agent"], r["product"], sector[r["account"]], office[r["sales_agent"]], r["deal_stage"],
			date(r["engage_date"]), date(r["close_date"]), r["close_value"]})
	}
	return out
}

// asDeals is what the measures are given.
func asDeals(t *testing.T, rows []mavenRow) []Deal {
	deals := make([]Deal, len(rows))
	for i, r := range rows {
		d := Deal{Account: -1, Opened: millrace.TimeOf(r.engaged), Closed: millrace.TimeOf(r.closed), Stage: r.stage, Expected: NoDay}
		switch r.stage {
		case "Won":
			d.Status = millrace.OpportunityWon
		case "Lost":
			d.Status = millrace.OpportunityLost
		}
		if r.value != "" {
			m, err := millrace.ParseMoney(r.value, "USD")
			if err != nil {
				t.Fatal(err)
			}
			d.Amount, d.HasAmount = m, true
		}
		deals[i] = d
	}
	return deals
}

// dimOf makes a dimension of one label a row.
func dimOf(name string, labels []string) Dim {
	d, code := Dim{Name: name}, map[string]int32{}
	for _, l := range labels {
		if _, ok := code[l]; !ok {
			code[l] = int32(len(d.Labels))
			d.Labels = append(d.Labels, l)
		}
		d.Code = append(d.Code, code[l])
	}
	return d
}

var (
	mavenOptions = Options{Currency: "USD", AsOf: millrace.TimeOf(time.Date(2018, 1, 1, 0, 0, 0, 0, time.UTC))}
	mavenPeriod  = Period{DayOf(2016, 1, 1), DayOf(2017, 12, 31)}
)

func TestMavenHasTheKnownAnswers(t *testing.T) {
	rows := maven(t)
	got, left := Deals(asDeals(t, rows), mavenPeriod, Dim{}, mavenOptions)
	all := got[0]
	if all.Won != 4238 || all.Lost != 2473 || all.WonTotal.Minor != 10_005_534_00 || all.WonTotal.Currency != "USD" {
		t.Errorf("won %d, lost %d, %v", all.Won, all.Lost, all.WonTotal)
	}
	near(t, "cycle won", *all.Cycle.WonMean.Value, 51.782, 5e-4)
	near(t, "cycle lost", *all.Cycle.LostMean.Value, 41.479, 5e-4)
	if all.Open != 1589 { // 500 more, in prospecting, have no date
		t.Errorf("%d open", all.Open)
	}
	if len(left) != 1 || left[0].Reason != "undated" || left[0].Count != 500 {
		t.Errorf("left out %v", left)
	}
	f := Funnel(DealEpisodes(asDeals(t, rows), mavenOptions), Period{}, nil, mavenOptions)
	if f.Total.Entered != 8300 || f.Total.Converted != 4238 || f.Total.EndedOtherwise != 2473 || f.Total.Open != 1589 {
		t.Errorf("funnel %+v", f.Total)
	}
}

// plain is what a spreadsheet would compute of a group.
type plain struct {
	open, won, lost, days int
	value                 float64
}

func TestMavenByDimensionEqualsAPlainComputation(t *testing.T) {
	rows := maven(t)
	deals := asDeals(t, rows)
	for name, of := range map[string]func(r mavenRow) string{
		"sector": func(r mavenRow) string { return r.sector }, "product": func(r mavenRow) string { return r.product },
		"agent": func(r mavenRow) string { return r.agent }, "office": func(r mavenRow) string { return r.office },
	} {
		want, labels := map[string]*plain{}, []string{}
		for i, r := range rows {
			label := of(r)
			labels = append(labels, label)
			p := want[label]
			if p == nil {
				p = &plain{}
				want[label] = p
			}
			switch r.stage {
			case "Won":
				p.won++
				p.value += float64(deals[i].Amount.Minor)
				p.days += int(r.closed.Sub(r.engaged).Hours() / 24)
			case "Lost":
				p.lost++
			case "Engaging":
				p.open++
			}
		}
		got, _ := Deals(deals, mavenPeriod, dimOf(name, labels), mavenOptions)
		if len(got) != len(want)+1 {
			t.Fatalf("%s: %d rows, want %d", name, len(got), len(want)+1)
		}
		for _, g := range got[1:] {
			w := want[g.Label]
			won, closed := float64(w.won), float64(w.won+w.lost)
			if closed == 0 { // deals that name no account are all open
				if g.Label != "" || g.WinRate.Undefined != NoDenominator || g.Velocity.Velocity.Undefined == "" {
					t.Errorf("%s %s: %+v", name, g.Label, g)
				}
				continue
			}
			cycle := float64(w.days) / won
			near(t, name+" "+g.Label+" win rate", *g.WinRate.Value, won/closed, 1e-12)
			near(t, name+" "+g.Label+" cycle", *g.Cycle.WonMean.Value, cycle, 1e-9)
			velocity := float64(w.open) * w.value / closed / cycle
			near(t, name+" "+g.Label+" velocity", *g.Velocity.Velocity.Value, velocity, 1e-9*velocity+1e-9)
			if name == "office" {
				known := map[string][3]float64{"Central": {1629, 2604, 3_346_293}, "West": {1438, 2249, 3_568_647}, "East": {1171, 1858, 3_090_594}}[g.Label]
				if won != known[0] || closed != known[1] || w.value != 100*known[2] || g.WonTotal.Minor != int64(w.value) {
					t.Errorf("%s: %v", g.Label, w)
				}
			}
		}
	}
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
