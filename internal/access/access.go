// Package access says who may do what. It keeps the keys that machines show (Access): write keys, which may only send facts, and secret keys
// with scopes; the people who sign in (People), with their roles, passwords, sessions and the links by which they come in; and the access log
// of what both changed. Of keys, sessions and links only a hash is stored; they themselves are shown once. Look-ups of keys are cached for a
// few seconds, so a key that another process revoked is refused within CacheFor; a session ends at once.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"slices"
	"strings"
	"sync"
	"time"

	"millrace"
	"millrace/internal/collect"
	"millrace/internal/db"
)

// The kinds of key.
const (
	Write  = "write"  // sends facts, reads nothing; it stands in public pages
	Secret = "secret" // calls the API within its scopes
)

// secretPrefix begins every secret key, so that scanners of leaked secrets know one.
const secretPrefix = "mr_sk_"

// Lengths of keys, in characters: some browser SDKs want write keys of 27 letters and digits.
const (
	writeLength  = 27
	secretLength = 40 // the prefix included
)

// CacheFor is how long a look-up may be behind the database.
const CacheFor = 5 * time.Second

// maxCached bounds the look-ups that are kept, those of unknown keys included.
const maxCached = 10_000

// Key is a key as lists show it; the key itself is not known any more.
type Key struct {
	ID        string        `json:"id"`
	Kind      string        `json:"kind" enum:"write,secret"`
	Name      string        `json:"name"`
	Hint      string        `json:"hint" doc:"The key's first characters"`
	Scopes    []Scope       `json:"scopes" nullable:"false" doc:"Of a secret key: read, intake, export, write, import, playbook, admin"`
	Rate      int           `json:"rate_per_second" doc:"Events a second of a write key; 0 is the server's default"`
	CreatedAt millrace.Time `json:"created_at"`
	RevokedAt millrace.Time `json:"revoked_at"`
}

// Allows says whether the key may do what needs the scope.
func (k Key) Allows(s Scope) bool {
	return k.Kind == Secret && k.RevokedAt == 0 && (slices.Contains(k.Scopes, s) || slices.Contains(k.Scopes, ScopeAdmin))
}

// Created is a new key with the key itself, which is given this once.
type Created struct {
	Key
	Secret string `json:"key" doc:"The key itself: it is shown this once"`
}

// Request says which key to make.
type Request struct {
	Kind   string  // Write or Secret
	Name   string  // for people; required
	Scopes []Scope // of a secret key; nil is ScopeRead alone
	Rate   int     // of a write key, events a second; 0 is the server's default
}

// Access keeps the keys of one workspace. It is safe for concurrent use.
type Access struct {
	db    *db.DB
	clock millrace.Clock

	mu     sync.Mutex
	cached map[[32]byte]lookup
}

type lookup struct {
	key   Key
	found bool
	until millrace.Time
}

// New opens the keys of a migrated database. clock is millrace.SystemClock when nil.
func New(d *db.DB, clock millrace.Clock) *Access {
	if clock == nil {
		clock = millrace.SystemClock
	}
	return &Access{db: d, clock: clock, cached: map[[32]byte]lookup{}}
}

var _ collect.Keys = (*Access)(nil)

// Create makes a key. Errors are Invalid and name the field.
func (a *Access) Create(ctx context.Context, r Request) (Created, error) {
	k, err := r.key()
	if err != nil {
		return Created{}, err
	}
	secret := secretPrefix + random(secretLength-len(secretPrefix))
	hint := len(secretPrefix) + 4
	if r.Kind == Write {
		secret, hint = random(writeLength), 6
	}
	k.ID, k.Hint, k.CreatedAt = "key_"+strings.ToLower(rand.Text()[:10]), secret[:hint], a.clock()
	hash := sha256.Sum256([]byte(secret))
	scopes := make([]string, len(k.Scopes))
	for i, s := range k.Scopes {
		scopes[i] = string(s)
	}
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `/* key.create */ insert into api_key (id, kind, name, hash, hint, scopes, rate, created_at, revoked_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, 0)`, k.ID, k.Kind, k.Name, hash[:], k.Hint, strings.Join(scopes, " "), k.Rate, int64(k.CreatedAt))
		if err != nil {
			return err
		}
		return record(ctx, tx, k.CreatedAt, Event{KeyCreated, k.ID, k.Name, strings.TrimSpace(k.Kind + " " + strings.Join(scopes, " "))})
	})
	return Created{Key: k, Secret: secret}, err
}

// key checks the request and fills its defaults in.
func (r Request) key() (Key, error) {
	const op = "access.Create"
	k := Key{Kind: r.Kind, Name: strings.TrimSpace(r.Name), Rate: r.Rate, Scopes: []Scope{}}
	if k.Name == "" || len(k.Name) > 200 || strings.ContainsRune(k.Name, 0) {
		return k, millrace.FieldErrorf(op, "name", "a key needs a name of at most 200 bytes, by which people know what it is for")
	}
	switch r.Kind {
	case Write:
		if len(r.Scopes) > 0 {
			return k, millrace.FieldErrorf(op, "scopes", "a write key has no scopes: it can only send facts")
		}
		if r.Rate < 0 || r.Rate > 10_000_000 {
			return k, millrace.FieldErrorf(op, "rate_per_second", "want 0 (the server's default) to 10,000,000 events a second")
		}
	case Secret:
		if r.Rate != 0 {
			return k, millrace.FieldErrorf(op, "rate_per_second", "only write keys have a rate")
		}
		if r.Scopes == nil {
			r.Scopes = []Scope{ScopeRead}
		}
		if len(r.Scopes) == 0 {
			return k, millrace.FieldErrorf(op, "scopes", "a secret key needs at least one scope")
		}
		for _, s := range Scopes() { // in one order, each once
			if slices.Contains(r.Scopes, s) {
				k.Scopes = append(k.Scopes, s)
			}
		}
		for _, s := range r.Scopes {
			if !slices.Contains(Scopes(), s) {
				return k, millrace.FieldErrorf(op, "scopes", "%q is no scope; there are read, intake, export, write, import, playbook, admin", s)
			}
		}
	default:
		return k, millrace.FieldErrorf(op, "kind", "%q is neither write nor secret", r.Kind)
	}
	return k, nil
}

// letters are what keys are made of.
const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// random is a text of n letters and digits, each with the same chance.
func random(n int) string {
	out := make([]byte, 0, n)
	var b [64]byte
	for len(out) < n {
		rand.Read(b[:])
		for _, c := range b {
			if c < 4*byte(len(letters)) && len(out) < n {
				out = append(out, letters[c%byte(len(letters))])
			}
		}
	}
	return string(out)
}

const columns = "id, kind, name, hint, scopes, rate, created_at, revoked_at"

func scanKey(rows *sql.Rows, k *Key, more ...any) error {
	var scopes string
	err := rows.Scan(append([]any{&k.ID, &k.Kind, &k.Name, &k.Hint, &scopes, &k.Rate, (*int64)(&k.CreatedAt), (*int64)(&k.RevokedAt)}, more...)...)
	k.Scopes = []Scope{}
	for _, s := range strings.Fields(scopes) {
		k.Scopes = append(k.Scopes, Scope(s))
	}
	return err
}

// List gives all keys, revoked ones included, newest first.
func (a *Access) List(ctx context.Context) ([]Key, error) {
	keys, err := db.Collect(ctx, a.db, func(rows *sql.Rows) (k Key, err error) {
		err = scanKey(rows, &k)
		return k, err
	}, "/* key.list */ select "+columns+" from api_key order by created_at desc, id desc")
	if keys == nil {
		keys = []Key{}
	}
	return keys, err
}

// Revoke ends a key for good, by its id: here at once, in other processes within CacheFor. Revoking twice changes nothing. NotFound for
// an unknown id.
func (a *Access) Revoke(ctx context.Context, id string) (Key, error) {
	const op = "access.Revoke"
	var k Key
	err := a.db.Write(ctx, func(tx *db.Tx) error {
		now := a.clock()
		ended, err := tx.Exec(ctx, "/* key.revoke */ update api_key set revoked_at = $1 where id = $2 and revoked_at = 0", int64(now), id)
		if err != nil {
			return err
		}
		keys, err := db.Collect(ctx, tx, func(rows *sql.Rows) (k Key, err error) {
			err = scanKey(rows, &k)
			return k, err
		}, "/* key.get */ select "+columns+" from api_key where id = $1", id)
		if err != nil {
			return err
		}
		if len(keys) == 0 {
			return millrace.Errorf(millrace.NotFound, op, "there is no key %q", id)
		}
		k = keys[0]
		if ended == 0 {
			return nil
		}
		return record(ctx, tx, now, Event{KeyRevoked, k.ID, k.Name, k.Kind})
	})
	a.forget()
	return k, err
}

func (a *Access) forget() {
	a.mu.Lock()
	clear(a.cached)
	a.mu.Unlock()
}

// Find looks a key up, of either kind. ok is false for an unknown and for a revoked key; err means that it could not be found out.
func (a *Access) Find(ctx context.Context, key string) (k Key, ok bool, err error) {
	if key == "" || len(key) > 256 {
		return Key{}, false, nil
	}
	hash := sha256.Sum256([]byte(key))
	now := a.clock()
	a.mu.Lock()
	l, cached := a.cached[hash]
	a.mu.Unlock()
	if !cached || now >= l.until || now < l.until-millrace.Time(CacheFor.Milliseconds()) {
		if l, err = a.load(ctx, hash); err != nil {
			return Key{}, false, err
		}
		l.until = now + millrace.Time(CacheFor.Milliseconds())
		a.mu.Lock()
		if len(a.cached) >= maxCached {
			clear(a.cached)
		}
		a.cached[hash] = l
		a.mu.Unlock()
	}
	return l.key, l.found && l.key.RevokedAt == 0, nil
}

func (a *Access) load(ctx context.Context, hash [32]byte) (lookup, error) {
	keys, err := db.Collect(ctx, a.db, func(rows *sql.Rows) (l lookup, err error) {
		var stored []byte
		err = scanKey(rows, &l.key, &stored)
		l.found = subtle.ConstantTimeCompare(stored, hash[:]) == 1
		return l, err
	}, "/* key.find */ select "+columns+", hash from api_key where hash = $1", hash[:])
	if err != nil || len(keys) == 0 {
		return lookup{}, err
	}
	return keys[0], nil
}

// WriteKey finds a write key: it is what package collect asks.
func (a *Access) WriteKey(ctx context.Context, key string) (collect.Key, bool, error) {
	k, ok, err := a.Find(ctx, key)
	if err != nil || !ok || k.Kind != Write {
		return collect.Key{}, false, err
	}
	return collect.Key{ID: k.ID, Name: k.Name, RatePerSecond: k.Rate}, true, nil
}
