package api

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dashboard"
	"millrace/internal/dashboard/mailing"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/eventlog"
	"millrace/internal/exchange"
	"millrace/internal/exchange/staging"
	"millrace/internal/measure"
	"millrace/internal/queue"
	"millrace/internal/savedview"
)

var update = flag.Bool("update", false, "write golden files and docs/openapi.json anew")

// day0 is a Monday at 00:00 UTC.
const day0 = millrace.Time(1767571200000)

// now is where the clock of the tests stands.
const now = day0 + 10*millrace.Day

// noJobs takes jobs and runs none.
type noJobs struct{}

func (noJobs) InsertTx(context.Context, queue.Tx, string, any, ...queue.InsertOption) error {
	return nil
}

type fixture struct {
	*API
	db   *db.DB
	keys map[string]string // name → key
}

// ledger is what app gives to imports.
type ledger struct{ *engine.Engine }

func (l ledger) StartImport(ctx context.Context, i exchange.Import) (int64, error) {
	return l.Engine.StartImport(ctx, engine.ImportFile{Entity: i.Entity, File: i.File, Format: i.Format, SHA256: i.SHA256, Reading: i.Reading, By: i.By, Resume: i.Resume})
}

func (l ledger) FinishImport(ctx context.Context, id int64, s exchange.Summary) error {
	return l.Engine.FinishImport(ctx, id, s.Format, s)
}

// open makes an API over a fresh workspace with a few facts and one key of each scope.
func open(t *testing.T, url string) *fixture {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock := func() millrace.Time { return now }
	e, err := engine.Open(t.Context(), engine.Config{DB: d, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	f := &fixture{db: d, keys: map[string]string{"unknown": "mr_sk_0123456789012345678901234567890123"}}
	keys := access.New(d, clock)
	people := access.NewPeople(d, access.PeopleConfig{Clock: clock, Leaving: []func(context.Context, *db.Tx, access.User) error{savedview.Leave, mailing.Leave}})
	t.Cleanup(people.Close)
	bring := func(ctx context.Context, name string, r io.Reader, o exchange.Options) (int64, exchange.Summary, error) {
		return exchange.Run(ctx, ledger{e}, name, r, o)
	}
	uploads := staging.New(staging.Config{DB: d, Dir: filepath.Join(t.TempDir(), "uploads"), Clock: clock, Import: bring, Home: func() exchange.Home { return exchange.Home{Currency: "USD"} }})
	t.Cleanup(uploads.Close)
	room, dir := measure.New(e, nil), directory.New(e)
	f.API = New(Config{Mailing: mailing.New(e, room, dashboard.New(e, room, dir), people, keys), Jobs: noJobs{}, Engine: e, Directory: dir, Measure: room, Access: keys, People: people, Views: savedview.Open(d, clock), Courier: &access.Courier{Base: "http://millrace.test"}, Version: "test", TailEvery: 1e6,
		Import: bring, Uploads: uploads})
	for _, s := range access.Scopes() {
		f.key(t, string(s), access.Request{Kind: access.Secret, Name: string(s), Scopes: []access.Scope{s}})
	}
	f.key(t, "reader", access.Request{Kind: access.Secret, Name: "reader", Scopes: []access.Scope{access.ScopeRead, access.ScopeIntake, access.ScopeExport}})
	f.key(t, "collect", access.Request{Kind: access.Write, Name: "collect"})
	gone := f.key(t, "revoked", access.Request{Kind: access.Secret, Name: "revoked", Scopes: []access.Scope{access.ScopeAdmin}})
	if _, err := keys.Revoke(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	f.fill(t)
	return f
}

func (f *fixture) key(t *testing.T, name string, r access.Request) access.Created {
	t.Helper()
	k, err := f.access.Create(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	f.keys[name] = k.Secret
	return k
}

func (f *fixture) fill(t *testing.T) {
	t.Helper()
	events := []millrace.Event{
		{Kind: millrace.KindAccount, RecordID: "crm:a1", Data: []byte(`{"name":"Acme Widgets","domain":"acme-widgets.com","employees":300,"industry":"software","revenue":50000000,"country":"US","owner":"Kim"}`)},
		{Kind: millrace.KindContact, RecordID: "crm:p1", Email: "anna@acme-widgets.com", Data: []byte(`{"email":"anna@acme-widgets.com","first_name":"Anna","last_name":"Lee","title":"CFO","owner":"Kim"}`)},
		{Kind: millrace.KindContact, RecordID: "crm:p2", Email: "bo@acme-widgets.com", Data: []byte(`{"email":"bo@acme-widgets.com","first_name":"Bo","title":"Intern"}`)},
		{Kind: millrace.KindOpportunity, RecordID: "crm:d1", Data: []byte(`{"name":"Acme 2026","account":"Acme Widgets","domain":"acme-widgets.com","amount":"1200.50","currency":"USD","stage":"Won","status":"won","opened_at":"2026-01-05T00:00:00Z","closed_at":"2026-01-08T00:00:00Z","stages":[{"stage":"Demo","at":"2026-01-06T00:00:00Z"}],"contacts":[{"email":"anna@acme-widgets.com","role":"Champion"}]}`)},
	}
	for i := range 4 {
		events = append(events, millrace.Event{Kind: millrace.KindPage, AnonymousID: "v1", UserID: "anna@acme-widgets.com", Email: "anna@acme-widgets.com", Host: "www.example.org", Path: "/pricing",
			OccurredAt: day0 + millrace.Time(i)*2*millrace.Day, Data: []byte(`{"title":"Pricing"}`), Context: []byte(`{"locale":"en-US"}`)})
	}
	for i := range events {
		events[i].Source, events[i].ID, events[i].ReceivedAt = "test", fmt.Sprint("e", i), now
		if events[i].OccurredAt == 0 {
			events[i].OccurredAt = day0
		}
	}
	drops := []millrace.Drop{{Reason: millrace.DropNoName, Source: "key:k1", Type: "track", ID: "m1", Detail: "batch[0]: a track event needs a name", At: now}}
	if _, err := f.engine.Apply(t.Context(), millrace.Batch{Events: events, Drops: drops}); err != nil {
		t.Fatal(err)
	}
}

// request is one call.
type request struct {
	method, path, key, body, contentType, accept string
	cookie                                       string   // a session's
	headers                                      []string // names and values
}

func (f *fixture) do(t *testing.T, r request) *httptest.ResponseRecorder {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	req := httptest.NewRequestWithContext(ctx, r.method, r.path, body)
	if r.key != "" {
		req.Header.Set("Authorization", "Bearer "+f.keys[r.key])
	}
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.accept != "" {
		req.Header.Set("Accept", r.accept)
	}
	if r.cookie != "" {
		req.AddCookie(&http.Cookie{Name: "millrace_session", Value: r.cookie})
	}
	for i := 0; i < len(r.headers); i += 2 {
		req.Header.Set(r.headers[i], r.headers[i+1])
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(&untilWritten{ResponseRecorder: w, cancel: cancel, stream: strings.HasPrefix(r.path, tailPath)}, req)
	return w
}

// untilWritten lets the caller of a stream go away after its first bytes.
type untilWritten struct {
	*httptest.ResponseRecorder
	cancel func()
	stream bool
}

func (w *untilWritten) Flush() {
	w.ResponseRecorder.Flush()
	if w.stream {
		w.cancel()
	}
}

// SetWriteDeadline is what a connection has.
func (w *untilWritten) SetWriteDeadline(time.Time) error { return nil }

// factsSince names the kinds of the facts after a position.
func (f *fixture) factsSince(t *testing.T, position int64) string {
	t.Helper()
	var kinds []string
	if err := eventlog.Scan(t.Context(), f.db, position, 1<<62, func(r *eventlog.Row) error {
		kinds = append(kinds, r.Kind.String())
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(kinds, " ")
}

// golden compares a response with its file.
func golden(t *testing.T, name string, w *httptest.ResponseRecorder) {
	t.Helper()
	got := w.Body.Bytes()
	var pretty bytes.Buffer
	if strings.Contains(w.Header().Get("Content-Type"), "json") && !strings.Contains(w.Header().Get("Content-Type"), "ndjson") {
		if err := json.Indent(&pretty, got, "", "  "); err != nil {
			t.Fatalf("%s: %v: %s", name, err, got)
		}
		got = pretty.Bytes()
	}
	got = random.ReplaceAll(got, []byte("${1}…"))
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not as in testdata:\n%s", name, got)
	}
}

// random are the parts of keys and ids that differ from run to run.
var random = regexp.MustCompile(`(key_|usr_|ses_|"id": "view_|mr_sk_|"hint": "|"id": "\d{13}-|"next_cursor": "\d{13}-)[0-9A-Za-z_-]+`)

func TestResponses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		f := open(t, url)
		check := newChecker(t, f.API)
		for _, c := range []struct {
			name   string
			r      request
			status int
			facts  string // kinds of the facts that the request added
		}{
			{"accounts.json", request{path: "/api/v1/accounts"}, 200, ""},
			{"account.json", request{path: "/api/v1/accounts/acme-widgets.com"}, 200, ""},
			{"account-timeline.json", request{path: "/api/v1/accounts/acme-widgets.com/timeline?limit=3"}, 200, ""},
			{"contacts.json", request{path: "/api/v1/contacts?sort=name&limit=1"}, 200, ""},
			{"contacts.csv", request{path: "/api/v1/contacts?format=csv"}, 200, ""},
			{"contacts-columns.csv", request{path: "/api/v1/contacts?format=csv&columns=account,email,intent&sort=intent&ids=con_4,con_99"}, 200, ""},
			{"bad-columns-json.json", request{path: "/api/v1/contacts?columns=email"}, 422, ""},
			{"bad-columns.json", request{path: "/api/v1/contacts?format=csv&columns=email,shoe_size"}, 422, ""},
			{"bad-ids.json", request{path: "/api/v1/accounts?ids=acc_1,con_2"}, 422, ""},
			{"contacts.ndjson", request{path: "/api/v1/contacts?limit=1", accept: "application/x-ndjson"}, 200, ""},
			{"contact.json", request{path: "/api/v1/contacts/anna@acme-widgets.com"}, 200, ""},
			{"contact-timeline.json", request{path: "/api/v1/contacts/anna@acme-widgets.com/timeline?kind=page&full=true&limit=1"}, 200, ""},
			{"contact-timeline-until.json", request{path: "/api/v1/contacts/anna@acme-widgets.com/timeline?kind=page&until=2026-01-07T00:00:00Z"}, 200, ""},
			{"bad-until.json", request{path: "/api/v1/contacts/anna@acme-widgets.com/timeline?until=then"}, 422, ""},
			{"leads.json", request{path: "/api/v1/leads?min_intent=1"}, 200, ""},
			{"opportunities.json", request{path: "/api/v1/opportunities?status=won"}, 200, ""},
			{"opportunity.json", request{path: "/api/v1/opportunities/crm:d1"}, 200, ""},
			{"events.json", request{path: "/api/v1/events?limit=2"}, 200, ""},
			{"drops.json", request{path: "/api/v1/drops"}, 200, ""},
			{"stats.json", request{path: "/api/v1/stats"}, 200, ""},
			{"overview.json", request{path: "/api/v1/overview"}, 200, ""},
			{"explain.json", request{path: "/api/v1/explain?who=anna@acme-widgets.com&as_of=2026-01-08"}, 200, ""},
			{"channel.json", request{path: "/api/v1/channel?url=https%3A%2F%2Facme.example%2F%3Futm_source%3Dgoogle%26utm_medium%3Dcpc%26gclid%3D1"}, 200, ""},
			{"channel-referrer.json", request{path: "/api/v1/channel?referrer=https%3A%2F%2Fwww.g2.com%2F"}, 200, ""},
			{"channel-bad-url.json", request{path: "/api/v1/channel?url=no%20url"}, 422, ""},
			{"audit.json", request{path: "/api/v1/audit"}, 200, ""},
			{"audit.md", request{path: "/api/v1/audit?format=markdown"}, 200, ""},
			{"audit.html", request{path: "/api/v1/audit?format=html"}, 200, ""},
			{"bad-audit.json", request{path: "/api/v1/audit?format=pdf"}, 422, ""},
			{"tail.txt", request{path: tailPath}, 200, ""},
			{"history.json", request{path: "/api/v1/playbook/history"}, 200, ""},
			{"presets.json", request{path: "/api/v1/playbook/presets"}, 200, ""},
			{"validate.json", request{method: "POST", path: "/api/v1/playbook/validate", contentType: "application/yaml", body: "format: 1\nname: x\n"}, 200, ""},
			{"validate-json.json", request{method: "POST", path: "/api/v1/playbook/validate", body: `{"source":"format: 2"}`}, 200, ""},
			{"apply-refused.json", request{method: "POST", path: "/api/v1/playbook/apply", key: "playbook", contentType: "application/yaml", body: "format: 1\nname: x\n"}, 422, ""},
			{"import-dry.json", request{method: "POST", path: "/api/v1/imports?entity=contacts&dry_run=true&file=people.csv", key: "import", contentType: "text/csv", body: people}, 200, ""},
			{"import.json", request{method: "POST", path: "/api/v1/imports?entity=contacts", key: "import", contentType: "multipart/form-data; boundary=b", body: form}, 201,
				"import-started contact contact import-finished"},
			{"imports.json", request{path: "/api/v1/imports"}, 200, ""},
			{"import-get.json", request{path: "/api/v1/imports/1"}, 200, ""},
			{"undo.json", request{method: "POST", path: "/api/v1/imports/1/undo", key: "import"}, 200, "import-undone"},
			{"merge.json", request{method: "POST", path: "/api/v1/merge", key: "write", body: `{"a":"anna@acme-widgets.com","b":"bo@acme-widgets.com"}`}, 200, "merge"},
			{"contact-merges.json", request{path: "/api/v1/contacts/bo@acme-widgets.com/merges"}, 200, ""},
			{"account-merges.json", request{path: "/api/v1/accounts/acme-widgets.com/merges"}, 200, ""},
			{"unknown-merges.json", request{path: "/api/v1/contacts/nobody@acme-widgets.com/merges"}, 404, ""},
			{"unmerge.json", request{method: "POST", path: "/api/v1/unmerge", key: "write", body: `{"a":"anna@acme-widgets.com","b":"bo@acme-widgets.com"}`}, 200, "unmerge"},
			{"domains.json", request{method: "POST", path: "/api/v1/domains", key: "write", body: `{"domain":"acme-labs.com","of":"acme-widgets.com"}`}, 200, "domain-alias"},
			{"create-key.json", request{method: "POST", path: "/api/v1/keys", key: "admin", body: `{"kind":"secret","name":"BI","scopes":["read"]}`}, 201, ""},
			{"erase.json", request{method: "POST", path: "/api/v1/erase", key: "admin", body: `{"who":"bo@acme-widgets.com"}`}, 200, "erased"},
			{"unknown-route.json", request{path: "/api/v1/nothing"}, 404, ""},
			{"unknown-contact.json", request{path: "/api/v1/contacts/con_99999"}, 404, ""},
			{"bad-sort.json", request{path: "/api/v1/contacts?sort=shoe"}, 422, ""},
			{"bad-cursor.json", request{path: "/api/v1/contacts?cursor=nonsense"}, 422, ""},
			{"bad-export.json", request{path: "/api/v1/contacts?format=csv&sort=last_seen"}, 422, ""},
			{"unknown-parameter.json", request{path: "/api/v1/contacts?ownr=Kim"}, 422, ""},
			{"bad-moment.json", request{path: "/api/v1/explain?who=x&as_of=yesterday"}, 422, ""},
			{"bad-key.json", request{method: "POST", path: "/api/v1/keys", key: "admin", body: `{"kind":"secret","name":"x","scopes":["all"]}`}, 422, ""},
			{"bad-body.json", request{method: "POST", path: "/api/v1/merge", key: "write", body: `{"a":1}`}, 422, ""},
			{"not-json.json", request{method: "POST", path: "/api/v1/merge", key: "write", body: `{`}, 400, ""},
			{"bad-import.json", request{method: "POST", path: "/api/v1/imports", key: "import", contentType: "text/csv", body: "a,b\n"}, 422, ""},
			{"no-key.json", request{path: "/api/v1/stats", key: "none"}, 401, ""},
			{"write-key.json", request{path: "/api/v1/stats", key: "collect"}, 403, ""},
		} {
			position, _, err := f.directory.Ends(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if c.r.method == "" {
				c.r.method = http.MethodGet
			}
			if c.r.key == "" {
				c.r.key = "reader"
			}
			w := f.do(t, c.r)
			if w.Code != c.status {
				t.Errorf("%s: status %d, want %d: %s", c.name, w.Code, c.status, w.Body)
				continue
			}
			if c.status >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: content type %s", c.name, w.Header().Get("Content-Type"))
			}
			if got := f.factsSince(t, position); got != c.facts {
				t.Errorf("%s: facts %q, want %q", c.name, got, c.facts)
			}
			golden(t, c.name, w)
			if _, pattern := f.mux.Handler(httptest.NewRequest(c.r.method, c.r.path, nil)); pattern != "/api/" {
				check.check(t, pattern, w)
			}
		}
	})
}

const people = "email,first name,last name\ncy@beta.io,Cy,Young\ndi@beta.io,Di,Fox\n"

const form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\nContent-Type: text/csv\r\n\r\n" + people + "\r\n--b--\r\n"

func TestAnswersAreSentCompressed(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	for _, c := range []struct {
		request
		encoding string
	}{
		{request{path: "/api/v1/keys"}, "gzip"},
		{request{path: "/api/v1/contacts?format=csv"}, ""}, // little
		{request{path: tailPath}, ""},
	} {
		c.key = "admin"
		plain := f.do(t, c.request)
		c.headers = []string{"Accept-Encoding", "br, gzip"}
		sent := f.do(t, c.request)
		body := sent.Body.Bytes()
		if got := sent.Header().Get("Content-Encoding"); got != c.encoding || sent.Code != http.StatusOK || sent.Header().Get("Content-Type") != plain.Header().Get("Content-Type") {
			t.Errorf("%s: %d as %q of %d bytes, not %q", c.path, sent.Code, got, len(plain.Body.Bytes()), c.encoding)
			continue
		}
		if c.encoding == "" {
			continue
		}
		if len(body) >= plain.Body.Len() || sent.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %d bytes of %d, Vary %q", c.path, len(body), plain.Body.Len(), sent.Header().Get("Vary"))
		}
		unpacked, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(unpacked); err != nil || !bytes.Equal(got, plain.Body.Bytes()) {
			t.Errorf("%s: %v %s", c.path, err, got)
		}
	}
}

func TestPlaybookOverTheAPI(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	decode := func(w *httptest.ResponseRecorder, into any) {
		t.Helper()
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	var before, preset struct{ Version, Source string }
	decode(f.do(t, request{method: "GET", path: "/api/v1/playbook", key: "read"}), &before)
	decode(f.do(t, request{method: "GET", path: "/api/v1/playbook/presets/smb", key: "read"}), &preset)
	var plan engine.Plan
	decode(f.do(t, request{method: "POST", path: "/api/v1/playbook/plan", key: "playbook", contentType: "application/yaml", body: preset.Source}), &plan)
	if plan.Ruling != before.Version || plan.Version == before.Version || len(plan.Changes) == 0 {
		t.Errorf("%+v", plan)
	}
	var applied engine.Applied
	decode(f.do(t, request{method: "POST", path: "/api/v1/playbook/apply?note=smaller", key: "playbook", contentType: "application/yaml", body: preset.Source}), &applied)
	for source, want := range map[string]int{before.Source: 409, preset.Source: 200} { // a stale form, and the same one sent twice
		w := f.do(t, request{method: "POST", path: "/api/v1/playbook/apply?note=stale&base=" + before.Version, key: "playbook", contentType: "application/yaml", body: source})
		if w.Code != want || want == 409 && !strings.Contains(w.Body.String(), plan.Version+" rules by now") {
			t.Errorf("%d %s, want %d", w.Code, w.Body, want)
		}
	}
	var checked struct {
		Ruling  string
		Changes []any
	}
	decode(f.do(t, request{method: "POST", path: "/api/v1/playbook/validate", key: "read", contentType: "application/yaml", body: before.Source}), &checked)
	if checked.Ruling != plan.Version || len(checked.Changes) != len(plan.Changes) {
		t.Errorf("%+v, planned %d changes", checked, len(plan.Changes))
	}
	var after, old struct{ Version string }
	decode(f.do(t, request{method: "GET", path: "/api/v1/playbook", key: "read"}), &after)
	decode(f.do(t, request{method: "GET", path: "/api/v1/playbook/versions/" + before.Version, key: "read"}), &old)
	if !applied.Changed || after.Version != plan.Version || old.Version != before.Version {
		t.Errorf("applied %+v, rules %s, planned %s", applied, after.Version, plan.Version)
	}
	var history struct{ Data []engine.Ruling }
	decode(f.do(t, request{method: "GET", path: "/api/v1/playbook/history", key: "read"}), &history)
	if len(history.Data) != 2 || history.Data[0].Note != "smaller" || !strings.HasPrefix(history.Data[0].By, "playbook (key_") {
		t.Errorf("%+v", history)
	}
	var diff struct{ Changes []any }
	decode(f.do(t, request{method: "GET", path: "/api/v1/playbook/diff?from=" + before.Version, key: "read"}), &diff)
	if len(diff.Changes) != len(plan.Changes) {
		t.Errorf("%d changes, planned %d", len(diff.Changes), len(plan.Changes))
	}
	if w := f.do(t, request{method: "GET", path: "/api/v1/playbook/schema", key: "read"}); w.Code != 200 || w.Header().Get("Content-Type") != "application/schema+json" || !json.Valid(w.Body.Bytes()) {
		t.Errorf("%d %s", w.Code, w.Header())
	}
}

func TestKeysOverTheAPI(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	w := f.do(t, request{method: "POST", path: "/api/v1/keys", key: "admin", body: `{"kind":"write","name":"Site","rate_per_second":10}`})
	var k access.Created
	if err := json.Unmarshal(w.Body.Bytes(), &k); err != nil || w.Code != 201 || len(k.Secret) != 27 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if _, ok, err := f.access.WriteKey(t.Context(), k.Secret); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if w := f.do(t, request{method: "DELETE", path: "/api/v1/keys/" + k.ID, key: "admin"}); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if _, ok, _ := f.access.WriteKey(t.Context(), k.Secret); ok {
		t.Error("the key is still taken")
	}
	if w := f.do(t, request{method: "GET", path: "/api/v1/keys", key: "admin"}); strings.Contains(w.Body.String(), k.Secret) || !strings.Contains(w.Body.String(), k.ID) {
		t.Errorf("%s", w.Body)
	}
}
