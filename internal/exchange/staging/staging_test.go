package staging

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/exchange"
	"millrace/internal/exchange/mapping"
	"millrace/internal/lease"
)

// bench is a room over a fresh database, with a clock that stands and an importer that takes everything.
type bench struct {
	*Room
	t   *testing.T
	now millrace.Time

	mu      sync.Mutex
	nextID  int64
	resumed []int64
	facts   map[string]bool
	hold    chan struct{} // batches wait for it when it is there
}

// Apply counts facts and tells which were there.
func (b *bench) Apply(ctx context.Context, batch millrace.Batch) (millrace.Receipt, error) {
	b.mu.Lock()
	hold := b.hold
	b.mu.Unlock()
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return millrace.Receipt{}, ctx.Err()
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r := millrace.Receipt{Duplicate: make([]bool, len(batch.Events))}
	for i := range batch.Events {
		r.Duplicate[i] = b.facts[batch.Events[i].ID]
		b.facts[batch.Events[i].ID] = true
	}
	return r, nil
}

func (b *bench) StartImport(_ context.Context, i exchange.Import) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if i.Resume != 0 {
		return i.Resume, nil
	}
	b.nextID++
	return b.nextID, nil
}

func (b *bench) FinishImport(context.Context, int64, exchange.Summary) error { return nil }

func newBench(t *testing.T, url string) *bench {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: 1_780_000_000_000, facts: map[string]bool{}}
	b.Room = b.another(d, filepath.Join(t.TempDir(), "uploads"))
	return b
}

// another is a further room over the same database and folder, as a further process would have it.
func (b *bench) another(d *db.DB, dir string) *Room {
	r := New(Config{DB: d, Dir: dir, Clock: func() millrace.Time { b.mu.Lock(); defer b.mu.Unlock(); return b.now }, Home: func() exchange.Home { return exchange.Home{Currency: "EUR"} }, Logger: slog.New(slog.NewTextHandler(b.t.Output(), nil)),
		Import: func(ctx context.Context, name string, r io.Reader, o exchange.Options) (int64, exchange.Summary, error) {
			b.mu.Lock()
			b.resumed = append(b.resumed, o.Resume)
			b.mu.Unlock()
			o.SliceRows = 1
			return exchange.Run(ctx, b, name, r, o)
		}})
	b.t.Cleanup(r.Close)
	return r
}

func (b *bench) take(name, content string) Upload {
	b.t.Helper()
	u, err := b.Take(b.t.Context(), name, "Kim", strings.NewReader(content))
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// run starts a run and waits for its end.
func (b *bench) run(id string, c Choice, dry bool) Upload {
	b.t.Helper()
	if _, err := b.Start(b.t.Context(), id, c, dry); err != nil {
		b.t.Fatal(err)
	}
	return b.ended(id)
}

func (b *bench) ended(id string) Upload {
	b.t.Helper()
	b.Room.mu.Lock()
	x := b.live[id]
	b.Room.mu.Unlock()
	if x != nil {
		x.ended.Wait()
	}
	return b.look(id)
}

func (b *bench) look(id string) Upload {
	b.t.Helper()
	u, err := b.Get(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return u
}

// people reads what rows makes.
var people = Choice{Mapping: &mapping.Document{Entity: "contacts", Columns: []mapping.Column{{Header: "Email", Trait: "email"}}}}

// pass moves the clock.
func (b *bench) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = later(b.now, d)
}

// wait makes batches wait for the channel, nil for nothing.
func (b *bench) wait(hold chan struct{}) chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.hold = hold
	return hold
}

func code(err error) millrace.Code { return millrace.ErrorCode(err) }

const strange = "Wer;Adresse;Geld\nEva;eva@neu.example;1,5\nOhne;;2\n;;3\n"

func TestFromFileToImport(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		u := b.take(`C:\exports\leute.csv`, strange)
		if u.File != "leute.csv" || u.State != Held || u.Size != int64(len(strange)) {
			t.Fatalf("%+v", u)
		}
		in, err := b.Inspect(t.Context(), u.ID, Choice{})
		if err != nil || in.Recognised || in.Chosen || in.Remembered != nil || in.Entity != "contacts" || in.Rejected != 3 {
			t.Fatalf("%+v %v", in, err)
		}
		d := in.Mapping
		d.Columns = []mapping.Column{{Header: "Wer", Trait: "name"}, {Header: "Adresse", Trait: "email"}, {Header: "Geld", Trait: "skip"}}
		if in, err = b.Inspect(t.Context(), u.ID, Choice{Mapping: &d}); err != nil || !in.Chosen || in.Rejected != 1 || len(in.Missing) != 0 {
			t.Fatalf("%+v %v", in, err)
		}
		// Whoever comes back finds the choice again, and can go back to what is recognised.
		if in, err = b.Inspect(t.Context(), u.ID, Choice{}); err != nil || !in.Chosen || in.Rejected != 1 {
			t.Fatalf("%+v %v", in, err)
		}
		if u = b.run(u.ID, Choice{}, true); u.State != Checked || u.Summary.Accepted != 2 || u.Summary.Rejected != 1 || u.Import != 0 || len(b.facts) != 0 || !u.Rejects {
			t.Fatalf("%+v %v", u, u.Summary)
		}
		name, f, err := b.Rejects(t.Context(), u.ID)
		if err != nil || name != "leute.rejected.csv" {
			t.Fatal(name, err)
		}
		text, _ := io.ReadAll(f)
		f.Close()
		if !strings.Contains(string(text), "4,") || !strings.Contains(string(text), "nothing to know the contact by") {
			t.Errorf("%s", text)
		}
		if u = b.run(u.ID, Choice{}, false); u.State != Done || u.Import != 1 || u.Summary.Accepted != 2 || len(b.facts) != 2 || !u.Rejects {
			t.Fatalf("%+v", u)
		}
		if _, err := os.Stat(b.path(u.ID)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file of an import that is done is still here: %v", err)
		}
		if _, err := b.Start(t.Context(), u.ID, Choice{}, false); code(err) != millrace.Conflict {
			t.Errorf("imported twice: %v", err)
		}
		b.remembers(strange)
	})
}

// remembers: the next file of the same headers, in another order, is read by the mapping that was chosen for this one.
func (b *bench) remembers(first string) {
	t := b.t
	t.Helper()
	again := b.take("mehr.csv", "Geld;Wer;Adresse\n1;Uwe;uwe@neu.example\n")
	in, err := b.Inspect(t.Context(), again.ID, Choice{})
	if err != nil || !in.Applied || in.Remembered == nil || in.Remembered.File != "leute.csv" || in.Rejected != 0 || in.Rows[0].Values["email"] != "uwe@neu.example" {
		t.Fatalf("%+v %v", in, err)
	}
	if in, err = b.Inspect(t.Context(), again.ID, Choice{Bare: true}); err != nil || in.Applied || in.Remembered == nil || in.Rejected != 1 {
		t.Fatalf("%+v %v", in, err)
	}
	if u := b.run(again.ID, Choice{}, false); u.Summary.Accepted != 1 {
		t.Fatalf("%+v", u.Summary)
	}
	list, err := b.Mappings(t.Context())
	if err != nil || len(list) != 1 || list[0].Used != 2 || list[0].File != "mehr.csv" || list[0].By != "Kim" || list[0].Columns != 3 {
		t.Fatalf("%+v %v", list, err)
	}
	if err := b.Unlearn(t.Context(), list[0].Signature); err != nil {
		t.Fatal(err)
	}
	if err := b.Unlearn(t.Context(), list[0].Signature); code(err) != millrace.NotFound {
		t.Errorf("%v", err)
	}
	third := b.take("drittes.csv", first)
	if in, err = b.Inspect(t.Context(), third.ID, Choice{}); err != nil || in.Remembered != nil || in.Applied {
		t.Errorf("%+v %v", in, err)
	}
}

func TestWhatIsNoTableIsNotKept(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	for name, content := range map[string]string{"empty": "", "workbook": "PK\x03\x04rest", "gzip": "\x1f\x8bnonsense"} {
		if _, err := b.Take(t.Context(), name, "Kim", strings.NewReader(content)); code(err) != millrace.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Take(t.Context(), "torn", "Kim", io.MultiReader(strings.NewReader("Email\n"), torn{})); code(err) != millrace.Unavailable {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(b.Dir); len(left) > 0 {
		t.Errorf("%d files are left", len(left))
	}
	if _, err := b.Inspect(t.Context(), "up_nothing", Choice{}); code(err) != millrace.NotFound {
		t.Error(err)
	}
	u := b.take("x.csv", "Email\na@b.example\n")
	if _, err := b.Inspect(t.Context(), u.ID, Choice{Mapping: &mapping.Document{Entity: "shoes"}}); code(err) != millrace.Invalid {
		t.Error(err)
	}
}

type torn struct{}

// Read fails, as a connection that is closed.
func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// rows are so many people.
func rows(n int) string {
	var b strings.Builder
	b.WriteString("Email\n")
	for i := range n {
		fmt.Fprintf(&b, "p%d@x.example\n", i)
	}
	return b.String()
}

// TestAnImportThatBreaksOff: a process dies in the middle of an import; another sees that it did and goes on with it, under its number.
func TestAnImportThatBreaksOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		b := newBench(t, url)
		u := b.take("x.csv", rows(5))
		hold := b.wait(make(chan struct{}, 2))
		hold <- struct{}{}
		hold <- struct{}{}
		if _, err := b.Start(t.Context(), u.ID, people, false); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Start(t.Context(), u.ID, people, false); code(err) != millrace.Conflict {
			t.Fatalf("started twice: %v", err)
		}
		for deadline := time.Now().Add(30 * time.Second); b.look(u.ID).Import == 0; time.Sleep(time.Millisecond) { // it may not have begun
			if time.Now().After(deadline) {
				t.Fatal("the import never began")
			}
		}
		b.Close() // with two of five rows taken at most
		if u = b.look(u.ID); u.State != BrokenOff || u.Import != 1 {
			t.Fatalf("%+v", u)
		}
		if _, err := b.Start(t.Context(), u.ID, people, false); code(err) != millrace.Unavailable {
			t.Fatalf("started in a room that is closed: %v", err)
		}
		b.wait(nil)
		b.Room = b.another(b.DB, b.Dir)
		if u = b.run(u.ID, people, false); u.State != Done || u.Import != 1 || u.Summary.Accepted+u.Summary.Duplicates != 5 || len(b.facts) != 5 || b.nextID != 1 {
			t.Fatalf("%+v %+v", u, u.Summary)
		}
		if b.resumed[1] != 1 {
			t.Errorf("resumed %v", b.resumed)
		}
	})
}

// TestSilenceIsBrokenOff: a row whose process is gone without a word.
func TestSilenceIsBrokenOff(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	u := b.take("x.csv", rows(1))
	own, _, _ := strings.Cut(b.owner, "/")
	for owner, want := range map[string]State{"elsewhere/7/a": Importing, own + "/2147483646/a": BrokenOff, b.owner: Importing} {
		b.own(u.ID, Importing, owner)
		if got := b.look(u.ID); got.State != want {
			t.Errorf("%s: %s", owner, got.State)
		}
	}
	b.own(u.ID, Importing, "elsewhere/7/a")
	b.pass(lease.Silence + beatEvery)
	if got := b.look(u.ID); got.State != BrokenOff {
		t.Errorf("after a silence: %s", got.State)
	}
	b.own(u.ID, Checking, "elsewhere/7/a")
	if got := b.look(u.ID); got.State != Checking {
		t.Errorf("a sign was given: %s", got.State)
	}
	b.pass(lease.Silence + beatEvery)
	if got := b.look(u.ID); got.State != Held {
		t.Errorf("a dry run that broke off: %s", got.State)
	}
	if u := b.run(u.ID, people, false); u.State != Done {
		t.Errorf("%+v", u)
	}
}

func (b *bench) own(id string, s State, owner string) {
	b.t.Helper()
	if err := b.DB.Write(b.t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(b.t.Context(), "/* test.own */ update upload set state = $1, owner = $2, beat_at = $3 where id = $4", string(s), owner, int64(b.now), id)
		return err
	}); err != nil {
		b.t.Fatal(err)
	}
}

func TestStopAndGoOn(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	u := b.take("x.csv", rows(3))
	hold := b.wait(make(chan struct{}))
	if _, err := b.Start(t.Context(), u.ID, people, false); err != nil {
		t.Fatal(err)
	}
	hold <- struct{}{} // one batch is through
	u, err := b.Stop(t.Context(), u.ID)
	if err != nil || u.State != Stopped || u.Import != 1 {
		t.Fatalf("%+v %v", u, err)
	}
	b.wait(nil)
	if u = b.run(u.ID, people, false); u.State != Done || u.Summary.Duplicates < 1 || len(b.facts) != 3 {
		t.Fatalf("%+v", u)
	}
	// What was begun as recognised goes on so, although something is remembered for its headers now.
	known := "Record ID,Email,Lifecycle Stage,Lead Status\n"
	learnt := Choice{Mapping: &mapping.Document{Entity: "contacts", Columns: []mapping.Column{{Header: "Email", Trait: "email"}}}}
	if l := b.run(b.take("l.csv", known+"1,l@l.example,lead,New\n").ID, learnt, false); l.State != Done {
		t.Fatalf("%+v", l)
	}
	w := b.take("w.csv", known+"2,v@w.example,lead,New\n3,w@w.example,lead,New\n")
	hold = b.wait(make(chan struct{}))
	if _, err := b.Start(t.Context(), w.ID, Choice{Bare: true}, false); err != nil {
		t.Fatal(err)
	}
	hold <- struct{}{}
	if w, err = b.Stop(t.Context(), w.ID); err != nil || w.State != Stopped || w.Import != 3 {
		t.Fatalf("%+v %v", w, err)
	}
	b.wait(nil)
	if in, err := b.Inspect(t.Context(), w.ID, Choice{}); err != nil || in.Chosen || in.Remembered == nil {
		t.Errorf("%+v %v", in, err)
	}
	// A dry run that is stopped leaves the file as it was; one that is dropped is gone.
	v := b.take("y.csv", rows(3))
	if _, err := b.Start(t.Context(), v.ID, people, true); err != nil {
		t.Fatal(err)
	}
	if err := b.Drop(t.Context(), v.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(t.Context(), v.ID); code(err) != millrace.NotFound {
		t.Error(err)
	}
	if _, err := os.Stat(b.path(v.ID)); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestTwoAtOnce(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	var ids []string
	for i := range 5 {
		u := b.take(fmt.Sprintf("%d.csv", i), strings.ReplaceAll(rows(20), "x.example", fmt.Sprintf("x%d.example", i)))
		if _, err := b.Start(t.Context(), u.ID, people, false); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, u.ID)
	}
	for _, id := range ids {
		if u := b.ended(id); u.State != Done || u.Summary.Accepted != 20 {
			t.Errorf("%+v", u)
		}
	}
	if len(b.facts) != 100 || b.nextID != 5 {
		t.Errorf("%d facts by %d imports", len(b.facts), b.nextID)
	}
}

func TestWhatFailsSaysWhy(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte(rows(200_000)))
	z.Close()
	u := b.take("x.csv.gz", packed.String()[:packed.Len()-100])
	if u = b.run(u.ID, people, true); u.State != Failed || !strings.Contains(u.Problem, "gzip data") {
		t.Errorf("%+v", u)
	}
	u = b.take("y.csv", rows(1))
	os.Remove(b.path(u.ID))
	if u = b.run(u.ID, people, false); u.State != Failed || !strings.Contains(u.Problem, "send it again") {
		t.Errorf("%+v", u)
	}
}

func TestFilesGoWithTheirRows(t *testing.T) {
	b := newBench(t, dbtest.SQLite(t))
	old := b.take("old.csv", rows(1))
	b.pass(heldFor + beatEvery)
	fresh := b.take("fresh.csv", rows(2))
	if err := b.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(t.Context(), old.ID); code(err) != millrace.NotFound {
		t.Error(err)
	}
	if left, _ := os.ReadDir(b.Dir); len(left) != 2 { // a file so young may be coming in: the next sweep takes it
		t.Errorf("%d files are left", len(left))
	}
	hold := b.wait(make(chan struct{}))
	if _, err := b.Start(t.Context(), fresh.ID, people, false); err != nil {
		t.Fatal(err)
	}
	if err := b.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.look(fresh.ID); got.State != Importing {
		t.Errorf("%+v", got)
	}
	close(hold)
	b.Room.mu.Lock()
	x := b.live[fresh.ID]
	b.Room.mu.Unlock()
	if x != nil {
		x.ended.Wait()
	}
	if _, err := b.Get(t.Context(), fresh.ID); code(err) != millrace.NotFound {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(b.path(fresh.ID)); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
