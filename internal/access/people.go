package access

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/mail"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"millrace"
	"millrace/internal/db"

	"golang.org/x/text/unicode/norm"
)

// User is a person who may sign in.
type User struct {
	ID         string        `json:"id"`
	Email      string        `json:"email"`
	Name       string        `json:"name"`
	Role       Role          `json:"role" enum:"admin,marketing,sales_manager,sales,viewer"`
	State      string        `json:"state" enum:"active,invited,disabled" doc:"invited: has chosen no password yet"`
	CreatedAt  millrace.Time `json:"created_at"`
	DisabledAt millrace.Time `json:"disabled_at"`
	LastSeenAt millrace.Time `json:"last_seen_at" doc:"When one of their open sessions was used last, to a minute or so"`

	SecondFactorAt millrace.Time `json:"second_factor_at" doc:"When they turned their second factor on; null when it is off"`
}

// actor is the user as the access log names them.
func (u User) actor(address string) Actor {
	return Actor{Kind: ActorUser, ID: u.ID, Name: u.Name, Address: address}
}

// PeopleConfig tunes a People. Zero values are the defaults.
type PeopleConfig struct {
	Clock       millrace.Clock // millrace.SystemClock
	SessionIdle time.Duration  // a session ends when it is not used for so long; 14 days
	SessionMax  time.Duration  // and at the latest after this; 90 days
	// Leaving are the rooms that keep something of people. Each takes away what it has of a user, or leaves it to the others, in the transaction
	// that deletes them.
	Leaving []func(ctx context.Context, tx *db.Tx, u User) error
}

// People keeps who may sign in to one workspace. It is safe for concurrent use.
type People struct {
	db        *db.DB
	clock     millrace.Clock
	idle, max millrace.Time
	hasher    *hasher
	leaving   []func(context.Context, *db.Tx, User) error

	touching sync.WaitGroup
	mu       sync.Mutex
	touched  map[string]bool // sessions whose use is being written down
}

// NewPeople opens the people of a migrated database.
func NewPeople(d *db.DB, c PeopleConfig) *People {
	if c.Clock == nil {
		c.Clock = millrace.SystemClock
	}
	if c.SessionIdle <= 0 {
		c.SessionIdle = 14 * 24 * time.Hour
	}
	if c.SessionMax <= 0 {
		c.SessionMax = 90 * 24 * time.Hour
	}
	return &People{db: d, clock: c.Clock, idle: millrace.Time(c.SessionIdle.Milliseconds()), max: millrace.Time(c.SessionMax.Milliseconds()),
		hasher: newHasher(current), leaving: c.Leaving, touched: map[string]bool{}}
}

// normalEmail is the form under which an address is found: trimmed, composed and in lower case. Errors are Invalid at field.
func normalEmail(field, s string) (string, error) {
	s = strings.ToLower(norm.NFKC.String(strings.TrimSpace(s)))
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || a.Name != "" || len(s) > 254 || strings.ContainsFunc(s, unicode.IsControl) {
		return "", millrace.FieldErrorf("access.email", field, "this is no e-mail address")
	}
	return s, nil
}

// normalName trims a name. Errors are Invalid at field.
func normalName(field, s string) (string, error) {
	s = strings.Join(strings.Fields(norm.NFC.String(s)), " ")
	if s == "" || utf8.RuneCountInString(s) > 100 || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		return "", millrace.FieldErrorf("access.name", field, "a person needs a name of at most 100 characters")
	}
	return s, nil
}

func checkRole(field string, r Role) error {
	if r.Valid() {
		return nil
	}
	var names []string
	for _, k := range Roles() {
		names = append(names, string(k))
	}
	return millrace.FieldErrorf("access.role", field, "%q is no role; there are %s", r, strings.Join(names, ", "))
}

// NewUser says whom to add.
type NewUser struct {
	Email string
	Name  string // the part of the address before the @ when empty
	Role  Role
}

// Add takes a person in who has chosen no password yet. Conflict when the address is taken; other errors are Invalid and name the field.
func (p *People) Add(ctx context.Context, n NewUser) (User, error) {
	u, err := p.newUser(n)
	if err != nil {
		return u, err
	}
	return u, p.db.Write(ctx, func(tx *db.Tx) error {
		return p.insert(ctx, tx, u, "", Event{UserAdded, u.ID, u.Email, string(u.Role)})
	})
}

// AddWithPassword takes a person in with a password.
func (p *People) AddWithPassword(ctx context.Context, n NewUser, password string) (User, error) {
	u, err := p.newUser(n)
	if err != nil {
		return u, err
	}
	if err := checkPassword("password", password, u); err != nil {
		return u, err
	}
	hash, err := p.hasher.make(ctx, password)
	if err != nil {
		return u, err
	}
	u.State = stateActive
	return u, p.db.Write(ctx, func(tx *db.Tx) error {
		return p.insert(ctx, tx, u, hash, Event{UserAdded, u.ID, u.Email, string(u.Role)})
	})
}

// The states of a user.
const (
	stateActive   = "active"
	stateInvited  = "invited"
	stateDisabled = "disabled"
)

func (p *People) newUser(n NewUser) (u User, err error) {
	u = User{ID: "usr_" + strings.ToLower(rand.Text()[:12]), Role: n.Role, State: stateInvited, CreatedAt: p.clock()}
	if u.Email, err = normalEmail("email", n.Email); err != nil {
		return u, err
	}
	if strings.TrimSpace(n.Name) == "" {
		n.Name, _, _ = strings.Cut(u.Email, "@")
	}
	if u.Name, err = normalName("name", n.Name); err != nil {
		return u, err
	}
	return u, checkRole("role", n.Role)
}

// insert writes a new user and the line that tells of it.
func (p *People) insert(ctx context.Context, tx *db.Tx, u User, hash string, e Event) error {
	passwordAt := millrace.Time(0)
	if hash != "" {
		passwordAt = u.CreatedAt
	}
	added, err := tx.Exec(ctx, `/* user.add */ insert into app_user (id, email, name, role, password, created_at, password_at, disabled_at)
		values ($1, $2, $3, $4, $5, $6, $7, 0) on conflict (email) do nothing`, u.ID, u.Email, u.Name, string(u.Role), hash, int64(u.CreatedAt), int64(passwordAt))
	if err != nil {
		return err
	}
	if added == 0 {
		return &millrace.Error{Code: millrace.Conflict, Op: "access.Add", Field: "email", Message: "somebody with this address is here already"}
	}
	return record(ctx, tx, u.CreatedAt, e)
}

const userColumns = "u.id, u.email, u.name, u.role, u.password, u.created_at, u.disabled_at, (select coalesce(max(s.used_at), 0) from user_session s where s.user_id = u.id), (select coalesce(max(f.confirmed_at), 0) from second_factor f where f.user_id = u.id)"

// stored is a user with the hash of their password.
type stored struct {
	User
	password string
}

func scanUser(rows *sql.Rows) (u stored, err error) {
	err = rows.Scan(&u.ID, &u.Email, &u.Name, &u.Role, &u.password, (*int64)(&u.CreatedAt), (*int64)(&u.DisabledAt), (*int64)(&u.LastSeenAt), (*int64)(&u.SecondFactorAt))
	switch {
	case u.DisabledAt != 0:
		u.State = stateDisabled
	case u.password == "":
		u.State = stateInvited
	default:
		u.State = stateActive
	}
	return u, err
}

// List gives all users by name, the disabled ones last.
func (p *People) List(ctx context.Context) ([]User, error) {
	all, err := db.Collect(ctx, p.db, func(rows *sql.Rows) (User, error) {
		u, err := scanUser(rows)
		return u.User, err
	}, "/* user.list */ select "+userColumns+" from app_user u order by case when u.disabled_at = 0 then 0 else 1 end, u.name, u.email")
	if all == nil {
		all = []User{}
	}
	return all, err
}

// Find gives a user by id or address. NotFound when there is none.
func (p *People) Find(ctx context.Context, who string) (User, error) {
	u, ok, err := p.find(ctx, p.db, who)
	if err == nil && !ok {
		err = millrace.Errorf(millrace.NotFound, "access.Find", "there is no user %q", who)
	}
	return u.User, err
}

func (p *People) find(ctx context.Context, q db.Querier, who string) (u stored, ok bool, err error) {
	if strings.ContainsRune(who, 0) || !utf8.ValidString(who) {
		return u, false, nil
	}
	email, notEmail := normalEmail("", who)
	if notEmail != nil {
		email = ""
	}
	all, err := db.Collect(ctx, q, scanUser, "/* user.find */ select "+userColumns+" from app_user u where u.id = $1 or (u.email = $2 and $2 <> '')", who, email)
	if err != nil || len(all) == 0 {
		return u, false, err
	}
	return all[0], true, nil
}

// locked gives a user inside a transaction. NotFound when there is none.
func (p *People) locked(ctx context.Context, tx *db.Tx, who string) (stored, error) {
	u, ok, err := p.find(ctx, tx, who)
	if err == nil && !ok {
		err = millrace.Errorf(millrace.NotFound, "access.Find", "there is no user %q", who)
	}
	return u, err
}

// Change is what may be changed of a user; nil leaves it.
type Change struct {
	Name     *string
	Role     *Role
	Disabled *bool
}

// Change changes a user, found by id or address. Who is disabled loses their sessions and links at once. Conflict when nobody would be left
// who can sign in as an admin.
func (p *People) Change(ctx context.Context, who string, c Change) (out User, err error) {
	var name string
	if c.Name != nil {
		if name, err = normalName("name", *c.Name); err != nil {
			return out, err
		}
	}
	if c.Role != nil {
		if err := checkRole("role", *c.Role); err != nil {
			return out, err
		}
	}
	now := p.clock()
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		if err := p.holdAdmins(ctx, tx); err != nil {
			return err
		}
		u, err := p.locked(ctx, tx, who)
		if err != nil {
			return err
		}
		if c.Name != nil && name != u.Name {
			if err := p.update(ctx, tx, now, u.User, "name", name, Event{UserChanged, u.ID, u.Email, "name: " + u.Name + " → " + name}); err != nil {
				return err
			}
		}
		if c.Role != nil && *c.Role != u.Role {
			if err := p.update(ctx, tx, now, u.User, "role", string(*c.Role), Event{UserChanged, u.ID, u.Email, "role: " + string(u.Role) + " → " + string(*c.Role)}); err != nil {
				return err
			}
		}
		if c.Disabled != nil && *c.Disabled != (u.DisabledAt != 0) {
			if err := p.setDisabled(ctx, tx, now, u.User, *c.Disabled); err != nil {
				return err
			}
		}
		after, err := p.locked(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		out = after.User
		return p.anAdminIsLeft(ctx, tx, u, after)
	})
	return out, err
}

// holdAdmins keeps the admins as they are until the end of the transaction, so that two can't disable or delete each other at once.
func (p *People) holdAdmins(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, "/* user.hold_admins */ update app_user set role = role where role = 'admin'")
	return err
}

func (p *People) update(ctx context.Context, tx *db.Tx, now millrace.Time, u User, column string, value any, e Event) error {
	if _, err := tx.Exec(ctx, "/* user."+column+" */ update app_user set "+column+" = $1 where id = $2", value, u.ID); err != nil {
		return err
	}
	return record(ctx, tx, now, e)
}

func (p *People) setDisabled(ctx context.Context, tx *db.Tx, now millrace.Time, u User, disabled bool) error {
	if !disabled {
		return p.update(ctx, tx, now, u, "disabled_at", int64(0), Event{UserEnabled, u.ID, u.Email, ""})
	}
	if err := p.update(ctx, tx, now, u, "disabled_at", int64(now), Event{UserDisabled, u.ID, u.Email, ""}); err != nil {
		return err
	}
	return p.shutOut(ctx, tx, u)
}

// shutOut ends the sessions and the links of a user.
func (p *People) shutOut(ctx context.Context, tx *db.Tx, u User) error {
	for _, query := range []string{"/* token.drop */ delete from user_token where user_id = $1", "/* session.drop */ delete from user_session where user_id = $1"} {
		if _, err := tx.Exec(ctx, query, u.ID); err != nil {
			return err
		}
	}
	return nil
}

// anAdminIsLeft refuses a change that takes the last admin who can sign in.
func (p *People) anAdminIsLeft(ctx context.Context, tx *db.Tx, before, after stored) error {
	if was := before.Role == Admin && before.State == stateActive; !was || after.Role == Admin && after.State == stateActive {
		return nil
	}
	admins, err := db.Collect(ctx, tx, scanUser, "/* user.admins */ select "+userColumns+" from app_user u where u.role = 'admin' and u.disabled_at = 0 and u.password <> '' order by u.id")
	if err != nil {
		return err
	}
	if len(admins) == 0 {
		return millrace.Errorf(millrace.Conflict, "access.Change", "%s is the only admin: make somebody else an admin first", before.Name)
	}
	return nil
}
