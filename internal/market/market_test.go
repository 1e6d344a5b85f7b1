package market

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"millrace"
)

var firstDay = millrace.TimeOf(time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC))

func mustNew(t testing.TB, c Config) *Market {
	t.Helper()
	if c.Start == 0 {
		c.Start = firstDay
	}
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// digest is a Directory that keeps a hash of each file, and the content of the small ones.
type digest struct {
	sums  map[string]hash.Hash
	texts map[string]*bytes.Buffer
	keep  map[string]bool
}

func newDigest(keep ...string) *digest {
	d := &digest{map[string]hash.Hash{}, map[string]*bytes.Buffer{}, map[string]bool{}}
	for _, k := range keep {
		d.keep[k] = true
	}
	return d
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

func (d *digest) Create(name string) (io.WriteCloser, error) {
	h := sha256.New()
	d.sums[name], d.texts[name] = h, new(bytes.Buffer)
	if d.keep[name] {
		return nopCloser{io.MultiWriter(h, d.texts[name])}, nil
	}
	return nopCloser{h}, nil
}

func (d *digest) hex() map[string]string {
	out := map[string]string{}
	for name, h := range d.sums {
		out[name] = hex.EncodeToString(h.Sum(nil)[:8])
	}
	return out
}

// What seed 7 means. A change here changes every demo and every benchmark's input: make it knowingly, and say so in the changelog.
var golden = map[string]string{
	"accounts.csv":                  "8a64eb5c56dd0c1e",
	"contacts.csv":                  "36ab377603877939",
	"events.csv":                    "9f3362d5659df6d0",
	"events.ndjson":                 "5064821e3d168514",
	"google_ads.csv":                "9ddb16159cf6a630",
	"linkedin_ads.csv":              "5ea3468d849d9747",
	"opportunities.csv":             "53210825cd5ca657",
	"opportunity_contact_roles.csv": "4d16638107609645",
	"opportunity_history.csv":       "1dee0e31549a95b0",
	"products.csv":                  "20fe41c9d6b28ea8",
	"reps.csv":                      "4546a11eadaa800d",
	"spend.csv":                     "6520f41816ded094",
	"truth.json":                    "fbdb98890eab379b",
}

func TestASeedGivesTheSameBytes(t *testing.T) {
	c := Config{Seed: 7, Accounts: 60, Months: 12}
	a, b := newDigest(), newDigest()
	for _, d := range []*digest{a, b} {
		if err := mustNew(t, c).WriteFiles(d); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(a.hex(), b.hex()) {
		t.Errorf("two runs differ:\n%v\n%v", a.hex(), b.hex())
	}
	for name, sum := range a.hex() {
		if golden[name] != sum {
			t.Errorf("%s: %q, golden %q", name, sum, golden[name])
		}
	}
	c.Seed = 8
	other := newDigest()
	if err := mustNew(t, c).WriteFiles(other); err != nil {
		t.Fatal(err)
	}
	if other.hex()["events.csv"] == a.hex()["events.csv"] {
		t.Error("another seed gave the same events")
	}
}

func TestFactsDontDependOnHowTimeIsCut(t *testing.T) {
	m := mustNew(t, Config{Seed: 3, Accounts: 80, Months: 6})
	sum := func(stretches int) [32]byte {
		h := sha256.New()
		for e := range m.facts(stretches) {
			h.Write(AppendSegment(nil, []millrace.Event{e}, e.ReceivedAt))
		}
		return [32]byte(h.Sum(nil))
	}
	want := sum(1)
	for _, n := range []int{2, 7, 50} {
		if sum(n) != want {
			t.Errorf("%d stretches give other facts than one", n)
		}
	}
}

func TestFactsCanBeLeftEarly(t *testing.T) {
	n := 0
	for range mustNew(t, Config{Seed: 3, Accounts: 50}).Facts() {
		if n++; n == 100 {
			break
		}
	}
	if n != 100 {
		t.Errorf("got %d facts", n)
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	channel := func(change func(*Channel)) []Channel {
		c := DefaultChannels()
		change(&c[1])
		return c
	}
	for _, test := range []struct {
		c     Config
		field string
	}{
		{Config{}, "start"},
		{Config{Start: 1, Accounts: MaxAccounts + 1}, "accounts"},
		{Config{Start: 1, Accounts: -1}, "accounts"},
		{Config{Start: 1, Months: 61}, "months"},
		{Config{Start: 1, Motion: "plg"}, "motion"},
		{Config{Start: 1, WinRate: 1.5}, "win_rate"},
		{Config{Start: 1, BotShare: .95}, "bot_share"},
		{Config{Start: 1, FactsPerPerson: 1e9}, "facts_per_person"},
		{Config{Start: 1, Host: `a"b`}, "host"},
		{Config{Start: 1, Channels: []Channel{}}, "channels"},
		{Config{Start: 1, Channels: append(DefaultChannels(), DefaultChannels()[0])}, "channels"},
		{Config{Start: 1, Channels: channel(func(c *Channel) { c.Cause = 2 })}, "channels.linkedin"},
		{Config{Start: 1, Channels: channel(func(c *Channel) { c.CPC = -1 })}, "channels.linkedin"},
		{Config{Start: 1, Channels: channel(func(c *Channel) { c.Source = `x"` })}, "channels.linkedin"},
	} {
		_, err := New(test.c)
		var e *millrace.Error
		if !errors.As(err, &e) || e.Code != millrace.Invalid || e.Field != test.field {
			t.Errorf("%+v: %v, want an error at %q", test.c, err, test.field)
		}
	}
}

func TestNoneOfAKnob(t *testing.T) {
	m := mustNew(t, Config{Seed: 1, Accounts: 100, BotShare: -1, ScannerShare: -1, LateShare: -1, DuplicateShare: -1, FreeMailShare: -1,
		CrowdShare: -1, SharedShare: -1, CRMShare: -1})
	truth := m.Truth()
	if f := truth.Facts; f.Bot+f.Late+f.Duplicates != 0 || f.Sent == 0 {
		t.Errorf("facts %+v", f)
	}
	if id := truth.Identity; id.FreeMail+id.SharedDevices != 0 || id.Contacts != id.AccountContacts {
		t.Errorf("identity %+v", id)
	}
}

func TestChannelsThatCauseNothingCauseNothing(t *testing.T) {
	channels := DefaultChannels()
	for i := range channels {
		channels[i].Cause = 0
	}
	for _, c := range mustNew(t, Config{Seed: 1, Accounts: 300, Channels: channels}).Truth().Channels {
		if c.Demand+c.Opportunities+c.Won != 0 {
			t.Errorf("%s: %+v", c.Key, c)
		}
	}
	for _, c := range mustNew(t, Config{Seed: 1, Accounts: 1000}).Truth().Channels {
		if causes := c.CausePPM > 0; causes != (c.Demand > 0) {
			t.Errorf("%s causes with %d ppm, and caused %d needs", c.Key, c.CausePPM, c.Demand)
		}
	}
}

func TestNamesAndAddressesAreDistinct(t *testing.T) {
	m := mustNew(t, Config{Seed: 5, Accounts: 30_000, PeoplePerAccount: 12, Months: 1, FactsPerPerson: 1})
	domains, mails, names := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i := range m.c.Accounts {
		f := m.firm(i)
		name, _ := m.nameOf(i)
		domain := m.domainOf(&f)
		if domains[domain] || names[name] {
			t.Fatalf("account %d: %s %s again", i, name, domain)
		}
		domains[domain], names[name] = true, true
		for j := range f.people {
			mail := m.person(&f, i, j).Email
			if mails[mail] {
				t.Fatalf("%s again", mail)
			}
			mails[mail] = true
			for _, c := range []byte(mail) {
				if c >= 0x80 || c == ' ' || c >= 'A' && c <= 'Z' {
					t.Fatalf("%q is no plain address", mail)
				}
			}
		}
	}
	last, _ := mustNew(t, Config{Accounts: MaxAccounts}).nameOf(MaxAccounts - 1)
	if strings.Count(last, " ") != 2 {
		t.Errorf("the last name is %q", last)
	}
}

// plausible bounds are of domain.md, wide enough for one thousand accounts.
func TestTheMarketIsPlausible(t *testing.T) {
	for _, motion := range []string{"smb", "mid-market", "enterprise"} {
		m := mustNew(t, Config{Seed: 11, Accounts: 4000, Motion: motion})
		truth := m.Truth()
		people, fit := 0, 0
		mid, inMarket := (m.start+m.end)/2, 0
		for _, a := range truth.Accounts {
			people += a.People
			if a.IsFit {
				fit++
			}
			if a.Committee < 3 || a.Committee > 10 {
				t.Errorf("a committee of %d", a.Committee)
			}
			for _, w := range a.InMarket {
				if w.From <= mid && mid < w.Until {
					inMarket++
				}
			}
		}
		n := len(truth.Accounts)
		within := func(what string, value, low, high float64) {
			t.Helper()
			if !(value >= low && value <= high) {
				t.Errorf("%s: %s is %.3f, want %.3f to %.3f", motion, what, value, low, high)
			}
		}
		share := func(a, b int) float64 { return float64(a) / float64(b) }
		within("people an account", share(people, n), 8.5, 11)
		within("facts a person", share(truth.Facts.Sent, people), 12, 18)
		within("share of fit accounts", share(fit, n), .12, .25)
		within("share in the market at a time", share(inMarket, n), .03, .055)
		within("share with an opportunity in the year", share(truth.Deals.AccountsIn, n), .05, .1)
		within("win rate", share(truth.Deals.Won, truth.Deals.Won+truth.Deals.Lost), .2, .3)
		within("bot facts", share(truth.Facts.Bot, truth.Facts.Unique), .04, .09)
		within("late facts", share(truth.Facts.Late, truth.Facts.Unique), .01, .03)
		within("duplicates", share(truth.Facts.Duplicates, truth.Facts.Unique), .01, .02)
		within("people who said who they are", share(truth.Identity.Contacts, people), .1, .4)
		for _, c := range truth.Channels {
			switch perLead := float64(c.SpendMinor) / 100 / float64(max(1, c.Leads)); c.Key {
			case "linkedin":
				within("LinkedIn's cost a lead", perLead, 80, 200)
			case "google":
				within("Google's cost a lead", perLead, 30, 100)
			}
		}
		days, won := 0, 0
		for o := range m.Opportunities() {
			if o.Type == dealKinds[dealNew] && o.Status == millrace.OpportunityWon {
				days += int((o.ClosedAt - o.OpenedAt) / millrace.Day)
				won++
			}
		}
		within("days to win a deal", share(days, won), float64(m.motion.cycleLow), float64(m.motion.cycleHigh))
	}
}

func TestAccountsThatFitBuyMore(t *testing.T) {
	fit, other, fits, others := 0, 0, 0, 0
	for _, a := range mustNew(t, Config{Seed: 2, Accounts: 5000}).Truth().Accounts {
		bought := 0
		if a.WouldBuy {
			bought = 1
		}
		if a.IsFit {
			fit, fits = fit+bought, fits+1
		} else {
			other, others = other+bought, others+1
		}
	}
	if fit*others < 5*other*fits {
		t.Errorf("%d of %d fit accounts would buy, and %d of %d others: too little to learn from", fit, fits, other, others)
	}
}

func TestTruthIsWrittenAsJSON(t *testing.T) {
	d := newDigest("truth.json")
	m := mustNew(t, Config{Seed: 7, Accounts: 60})
	if err := m.WriteFiles(d); err != nil {
		t.Fatal(err)
	}
	var got Truth
	if err := json.Unmarshal(d.texts["truth.json"].Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := m.Truth()
	got.Profile, want.Profile = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Error("truth.json is not Truth")
	}
}
