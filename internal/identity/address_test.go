package identity

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEmail(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"jane@acme.com", "jane@acme.com"},
		{"  Jane.Doe@ACME.com \n", "jane.doe@acme.com"},
		{"Jane Doe <Jane@Acme.com>", "jane@acme.com"},
		{`"Doe, Jane" <jane@acme.com>`, "jane@acme.com"},
		{"<jane@acme.com>", "jane@acme.com"},
		{"mailto:jane@acme.com?subject=Hi", "jane@acme.com"},
		{"MAILTO:jane%2Bx@acme.com", "jane+x@acme.com"},
		{"'jane@acme.com'", "jane@acme.com"},
		{"jane@acme.com;", "jane@acme.com"},
		{"jane@acme.com.", "jane@acme.com"},
		{"ja\u200bne@acme.com\ufeff", "jane@acme.com"},
		{"jane+news@gmail.com", "jane+news@gmail.com"},
		{"ja.ne@gmail.com", "ja.ne@gmail.com"},
		{"o'brien@acme.com", "o'brien@acme.com"},
		{"Jane@Müller.de", "jane@xn--mller-kva.de"},
		{"jane@XN--MLLER-KVA.de", "jane@xn--mller-kva.de"},
		{"JOSE\u0301@acme.es", "jos\u00e9@acme.es"},
		{"用户@例子.公司", "用户@xn--fsqu00a.xn--55qx5d"},
		{strings.Repeat("a", 64) + "@acme.com", strings.Repeat("a", 64) + "@acme.com"},
		{strings.Repeat("a", 65) + "@acme.com", ""},
		{"a@" + strings.Repeat("abcdefghi.", 25) + "com", ""}, // 255 octets in all
		{"", ""}, {"jane", ""}, {"@acme.com", ""}, {"jane@", ""}, {"jane@localhost", ""}, {"jane@1.2.3.4", ""},
		{"jane@[1.2.3.4]", ""}, {"jane doe@acme.com", ""}, {"a@b.com, c@d.com", ""}, {"a@b@c.com", ""}, {"ja\x00ne@acme.com", ""},
		{"ja\nne@acme.com", ""}, {".jane@acme.com", ""}, {"jane.@acme.com", ""}, {"ja..ne@acme.com", ""}, {"jane@acme..com", ""},
		{"jane@-acme.com", ""}, {"jane@ac_me.com", ""}, {"jane@acme.com..", ""}, {`"jane doe"@acme.com`, ""}, {"jane@acme.com\xff", ""},
		{"mailto:%zz@acme.com", ""}, {">", ""},
	} {
		a, ok := Email(c.raw)
		if a.Value != c.want || ok != (c.want != "") {
			t.Errorf("Email(%q) = %q, %v; want %q", c.raw, a.Value, ok, c.want)
		}
		if ok && a.Local+"@"+a.Domain != a.Value {
			t.Errorf("Email(%q): parts %q and %q", c.raw, a.Local, a.Domain)
		}
	}
}

func TestAddressKinds(t *testing.T) {
	for _, c := range []struct {
		email                  string
		role, free, disposable bool
	}{
		{"jane@acme.com", false, false, false},
		{"info@acme.com", true, false, false},
		{"Info+web@acme.com", true, false, false},
		{"sales-de@acme.com", true, false, false},
		{"support.team@acme.com", true, false, false},
		{"no-reply@acme.com", true, false, false},
		{"no-reply-17@acme.com", true, false, false},
		{"bounces-ab12@acme.com", true, false, false},
		{"sydney@acme.com", false, false, false},
		{"chef.anna@acme.com", false, false, false},
		{"info.anna@acme.com", false, false, false},
		{"dean@acme.com", false, false, false},
		{"jane@gmail.com", false, true, false},
		{"jane@googlemail.com", false, true, false},
		{"jane@web.de", false, true, false},
		{"jane@yahoo.com.ph", false, true, false},
		{"jane@proton.me", false, true, false},
		{"jane@students.nus.edu.sg", false, true, false},
		{"x@mailinator.com", false, false, true},
		{"x@eu.mailinator.com", false, false, true},
		{"x@tempmail.com", false, false, true},
		{"jane@example.com", false, false, false},
		{"jane@yahoo-partners.com", false, false, false},
		{"info@gmail.com", true, true, false},
	} {
		a, ok := Email(c.email)
		if !ok || a.Role() != c.role || a.Free() != c.free || a.Disposable() != c.disposable {
			t.Errorf("%s: ok %v, role %v, free %v, disposable %v", c.email, ok, a.Role(), a.Free(), a.Disposable())
		}
	}
}

func TestDomain(t *testing.T) {
	for _, c := range []struct{ raw, want string }{
		{"https://www.Acme.co.uk/x?y=1#z", "acme.co.uk"},
		{"acme.com.", "acme.com"},
		{"WWW.acme.com:8080", "acme.com"},
		{"ümlaut.de", "xn--mlaut-jva.de"},
		{"XN--MLAUT-JVA.de", "xn--mlaut-jva.de"},
		{"http://user:pass@shop.acme.com/", "acme.com"},
		{"jane@acme.com", "acme.com"},
		{"//cdn.acme.com/a", "acme.com"},
		{" <acme.com>, ", "acme.com"},
		{"acme。com", "acme.com"},
		{"my_shop.acme.com", "acme.com"},
		{"r3---sn-4g5e.acme.com", "acme.com"},
		{"tenant.github.io", "tenant.github.io"},
		{"www.tenant.myshopify.com", "tenant.myshopify.com"},
		{"news.tenant.blogspot.com", "tenant.blogspot.com"},
		{"acme.example", "acme.example"},
		{"www.example.com", "example.com"},
		{"acme.eu.org", "acme.eu.org"},
		{"github.io", ""}, {"co.uk", ""}, {"com", ""}, {"localhost", ""}, {"localhost:3000", ""}, {"acme", ""}, {"10.0.0.1", ""},
		{"http://[::1]:80/", ""}, {"2001:db8::1", ""}, {"printer.local", ""}, {"db.internal", ""}, {"4.3.2.1.in-addr.arpa", ""},
		{"gmail.com", ""}, {"www.gmail.com", ""}, {"https://mail.yahoo.fr/", ""}, {"mailinator.com", ""}, {"x.mailinator.com", ""},
		{"", ""}, {".acme.com", ""}, {"acme..com", ""}, {"acme.com, acme.de", ""}, {"a b.com", ""}, {"n/a", ""}, {"-", ""}, {"acme.com:port", ""},
		{"ac\x00me.com", ""}, {"acme.com\xff", ""}, {"shop_.com", ""}, {strings.Repeat("a", 64) + ".com", ""},
	} {
		if d, ok := Domain(c.raw); d != c.want || ok != (c.want != "") {
			t.Errorf("Domain(%q) = %q, %v; want %q", c.raw, d, ok, c.want)
		}
	}
}

// shared is a file of the outside data, or skips the test.
func shared(t *testing.T, name string) *os.File {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(dir, "data", name))
	if err != nil {
		t.Skipf("no %s among the outside data", name)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestPublicSuffixList runs the public suffix list's own tests. Domain may refuse a name of them for its own reasons, and never
// gives another.
func TestPublicSuffixList(t *testing.T) {
	in, n := bufio.NewScanner(shared(t, "publicsuffix/tests.txt")), 0
	for in.Scan() {
		f := strings.Fields(in.Text())
		if len(f) != 2 || strings.HasPrefix(f[0], "//") {
			continue
		}
		n++
		want := f[1]
		if want == "null" {
			want = ""
		} else if a, ok := asciiHost(want, false); ok {
			want = a
		}
		got := ""
		if host, ok := asciiHost(f[0], false); ok {
			got, _ = registrable(host)
		}
		if got != want {
			t.Errorf("registrable domain of %s = %q, want %q", f[0], got, want)
		}
		if d, ok := Domain(f[0]); ok && d != want {
			t.Errorf("Domain(%s) = %q, want %q", f[0], d, want)
		}
	}
	if n < 70 {
		t.Errorf("%d names tested", n)
	}
}

// idempotent says that normalising a normal form changes nothing.
func idempotent(t *testing.T, what, raw, once, twice string) {
	t.Helper()
	if once != twice {
		t.Errorf("%s(%q) = %q, and of that %q", what, raw, once, twice)
	}
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"Jane <Jane@Müller.de>", "mailto:a%40b@c.com?x", "a@xn--a.com", "'a'@b.co", "İ@İ.com", "a@ß.de", "\u1fb3\u0345@b.cc", "a@b.c＠m"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		a, ok := Email(raw)
		if !ok {
			if a != (Address{}) {
				t.Errorf("Email(%q) = %+v and false", raw, a)
			}
			return
		}
		b, ok := Email(a.Value)
		if !ok || a != b {
			t.Errorf("Email(%q) = %q, and of that %q, %v", raw, a.Value, b.Value, ok)
		}
		if strings.ContainsAny(a.Value, " \t\r\n\x00<>") || len(a.Value) > 254 || len(a.Local) > 64 {
			t.Errorf("Email(%q) = %q", raw, a.Value)
		}
		a.Role()
		a.Free()
		a.Disposable()
	})
}

func FuzzDomain(f *testing.F) {
	for _, s := range []string{"https://www.Acme.co.uk/x", "u:p@ümlaut.de:80", "xn--mlaut-jva.de", "a.xn--zzzzzzz", "acme。com", "[::1]", "1.2.3.0x4", "a.github.io", "ſ.com"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		d, ok := Domain(raw)
		if !ok {
			if d != "" {
				t.Errorf("Domain(%q) = %q and false", raw, d)
			}
			return
		}
		again, ok := Domain(d)
		idempotent(t, "Domain", raw, d, again)
		if !ok || !isASCII(d) || strings.ToLower(d) != d || !strings.Contains(d, ".") {
			t.Errorf("Domain(%q) = %q", raw, d)
		}
	})
}

func BenchmarkEmail(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		a, ok := Email("Jane.Doe@Acme.com")
		if !ok || a.Free() || a.Disposable() || a.Role() {
			b.Fatal(a)
		}
	}
}

func BenchmarkDomain(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := Domain("https://www.acme.co.uk/pricing?utm_source=x"); !ok {
			b.Fatal()
		}
	}
}
