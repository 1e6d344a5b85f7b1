package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"sync"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/metrics"
)

// Stats are the workspace's figures.
type Stats struct {
	Position      int64             `json:"position" doc:"Log position that the count of events is of"`
	Accounts      int64             `json:"accounts"`
	Contacts      int64             `json:"contacts"`
	Events        int64             `json:"events" doc:"Facts received from outside, those of undone imports included"`
	EventsByKind  map[string]int64  `json:"events_by_kind"`
	Dropped       map[string]int64  `json:"dropped" doc:"Refused facts by reason, since the beginning"`
	MQL           int64             `json:"mql" doc:"Contacts in the stage"`
	MQA           int64             `json:"mqa" doc:"Accounts in the stage"`
	Opportunities OpportunityStats  `json:"opportunities"`
	Spend         map[string]string `json:"spend" doc:"What marketing cost, by currency, all days; decimals in major units"`
	Imports       int64             `json:"imports" doc:"Imports ever begun, undone ones included"`
}

// OpportunityStats count deals. Amounts are decimals in major units.
type OpportunityStats struct {
	Total      int64             `json:"total"`
	Open       int64             `json:"open"`
	Won        int64             `json:"won"`
	Lost       int64             `json:"lost"`
	Currency   string            `json:"currency" doc:"The workspace's"`
	WonAmount  string            `json:"won_amount" doc:"Of won deals in the workspace's currency"`
	WonAmounts map[string]string `json:"won_amounts" doc:"Of won deals by currency"`
	WinRate    metrics.Figure    `json:"win_rate" doc:"Of all closed deals, with its interval and benchmark"`
}

// rollup counts the log's facts by kind. It follows the log from its own position, which it keeps in the workspace's settings.
type rollup struct {
	mu     sync.Mutex
	loaded bool
	kept   int64 // position up to which it is stored
	counts counts
}

type counts struct {
	Position int64                   `json:"position"`
	Kinds    map[millrace.Kind]int64 `json:"kinds"`
}

const (
	rollupSetting = "directory.events_by_kind"
	rollupStep    = 50_000 // positions after which it is stored again
)

// Follow brings the count of events up to the log's end. Stats does it by itself; a recurring job that calls it keeps Stats quick after a
// bulk import, and the first call on a large log reads all of it.
func (d *Directory) Follow(ctx context.Context) error {
	_, err := d.follow(ctx)
	return err
}

func (d *Directory) follow(ctx context.Context) (counts, error) {
	r := &d.rollup
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.loaded {
		var stored string
		found, err := db.One(ctx, d.db, []any{&stored}, "/* rollup.load */ select value from setting where name = $1", rollupSetting)
		if err != nil {
			return counts{}, err
		}
		r.counts = counts{Kinds: map[millrace.Kind]int64{}}
		if found && (json.Unmarshal([]byte(stored), &r.counts) != nil || r.counts.Kinds == nil) {
			r.counts = counts{Kinds: map[millrace.Kind]int64{}} // counted again from the beginning
		}
		r.loaded, r.kept = true, r.counts.Position
	}
	type added struct {
		kind    millrace.Kind
		n, last int64
	}
	more, err := db.Collect(ctx, d.db, func(rows *sql.Rows) (a added, err error) {
		err = rows.Scan((*uint8)(&a.kind), &a.n, &a.last)
		return a, err
	}, "/* rollup.count */ select kind, count(*), max(seq) from event where seq > $1 group by kind", r.counts.Position)
	if err != nil {
		return counts{}, err
	}
	for _, a := range more {
		r.counts.Kinds[a.kind] += a.n
		r.counts.Position = max(r.counts.Position, a.last)
	}
	if r.counts.Position-r.kept >= rollupStep {
		if err := d.keep(ctx, r.counts); err != nil {
			return counts{}, err
		}
		r.kept = r.counts.Position
	}
	out := counts{Position: r.counts.Position, Kinds: map[millrace.Kind]int64{}}
	for k, n := range r.counts.Kinds {
		out.Kinds[k] = n
	}
	return out, nil
}

func (d *Directory) keep(ctx context.Context, c counts) error {
	b, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return d.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "/* rollup.keep */ insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value", rollupSetting, string(b))
		return err
	})
}

// Stats gives the workspace's figures.
func (d *Directory) Stats(ctx context.Context) (Stats, error) {
	out := Stats{EventsByKind: map[string]int64{}, Dropped: map[string]int64{}}
	c, err := d.follow(ctx)
	if err != nil {
		return out, err
	}
	out.Position = c.Position
	for k, n := range c.Kinds {
		if k.External() {
			out.Events += n
			out.EventsByKind[k.String()] = n
		}
	}
	return out, d.read(ctx, func(v *view) error {
		for _, x := range [...]struct {
			into  *int64
			query string
		}{
			{&out.Accounts, "select count(*) from account"},
			{&out.Contacts, "select count(*) from contact"},
			{&out.MQL, "select count(*) from contact_score where stage > 0 and stage = 1"},
			{&out.MQA, "select count(*) from account_score where stage > 0 and stage = 1"},
			{&out.Imports, "select count(*) from import"},
		} {
			if _, err := db.One(ctx, v.q, []any{x.into}, "/* stats.count */ "+x.query); err != nil {
				return err
			}
		}
		if err := v.dropped(ctx, out.Dropped); err != nil {
			return err
		}
		if err := v.deals(ctx, &out.Opportunities); err != nil {
			return err
		}
		out.Spend, err = v.spent(ctx)
		return err
	})
}

// spent adds up all costs by currency.
func (v *view) spent(ctx context.Context) (map[string]string, error) {
	out := map[string]string{}
	_, err := db.Collect(ctx, v.q, func(rows *sql.Rows) (struct{}, error) {
		var m millrace.Money
		err := rows.Scan(&m.Currency, &m.Minor)
		out[m.Currency] = m.Decimal()
		return struct{}{}, err
	}, "/* stats.spend */ select currency, cast(sum(amount) as bigint) from spend group by currency")
	return out, err
}

func (v *view) dropped(ctx context.Context, by map[string]int64) error {
	_, err := db.Collect(ctx, v.q, func(rows *sql.Rows) (struct{}, error) {
		var reason string
		var n int64
		err := rows.Scan(&reason, &n)
		by[reason] = n
		return struct{}{}, err
	}, "/* stats.dropped */ select reason, cast(sum(count) as bigint) from drop_count group by reason")
	return err
}

func (v *view) deals(ctx context.Context, out *OpportunityStats) error {
	out.Currency, out.WonAmounts = v.currency, map[string]string{}
	won := millrace.Money{Currency: v.currency}
	_, err := db.Collect(ctx, v.q, func(rows *sql.Rows) (struct{}, error) {
		var status millrace.OpportunityStatus
		var m millrace.Money
		var n int64
		err := rows.Scan((*uint8)(&status), &m.Currency, &n, &m.Minor)
		out.Total += n
		switch status {
		case millrace.OpportunityWon:
			out.Won += n
			out.WonAmounts[m.Currency] = m.Decimal()
			if m.Currency == v.currency {
				won = m
			}
		case millrace.OpportunityLost:
			out.Lost += n
		default:
			out.Open += n
		}
		return struct{}{}, err
	}, "/* stats.deals */ select status, currency, count(*), cast(sum(amount) as bigint) from opportunity group by status, currency order by status, currency")
	out.WonAmount, out.WinRate = won.Decimal(), metrics.WinRate(int(out.Won), int(out.Lost), metrics.Options{})
	return err
}
