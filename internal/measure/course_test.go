package measure

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"millrace"
	"millrace/internal/metrics"
)

// TestCourse: what was decided and where deals led, put together. Moments are days and hours; "(mql)" is void.
func TestCourse(t *testing.T) {
	m := &Model{calendar: metrics.NewCalendar(time.UTC)}
	at := func(day float64) millrace.Time { return day0 + millrace.Time(day*float64(millrace.Day)) }
	entry := func(day float64, s millrace.Stage) decided {
		return decided{Move: metrics.Move{At: at(day), Subject: 1, Stage: s}}
	}
	word := func(day float64, s millrace.Stage, stated float64) decided {
		d := entry(day, s)
		d.word, d.stated = true, at(stated)
		return d
	}
	deal := func(status millrace.OpportunityStatus, opened, closed float64) millrace.DealSpan {
		d := millrace.DealSpan{Status: status, Opened: at(opened)}
		if closed != 0 {
			d.Closed = at(closed)
		}
		return d
	}
	open, won, lost := millrace.OpportunityOpen, millrace.OpportunityWon, millrace.OpportunityLost
	lead, mql, sql, opportunity, customer := millrace.StageLead, millrace.StageMQL, millrace.StageSQL, millrace.StageOpportunity, millrace.StageCustomer
	type all []decided
	type deals []millrace.DealSpan
	for name, c := range map[string]struct {
		what  all
		deals deals
		want  string
	}{
		"no deal":                        {all{entry(1, lead), entry(2, mql)}, nil, "1 lead, 2 mql"},
		"qualified, then a deal":         {all{entry(1, lead), entry(2, mql), entry(3, sql)}, deals{deal(won, 5, 9)}, "1 lead, 2 mql, 3 sql, 5 opportunity, 9 customer"},
		"qualified while a deal is open": {all{entry(1, lead), entry(7, mql)}, deals{deal(lost, 5, 9)}, "1 lead, 5 opportunity, 7 (mql), 9 recycled"},
		"qualified again after a loss":   {all{entry(1, lead), entry(40, mql)}, deals{deal(lost, 5, 9)}, "1 lead, 5 opportunity, 9 recycled, 40 mql"},
		"on the day on which one opens":  {all{entry(1, lead), entry(5.4, mql), entry(5.5, sql)}, deals{deal(open, 5, 0)}, "1 lead, 5.4 mql, 5.5 sql, 5.5 opportunity"},
		"at a moment of that day":        {all{entry(1, lead), entry(5.4, mql)}, deals{deal(open, 5.2, 0)}, "1 lead, 5.2 opportunity, 5.4 (mql)"},
		"opened and won on one day":      {all{entry(1, lead), entry(5.4, mql)}, deals{deal(won, 5, 5)}, "1 lead, 5.4 mql, 5.4 customer"},
		"known while a deal is open":     {all{entry(7, lead)}, deals{deal(lost, 5, 9)}, "7 lead, 7 opportunity, 9 recycled"},
		"known after all of it":          {all{entry(12, lead)}, deals{deal(lost, 5, 9)}, "12 lead, 12 recycled"},
		"a customer when known":          {all{entry(12, lead), entry(13, mql)}, deals{deal(won, 5, 9)}, "12 lead, 12 customer, 13 (mql)"},
		"an old word after a loss":       {all{entry(1, lead), word(50, sql, 8)}, deals{deal(lost, 5, 9)}, "1 lead, 5 opportunity, 9 recycled, 50 (sql)"},
		"a new word after a loss":        {all{entry(1, lead), word(50, sql, 30)}, deals{deal(lost, 5, 9)}, "1 lead, 5 opportunity, 9 recycled, 50 sql"},
		"that there is an opportunity":   {all{entry(1, lead), word(50, opportunity, 30)}, deals{deal(lost, 5, 9)}, "1 lead, 5 opportunity, 9 recycled, 50 (opportunity)"},
		"an earlier word":                {all{entry(1, lead), word(3, opportunity, 2)}, deals{deal(lost, 5, 9)}, "1 lead, 3 opportunity, 5 opportunity, 9 recycled"},
		"the CRM's customer":             {all{entry(1, lead), word(7, customer, 6)}, deals{deal(lost, 5, 9)}, "1 lead, 5 opportunity, 7 customer"},
		"the CRM's customer, after all":  {all{entry(1, lead), word(50, customer, 6)}, deals{deal(won, 5, 9)}, "1 lead, 5 opportunity, 9 customer, 50 (customer)"},
	} {
		known := millrace.Time(0)
		for _, d := range c.what {
			if d.Stage == lead {
				known = d.At
			}
		}
		var got []string
		for _, move := range m.course(c.what, known, millrace.DealMoves(c.deals)) {
			stage := move.Stage.String()
			if move.Void {
				stage = "(" + stage + ")"
			}
			got = append(got, fmt.Sprintf("%.4g %s", float64(move.At-day0)/float64(millrace.Day), stage))
		}
		if s := strings.Join(got, ", "); s != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, s, c.want)
		}
	}
	// An account that only its deal made known.
	got := m.course([]decided{entry(7, lead)}, 0, millrace.DealMoves(deals{deal(lost, 5, 9)}))
	if len(got) != 3 || got[0].Stage != opportunity || !got[1].Void || got[2].Stage != millrace.StageRecycled {
		t.Errorf("%+v", got)
	}
}
