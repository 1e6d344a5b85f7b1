package dbtest

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
)

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

func TestPostgreSQLDatabasesAreFreshAndDropped(t *testing.T) {
	var dropped string
	t.Run("first", func(t *testing.T) {
		dropped = PostgreSQL(t)
		conn := connect(t, dropped)
		if _, err := conn.Exec(t.Context(), "create table a (b int)"); err != nil {
			t.Fatal(err)
		}
		other := connect(t, PostgreSQL(t))
		var tables int
		if err := other.QueryRow(t.Context(), "select count(*) from pg_tables where schemaname = 'public'").Scan(&tables); err != nil || tables != 0 {
			t.Fatalf("a fresh database has %d tables, %v", tables, err)
		}
	})
	if dropped == "" {
		t.Skip("PostgreSQL is left out")
	}
	if conn, err := pgx.Connect(t.Context(), dropped); err == nil {
		conn.Close(t.Context())
		t.Fatal("the database outlived its test")
	}
}

func TestPostgreSQLSortsByLanguage(t *testing.T) {
	conn := connect(t, PostgreSQL(t))
	var first string
	if err := conn.QueryRow(t.Context(), "select min(w) from (values ('b'), ('a'), ('B')) as v (w)").Scan(&first); err != nil {
		t.Fatal(err)
	}
	if first != "a" {
		t.Errorf("first by language is a, by bytes B: got %s", first)
	}
}

func TestEach(t *testing.T) {
	var names []string
	Each(t, func(t *testing.T, url string) { names = append(names, t.Name()) })
	if names[0] != "TestEach/sqlite" || (len(names) > 1) != (!testing.Short() && installed()) {
		t.Errorf("ran %v", names)
	}
}

func installed() bool {
	_, err := binaries()
	return err == nil || os.Getenv(ClusterEnv) != ""
}

func TestClusterStopsAndLeavesNothing(t *testing.T) {
	if testing.Short() || !installed() {
		t.Skip("PostgreSQL is left out")
	}
	t.Setenv("TMPDIR", socketDir(t))
	c, err := StartCluster()
	if err != nil {
		t.Fatal(err)
	}
	connect(t, c.URL)
	for range 2 {
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

// socketDir is a short temporary path that the server's user may enter and write to.
func socketDir(t *testing.T) string {
	dir, err := os.MkdirTemp("/tmp", "pg")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}
