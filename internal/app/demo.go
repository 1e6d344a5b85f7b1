package app

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"millrace"
	"millrace/internal/exchange"
	"millrace/internal/market"
)

// FillMarket puts a simulated market into an empty workspace as it would have come in: the account list on the first day, the traffic as
// it arrived with decisions made at the time, the CRM's records on the last. progress is called now and then with the simulated day.
func (w *Workspace) FillMarket(ctx context.Context, c market.Config, progress func(day string, facts int)) (facts int, err error) {
	m, err := market.New(c)
	if err != nil {
		return 0, err
	}
	files := memory{}
	if err := m.WriteFiles(files); err != nil {
		return 0, err
	}
	bring := func(entity, file string, at millrace.Time) error {
		_, s, err := exchange.Run(ctx, w.Ledger(at), file, bytes.NewReader(files[file].Bytes()), exchange.Options{Entity: entity, By: "market", Clock: func() millrace.Time { return at }})
		if err == nil && s.Rejected > 0 {
			err = millrace.Errorf(millrace.Internal, "app.FillMarket", "%s: %d rows were rejected, such as %+v", file, s.Rejected, s.ExampleRejects[0])
		}
		return err
	}
	if err := bring("accounts", "accounts.csv", m.Config().Start); err != nil {
		return 0, err
	}
	if facts, err = w.feed(ctx, m, progress); err != nil {
		return facts, err
	}
	for _, f := range [...][2]string{{"reps", "reps.csv"}, {"products", "products.csv"}, {"contacts", "contacts.csv"}, {"opportunities", "opportunities.csv"},
		{"opportunities", "opportunity_history.csv"}, {"opportunities", "opportunity_contact_roles.csv"},
		{"spend", "spend.csv"}} {
		if err := bring(f[0], f[1], m.End()); err != nil {
			return facts, fmt.Errorf("%s: %w", f[1], err)
		}
	}
	return facts, nil
}

// feed applies the market's traffic in slices of at most a few hours, with the clock at each slice's end, and sweeps what fell due each day.
func (w *Workspace) feed(ctx context.Context, m *market.Market, progress func(string, int)) (n int, err error) {
	const slice, most = 6 * millrace.Hour, 2000
	var batch []millrace.Event
	var swept millrace.Time
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		at := batch[len(batch)-1].ReceivedAt
		if _, err := w.Engine.ApplyAt(ctx, millrace.Batch{Events: batch}, at); err != nil {
			return err
		}
		n += len(batch)
		batch = batch[:0]
		if at-swept < millrace.Day {
			return nil
		}
		swept = at
		if progress != nil {
			progress(at.Std().Format("2006-01-02"), n)
		}
		_, err := w.Engine.Sweep(ctx, at)
		return err
	}
	for e := range m.Facts() {
		if len(batch) == most || (len(batch) > 0 && e.ReceivedAt-batch[0].ReceivedAt > slice) {
			if err := flush(); err != nil {
				return n, err
			}
		}
		batch = append(batch, e)
	}
	return n, flush()
}

// memory is a directory of files in memory.
type memory map[string]*bytes.Buffer

func (m memory) Create(name string) (io.WriteCloser, error) {
	m[name] = &bytes.Buffer{}
	return closer{m[name]}, nil
}

type closer struct{ io.Writer }

func (closer) Close() error { return nil }
