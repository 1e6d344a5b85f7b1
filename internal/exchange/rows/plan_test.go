package rows

import (
	"strings"
	"testing"
	"time"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
)

// FuzzHeader: no header crashes recognition, and what is laid out has a name for every column.
func FuzzHeader(f *testing.F) {
	f.Add("Record ID,Email,Lifecycle Stage,Lead Status", "contacts")
	f.Add("a,a,,\"x\ny\"", "events")
	f.Add("Date entered \"Won (x)\",Deal Name,Deal Stage", "opportunities")
	f.Fuzz(func(t *testing.T, header, entity string) {
		row, err := sheet.NewReader(strings.NewReader(header), ',', '\n').Next()
		if err != nil {
			return
		}
		names, _ := Names(row.Cells)
		known, err := format.Recognise("fuzz", "x.csv", names, entity)
		if err != nil {
			return
		}
		p, err := New(File{Name: "x.csv", Header: row.Cells, Line: row.Line, Format: known, Zone: time.UTC, Clock: millrace.SystemClock})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range p.fields {
			if f.header == "" || f.trait == "" && !f.skip {
				t.Fatalf("%+v", f)
			}
		}
	})
}
