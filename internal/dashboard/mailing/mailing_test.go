package mailing

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dashboard"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/mail"
	"millrace/internal/measure"
	"millrace/internal/metrics"
	"millrace/internal/queue"

	"github.com/emersion/go-smtp"
)

// jobs keeps what is asked for.
type jobs struct {
	mu   sync.Mutex
	list []Job
}

func (j *jobs) InsertTx(_ context.Context, _ queue.Tx, kind string, args any, _ ...queue.InsertOption) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if kind == JobKind {
		j.list = append(j.list, args.(Job))
	}
	return nil
}

// post is a relay that keeps letters, or refuses them.
type post struct {
	letters []mail.Letter
	err     error
}

func (p *post) Deliver(_ context.Context, l mail.Letter) error {
	if p.err == nil {
		p.letters = append(p.letters, l)
	}
	return p.err
}

type world struct {
	t    *testing.T
	e    *engine.Engine
	r    *Room
	acc  *access.Access
	user access.User
	now  millrace.Time
	jobs jobs
	post post
}

// newWorld is a workspace with one user and one won deal. Its clock stands at Monday, 2026-07-20, 07:00 UTC.
func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := &world{t: t, now: millrace.TimeOf(time.Date(2026, 7, 20, 7, 0, 0, 0, time.UTC))}
	clock := func() millrace.Time { return w.now }
	d, err := db.Open(context.Background(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	if w.e, err = engine.Open(context.Background(), engine.Config{DB: d, Clock: clock}); err != nil {
		t.Fatal(err)
	}
	people := access.NewPeople(d, access.PeopleConfig{Clock: clock, Leaving: []func(context.Context, *db.Tx, access.User) error{Leave}})
	t.Cleanup(func() {
		people.Close()
		w.e.Close()
		d.Close()
	})
	if w.user, err = people.AddWithPassword(t.Context(), access.NewUser{Email: "kim@acme.test", Name: "Kim", Role: access.Marketing}, "a few words in a row"); err != nil {
		t.Fatal(err)
	}
	m := measure.New(w.e, nil)
	w.acc = access.New(d, clock)
	w.r = New(w.e, m, dashboard.New(w.e, m, directory.New(w.e)), people, w.acc)
	if _, err := w.e.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{{Source: "crm", ID: "1", Kind: millrace.KindOpportunity, RecordID: "crm:1", OccurredAt: w.now - 20*millrace.Day, ReceivedAt: w.now,
		Data: []byte(`{"name":"Deal <1>","domain":"acme-widgets.com","status":"won","opened_at":"2026-05-01T00:00:00Z","closed_at":"2026-07-15T00:00:00Z","amount":"9000","currency":"USD"}`)}}}); err != nil {
		t.Fatal(err)
	}
	return w
}

// weekly is every Monday at 08:00, to the user and to somebody else.
func (w *world) weekly() Schedule {
	w.t.Helper()
	s, err := w.r.Create(w.t.Context(), Plan{Title: "Monday's figures", View: "executive", Span: "last-week", Compare: "previous", Every: "weekly", Day: 1, At: "8:00",
		Recipients: []string{"kim@acme.test", w.user.ID, "Board@Example.com"}}, "Kim")
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) due(relay bool) {
	w.t.Helper()
	if err := w.r.Due(w.t.Context(), &w.jobs, relay); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) states(id string) string {
	w.t.Helper()
	s, err := w.r.Schedule(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for _, d := range s.Latest {
		out = append(out, d.State)
	}
	return strings.Join(out, " ")
}

func TestOnceForEachDueMoment(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		s := w.weekly()
		if len(s.Recipients) != 2 || s.Recipients[0].Who != "board@example.com" || s.Recipients[1].Name != "Kim" || s.At != "08:00" || s.NextAt.String() != "2026-07-20T08:00:00.000Z" {
			t.Fatalf("%+v", s)
		}
		if w.due(true); len(w.jobs.list) != 0 {
			t.Fatalf("too early: %+v", w.jobs.list)
		}
		w.now += millrace.Hour
		other := *w.r // as a second server has it
		var both sync.WaitGroup
		for _, r := range []*Room{w.r, &other} {
			both.Go(func() {
				if err := r.Due(t.Context(), &w.jobs, true); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		if w.due(true); len(w.jobs.list) != 2 {
			t.Fatalf("two servers, three looks: %+v", w.jobs.list)
		}
		for range 2 { // a job that is run again sends nothing
			for _, j := range w.jobs.list {
				if err := w.r.Send(t.Context(), j, &w.post, "https://millrace.test"); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(w.post.letters) != 2 || w.states(s.ID) != "sent sent" {
			t.Fatalf("%d letters, %s", len(w.post.letters), w.states(s.ID))
		}
		log, _, err := w.acc.Log(t.Context(), access.LogFilter{Action: string(access.ReportSent)})
		if err != nil || len(log) != 2 {
			t.Errorf("access log: %+v, %v", log, err)
		}
		w.now += 22 * millrace.Day // no server ran for three Mondays: the last mail is made up for, once
		if w.due(true); len(w.jobs.list) != 4 {
			t.Errorf("after three weeks: %+v", w.jobs.list)
		}
		if due := millrace.Time(w.jobs.list[3].DueAt); due.String() != "2026-08-10T08:00:00.000Z" { // its figures are of the last week, not of the first that was missed
			t.Errorf("made up for %s", due)
		}
		if s, err = w.r.Schedule(t.Context(), s.ID); err != nil || s.NextAt <= w.now {
			t.Errorf("next at %v, %v", s.NextAt, err)
		}
	})
}

func TestTheLetter(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	s := w.weekly()
	w.now += millrace.Hour
	w.due(true)
	for _, j := range w.jobs.list {
		if err := w.r.Send(t.Context(), j, &w.post, "https://millrace.test"); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range w.post.letters {
		for _, part := range []string{l.Text, l.HTML} {
			for _, want := range []string{"9,000 USD won in 1 deal", "2026-07-13 to 2026-07-19", "https://millrace.test/dashboards/executive?period=custom", "every Monday at 08:00"} {
				if !strings.Contains(part, want) {
					t.Errorf("to %s: %q is missing in\n%s", l.To, want, part)
				}
			}
			if outside := l.To == "board@example.com"; outside != strings.Contains(part, "/stop-mails#token=") {
				t.Errorf("the link that stops the mails, to %s", l.To)
			}
		}
		if strings.Contains(l.HTML, "<img") || strings.Contains(l.HTML, "<link") || l.Subject != "Monday's figures, 2026-07-13 to 2026-07-19" {
			t.Errorf("%q", l.Subject)
		}
	}
	// Who stops the mails gets none; a user who is disabled neither.
	var token string
	if _, err := db.One(t.Context(), w.e.DB(), []any{&token}, "/* test.token */ select token from report_recipient where token <> ''"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if title, err := w.r.Stop(t.Context(), token); err != nil || title != s.Title {
			t.Fatalf("%q, %v", title, err)
		}
	}
	if _, err := w.r.Stop(t.Context(), "no token"); millrace.ErrorCode(err) != millrace.NotFound {
		t.Errorf("%v", err)
	}
	yes := true
	if _, err := w.r.people.Add(t.Context(), access.NewUser{Email: "boss@acme.test", Role: access.Admin}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.r.people.Change(t.Context(), w.user.ID, access.Change{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	w.now += 7 * millrace.Day
	w.jobs.list = nil
	if w.due(true); len(w.jobs.list) != 1 {
		t.Fatalf("%+v", w.jobs.list)
	}
	if err := w.r.Send(t.Context(), w.jobs.list[0], &w.post, ""); err != nil || len(w.post.letters) != 2 || w.states(s.ID) != "skipped" {
		t.Errorf("%v, %d letters, %s", err, len(w.post.letters), w.states(s.ID))
	}
}

func TestRelaysThatFail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		s := w.weekly()
		w.now += millrace.Hour
		w.due(true)
		first, second := w.jobs.list[0], w.jobs.list[1]
		w.post.err = errors.New("mailbox full")
		if err := w.r.Send(t.Context(), first, &w.post, ""); err == nil || w.states(s.ID) != "failed waiting" {
			t.Fatalf("%v, %s", err, w.states(s.ID))
		}
		if s, _ := w.r.Schedule(t.Context(), s.ID); s.Latest[0].Problem != "mailbox full" || s.Latest[0].Attempts != 1 {
			t.Errorf("%+v", s.Latest[0])
		}
		if err := w.r.Send(t.Context(), first, nil, ""); err == nil { // the server was started again without a relay
			t.Error("sent without a relay")
		}
		w.post.err = nil
		if err := w.r.Send(t.Context(), first, &w.post, ""); err != nil || w.states(s.ID) != "sent waiting" {
			t.Fatalf("%v, %s", err, w.states(s.ID))
		}
		// Broken off while the relay had it: it may have been taken, so it is not sent again.
		w.post.err = errors.Join(mail.ErrUncertain, io.ErrUnexpectedEOF)
		for range 2 {
			if err := w.r.Send(t.Context(), second, &w.post, ""); err != nil || w.states(s.ID) != "sent unknown" {
				t.Fatalf("%v, %s", err, w.states(s.ID))
			}
			w.post.err = nil
		}
		// So is one whose server died in the middle.
		w.now += 7 * millrace.Day
		w.jobs.list = nil
		w.due(true)
		if begun, err := w.r.mark(t.Context(), w.jobs.list[0], "waiting", "sending", "", 1); err != nil || !begun {
			t.Fatal(begun, err)
		}
		letters := len(w.post.letters)
		if err := w.r.Send(t.Context(), w.jobs.list[0], &w.post, ""); err != nil || w.states(s.ID) != "unknown waiting" || len(w.post.letters) != letters {
			t.Errorf("%v, %s", err, w.states(s.ID))
		}
		// Without a relay the moment passes, and the page says so.
		w.now += 7 * millrace.Day
		w.jobs.list = nil
		if w.due(false); len(w.jobs.list) != 0 || w.states(s.ID) != "no_relay no_relay" {
			t.Errorf("%+v, %s", w.jobs.list, w.states(s.ID))
		}
		if _, err := w.r.SendNow(t.Context(), s.ID, &w.jobs, false); millrace.ErrorCode(err) != millrace.Conflict {
			t.Errorf("%v", err)
		}
		if err := w.r.Remove(t.Context(), s.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.r.Send(t.Context(), second, &w.post, ""); err != nil { // its row is gone
			t.Error(err)
		}
	})
}

func TestARecipientIsDeleted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		both := w.weekly()
		p := both.Plan()
		p.Recipients = []string{w.user.ID}
		alone, err := w.r.Create(t.Context(), p, "Kim")
		if err != nil {
			t.Fatal(err)
		}
		w.now += millrace.Hour
		if w.due(true); len(w.jobs.list) != 3 {
			t.Fatalf("%+v", w.jobs.list)
		}
		if _, err := w.r.people.Delete(t.Context(), w.user.ID); err != nil {
			t.Fatal(err)
		}
		for _, j := range w.jobs.list { // those that waited
			if err := w.r.Send(t.Context(), j, &w.post, ""); err != nil {
				t.Fatal(err)
			}
		}
		if len(w.post.letters) != 1 || w.post.letters[0].To != "board@example.com" {
			t.Errorf("%d letters", len(w.post.letters))
		}
		if s, err := w.r.Schedule(t.Context(), both.ID); err != nil || len(s.Recipients) != 1 || s.Paused {
			t.Errorf("%+v %v", s, err)
		}
		if s, err := w.r.Schedule(t.Context(), alone.ID); err != nil || len(s.Recipients) != 0 || !s.Paused || s.By != "Kim" {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestWrongPlans(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	good := Plan{Title: "x", View: "sales", Span: "last-month", Every: "monthly", Day: 31, At: "23:59", Recipients: []string{"a@b.test"}}
	for field, change := range map[string]func(p *Plan){
		"title": func(p *Plan) { p.Title = "a\r\nBcc: b" }, "view": func(p *Plan) { p.View = "board" }, "span": func(p *Plan) { p.Span = "ever" }, "compare": func(p *Plan) { p.Compare = "week" },
		"every": func(p *Plan) { p.Every = "daily" }, "day": func(p *Plan) { p.Day = 32 }, "at": func(p *Plan) { p.At = "25:00" }, "recipients": func(p *Plan) { p.Recipients = []string{"nobody"} },
	} {
		p := good
		change(&p)
		_, err := w.r.Create(t.Context(), p, "Kim")
		if e, ok := errors.AsType[*millrace.Error](err); !ok || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	s, err := w.r.Create(t.Context(), good, "Kim")
	if err != nil || s.NextAt.String() != "2026-07-31T23:59:00.000Z" {
		t.Fatalf("%+v, %v", s, err)
	}
	p := s.Plan()
	p.Paused = true
	if s, err = w.r.Change(t.Context(), s.ID, p, "Kim"); err != nil || s.NextAt != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	w.now += 60 * millrace.Day
	if w.due(true); len(w.jobs.list) != 0 {
		t.Errorf("paused: %+v", w.jobs.list)
	}
	if _, err := w.r.Change(t.Context(), "sch_none", p, "Kim"); millrace.ErrorCode(err) != millrace.NotFound {
		t.Errorf("%v", err)
	}
}

// Of two who change a schedule that both looked at, the second is told so, and nothing of theirs is kept until they have seen the first's.
func TestChangedMeanwhile(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		s := w.weekly()
		first, second := s.Plan(), s.Plan()
		first.Title, second.Title, second.Recipients = "Figures of the week", "Figures for the board", []string{"board@example.com"}
		s, err := w.r.Change(t.Context(), s.ID, first, "Lou")
		if err != nil || s.Revision != 2 || s.ChangedBy != "Lou" {
			t.Fatalf("%+v, %v", s, err)
		}
		if _, err := w.r.Change(t.Context(), s.ID, second, "Mia"); millrace.ErrorCode(err) != millrace.Conflict || !strings.Contains(err.Error(), `Lou changed the mails meanwhile: "Figures of the week"`) {
			t.Errorf("%v", err)
		}
		if now, err := w.r.Schedule(t.Context(), s.ID); err != nil || now.Title != first.Title || len(now.Recipients) != 2 || now.Revision != 2 {
			t.Errorf("%+v, %v", now, err)
		}
		second.Revision = &s.Revision
		if s, err = w.r.Change(t.Context(), s.ID, second, "Mia"); err != nil || s.Title != second.Title || s.Revision != 3 || s.ChangedBy != "Mia" {
			t.Errorf("%+v, %v", s, err)
		}
		first.Revision = nil
		if s, err = w.r.Change(t.Context(), s.ID, first, "Lou"); err != nil || s.Title != first.Title || s.Revision != 4 {
			t.Errorf("%+v, %v", s, err)
		}
		if _, err := w.r.people.Delete(t.Context(), w.user.ID); err != nil {
			t.Fatal(err)
		}
		if now, err := w.r.Schedule(t.Context(), s.ID); err != nil || now.Revision != 5 || len(now.Recipients) != 1 {
			t.Errorf("a recipient was deleted: %+v, %v", now, err)
		}
	})
}

func TestNext(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		every       string
		day, minute int
		after, want string
	}{
		{"weekly", 1, 480, "2026-07-20T05:59:00Z", "2026-07-20T06:00:00Z"}, // 8:00 in Berlin
		{"weekly", 1, 480, "2026-07-20T06:00:00Z", "2026-07-27T06:00:00Z"},
		{"weekly", 7, 0, "2026-07-20T06:00:00Z", "2026-07-25T22:00:00Z"},
		{"monthly", 31, 60, "2026-02-01T00:00:00Z", "2026-02-28T00:00:00Z"},
		{"monthly", 1, 480, "2026-10-15T00:00:00Z", "2026-11-01T07:00:00Z"}, // winter time by then
		{"weekly", 7, 150, "2026-03-28T00:00:00Z", "2026-03-29T01:30:00Z"},  // 2:30 does not exist on that day
	} {
		after, err := time.Parse(time.RFC3339, c.after)
		if err != nil {
			t.Fatal(err)
		}
		if got := Next(c.every, c.day, c.minute, after, berlin).UTC().Format(time.RFC3339); got != c.want {
			t.Errorf("%s %d %d after %s: %s, want %s", c.every, c.day, c.minute, c.after, got, c.want)
		}
	}
}

func TestSpans(t *testing.T) {
	day := metrics.DayOf
	for span, want := range map[string][2]metrics.Day{
		"last-7-days": {day(2026, 7, 13), day(2026, 7, 19)}, "last-week": {day(2026, 7, 13), day(2026, 7, 19)}, "last-month": {day(2026, 6, 1), day(2026, 6, 30)},
		"last-quarter": {day(2026, 4, 1), day(2026, 6, 30)}, "this-quarter": {day(2026, 7, 1), day(2026, 7, 20)}, "last-30-days": {day(2026, 6, 20), day(2026, 7, 19)},
	} {
		if got := SpanOn(span, day(2026, 7, 20)); got != (metrics.Period{First: want[0], Last: want[1]}) {
			t.Errorf("%s: %s to %s", span, got.First, got.Last)
		}
	}
	if got := SpanOn("last-week", day(2026, 7, 19)); got.First != day(2026, 7, 6) { // a Sunday is still of its week
		t.Errorf("on a Sunday: %s", got.First)
	}
}

// talk is one session of an SMTP server that keeps what it takes.
type talk struct{ taken chan []byte }

func (talk) Mail(string, *smtp.MailOptions) error { return nil }
func (talk) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (talk) Reset()                               {}
func (talk) Logout() error                        { return nil }
func (t talk) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	t.taken <- b
	return err
}

// TestOverSMTP hands a letter to a real relay, and reads both of its parts as a mail program does.
func TestOverSMTP(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.weekly()
	w.now += millrace.Hour
	w.due(true)
	taken := make(chan []byte, 1)
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return talk{taken}, nil }))
	listen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listen)
	t.Cleanup(func() { server.Close() })
	relay, err := mail.NewRelay("smtp://"+listen.Addr().String(), "Millrace <mill@acme.test>")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.r.Send(t.Context(), w.jobs.list[0], relay, "https://millrace.test"); err != nil {
		t.Fatal(err)
	}
	m, err := netmail.ReadMessage(bytes.NewReader(<-taken))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" || m.Header.Get("Auto-Submitted") != "auto-generated" {
		t.Fatalf("%s, %v", kind, err)
	}
	var kinds []string
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil || !strings.Contains(string(text), "9,000 USD won in 1 deal") {
			t.Errorf("%v in %s", err, text)
		}
		kinds = append(kinds, strings.Split(p.Header.Get("Content-Type"), ";")[0])
	}
	if strings.Join(kinds, " ") != "text/plain text/html" {
		t.Errorf("%q", kinds)
	}
}
