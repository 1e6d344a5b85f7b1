package restate

import (
	"strings"
	"testing"

	"millrace/internal/dbtest"
)

func TestSay(t *testing.T) {
	of := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		f            Figure
		v            *int64
		want, change string
	}{
		{Figure{Unit: "count"}, of(1234), "1234", "+1234"},
		{Figure{Unit: "count", Digits: 6}, of(-500000), "-0.500000", "-0.500000"},
		{Figure{Unit: "money", Currency: "EUR", Digits: 2}, of(5), "0.05 EUR", "+0.05 EUR"},
		{Figure{Unit: "money", Currency: "JPY"}, of(-5), "-5 JPY", "-5 JPY"},
		{Figure{Unit: "money_per_day", Currency: "USD", Digits: 2}, of(123456), "1234.56 USD a day", "+1234.56 USD a day"},
		{Figure{Unit: "ratio", Digits: 4}, of(2125), "21.25%", "+21.25 points"},
		{Figure{Unit: "ratio", Digits: 4}, of(-7), "-0.07%", "-0.07 points"},
		{Figure{Unit: "days", Digits: 1}, of(0), "0.0 days", "0.0 days"},
		{Figure{Unit: "count"}, nil, "none", "none"},
		{Figure{Unit: "money", Currency: "USD", Digits: 2, Adds: true}, nil, "none recorded", "none recorded"},
	} {
		if got, change := c.f.Say(c.v), c.f.Change(c.v); got != c.want || change != c.change {
			t.Errorf("%+v: %s, %s; want %s, %s", c.f, got, change, c.want, c.change)
		}
	}
}

// TestMarkdown: what is exported is what was published, and every difference with its cause; what people wrote is no markup.
func TestMarkdown(t *testing.T) {
	w, _ := story(t, dbtest.SQLite(t))
	f := w.publish("economics")
	then, err := f.Markdown()
	w.must(err)
	for _, want := range []string{"# The quarter\n", "For the board \\| \\*May\\*\n", "economics, 2025-12-01 to 2026-12-31. Published ", " by Ada: log position ", f.SHA256, "| Leads |  | 2 |\n"} {
		if !strings.Contains(then, want) {
			t.Errorf("%q is not in\n%s", want, then)
		}
	}
	if x := w.restated(f); !strings.Contains(x.Markdown(), "0 of ") || strings.Contains(x.Markdown(), "## What differs") || !strings.Contains(x.Markdown(), "| Leads |  | 2 |\n") {
		t.Errorf("as it was:\n%s", x.Markdown())
	}
	w.late()
	text := w.restated(f).Markdown()
	for _, want := range []string{"| figure | of | then | late facts | now |\n|---|---|---:|---:|---:|\n", "| Leads |  | 2 | +1 | 3 |\n", "## Late facts\n\nIt moved "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
