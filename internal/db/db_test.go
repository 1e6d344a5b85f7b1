package db

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace"
)

func TestRewrite(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"select a from t where b = $1 and c = $2", "select a from t where b = ? and c = ?"},
		{"select a from t where b = $2 and c = $1", "select a from t where b = ?2 and c = ?1"},
		{"select a from t where b = $1 or c = $1", "select a from t where b = ?1 or c = ?1"},
		{"select '$1', $1", "select '$1', ?"},
		{"select 1", "select 1"},
	} {
		if got := rewriteSQLite(c.in); got != c.want {
			t.Errorf("%s: got %s, want %s", c.in, got, c.want)
		}
	}
	if got := rewrite(PostgreSQL, "select $1"); got != "select $1" {
		t.Errorf("PostgreSQL text must stay, got %s", got)
	}
}

func open(t *testing.T) *DB {
	t.Helper()
	d, err := Open(t.Context(), filepath.Join(t.TempDir(), "x", "m.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestWriteRollsBackAndGoesOn(t *testing.T) {
	d := open(t)
	boom := errors.New("boom")
	insert := func(tx *Tx) error {
		_, err := tx.InsertMany(t.Context(), "insert into setting (name, value)", 2, "on conflict do nothing", []any{"a", "1", "b", "2", "a", "3"})
		return err
	}
	err := d.Write(t.Context(), func(tx *Tx) error {
		if err := insert(tx); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatalf("migrating twice: %v", err)
	}
	if err := d.Write(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	var n int
	if ok, err := One(t.Context(), d, []any{&n}, "select count(*) from setting"); !ok || err != nil || n != 2 {
		t.Fatalf("rows %d, %v %v", n, ok, err)
	}
	seen := map[string]string{}
	err = SelectIn(t.Context(), d, "select name, value from setting where %s", "name", []string{"a", "b", "zz"}, func(r *sql.Rows) error {
		var k, v string
		err := r.Scan(&k, &v)
		seen[k] += v
		return err
	})
	if err != nil || len(seen) != 2 || seen["a"] != "1" {
		t.Fatalf("%v %v", seen, err)
	}
}

func TestNothingIsOpenedAfterClose(t *testing.T) {
	for range 100 {
		folder := filepath.Join(t.TempDir(), "x")
		d, err := Open(t.Context(), filepath.Join(folder, "m.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		var one int
		for _, q := range []string{"select 1", "select 1 where 1 = 1", "select 1 limit 1"} { // each begins to be prepared beside this
			if ok, err := One(t.Context(), d, []any{&one}, q); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
		d.Close()
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Fatalf("the folder is there again: %v", err)
		}
	}
}

func TestCancelledCallerDoesNotTearTheTransaction(t *testing.T) {
	d := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Write(ctx, func(tx *Tx) error { return nil }); millrace.ErrorCode(err) == "" {
		t.Fatal("a cancelled caller got a transaction")
	}
	if err := d.Write(t.Context(), func(tx *Tx) error {
		_, err := tx.Exec(t.Context(), "insert into setting (name, value) values ($1, $2)", "k", "v")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestTrouble: a full disk is known of until a write succeeds; what can't be written for its own sake is no trouble.
func TestTrouble(t *testing.T) {
	d := open(t)
	room := func(pages string) {
		t.Helper()
		if err := d.Write(t.Context(), func(tx *Tx) error { return tx.ExecOnce(t.Context(), "pragma max_page_count = "+pages) }); err != nil {
			t.Fatal(err)
		}
	}
	insert := func(key string) error {
		return d.Write(t.Context(), func(tx *Tx) error {
			_, err := tx.Exec(t.Context(), "insert into setting (name, value) values ($1, $2)", key, strings.Repeat("x", 1<<20))
			return err
		})
	}
	room("1") // as few as there are
	if err := insert("a"); millrace.ErrorCode(err) != millrace.Full || millrace.ErrorCode(d.Trouble()) != millrace.Full {
		t.Fatalf("on a full disk: %v, trouble %v", err, d.Trouble())
	}
	if err := d.Write(t.Context(), func(*Tx) error { return nil }); err != nil || d.Trouble() == nil {
		t.Errorf("nothing to write: %v, trouble %v", err, d.Trouble())
	}
	if err := d.Write(t.Context(), func(*Tx) error { return millrace.Errorf(millrace.Conflict, "test", "no") }); err == nil || d.Trouble() == nil {
		t.Errorf("a refusal: %v, trouble %v", err, d.Trouble())
	}
	room("1000000")
	if err := insert("a"); err != nil || d.Trouble() != nil {
		t.Errorf("with room again: %v, trouble %v", err, d.Trouble())
	}
	if err := insert("a"); millrace.ErrorCode(err) != millrace.Conflict || d.Trouble() != nil {
		t.Errorf("the same again: %v, trouble %v", err, d.Trouble())
	}
}
