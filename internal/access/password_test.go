package access

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
)

func TestHashes(t *testing.T) {
	h := newHasher(current)
	a, err := h.make(t.Context(), "pässword ①")
	if err != nil || !strings.HasPrefix(a, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatal(a, err)
	}
	b, err := h.make(t.Context(), "pässword ①")
	if err != nil || a == b {
		t.Error("two hashes without a salt", err)
	}
	for password, want := range map[string]bool{"pässword ①": true, "pa\u0308ssword 1": true, "pässword 2": false, "": false} {
		if ok, stale, err := h.check(t.Context(), password, a); ok != want || stale || err != nil {
			t.Errorf("%q: %v %v %v", password, ok, stale, err)
		}
	}
	if ok, _, err := h.check(t.Context(), "", ""); ok || err != nil {
		t.Error("no password fits none", err)
	}
	// Of the reference implementation: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -e
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, stale, err := h.check(t.Context(), "password", reference); !ok || !stale || err != nil {
		t.Errorf("the reference: %v %v %v", ok, stale, err)
	}
}

func TestHashingIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHasher(current)
		for range atOnce {
			if _, err := h.slot(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for range mostWaiting {
			go h.slot(ctx)
		}
		synctest.Wait()
		if _, err := h.slot(t.Context()); millrace.ErrorCode(err) != millrace.Unavailable {
			t.Errorf("one more: %v", err)
		}
		time.Sleep(2 * time.Minute) // of the bubble's clock
		if n := h.waiting.Load(); n != 0 {
			t.Errorf("%d wait for somebody who has gone", n)
		}
	})
}

func TestAHashOfOtherCostsIsMadeAnew(t *testing.T) {
	d, err := db.Open(t.Context(), dbtest.SQLite(t), db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := NewPeople(d, PeopleConfig{})
	defer p.Close()
	const password = "a few words in a row"
	p.hasher = newHasher(argonParameters{memory: 64, passes: 1, lanes: 1})
	if _, err := p.AddWithPassword(t.Context(), NewUser{Email: "ann@acme.com", Role: Admin}, password); err != nil {
		t.Fatal(err)
	}
	p.hasher = newHasher(current)
	for range 2 {
		if _, err := p.SignIn(t.Context(), "ann@acme.com", password, Client{}); err != nil {
			t.Fatal(err)
		}
		u, _, err := p.find(t.Context(), d, "ann@acme.com")
		if err != nil || !strings.Contains(u.password, "m=19456,t=2,p=1") {
			t.Errorf("%s %v", u.password, err)
		}
	}
}

func TestCheckPassword(t *testing.T) {
	u := User{Email: "ann.lee@acme.com", Name: "Ann Lee"}
	for password, good := range map[string]bool{
		"a few words in a row":     true,
		"tr0ub4dor&3 x":            true,
		"пароль из слов":           true,
		"          ":               false,
		"short":                    false,
		"nine char":                false,
		"1234567890":               false,
		"Password123":              false,
		"QWERTYUIOP":               false,
		"aaaaaaaaaaaaaaaaaaa":      false,
		"abababababababab":         false,
		"ann.lee@acme.com":         false,
		"ANN.LEE@ACME.COM1":        false,
		"Ann Lee 12":               false,
		"ann.lee lives here":       true,
		"a\x00bcdefghijkl":         false,
		"\xffabcdefghijkl":         false,
		strings.Repeat("ab1c", 64): true,
		strings.Repeat("ab1c", 65): false,
	} {
		if err := checkPassword("password", password, u); (err == nil) != good {
			t.Errorf("%q: %v", password, err)
		}
	}
	if n := len(commonPasswords()); n < 2000 {
		t.Errorf("only %d common passwords", n)
	}
}

// FuzzParsePHC expects what is read to be written the same, and nothing that would take the machine's memory.
func FuzzParsePHC(f *testing.F) {
	f.Add("$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$$")
	f.Add("$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$c29tZXNhbHQ")
	f.Fuzz(func(t *testing.T, s string) {
		p, ok := parsePHC(s)
		if !ok {
			return
		}
		if p.String() != s {
			t.Errorf("%q is written as %q", s, p)
		}
		if p.memory > mostMemory || p.passes > mostPasses || p.lanes == 0 || len(p.hash) > 64 {
			t.Errorf("%q costs too much", s)
		}
	})
}

// TestRolesAndScopes holds the table of what roles may to rules that it must keep, whatever is added.
func TestRolesAndScopes(t *testing.T) {
	for _, s := range Scopes() {
		if !Admin.Allows(s) {
			t.Errorf("admin lacks %s", s)
		}
	}
	for _, r := range Roles() {
		if r != Admin && r.Allows(ScopeAdmin) {
			t.Errorf("%s is an admin in all but name", r)
		}
		if !r.Allows(ScopeRead) || r.Allows(ScopePublic) || r.Allows(ScopeSelf) {
			t.Errorf("%s: %v", r, r.Scopes())
		}
	}
	for _, s := range []Scope{ScopeExport, ScopeWrite, ScopeImport, ScopePlaybook} {
		if Viewer.Allows(s) {
			t.Errorf("a viewer may %s", s)
		}
	}
	if Role("king").Valid() || len(Role("king").Scopes()) > 0 || len(granted) != len(Roles()) {
		t.Error("a role that is none")
	}
}

// TestRolesAreAsDocumented holds the table in docs/access.md to the one in role.go, both ways.
func TestRolesAreAsDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/access.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[Scope]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) == 9 && strings.HasPrefix(cells[1], " `") {
			rows[Scope(strings.Trim(cells[1], " `"))] = strings.Join(strings.Fields(strings.Join(cells[3:8], " ")), " ")
		}
	}
	for _, s := range Scopes() {
		var want []string
		for _, r := range Roles() { // in the order of the columns
			want = append(want, map[bool]string{true: "yes", false: "no"}[r.Allows(s)])
		}
		if got := rows[s]; got != strings.Join(want, " ") {
			t.Errorf("%s: docs/access.md says %q, the code %q", s, got, want)
		}
		delete(rows, s)
	}
	for s := range rows {
		t.Errorf("docs/access.md has the scope %s, which is none", s)
	}
}
