package app

import (
	"errors"
	"net/url"
	"os"
	"regexp"
	"strings"

	"millrace"

	"github.com/jackc/pgx/v5/pgconn"
)

var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):`)

// checkDatabase refuses what names no database before anything is made of it: a mistyped URL would else become a file of that name.
func checkDatabase(name string) error {
	const op = "app.Open"
	m := scheme.FindStringSubmatch(name)
	switch {
	case name == "" || strings.HasPrefix(name, ":"):
		return millrace.FieldErrorf(op, "--db", "name a file or a postgres:// URL")
	case m != nil && (m[1] == "postgres" || m[1] == "postgresql"):
		if _, err := pgconn.ParseConfig(name); err != nil {
			return &millrace.Error{Code: millrace.Invalid, Op: op, Field: "--db", Message: "the URL can't be read", Err: err}
		}
		return nil
	case m != nil && len(m[1]) > 1 && (m[1] == "file" || strings.HasPrefix(name[len(m[0]):], "//")):
		return millrace.FieldErrorf(op, "--db", "%s: is no database that Millrace works on: name a file by its path, or a postgres:// URL", m[1])
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return millrace.FieldErrorf(op, "--db", "%s is a folder: name a file in it, such as %s/millrace.db", name, strings.TrimRight(name, "/"))
	}
	return nil
}

// openFailed says of which database it was that an error tells.
func openFailed(name string, err error) error {
	e, ok := errors.AsType[*millrace.Error](err)
	if !ok || e.Code != millrace.Invalid && e.Code != millrace.Unavailable && e.Code != millrace.Full || e.Field != "" && e.Field != "db" {
		return err
	}
	if u, parseErr := url.Parse(name); parseErr == nil {
		name = u.Redacted()
	}
	cause := err
	if e.Err != nil {
		cause = e.Err
	}
	return &millrace.Error{Code: e.Code, Op: "app.Open", Field: "--db", Message: "the database " + name + " can't be opened", Err: cause}
}
