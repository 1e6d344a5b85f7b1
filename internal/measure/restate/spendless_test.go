package restate

import (
	"strings"
	"testing"

	"millrace/internal/dbtest"
)

// TestSpendThatNobodyRecorded: a report freezes no cost where none is recorded, and a cost that comes late is a difference from nothing.
func TestSpendThatNobodyRecorded(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.apply(0, arrive(2, "a1", linkedIn), identify(3, "a1", "anna", "acme-widgets.com"))
	f := w.publish("economics")
	headline, err := f.Headline()
	w.must(err)
	for _, h := range headline {
		if strings.HasPrefix(h.Key, "spend") && h.Value != nil {
			t.Errorf("%s is frozen as %d, and no cost is recorded", h.Key, *h.Value)
		}
		if name, _, _ := strings.Cut(h.Key, "/"); (name == "revenue" || name == "opportunities" || name == "customers") && h.Value != nil {
			t.Errorf("%s is frozen as %d, and no deal is known", h.Key, *h.Value)
		}
	}
	if x := w.restated(f); x.Changed != 0 {
		t.Errorf("%d figures differ, and nothing was learned", x.Changed)
	}
	w.late()
	x := w.restated(f)
	for _, l := range x.Figures {
		if (l.Key == "spend" || l.Key == "spend/Google search") && (l.Value != nil || l.Now == nil || *l.Now != 1000) {
			t.Errorf("%s: from %v to %v, want none to 1000", l.Key, l.Value, l.Now)
		}
	}
	if got := moved(x, "spend"); got != "late +1000" {
		t.Errorf("spend was moved by %q, want late +1000", got)
	}
	if text := x.Markdown(); !strings.Contains(text, "| Spend |  | none recorded | +10.00 USD | 10.00 USD |") {
		t.Errorf("no cost reads otherwise:\n%s", text)
	}
}
