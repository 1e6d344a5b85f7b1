package engine

import (
	"fmt"
	"hash/maphash"
	"testing"

	"millrace"
)

// What was read ahead is taken in as long as the caches have all that was written since, and not when they have forgotten some of it.
func TestStaleAheadIsNotTaken(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	now := millrace.Time(1_800_000_000_000)
	e := openInternal(t, Config{CachePeople: 4, Clock: func() millrace.Time { return now }})
	n := 0
	visit := func(who string) millrace.Event {
		n++
		return millrace.Event{Source: "web", ID: fmt.Sprint(n), Kind: millrace.KindPage, UserID: who, OccurredAt: now, Host: "example.org", Path: "/pricing"}
	}
	apply := func(who string) {
		t.Helper()
		if _, err := e.Apply(ctx, millrace.Batch{Events: []millrace.Event{visit(who)}}); err != nil {
			t.Fatal(err)
		}
	}
	others := func() {
		for i := range 12 {
			apply(fmt.Sprint("other", i))
		}
	}
	read := func() *ahead {
		t.Helper()
		f := visit("anna")
		a := e.readAhead(&lookout{maphash.MakeSeed(), newGenerations[uint64, struct{}](10)}, []*request{{facts: []incoming{e.incoming(&f, 0)}}})
		if a == nil || len(a.c.persons.young) != 1 || len(a.absent) != 0 {
			t.Fatalf("read ahead: %+v", a)
		}
		return a
	}
	taken := func(a *ahead) (yes bool) {
		t.Helper()
		if err := e.write(ctx, 0, func(u *unit) error {
			u.plain = true
			if _, known := u.c.idents.get("u:anna"); known {
				t.Fatal("she is cached")
			}
			u.takeAhead(a)
			if i, ok := u.c.idents.get("u:anna"); ok {
				_, yes = u.c.persons.get(i.entity)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return yes
	}
	apply("anna")
	others()
	a := read()
	apply("somebody")
	if !taken(a) {
		t.Error("what was read before somebody else's fact was not taken")
	}
	others()
	a = read()
	apply("anna")
	others()
	if taken(a) {
		t.Error("what was read before her last fact was taken")
	}
	a = read()
	if _, err := e.Sweep(ctx, 0); err != nil {
		t.Fatal(err)
	}
	if err := e.write(ctx, 0, func(*unit) error { return nil }); err != nil { // may have changed anything
		t.Fatal(err)
	}
	if taken(a) {
		t.Error("what was read before something else than facts was written was taken")
	}
	if taken(nil) || !taken(read()) {
		t.Error("what holds now was not taken")
	}
}
