package engine

import (
	"context"
	"slices"
	"sync"

	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// Reading rows takes longer than folding them, so a replay reads on goroutines of their own, with as many connections, and folds on one.

// scanBatch is how many rows are handed over at a time.
const scanBatch = 500

// hand gives a batch's folding to the goroutine that folds.
type hand func(fold func() error) error

// together runs the scans at once and calls what they hand over one after the other on the caller's goroutine: a scan's batches in its order,
// those of several as they come. It errs with the first error of either side.
func together(ctx context.Context, scans ...func(ctx context.Context, give hand) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan func() error, 2*len(scans))
	var reading sync.WaitGroup
	for _, scan := range scans {
		reading.Go(func() {
			if err := scan(ctx, func(fold func() error) error {
				select {
				case work <- fold:
					return nil
				case <-ctx.Done():
					return context.Cause(ctx)
				}
			}); err != nil {
				cancel(err)
			}
		})
	}
	go func() {
		reading.Wait()
		close(work)
	}()
	for fold := range work {
		if context.Cause(ctx) != nil {
			continue // so that readers end
		}
		if err := fold(); err != nil {
			cancel(err)
		}
	}
	return context.Cause(ctx)
}

// linksIn gives a scan of the rows with from < seq ≤ to that say who is who.
func linksIn(q db.Querier, from, to int64, fold func(r *eventlog.Row) error) func(ctx context.Context, give hand) error {
	return func(ctx context.Context, give hand) error {
		return inBatches(give, scanBatch, nil, fold, func(take func(r eventlog.Row) error) error {
			return eventlog.ScanLinks(ctx, q, from, to, func(r *eventlog.Row) error {
				own := *r
				own.Refs = slices.Clone(r.Refs)
				return take(own)
			})
		})
	}
}

// plainFact is a plain row until it is folded.
type plainFact struct {
	eventlog.Row
	email bool // states an address
}

// plainIn gives a scan of the plain rows with from < seq ≤ to.
func plainIn(q db.Querier, from, to int64, fold func(r *plainFact) error) func(ctx context.Context, give hand) error {
	return func(ctx context.Context, give hand) error {
		return inBatches(give, scanBatch, nil, fold, func(take func(r plainFact) error) error {
			return eventlog.ScanPlain(ctx, q, from, to, func(r *eventlog.Plain) error {
				return take(plainFact{eventlog.Row{Seq: r.Seq, Kind: r.Kind, Flags: r.Flags, Subject: r.Subject, Name: r.Name, Place: r.Place, OccurredAt: r.OccurredAt,
					Body: slices.Clone(r.Body)}, eventlog.HasEmail(r.Body)})
			})
		})
	}
}

// othersIn gives a scan of the rows up to a position that are not plain, of which before sees size together before they are folded.
func othersIn(q db.Querier, to int64, size int, before func(rows []eventlog.Row) error, fold func(r *eventlog.Row) error) func(ctx context.Context, give hand) error {
	return func(ctx context.Context, give hand) error {
		return inBatches(give, size, before, fold, func(take func(r eventlog.Row) error) error {
			return eventlog.ScanOther(ctx, q, to, func(r *eventlog.Row) error { return take(*r) })
		})
	}
}

// inBatches hands over what a scan takes, so many rows at a time; before, where not nil, is called with each batch before it is folded.
func inBatches[T any](give hand, size int, before func(batch []T) error, fold func(r *T) error, scan func(take func(r T) error) error) error {
	var batch []T
	flush := func() error {
		whole := batch
		batch = make([]T, 0, size)
		return give(func() error {
			if before != nil {
				if err := before(whole); err != nil {
					return err
				}
			}
			for i := range whole {
				if err := fold(&whole[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := scan(func(r T) error {
		if batch = append(batch, r); len(batch) < size {
			return nil
		}
		return flush()
	}); err != nil {
		return err
	}
	return flush()
}
