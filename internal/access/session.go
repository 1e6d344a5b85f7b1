package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"strings"

	"millrace"
	"millrace/internal/db"
)

// Session is a browser in which somebody signed in.
type Session struct {
	ID        string        `json:"id"`
	CreatedAt millrace.Time `json:"created_at"`
	UsedAt    millrace.Time `json:"used_at" doc:"To a minute or so"`
	ExpiresAt millrace.Time `json:"expires_at" doc:"When it ends unless it is used before, and at the latest"`
	Address   string        `json:"address" doc:"Of the client that signed in"`
	Agent     string        `json:"user_agent"`
	Current   bool          `json:"current" doc:"The one of this request"`
	// Bound says that a second factor is demanded of its user, who has none: it is good for setting one up and for signing out.
	Bound bool `json:"-"`
}

// Client is where a request came from.
type Client struct {
	Address string
	Agent   string
}

// Opened is a new session: its secret goes into the cookie, and nowhere else.
type Opened struct {
	Session
	User   User
	Secret string
}

// touchEvery is how far behind the use of a session may be written down.
const touchEvery = millrace.Minute

// newSecret gives 256 random bits as text, and the hash under which they are stored.
func newSecret() (secret string, hash []byte) {
	var b [32]byte
	rand.Read(b[:])
	secret = base64.RawURLEncoding.EncodeToString(b[:])
	return secret, hashOf(secret)
}

func hashOf(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}

// open makes a session.
func (p *People) open(ctx context.Context, tx *db.Tx, now millrace.Time, u User, c Client) (Opened, error) {
	d, err := demandOf(ctx, tx)
	if err != nil {
		return Opened{}, err
	}
	secret, hash := newSecret()
	s := Session{ID: "ses_" + strings.ToLower(rand.Text()[:12]), CreatedAt: now, UsedAt: now, ExpiresAt: now + min(p.idle, p.max), Address: kept(c.Address),
		Agent: kept(c.Agent[:min(len(c.Agent), 300)]), Current: true, Bound: d.Since != 0 && u.SecondFactorAt == 0}
	_, err = tx.Exec(ctx, `/* session.open */ insert into user_session (hash, id, user_id, created_at, used_at, address, agent) values ($1, $2, $3, $4, $5, $6, $7)`,
		hash, s.ID, u.ID, int64(now), int64(now), s.Address, s.Agent)
	u.LastSeenAt = now
	return Opened{Session: s, User: u, Secret: secret}, err
}

const sessionColumns = "s.id, s.created_at, s.used_at, s.address, s.agent"

// scanSession reads sessionColumns and more.
func (p *People) scanSession(rows *sql.Rows, s *Session, more ...any) error {
	err := rows.Scan(append([]any{&s.ID, (*int64)(&s.CreatedAt), (*int64)(&s.UsedAt), &s.Address, &s.Agent}, more...)...)
	s.ExpiresAt = min(s.UsedAt+p.idle, s.CreatedAt+p.max)
	return err
}

// SessionOf finds the session of a cookie's secret, and whose it is. ok is false for one that ended, was never there, or whose user is disabled.
func (p *People) SessionOf(ctx context.Context, secret string) (s Session, u User, ok bool, err error) {
	if secret == "" || len(secret) > 128 {
		return s, u, false, nil
	}
	now := p.clock()
	found, err := db.Collect(ctx, p.db, func(rows *sql.Rows) (s Session, err error) {
		var password string
		var demanded int64
		err = p.scanSession(rows, &s, &u.ID, &u.Email, &u.Name, &u.Role, &password, (*int64)(&u.CreatedAt), (*int64)(&u.SecondFactorAt), &demanded)
		s.Bound = demanded > 0 && u.SecondFactorAt == 0
		u.State, u.LastSeenAt = stateInvited, s.UsedAt
		if password != "" {
			u.State = stateActive
		}
		return s, err
	}, "/* session.find */ select "+sessionColumns+`, u.id, u.email, u.name, u.role, u.password, u.created_at, coalesce(f.confirmed_at, 0),
		(select count(*) from setting where name = $2)
		from user_session s join app_user u on u.id = s.user_id left join second_factor f on f.user_id = u.id where s.hash = $1 and u.disabled_at = 0`, hashOf(secret), demandSetting)
	if err != nil || len(found) == 0 || now >= found[0].ExpiresAt {
		return s, User{}, false, err
	}
	s = found[0]
	s.Current = true
	if now-s.UsedAt >= touchEvery {
		p.touch(ctx, s.ID, now)
		s.ExpiresAt = min(now+p.idle, s.CreatedAt+p.max)
	}
	return s, u, true, nil
}

// touch writes down that a session was used, beside the request: the write connection may be busy for a while. When it fails, the next
// request does it.
func (p *People) touch(ctx context.Context, id string, now millrace.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.touched[id] {
		return
	}
	p.touched[id] = true
	ctx = context.WithoutCancel(ctx)
	p.touching.Go(func() {
		p.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "/* session.use */ update user_session set used_at = $1 where id = $2 and used_at < $1", int64(now), id)
			return err
		})
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.touched, id)
	})
}

// Close waits for what is written beside requests.
func (p *People) Close() { p.touching.Wait() }

// Sessions lists the open sessions of a user, the one used last first. current is the id of the caller's own.
func (p *People) Sessions(ctx context.Context, user, current string) ([]Session, error) {
	now := p.clock()
	all, err := db.Collect(ctx, p.db, func(rows *sql.Rows) (s Session, err error) {
		err = p.scanSession(rows, &s)
		s.Current = s.ID == current
		return s, err
	}, "/* session.list */ select "+sessionColumns+" from user_session s where s.user_id = $1 and s.used_at > $2 and s.created_at > $3 order by s.used_at desc, s.id",
		user, int64(now-p.idle), int64(now-p.max))
	if all == nil {
		all = []Session{}
	}
	return all, err
}

// EndSession ends one session of a user. NotFound when they have none of this id.
func (p *People) EndSession(ctx context.Context, u User, id string, action Action) error {
	return p.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "/* session.end */ delete from user_session where user_id = $1 and id = $2", u.ID, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return millrace.Errorf(millrace.NotFound, "access.EndSession", "there is no session %q", id)
		}
		return record(ctx, tx, p.clock(), Event{action, u.ID, u.Email, id})
	})
}

// Forget ends the session of a cookie's secret, where it is one: its browser has a new one.
func (p *People) Forget(ctx context.Context, secret string) error {
	if secret == "" || len(secret) > 128 {
		return nil
	}
	return p.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "/* session.forget */ delete from user_session where hash = $1", hashOf(secret))
		return err
	})
}

// EndSessions ends all sessions of a user but one, which may be "", and says how many.
func (p *People) EndSessions(ctx context.Context, who, but string) (ended int64, err error) {
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		u, err := p.locked(ctx, tx, who)
		if err != nil {
			return err
		}
		if ended, err = tx.Exec(ctx, "/* session.end_all */ delete from user_session where user_id = $1 and id <> $2", u.ID, but); err != nil || ended == 0 {
			return err
		}
		return record(ctx, tx, p.clock(), Event{SessionsEnded, u.ID, u.Email, ""})
	})
	return ended, err
}

// Clean removes what has expired: sessions, links, and failures that are forgotten.
func (p *People) Clean(ctx context.Context) error {
	now := p.clock()
	return p.db.Write(ctx, func(tx *db.Tx) error {
		for _, c := range []struct {
			query string
			args  []any
		}{
			{"/* session.clean */ delete from user_session where used_at <= $1 or created_at <= $2", []any{int64(now - p.idle), int64(now - p.max)}},
			{"/* token.clean */ delete from user_token where expires_at > 0 and expires_at <= $1", []any{int64(now)}},
			{"/* attempt.clean */ delete from attempt where last_at <= $1", []any{int64(now - forgetAfter)}},
		} {
			if _, err := tx.Exec(ctx, c.query, c.args...); err != nil {
				return err
			}
		}
		return nil
	})
}
