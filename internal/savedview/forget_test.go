package savedview_test

import (
	"slices"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/savedview"
)

func TestViewsThatNameSomebody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		d, err := db.Open(t.Context(), url, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		people := access.NewPeople(d, access.PeopleConfig{Clock: func() millrace.Time { return 1 }})
		defer people.Close()
		u, err := people.Add(t.Context(), access.NewUser{Email: "ann@acme.com", Role: access.Admin})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ name, person, emails, goes, stays string }{
			{"an address", "", "anna@acme.com anna.lee@home.example",
				"q=anna@acme.com | q=Mail+ANNA@ACME.COM | q=anna@ac | q=anna@ | owner=anna@acme.com | q=anna.lee@home.example | name:anna@acme.com",
				"q=anna | q=acme.com | q=@acme.com | q=anna@beta.io | q=bo@acme.com | grade=A"},
			{"a name", "Anna  Lee", "",
				"q=anna+lee | q=Lee,+Anna | q=%22Anna+Lee%22+mql | name:Anna Lee at Acme",
				"q=anna | q=lee | q=Annabel+Leeds | owner=Anna+Lee | name:Anna's"},
			{"a name of one word", "Bo", "", "q=bo | name:BO", "q=bo+diddley | q=bot | name:Bo's leads"},
			{"another script", "Ægir Þór", "ægir@dæmi.is", "q=ÆGIR+ÞÓR | q=ægir@dæmi.is", "q=þór"},
			{"nobody", "", "", "", "q=anna | q= | name:x"},
		} {
			room := savedview.Open(d, func() millrace.Time { return 1 })
			ids := map[string]string{}
			list := func(s string) (out []string) {
				for x := range strings.SplitSeq(s, " | ") {
					if x != "" {
						out = append(out, x)
					}
				}
				return out
			}
			for i, x := range append(list(c.goes), list(c.stays)...) {
				n := savedview.New{Page: "leads", Name: strings.Repeat("*", i+1), Query: x}
				if name, ok := strings.CutPrefix(x, "name:"); ok {
					n.Name, n.Query = name, ""
				}
				v, err := room.Create(t.Context(), u, n)
				if err != nil {
					t.Fatal(err)
				}
				ids[v.ID] = x
			}
			if err := d.Write(t.Context(), func(tx *db.Tx) error { return savedview.Forget(t.Context(), tx, c.person, strings.Fields(c.emails)) }); err != nil {
				t.Fatal(err)
			}
			left, err := room.List(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, v := range left {
				got = append(got, ids[v.ID])
				if err := room.Delete(t.Context(), u, v.ID); err != nil {
					t.Fatal(err)
				}
			}
			want := list(c.stays)
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q are left, want %q", c.name, got, want)
			}
		}
	})
}
