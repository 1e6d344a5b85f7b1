package measure

import (
	"testing"

	"millrace"
	"millrace/internal/dbtest"
)

// TestEndedAt: data that go on have no end, those that ended more than 30 days ago have the moment of their last dated fact.
func TestEndedAt(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	if got := w.model().EndedAt(); got != 0 {
		t.Errorf("without a fact the data ended at %s", got)
	}
	w.add(opp("D1", "beta-house.io", "won", 20, 45, "100")).apply()
	if got := w.model().EndedAt(); got != at(45) {
		t.Errorf("the data ended at %s, want %s", got, at(45))
	}
	if got := millrace.Time(w.model().audit().AsOf); got != at(45) {
		t.Errorf("the audit is as of %s", got)
	}
	w.add(identify(190, "nina", "n1", "nina@beta-house.io", "")).apply()
	if got := w.model().EndedAt(); got != 0 {
		t.Errorf("with a person ten days ago the data ended at %s", got)
	}
}
