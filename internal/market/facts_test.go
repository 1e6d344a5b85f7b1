package market

import (
	"encoding/json"
	"maps"
	"math/bits"
	"strings"
	"testing"

	"millrace"
)

// recount is what can be counted from the facts alone.
type recount struct {
	facts      FactCounts
	contacts   map[string]bool
	domains    map[string]bool
	free       int
	onDevice   map[string]map[string]bool
	botsByFlag int
}

func count(t *testing.T, m *Market) recount {
	t.Helper()
	owners := map[string]string{} // address → the domain of its account
	for x := range m.People() {
		owners[x.Email] = x.Account.Domain
	}
	r := recount{FactCounts{ByKind: map[string]int{}}, map[string]bool{}, map[string]bool{}, 0, map[string]map[string]bool{}, 0}
	type key struct {
		id string
		at millrace.Time
	}
	seen := map[key]millrace.Event{}
	var before millrace.Time
	for e := range m.Facts() {
		r.facts.Sent++
		if e.ReceivedAt < before {
			t.Fatalf("fact %d arrives before the one before it", r.facts.Sent)
		}
		before = e.ReceivedAt
		if e.OccurredAt < m.start || e.ReceivedAt < e.OccurredAt || e.ReceivedAt >= m.end {
			t.Fatalf("%+v is out of time", e)
		}
		k := key{e.ID, e.SentAt}
		if first, again := seen[k]; again {
			r.facts.Duplicates++
			first.ReceivedAt = e.ReceivedAt
			if string(AppendSegment(nil, []millrace.Event{first}, 0)) != string(AppendSegment(nil, []millrace.Event{e}, 0)) || first.OccurredAt != e.OccurredAt {
				t.Fatalf("a retry differs from its first sending:\n%+v\n%+v", first, e)
			}
			continue
		}
		seen[k] = e
		r.facts.Unique++
		r.facts.ByKind[e.Kind.String()]++
		if e.ReceivedAt-e.OccurredAt > Late {
			r.facts.Late++
		}
		if e.Flags.Has(millrace.FlagBot) {
			r.facts.Bot++
		}
		check(t, m, &e)
		r.person(t, owners, &e)
	}
	return r
}

// check holds what every single fact promises.
func check(t *testing.T, m *Market, e *millrace.Event) {
	t.Helper()
	if e.AnonymousID == "" || e.ID == "" || e.SentAt == 0 || e.Source != m.c.Source {
		t.Fatalf("%+v lacks something", e)
	}
	var data, context map[string]any
	if json.Unmarshal(e.Data, &data) != nil || json.Unmarshal(e.Context, &context) != nil {
		t.Fatalf("no JSON objects: %s %s", e.Data, e.Context)
	}
	if e.Kind == millrace.KindPage && (data["path"] != e.Path || e.Name == "" || data["url"] == "") {
		t.Fatalf("page %s: %s", e.Path, e.Data)
	}
	if e.Kind == millrace.KindTrack && e.Name == "" {
		t.Fatalf("a track without a name: %+v", e)
	}
	if e.Kind == millrace.KindTrack && e.Name == "Asset Downloaded" && (data["asset_type"] == "" || data["asset_type"] == nil) {
		t.Fatalf("an asset without a type: %s", e.Data)
	}
	if (e.Kind == millrace.KindGroup) != (e.GroupID != "") {
		t.Fatalf("group id of %+v", e)
	}
	if e.Kind == millrace.KindIdentify && data["email"] != e.Email {
		t.Fatalf("identify of %q says %s", e.Email, e.Data)
	}
}

// person notes who the fact names. The domain of an address must be the account's, unless it is a private address.
func (r *recount) person(t *testing.T, owners map[string]string, e *millrace.Event) {
	t.Helper()
	if e.Email == "" {
		return
	}
	_, domain, _ := strings.Cut(e.Email, "@")
	private := false
	for _, f := range freeMail {
		private = private || f == domain
	}
	if account, ok := owners[e.Email]; ok && !private && account != domain {
		t.Fatalf("%s is of %s", e.Email, account)
	}
	if private != strings.Contains(e.Email, "_sim") {
		t.Fatalf("%s: private addresses must be ones that nobody has", e.Email)
	}
	if !r.contacts[e.Email] {
		r.contacts[e.Email] = true
		if private {
			r.free++
		} else {
			r.domains[domain] = true
		}
	}
	if e.Kind == millrace.KindIdentify {
		if r.onDevice[e.AnonymousID] == nil {
			r.onDevice[e.AnonymousID] = map[string]bool{}
		}
		r.onDevice[e.AnonymousID][e.Email] = true
	}
}

func TestTruthIsWhatTheFactsSay(t *testing.T) {
	devices := 0
	for seed := range uint64(4) {
		m := mustNew(t, Config{Seed: seed, Accounts: 250, Months: 5 + int(seed)*3, SharedShare: .1})
		truth, got := m.Truth(), count(t, m)
		want, _ := json.Marshal(truth.Facts)
		if have, _ := json.Marshal(got.facts); string(have) != string(want) {
			t.Errorf("seed %d: the facts count %s, the truth says %s", seed, have, want)
		}
		id := truth.Identity
		if len(got.contacts) != id.Contacts || got.free != id.FreeMail || len(got.domains) != id.Accounts {
			t.Errorf("seed %d: %d contacts, %d private, %d domains; the truth says %+v", seed, len(got.contacts), got.free, len(got.domains), id)
		}
		shared, crowded := 0, 0
		for _, people := range got.onDevice {
			if len(people) > 1 {
				shared++
			}
			if len(people) > 3 {
				crowded++
			}
		}
		if shared != id.SharedDevices || crowded != id.CrowdedDevices {
			t.Errorf("seed %d: %d devices shared, %d crowded; the truth says %+v", seed, shared, crowded, id)
		}
		devices += shared
		everyone := maps.Clone(got.contacts)
		crm := 0
		for x := range m.People() {
			if x.Identified != got.contacts[x.Email] {
				t.Errorf("%s: identified %v, the facts name them: %v", x.Email, x.Identified, got.contacts[x.Email])
			}
			if x.InCRM {
				crm++
				everyone[x.Email] = true
			}
		}
		if crm != id.CRMContacts || len(everyone) != id.Everyone {
			t.Errorf("seed %d: %d people in the CRM, %d in all; the truth says %+v", seed, crm, len(everyone), id)
		}
	}
	if devices == 0 {
		t.Error("nobody shared a device")
	}
}

func TestPeopleLookAroundBeforeTheySayWhoTheyAre(t *testing.T) {
	m := mustNew(t, Config{Seed: 4, Accounts: 400})
	seen, before, named := map[string]int{}, 0, map[string]bool{}
	for e := range m.Facts() {
		if e.Kind == millrace.KindIdentify && !named[e.AnonymousID] {
			named[e.AnonymousID] = true
			if seen[e.AnonymousID] >= 3 {
				before++
			}
		}
		if e.Kind == millrace.KindPage && !named[e.AnonymousID] {
			seen[e.AnonymousID]++
			if e.UserID != "" {
				t.Fatalf("%+v has a user id before its device was told", e)
			}
		}
	}
	if before*3 < len(named) {
		t.Errorf("%d of %d devices saw three pages before somebody said who they are", before, len(named))
	}
}

func TestBuyersActBeforeTheDealOpens(t *testing.T) {
	m := mustNew(t, Config{Seed: 6, Accounts: 800})
	var p plan
	deals, active := 0, 0
	for unit := range m.c.Accounts {
		m.plan(&p, unit)
		for i := range p.deals {
			if dl := &p.deals[i]; dl.kind == dealNew && !dl.existing && dl.opened < m.end && dl.opened > m.start+120*millrace.Day {
				deals++
				var people uint64
				for _, v := range p.visits {
					if v.at < dl.opened && v.at > dl.opened-120*millrace.Day && (v.script == readConsideration || v.script == readDecision) {
						people |= 1 << (v.person & 63)
					}
				}
				if bits.OnesCount64(people) >= 3 {
					active++
				}
			}
		}
	}
	if deals < 20 || active*10 < deals*9 {
		t.Errorf("of %d deals, %d had a committee of three or more at work before", deals, active)
	}
}

func TestScannersFollowMailsWithinSeconds(t *testing.T) {
	m := mustNew(t, Config{Seed: 4, Accounts: 300})
	var p plan
	var perf performance
	scans, quick := 0, 0
	for unit := range m.units() {
		m.plan(&p, unit)
		for _, v := range p.visits {
			for _, s := range m.perform(&perf, v) {
				if s.by == byScanner {
					if scans++; s.at-v.at < 10*millrace.Second {
						quick++
					}
				}
			}
		}
	}
	if scans == 0 || quick != scans {
		t.Errorf("%d of %d scans came within seconds", quick, scans)
	}
}

// The facts of a market ten times as large are streamed within the same few megabytes: only those on their way are held.
func TestMemoryDoesntGrowWithTheMarket(t *testing.T) {
	if testing.Short() {
		t.Skip("walks half a million facts")
	}
	most := func(accounts int) uint64 {
		m := mustNew(t, Config{Seed: 1, Accounts: accounts})
		facts, most, base := 0, uint64(0), heap()
		for range m.facts(1 + accounts/500) {
			if facts++; facts%20_000 == 0 {
				most = max(most, heap()-min(base, heap()))
			}
		}
		return most
	}
	if small, large := most(500), most(4000); large > small+4<<20 {
		t.Errorf("%d bytes for 500 accounts, %d for 4,000", small, large)
	}
}
