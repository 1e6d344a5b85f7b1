package directory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// day0 is a Monday at 00:00 UTC.
const day0 = millrace.Time(1767571200000)

// openDirectory opens an engine on a fresh database; the clock stands at now.
func openDirectory(t testing.TB, url string, now millrace.Time) (*engine.Engine, *Directory) {
	t.Helper()
	return openDirectoryAt(t, url, func() millrace.Time { return now })
}

// openDirectoryAt opens it with a clock that may be moved.
func openDirectoryAt(t testing.TB, url string, clock func() millrace.Time) (*engine.Engine, *Directory) {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, err := engine.Open(t.Context(), engine.Config{DB: d, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e, New(e)
}

func apply(t testing.TB, e *engine.Engine, b millrace.Batch) {
	t.Helper()
	if _, err := e.Apply(context.Background(), b); err != nil {
		t.Fatal(err)
	}
}

// end is where the clock of the tests stands: four weeks in.
const end = day0 + 28*millrace.Day

// fill brings in accounts and people as a CRM has them, what they did on the site, and some deals.
func fill(t testing.TB, e *engine.Engine) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	titles := [...]string{"CFO", "VP Sales", "Head of Marketing", "Software Engineer", "Student", "Director of RevOps"}
	industries := [...]string{"Software", "Banking", "Retail", ""}
	names := [...]string{"Anna", "bert", "Émile", "Zoë", "Chris", ""}
	paths := [...]string{"/pricing", "/", "/blog/x", "/docs/a", "/features"}
	var events []millrace.Event
	add := func(ev millrace.Event) {
		ev.Source, ev.ID = "test", "e"+strconv.Itoa(len(events))
		events = append(events, ev)
	}
	for a := range 45 {
		domain := fmt.Sprintf("house-%d.com", a)
		add(millrace.Event{Kind: millrace.KindAccount, RecordID: "crm:a" + strconv.Itoa(a), OccurredAt: day0, Data: []byte(fmt.Sprintf(
			`{"name":"%s House %d","domain":%q,"industry":%q,"employees":%d,"revenue":%d,"country":%q,"owner":"Rep %d"}`, [...]string{"Acme", "acorn", "Zed"}[a%3], a, domain,
			industries[a%4], 20+a*40, a*3_000_000, [...]string{"US", "DE", ""}[a%3], a%4))})
		for p := range rng.IntN(8) {
			email := fmt.Sprintf("p%d@%s", p, domain)
			add(millrace.Event{Kind: millrace.KindContact, RecordID: fmt.Sprintf("crm:p%d-%d", a, p), Email: email, OccurredAt: day0, Data: []byte(fmt.Sprintf(
				`{"email":%q,"first_name":%q,"last_name":"Lee%d","title":%q,"country":%q,"owner":"Rep %d"}`, email, names[rng.IntN(len(names))], p, titles[rng.IntN(len(titles))],
				[...]string{"FR", ""}[p%2], p%3))})
			for range rng.IntN(12) {
				add(millrace.Event{Kind: millrace.KindPage, Email: email, UserID: email, Host: "www.example.org", Path: paths[rng.IntN(len(paths))],
					OccurredAt: day0 + millrace.Time(rng.Int64N(int64(28*millrace.Day))), Data: []byte(`{"title":"x"}`), Context: []byte(`{"locale":"en"}`)})
			}
		}
	}
	apply(t, e, millrace.Batch{Events: events})
	apply(t, e, millrace.Batch{Events: deals()})
}

func deals() []millrace.Event {
	var out []millrace.Event
	for i := range 30 {
		currency := [...]string{"USD", "EUR"}[i%2]
		status := [...]string{"open", "won", "lost"}[i%3]
		data := fmt.Sprintf(`{"name":"Deal %d","account":"Deal House %d","amount":"%d.50","currency":%q,"stage":"Stage %d","status":%q,"opened_at":"2026-01-%02dT00:00:00Z","owner":"Rep %d"}`,
			i, i%7, 1000+i*10, currency, i%4, status, i%28+1, i%3)
		out = append(out, millrace.Event{Source: "import", ID: "deal" + strconv.Itoa(i), Kind: millrace.KindOpportunity, RecordID: "hubspot:" + strconv.Itoa(i),
			OccurredAt: day0, Data: []byte(data)})
	}
	return out
}

// pages walks a list with small pages.
func pages[F, T any](t *testing.T, f F, paging func(*F) *Paging, list func(context.Context, F) (Page[T], error)) []T {
	t.Helper()
	var out []T
	for {
		*paging(&f) = Paging{Limit: 7, Cursor: paging(&f).Cursor}
		p, err := list(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p.Data...)
		if p.NextCursor == "" {
			return out
		}
		if len(p.Data) != 7 {
			t.Fatalf("a page that is not the last has %d rows", len(p.Data))
		}
		paging(&f).Cursor = p.NextCursor
	}
}

func (f *ContactFilter) paging() *Paging     { return &f.Paging }
func (f *AccountFilter) paging() *Paging     { return &f.Paging }
func (f *OpportunityFilter) paging() *Paging { return &f.Paging }
func (f *EventFilter) paging() *Paging       { return &f.Paging }

func points(t *testing.T, s string) float64 {
	t.Helper()
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestLists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e, d := openDirectory(t, url, end)
		fill(t, e)
		t.Run("contacts", func(t *testing.T) { testContacts(t, d) })
		t.Run("accounts", func(t *testing.T) { testAccounts(t, d) })
		t.Run("opportunities", func(t *testing.T) { testOpportunities(t, d) })
		t.Run("events", func(t *testing.T) { testEvents(t, d) })
		t.Run("stats", func(t *testing.T) { testStats(t, d) })
	})
}

func testContacts(t *testing.T, d *Directory) {
	everybody := pages(t, ContactFilter{}, (*ContactFilter).paging, d.Contacts)
	if len(everybody) < 100 {
		t.Fatalf("only %d contacts", len(everybody))
	}
	byID := func(a, b Contact) int { return strings.Compare(a.ID, b.ID) }
	for _, sort := range []string{"newest", "intent", "name", "email", "last_seen"} {
		got := pages(t, ContactFilter{Sort: sort}, (*ContactFilter).paging, d.Contacts)
		if !slices.Equal(ids(got, func(c Contact) string { return c.ID }), ids(everybody, func(c Contact) string { return c.ID })) {
			t.Errorf("sorted by %s the list has other people", sort)
		}
		inOrder(t, sort, got, func(a, b Contact) bool {
			switch sort {
			case "intent":
				return points(t, a.Intent) >= points(t, b.Intent)
			case "name":
				return b.Name == "" || a.Name != "" && strings.ToLower(a.Name) <= strings.ToLower(b.Name)
			case "email":
				return b.Email == "" || a.Email != "" && a.Email <= b.Email
			case "last_seen":
				return a.LastSeenAt >= b.LastSeenAt
			}
			return true
		})
	}
	some := everybody[len(everybody)/2]
	for _, c := range everybody {
		if c.Account != nil && c.Name != "" && c.Country == "FR" {
			some = c
		}
	}
	companies := map[string]Account{}
	for _, a := range pages(t, AccountFilter{}, (*AccountFilter).paging, d.Accounts) {
		companies[a.ID] = a
	}
	yes, no, least := true, false, 5.0
	for name, c := range map[string]struct {
		f    ContactFilter
		want func(c Contact) bool
	}{
		"fit":        {ContactFilter{Fit: &yes}, func(c Contact) bool { return c.Fit }},
		"no fit":     {ContactFilter{Fit: &no, Sort: "name"}, func(c Contact) bool { return !c.Fit }},
		"lead stage": {ContactFilter{Stage: "lead"}, func(c Contact) bool { return c.Stage == "lead" }},
		"mql":        {ContactFilter{Stage: "mql", Sort: "intent"}, func(c Contact) bool { return c.Stage == "mql" }},
		"grade":      {ContactFilter{Grade: some.Grade, Sort: "email"}, func(c Contact) bool { return c.Grade == some.Grade }},
		"icp":        {ContactFilter{ICP: some.ICP}, func(c Contact) bool { return c.ICP == some.ICP }},
		"role":       {ContactFilter{Role: "champion"}, func(c Contact) bool { return c.Role == "champion" }},
		"account":    {ContactFilter{Account: some.Account.ID, Sort: "intent"}, func(c Contact) bool { return c.Account != nil && c.Account.ID == some.Account.ID }},
		"intent":     {ContactFilter{MinIntent: &least, Sort: "name"}, func(c Contact) bool { return points(t, c.Intent) >= 5 }},
		"q name": {ContactFilter{Q: strings.ToUpper(some.Name[:2])}, func(c Contact) bool {
			q := strings.ToLower(some.Name[:2])
			return strings.HasPrefix(strings.ToLower(c.Name), q) || strings.HasPrefix(strings.ToLower(c.LastName), q) || strings.HasPrefix(c.Email, q)
		}},
		"nobody": {ContactFilter{Owner: "no such rep"}, func(c Contact) bool { return false }},
	} {
		got := pages(t, c.f, (*ContactFilter).paging, d.Contacts)
		var want []Contact
		for _, x := range everybody {
			if c.want(x) {
				want = append(want, x)
			}
		}
		slices.SortFunc(got, byID)
		slices.SortFunc(want, byID)
		if !slices.Equal(ids(got, func(c Contact) string { return c.ID }), ids(want, func(c Contact) string { return c.ID })) {
			t.Errorf("%s: %d people, want %d", name, len(got), len(want))
		}
		if len(want) == 0 && name != "nobody" && name != "mql" {
			t.Errorf("%s: the fixture has nobody to find", name)
		}
	}
	detail, err := d.Contact(t.Context(), some.Email)
	if err != nil || detail.ID != some.ID || detail.Intent != some.Intent || len(detail.Identifiers) == 0 || len(detail.Traits) == 0 {
		t.Errorf("by address: %+v %v", detail, err)
	}
	if _, err := d.Contact(t.Context(), "con_999999999"); millrace.ErrorCode(err) != millrace.NotFound {
		t.Errorf("an unknown id: %v", err)
	}
	testLeads(t, d, everybody)
	testTimeline(t, d, some)
}

func testLeads(t *testing.T, d *Directory, everybody []Contact) {
	leads := pages(t, ContactFilter{}, (*ContactFilter).paging, d.Leads)
	fit := 0
	for _, c := range everybody {
		if c.Fit {
			fit++
		}
	}
	inOrder(t, "leads", leads, func(a, b Contact) bool { return points(t, a.Intent) >= points(t, b.Intent) })
	if len(leads) != fit || fit < 20 {
		t.Errorf("%d leads, %d people who fit", len(leads), fit)
	}
	var walked []Contact
	for c, err := range d.AllLeads(t.Context(), ContactFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		walked = append(walked, c)
		if len(c.Cells()) != len(ContactColumns()) {
			t.Fatal("cells and columns differ")
		}
	}
	if !slices.EqualFunc(walked, leads, func(a, b Contact) bool { return a.ID == b.ID }) {
		t.Error("the export and the list differ")
	}
	for _, err := range d.AllContacts(t.Context(), ContactFilter{Sort: "last_seen"}) {
		if millrace.ErrorCode(err) != millrace.Invalid {
			t.Errorf("an export by an order without index: %v", err)
		}
	}
}

func testTimeline(t *testing.T, d *Directory, who Contact) {
	for _, id := range []string{who.ID, who.Account.ID} {
		var all []Event
		for ev, err := range d.AllTimeline(t.Context(), id, TimelineFilter{Full: true}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, ev)
		}
		inOrder(t, "timeline", all, func(a, b Event) bool {
			return a.OccurredAt > b.OccurredAt || a.OccurredAt == b.OccurredAt && a.Position > b.Position
		})
		var paged []Event
		f := TimelineFilter{Paging: Paging{Limit: 3}, Full: true}
		for {
			p, err := d.Timeline(t.Context(), id, f)
			if err != nil {
				t.Fatal(err)
			}
			paged = append(paged, p.Data...)
			if f.Cursor = p.NextCursor; f.Cursor == "" {
				break
			}
		}
		if len(all) == 0 || !slices.EqualFunc(all, paged, func(a, b Event) bool { return a.Position == b.Position }) {
			t.Errorf("%s: %d facts, %d by pages", id, len(all), len(paged))
		}
		if i := slices.IndexFunc(all, func(e Event) bool { return len(e.Data) > 0 }); i < 0 {
			t.Errorf("%s: no fact has data", id)
		}
	}
}

func testAccounts(t *testing.T, d *Directory) {
	all := pages(t, AccountFilter{Sort: "newest"}, (*AccountFilter).paging, d.Accounts)
	for _, sort := range []string{"intent", "name", "last_seen"} {
		got := pages(t, AccountFilter{Sort: sort}, (*AccountFilter).paging, d.Accounts)
		if !slices.Equal(ids(got, func(a Account) string { return a.ID }), ids(all, func(a Account) string { return a.ID })) {
			t.Errorf("sorted by %s the list has other accounts", sort)
		}
		inOrder(t, sort, got, func(a, b Account) bool {
			switch sort {
			case "intent":
				return points(t, a.Intent) >= points(t, b.Intent)
			case "last_seen":
				return a.LastSeenAt >= b.LastSeenAt
			}
			return b.Name == "" || strings.ToLower(a.Name) <= strings.ToLower(b.Name)
		})
	}
	var some Account
	for _, a := range all {
		if a.Industry != "" && a.Country != "" && a.Fit {
			some = a
		}
	}
	least := 10.0
	for name, c := range map[string]struct {
		f    AccountFilter
		want func(a Account) bool
	}{
		"industry": {AccountFilter{Industry: some.Industry}, func(a Account) bool { return a.Industry == some.Industry }},
		"country":  {AccountFilter{Country: some.Country, Sort: "name"}, func(a Account) bool { return a.Country == some.Country }},
		"q":        {AccountFilter{Q: some.Domain}, func(a Account) bool { return strings.HasPrefix(a.Domain, some.Domain) }},
		"intent":   {AccountFilter{MinIntent: &least}, func(a Account) bool { return points(t, a.Intent) >= least }},
		"grade":    {AccountFilter{Grade: some.Grade}, func(a Account) bool { return a.Grade == some.Grade }},
		"stage":    {AccountFilter{Stage: "mql"}, func(a Account) bool { return a.Stage == "mql" }},
	} {
		got := pages(t, c.f, (*AccountFilter).paging, d.Accounts)
		want := slices.DeleteFunc(slices.Clone(all), func(a Account) bool { return !c.want(a) })
		if !slices.Equal(ids(got, func(a Account) string { return a.ID }), ids(want, func(a Account) string { return a.ID })) {
			t.Errorf("%s: %d accounts, want %d", name, len(got), len(want))
		}
	}
	detail, err := d.Account(t.Context(), some.Domain)
	if err != nil || detail.ID != some.ID || len(detail.Identifiers) == 0 {
		t.Errorf("by domain: %+v %v", detail, err)
	}
}

func testOpportunities(t *testing.T, d *Directory) {
	all := pages(t, OpportunityFilter{}, (*OpportunityFilter).paging, d.Opportunities)
	if len(all) != 30 {
		t.Fatalf("%d opportunities", len(all))
	}
	inOrder(t, "opened_at", all, func(a, b Opportunity) bool { return a.OpenedAt >= b.OpenedAt })
	by := pages(t, OpportunityFilter{Sort: "amount", Status: "won"}, (*OpportunityFilter).paging, d.Opportunities)
	inOrder(t, "amount", by, func(a, b Opportunity) bool { return points(t, a.Amount) >= points(t, b.Amount) && b.Status == "won" })
	if len(by) != 10 {
		t.Errorf("%d won", len(by))
	}
	one := all[3]
	for name, f := range map[string]OpportunityFilter{"account": {Account: one.Account.ID, Sort: "closed_at"}, "owner": {Owner: one.Owner, Sort: "name"},
		"stage": {Stage: one.Stage, Sort: "newest"}, "currency": {Currency: one.Currency}, "q": {Q: strings.ToUpper(one.Name)}} {
		if got := pages(t, f, (*OpportunityFilter).paging, d.Opportunities); len(got) == 0 || len(got) == 30 {
			t.Errorf("%s: %d", name, len(got))
		}
	}
	detail, err := d.Opportunity(t.Context(), one.ExternalID)
	if err != nil || detail.ID != one.ID || detail.Amount != one.Amount {
		t.Errorf("%+v %v", detail, err)
	}
}

func testEvents(t *testing.T, d *Directory) {
	all := pages(t, EventFilter{}, (*EventFilter).paging, d.Events)
	inOrder(t, "events", all, func(a, b Event) bool { return a.Position > b.Position })
	stage, err := d.Events(t.Context(), EventFilter{Kind: "stage", Full: true})
	if err != nil || len(stage.Data) == 0 || stage.Data[0].Kind != "stage" || len(stage.Data[0].Data) == 0 {
		t.Errorf("stage facts: %+v %v", stage.Data, err)
	}
	from := all[5].Position
	tail, err := d.Events(t.Context(), EventFilter{After: &from})
	if err != nil || len(tail.Data) != 5 || tail.Data[0].Position != all[4].Position {
		t.Errorf("after a position: %d, %v", len(tail.Data), err)
	}
	if stats, err := d.Stats(t.Context()); err != nil || stats.Events != int64(len(all)) {
		t.Errorf("stats count %d events, the list has %d, %v", stats.Events, len(all), err)
	}
}

func testStats(t *testing.T, d *Directory) {
	s, err := d.Stats(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	contacts := pages(t, ContactFilter{}, (*ContactFilter).paging, d.Contacts)
	accounts := pages(t, AccountFilter{}, (*AccountFilter).paging, d.Accounts)
	mql := pages(t, ContactFilter{Stage: "mql"}, (*ContactFilter).paging, d.Contacts)
	mqa := pages(t, AccountFilter{Stage: "mql"}, (*AccountFilter).paging, d.Accounts)
	o := s.Opportunities
	if s.Contacts != int64(len(contacts)) || s.Accounts != int64(len(accounts)) || s.MQL != int64(len(mql)) || s.MQA != int64(len(mqa)) {
		t.Errorf("%+v", s)
	}
	if o.Total != 30 || o.Open != 10 || o.Won != 10 || o.Lost != 10 || o.WonAmount != o.WonAmounts[o.Currency] || len(o.WonAmounts) != 2 {
		t.Errorf("%+v", o)
	}
	if fresh, err := New(d.engine).Stats(t.Context()); err != nil || fresh.Events != s.Events {
		t.Errorf("counted anew: %d, kept: %d, %v", fresh.Events, s.Events, err)
	}
}

func ids[T any](list []T, id func(T) string) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = id(x)
	}
	slices.Sort(out)
	return out
}

func inOrder[T any](t *testing.T, what string, list []T, ordered func(a, b T) bool) {
	t.Helper()
	for i := 1; i < len(list); i++ {
		if !ordered(list[i-1], list[i]) {
			t.Errorf("%s: row %d is out of order: %+v before %+v", what, i, list[i-1], list[i])
			return
		}
	}
}
