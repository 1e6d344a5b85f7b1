package measure

import (
	"fmt"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/audit"
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

// TestDealsThatEnded: open deals are not older than the deals' own data tell, however far other facts go on.
func TestDealsThatEnded(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for i := range 20 {
		w.add(opp(fmt.Sprint("W", i), "beta-house.io", "won", float64(i), float64(i+20), "100"))
		w.add(opp(fmt.Sprint("O", i), "acme-widgets.com", "open", float64(i+20), 0, "100"))
	}
	w.add(record(millrace.KindSpend, "S1", fmt.Sprintf(`{"from":%q,"to":%q,"channel":"LinkedIn ads","amount":"500","currency":"USD"}`, stamp(180)[:10], stamp(190)[:10])))
	r := w.apply().model().audit()
	for _, c := range r.Checks {
		switch {
		case c.ID == "stale_deals" && c.Status == audit.Failed:
			t.Errorf("deals that are as young as their data are called stale: %+v", c.Evidence)
		case c.ID == "data_currency" && (c.Status != audit.Failed || !strings.Contains(fmt.Sprint(c.Evidence), "The last deal was opened or closed on "+stamp(39)[:10])):
			t.Errorf("%s: %+v", c.Status, c.Evidence)
		}
	}
}
