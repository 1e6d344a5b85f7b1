package main

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"millrace"
	"millrace/internal/audit"
	"millrace/internal/dbtest"
)

// auditOf is what the tests read of a report.
type auditOf struct {
	AsOf   millrace.Time `json:"as_of"`
	Judged int
	Checks []audit.Check
}

// audited runs the audit and gives its report and exit code.
func audited(t *testing.T, db string) (auditOf, int) {
	t.Helper()
	out, errs := &strings.Builder{}, &strings.Builder{}
	code := run(t.Context(), []string{"audit", "--json", "--db", db}, out, errs)
	var r auditOf
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
		t.Fatalf("%v: exit code %d, %s", err, code, errs)
	}
	return r, code
}

func checkOf(t *testing.T, r auditOf, id string) audit.Check {
	t.Helper()
	for _, c := range r.Checks {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("there is no check %s", id)
	return audit.Check{}
}

// TestMavenAudit brings the Maven CRM in, one command a file, and holds what the audit says against the files themselves.
func TestMavenAudit(t *testing.T) {
	if testing.Short() {
		t.Skip("Maven is left out with -short")
	}
	dir := filepath.Dir(shared(t, "maven-crm/accounts.csv"))
	db := dbtest.SQLite(t)
	begin := time.Now()
	for _, f := range [][2]string{{"accounts", "accounts.csv"}, {"reps", "sales_teams.csv"}, {"products", "products.csv"}, {"opportunities", "sales_pipeline.csv"}} {
		bring(t, db, f[0], filepath.Join(dir, f[1]))
	}
	r, code := audited(t, db)
	if took := time.Since(begin); took > 3*time.Minute { // seconds, where nothing else runs
		t.Errorf("from the first command to the report it took %v", took)
	}
	if code != 0 || r.AsOf.Std().Format(time.DateOnly) != "2017-12-31" {
		t.Errorf("exit code %d, as of %v", code, r.AsOf)
	}
	failed := "stale_deals deals_without_account undated_facts data_currency"
	if got := strings.Join(failures(r), " "); got != failed {
		t.Errorf("failed: %s\nwant %s", got, failed)
	}
	for _, id := range []string{"outcomes_over_activity", "customers_neglected", "win_rate", "win_rate_differences", "duplicate_deals"} {
		if c := checkOf(t, r, id); c.Status != audit.Passed {
			t.Errorf("%s is %s: %s", id, c.Status, c.Answer)
		}
	}
	if r.Judged != 9 { // what an export of deals can't tell is not judged
		t.Errorf("%d checks are judged", r.Judged)
	}
	mavenStakes(t, r, filepath.Join(dir, "sales_pipeline.csv"))
	for _, want := range []string{"By owner, 30 labels: none differs by more than chance", "By product, 7 labels", "By industry, 10 labels", "By region, 3 labels"} {
		if c := checkOf(t, r, "win_rate_differences"); !strings.Contains(evidence(c), want) {
			t.Errorf("%q isn't said:\n%s", want, evidence(c))
		}
	}
}

func failures(r auditOf) (ids []string) {
	for _, c := range r.Checks {
		if !c.Passed {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func evidence(c audit.Check) string {
	var out []string
	for _, e := range c.Evidence {
		out = append(out, e.Says)
	}
	return strings.Join(out, "\n")
}

// mavenStakes adds the figures of the report up again from the file.
func mavenStakes(t *testing.T, r auditOf, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	day := func(s string) time.Time {
		at, err := time.Parse("1/2/2006", s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	type sum struct{ n, amount float64 }
	won, cycles := map[string]sum{}, map[int]int{}
	for _, x := range rows[1:] { // opportunity_id, sales_agent, product, account, deal_stage, engage_date, close_date, close_value
		if x[4] == "Won" {
			var amount float64
			if err := json.Unmarshal([]byte(x[7]), &amount); err != nil {
				t.Fatal(err)
			}
			won[x[2]] = sum{won[x[2]].n + 1, won[x[2]].amount + amount}
			cycles[int(day(x[6]).Sub(day(x[5])).Hours()/24)]++
		}
	}
	old, seen := 0, 0
	for ; float64(seen) < 0.9*4238; old++ {
		seen += cycles[old]
	}
	old--
	var stale, nobody sum
	for _, x := range rows[1:] {
		if x[4] == "Won" || x[4] == "Lost" {
			continue
		}
		mean := math.Floor(100 * won[x[2]].amount / won[x[2]].n)
		if x[3] == "" {
			nobody = sum{nobody.n + 1, nobody.amount + mean}
		}
		if x[5] != "" && int(day("12/31/2017").Sub(day(x[5])).Hours()/24) > old {
			stale = sum{stale.n + 1, stale.amount + mean}
		}
	}
	for id, want := range map[string]sum{"stale_deals": stale, "deals_without_account": nobody} {
		c := checkOf(t, r, id)
		if c.Money == nil || float64(c.Money.Minor) != want.amount || *c.Evidence[0].Figure.Numerator != want.n {
			t.Errorf("%s: %+v, %s; want %+v", id, c.Money, evidence(c), want)
		}
	}
}
