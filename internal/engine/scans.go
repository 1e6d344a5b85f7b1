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

// stretch is how many positions are read at a time. Between two of them no reader is in the way of the WAL, which what a replay writes makes long.
const stretch = 4096

// linksIn gives a scan of the rows with from < seq ≤ to that say who is who.
func linksIn(q reader, from, to int64, fold func(r *eventlog.Row) error) func(ctx context.Context, give hand) error {
	return func(ctx context.Context, give hand) error {
		return inBatches(ctx, q, from, to, give, scanBatch, nil, fold, func(q db.Querier, from, to int64, take func(r eventlog.Row)) error {
			return eventlog.ScanLinks(ctx, q, from, to, func(r *eventlog.Row) error {
				own := *r
				own.Refs = slices.Clone(r.Refs)
				take(own)
				return nil
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
func plainIn(q reader, from, to int64, fold func(r *plainFact) error) func(ctx context.Context, give hand) error {
	return func(ctx context.Context, give hand) error {
		return inBatches(ctx, q, from, to, give, scanBatch, nil, fold, func(q db.Querier, from, to int64, take func(r plainFact)) error {
			return eventlog.ScanPlain(ctx, q, from, to, func(r *eventlog.Plain) error {
				take(plainFact{eventlog.Row{Seq: r.Seq, Kind: r.Kind, Flags: r.Flags, Subject: r.Subject, Name: r.Name, Place: r.Place, OccurredAt: r.OccurredAt,
					Body: slices.Clone(r.Body)}, eventlog.HasEmail(r.Body)})
				return nil
			})
		})
	}
}

// othersIn gives a scan of the rows up to a position that are not plain, of which before sees size together before they are folded.
func othersIn(q reader, to int64, size int, before func(rows []eventlog.Row) error, fold func(r *eventlog.Row) error) func(ctx context.Context, give hand) error {
	return func(ctx context.Context, give hand) error {
		return inBatches(ctx, q, 0, to, give, size, before, fold, func(q db.Querier, from, to int64, take func(r eventlog.Row)) error {
			return eventlog.ScanOther(ctx, q, from, to, func(r *eventlog.Row) error { take(*r); return nil })
		})
	}
}

// reader runs what reads a stretch.
type reader func(ctx context.Context, fn func(q db.Querier) error) error

// aside reads each stretch in a short snapshot of its own.
func aside(d *db.DB) reader {
	return func(ctx context.Context, fn func(q db.Querier) error) error {
		return d.ReadAside(ctx, func(s *db.Snapshot) error { return fn(s) })
	}
}

// inBatches hands over what a scan takes, up to so many rows at a time; before, where not nil, is called with each batch before it is folded.
func inBatches[T any](ctx context.Context, q reader, from, to int64, give hand, size int, before func(batch []T) error, fold func(r *T) error,
	scan func(q db.Querier, from, to int64, take func(r T)) error) error {
	for ; from < to; from += stretch {
		rows := make([]T, 0, size)
		if err := q(ctx, func(q db.Querier) error {
			return scan(q, from, min(from+stretch, to), func(r T) { rows = append(rows, r) })
		}); err != nil {
			return err
		}
		for batch := range slices.Chunk(rows, size) {
			if err := give(func() error { return foldBatch(batch, before, fold) }); err != nil {
				return err
			}
		}
	}
	return nil
}

func foldBatch[T any](batch []T, before func(batch []T) error, fold func(r *T) error) error {
	if before != nil {
		if err := before(batch); err != nil {
			return err
		}
	}
	for i := range batch {
		if err := fold(&batch[i]); err != nil {
			return err
		}
	}
	return nil
}
