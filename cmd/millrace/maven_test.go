package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"millrace/internal/dbtest"
)

// TestMaven brings the Maven CRM in by the command line, with the answers that its README gives, puts a playbook over its sectors,
// revenues, employees and countries in force, and opens the fit of every account.
func TestMaven(t *testing.T) {
	if testing.Short() {
		t.Skip("Maven is left out with -short")
	}
	dir := filepath.Dir(shared(t, "maven-crm/accounts.csv"))
	dbtest.Each(t, func(t *testing.T, db string) {
		for _, f := range []struct {
			entity, file string
			rows         int64
		}{{"accounts", "accounts.csv", 85}, {"reps", "sales_teams.csv", 35}, {"products", "products.csv", 7}} {
			if r := bring(t, db, f.entity, filepath.Join(dir, f.file)); r.Accepted != f.rows || r.Rejected != 0 || r.Duplicates != 0 {
				t.Fatalf("%s: %s", f.entity, r)
			}
		}
		pipeline := filepath.Join(dir, "sales_pipeline.csv")
		before := stats(t, db)
		if r := bring(t, db, "opportunities", pipeline, "--dry-run"); r.Rows != 8800 || r.Accepted != 8800 || r.ID != 0 {
			t.Errorf("dry run: %s", r)
		}
		if after := stats(t, db); fmt.Sprint(after) != fmt.Sprint(before) || after.Opportunities.Total != 0 {
			t.Errorf("the dry run changed %+v to %+v", before, after)
		}
		first := bring(t, db, "opportunities", pipeline)
		mavenHolds(t, db, first)
		if r := bring(t, db, "opportunities", pipeline); r.Duplicates != 8800 || r.Accepted != 0 {
			t.Errorf("again: %s", r)
		}
		mavenHolds(t, db, first)
		for _, id := range []int64{first.ID, first.ID + 1} { // the second brought the same facts: they stand until both are undone
			if n := stats(t, db).Opportunities.Total; n != 8800 {
				t.Errorf("%d opportunities before import %d is undone", n, id)
			}
			must(t, "import", "undo", fmt.Sprint(id), "--db", db)
		}
		if s := stats(t, db); s.Opportunities.Total != 0 || s.Accounts != 85 {
			t.Errorf("after the undo: %+v", s)
		}
		logIsClean(t, db)
		bring(t, db, "opportunities", pipeline)
		mavenHolds(t, db, first)
		mavenFits(t, db)
		logIsClean(t, db)
	})
}

// mavenHolds checks the known answers.
func mavenHolds(t *testing.T, db string, r importResult) {
	t.Helper()
	s := stats(t, db)
	o := s.Opportunities
	if r.Accepted != 8800 || s.Accounts != 85 || o.Total != 8800 || o.Won != 4238 || o.Lost != 2473 || o.Open != 2089 || o.WonAmount != "10005534" {
		t.Errorf("%s; %+v", r, s)
	}
	list := mustJSON[[]struct {
		Account *struct{ ID string }
		Status  string
	}](t, "opportunities", "--limit", "0", "--db", db)
	without, lost := 0, 0
	for _, x := range list {
		if x.Account == nil {
			without++
		}
		if x.Status == "lost" {
			lost++
		}
	}
	if len(list) != 8800 || without != 1425 || lost != 2473 {
		t.Errorf("%d opportunities listed, %d without account, %d lost", len(list), without, lost)
	}
}

// fitOf is what the test reads of millrace explain.
type fitOf struct {
	Playbook string
	Fit      struct {
		Fit                    bool
		Points, Max, Threshold int
		Grade                  string
		Criteria               []struct {
			ID, Why     string
			Points, Max int
		}
	}
}

// mavenFits applies testdata/maven-playbook.yaml and adds the fit of every account up again.
func mavenFits(t *testing.T, db string) {
	t.Helper()
	applied := mustJSON[struct{ Version string }](t, "playbook", "apply", "testdata/maven-playbook.yaml", "--db", db)
	accounts := mustJSON[[]struct {
		ID, Name, Industry, Country, Grade string
		Fit                                bool
	}](t, "accounts", "--limit", "0", "--db", db)
	if len(accounts) != 85 {
		t.Fatalf("%d accounts", len(accounts))
	}
	grades := map[string]int{}
	for _, a := range accounts {
		x := mustJSON[fitOf](t, "explain", a.Name, "--db", db)
		points, most := 0, 0
		seen := []string{}
		for _, c := range x.Fit.Criteria {
			points, most = points+c.Points, most+c.Max
			seen = append(seen, c.ID)
			if c.Why == "" || c.Points > c.Max {
				t.Errorf("%s: %+v", a.Name, c)
			}
		}
		if points != x.Fit.Points || most != x.Fit.Max || strings.Join(seen, " ") != "sector revenue employees country" {
			t.Errorf("%s: %d of %d points, and its criteria %v give %d of %d", a.Name, x.Fit.Points, x.Fit.Max, seen, points, most)
		}
		if x.Playbook != applied.Version || x.Fit.Grade != a.Grade || x.Fit.Fit != a.Fit || a.Fit != (points >= x.Fit.Threshold) {
			t.Errorf("%s: listed as %v %s, explained as %v %s with %d of %d points under %s", a.Name, a.Fit, a.Grade, x.Fit.Fit, x.Fit.Grade, points, x.Fit.Threshold, x.Playbook)
		}
		grades[x.Fit.Grade]++
	}
	t.Logf("grades: %v", grades)
	for _, g := range []string{"A", "B", "C", "D"} {
		if grades[g] < 5 {
			t.Errorf("%d accounts are of grade %s: %v", grades[g], g, grades)
		}
	}
}
