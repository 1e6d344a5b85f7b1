// Package dbtest gives tests real databases: a fresh SQLite file, a fresh PostgreSQL database, or one subtest on each. Only tests
// import it. PostgreSQL is a throw-away cluster made from the installed binaries, on 127.0.0.1, without a password and without fsync.
// One cluster serves the whole run when pgtest started it (see cmd/pgtest), else one serves the test process.
package dbtest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// ClusterEnv names the environment variable with the URL of a running cluster that tests may make databases in.
	ClusterEnv = "MILLRACE_TEST_POSTGRES"
	// RequireEnv set to 1 makes a missing PostgreSQL (or browser, elsewhere) a failure in place of a skip.
	RequireEnv = "MILLRACE_REQUIRE"
)

// SQLite is the path of a database file that does not exist yet, in a folder of its own that goes away with the test.
func SQLite(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "millrace.db")
}

// PostgreSQL is the URL of a fresh, empty database that is dropped when the test ends. Without PostgreSQL, and with -short, the test
// is skipped; with MILLRACE_REQUIRE=1 a missing PostgreSQL fails it.
//
// The database sorts text by the rules of English, as most servers do, so that a query which depends on byte order and does not say
// so fails here.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("PostgreSQL is left out with -short")
	}
	server, err := cluster()
	if errors.Is(err, ErrNotInstalled) && os.Getenv(RequireEnv) != "1" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(server.URL)
	if err != nil {
		t.Fatalf("%s: %v", ClusterEnv, err)
	}
	name := "t_" + strings.ToLower(rand.Text())
	administer(t, server.URL, "create database "+name)
	t.Cleanup(func() { administer(t, server.URL, "drop database "+name+" with (force)") })
	u.Path = "/" + name
	return u.String()
}

// Each runs f as the subtests "sqlite" and "postgres" with the path or URL of a fresh database; with -short only as "sqlite".
func Each(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	if testing.Short() {
		return
	}
	t.Run("postgres", func(t *testing.T) { f(t, PostgreSQL(t)) })
}

// cluster is the server to make databases in: the run's, or this process's own, started at the first call. The variable keeps it from
// the garbage collector, which would close the pipe that its guard watches.
var cluster = sync.OnceValues(func() (*Cluster, error) {
	if u := os.Getenv(ClusterEnv); u != "" {
		return &Cluster{URL: u}, nil
	}
	return StartCluster()
})

// administer runs one statement on the server. A cleanup comes after the test's context has ended, so it has one of its own.
func administer(t testing.TB, server, statement string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Fatalf("the test cluster does not answer: %v", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
