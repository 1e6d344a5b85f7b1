package access

import (
	"context"
	"strings"

	"millrace"
	"millrace/internal/db"
)

// SetUp makes the first admin with the token that the server printed, and signs them in. Unauthorized for another token, Conflict when there
// is somebody already, Invalid naming the field for what they chose.
func (p *People) SetUp(ctx context.Context, token string, n NewUser, password string, c Client) (o Opened, err error) {
	const op = "access.SetUp"
	if err := p.attempt(ctx, op, perAddress("set up", c.Address)); err != nil {
		return o, err
	}
	if _, err := p.look(ctx, p.db, p.clock(), LinkSetUp, token); err != nil {
		return o, err
	}
	n.Role = Admin
	u, err := p.newUser(n)
	if err != nil {
		return o, err
	}
	if strings.TrimSpace(n.Name) == "" {
		return o, millrace.FieldErrorf(op, "name", "say how the others should call you")
	}
	if err := checkPassword("password", password, u); err != nil {
		return o, err
	}
	hash, err := p.hasher.make(ctx, password)
	if err != nil {
		return o, err
	}
	u.State = stateActive
	ctx = WithActor(ctx, u.actor(c.Address))
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := p.take(ctx, tx, p.clock(), LinkSetUp, token); err != nil {
			return err
		}
		if empty, err := p.empty(ctx, tx); err != nil {
			return err
		} else if !empty {
			return millrace.Errorf(millrace.Conflict, op, "Millrace is set up already: sign in")
		}
		if err := p.insert(ctx, tx, u, hash, Event{SetUp, u.ID, u.Email, string(u.Role)}); err != nil {
			return err
		}
		o, err = p.open(ctx, tx, p.clock(), u, c)
		return err
	})
	return o, err
}

// SignIn opens a session for an address and its password, or asks for the second factor of whoever has one. Whatever is wrong, the error is the same Unauthorized after the same work;
// RateLimited when there were too many attempts for the address or from the client.
func (p *People) SignIn(ctx context.Context, email, password string, c Client) (o Entrance, err error) {
	const op = "access.SignIn"
	normal, notEmail := normalEmail("email", email)
	named := normal
	if notEmail != nil { // it is nobody's, and takes as long
		normal, named = "", email
	}
	forEmail, fromAddress := perEmail("sign in", named, freePerEmail), perAddress("sign in", c.Address)
	if err := p.attempt(ctx, op, forEmail, fromAddress); err != nil {
		return o, err
	}
	u, known, err := p.find(ctx, p.db, normal)
	if err != nil {
		return o, err
	}
	hash := u.password
	if !known || u.DisabledAt != 0 || len(password) > 4*MaxPassword {
		hash, password = "", ""
	}
	ok, stale, err := p.hasher.check(ctx, password, hash)
	if err != nil {
		return o, err
	}
	if !ok {
		return o, millrace.Errorf(millrace.Unauthorized, op, "the e-mail address or the password is not right")
	}
	fresh := ""
	if stale {
		if fresh, err = p.hasher.make(ctx, password); err != nil {
			return o, err
		}
	}
	ctx = WithActor(ctx, u.actor(c.Address))
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		now := p.clock()
		again, there, err := p.find(ctx, tx, u.ID) // the password may have been changed while this one was compared
		if err != nil {
			return err
		}
		if !there || again.password != u.password || again.DisabledAt != 0 {
			return millrace.Errorf(millrace.Unauthorized, op, "the e-mail address or the password is not right")
		}
		if fresh != "" {
			if _, err := tx.Exec(ctx, "/* user.rehash */ update app_user set password = $1 where id = $2", fresh, u.ID); err != nil {
				return err
			}
		}
		if err := p.succeeded(ctx, tx, forEmail, fromAddress); err != nil {
			return err
		}
		o, err = p.enter(ctx, tx, now, again.User, c, "")
		return err
	})
	return o, err
}

// SignInByLink opens a session with a demo's link, or asks for the second factor of whoever has one. Unauthorized when the link is over.
func (p *People) SignInByLink(ctx context.Context, token string, c Client) (o Entrance, err error) {
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		now := p.clock()
		u, err := p.takeFor(ctx, tx, now, LinkSignIn, token)
		if err != nil {
			return err
		}
		o, err = p.enter(WithActor(ctx, u.actor(c.Address)), tx, now, u.User, c, "link")
		return err
	})
	return o, err
}

// takeFor uses a link up and gives its user, who must not be disabled.
func (p *People) takeFor(ctx context.Context, tx *db.Tx, now millrace.Time, kind LinkKind, token string) (u stored, err error) {
	id, err := p.take(ctx, tx, now, kind, token)
	if err != nil {
		return u, err
	}
	u, ok, err := p.find(ctx, tx, id)
	if err == nil && (!ok || u.DisabledAt != 0) {
		err = linkOver()
	}
	return u, err
}

// Accept lets an invited person choose their name and a password, and signs them in.
func (p *People) Accept(ctx context.Context, token, name, password string, c Client) (o Opened, err error) {
	if name, err = normalName("name", name); err != nil {
		return o, err
	}
	err = p.choose(ctx, LinkInvitation, token, password, c, func(ctx context.Context, tx *db.Tx, now millrace.Time, u User) error {
		u.Name = name
		if _, err := tx.Exec(ctx, "/* user.accept */ update app_user set name = $1 where id = $2", name, u.ID); err != nil {
			return err
		}
		if err := record(WithActor(ctx, u.actor(c.Address)), tx, now, Event{UserAccepted, u.ID, u.Email, string(u.Role)}); err != nil {
			return err
		}
		o, err = p.open(ctx, tx, now, u, c)
		return err
	})
	return o, err
}

// ResetPassword lets a person choose a new password with a link, and says who it was. All of their sessions end.
func (p *People) ResetPassword(ctx context.Context, token, password string, c Client) (who User, err error) {
	err = p.choose(ctx, LinkPassword, token, password, c, func(ctx context.Context, tx *db.Tx, now millrace.Time, u User) error {
		who = u
		return record(ctx, tx, now, Event{PasswordChanged, u.ID, u.Email, "link"})
	})
	return who, err
}

// choose sets the password of a link's user, and then what comes with it in the same transaction.
func (p *People) choose(ctx context.Context, kind LinkKind, token, password string, c Client, then func(context.Context, *db.Tx, millrace.Time, User) error) error {
	if err := p.attempt(ctx, "access.choose", perAddress("link", c.Address)); err != nil {
		return err
	}
	u, err := p.Look(ctx, kind, token)
	if err != nil {
		return err
	}
	if err := checkPassword("password", password, u); err != nil {
		return err
	}
	hash, err := p.hasher.make(ctx, password)
	if err != nil {
		return err
	}
	return p.db.Write(ctx, func(tx *db.Tx) error {
		now := p.clock()
		u, err := p.takeFor(ctx, tx, now, kind, token)
		if err != nil {
			return err
		}
		ctx := WithActor(ctx, u.actor(c.Address))
		if err := p.setPassword(ctx, tx, now, u.User, hash); err != nil {
			return err
		}
		u.State = stateActive
		return then(ctx, tx, now, u.User)
	})
}

// setPassword stores a new password, which ends every session and link of its user and lets them try again where they were held up.
func (p *People) setPassword(ctx context.Context, tx *db.Tx, now millrace.Time, u User, hash string) error {
	if _, err := tx.Exec(ctx, "/* user.password */ update app_user set password = $1, password_at = $2 where id = $3", hash, int64(now), u.ID); err != nil {
		return err
	}
	if err := p.shutOut(ctx, tx, u); err != nil {
		return err
	}
	return p.succeeded(ctx, tx, passwordsOf(u))
}

func passwordsOf(u User) limit { return perEmail("sign in", u.Email, freePerEmail) }

// knows finds somebody who is signed in, and asks whether they know their password, where they have one. Invalid at field when they don't, RateLimited
// after too many attempts; the caller forgets this one when the rest succeeds, too.
func (p *People) knows(ctx context.Context, op string, u User, field, password string) (stored, error) {
	if err := p.attempt(ctx, op, passwordsOf(u)); err != nil {
		return stored{}, err
	}
	before, ok, err := p.find(ctx, p.db, u.ID)
	if err != nil {
		return before, err
	}
	if !ok || before.DisabledAt != 0 {
		return before, millrace.Errorf(millrace.Unauthorized, op, "your session has ended")
	}
	if before.password == "" {
		return before, nil
	}
	fits, _, err := p.hasher.check(ctx, password, before.password)
	if err == nil && !fits {
		err = millrace.FieldErrorf(op, field, "this is not your present password")
	}
	return before, err
}

// ChangePassword replaces the password of somebody who is signed in and knows their present one, or has none. Every session ends, and the
// caller's begins anew. Invalid at current_password when that is wrong, at password when the new one is not good.
func (p *People) ChangePassword(ctx context.Context, u User, present, password string, c Client) (o Opened, err error) {
	const op = "access.ChangePassword"
	if err := checkPassword("password", password, u); err != nil {
		return o, err
	}
	before, err := p.knows(ctx, op, u, "current_password", present)
	if err != nil {
		return o, err
	}
	hash, err := p.hasher.make(ctx, password)
	if err != nil {
		return o, err
	}
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		now := p.clock()
		again, there, err := p.find(ctx, tx, u.ID)
		if err != nil {
			return err
		}
		if !there || again.password != before.password || again.DisabledAt != 0 {
			return millrace.Errorf(millrace.Conflict, op, "your password was changed elsewhere meanwhile: sign in again")
		}
		if err := p.setPassword(ctx, tx, now, again.User, hash); err != nil {
			return err
		}
		if err := record(ctx, tx, now, Event{PasswordChanged, u.ID, u.Email, ""}); err != nil {
			return err
		}
		again.State = stateActive
		o, err = p.open(ctx, tx, now, again.User, c)
		return err
	})
	return o, err
}
