package savedview

import (
	"context"
	"database/sql"
	"net/url"
	"slices"
	"strings"

	"millrace/internal/db"

	"golang.org/x/text/unicode/norm"
)

// Forget deletes the views that name a person: whose name or any filter has one of their addresses, or an address typed up to behind its @, or
// whose name or search has their name, its words in any order. A name of one word is theirs alone where nothing else stands there. A part of a name
// may mean others, and stays. No page opens with such a view any more.
func Forget(ctx context.Context, tx *db.Tx, name string, emails []string) error {
	names := person{words: strings.Fields(fold(name))}
	for _, e := range emails {
		if e = fold(e); e != "" {
			names.emails = append(names.emails, e)
		}
	}
	type row struct{ id, name, query string }
	all, err := db.Collect(ctx, tx, func(rows *sql.Rows) (v row, err error) {
		err = rows.Scan(&v.id, &v.name, &v.query)
		return v, err
	}, "/* saved_view.naming */ select id, name, query from saved_view")
	if err != nil {
		return err
	}
	for _, v := range all {
		if !names.in(v.name, v.query) {
			continue
		}
		for _, q := range []string{"/* default_view.forget */ delete from default_view where view_id = $1", "/* saved_view.forget */ delete from saved_view where id = $1"} {
			if _, err := tx.Exec(ctx, q, v.id); err != nil {
				return err
			}
		}
	}
	return nil
}

// person is what somebody is known by, folded.
type person struct{ words, emails []string }

func (p person) in(name, query string) bool {
	if name = fold(name); p.named(name) || p.addressed(name) {
		return true
	}
	filters, _ := url.ParseQuery(query) // it was canonical
	for key, values := range filters {
		for _, v := range values {
			if v = fold(v); p.addressed(v) || key == "q" && p.named(v) {
				return true
			}
		}
	}
	return false
}

// addressed says whether a text has one of the addresses, or ends in what one begins with, the @ included.
func (p person) addressed(text string) bool {
	return slices.ContainsFunc(p.emails, func(email string) bool {
		at := strings.IndexByte(email, '@') + 1
		i := strings.Index(text, email[:at])
		return at > 1 && i >= 0 && (strings.HasPrefix(text[i:], email) || strings.HasPrefix(email, text[i:]))
	})
}

func (p person) named(text string) bool {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '"' })
	if len(p.words) < 2 {
		return len(p.words) == 1 && slices.Equal(words, p.words)
	}
	return !slices.ContainsFunc(p.words, func(w string) bool { return !slices.Contains(words, w) })
}

func fold(s string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(s))) }
