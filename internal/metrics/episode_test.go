package metrics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"millrace"
)

const (
	lead, mql, accepted, sql = millrace.StageLead, millrace.StageMQL, millrace.StageAccepted, millrace.StageSQL
	opportunity, customerS   = millrace.StageOpportunity, millrace.StageCustomer
	recycled, disqualified   = millrace.StageRecycled, millrace.StageDisqualified
)

// on is a moment on a day of the tests' calendar.
func on(day int) millrace.Time { return millrace.Time(20_000+day)*millrace.Day + 10*millrace.Hour }

// path is one contact's moves, of account 0: stages with their days; day −1 is undated.
func path(steps ...any) []Move {
	var out []Move
	for i := 0; i < len(steps); i += 2 {
		m := Move{Stage: steps[i].(millrace.Stage)}
		if day := steps[i+1].(int); day >= 0 {
			m.At = on(day)
		}
		out = append(out, m)
	}
	return out
}

// won, lost and open are deals of account 0.
func deal(status millrace.OpportunityStatus, opened, closed int) Deal {
	d := Deal{Opened: on(opened), Status: status, Expected: NoDay}
	if status != millrace.OpportunityOpen {
		d.Closed = on(closed)
	}
	return d
}

// show writes episodes as "10+20 converted".
func show(s EpisodeSet) string {
	var out []string
	for _, e := range s.Episodes {
		word := [...]string{"open", "converted", "ended"}[e.Outcome]
		if e.Skipped {
			word += " past"
		}
		out = append(out, fmt.Sprintf("%d+%d %s", e.Entered-20_000, e.Days, word))
	}
	for _, l := range s.LeftOut {
		out = append(out, fmt.Sprintf("%s %d", l.Reason, l.Count))
	}
	if s.Reentry > 0 {
		out = append(out, fmt.Sprintf("reentry %d", s.Reentry))
	}
	if s.Sideways > 0 {
		out = append(out, fmt.Sprintf("sideways %d", s.Sideways))
	}
	return strings.Join(out, ", ")
}

func TestEpisodes(t *testing.T) {
	won, lost, open := millrace.OpportunityWon, millrace.OpportunityLost, millrace.OpportunityOpen
	for _, c := range []struct {
		name     string
		moves    []Move
		deals    []Deal
		from, to millrace.Stage
		want     string
	}{
		{"converts", path(mql, 10, sql, 30), nil, mql, sql, "10+20 converted"},
		{"is open", path(mql, 10), nil, mql, sql, "10+90 open"},
		{"is recycled", path(mql, 10, recycled, 15, sql, 30), nil, mql, sql, "10+5 ended"},
		{"expires", path(mql, 10, lead, 40), nil, mql, sql, "10+30 ended"},
		{"goes on by way of SAL", path(mql, 10, accepted, 12, sql, 30), nil, mql, sql, "10+20 converted"},
		{"skips SQL", path(mql, 10, opportunity, 30), nil, mql, sql, "10+20 converted past"},
		{"enters again", path(mql, 10, recycled, 15, mql, 50, sql, 60), nil, mql, sql, "10+5 ended, 50+10 converted, reentry 1"},
		{"is MQL twice without an end", path(mql, 10, mql, 20, sql, 30), nil, mql, sql, "10+20 converted"},
		{"enters sideways", path(sql, 10, opportunity, 30), nil, sql, opportunity, "10+20 converted, sideways 1"},
		{"follows in order", path(mql, 5, sql, 10, opportunity, 30), nil, sql, opportunity, "10+20 converted"},
		{"comes after the clock", path(mql, 10, sql, 130), nil, mql, sql, "10+90 open"},
		{"enters after the clock", path(mql, 130), nil, mql, sql, ""},
		{"has no date of entry", path(mql, -1, sql, 30), nil, mql, sql, "undated 1"},
		{"has no date of conversion", path(sql, -1, mql, 10), nil, mql, sql, "undated_outcome 1"},
		{"ended, whatever has no date", path(sql, -1, mql, 10, recycled, 20), nil, mql, sql, "10+10 ended"},
		{"goes back", path(sql, 10, mql, 20), nil, sql, mql, "10+10 converted, sideways 1"},
		{"goes back past", path(sql, 10, customerS, 20), nil, sql, mql, "10+10 ended, sideways 1"},
		{"from recycled", path(recycled, 10, mql, 40), nil, recycled, mql, "10+30 converted"},
		{"from recycled to nothing", path(mql, 5, recycled, 10, disqualified, 40), nil, recycled, mql, "10+30 ended"},

		{"an opportunity opens", path(mql, 10), []Deal{deal(open, 40, 0)}, mql, opportunity, "10+30 converted"},
		{"the first that opens", path(mql, 10), []Deal{deal(open, 60, 0), deal(lost, 40, 50)}, mql, opportunity, "10+30 converted"},
		{"opened on the same day", path(mql, 10), []Deal{deal(open, 10, 0)}, mql, opportunity, "10+0 converted"},
		{"opened before", path(mql, 10), []Deal{deal(open, 5, 0)}, mql, opportunity, "opportunity_open_at_entry 1"},
		{"lost before, then another", path(mql, 10), []Deal{deal(lost, 1, 5), deal(open, 20, 0)}, mql, opportunity, "10+10 converted"},
		{"opens after the end", path(mql, 10, recycled, 20), []Deal{deal(open, 40, 0)}, mql, opportunity, "10+10 ended"},
		{"opens, then it is recycled and enters again", path(mql, 10, recycled, 60, mql, 80), []Deal{deal(lost, 40, 50)}, mql, opportunity,
			"10+30 converted, 80+20 open, reentry 1"},
		{"opens after the clock", path(mql, 10), []Deal{deal(open, 130, 0)}, mql, opportunity, "10+90 open"},
		{"has no date", path(mql, 10), []Deal{{Expected: NoDay}}, mql, opportunity, "undated_outcome 1"},
		{"doesn't make an SQL", path(mql, 10), []Deal{deal(open, 40, 0)}, mql, sql, "10+90 open"},
		{"on another account", path(mql, 10), []Deal{{Account: 3, Opened: on(40), Expected: NoDay}}, mql, opportunity, "10+90 open"},
		{"a deal is won", path(mql, 10), []Deal{deal(won, 5, 70)}, mql, customerS, "10+60 converted"},
		{"a deal is lost", path(mql, 10), []Deal{deal(lost, 20, 70)}, mql, customerS, "10+90 open"},
		{"a deal is won after the clock", path(mql, 10), []Deal{deal(won, 20, 170)}, mql, customerS, "10+90 open"},
	} {
		if got := show(Episodes(c.moves, c.deals, c.from, c.to, Options{AsOf: on(100)})); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
	deals := []Deal{deal(won, 10, 30), deal(lost, 10, 40), deal(open, 10, 0), deal(won, 10, 130), deal(open, 130, 0), deal(won, 30, 10), {Expected: NoDay},
		{Opened: on(5), Status: won, Expected: NoDay}}
	want := "10+20 converted, 10+30 ended, 10+90 open, 10+90 open, closed_before_opened 1, undated 1, undated_outcome 1"
	if got := show(DealEpisodes(deals, Options{AsOf: on(100)})); got != want {
		t.Errorf("deals: got %q, want %q", got, want)
	}
}

func TestFlowKinds(t *testing.T) {
	flows, _ := Flows(path(sql, 1, customerS, 5, mql, 10, sql, 20, recycled, 30, mql, 50, accepted, 60, disqualified, 70), Options{AsOf: on(100)})
	got := map[string]FlowKind{}
	for _, f := range flows {
		from := f.From.String()
		if f.First {
			from = ""
		}
		got[from+">"+f.To.String()] = f.Kind
	}
	want := map[string]FlowKind{">sql": FlowSideways, "sql>customer": FlowSkip, "customer>mql": FlowBack, "mql>sql": FlowForward, "sql>recycled": FlowBack,
		"recycled>mql": FlowRecycle, "mql>accepted": FlowForward, "accepted>disqualified": FlowBack}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestFunnelByDimensionAndPeriod(t *testing.T) {
	moves := append(path(mql, 10, sql, 30), path(mql, 12)...)
	moves[2].Subject = 1
	o := Options{AsOf: on(300), Bands: Bands{"mql_to_sql/a": {Low: number(0.5), Source: "ours"}}}
	dim := Dim{Name: "channel", Labels: []string{"a", "b"}, Code: []int32{0, 0, 7}}
	r := Funnel(Episodes(moves, nil, mql, sql, o), Period{}, []Dim{dim}, o)
	s := r.Dimensions[0].Segments
	if len(s) != 2 || s[0].Label != "" || *s[0].Rate.Value != 0 || s[1].Label != "a" || *s[1].Rate.Value != 1 || s[1].Rate.Band.Verdict != Within ||
		s[0].Rate.Band != nil || *r.Total.Rate.Value != 0.5 {
		t.Errorf("%+v", s)
	}
	r = Funnel(Episodes(moves, nil, mql, sql, o), Period{20_011, 20_020}, nil, o)
	if r.Total.Entered != 1 || r.Total.Open != 1 {
		t.Errorf("%+v", r.Total)
	}
	young := Funnel(Episodes(moves, nil, mql, sql, Options{AsOf: on(40)}), Period{}, nil, Options{AsOf: on(40)})
	if young.Total.Rate.Undefined != TooYoung || young.Total.Window.Undefined != TooYoung {
		t.Errorf("%+v", young.Total)
	}
}

// TestVoidMovesLeadNowhere: with void moves among them, episodes, passages and stays are those of the others.
func TestVoidMovesLeadNowhere(t *testing.T) {
	plain := path(millrace.StageLead, 1, millrace.StageMQL, 4, millrace.StageOpportunity, 9, millrace.StageRecycled, 20)
	with := path(millrace.StageLead, 1, millrace.StageSQL, 2, millrace.StageMQL, 4, millrace.StageOpportunity, 9, millrace.StageMQL, 11, millrace.StageRecycled, 20, millrace.StageCustomer, 22)
	for _, i := range [...]int{1, 4, 6} {
		with[i].Void = true
	}
	alone := path(millrace.StageMQL, 3) // of somebody of whom nothing else is known
	alone[0].Subject, alone[0].Void = 1, true
	with = append(with, alone...)
	o := Options{AsOf: on(40), Calendar: NewCalendar(time.UTC)}
	for _, step := range [][2]millrace.Stage{{millrace.StageLead, millrace.StageMQL}, {millrace.StageMQL, millrace.StageSQL}, {millrace.StageMQL, millrace.StageOpportunity}} {
		if got, want := show(Episodes(with, nil, step[0], step[1], o)), show(Episodes(plain, nil, step[0], step[1], o)); got != want {
			t.Errorf("%s to %s: %s, want %s", step[0], step[1], got, want)
		}
	}
	passages := func(moves []Move) string {
		flows, left := Flows(moves, o)
		stages, _ := TimeInStage(moves, o)
		var out []string
		for _, f := range flows {
			out = append(out, fmt.Sprint(f.First, f.From, f.To, f.Count))
		}
		for _, s := range stages {
			out = append(out, fmt.Sprint(s.Stage, s.Left, s.Inside))
		}
		return fmt.Sprint(out, left)
	}
	if got, want := passages(with), passages(plain); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
