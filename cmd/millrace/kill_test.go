package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/directory"
	"millrace/internal/engine"
)

// TestKill9 posts batches from several senders, kills the server at random moments, and commands beside it, and goes on. At the end every
// acknowledged fact stands in the log exactly once, no fact twice, and everything derived is what the log gives.
func TestKill9(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		kills := 55
		if testing.Short() {
			kills = 3
		}
		killing(t, dbtest.SQLite(t), kills)
	})
	t.Run("postgres", func(t *testing.T) { killing(t, dbtest.PostgreSQL(t), 8) })
}

// world is one run of TestKill9.
type world struct {
	t    *testing.T
	db   string
	dir  string
	key  string
	rand *rand.Rand

	mu      sync.Mutex
	server  *server
	changed chan struct{} // closed when another server has come up
	acked   map[string]bool
}

func killing(t *testing.T, db string, kills int) {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("MILLRACE_TEST_SEED"); s != "" {
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d kills, MILLRACE_TEST_SEED=%d", kills, seed)
	w := &world{t: t, db: db, dir: t.TempDir(), key: writeKey(t, db), rand: rand.New(rand.NewPCG(seed, 1)), changed: make(chan struct{}), acked: map[string]bool{}}
	rows := w.files()
	ctx, stop := context.WithCancel(t.Context())
	var senders sync.WaitGroup
	defer senders.Wait()
	defer stop()
	for i := range 4 {
		r := rand.New(rand.NewPCG(seed, uint64(i+2)))
		senders.Go(func() { w.send(ctx, i, r) })
	}
	for n := range kills {
		w.round(n)
	}
	w.up(running(t, db)) // let the senders have the last word
	w.acknowledged(20)
	stop()
	senders.Wait()
	w.server.cmd.Process.Signal(os.Interrupt)
	<-w.server.ended
	if code := w.server.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("the interrupted server's exit code is %d: %s", code, w.server.errors)
	}
	w.verify(rows)
}

// files makes what the rounds import: contacts and events.
func (w *world) files() (rows int64) {
	var contacts, events strings.Builder
	contacts.WriteString("email,first name,company\n")
	events.WriteString("message_id,type,event,user_id,timestamp,properties\n")
	rows = 3000
	if testing.Short() {
		rows = 1000
	}
	for i := range rows {
		fmt.Fprintf(&contacts, "p%d@firm%d.com,Ann%d,Firm %d\n", i, i%300, i, i%300)
		fmt.Fprintf(&events, "file-%d,track,Read,u%d,2026-01-%02dT10:00:00Z,\"{\"\"n\"\":\"\"file-%d\"\"}\"\n", i, i%200, i%28+1, i)
	}
	for name, text := range map[string]string{"contacts.csv": contacts.String(), "events.csv": events.String()} {
		if err := os.WriteFile(filepath.Join(w.dir, name), []byte(text), 0o644); err != nil {
			w.t.Fatal(err)
		}
	}
	for _, name := range []string{"smb", "mid-market"} {
		must(w.t, "playbook", "init", filepath.Join(w.dir, name+".yaml"), "--preset", name)
	}
	return rows
}

// round starts a server and mostly a command beside it, and kills both, or one of them, at a random moment.
func (w *world) round(n int) {
	s := serve(w.t, w.db)
	cmd, wait := w.beside(n)
	if w.rand.IntN(6) > 0 { // else it may die while it starts
		<-s.ready
		if s.url == "" {
			w.t.Fatalf("round %d: the server did not start: %s", n, s.errors)
		}
		w.up(s)
		w.acknowledged(1 + w.rand.IntN(10))
	}
	<-time.After(time.Duration(w.rand.IntN(300)) * time.Millisecond)
	both := w.rand.IntN(2) == 0
	if cmd != nil && (both || w.rand.IntN(2) == 0) {
		cmd.Process.Kill()
	}
	if cmd == nil || both {
		s.kill()
	}
	if cmd != nil {
		if r := wait(); r.code > 0 && r.code != 3 && r.code != 4 && r.code != 6 { // an import's id may be unknown; another may be at the same work
			w.t.Errorf("round %d: millrace %s: exit code %d: %s%s", n, strings.Join(cmd.Args[1:], " "), r.code, r.out, r.errors)
		}
	}
	s.kill()
}

// beside starts one of the commands that write much.
func (w *world) beside(n int) (*exec.Cmd, func() result) {
	commands := [][]string{
		{"import", "contacts", filepath.Join(w.dir, "contacts.csv"), "--quiet"},
		{"import", "events", filepath.Join(w.dir, "events.csv"), "--quiet"},
		{"import", "undo", fmt.Sprint(1 + w.rand.IntN(n+1))},
		{"log", "rebuild", "--quiet"},
		{"playbook", "apply", filepath.Join(w.dir, []string{"smb", "mid-market"}[w.rand.IntN(2)]+".yaml")},
		nil,
	}
	args := commands[n%len(commands)]
	if args == nil {
		return nil, nil
	}
	return start(w.t, append(args, "--db", w.db)...)
}

// up tells the senders of a new server.
func (w *world) up(s *server) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.server = s
	close(w.changed)
	w.changed = make(chan struct{})
}

// acknowledged waits until n more facts were.
func (w *world) acknowledged(n int) {
	w.mu.Lock()
	from := len(w.acked)
	w.mu.Unlock()
	deadline := time.After(time.Minute)
	for {
		w.mu.Lock()
		now := len(w.acked)
		w.mu.Unlock()
		if now >= from+n {
			return
		}
		select {
		case <-w.server.ended:
			w.t.Fatalf("the server ended by itself: %s", w.server.errors)
		case <-deadline:
			w.t.Fatalf("%d of %d facts were acknowledged within a minute", now-from, n)
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// send posts batches until it is stopped. A batch that was not acknowledged is mostly sent again, as an SDK would, sometimes given up.
func (w *world) send(ctx context.Context, sender int, r *rand.Rand) {
	var batch []map[string]any
	for n := 0; ; n++ {
		w.mu.Lock()
		s, changed := w.server, w.changed
		w.mu.Unlock()
		if s != nil {
			if batch == nil {
				batch = w.batch(sender, n, r)
			}
			body, err := json.Marshal(map[string]any{"batch": batch})
			if err != nil {
				w.t.Error(err)
				return
			}
			status, _, answer, err := s.post(ctx, "/v1/batch", w.key, strings.NewReader(string(body)))
			switch {
			case err == nil && status == 200:
				w.mu.Lock()
				for _, e := range batch {
					w.acked[e["messageId"].(string)] = true
				}
				w.mu.Unlock()
				batch = nil
				continue
			case err == nil && status != 503:
				w.t.Errorf("the server answered %d: %s", status, answer)
				return
			case err == nil:
				continue
			}
			if r.IntN(4) == 0 {
				batch = nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}

func (w *world) batch(sender, n int, r *rand.Rand) []map[string]any {
	batch := make([]map[string]any, 1+r.IntN(8))
	for i := range batch {
		id := fmt.Sprintf("s%d-%d-%d", sender, n, i)
		user := r.IntN(200)
		e := map[string]any{"messageId": id, "timestamp": millrace.TimeOf(time.Now()).String(), "anonymousId": fmt.Sprintf("a%d", user)}
		switch r.IntN(4) {
		case 0:
			e["type"], e["userId"] = "identify", fmt.Sprintf("u%d", user)
			e["traits"] = map[string]any{"n": id, "email": fmt.Sprintf("u%d@firm%d.com", user, user%40), "title": "VP Engineering", "company": map[string]any{"employees": 300}}
		case 1:
			e["type"], e["event"], e["properties"] = "track", "Demo Requested", map[string]any{"n": id}
		default:
			e["type"], e["properties"] = "page", map[string]any{"n": id, "url": "https://example.com/pricing"}
		}
		batch[i] = e
	}
	return batch
}

// verify looks at what the kills have left.
func (w *world) verify(rows int64) {
	t := w.t
	logIsClean(t, w.db)
	count, contacts := map[string]int{}, map[string]int{}
	eachEvent(t, w.db, func(e *directory.Event) {
		var data struct{ N, Email string }
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
		if e.Kind == "contact" {
			contacts[data.Email]++
		} else {
			count[data.N]++
		}
	})
	lost := 0
	for id := range w.acked {
		if count[id] == 0 {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged facts are not in the log", lost, len(w.acked))
	}
	for _, m := range []map[string]int{count, contacts} {
		for id, n := range m {
			if n > 1 || id == "" {
				t.Errorf("fact %q is in the log %d times", id, n)
			}
		}
	}
	t.Logf("%d facts acknowledged, %d in the log", len(w.acked), len(count)+len(contacts))
	imported := int64(0)
	for id := range count {
		if strings.HasPrefix(id, "file-") {
			imported++
		}
	}
	for _, f := range []struct {
		entity string
		before int64
	}{{"contacts", int64(len(contacts))}, {"events", imported}} {
		again := bring(t, w.db, f.entity, filepath.Join(w.dir, f.entity+".csv"))
		if again.Rows != rows || again.Duplicates != f.before || again.Accepted != rows-f.before {
			t.Errorf("%s again: %s, where the log had %d of %d", f.entity, again, f.before, rows)
		}
	}
	logIsClean(t, w.db)
}

// TestKilledImportGoesOn kills an import alone at several moments; running it again brings the rest.
func TestKilledImportGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("TestKill9 alone runs with -short")
	}
	w := &world{t: t, db: dbtest.SQLite(t), dir: t.TempDir()}
	stats(t, w.db) // makes it
	rows := w.files()
	file := filepath.Join(w.dir, "contacts.csv")
	for _, slices := range []int64{1, 3} { // killed when so many slices stand
		cmd, wait := start(t, "import", "contacts", file, "--quiet", "--db", w.db)
		looking(t, w.db, fmt.Sprintf("select count(*) >= %d from contact", slices*500))
		cmd.Process.Kill()
		if r := wait(); r.code == 0 {
			t.Log("the import was quicker than the kill")
		}
	}
	had := stats(t, w.db).Contacts
	if list := imports(t, w.db); len(list) != 1 || list[0].State != engine.ImportBrokenOff { // the second went on with the first
		t.Errorf("%+v", list)
	}
	if r := bring(t, w.db, "contacts", file); r.ID != 1 || r.Duplicates != had || r.Accepted != rows-had {
		t.Errorf("%+v, where %d stood", r, had)
	}
	if list := imports(t, w.db); len(list) != 1 || list[0].State != engine.ImportFinished {
		t.Errorf("%+v", list)
	}
	if n := stats(t, w.db).Contacts; n != rows {
		t.Errorf("%d contacts, want %d", n, rows)
	}
	logIsClean(t, w.db)
}

// TestKilledImportIsUndone kills an import and takes back what it had brought; imported again, the file makes another.
func TestKilledImportIsUndone(t *testing.T) {
	if testing.Short() {
		t.Skip("TestKill9 alone runs with -short")
	}
	w := &world{t: t, db: dbtest.SQLite(t), dir: t.TempDir()}
	stats(t, w.db)
	rows := w.files()
	file := filepath.Join(w.dir, "contacts.csv")
	cmd, wait := start(t, "import", "contacts", file, "--quiet", "--db", w.db)
	looking(t, w.db, "select count(*) >= 500 from contact")
	if list := imports(t, w.db); len(list) != 1 || list[0].State == engine.ImportBrokenOff {
		t.Errorf("while it runs: %+v", list)
	}
	cmd.Process.Kill()
	wait()
	must(t, "import", "undo", "1", "--db", w.db)
	if n := stats(t, w.db).Contacts; n != 0 {
		t.Errorf("%d contacts are left", n)
	}
	if r := bring(t, w.db, "contacts", file); r.ID != 2 || r.Accepted+r.Duplicates != rows {
		t.Errorf("%+v", r)
	}
	if list := imports(t, w.db); len(list) != 2 || list[0].State != engine.ImportFinished || list[1].State != engine.ImportUndone || stats(t, w.db).Contacts != rows {
		t.Errorf("%+v", list)
	}
	logIsClean(t, w.db)
}

// imports lists the imports, newest first.
func imports(t testing.TB, db string) []engine.ImportInfo {
	t.Helper()
	return mustJSON[[]engine.ImportInfo](t, "import", "list", "--db", db)
}

// until waits for something that another process brings about.
func until(t testing.TB, done func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	for !done() {
		select {
		case <-deadline:
			t.Fatal("it did not come about within a minute")
		case <-time.After(time.Millisecond):
		}
	}
}

// TestKilledUndoIsFinishedOnOpen kills an undo when its fact stands and folding has begun; the next command that opens the workspace
// finishes it.
func TestKilledUndoIsFinishedOnOpen(t *testing.T) {
	if testing.Short() {
		t.Skip("TestKill9 alone runs with -short")
	}
	w := &world{t: t, db: dbtest.SQLite(t), dir: t.TempDir()}
	w.files()
	first := bring(t, w.db, "events", filepath.Join(w.dir, "events.csv"))
	id := bring(t, w.db, "contacts", filepath.Join(w.dir, "contacts.csv")).ID
	cmd, wait := start(t, "import", "undo", fmt.Sprint(id), "--db", w.db)
	looking(t, w.db, "select undo_cursor > 0 from import where id = 2")
	cmd.Process.Kill()
	wait()
	logIsClean(t, w.db) // it opens the workspace
	if n := stats(t, w.db).Contacts; n != 200 {
		t.Errorf("%d contacts are left, want the 200 of import %d", n, first.ID)
	}
}

// looking waits until a question to the database is answered with true, beside the process that works on it and without opening the workspace.
func looking(t testing.TB, url, query string) {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	until(t, func() bool {
		var yes bool
		_, err := db.One(t.Context(), d, []any{&yes}, query)
		return err == nil && yes
	})
}
