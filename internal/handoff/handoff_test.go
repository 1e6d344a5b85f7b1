package handoff_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/handoff"
)

const start = millrace.Time(1767571200000)

type bench struct {
	*testing.T
	engine    *engine.Engine
	directory *directory.Directory
	room      *handoff.Room
	now       millrace.Time
}

func newBench(t *testing.T, url string) *bench {
	t.Helper()
	b := &bench{T: t, now: start}
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b.engine, err = engine.Open(t.Context(), engine.Config{DB: d, Clock: func() millrace.Time { return b.now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.engine.Close() })
	b.directory, b.room = directory.New(b.engine), handoff.New(b.engine)
	return b
}

func (b *bench) apply(events ...millrace.Event) {
	b.Helper()
	if _, err := b.engine.Apply(b.Context(), millrace.Batch{Events: events}); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) deal(id string) directory.OpportunityDetail {
	b.Helper()
	d, err := b.directory.Opportunity(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// done fails on an error and lets an hour pass.
func (b *bench) done(id string, err error) string {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	b.now += millrace.Hour
	return id
}

func (b *bench) refused(code millrace.Code, field string) func(string, error) {
	return func(_ string, err error) {
		b.Helper()
		var e *millrace.Error
		if !errors.As(err, &e) || e.Code != code || e.Field != field {
			b.Errorf("want %s %s, and it is %v", code, field, err)
		}
	}
}

func text(s string) *string { return &s }

func crmDeal(at millrace.Time, data string) millrace.Event {
	return millrace.Event{Source: "hubspot", ID: "deal" + data, SentAt: at, Kind: millrace.KindOpportunity, RecordID: "hubspot:7", OccurredAt: at, RecordedAt: at, Data: json.RawMessage(data)}
}

// TestLifeOfADeal: made, moved, closed, opened again; then the log gives the same.
func TestLifeOfADeal(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		ctx := t.Context()
		b.apply(millrace.Event{Source: "web", ID: "1", Kind: millrace.KindIdentify, UserID: "u1", Email: "anna@acme.com", OccurredAt: start, ReceivedAt: start},
			millrace.Event{Source: "web", ID: "2", Kind: millrace.KindGroup, UserID: "u1", GroupID: "G1", OccurredAt: start, ReceivedAt: start, Data: []byte(`{"name":"Acme"}`)},
			millrace.Event{Source: "web", ID: "3", Kind: millrace.KindIdentify, UserID: "u2", OccurredAt: start, ReceivedAt: start})
		account, err := b.directory.Account(ctx, "G1")
		if err != nil {
			t.Fatal(err)
		}
		id := b.done(b.room.Create(ctx, handoff.Opportunity{Name: " Acme pilot ", Account: account.ID, Amount: "12500.50", ExpectedCloseOn: "2026-03-31", Owner: "Kim",
			Contacts: []handoff.Part{{Contact: "anna@acme.com", Role: "champion"}, {Contact: "u2", Role: "user"}}}, "Kim"))
		d := b.deal(id)
		if d.Name != "Acme pilot" || d.Account == nil || d.Account.ID != account.ID || d.Amount != "12500.50" || d.Stage != "Discovery" || d.Status != "open" || d.OpenedAt != start ||
			d.Owner != "Kim" || len(d.Stages) != 1 || d.Stages[0].By != "Kim" || len(d.Contacts) != 2 || d.Undated || d.Currency != b.engine.Playbook().Workspace.Currency {
			t.Fatalf("%+v", d)
		}
		b.done(b.room.Change(ctx, id, handoff.Change{Stage: text("Proposal"), Saw: handoff.Seen{Stage: text("Discovery")}}, "Lee"))
		b.refused(millrace.Conflict, "")(b.room.Change(ctx, id, handoff.Change{Stage: text("Evaluation"), Saw: handoff.Seen{Stage: text("Discovery")}}, "Kim"))
		b.done(b.room.Change(ctx, id, handoff.Change{Amount: text("20000"), Contacts: []handoff.Part{{Contact: "anna@acme.com", Role: "economic_buyer"}, {Contact: "u2"}}}, "Kim"))
		if d = b.deal(id); d.Stage != "Proposal" || len(d.Stages) != 2 || d.Stages[1].By != "Lee" || d.Amount != "20000" || len(d.Contacts) != 1 || d.Contacts[0].Role != "economic_buyer" {
			t.Fatalf("%+v", d)
		}
		b.done(b.room.Change(ctx, id, handoff.Change{Contacts: []handoff.Part{{Contact: "u2", Role: "user"}}}, "Kim"))
		if d = b.deal(id); len(d.Contacts) != 2 {
			t.Fatalf("%+v", d.Contacts)
		}
		b.refused(millrace.Invalid, "reason")(b.room.Close(ctx, id, "lost", " ", handoff.Seen{}, "Kim"))
		b.refused(millrace.Invalid, "status")(b.room.Close(ctx, id, "gone", "x", handoff.Seen{}, "Kim"))
		b.refused(millrace.Conflict, "")(b.room.Reopen(ctx, id, "Kim"))
		for what, saw := range map[string]handoff.Seen{"amount": {Amount: text("12500.50")}, "stage": {Stage: text("Discovery")}, "product": {Product: text("Suite")}} {
			if _, err := b.room.Close(ctx, id, "lost", "no budget this year", saw, "Kim"); millrace.ErrorCode(err) != millrace.Conflict || !strings.Contains(err.Error(), what) {
				t.Errorf("closed, whose %s was another: %v", what, err)
			}
		}
		b.done(b.room.Close(ctx, id, "lost", "no budget this year", handoff.Seen{Stage: text("Proposal"), Amount: text("20000.00"), Owner: text("Kim"), Product: text(""), ExpectedCloseOn: text("2026-03-31"), Name: text("Acme pilot")}, "Kim"))
		if d = b.deal(id); d.Status != "lost" || d.LossReason != "no budget this year" || d.ClosedAt == 0 {
			t.Fatalf("%+v", d)
		}
		b.refused(millrace.Conflict, "")(b.room.Close(ctx, id, "won", "they changed their mind", handoff.Seen{}, "Kim"))
		b.refused(millrace.Conflict, "")(b.room.Change(ctx, id, handoff.Change{Stage: text("Evaluation")}, "Kim"))
		b.done(b.room.Reopen(ctx, id, "Kim"))
		b.done(b.room.Close(ctx, id, "won", "the champion moved up", handoff.Seen{}, "Kim"))
		if d = b.deal(id); d.Status != "won" || d.LossReason != "" || d.Traits["win_reason"] != "the champion moved up" {
			t.Fatalf("%+v", d)
		}
		b.clean()
	})
}

func (b *bench) clean() {
	b.Helper()
	c, err := b.engine.Check(b.Context(), nil)
	if err != nil || c.Differences > 0 {
		b.Fatalf("%+v, %v", c, err)
	}
}

// TestDealsOfACRM: what is said here of a CRM's deal changes that alone, and what the CRM says later wins.
func TestDealsOfACRM(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		b.apply(crmDeal(start-10*millrace.Day, `{"name":"Beta","account":"Beta Ltd","amount":"100","currency":"EUR","stage":"Demo","status":"open","owner":"Ann","contacts":[{"email":"bo@beta.com","role":"User"}]}`))
		id := b.done(b.room.Change(t.Context(), "hubspot:7", handoff.Change{Stage: text("Proposal"), Contacts: []handoff.Part{{Contact: "bo@beta.com", Role: "champion"}}}, "Kim"))
		d := b.deal(id)
		if d.Stage != "Proposal" || d.Owner != "Ann" || d.Amount != "100" || d.ExternalID != "hubspot:7" {
			t.Fatalf("%+v", d)
		}
		b.apply(crmDeal(start-5*millrace.Day, `{"stage":"Demo","amount":"150"}`))
		if d = b.deal(id); d.Stage != "Proposal" || d.Amount != "150" {
			t.Fatalf("an older word of the CRM's: %+v", d)
		}
		b.apply(crmDeal(b.now+millrace.Hour, `{"stage":"Negotiation"}`))
		if d = b.deal(id); d.Stage != "Negotiation" {
			t.Fatalf("a newer word of the CRM's: %+v", d)
		}
		b.clean()
	})
}

func TestWhatIsRefused(t *testing.T) {
	b := newBench(t, t.TempDir()+"/m.db")
	ctx := t.Context()
	o := handoff.Opportunity{Name: "A", Account: "Acme"}
	for field, change := range map[string]func(o *handoff.Opportunity){
		"name": func(o *handoff.Opportunity) { o.Name = " " }, "account": func(o *handoff.Opportunity) { o.Account = "" }, "amount": func(o *handoff.Opportunity) { o.Amount = "-5" },
		"currency": func(o *handoff.Opportunity) { o.Currency = "Euro" }, "expected_close_on": func(o *handoff.Opportunity) { o.ExpectedCloseOn = "soon" },
		"owner":    func(o *handoff.Opportunity) { o.Owner = "\x00" },
		"contacts": func(o *handoff.Opportunity) { o.Contacts = []handoff.Part{{Contact: "acme.com", Role: "x"}} },
	} {
		bad := o
		change(&bad)
		if field == "contacts" {
			b.done(b.room.Create(ctx, handoff.Opportunity{Name: "B", Account: "acme.com"}, "Kim"))
		}
		b.refused(millrace.Invalid, field)(b.room.Create(ctx, bad, "Kim"))
	}
	b.refused(millrace.NotFound, "")(b.room.Change(ctx, "opp_99", handoff.Change{Stage: text("x")}, "Kim"))
	b.refused(millrace.NotFound, "")(b.room.Create(ctx, handoff.Opportunity{Name: "A", Account: "acc_99"}, "Kim"))
	id := b.done(b.room.Create(ctx, o, "Kim"))
	b.refused(millrace.Invalid, "")(b.room.Change(ctx, id, handoff.Change{}, "Kim"))
	b.refused(millrace.Invalid, "stage")(b.room.Change(ctx, id, handoff.Change{Stage: text("")}, "Kim"))
	b.refused(millrace.NotFound, "")(b.room.Close(ctx, "acc_1", "won", "x", handoff.Seen{}, "Kim"))
}

func TestStages(t *testing.T) {
	for _, c := range []struct{ learned, want string }{
		{"", "Discovery Evaluation Proposal Negotiation"},
		{"Discovery", "Discovery Evaluation Proposal Negotiation"},
		{"Discovery Proposal Legal", "Discovery Proposal Legal"},
		{"Engaging Prospecting", "Engaging Prospecting"},
	} {
		if got := strings.Join(handoff.Stages(strings.Fields(c.learned)), " "); got != c.want {
			t.Errorf("learned %q: %s", c.learned, got)
		}
	}
}
