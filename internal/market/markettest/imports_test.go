package markettest

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"millrace"
	"millrace/internal/exchange"
	"millrace/internal/market"
)

type memory map[string]*bytes.Buffer

type open struct{ *bytes.Buffer }

func (open) Close() error { return nil }

func (m memory) Create(name string) (io.WriteCloser, error) {
	m[name] = new(bytes.Buffer)
	return open{m[name]}, nil
}

// The files are in the formats that imports recognise, and nothing in them is refused.
func TestImportsTakeTheFiles(t *testing.T) {
	m, err := market.New(market.Config{Seed: 1, Accounts: 200, Start: millrace.TimeOf(time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC))})
	if err != nil {
		t.Fatal(err)
	}
	files := memory{}
	if err := m.WriteFiles(files); err != nil {
		t.Fatal(err)
	}
	for _, f := range []struct{ name, entity, format string }{
		{"accounts.csv", "accounts", "hubspot-companies"}, {"contacts.csv", "contacts", "hubspot-contacts"},
		{"opportunities.csv", "opportunities", "salesforce-opportunities"},
		{"opportunity_history.csv", "opportunities", "salesforce-opportunity-history"},
		{"opportunity_contact_roles.csv", "opportunities", "salesforce-contact-roles"}, {"reps.csv", "reps", "maven-reps"},
		{"products.csv", "products", "maven-products"}, {"events.csv", "events", "csv-events"},
	} {
		_, s, err := exchange.Run(context.Background(), nil, f.name, bytes.NewReader(files[f.name].Bytes()),
			exchange.Options{Entity: f.entity, DryRun: true, Clock: func() millrace.Time { return m.End() }})
		if err != nil || s.Format != f.format || s.Rows == 0 || s.Rejected != 0 {
			t.Errorf("%s: %d rows as %q, %d refused (%v): %v", f.name, s.Rows, s.Format, s.Rejected, s.Reasons, err)
		}
	}
}
