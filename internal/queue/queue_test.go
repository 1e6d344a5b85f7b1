package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/dbtest"

	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"
)

// patience is how long a test waits for what must come. Tests end as soon as it came.
const patience = 30 * time.Second

// node is one process's queue, with a connection for transactions of its own.
type node struct {
	*Queue
	db *sql.DB
}

// connect gives a queue on a database whose tables may not be there yet.
func connect(t testing.TB, url string) *node {
	t.Helper()
	cfg := Config{Logger: slog.New(slog.NewTextHandler(io.Discard, nil)), StopTimeout: patience}
	var db *sql.DB
	var err error
	if strings.HasPrefix(url, "postgres:") {
		pool, err := pgxpool.New(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(pool.Close)
		cfg.Postgres = pool
		db, err = sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
	} else {
		if db, err = sql.Open("sqlite", "file:"+url+"?_pragma=busy_timeout(15000)&_pragma=journal_mode(WAL)&_txlock=immediate"); err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		if err := db.PingContext(t.Context()); err != nil { // one after the other: whoever turns a new file to WAL doesn't wait for others who do
			t.Fatal(err)
		}
		cfg.SQLite = db
	}
	t.Cleanup(func() { db.Close() })
	q, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return &node{q, db}
}

// migrated is connect with the tables made.
func migrated(t testing.TB, url string) *node {
	t.Helper()
	n := connect(t, url)
	if err := n.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *node) start(t testing.TB) {
	t.Helper()
	if err := n.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.stop(t) })
}

func (n *node) stop(t testing.TB) {
	t.Helper()
	if err := n.Stop(context.Background()); err != nil {
		t.Error(err)
	}
}

func (n *node) jobs(t *testing.T, f Filter) []Job {
	t.Helper()
	jobs, err := n.Jobs(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

// waitFor gives what comes on c.
func waitFor[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("it did not come")
		panic("unreachable")
	}
}

// eventually asks until the answer is yes.
func eventually(t *testing.T, what string, yes func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatal("it did not come to pass: " + what)
		}
	}
}

type letter struct {
	To string `json:"to"`
}

func TestRunsOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		n := migrated(t, url)
		ran := make(chan string, 100)
		Handle(n.Queue, "letter", func(_ context.Context, l letter) error { ran <- l.To; return nil })
		n.start(t)
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprintf("%02d", i))
			if _, err := n.Insert(t.Context(), "letter", letter{want[i]}); err != nil {
				t.Fatal(err)
			}
		}
		var got []string
		for range want {
			got = append(got, waitFor(t, ran))
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("ran %v", got)
		}
		eventually(t, "all are completed", func() bool { return len(n.jobs(t, Filter{States: []State{Completed}})) == len(want) })
		if len(ran) > 0 {
			t.Errorf("%s ran twice", <-ran)
		}
	})
}

func TestRetriesWithBackoff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		n := migrated(t, url)
		tries := make(chan time.Time, 10)
		Handle(n.Queue, "flaky", func(context.Context, struct{}) error {
			tries <- time.Now()
			if len(tries) == 1 {
				return errors.New("not yet")
			}
			return nil
		})
		n.start(t)
		id, err := n.Insert(t.Context(), "flaky", struct{}{})
		if err != nil {
			t.Fatal(err)
		}
		eventually(t, "it is completed", func() bool { return len(n.jobs(t, Filter{States: []State{Completed}})) == 1 })
		if gap := (<-tries).Sub(<-tries).Abs(); gap < 800*time.Millisecond {
			t.Errorf("tried again after only %s", gap)
		}
		if j := n.jobs(t, Filter{})[0]; j.ID != id || j.Attempt != 2 || j.LastError != "not yet" || j.FinishedAt == 0 {
			t.Errorf("listed as %+v", j)
		}
	})
}

func TestGivesUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		n := migrated(t, url)
		Handle(n.Queue, "hopeless", func(context.Context, struct{}) error { return Permanent(errors.New("no such mailbox")) })
		Handle(n.Queue, "once", func(context.Context, struct{}) error { panic("boom") }, MaxAttempts(1))
		Handle(n.Queue, "typed", func(context.Context, letter) error { return nil })
		n.start(t)
		ids := map[string]int64{}
		for kind, args := range map[string]any{"hopeless": struct{}{}, "once": struct{}{}, "typed": map[string]int{"to": 7}} {
			id, err := n.Insert(t.Context(), kind, args)
			if err != nil {
				t.Fatal(err)
			}
			ids[kind] = id
		}
		eventually(t, "all have ended", func() bool { return len(n.jobs(t, Filter{States: []State{Cancelled, Discarded}})) == 3 })
		for kind, want := range map[string]State{"hopeless": Cancelled, "once": Discarded, "typed": Cancelled} {
			jobs := n.jobs(t, Filter{Kinds: []string{kind}})
			if len(jobs) != 1 || jobs[0].State != want || jobs[0].LastError == "" || jobs[0].ID != ids[kind] {
				t.Errorf("%s is %+v", kind, jobs)
			}
		}
		if j, err := n.Retry(t.Context(), ids["hopeless"]); err != nil || j.State != Available {
			t.Errorf("retried: %+v, %v", j, err)
		}
		if _, err := n.Retry(t.Context(), 1<<40); millrace.ErrorCode(err) != millrace.NotFound {
			t.Errorf("retrying what is not there: %v", err)
		}
	})
}

func TestSurvivesRestart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		ran := make(chan string, 10)
		open := func() *node {
			n := migrated(t, url)
			Handle(n.Queue, "letter", func(_ context.Context, l letter) error { ran <- l.To; return nil })
			return n
		}
		first := open()
		first.stop(t) // before any start
		if _, err := first.Insert(t.Context(), "letter", letter{"before"}); err != nil {
			t.Fatal(err)
		}
		first.start(t)
		first.start(t)
		if got := waitFor(t, ran); got != "before" {
			t.Errorf("got %s", got)
		}
		first.stop(t)
		first.stop(t)
		if _, err := first.Insert(t.Context(), "letter", letter{"between"}); err != nil {
			t.Fatal(err)
		}
		second := open()
		second.start(t)
		if got := waitFor(t, ran); got != "between" {
			t.Errorf("got %s", got)
		}
		second.stop(t)
		if _, err := first.Insert(t.Context(), "letter", letter{"again"}); err != nil {
			t.Fatal(err)
		}
		first.start(t)
		if got := waitFor(t, ran); got != "again" {
			t.Errorf("got %s", got)
		}
	})
}

func TestStopWaitsForRunningJobs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		n := migrated(t, url)
		begun, end := make(chan struct{}), make(chan struct{})
		Handle(n.Queue, "slow", func(ctx context.Context, _ struct{}) error {
			close(begun)
			<-end
			_, err := n.Insert(ctx, "next", struct{}{}) // must not wait for the Stop that waits for it
			return err
		})
		Handle(n.Queue, "next", func(context.Context, struct{}) error { return nil })
		n.start(t)
		if _, err := n.Insert(t.Context(), "slow", struct{}{}); err != nil {
			t.Fatal(err)
		}
		waitFor(t, begun)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := n.Stop(ended); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopping with a job under way: %v", err)
		}
		close(end)
		n.stop(t)
		if j := n.jobs(t, Filter{Kinds: []string{"slow"}}); j[0].State != Completed {
			t.Errorf("the running job ended as %+v", j)
		}
	})
}

// stdTx is a transaction of database/sql as the queue takes it.
type stdTx struct {
	*sql.Tx
	sqlite bool
}

var placeholder = regexp.MustCompile(`\$(\d)`)

func (tx stdTx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if tx.sqlite {
		query = placeholder.ReplaceAllString(query, "?$1")
	}
	res, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func TestInsertTx(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		n := migrated(t, url)
		ran := make(chan string, 10)
		Handle(n.Queue, "letter", func(_ context.Context, l letter) error { ran <- l.To; return nil }, MaxAttempts(3))
		n.start(t)
		insert := func(to string, commit bool, opts ...InsertOption) {
			t.Helper()
			tx, err := n.db.BeginTx(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			if err := n.InsertTx(t.Context(), stdTx{tx, n.cfg.SQLite != nil}, "letter", letter{to}, opts...); err != nil {
				t.Fatal(err)
			}
			if commit {
				if err := tx.Commit(); err != nil {
					t.Fatal(err)
				}
			}
		}
		later := time.Now().Add(time.Hour).Truncate(time.Millisecond)
		insert("nobody", false)
		insert("anna", true)
		insert("later", true, At(later))
		if got := waitFor(t, ran); got != "anna" {
			t.Errorf("got %s", got)
		}
		soon := time.Now().Add(time.Second)
		insert("soon", true, At(soon))
		if got := waitFor(t, ran); got != "soon" || time.Now().Before(soon.Truncate(time.Millisecond)) {
			t.Errorf("got %s, %s after its time", got, time.Since(soon))
		}
		jobs := n.jobs(t, Filter{States: []State{Scheduled}})
		if len(jobs) != 1 || jobs[0].ScheduledAt != millrace.TimeOf(later) || jobs[0].MaxAttempts != 3 ||
			strings.ReplaceAll(string(jobs[0].Args), " ", "") != `{"to":"later"}` {
			t.Errorf("scheduled: %+v", jobs)
		}
		if all := n.jobs(t, Filter{}); len(all) != 3 {
			t.Errorf("all: %+v", all)
		}
	})
}

func TestHandlerMayWrite(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		n := migrated(t, url)
		if _, err := n.db.Exec("create table note (text varchar(9))"); err != nil {
			t.Fatal(err)
		}
		Handle(n.Queue, "write", func(ctx context.Context, _ struct{}) error {
			_, err := n.db.ExecContext(ctx, "insert into note values ('x')")
			return err
		}, Timeout(5*time.Second), MaxAttempts(1))
		n.start(t)
		for range 4 {
			if _, err := n.Insert(t.Context(), "write", struct{}{}); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "all have ended", func() bool { return len(n.jobs(t, Filter{States: []State{Completed, Discarded}})) == 4 })
		if bad := n.jobs(t, Filter{States: []State{Discarded}}); len(bad) > 0 {
			t.Errorf("a handler can't write: %s", bad[0].LastError)
		}
	})
}

func TestJobsPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		n := migrated(t, url)
		Handle(n.Queue, "letter", func(context.Context, letter) error { return nil })
		var ids []int64
		for range 5 {
			id, err := n.Insert(t.Context(), "letter", letter{})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		var got []int64
		for f := (Filter{Limit: 2}); ; {
			page := n.jobs(t, f)
			if len(page) == 0 {
				break
			}
			for _, j := range page {
				got = append(got, j.ID)
			}
			f.Before = got[len(got)-1]
		}
		slices.Reverse(ids)
		if !slices.Equal(got, ids) {
			t.Errorf("paged through %v, want %v", got, ids)
		}
		if none := n.jobs(t, Filter{Kinds: []string{"other"}}); len(none) > 0 {
			t.Errorf("listed %v", none)
		}
	})
}

func TestMigrateAtTheSameTime(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		var nodes []*node
		for range 4 {
			nodes = append(nodes, connect(t, url))
		}
		var wg sync.WaitGroup
		for _, n := range nodes {
			wg.Go(func() {
				if err := n.Migrate(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", dbtest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, cfg := range map[string]Config{"no database": {}, "a wide pool": {SQLite: db}, "a busy poll": {SQLite: db, PollInterval: time.Millisecond}} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	n := migrated(t, dbtest.SQLite(t))
	ok := func(context.Context, struct{}) error { return nil }
	Handle(n.Queue, "fine", ok)
	for name, f := range map[string]func(){
		"a bad name":     func() { Handle(n.Queue, "not fine", ok) },
		"a taken name":   func() { Handle(n.Queue, "fine", ok) },
		"a short period": func() { n.Every("tick", time.Millisecond, func(context.Context) error { return nil }) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", name)
				}
			}()
			f()
		}()
	}
	if _, err := n.Insert(t.Context(), "unknown", struct{}{}); err == nil {
		t.Error("a job that nobody handles is taken")
	}
	if _, err := n.Insert(t.Context(), "fine", "text"); err == nil {
		t.Error("arguments that are no object are taken")
	}
}
