package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// watch keeps what an overview can't read from an index, for a while.
type watch struct {
	latest atomic.Pointer[watched]
	mu     sync.Mutex // held by who looks
}

type watched struct {
	at      millrace.Time
	woken   []Woken
	overdue Queue[Overdue]
}

const (
	watchedFor     = millrace.Minute
	wokenCandidate = 40   // accounts whose intent is opened at most
	openDeals      = 2000 // open opportunities that are looked through at most
)

// watched gives the latest look. While somebody looks again the others get the one before.
func (d *Directory) watched(ctx context.Context) (*watched, error) {
	now := d.engine.Now()
	fresh := func() *watched {
		if w := d.watch.latest.Load(); w != nil && now-w.at < watchedFor && now >= w.at {
			return w
		}
		return nil
	}
	if w := fresh(); w != nil {
		return w, nil
	}
	if !d.watch.mu.TryLock() {
		if w := d.watch.latest.Load(); w != nil {
			return w, nil
		}
		d.watch.mu.Lock()
	}
	defer d.watch.mu.Unlock()
	if w := fresh(); w != nil {
		return w, nil
	}
	w := &watched{at: now}
	var err error
	if w.woken, err = d.woken(ctx, now); err != nil {
		return nil, err
	}
	if err := d.read(ctx, func(v *view) (err error) { w.overdue, err = v.overdue(ctx); return err }); err != nil {
		return nil, err
	}
	d.watch.latest.Store(w)
	return w, nil
}

// woken finds the accounts to which the last days added most. Nobody gained more than the intent they have, so accounts are opened from the
// most intent down until the next has less than what the last of the list gained.
func (d *Directory) woken(ctx context.Context, now millrace.Time) ([]Woken, error) {
	type candidate struct {
		Account
		milli int64
	}
	out, gains := []Woken{}, []int64{}
	var candidates []candidate
	err := d.read(ctx, func(v *view) error {
		l := &listing{op: "directory.Overview", name: "overview.awake", columns: accountColumns, paging: Paging{Limit: wokenCandidate}, order: order{name: "awake", phases: []phase{{from: accountScoreFirst,
			where: []cond{literally("a.id = s.id"), literally("s.rank is not null"), literally("s.won_count = 0"), literally("s.stage not in (" + notAwake + ")"),
				func(t *text) string { return "s.last_at >= " + t.arg(int64(now-recently)) }}, key: "s.rank", real: true, id: "s.id", desc: true}}}}
		p, err := page(ctx, v.q, l, v.accountRow)
		for _, a := range p.Data {
			candidates = append(candidates, candidate{a, milliOf(a.Intent)})
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, c := range candidates {
		if len(out) == overviewRows && c.milli <= gains[overviewRows-1] {
			break
		}
		x, err := d.engine.Explain(ctx, c.ID, engine.AsOf{})
		if err != nil {
			return nil, err
		}
		var gained int64
		for _, l := range x.Intent.Lines {
			if l.OccurredAt >= now-recently {
				gained += milliOf(l.Points)
			}
		}
		if gained <= 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(gains, gained, func(have, new int64) int {
			if have >= new {
				return -1
			}
			return 1
		})
		gains, out = slices.Insert(gains, at, gained), slices.Insert(out, at, Woken{c.Account, engine.Points(gained)})
		gains, out = gains[:min(len(gains), overviewRows)], out[:min(len(out), overviewRows)]
	}
	return out, nil
}

// notAwake are the stages in which activity is no news: customers, and whom somebody set aside for good.
var notAwake = strconv.Itoa(int(millrace.StageCustomer)) + ", " + strconv.Itoa(int(millrace.StageDisqualified))

// milliOf reads points with three decimals.
func milliOf(points string) int64 {
	f, _ := strconv.ParseFloat(points, 64) // the engine wrote them
	if f < 0 {
		return int64(f*1000 - 0.5)
	}
	return int64(f*1000 + 0.5)
}

// overdue looks through the open opportunities, the largest amounts first.
func (v *view) overdue(ctx context.Context) (Queue[Overdue], error) {
	var all []Overdue
	_, err := db.Collect(ctx, v.q, func(rows *sql.Rows) (struct{}, error) {
		into, done := opportunityRow()
		var traits string
		if err := rows.Scan(append(into, &traits)...); err != nil {
			return struct{}{}, err
		}
		var stated struct {
			Expected struct {
				V string `json:"v"`
			} `json:"expected_close_at"`
		}
		if json.Unmarshal([]byte(traits), &stated) != nil {
			return struct{}{}, nil // a source may state anything under this name: what is no moment is not past
		}
		expected, err := time.Parse(time.RFC3339, stated.Expected.V)
		if at := millrace.TimeOf(expected); err == nil && at < v.clock {
			all = append(all, Overdue{done(), at})
		}
		return struct{}{}, nil
	}, "/* overview.open */ select "+opportunityColumns+", o.traits from "+opportunityFrom+" where o.status = 0 order by o.amount desc, o.id limit "+strconv.Itoa(openDeals))
	slices.SortStableFunc(all, func(a, b Overdue) int { return int(min(max(a.ExpectedCloseAt-b.ExpectedCloseAt, -1), 1)) })
	return Queue[Overdue]{int64(len(all)), append([]Overdue{}, all[:min(len(all), overviewRows)]...)}, err
}

// Woken are the accounts to which the last seven days added most intent, as the overview shows them: at most a minute old.
func (d *Directory) Woken(ctx context.Context) ([]Woken, error) {
	w, err := d.watched(ctx)
	if err != nil {
		return nil, err
	}
	return w.woken, nil
}
