package engine_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/playbook"

	"pgregory.net/rapid"
)

// A small town: few people, visitors and accounts, so that facts collide.
var (
	townUsers    = []string{"u1", "u2", "u3", "u4"}
	townEmails   = []string{"anna@acme.com", "bob@acme.com", "cleo@other.co.uk", "dan@gmail.com", "info@acme.com", "anna.b@shop.acme-labs.com"}
	townVisitors = []string{"a1", "a2", "a3"}
	townGroups   = []string{"G1", "G2"}
	townDomains  = []string{"acme.com", "other.co.uk", "acme-labs.com"}
	townNames    = []string{"Acme Inc", "Other Ltd"}
	townPages    = []string{"/pricing", "/blog/x", "/careers", "/about"}
	townEvents   = []string{"Demo Requested", "Webinar Attended", "Unsubscribed", "Something Else"}
	townTitles   = []string{"CFO", "Director of Growth", "Engineer", "student"}
)

// townSpan is how long the facts of a town take.
const townSpan = 80

// townFact is a fact of the town, written down shortly when a property fails.
type townFact struct{ millrace.Event }

// GoString is one line of what the fact says.
func (f townFact) GoString() string {
	return fmt.Sprintf("\n\t%s %s day %d: user %q mail %q visitor %q group %q previous %q record %q %s%s %s", f.ID, f.Kind, (f.OccurredAt-scenarioStart)/millrace.Day, f.UserID, f.Email,
		f.AnonymousID, f.GroupID, f.PreviousID, f.RecordID, f.Name, f.Path, f.Data)
}

// drawFact draws a fact.
func drawFact(t *rapid.T) townFact {
	day := rapid.IntRange(0, townSpan).Draw(t, "day")
	at := scenarioStart + millrace.Time(day)*millrace.Day + millrace.Time(rapid.IntRange(0, 23).Draw(t, "hour"))*millrace.Hour
	e := millrace.Event{Source: "web", OccurredAt: at, ReceivedAt: at + millrace.Time(rapid.IntRange(0, 5).Draw(t, "late"))*millrace.Day}
	maybe := func(label string, from []string, chance int) string {
		if rapid.IntRange(0, 9).Draw(t, label+"?") < chance {
			return rapid.SampledFrom(from).Draw(t, label)
		}
		return ""
	}
	one := func(label string, from []string) string { return rapid.SampledFrom(from).Draw(t, label) }
	data := ""
	field := func(k, v string) {
		if v != "" {
			data += fmt.Sprintf(",%q:%q", k, v)
		}
	}
	person := func() {
		e.UserID, e.Email, e.AnonymousID = maybe("user", townUsers, 5), maybe("email", townEmails, 3), maybe("visitor", townVisitors, 6)
		if e.UserID == "" && e.AnonymousID == "" {
			e.AnonymousID = one("visitor", townVisitors)
		}
	}
	switch rapid.IntRange(0, 11).Draw(t, "kind") {
	case 0, 1, 2:
		e.Kind, e.Host, e.Path = millrace.KindPage, "www.example.org", one("page", townPages)
		person()
		if rapid.IntRange(0, 9).Draw(t, "bot") == 0 {
			e.Flags |= millrace.FlagBot
		}
	case 3, 4:
		e.Kind, e.Name = millrace.KindTrack, one("event", townEvents)
		person()
		e.GroupID = maybe("group", townGroups, 1)
	case 5, 6:
		e.Kind = millrace.KindIdentify
		person()
		field("title", maybe("title", townTitles, 5))
		field("company", maybe("company", townNames, 3))
	case 7:
		e.Kind, e.GroupID = millrace.KindGroup, one("group", townGroups)
		person()
		field("name", maybe("name", townNames, 4))
		field("domain", maybe("domain", townDomains, 4))
		if rapid.Bool().Draw(t, "big") {
			data += `,"employees":200`
		}
	case 8:
		e.Kind, e.PreviousID, e.UserID = millrace.KindAlias, one("previous", slices.Concat(townUsers, townVisitors)), one("user", townUsers)
	case 9:
		e.Kind, e.Source, e.RecordID = millrace.KindContact, "hubspot", "hubspot:"+one("record", []string{"1", "2", "3"})
		field("email", maybe("email", townEmails, 7))
		field("company", maybe("company", townNames, 4))
		field("account_id", maybe("account", []string{"hubspot:A", "hubspot:B"}, 4))
		field("title", maybe("title", townTitles, 3))
	case 10:
		e.Kind, e.Source = millrace.KindAccount, "hubspot"
		e.RecordID = maybe("record", []string{"hubspot:A", "hubspot:B"}, 6)
		name := one("name", townNames)
		field("name", name)
		field("domain", maybe("domain", townDomains, 4))
		if rapid.Bool().Draw(t, "big") {
			data += `,"employees":200`
		}
	case 11:
		e.Kind, e.Source, e.RecordID = millrace.KindOpportunity, "hubspot", "hubspot:"+one("deal", []string{"D1", "D2"})
		field("account_id", maybe("account", []string{"hubspot:A", "hubspot:B"}, 3))
		field("account", maybe("name", townNames, 5))
		field("status", one("status", []string{"open", "won", "lost"}))
		for _, k := range []string{"opened_at", "closed_at"} {
			if rapid.Bool().Draw(t, k+"?") {
				field(k, (scenarioStart + millrace.Time(rapid.IntRange(0, townSpan+10).Draw(t, k))*millrace.Day).String())
			}
		}
		second := `,"role":"user"`
		if rapid.Bool().Draw(t, "part given?") {
			second = fmt.Sprintf(`,"role":%q,"at":%q`, one("part", []string{"user", ""}), scenarioStart+millrace.Time(rapid.IntRange(0, townSpan+10).Draw(t, "part at"))*millrace.Day)
		}
		data += fmt.Sprintf(`,"contacts":[{"email":"anna@acme.com","role":"champion"},{"id":"hubspot:2"%s}]`, second)
	}
	if data != "" {
		e.Data = []byte("{" + data[1:] + "}")
	}
	return townFact{e}
}

// drawTown draws facts, each with an id and a millisecond of its own: of two statements of one moment neither is later.
func drawTown(t *rapid.T, most int) []townFact {
	facts := rapid.SliceOfN(rapid.Custom(drawFact), 2, most).Draw(t, "facts")
	for i := range facts {
		facts[i] = facts[i].numbered(i)
	}
	return facts
}

// numbered gives the fact an id and a millisecond of its own.
func (f townFact) numbered(i int) townFact {
	f.ID = fmt.Sprint("m", i)
	f.OccurredAt += millrace.Time(i)
	f.ReceivedAt += millrace.Time(i)
	if f.Source == "hubspot" {
		f.RecordedAt = f.OccurredAt
	}
	return f
}

// of makes it a fact of another town: its people, visitors and records have other names, its companies and domains the same.
func (f townFact) of(town string) townFact {
	for _, id := range []*string{&f.UserID, &f.AnonymousID, &f.PreviousID, &f.RecordID} {
		if *id != "" {
			*id += town
		}
	}
	f.Email = strings.Replace(f.Email, "@", town+"@", 1)
	f.Data = bytes.ReplaceAll(f.Data, []byte("@"), []byte(town+"@"))
	return f
}

// town is an engine on a fresh SQLite file of its own.
type town struct {
	*engine.Engine
	clock *testClock
	t     rapid.TB
}

// inTown runs fn in a fresh town and closes it, so that a property that is tried a hundred times keeps no hundred files open.
func inTown(t rapid.TB, dir string, fn func(w town)) {
	t.Helper()
	inTownOf(t, dir, 6, fn)
}

// inTownOf is inTown with an engine that keeps so many people in memory.
func inTownOf(t rapid.TB, dir string, people int, fn func(w town)) {
	t.Helper()
	ctx := context.Background()
	dir, err := os.MkdirTemp(dir, "town")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "millrace.db")
	copyTemplate(t, file)
	d, err := db.Open(ctx, file, db.Options{Readers: 2, CacheMB: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	clock := &testClock{scenarioStart}
	e, err := engine.Open(ctx, engine.Config{DB: d, Clock: clock.Now, ReplayProfiles: 3, CachePeople: people, AlwaysAhead: people%2 == 0})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	fn(town{e, clock, t})
}

func (w town) apply(facts ...townFact) {
	w.t.Helper()
	b := millrace.Batch{}
	for _, f := range facts {
		b.Events = append(b.Events, f.Event)
	}
	if _, err := w.Apply(context.Background(), b); err != nil {
		w.t.Fatal(err)
	}
}

// TestOrderAndBatchesMakeNoDifference: facts in the order of their moments in one batch, and in any other order in any other batches, give the
// same identity, fit and score; and after each, the live state is what the log gives.
func TestOrderAndBatchesMakeNoDifference(t *testing.T) {
	dir := scratch(t)
	rapid.Check(t, func(t *rapid.T) {
		facts := drawTown(t, 30)
		end := scenarioStart + (townSpan+1)*millrace.Day
		var want []string
		inTown(t, dir, func(w town) {
			w.clock.now = end
			sorted := slices.SortedFunc(slices.Values(facts), func(a, b townFact) int { return cmp.Compare(a.OccurredAt, b.OccurredAt) })
			w.apply(sorted...)
			checkClean(t, w.Engine)
			checkExplained(t, w.Engine, scenarioStart+20*millrace.Day, scenarioStart+50*millrace.Day)
			want = world(t, w.Engine)
		})
		inTown(t, dir, func(w town) {
			w.clock.now = end
			if rapid.Bool().Draw(t, "clock moves") {
				w.clock.now = end - 30*millrace.Day
			}
			rest := rapid.Permutation(facts).Draw(t, "order")
			for len(rest) > 0 {
				n := rapid.IntRange(1, len(rest)).Draw(t, "batch")
				w.apply(rest[:n]...)
				rest = rest[n:]
				if len(rest) > 0 && w.clock.now < end {
					w.clock.now += 5 * millrace.Day
				}
			}
			checkClean(t, w.Engine)
			w.clock.now = end
			checkClean(t, w.Engine)
			sameWorld(t, "another order", want, world(t, w.Engine))
		})
	})
}

// scratch is a folder in memory where there is one: properties open hundreds of databases, whose durability is not what they are about.
func scratch(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "millrace-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// knowledge is an act of the team's: a merge or its undoing, or a domain that belongs to another's account.
type knowledge struct{ Verb, A, B string }

func drawKnowledge(t *rapid.T) knowledge {
	k := knowledge{Verb: rapid.SampledFrom([]string{"merge", "merge", "unmerge", "domain"}).Draw(t, "verb")}
	from := slices.Concat(townUsers, townEmails)
	switch {
	case k.Verb == "domain":
		from = townDomains
	case rapid.Bool().Draw(t, "accounts"):
		from = slices.Concat(townGroups, townDomains, townNames, []string{"hubspot:A", "hubspot:B"})
	}
	k.A, k.B = rapid.SampledFrom(from).Draw(t, "a"), rapid.SampledFrom(from).Draw(t, "b")
	return k
}

// know does it; what names nobody, or takes back what was never done, is refused and changes nothing.
func (w town) know(k knowledge) (done bool) {
	w.t.Helper()
	ctx := context.Background()
	var err error
	switch k.Verb {
	case "merge":
		err = w.Merge(ctx, k.A, k.B, "test")
	case "unmerge":
		err = w.Unmerge(ctx, k.A, k.B, "test")
	default:
		err = w.DeclareDomain(ctx, k.A, k.B, "test")
	}
	if c := millrace.ErrorCode(err); c != "" && c != millrace.NotFound && c != millrace.Invalid && c != millrace.Conflict {
		w.t.Fatalf("%v: %v", k, err)
	}
	return err == nil
}

// TestKnowledgeAmongFacts: facts, merges and their undoing in any mixture leave a state that the log gives, and a merge taken back leaves no trace.
func TestKnowledgeAmongFacts(t *testing.T) {
	dir := scratch(t)
	rapid.Check(t, func(t *rapid.T) {
		facts := drawTown(t, 24)
		known := rapid.SliceOfN(rapid.Custom(drawKnowledge), 1, 8).Draw(t, "knowledge")
		last := drawKnowledge(t)
		last.Verb = "merge"
		inTown(t, dir, func(w town) {
			w.clock.now = scenarioStart + (townSpan+1)*millrace.Day
			for _, k := range known {
				n := rapid.IntRange(0, len(facts)).Draw(t, "batch")
				w.apply(facts[:n]...)
				facts = facts[n:]
				w.know(k)
			}
			w.apply(facts...)
			checkClean(t, w.Engine)
			checkExplained(t, w.Engine, scenarioStart+40*millrace.Day)
			before := world(t, w.Engine)
			if w.know(last) {
				checkClean(t, w.Engine)
				last.Verb = "unmerge"
				if !w.know(last) {
					t.Fatalf("%v was refused", last)
				}
				checkClean(t, w.Engine)
				if !slices.Contains(known, knowledge{"merge", last.A, last.B}) && !slices.Contains(known, knowledge{"merge", last.B, last.A}) {
					sameWorld(t, "a merge and its undoing", before, world(t, w.Engine))
				}
			}
		})
	})
}

// TestImportsAmongFacts: whatever imports bring, bring again and take back, among other facts and merges, the state is what the log gives; and
// when all are undone it is as if they had never been.
func TestImportsAmongFacts(t *testing.T) {
	dir := scratch(t)
	rapid.Check(t, func(t *rapid.T) {
		facts := drawTown(t, 20)
		loose := rapid.SliceOfN(rapid.Bool(), len(facts), len(facts)).Draw(t, "live")
		var live, filed []townFact
		for i, f := range facts {
			if loose[i] {
				live = append(live, f)
			} else {
				f.Source = "file"
				if rapid.Bool().Draw(t, "undated") {
					f.Flags |= millrace.FlagUndated
					f.RecordedAt = 0
				}
				filed = append(filed, f)
			}
		}
		end := scenarioStart + (townSpan+1)*millrace.Day
		var want []string
		inTown(t, dir, func(w town) {
			w.clock.now = end
			w.apply(live...)
			want = world(t, w.Engine)
		})
		inTown(t, dir, func(w town) {
			w.clock.now = end
			var ids []int64
			for n := range rapid.IntRange(1, 3).Draw(t, "imports") {
				id, err := w.StartImport(context.Background(), engine.ImportFile{Entity: "contacts", File: "f.csv", By: "test", SHA256: rapid.SampledFrom([]string{"", "f"}).Draw(t, "file")})
				if err != nil {
					t.Fatal(err)
				}
				ids = append(ids, id)
				from := rapid.IntRange(0, len(filed)).Draw(t, "from")
				w.bring(id, filed[from:])
				k := min(len(live), rapid.IntRange(0, 8).Draw(t, "batch"))
				w.apply(live[:k]...)
				live = live[k:]
				if rapid.Bool().Draw(t, "undo") {
					w.undo(ids[rapid.IntRange(0, n).Draw(t, "which")])
				}
				checkClean(t, w.Engine)
				w.clock.now += millrace.Hour
			}
			w.apply(live...)
			checkClean(t, w.Engine)
			checkExplained(t, w.Engine)
			for _, id := range ids {
				w.undo(id)
				checkClean(t, w.Engine)
			}
			w.clock.now = end
			sameWorld(t, "everything undone", existing(want), existing(world(t, w.Engine)))
		})
	})
}

func (w town) bring(imp int64, facts []townFact) {
	w.t.Helper()
	b := millrace.Batch{Import: imp}
	for _, f := range facts {
		b.Events = append(b.Events, f.Event)
	}
	if _, err := w.Apply(context.Background(), b); err != nil {
		w.t.Fatal(err)
	}
}

func (w town) undo(imp int64) {
	w.t.Helper()
	if err := w.LeaveImport(context.Background(), imp); err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.UndoImport(context.Background(), imp); err != nil {
		w.t.Fatal(err)
	}
}

// existing leaves out what is only a word of identifiers that nothing stands behind any more.
func existing(world []string) []string {
	return slices.DeleteFunc(slices.Clone(world), func(l string) bool { return strings.HasPrefix(l, "visitor") || strings.HasPrefix(l, "one ") })
}

// TestSeveralTowns: what several towns do, in batches of any size, to an engine that forgets part of it between two of them, and whatever the team does
// meanwhile, leaves the state that the log gives. One town is too small for it: all its people stay at hand.
func TestSeveralTowns(t *testing.T) {
	dir := scratch(t)
	rapid.Check(t, func(t *rapid.T) {
		towns := rapid.IntRange(2, 5).Draw(t, "towns")
		facts := rapid.SliceOfN(rapid.Custom(drawFact), 20, 70).Draw(t, "facts")
		for i := range facts {
			facts[i] = facts[i].of(fmt.Sprint("-", rapid.IntRange(1, towns).Draw(t, "town"))).numbered(i)
		}
		inTownOf(t, dir, rapid.IntRange(3, 40).Draw(t, "cache"), func(w town) {
			w.clock.now = scenarioStart + (townSpan-20)*millrace.Day
			var imports []int64
			for len(facts) > 0 {
				n := rapid.IntRange(1, min(25, len(facts))).Draw(t, "batch")
				if rapid.IntRange(0, 4).Draw(t, "imported") == 0 {
					imports = append(imports, w.imported(facts[:n]...))
				} else {
					w.apply(facts[:n]...)
				}
				facts = facts[n:]
				w.act(t, fmt.Sprint("-", rapid.IntRange(1, towns).Draw(t, "where")))
				if len(imports) > 0 && rapid.IntRange(0, 5).Draw(t, "undo") == 0 {
					w.undo(imports[len(imports)-1])
					imports = imports[:len(imports)-1]
				}
			}
			checkClean(t, w.Engine)
		})
	})
}

// imported brings facts as an import of their own.
func (w town) imported(facts ...townFact) int64 {
	w.t.Helper()
	id, err := w.StartImport(context.Background(), engine.ImportFile{Entity: "contacts", File: "f.csv", By: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.bring(id, facts)
	return id
}

// act is what a team does between two batches: mostly nothing.
func (w town) act(t *rapid.T, town string) {
	ctx := context.Background()
	var err error
	switch rapid.IntRange(0, 11).Draw(t, "act") {
	case 0, 1, 2:
		k := drawKnowledge(t)
		for _, who := range []*string{&k.A, &k.B} {
			if slices.Contains(townUsers, *who) {
				*who += town
			}
			*who = strings.Replace(*who, "@", town+"@", 1)
		}
		w.know(k)
	case 3:
		if _, err = w.Erase(ctx, rapid.SampledFrom(townUsers).Draw(t, "erased")+town, "test"); millrace.ErrorCode(err) == millrace.NotFound {
			err = nil
		}
	case 4:
		w.clock.now += 7 * millrace.Day
		_, err = w.Sweep(ctx, w.clock.now)
	case 5:
		_, err = w.Rebuild(ctx, nil)
	case 6:
		checkClean(t, w.Engine)
	case 7:
		preset := rapid.SampledFrom(playbook.Presets()).Draw(t, "playbook")
		_, err = w.ApplyPlaybook(ctx, preset.Source, "test", "")
	}
	if err != nil {
		t.Fatal(err)
	}
}
