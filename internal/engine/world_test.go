package engine_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"

	"pgregory.net/rapid"
)

// world is the derived state in terms that do not depend on the order in which facts came: entities are named by the identifiers that mean
// them, never by number. Stages and due moments are left out, because decisions are made once, in the order of arrival.
func world(t rapid.TB, e *engine.Engine) []string {
	t.Helper()
	keys := identifiers(t, e)
	name := func(id int64) string {
		if id == 0 {
			return "nobody"
		}
		return "{" + strings.Join(keys[id], " ") + "}"
	}
	var out []string
	for entity := range keys {
		if len(keys[entity]) > 1 {
			out = append(out, "one "+name(entity))
		}
	}
	rows := func(columns, from string, fn func(id int64, rest []string)) {
		n := strings.Count(columns, ",") + 1
		_, err := db.Collect(context.Background(), e.DB(), func(rows *sql.Rows) (struct{}, error) {
			cells, at := make([]any, n), make([]any, n)
			for i := range cells {
				at[i] = &cells[i]
			}
			if err := rows.Scan(at...); err != nil {
				return struct{}{}, err
			}
			rest := make([]string, n)
			for i, c := range cells {
				if b, ok := c.([]byte); ok {
					c = string(b)
				}
				rest[i] = fmt.Sprint(c)
			}
			fn(number(t, rest[0]), rest)
			return struct{}{}, nil
		}, "select "+columns+" from "+from)
		if err != nil {
			t.Fatal(err)
		}
	}
	rows("c.id, s.account, s.fit, s.grade, s.icp, s.points, s.role, s.epoch, s.sum, s.first_at, s.last_at, s.scored_at, s.in_deal, case when s.stage = 4 or s.stage = 5 then s.stage else -1 end, case when s.stage = 4 or s.stage = 5 then s.stage_at else -1 end, c.email, c.traits", "contact c join contact_score s on s.id = c.id",
		func(id int64, r []string) {
			out = append(out, "contact "+name(id)+" at "+name(number(t, r[1]))+": "+strings.Join(r[2:], " "))
		})
	rows("x.opportunity, i.value, x.since, x.part", "opportunity_contact x join identifier i on i.id = x.contact", func(id int64, r []string) {
		out = append(out, "party of "+name(id)+": "+strings.Join(r[1:], " "))
	})
	rows("contact, account, epoch, sum, scored_at", "contact_account", func(id int64, r []string) {
		out = append(out, "part of "+name(id)+" for "+name(number(t, r[1]))+": "+strings.Join(r[2:], " "))
	})
	rows("a.id, s.people, s.fit, s.grade, s.icp, s.points, s.epoch, s.sum, s.roles, s.engaged, s.last_at, s.open_count, s.won_count, s.lost_count, case when s.stage = 4 or s.stage = 5 then s.stage else -1 end, case when s.stage = 4 or s.stage = 5 then s.stage_at else -1 end, a.name, a.domain, a.traits",
		"account a join account_score s on s.id = a.id", func(id int64, r []string) {
			out = append(out, "account "+name(id)+": "+strings.Join(r[1:], " "))
		})
	rows("v.id, v.people", "visitor v", func(id int64, r []string) {
		out = append(out, "visitor "+name(id)+": people "+r[1])
	})
	rows("id, account, name, amount, status", "opportunity", func(id int64, r []string) {
		out = append(out, "opportunity "+name(id)+" of "+name(number(t, r[1]))+": "+strings.Join(r[2:], " "))
	})
	slices.Sort(out)
	return out
}

// identifiers gives, for each entity, the keys of the identifiers that mean it, sorted.
func identifiers(t rapid.TB, e *engine.Engine) map[int64][]string {
	t.Helper()
	keys := map[int64][]string{}
	if _, err := db.Collect(context.Background(), e.DB(), func(rows *sql.Rows) (struct{}, error) {
		var entity int64
		var value string
		err := rows.Scan(&entity, &value)
		keys[entity] = append(keys[entity], value)
		return struct{}{}, err
	}, "select coalesce(r.entity, i.id), i.value from identifier i left join resolved r on r.id = i.id"); err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		slices.Sort(k)
	}
	return keys
}

func number(t rapid.TB, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// sameWorld fails with the lines that only one of two worlds has.
func sameWorld(t rapid.TB, what string, want, got []string) {
	t.Helper()
	var diff []string
	for _, l := range want {
		if !slices.Contains(got, l) {
			diff = append(diff, "- "+l)
		}
	}
	for _, l := range got {
		if !slices.Contains(want, l) {
			diff = append(diff, "+ "+l)
		}
	}
	if len(diff) > 0 {
		t.Fatalf("%s gives another state:\n%s", what, strings.Join(diff[:min(len(diff), 20)], "\n"))
	}
}

// scored is what a row says of a contact or an account.
type scored struct {
	id         string
	epoch, sum int64
	fit        bool
	points     int
	stage      millrace.Stage
	stageAt    millrace.Time
}

func scoreRows(t rapid.TB, e *engine.Engine, table, prefix string) []scored {
	t.Helper()
	out, err := db.Collect(context.Background(), e.DB(), func(rows *sql.Rows) (s scored, err error) {
		var id int64
		err = rows.Scan(&id, &s.epoch, &s.sum, &s.fit, &s.points, &s.stage, (*int64)(&s.stageAt))
		s.id = prefix + strconv.FormatInt(id, 10)
		return s, err
	}, "select id, epoch, sum, fit, points, stage, stage_at from "+table+" order by id")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkExplained opens every score: the lines must add up to the points, and the points be those of the live row. At past clocks they must
// add up too.
func checkExplained(t rapid.TB, e *engine.Engine, past ...millrace.Time) {
	t.Helper()
	clock := e.Now()
	for table, prefix := range map[string]string{"contact_score": engine.ContactPrefix, "account_score": engine.AccountPrefix} {
		for _, s := range scoreRows(t, e, table, prefix) {
			x, err := e.Explain(context.Background(), s.id, engine.AsOf{})
			if err != nil {
				t.Fatalf("explain %s: %v", s.id, err)
			}
			linesAddUp(t, x)
			if want := engine.Points(e.Rules().Milli(s.epoch, s.sum, clock)); x.Intent.Points != want || x.Fit.Fit != s.fit || x.Fit.Points != s.points || x.Stage != s.stage || x.StageAt != s.stageAt {
				t.Fatalf("%s (%s): explained intent %s, fit %v %d, stage %s of %s; the row has %s, %v %d, %s of %s", s.id, x.Name, x.Intent.Points, x.Fit.Fit, x.Fit.Points, x.Stage, x.StageAt,
					want, s.fit, s.points, s.stage, s.stageAt)
			}
			if again, err := e.Explain(context.Background(), s.id, engine.AsOf{At: clock}); err != nil || again.Stage != x.Stage || again.StageAt != x.StageAt || again.StageReason != x.StageReason {
				t.Fatalf("%s (%s): stage %s of %s by the rows, %s of %s by the facts (%v)", s.id, x.Name, x.Stage, x.StageAt, again.Stage, again.StageAt, err)
			}
			if table == "contact_score" {
				var sum int64
				for _, l := range x.Intent.Lines {
					sum += l.Scaled
				}
				if sum != s.sum {
					t.Fatalf("%s: lines scale to %d, the row has %d", s.id, sum, s.sum)
				}
			}
			for _, at := range past {
				x, err := e.Explain(context.Background(), s.id, engine.AsOf{At: at})
				if err != nil && millrace.ErrorCode(err) != millrace.NotFound {
					t.Fatalf("explain %s as of %s: %v", s.id, at, err)
				}
				linesAddUp(t, x)
			}
		}
	}
}

func linesAddUp(t rapid.TB, x engine.Explanation) {
	t.Helper()
	var sum int64
	for _, l := range x.Intent.Lines {
		sum += milli(t, l.Points)
	}
	if x.Intent.Points != "" && sum != milli(t, x.Intent.Points) {
		t.Fatalf("%s as of %s: lines add up to %s, the score is %s", x.ID, x.Clock, engine.Points(sum), x.Intent.Points)
	}
}

// milli reads points with three decimals.
func milli(t rapid.TB, s string) int64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatalf("points %q: %v", s, err)
	}
	if f < 0 {
		return int64(f*1000 - 0.5)
	}
	return int64(f*1000 + 0.5)
}
