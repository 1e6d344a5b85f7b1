package access

import (
	"context"
	"database/sql"
	"net/url"

	"millrace"
	"millrace/internal/db"
)

// LinkKind is what a link is for.
type LinkKind string

// The kinds of link. Each works once.
const (
	LinkSetUp      LinkKind = "set_up"     // makes the first admin; until it is used, or the server starts again
	LinkInvitation LinkKind = "invitation" // lets an invited person choose a password
	LinkPassword   LinkKind = "password"   // lets a person choose a new password
	LinkSignIn     LinkKind = "sign_in"    // signs in, for the demo

	linkSecondStep LinkKind = "second_step" // no link, but a challenge that waits for a code; several may wait
)

// lasts is how long a link can be used; 0 has no end.
var lasts = map[LinkKind]millrace.Time{LinkInvitation: 7 * millrace.Day, LinkPassword: millrace.Hour, LinkSignIn: millrace.Day, linkSecondStep: 5 * millrace.Minute}

// pages are the app's pages that the links open. The token stands behind #, which browsers neither send nor put into Referer.
var pages = map[LinkKind]string{LinkSetUp: "/set-up", LinkInvitation: "/invitation", LinkPassword: "/password", LinkSignIn: "/sign-in"}

// Link is a way in, for whoever gets to see it.
type Link struct {
	Kind      LinkKind
	User      User // none for LinkSetUp
	Token     string
	ExpiresAt millrace.Time // 0: when it is used
}

// URL is the link's address under that of the server as browsers reach it.
func (l Link) URL(base string) string {
	return base + pages[l.Kind] + "#token=" + url.QueryEscape(l.Token)
}

// link makes a link, which ends earlier ones of its kind for the same user.
func (p *People) link(ctx context.Context, tx *db.Tx, now millrace.Time, kind LinkKind, u User) (Link, error) {
	if _, err := tx.Exec(ctx, "/* token.replace */ delete from user_token where user_id = $1 and kind = $2", u.ID, string(kind)); err != nil {
		return Link{}, err
	}
	return p.issue(ctx, tx, now, kind, u)
}

// issue makes a link beside those that there are.
func (p *People) issue(ctx context.Context, tx *db.Tx, now millrace.Time, kind LinkKind, u User) (Link, error) {
	l := Link{Kind: kind, User: u}
	if d := lasts[kind]; d > 0 {
		l.ExpiresAt = now + d
	}
	var hash []byte
	l.Token, hash = newSecret()
	_, err := tx.Exec(ctx, "/* token.make */ insert into user_token (hash, kind, user_id, created_at, expires_at) values ($1, $2, $3, $4, $5)",
		hash, string(kind), u.ID, int64(now), int64(l.ExpiresAt))
	return l, err
}

// take uses a link up and says whose it is. Unauthorized for one that is unknown, used up or expired.
func (p *People) take(ctx context.Context, tx *db.Tx, now millrace.Time, kind LinkKind, token string) (user string, err error) {
	user, err = p.look(ctx, tx, now, kind, token)
	if err != nil {
		return "", err
	}
	used, err := tx.Exec(ctx, "/* token.use */ delete from user_token where hash = $1", hashOf(token))
	if err == nil && used == 0 { // another process was faster
		err = linkOver()
	}
	return user, err
}

func (p *People) look(ctx context.Context, q db.Querier, now millrace.Time, kind LinkKind, token string) (user string, err error) {
	if token == "" || len(token) > 128 {
		return "", linkOver()
	}
	ok, err := db.One(ctx, q, []any{&user}, "/* token.look */ select user_id from user_token where hash = $1 and kind = $2 and (expires_at = 0 or expires_at > $3)",
		hashOf(token), string(kind), int64(now))
	if err == nil && !ok {
		err = linkOver()
	}
	return user, err
}

func linkOver() error {
	return &millrace.Error{Code: millrace.Unauthorized, Op: "access.link", Field: "token", Message: "this link was used already, has expired or is incomplete: ask for a new one"}
}

// Look says whom a link is for, without using it up.
func (p *People) Look(ctx context.Context, kind LinkKind, token string) (User, error) {
	id, err := p.look(ctx, p.db, p.clock(), kind, token)
	if err != nil {
		return User{}, err
	}
	u, ok, err := p.find(ctx, p.db, id)
	if err == nil && (!ok || u.DisabledAt != 0) {
		err = linkOver()
	}
	return u.User, err
}

// SetUpLink makes the link by which the first admin is made. ok is false when there are users already.
func (p *People) SetUpLink(ctx context.Context) (l Link, ok bool, err error) {
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		if ok, err = p.empty(ctx, tx); err != nil || !ok {
			return err
		}
		l, err = p.link(ctx, tx, p.clock(), LinkSetUp, User{})
		return err
	})
	return l, ok, err
}

// NeedsSetUp says whether there are no users yet.
func (p *People) NeedsSetUp(ctx context.Context) (bool, error) { return p.empty(ctx, p.db) }

func (p *People) empty(ctx context.Context, q db.Querier) (bool, error) {
	var id string
	some, err := db.One(ctx, q, []any{&id}, "/* user.any */ select id from app_user limit 1")
	return !some, err
}

// Invite adds a person and makes the link by which they choose a password. For a person who was invited and has not come yet it makes a new
// link, and takes the new name and role. Conflict when the address is of somebody who has signed in already.
func (p *People) Invite(ctx context.Context, n NewUser) (l Link, err error) {
	u, err := p.newUser(n)
	if err != nil {
		return l, err
	}
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		before, ok, err := p.find(ctx, tx, u.Email)
		if err != nil {
			return err
		}
		e := Event{UserInvited, u.ID, u.Email, string(u.Role)}
		if ok && before.State == stateInvited {
			u.ID, u.CreatedAt, e.TargetID = before.ID, before.CreatedAt, before.ID
			if _, err := tx.Exec(ctx, "/* user.invite_again */ update app_user set name = $1, role = $2 where id = $3", u.Name, string(u.Role), u.ID); err != nil {
				return err
			}
			err = record(ctx, tx, p.clock(), e)
		} else {
			err = p.insert(ctx, tx, u, "", e)
		}
		if err != nil {
			return err
		}
		l, err = p.link(ctx, tx, p.clock(), LinkInvitation, u)
		return err
	})
	return l, err
}

// NewPasswordLink makes the link by which a person, found by id or address, chooses a password anew; for somebody who never chose one it is
// an invitation. What they have stays valid until they do. Conflict for somebody who is disabled.
func (p *People) NewPasswordLink(ctx context.Context, who string) (l Link, err error) {
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		u, err := p.locked(ctx, tx, who)
		if err != nil {
			return err
		}
		if u.DisabledAt != 0 {
			return millrace.Errorf(millrace.Conflict, "access.NewPasswordLink", "%s is disabled: enable them first", u.Email)
		}
		kind := LinkPassword
		if u.State == stateInvited {
			kind = LinkInvitation
		}
		if l, err = p.link(ctx, tx, p.clock(), kind, u.User); err != nil {
			return err
		}
		return record(ctx, tx, p.clock(), Event{PasswordLinked, u.ID, u.Email, string(kind)})
	})
	return l, err
}

// ForgottenPassword makes the link for somebody who says that they forgot their password, and is not known yet. ok is false when no mail is to
// be sent: the address is nobody's, or has got some already; the caller must not be told which. RateLimited when the client asks too often.
func (p *People) ForgottenPassword(ctx context.Context, email string, c Client) (l Link, ok bool, err error) {
	const op = "access.ForgottenPassword"
	email, err = normalEmail("email", email)
	if err != nil {
		return l, false, err
	}
	if err := p.attempt(ctx, op, perAddress("forgot", c.Address)); err != nil {
		return l, false, err
	}
	if err := p.attempt(ctx, op, perEmail("forgot", email, freeMails)); err != nil {
		if millrace.ErrorCode(err) == millrace.RateLimited {
			err = nil
		}
		return l, false, err
	}
	u, known, err := p.find(ctx, p.db, email)
	if err != nil || !known || u.DisabledAt != 0 {
		return l, false, err
	}
	l, err = p.NewPasswordLink(ctx, u.ID)
	return l, err == nil, err
}

// DemoLink makes a link that signs a demo's admin in, who is made when there are no users. ok is false when there are others.
func (p *People) DemoLink(ctx context.Context) (l Link, ok bool, err error) {
	const email = "demo@millrace.example"
	u, err := p.newUser(NewUser{Email: email, Name: "Demo admin", Role: Admin})
	if err != nil {
		return l, false, err
	}
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		all, err := db.Collect(ctx, tx, func(rows *sql.Rows) (User, error) {
			u, err := scanUser(rows)
			return u.User, err
		}, "/* user.demo */ select "+userColumns+" from app_user u where u.email = $1 and u.disabled_at = 0", email)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			u = all[0]
		} else if empty, err := p.empty(ctx, tx); err != nil || !empty {
			return err
		} else if err := p.insert(ctx, tx, u, "", Event{UserAdded, u.ID, u.Email, string(u.Role)}); err != nil {
			return err
		}
		ok = true
		l, err = p.link(ctx, tx, p.clock(), LinkSignIn, u)
		return err
	})
	return l, ok, err
}
