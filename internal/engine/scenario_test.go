package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/playbook"

	"pgregory.net/rapid"
)

// stage is where a scenario plays: an engine, its clock and the imports that were started.
type stage struct {
	t       testing.TB
	e       *engine.Engine
	clock   *testClock
	imports map[string]int64
}

// TestScenarios plays the files of testdata/scenarios, as they are written and with their facts in other orders and batches. Each
// file says what it shows.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			s, err := parseScenario(string(text))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			dbtest.Each(t, func(t *testing.T, url string) { playScenario(t, s, file, url) })
		})
	}
}

func playScenario(t *testing.T, s *scenario, file, url string) {
	if !strings.HasPrefix(url, "postgres") {
		url = ""
	}
	p := newStage(t, url)
	last := s.steps[len(s.steps)-1].at
	past := []millrace.Time{}
	for i := range s.steps {
		st := &s.steps[i]
		if p.clock.now != st.at {
			p.clock.now = st.at
			past = append(past, st.at-1)
			p.sweep()
		}
		if err := p.play(st); err != nil {
			t.Fatalf("%s:%d: %s: %v", file, st.line, st.text, err)
		}
	}
	checkClean(t, p.e)
	checkExplained(t, p.e, past...)
	want := world(t, p.e)
	if _, err := p.e.Rebuild(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	checkClean(t, p.e)
	sameWorld(t, "a rebuild", want, world(t, p.e))
	if s.orderMatters {
		return
	}
	n := 4
	switch {
	case p.e.DB().Dialect == db.PostgreSQL:
		return // the folds are the same; their orders are tried on SQLite
	case testing.Short():
		n = 2
	}
	for variant := range n {
		t.Run(fmt.Sprint("order", variant), func(t *testing.T) { playShuffled(t, s, last, variant, want) })
	}
}

// newStage opens an engine under the simple playbook; url "" means a file in memory: durability is tested elsewhere.
func newStage(t *testing.T, url string) *stage {
	clock := &testClock{scenarioStart}
	fresh := url != ""
	if !fresh {
		url = filepath.Join(scratch(t), "millrace.db")
		copyTemplate(t, url)
	}
	p := &stage{t: t, e: engine.OpenWith(t, url, engine.Config{Clock: clock.Now, ReplayProfiles: 2}), clock: clock, imports: map[string]int64{}}
	if fresh {
		if _, err := p.e.ApplyPlaybook(context.Background(), simplePlaybook(t), "test", ""); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// template is a database under the simple playbook with no facts: to copy it is far quicker than to make one.
var template = sync.OnceValues(func() ([]byte, error) {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "millrace-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "millrace.db")
	d, err := db.Open(ctx, file, db.Options{})
	if err != nil {
		return nil, err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return nil, err
	}
	clock := testClock{scenarioStart}
	e, err := engine.Open(ctx, engine.Config{DB: d, Clock: clock.Now})
	if err != nil {
		return nil, err
	}
	src, err := os.ReadFile("testdata/playbooks/simple.yaml")
	if err != nil {
		return nil, err
	}
	if _, err := e.ApplyPlaybook(ctx, src, "test", ""); err != nil {
		return nil, err
	}
	if err := errors.Join(e.Close(), d.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(file)
})

func copyTemplate(t rapid.TB, to string) {
	t.Helper()
	b, err := template()
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func simplePlaybook(t rapid.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/playbooks/simple.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// playShuffled plays the facts in another order and in other batches, everything with the clock at the end: first the playbooks, then the
// facts, then what the team did.
func playShuffled(t *testing.T, s *scenario, last millrace.Time, variant int, want []string) {
	p := newStage(t, "")
	p.clock.now = last
	type fact struct {
		event millrace.Event
		imp   string
	}
	var facts []fact
	var acts []*step
	for i := range s.steps {
		st := &s.steps[i]
		switch st.verb {
		case "fact":
			facts = append(facts, fact{st.events[0], ""})
		case "import":
			p.startImport(st)
			for _, e := range st.events {
				facts = append(facts, fact{e, st.args[0]})
			}
		case "playbook":
			if err := p.play(st); err != nil {
				t.Fatal(err)
			}
		case "pair", "domain", "undo":
			acts = append(acts, st)
		}
	}
	rnd := rand.New(rand.NewPCG(uint64(variant), 1))
	if variant == 0 {
		slices.Reverse(facts)
	} else {
		rnd.Shuffle(len(facts), func(i, j int) { facts[i], facts[j] = facts[j], facts[i] })
	}
	for len(facts) > 0 {
		n := 1
		for most := 1 + rnd.IntN(6); n < most && n < len(facts) && facts[n].imp == facts[0].imp; n++ {
		}
		b := millrace.Batch{Import: p.imports[facts[0].imp]}
		for _, f := range facts[:n] {
			b.Events = append(b.Events, f.event)
		}
		if _, err := p.e.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		facts = facts[n:]
	}
	checkClean(t, p.e)
	for _, st := range acts {
		if err := p.play(st); err != nil {
			t.Fatal(err)
		}
	}
	checkClean(t, p.e)
	sameWorld(t, "another order", want, world(t, p.e))
}

func (p *stage) sweep() {
	p.t.Helper()
	if _, err := p.e.Sweep(context.Background(), p.clock.now); err != nil {
		p.t.Fatal(err)
	}
}

func (p *stage) startImport(st *step) {
	p.t.Helper()
	file := st.args[3]
	f := engine.ImportFile{Entity: st.args[1], File: file + ".csv", Format: "csv", By: "test"}
	if file != "" {
		f.SHA256 = file
	}
	id, err := p.e.StartImport(context.Background(), f)
	if err != nil {
		p.t.Fatal(err)
	}
	p.imports[st.args[0]] = id
}

// play does one step.
func (p *stage) play(st *step) error {
	ctx := context.Background()
	switch st.verb {
	case "fact":
		_, err := p.e.Apply(ctx, millrace.Batch{Events: slices.Clone(st.events)})
		return err
	case "import":
		p.startImport(st)
		if _, err := p.e.Apply(ctx, millrace.Batch{Events: slices.Clone(st.events), Import: p.imports[st.args[0]]}); err != nil {
			return err
		}
		return p.e.FinishImport(ctx, p.imports[st.args[0]], "csv", map[string]int{"rows": len(st.events)})
	case "undo":
		if err := p.e.LeaveImport(ctx, p.imports[st.args[0]]); err != nil {
			return err
		}
		_, err := p.e.UndoImport(ctx, p.imports[st.args[0]])
		return err
	case "pair":
		if st.args[0] == "merge" {
			return p.e.Merge(ctx, st.args[1], st.args[2], "test")
		}
		return p.e.Unmerge(ctx, st.args[1], st.args[2], "test")
	case "domain":
		return p.e.DeclareDomain(ctx, st.args[0], st.args[1], "test")
	case "erase":
		_, err := p.e.Erase(ctx, st.args[0], "test")
		return err
	case "playbook":
		return p.playbook(st)
	case "sales":
		return p.sales(st)
	case "expect":
		return p.expect(st.text)
	}
	return nil
}

// sales does what a rep does: "rep Kim accepts anna@acme.com", "… rejects … for not_now to disqualify", "… qualifies … with {…}", "… takes
// back …", "… assigns … and … to Lee". With ", refused as conflict" it must be refused so.
func (p *stage) sales(st *step) error {
	ctx := context.Background()
	d := engine.Doing{Who: st.args[2], By: st.args[0]}
	if strings.Contains(st.text, " as a note says") {
		d.Note = "they called again"
	}
	var err error
	switch st.args[1] {
	case "accepts":
		_, err = p.e.Accept(ctx, d, "")
	case "rejects":
		_, err = p.e.Reject(ctx, d, st.args[3], st.args[4])
	case "qualifies":
		evidence := map[string]string{}
		if err := json.Unmarshal([]byte(st.args[5]), &evidence); err != nil {
			return err
		}
		_, err = p.e.Qualify(ctx, d, evidence)
	case "takes back":
		_, err = p.e.Undo(ctx, d)
	case "assigns":
		_, err = p.e.Assign(ctx, strings.Split(st.args[2], " and "), st.args[4], d.By, d.Note, nil)
	}
	if st.args[6] == "" {
		return err
	}
	var refused *millrace.Error
	if !errors.As(err, &refused) || string(refused.Code) != st.args[7] || refused.Field != st.args[8] {
		return fmt.Errorf("it is not refused so: %v", err)
	}
	return nil
}

func (p *stage) playbook(st *step) error {
	var src []byte
	if st.args[0] != "" {
		preset, ok := playbook.PresetByName(st.args[1])
		if !ok {
			return fmt.Errorf("no preset %q", st.args[1])
		}
		src = preset.Source
	} else {
		var err error
		if src, err = os.ReadFile("testdata/playbooks/" + st.args[1] + ".yaml"); err != nil {
			return err
		}
	}
	text := string(src)
	for _, m := range changeRE.FindAllStringSubmatch(st.args[2], -1) {
		if !strings.Contains(text, m[1]) {
			return fmt.Errorf("the playbook has no %q", m[1])
		}
		text = strings.ReplaceAll(text, m[1], m[2])
	}
	_, err := p.e.ApplyPlaybook(context.Background(), []byte(text), "test", "")
	return err
}

var (
	asOfRE    = regexp.MustCompile(`^as of day (\d+)(?: (\d+):(\d+))?[:,] `)
	knownRE   = regexp.MustCompile(`^known at day (\d+)(?: (\d+):(\d+))?[:,] `)
	countRE   = regexp.MustCompile(`^(contacts|accounts|mql|mqa|opportunities|facts) (\d+)$`)
	belongsRE = regexp.MustCompile(`^visitor (\S+) belongs to (\S+)(?: at day (\d+))?$`)
	sameRE    = regexp.MustCompile(`^("[^"]+"|\S+) and ("[^"]+"|\S+) are (one|two)$`)
	unknownRE = regexp.MustCompile(`^("[^"]+"|\S+) is unknown$`)
	figuresRE = regexp.MustCompile(`^("[^"]+"|\S+) (.+)$`)
	figureRE  = regexp.MustCompile(`([a-z_]+) ("[^"]*"|[^,]+)`)
)

// expect holds what is written against what the engine says.
func (p *stage) expect(text string) error {
	at := engine.AsOf{}
	if m := asOfRE.FindStringSubmatch(text); m != nil {
		at.At, text = moment(m[1], m[2], m[3], 0), text[len(m[0]):]
		if m[2] == "" {
			at.At += 11*millrace.Hour + 59*millrace.Minute // the end of that day
		}
	}
	if m := knownRE.FindStringSubmatch(text); m != nil {
		at.KnownAt, text = moment(m[1], m[2], m[3], 0), text[len(m[0]):]
		if m[2] == "" {
			at.KnownAt += 11*millrace.Hour + 59*millrace.Minute
		}
	}
	if m := belongsRE.FindStringSubmatch(text); m != nil {
		if m[3] != "" {
			at.At = moment(m[3], "", "", 0) + 11*millrace.Hour
		}
		return p.expectOwner(m[1], m[2], at)
	}
	if m := sameRE.FindStringSubmatch(text); m != nil {
		a, errA := p.e.Explain(context.Background(), strings.Trim(m[1], `"`), at)
		b, errB := p.e.Explain(context.Background(), strings.Trim(m[2], `"`), at)
		if errA != nil || errB != nil {
			return fmt.Errorf("%w, %w", errA, errB)
		}
		if (a.ID == b.ID) != (m[3] == "one") {
			return fmt.Errorf("they are %s and %s", a.ID, b.ID)
		}
		return nil
	}
	if m := unknownRE.FindStringSubmatch(text); m != nil {
		x, err := p.e.Explain(context.Background(), strings.Trim(m[1], `"`), at)
		if millrace.ErrorCode(err) != millrace.NotFound {
			return fmt.Errorf("it is %s, %v", x.ID, err)
		}
		return nil
	}
	counts := 0
	for part := range strings.SplitSeq(text, ", ") {
		if m := countRE.FindStringSubmatch(part); m != nil {
			counts++
			if err := p.expectCount(m[1], m[2]); err != nil {
				return err
			}
		}
	}
	if counts > 0 {
		return nil
	}
	m := figuresRE.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("nobody understands that")
	}
	return p.expectFigures(strings.Trim(m[1], `"`), m[2], at)
}

func (p *stage) expectOwner(visitor, owner string, at engine.AsOf) error {
	x, err := p.e.Explain(context.Background(), visitor, at)
	if owner == "nobody" {
		if millrace.ErrorCode(err) != millrace.NotFound {
			return fmt.Errorf("it belongs to %s, %v", x.ID, err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	y, err := p.e.Explain(context.Background(), owner, at)
	if err == nil && x.ID != y.ID {
		err = fmt.Errorf("it belongs to %s %s, not %s", x.ID, x.Email, y.ID)
	}
	return err
}

func (p *stage) expectCount(what, want string) error {
	query := map[string]string{"contacts": "select count(*) from contact_score", "accounts": "select count(*) from account_score",
		"mql": "select count(*) from contact_score where stage = 1", "mqa": "select count(*) from account_score where stage = 1",
		"opportunities": "select count(*) from opportunity", "facts": "select count(*) from event where kind < 32"}[what]
	var n int
	if _, err := db.One(context.Background(), p.e.DB(), []any{&n}, query); err != nil {
		return err
	}
	if strconv.Itoa(n) != want {
		return fmt.Errorf("%s: %d", what, n)
	}
	return nil
}

// expectFigures compares figures of one contact or account.
func (p *stage) expectFigures(who, text string, at engine.AsOf) error {
	x, err := p.e.Explain(context.Background(), who, at)
	if err != nil {
		return err
	}
	if strings.Contains(text, "no account") {
		if x.Account != "" {
			return fmt.Errorf("account is %s", x.Account)
		}
		text = strings.Replace(text, "no account", "", 1)
	}
	people, engaged := 0, 0
	for _, c := range x.Committee {
		people += c.People
		if c.Engaged {
			engaged++
		}
	}
	mismatch := ""
	for _, m := range figureRE.FindAllStringSubmatch(text, -1) {
		name, want := m[1], strings.Trim(m[2], `"`)
		var have string
		switch name {
		case "intent":
			have = rounded(x.Intent.Points, want)
		case "stage":
			have = x.Stage.String()
		case "since":
			have = strconv.Itoa(int((x.StageAt - scenarioStart) / millrace.Day))
		case "because":
			have = x.StageReason
		case "fit":
			have = map[bool]string{true: "yes", false: "no"}[x.Fit.Fit]
		case "grade":
			have = x.Fit.Grade
		case "points":
			have = strconv.Itoa(x.Fit.Points)
		case "role":
			have = x.Role
		case "roles":
			have = strconv.Itoa(engaged)
		case "committee":
			have = strconv.Itoa(people)
		case "lines":
			have = strconv.Itoa(len(x.Intent.Lines))
		case "counted":
			n := 0
			for _, l := range x.Intent.Lines {
				n += l.Counted
			}
			have = strconv.Itoa(n)
		case "account":
			have = x.Account
			if at == (engine.AsOf{}) && p.sameAccount(x.ID, want) {
				have = want
			}
		case "reason":
			if n := len(x.Decisions); n > 0 {
				have = x.Decisions[n-1].Reason
			}
		case "owner":
			have = x.Owner
		case "assignments":
			have = strconv.Itoa(len(x.Assignments))
		case "decisions":
			have = strconv.Itoa(len(x.Decisions))
		case "name":
			have = x.Name
		default:
			have = fmt.Sprint(x.Traits[name])
		}
		if have != want {
			mismatch += fmt.Sprintf("%s is %s, not %s; ", name, have, want)
		}
	}
	if mismatch != "" {
		return fmt.Errorf("%s%s", mismatch, x.Sentence)
	}
	return nil
}

// sameAccount says whether the contact's account is the one that a domain, a name or an id means.
func (p *stage) sameAccount(contact, account string) bool {
	x, err := p.e.Explain(context.Background(), account, engine.AsOf{})
	if err != nil || x.Of != "account" {
		return false
	}
	var id int64
	found, err := db.One(context.Background(), p.e.DB(), []any{&id}, "select account from contact_score where id = $1", strings.TrimPrefix(contact, engine.ContactPrefix))
	return err == nil && found && engine.AccountID(id) == x.ID
}

// rounded is points to as many decimals as the scenario writes.
func rounded(points, want string) string {
	f, err := strconv.ParseFloat(points, 64)
	if err != nil {
		return points
	}
	_, decimals, _ := strings.Cut(want, ".")
	if f = math.Round(f*1000) / 1000; f == 0 {
		f = 0
	}
	return strconv.FormatFloat(f, 'f', len(decimals), 64)
}
