package engine

import (
	"context"
	"database/sql"

	"millrace"
	"millrace/internal/db"
)

// generations is a bounded map: when the young half is full it becomes the old half and the old one is forgotten. What is used stays.
type generations[K comparable, V any] struct {
	young, old map[K]V
	limit      int
	turned     int64 // version at which the young half became the old one
	deleted    bool  // something was taken out since age was called
}

func newGenerations[K comparable, V any](limit int) *generations[K, V] {
	return &generations[K, V]{young: map[K]V{}, limit: max(limit/2, 1)}
}

func (g *generations[K, V]) get(k K) (V, bool) {
	if v, ok := g.young[k]; ok {
		return v, true
	}
	v, ok := g.old[k]
	if ok {
		g.young[k] = v
	}
	return v, ok
}

func (g *generations[K, V]) put(k K, v V) { g.young[k] = v }

func (g *generations[K, V]) delete(k K) {
	delete(g.young, k)
	delete(g.old, k)
	g.deleted = true
}

// age is called between units only, when nothing in the map is being changed, with the version that was written last. It gives what was
// forgotten, and the version up to which something used or written may be missing now.
func (g *generations[K, V]) age(version int64) (forgotten map[K]V, missing int64) {
	if len(g.young) > g.limit {
		missing, g.turned = g.turned, version
		forgotten, g.old, g.young = g.old, g.young, map[K]V{}
	}
	if g.deleted {
		missing, g.deleted = version, false
	}
	return forgotten, missing
}

func (g *generations[K, V]) drop() { g.young, g.old, g.turned, g.deleted = map[K]V{}, nil, 0, false }

// ident is an identifier of a person, a visitor, an account or a record, as the log keeps it, and the entity that it means today.
type ident struct {
	id       int64
	entity   int64 // the contact or account it belongs to; its own id when it stands alone
	firstSeq int64
	key      string // kind letter, colon, value
}

func (i *ident) kind() byte { return i.key[0] }

// caches hold state between units of work. They are read and changed under the engine's lock alone, and only after begin has seen, inside
// the transaction, that no other node wrote since.
type caches struct {
	version, seq, nextID int64
	whole                int64 // of identifiers, people, visitors and accounts, everything that later versions wrote is here as they left it
	people               int

	idents    *generations[string, *ident]
	byID      *generations[int64, *ident]
	persons   *generations[int64, *person]
	profiled  *generations[int64, *person] // those whose traits are here too
	accounts  *generations[int64, *account]
	visitors  *generations[int64, *visitor]
	links     *generations[[2]int64, struct{}]
	words     *generations[string, int64]
	wordByID  *generations[int64, string]
	matches   *generations[matchKey, match]
	portraits *generations[portrayed, portrait]
	described *generations[int64, *account] // those whose traits are here too
	wordsFull bool
	undone    map[int64]millrace.Time // imports that were undone
}

type matchKey struct {
	kind        millrace.Kind
	name, place int64
}

type match struct {
	behavior   int
	needsProps bool
}

func newCaches(people int) *caches {
	return &caches{version: -1, people: people,
		idents: newGenerations[string, *ident](2 * people), byID: newGenerations[int64, *ident](2 * people),
		persons: newGenerations[int64, *person](people), profiled: newGenerations[int64, *person](people / 5), described: newGenerations[int64, *account](people / 10), accounts: newGenerations[int64, *account](people / 2),
		visitors: newGenerations[int64, *visitor](people), links: newGenerations[[2]int64, struct{}](people),
		words: newGenerations[string, int64](40_000), wordByID: newGenerations[int64, string](40_000),
		matches: newGenerations[matchKey, match](40_000), portraits: newGenerations[portrayed, portrait](20_000), undone: map[int64]millrace.Time{}}
}

func (c *caches) age(version int64) {
	for _, age := range [...]func() int64{
		func() int64 { _, missing := c.idents.age(version); return missing }, func() int64 { _, missing := c.byID.age(version); return missing },
		func() int64 { _, missing := c.persons.age(version); return missing }, func() int64 { _, missing := c.accounts.age(version); return missing },
		func() int64 { _, missing := c.visitors.age(version); return missing },
	} {
		c.whole = max(c.whole, age())
	}
	profiled, _ := c.profiled.age(version) // traits take ten times the room of everything else about a person
	for id, p := range profiled {
		if c.profiled.old[id] != p {
			p.loaded, p.traits, p.bindings, p.listed = false, nil, bindings{}, nil
		}
	}
	described, _ := c.described.age(version)
	for id, a := range described {
		if c.described.old[id] != a {
			a.loaded, a.traits = false, nil
		}
	}
	c.links.age(version)
	c.words.age(version)
	c.wordByID.age(version)
	c.matches.age(version)
	c.portraits.age(version)
}

func (c *caches) drop() {
	c.version = -1
	c.idents.drop()
	c.byID.drop()
	c.persons.drop()
	c.profiled.drop()
	c.described.drop()
	c.accounts.drop()
	c.visitors.drop()
	c.links.drop()
	c.words.drop()
	c.wordByID.drop()
	c.matches.drop()
	c.portraits.drop()
}

// keep has an identifier that was read in both maps, as the value that either of them still has: who holds that must see it moved.
func (c *caches) keep(i *ident) {
	old, ok := c.byID.get(i.id)
	if !ok {
		old, ok = c.idents.get(i.key)
	}
	if ok {
		i = old
	}
	c.idents.put(i.key, i)
	c.byID.put(i.id, i)
}

func (c *caches) load(ctx context.Context, q db.Querier) error {
	clear(c.undone)
	return db.Each(ctx, q, "/* import.undone */ select id, undone_at from import where undone_at > 0", func(rows *sql.Rows) error {
		var id, at int64
		err := rows.Scan(&id, &at)
		c.undone[id] = millrace.Time(at)
		return err
	})
}
