package directory

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
)

// Owners are the names that deals and reps' records have, sorted: whom one can give a lead to, beside the people who sign in.
func (d *Directory) Owners(ctx context.Context) ([]string, error) {
	return db.Collect(ctx, d.db, func(rows *sql.Rows) (name string, err error) {
		err = rows.Scan(&name)
		return name, err
	}, "/* directory.owners */ select owner from opportunity where owner <> '' union select name from record where kind = $1 and name <> '' order by 1 limit 1000", int64(millrace.KindRep))
}

// sampledDeals is of how many deals, the newest, the order of stages is learned.
const sampledDeals = 1000

// DealStages are the stages that open deals are in or went through, in the order in which deals go through them; none without open deals.
func (d *Directory) DealStages(ctx context.Context) ([]string, error) {
	open := map[string]bool{}
	places := map[string][]int{}
	if _, err := db.Collect(ctx, d.db, func(rows *sql.Rows) (struct{}, error) {
		var stage, traits string
		var status millrace.OpportunityStatus
		if err := rows.Scan(&stage, (*uint8)(&status), &traits); err != nil {
			return struct{}{}, err
		}
		var t struct {
			Stages struct {
				V []struct{ Stage string } `json:"v"`
			} `json:"stages"`
		}
		if err := json.Unmarshal([]byte(traits), &t); err != nil {
			return struct{}{}, err
		}
		n := 0
		for _, s := range t.Stages.V {
			if s.Stage != "" && (status == millrace.OpportunityOpen || s.Stage != stage) { // not where closed deals end
				places[s.Stage] = append(places[s.Stage], n)
				n++
			}
		}
		if status == millrace.OpportunityOpen && stage != "" {
			open[stage] = true
		}
		return struct{}{}, nil
	}, "/* directory.deal_stages */ select stage, status, traits from opportunity order by id desc limit $1", sampledDeals); err != nil {
		return nil, err
	}
	if _, err := db.Collect(ctx, d.db, func(rows *sql.Rows) (struct{}, error) {
		var stage string
		err := rows.Scan(&stage)
		open[stage] = true
		return struct{}{}, err
	}, "/* directory.open_stages */ select distinct stage from opportunity where status = 0 and stage <> ''"); err != nil {
		return nil, err
	}
	for stage := range places {
		if len(open) > 0 {
			open[stage] = true
		}
	}
	out := slices.Sorted(maps.Keys(open))
	place := func(stage string) float64 { // those without a history stand last
		sum := 0
		for _, n := range places[stage] {
			sum += n
		}
		if len(places[stage]) == 0 {
			return 1e9
		}
		return float64(sum) / float64(len(places[stage]))
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(place(a), place(b)) })
	return out, nil
}
