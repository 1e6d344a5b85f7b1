// Package savedview keeps the lists that people come back to: filters, sorting, columns and layout of a page under a name, for oneself or for
// the team, and the one with which a page opens. A view is a setting, no fact: it holds what stands in the page's address, so opening it is
// following a link, and it decides nothing. Who may do what with a shared one is decided here.
package savedview

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/db"

	"golang.org/x/text/unicode/norm"
)

// Pages lists the pages that have saved views.
func Pages() []string { return []string{"accounts", "leads", "contacts", "opportunities"} }

// MaxViews is how many views a person may have, and MaxQuery how many bytes the query of one.
const (
	MaxViews = 200
	MaxQuery = 4000
)

// View is a saved view as the person sees it who asks.
type View struct {
	ID        string        `json:"id"`
	Page      string        `json:"page" enum:"accounts,leads,contacts,opportunities"`
	Name      string        `json:"name"`
	Query     string        `json:"query" doc:"Filters, sort, columns and layout as they stand behind the ? of the page's address, in one order"`
	Shared    bool          `json:"shared" doc:"Everybody who signs in sees it"`
	Author    string        `json:"author" doc:"As they are called now, whether they may still sign in or not, or were when they were deleted"`
	Own       bool          `json:"own" doc:"The caller made it"`
	Editable  bool          `json:"editable" doc:"The caller may change, share and delete it"`
	Default   bool          `json:"default" doc:"The page opens with it, for the caller"`
	Revision  int64         `json:"revision" doc:"Counts changes: give it back with a change, which is then refused when somebody was faster"`
	CreatedAt millrace.Time `json:"created_at"`
	ChangedAt millrace.Time `json:"changed_at"`
	authorID  string
	orphan    bool // the author was deleted
}

// New is a view to make.
type New struct {
	Page, Name, Query string
	Shared            bool
}

// Change is what may be changed of a view; nil leaves it. Revision, where given, is the one that the caller saw.
type Change struct {
	Name, Query *string
	Shared      *bool
	Revision    *int64
}

// Room keeps the saved views of one workspace. It is safe for concurrent use.
type Room struct {
	db    *db.DB
	clock millrace.Clock
}

// Open opens the saved views of a migrated database. clock is millrace.SystemClock when nil.
func Open(d *db.DB, clock millrace.Clock) *Room {
	if clock == nil {
		clock = millrace.SystemClock
	}
	return &Room{db: d, clock: clock}
}

// mayShare says who may put a view before the whole team, and mayTend who may change and delete those that others shared.
func mayShare(u access.User) bool { return u.Role.Allows(access.ScopeSales) }
func mayTend(u access.User) bool  { return u.Role.Allows(access.ScopeWrite) }

// List gives the views that a person sees, their own and the shared ones, by page and name.
func (r *Room) List(ctx context.Context, u access.User) ([]View, error) {
	all, err := r.visible(ctx, r.db, u, "")
	slices.SortStableFunc(all, func(a, b View) int {
		if c := slices.Index(Pages(), a.Page) - slices.Index(Pages(), b.Page); c != 0 {
			return c
		}
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	})
	if all == nil {
		all = []View{}
	}
	return all, err
}

// visible reads what the person sees, one view of it when id is not "".
func (r *Room) visible(ctx context.Context, q db.Querier, u access.User, id string) ([]View, error) {
	return db.Collect(ctx, q, func(rows *sql.Rows) (v View, err error) {
		var shared int64
		var opening string
		err = rows.Scan(&v.ID, &v.Page, &v.Name, &v.Query, &v.authorID, &v.Author, &v.orphan, &shared, &v.Revision, (*int64)(&v.CreatedAt), (*int64)(&v.ChangedAt), &opening)
		v.Shared, v.Own, v.Default = shared == 1, v.authorID == u.ID, opening == v.ID
		v.Editable = v.Own || mayTend(u)
		return v, err
	}, `/* saved_view.list */ select v.id, v.page, v.name, v.query, v.author_id, coalesce(a.name, v.author), a.id is null, v.shared, v.revision, v.created_at, v.changed_at, coalesce(d.view_id, '')
		from saved_view v left join app_user a on a.id = v.author_id left join default_view d on d.user_id = $1 and d.page = v.page
		where (v.author_id = $1 or v.shared = 1) and (v.id = $2 or $2 = '') order by v.id`, u.ID, id)
}

// one gives a view that the person sees. NotFound when they see none of this id: others' private views don't exist for them.
func (r *Room) one(ctx context.Context, q db.Querier, u access.User, id string) (View, error) {
	if !known.MatchString(id) {
		return View{}, notThere(id)
	}
	found, err := r.visible(ctx, q, u, id)
	if err == nil && len(found) == 0 {
		err = notThere(id)
	}
	if err != nil {
		return View{}, err
	}
	return found[0], nil
}

// known is how the ids of views look.
var known = regexp.MustCompile(`^view_[a-z0-9]{1,30}$`)

func notThere(id string) error {
	return millrace.Errorf(millrace.NotFound, "savedview", "there is no view %q: it was deleted, or its author shares it no more", id)
}

// Create makes a view of the person's. Conflict when they have one of this name on the page, Forbidden when they may not share; other errors are
// Invalid and name the field.
func (r *Room) Create(ctx context.Context, u access.User, n New) (out View, err error) {
	now := r.clock()
	v := View{ID: "view_" + strings.ToLower(rand.Text()[:12]), Page: n.Page, Shared: n.Shared, authorID: u.ID, Revision: 1, CreatedAt: now, ChangedAt: now}
	if err := checkPage(n.Page); err != nil {
		return out, err
	}
	if v.Name, err = checkName(n.Name); err != nil {
		return out, err
	}
	if v.Query, err = Canonical(n.Query); err != nil {
		return out, err
	}
	if err := checkShared(u, n.Shared); err != nil {
		return out, err
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		var have int
		if _, err := db.One(ctx, tx, []any{&have}, "/* saved_view.count */ select count(*) from saved_view where author_id = $1", u.ID); err != nil {
			return err
		}
		if have >= MaxViews {
			return millrace.Errorf(millrace.Conflict, "savedview.Create", "you have %d views, which is as many as there may be: delete some that you don't use", have)
		}
		_, err := tx.Exec(ctx, `/* saved_view.add */ insert into saved_view (id, page, name, query, author_id, shared, revision, created_at, changed_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, v.ID, v.Page, v.Name, v.Query, u.ID, number(v.Shared), v.Revision, int64(now), int64(now))
		if err != nil {
			return named(err)
		}
		out, err = r.one(ctx, tx, u, v.ID)
		return err
	})
	return out, err
}

// Change changes a view. NotFound as the person sees it, Forbidden when it is not theirs to change, Conflict when it has changed since the
// revision that they saw or the name is taken.
func (r *Room) Change(ctx context.Context, u access.User, id string, c Change) (out View, err error) {
	const op = "savedview.Change"
	if !known.MatchString(id) {
		return out, notThere(id)
	}
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		// Held until the end, so that of two who change it at once one is told.
		if _, err := tx.Exec(ctx, "/* saved_view.hold */ update saved_view set id = id where id = $1", id); err != nil {
			return err
		}
		v, err := r.one(ctx, tx, u, id)
		if err != nil {
			return err
		}
		if !v.Editable {
			return notYours(op, v)
		}
		if c.Revision != nil && *c.Revision != v.Revision {
			return millrace.Errorf(millrace.Conflict, op, "%s was changed meanwhile: look at it again", v.Name)
		}
		if c.Name != nil {
			if v.Name, err = checkName(*c.Name); err != nil {
				return err
			}
		}
		if c.Query != nil {
			if v.Query, err = Canonical(*c.Query); err != nil {
				return err
			}
		}
		if c.Shared != nil {
			v.Shared = *c.Shared
		}
		if v.orphan && !v.Shared {
			return millrace.Errorf(millrace.Conflict, op, "%s is nobody's alone, since its author was deleted: delete it, or save it as a view of your own", v.Name)
		}
		if err := checkShared(u, v.Shared); err != nil {
			return err
		}
		out, err = r.keep(ctx, tx, u, v)
		return err
	})
	return out, err
}

// keep writes a changed view, and gives it as the person sees it now.
func (r *Room) keep(ctx context.Context, tx *db.Tx, u access.User, v View) (View, error) {
	v.Revision, v.ChangedAt = v.Revision+1, r.clock()
	_, err := tx.Exec(ctx, "/* saved_view.change */ update saved_view set name = $1, query = $2, shared = $3, revision = $4, changed_at = $5 where id = $6",
		v.Name, v.Query, number(v.Shared), v.Revision, int64(v.ChangedAt), v.ID)
	if err != nil {
		return v, named(err)
	}
	if !v.Shared { // it is its author's alone
		_, err = tx.Exec(ctx, "/* default_view.drop_others */ delete from default_view where view_id = $1 and user_id <> $2", v.ID, v.authorID)
		v.Default = v.Default && v.Own
	}
	return v, err
}

// Delete deletes a view for everybody, and no page opens with it any more. Errors are those of Change.
func (r *Room) Delete(ctx context.Context, u access.User, id string) error {
	return r.db.Write(ctx, func(tx *db.Tx) error {
		v, err := r.one(ctx, tx, u, id)
		if err != nil {
			return err
		}
		if !v.Editable {
			return notYours("savedview.Delete", v)
		}
		if _, err := tx.Exec(ctx, "/* default_view.drop */ delete from default_view where view_id = $1", v.ID); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "/* saved_view.delete */ delete from saved_view where id = $1", v.ID)
		return err
	})
}

// SetDefault says with which view a page opens for the person; "" is with all of it. NotFound when they see no such view, Invalid when it is
// one of another page.
func (r *Room) SetDefault(ctx context.Context, u access.User, page, id string) error {
	if err := checkPage(page); err != nil {
		return err
	}
	return r.db.Write(ctx, func(tx *db.Tx) error {
		if id == "" {
			_, err := tx.Exec(ctx, "/* default_view.clear */ delete from default_view where user_id = $1 and page = $2", u.ID, page)
			return err
		}
		v, err := r.one(ctx, tx, u, id)
		if err != nil {
			return err
		}
		if v.Page != page {
			return millrace.FieldErrorf("savedview.SetDefault", "view", "%s is a view of %s", v.Name, v.Page)
		}
		_, err = tx.Exec(ctx, `/* default_view.set */ insert into default_view (user_id, page, view_id) values ($1, $2, $3)
			on conflict (user_id, page) do update set view_id = excluded.view_id`, u.ID, page, id)
		return err
	})
}

// Leave removes the views that a user had for themselves and with which pages opened for them. What they shared stays with the others, under the
// name that they had. It is for access.PeopleConfig.
func Leave(ctx context.Context, tx *db.Tx, u access.User) error {
	for _, query := range []string{"/* default_view.leave */ delete from default_view where user_id = $1", "/* saved_view.leave */ delete from saved_view where author_id = $1 and shared = 0"} {
		if _, err := tx.Exec(ctx, query, u.ID); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, "/* saved_view.sign */ update saved_view set author = $1 where author_id = $2", u.Name, u.ID)
	return err
}

func notYours(op string, v View) error {
	return millrace.Errorf(millrace.Forbidden, op, "%s is %s's: save it as a view of your own", v.Name, v.Author)
}

func checkShared(u access.User, shared bool) error {
	if shared && !mayShare(u) {
		return millrace.Errorf(millrace.Forbidden, "savedview", "your role may not share views with the team: it needs %s", access.ScopeSales)
	}
	return nil
}

func checkPage(page string) error {
	if slices.Contains(Pages(), page) {
		return nil
	}
	return millrace.FieldErrorf("savedview", "page", "%q has no views; %s have", page, strings.Join(Pages(), ", "))
}

// checkName trims a name.
func checkName(s string) (string, error) {
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	if s == "" || utf8.RuneCountInString(s) > 80 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", millrace.FieldErrorf("savedview", "name", "a view needs a name of at most 80 characters")
	}
	return s, nil
}

// passing are parts of an address that say where somebody is in a list, not which list it is.
var passing = []string{"cursor", "saved", "why"}

var parameter = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// Canonical is a page's query in one order, without what is passing. Errors are Invalid at query.
func Canonical(s string) (string, error) {
	bad := millrace.FieldErrorf("savedview", "query", "want what stands behind the ? of the page's address, at most %d bytes", MaxQuery)
	q, err := url.ParseQuery(strings.TrimPrefix(s, "?"))
	if err != nil || len(s) > MaxQuery {
		return "", bad
	}
	for name, values := range q {
		if !parameter.MatchString(name) || len(values) != 1 || !utf8.ValidString(values[0]) || strings.ContainsFunc(values[0], unicode.IsControl) {
			return "", bad
		}
		if values[0] == "" || slices.Contains(passing, name) {
			q.Del(name)
		}
	}
	if s = q.Encode(); len(s) > MaxQuery {
		return "", bad
	}
	return s, nil
}

// named tells of a name that is taken.
func named(err error) error {
	if millrace.ErrorCode(err) == millrace.Conflict {
		return &millrace.Error{Code: millrace.Conflict, Op: "savedview", Field: "name", Message: "there is a view of this name on this page already"}
	}
	return err
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
