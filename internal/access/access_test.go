package access_test

import (
	"regexp"
	"testing"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/db"
	"millrace/internal/dbtest"
)

func open(t *testing.T, url string, clock millrace.Clock) *access.Access {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return access.New(d, clock)
}

func TestKeys(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		now := millrace.Time(1767571200000)
		clock := func() millrace.Time { return now }
		a := open(t, url, clock)
		ctx := t.Context()
		write, err := a.Create(ctx, access.Request{Kind: access.Write, Name: " Website ", Rate: 50})
		if err != nil || !regexp.MustCompile(`^[0-9A-Za-z]{27}$`).MatchString(write.Secret) || write.Name != "Website" {
			t.Fatalf("%+v %v", write, err)
		}
		secret, err := a.Create(ctx, access.Request{Kind: access.Secret, Name: "BI"})
		if err != nil || !regexp.MustCompile(`^mr_sk_[0-9A-Za-z]{34}$`).MatchString(secret.Secret) {
			t.Fatalf("%+v %v", secret, err)
		}
		if k, ok, err := a.WriteKey(ctx, write.Secret); !ok || err != nil || k.ID != write.ID || k.RatePerSecond != 50 || k.Name != "Website" {
			t.Errorf("%+v %v %v", k, ok, err)
		}
		for _, s := range []string{secret.Secret, "", "unknown", write.Secret + "x"} {
			if _, ok, err := a.WriteKey(ctx, s); ok || err != nil {
				t.Errorf("%q counts as a write key, %v", s, err)
			}
		}
		k, ok, err := a.Find(ctx, secret.Secret)
		if !ok || err != nil || !k.Allows(access.ScopeRead) || k.Allows(access.ScopeWrite) || k.Allows(access.ScopeAdmin) {
			t.Errorf("%+v %v %v", k, ok, err)
		}
		list, err := a.List(ctx)
		if err != nil || len(list) != 2 {
			t.Errorf("%+v %v", list, err)
		}
		other := open(t, url, clock) // another process, which has the key in its cache
		if _, ok, err := other.WriteKey(ctx, write.Secret); !ok || err != nil {
			t.Fatal(err)
		}
		if r, err := a.Revoke(ctx, write.ID); err != nil || r.RevokedAt != now {
			t.Errorf("%+v %v", r, err)
		}
		if _, ok, _ := a.WriteKey(ctx, write.Secret); ok {
			t.Error("a revoked key is taken by the process that revoked it")
		}
		now += millrace.Time(access.CacheFor.Milliseconds())
		if _, ok, _ := other.WriteKey(ctx, write.Secret); ok {
			t.Error("a revoked key is taken by another process after CacheFor")
		}
		if r, err := a.Revoke(ctx, write.ID); err != nil || r.RevokedAt != now-millrace.Time(access.CacheFor.Milliseconds()) {
			t.Errorf("revoking twice moved the moment: %+v %v", r, err)
		}
		if _, err := a.Revoke(ctx, "key_none"); millrace.ErrorCode(err) != millrace.NotFound {
			t.Error(err)
		}
	})
}

func TestAKeyThatIsMadeCountsAtOnce(t *testing.T) {
	a := open(t, dbtest.SQLite(t), nil)
	admin, err := a.Create(t.Context(), access.Request{Kind: access.Secret, Name: "admin", Scopes: []access.Scope{access.ScopeAdmin, access.ScopeAdmin}})
	if err != nil || len(admin.Scopes) != 1 {
		t.Fatalf("%+v %v", admin, err)
	}
	k, ok, err := a.Find(t.Context(), admin.Secret)
	if !ok || err != nil {
		t.Fatal(err)
	}
	for _, s := range access.Scopes() {
		if !k.Allows(s) {
			t.Errorf("admin may not %s", s)
		}
	}
}

func TestRefusedRequests(t *testing.T) {
	a := open(t, dbtest.SQLite(t), nil)
	for field, r := range map[string]access.Request{
		"name":            {Kind: access.Write},
		"kind":            {Kind: "root", Name: "x"},
		"scopes":          {Kind: access.Secret, Name: "x", Scopes: []access.Scope{"everything"}},
		"rate_per_second": {Kind: access.Write, Name: "x", Rate: -1},
	} {
		_, err := a.Create(t.Context(), r)
		if e, ok := err.(*millrace.Error); !ok || e.Field != field || e.Code != millrace.Invalid {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, r := range []access.Request{{Kind: access.Write, Name: "x", Scopes: []access.Scope{access.ScopeRead}}, {Kind: access.Secret, Name: "x", Scopes: []access.Scope{}}} {
		if _, err := a.Create(t.Context(), r); millrace.ErrorCode(err) != millrace.Invalid {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func BenchmarkFind(b *testing.B) {
	d, err := db.Open(b.Context(), dbtest.SQLite(b), db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	a := access.New(d, nil)
	k, err := a.Create(b.Context(), access.Request{Kind: access.Write, Name: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, ok, _ := a.WriteKey(b.Context(), k.Secret); !ok {
			b.Fatal("not found")
		}
	}
}
