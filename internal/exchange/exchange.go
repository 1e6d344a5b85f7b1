// Package exchange brings files of other systems in: accounts, contacts, opportunities, behaviour, reps, products, spend, contracts, targets
// and exchange rates as CSV, with the columns of HubSpot, Salesforce, Google Ads and others recognised and a mapping file for the rest. Every
// row becomes one fact (a recurring cost several) or is rejected with its line and a reason; nothing is lost in silence. Memory does not grow
// with the file, but by some bytes for each row of spend. It also writes CSV and NDJSON for exports.
//
// This package is the run of an import: two passes over a file, and the inspection of its beginning. Under it sheet reads tables, words knows other
// systems' words, format knows their files, mapping what somebody says of a file, and rows makes the facts.
// It never decides what a fact means: identity, stages and scores are the engine's.
package exchange

import (
	"context"
	"io"

	"millrace"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/rows"
)

// Ledger is the part of the engine that an import needs.
type Ledger interface {
	// StartImport records that an import begins and gives its id, which every batch of it carries.
	StartImport(ctx context.Context, i Import) (id int64, err error)
	// Apply takes a batch whole or not at all; Receipt.Duplicate has an entry for every event.
	Apply(ctx context.Context, b millrace.Batch) (millrace.Receipt, error)
	// FinishImport records how the import went.
	FinishImport(ctx context.Context, id int64, s Summary) error
}

// Import says what is about to be imported.
type Import struct {
	Entity    string // accounts, contacts, opportunities, events, reps, products, spend, contracts, targets or rates
	File      string // base name
	Format    string // a format.Info's ID, or "mapping" in front of the mapping's system: "mapping:pipedrive"
	SHA256    string // of the file's bytes as given, hex
	Reading   string // says how it is read: equal for the same content of a mapping and the same options, whatever the mapping is called
	StartedAt millrace.Time
	By        string
	Resume    int64 // an import that broke off, which is gone on with if it is of the same file, read in the same way
}

// Summary is how an import went. Rows is Accepted + Rejected + Duplicates. It holds no cells of the file but unreadable dates and
// amounts and unknown words of closed lists, since it is kept as a fact.
type Summary struct {
	Rows           int64            `json:"rows"` // under the header, blank lines and a report's footer left out
	Accepted       int64            `json:"accepted"`
	Rejected       int64            `json:"rejected"`
	Duplicates     int64            `json:"duplicates"` // the log had them already; unknown to a dry run
	Format         string           `json:"format"`
	Encoding       string           `json:"encoding"`
	Delimiter      string           `json:"delimiter"`
	SHA256         string           `json:"sha256"`
	Columns        []rows.ColumnUse `json:"columns"`
	Unused         []string         `json:"unused,omitempty"`  // headers of columns that were skipped
	Reasons        map[string]int64 `json:"reasons,omitempty"` // rejected rows by reason
	ExampleRejects []Reject         `json:"example_rejects,omitempty"`
	Notes          []string         `json:"notes,omitempty"` // what was decided, repaired or kept unread, a sentence each

	// Of spend, contracts, targets and exchange rates.
	Platform string            `json:"platform,omitempty"`  // whose report it is: google_ads, linkedin_ads, meta_ads
	FirstDay string            `json:"first_day,omitempty"` // "2026-03-01"
	LastDay  string            `json:"last_day,omitempty"`
	Spend    map[string]string `json:"spend,omitempty"` // what the rows cost by currency, decimals in major units, duplicates included
}

// Reject is a row that was not imported.
type Reject struct {
	Line   int64  `json:"line"` // of the file, from 1
	Column string `json:"column,omitempty"`
	Reason string `json:"reason"`
	Detail string `json:"detail"`
}

// Options say how to import. The zero value sniffs everything, and takes the entity from the recognised format.
type Options struct {
	Entity     string // "" takes the recognised format's
	By         string // who imports
	Mapping    *mapping.Mapping
	DryRun     bool          // reads and judges everything, calls no Ledger method
	Delimiter  rune          // 0 sniffs
	Currency   string        // ISO 4217, of amounts whose rows name none
	Timezone   string        // IANA, of dates without an offset; "" is the mapping's, else UTC
	Home       Home          // the workspace's own
	RecordedAt millrace.Time // of rows that have no date of creation or change; 0 leaves it to the log. Not part of a fact's identity.
	Clock      millrace.Clock
	Rejects    io.Writer // gets a CSV of the rejected rows, which can be mended and imported as it is
	Progress   func(RunProgress)
	SliceRows  int   // facts in one batch; 0 is 500
	Resume     int64 // an import that broke off, which this one of the same file goes on with
}

// Home is what the workspace has where neither the file nor the options nor a mapping say: the currency of amounts, and the time zone in
// which a day of spend begins.
type Home struct{ Currency, Timezone string }

// RunProgress is how far an import is.
type RunProgress struct {
	Checking   bool  `json:"checking" doc:"The first pass, which only looks"`
	Rows       int64 `json:"rows"`
	Accepted   int64 `json:"accepted"` // in the second pass
	Rejected   int64 `json:"rejected"`
	Duplicates int64 `json:"duplicates"`
	Bytes      int64 `json:"bytes" doc:"Of the file as it lies there, in this pass"`
	TotalBytes int64 `json:"total_bytes"`
	Import     int64 `json:"import" doc:"0 in the first pass and in a dry run"`
}
