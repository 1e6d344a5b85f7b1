package audit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"
	"millrace/internal/playbook"
)

// sentence is one way to say something of a program. In patterns # is a number, $ a name in quotation marks.
type sentence struct {
	pattern string
	re      *regexp.Regexp
	does    func(in *Input, a args)
}

// args are what stands in the places of a sentence.
type args []string

func (a args) n(i int) int {
	x, _ := strconv.Atoi(strings.ReplaceAll(a[i], ",", ""))
	return x
}

func (a args) f(i int) float64 {
	x, _ := strconv.ParseFloat(strings.ReplaceAll(a[i], ",", ""), 64)
	return x
}

// minor is an amount of the sentence in minor units.
func (a args) minor(i int) int64 { return int64(a.f(i) * 100) }

func (a args) share(i int) Share { return Share{a.n(i), a.n(i + 1)} }

// between is a figure with its interval.
func between(v, low, high float64, n int, unit metrics.Unit) metrics.Figure {
	return metrics.Figure{Value: &v, N: n, Unit: unit, Currency: "USD", Interval: &metrics.Interval{Low: &low, High: &high, Level: level}}
}

// rate is a share as a figure.
func rate(s Share) metrics.Figure { return *s.figure("", "") }

func channelOf(in *Input, name string) *Channel {
	i := slices.IndexFunc(in.Channels, func(x Channel) bool { return x.Channel == name })
	if i < 0 {
		i, in.Channels = len(in.Channels), append(in.Channels, Channel{CostRow: metrics.CostRow{Channel: name}})
	}
	return &in.Channels[i]
}

var sentences = []sentence{
	{pattern: `the playbook is the preset $`, does: func(in *Input, a args) { in.Preset, in.Playbook.Motion = a[0], a[0] }},
	{pattern: `the motion is $`, does: func(in *Input, a args) { in.Playbook.Motion = a[0] }},
	{pattern: `the ICP $ has (.+) criteria; unknown companies get # points of # needed`, does: func(in *Input, a args) {
		icp := playbook.ICP{Name: a[0], Threshold: a.n(3)}
		for _, kind := range strings.Split(strings.ReplaceAll(a[1], " and ", ", "), ", ") {
			icp.Criteria = append(icp.Criteria, playbook.Criterion{ID: kind, Kind: kind})
		}
		icp.Criteria[0].Missing = a.n(2)
		in.Playbook.ICPs = []playbook.ICP{icp}
	}},
	{pattern: `amounts are in (\w+); a dollar is #`, does: func(in *Input, a args) { in.Currency, in.Dollar = a[0], 100*a.f(1) }},
	{pattern: `amounts are in (\w+), without a rate`, does: func(in *Input, a args) { in.Currency, in.Dollar = a[0], 0 }},
	{pattern: `no channel is known`, does: func(in *Input, a args) { in.Channels, in.Spend = nil, Spend{} }},
	{pattern: `$ \((creation|capture|both|none)\) cost # and brought # leads, # of them first, and # opportunities worth #`, does: func(in *Input, a args) {
		x := channelOf(in, a[0])
		x.Role, x.Spend.Minor, x.Leads, x.FirstLeads, x.Opened, x.OpenedMoney, x.SpendDays = strings.Replace(a[1], "none", "", 1), a.minor(2), a.f(3), a.n(4), a.n(5), a.minor(6), 365
		in.Spend.Minor, in.Spend.Rows, in.Spend.Days = 0, 1, 365
		for _, y := range in.Channels {
			in.Spend.Minor += y.Spend.Minor
		}
		low, high := survival.Poisson(max(1, x.Leads), level)
		x.CPL = between(float64(x.Spend.Minor)/max(1, x.Leads), float64(x.Spend.Minor)/high, float64(x.Spend.Minor)/low, int(x.Leads), metrics.UnitMoney)
	}},
	{pattern: `a lead of $ may cost up to #`, does: func(in *Input, a args) {
		x, high := channelOf(in, a[0]), float64(a.minor(1))
		verdict := metrics.Within
		if *x.CPL.Value > high {
			verdict = metrics.Above
		}
		x.CPL.Band = &metrics.Judged{Band: metrics.Band{High: &high, Currency: "USD", Source: "playbook"}, Verdict: verdict}
	}},
	{pattern: `$ had a touch in # opportunities`, does: func(in *Input, a args) { channelOf(in, a[0]).Touched = a.n(1) }},
	{pattern: `the platform of $ counted # leads`, does: func(in *Input, a args) { channelOf(in, a[0]).PlatformLeads = int64(a.n(1)) }},
	{pattern: `a customer of $ cost # a year ago, and # more every month, give or take #`, does: func(in *Input, a args) {
		x := channelOf(in, a[0])
		x.Months = nil
		for i := range 12 { // up and down by turns
			v := float64(a.minor(1)+int64(i)*a.minor(2)) + float64(a.minor(3))*float64(1-2*(i%2))
			x.Months = append(x.Months, metrics.CostMonth{CAC: metrics.Figure{Value: &v}, Customers: 2})
		}
	}},
	{pattern: `$ has cost money for # days`, does: func(in *Input, a args) {
		channelOf(in, a[0]).SpendDays = a.n(1)
		in.Spend.Days = 0
		for _, x := range in.Channels {
			in.Spend.Days = max(in.Spend.Days, x.SpendDays)
		}
	}},
	{pattern: `# of spend named campaigns, # of it campaigns that nobody came by`, does: func(in *Input, a args) {
		in.Spend.Campaigns, in.Spend.UnmatchedAmount, in.Spend.Unmatched = a.minor(0), a.minor(1), []string{"spring-sale"}
	}},
	{pattern: `outbound reached # people in a month`, does: func(in *Input, a args) { in.Mail.OutboundMonth = a.n(0) }},
	{pattern: `outbound paid for # people in a month`, does: func(in *Input, a args) { in.Spend.OutboundReach = int64(a.n(0)) }},
	{pattern: `no opportunity is known`, does: func(in *Input, a args) {
		in.Deals, in.Committee, in.Customers, in.Journeys, in.Qualified, in.FollowUp = Deals{}, Committee{}, Customers{}, Journeys{}, Qualified{}, FollowUp{}
		for i := range in.Channels {
			in.Channels[i].Opened, in.Channels[i].OpenedMoney = 0, 0
		}
	}},
	{pattern: `# opportunities: # open, # won, # lost`, does: func(in *Input, a args) {
		d := &in.Deals
		d.Total, d.Open, d.Won, d.Lost = a.n(0), a.n(1), a.n(2), a.n(3)
		d.WinRate = rate(Share{d.Won, d.Won + d.Lost})
	}},
	{pattern: `# of the lost ones say why`, does: func(in *Input, a args) { in.Deals.LostWithReason = a.n(0) }},
	{pattern: `no file has a column for it`, does: func(in *Input, a args) { in.Deals.ReasonsUnknown = true }},
	{pattern: `# of the won ones have no amount`, does: func(in *Input, a args) { in.Deals.WonWithoutAmount = a.n(0) }},
	{pattern: `# open ones have no account, worth #`, does: func(in *Input, a args) {
		in.Deals.OpenNoAccount, in.Deals.NoAccount, in.Deals.NoAccMoney = a.n(0), a.n(0), OpenMoney{Minor: a.minor(1), Recorded: a.n(0)}
	}},
	{pattern: `the last deal is # days old`, does: func(in *Input, a args) { in.Deals.Ended = in.Day - metrics.Day(a.n(0)) }},
	{pattern: `# have no date`, does: func(in *Input, a args) { in.Deals.Undated = a.n(0) }},
	{pattern: `# repeat another, worth #`, does: func(in *Input, a args) { in.Deals.Doubles, in.Deals.DoublesAmount = a.n(0), a.minor(1) }},
	{pattern: `a won deal is worth #, surely # to #, of #`, does: func(in *Input, a args) {
		in.Deals.Amount = between(float64(a.minor(0)), float64(a.minor(1)), float64(a.minor(2)), a.n(3), metrics.UnitMoney)
	}},
	{pattern: `a won deal takes # days, surely # to #, of #; 90% take at most #`, does: func(in *Input, a args) {
		in.Deals.WonCycle, in.Deals.OldCycle = between(a.f(0), a.f(1), a.f(2), a.n(3), metrics.UnitDays), a.n(4)
	}},
	{pattern: `# of # open deals are older than that, worth #`, does: func(in *Input, a args) {
		in.Deals.Stale, in.Deals.Aged = a.share(0), OpenMoney{Minor: a.minor(2), Recorded: a.n(0)}
	}},
	{pattern: `# of # open deals are older than that, without amounts, at the mean of their product worth #`, does: func(in *Input, a args) {
		in.Deals.Stale, in.Deals.Aged = a.share(0), OpenMoney{Minor: a.minor(2), Estimated: a.n(0)}
	}},
	{pattern: `(owner|product|industry) $ won # of #, worth #`, does: func(in *Input, a args) {
		i := slices.IndexFunc(in.Deals.Groups, func(g Group) bool { return g.Name == a[0] })
		if i < 0 {
			i, in.Deals.Groups = len(in.Deals.Groups), append(in.Deals.Groups, Group{Name: a[0]})
		}
		in.Deals.Groups[i].Labels = append(in.Deals.Groups[i].Labels, GroupRow{a[1], a.n(2), a.n(3), a.minor(4)})
	}},
	{pattern: `# people are known, # of them at no known time, the first for # days`, does: func(in *Input, a args) {
		in.Leads = Leads{Total: a.n(0), Undated: a.n(1), Oldest: a.n(2), Period: a.n(0)}
	}},
	{pattern: `# leads came in the year`, does: func(in *Input, a args) { in.Leads.Period = a.n(0) }},
	{pattern: `targets are set for (.+)`, does: func(in *Input, a args) { in.Targets = strings.Split(a[0], ", ") }},
	{pattern: `# MQLs; # of # became opportunities within 90 days`, does: func(in *Input, a args) {
		in.Qualified.MQL, in.Qualified.Rate = a.n(0), a.share(1)
		in.Qualified.Figure = rate(in.Qualified.Rate)
	}},
	{pattern: `behaviour is known for # days`, does: func(in *Input, a args) { in.Behavior = a.n(0) }},
	{pattern: `# of # active people passed the bar, then # of #`, does: func(in *Input, a args) {
		in.Qualified.Spans = [2]Share{a.share(0), a.share(2)}
	}},
	{pattern: `# of # of the former became opportunities, then # of #`, does: func(in *Input, a args) {
		in.Qualified.SpansRate = [2]Share{a.share(0), a.share(2)}
	}},
	{pattern: `# of # people whom the CRM holds for qualified were so by the rule`, does: func(in *Input, a args) { in.Qualified.Both = a.share(0) }},
	{pattern: `# of # opportunities had an MQL before`, does: func(in *Input, a args) { in.Qualified.DealsSeen = a.share(0) }},
	{pattern: `sales took up # of # MQLs within a week and # at all; an MQL is worth #`, does: func(in *Input, a args) {
		in.FollowUp = FollowUp{MQLs: a.n(1), Touched: a.n(0), Ever: a.n(2), Known: true, Deadline: 7, Hours: []int{30}, PerMQL: a.minor(3)}
	}},
	{pattern: `nothing is recorded of what sales does with # MQLs`, does: func(in *Input, a args) { in.FollowUp = FollowUp{MQLs: a.n(0), Deadline: 7} }},
	{pattern: `of # open deals # have one person, # nobody who decides, # either; these are worth #`, does: func(in *Input, a args) {
		in.Committee = Committee{Deals: a.n(0), Single: a.n(1), LowLevel: a.n(2), Thin: a.n(3), Money: OpenMoney{Minor: a.minor(4), Recorded: a.n(3)}, Titled: 500}
	}},
	{pattern: `no contact has a title`, does: func(in *Input, a args) { in.Committee.Titled = 0 }},
	{pattern: `# customers; # of # who bought a year ago were seen since`, does: func(in *Input, a args) {
		in.Customers.Total, in.Customers.Served, in.Customers.OldEnough, in.Customers.Touches = a.n(0), a.share(1), a.n(2), true
	}},
	{pattern: `# of # opportunities are with customers or by referral`, does: func(in *Input, a args) { in.Customers.Again = a.share(0) }},
	{pattern: `customers kept #% of their value, surely # to #, of #; # was lost`, does: func(in *Input, a args) {
		in.Customers.NRR, in.Customers.Lost, in.Customers.Contracts = between(a.f(0)/100, a.f(1)/100, a.f(2)/100, a.n(3), metrics.UnitRatio), a.minor(4), a.n(3)
	}},
	{pattern: `of # won deals the way to # is seen, # of them in one step`, does: func(in *Input, a args) {
		in.Journeys.Won, in.Journeys.Seen, in.Journeys.OneStep = a.n(0), a.n(1), a.n(2)
	}},
	{pattern: `buyers of # accounts said how they came`, does: func(in *Input, a args) { in.Journeys.Said = a.n(0) }},
	{pattern: `# arrivals, # by a campaign, # of them with wrong tags`, does: func(in *Input, a args) {
		in.Tags = Tags{All: int64(a.n(0)), Arrivals: int64(a.n(1)), Wrong: int64(a.n(2))}
		if a.n(2) > 0 {
			in.Tags.Problems = []TagProblem{{"mistyped_medium", int64(a.n(2)), "utm_medium=emial is nearly email."}}
		}
	}},
	{pattern: `# of # people who were active before the last year were silent in it`, does: func(in *Input, a args) { in.List.Silent = a.share(0) }},
	{pattern: `mail to # of # people bounced`, does: func(in *Input, a args) { in.List.Bounced, in.List.Mailed = a.n(0), a.n(1) }},
	{pattern: `# of # passages between stages are sideways, skipped or back`, does: func(in *Input, a args) { in.Flows = Flows{Passages: a.n(1), NotLinear: a.n(0)} }},
	{pattern: `mails to # people go on for # days, surely # to #`, does: func(in *Input, a args) {
		in.Mail.People, in.Mail.Span = a.n(0), between(a.f(1), a.f(2), a.f(3), a.n(0), metrics.UnitDays)
	}},
	{pattern: `the last fact is # days old`, does: func(in *Input, a args) { in.Now = in.AsOf + millrace.Time(a.n(0))*millrace.Day }},
	{pattern: `the first fact is # days old`, does: func(in *Input, a args) { in.First = in.Day - metrics.Day(a.n(0)) }},
	{pattern: `there is no fact`, does: func(in *Input, a args) { in.First = metrics.NoDay }},
}

func init() {
	for i := range sentences {
		p := strings.NewReplacer("#", `(-?[\d,.]*\d)`, "$", `"([^"]+)"`).Replace(sentences[i].pattern)
		sentences[i].re = regexp.MustCompile("^" + p + "$")
	}
}

var expectRE = regexp.MustCompile(`^expect (?:(\w+) (passes|isn't judged|fails)|(nothing else|nothing) fails|at stake ([\d,.]+ \w+)|(\w+) says "(.+)"|score ([\d–]+)|(summary) "(.+)")$`)

// play builds the input that a file describes and checks what it expects.
func play(t *testing.T, file string) {
	in := Input{AsOf: 1782777600000, Now: 1782777600000, Currency: "USD", Dollar: 100, First: metrics.NoDay, Last: metrics.NoDay} // 30 June 2026
	in.Day = metrics.Day(in.AsOf / millrace.Day)
	in.Period = metrics.Period{First: in.Day - 364, Last: in.Day}
	var expected []string
	read(t, file, &in, &expected)
	if len(expected) == 0 {
		t.Fatal("it expects nothing")
	}
	r := Run(in)
	sane(t, &r)
	named := map[string]bool{}
	for _, e := range expected {
		expect(t, &r, e, named)
	}
}

func read(t *testing.T, file string, in *Input, expected *[]string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata/scenarios", file))
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		switch base, like := strings.CutPrefix(line, "like "); {
		case line == "" || strings.HasPrefix(line, "#"):
		case like:
			read(t, base+".txt", in, new([]string))
		case strings.HasPrefix(line, "expect "):
			*expected = append(*expected, line)
		default:
			i := slices.IndexFunc(sentences, func(s sentence) bool { return s.re.MatchString(line) })
			if i < 0 {
				t.Fatalf("%s:%d: %q says nothing that is known", file, n+1, line)
			}
			sentences[i].does(in, sentences[i].re.FindStringSubmatch(line)[1:])
		}
	}
}

func expect(t *testing.T, r *Report, line string, named map[string]bool) {
	t.Helper()
	m := expectRE.FindStringSubmatch(line)
	if m == nil {
		t.Fatalf("%q expects nothing that is known", line)
	}
	find := func(id string) *Check {
		i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.ID == id })
		if i < 0 {
			t.Fatalf("%s is no check", id)
		}
		return &r.Checks[i]
	}
	switch {
	case m[1] != "" && m[1] != "nothing":
		c, want := find(m[1]), map[string]Status{"fails": Failed, "passes": Passed, "isn't judged": NotJudged}[m[2]]
		if c.Status != want {
			t.Errorf("%s: it is %s: %s %s", line, c.Status, c.Answer, says(c))
		}
		named[m[1]] = true
		if c.Passed != (c.Status != Failed) {
			t.Errorf("%s is %s and passed %v", c.ID, c.Status, c.Passed)
		}
	case m[1] == "nothing" || m[3] != "":
		for _, c := range r.Checks {
			if c.Status == Failed && (m[1] == "nothing" || !named[c.ID]) {
				t.Errorf("%s: %s fails: %s", line, c.ID, c.Answer)
			}
		}
	case m[4] != "":
		if got := r.Checks[0].Stake(); got != m[4] {
			t.Errorf("%s: at stake is %q", line, got)
		}
	case m[5] != "":
		if c := find(m[5]); !strings.Contains(c.Answer+"\n"+says(c), m[6]) {
			t.Errorf("%s: it says %s\n%s", line, c.Answer, says(c))
		}
	case m[7] != "":
		if got := score(r.Score); got != m[7] {
			t.Errorf("%s: it is %s", line, got)
		}
	case m[8] != "":
		if got := strings.Join(r.Summary, " "); !strings.Contains(got, m[9]) {
			t.Errorf("%s: it is %q", line, got)
		}
	}
}

func says(c *Check) string {
	var out []string
	for _, e := range c.Evidence {
		out = append(out, e.Says)
	}
	return strings.Join(out, "\n")
}

// sane holds what is true of every report.
func sane(t *testing.T, r *Report) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	page, err := r.Page()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(b), r.Markdown(), page} {
		for _, bad := range []string{"NaN", "Inf", "%!", "<no value>", "− "} {
			if strings.Contains(text, bad) {
				t.Errorf("%q in the report: %s", bad, around(text, bad))
			}
		}
	}
	seen := map[string]bool{}
	for _, c := range r.Checks {
		switch {
		case c.Status != Passed && c.Status != Failed && c.Status != NotJudged:
			t.Errorf("%s has no status", c.ID)
		case !strings.HasSuffix(c.Answer, "."):
			t.Errorf("%s: %q is no sentence", c.ID, c.Answer)
		case c.Action.Says == "" || c.Action.Link == "" || c.Status == Failed && len(c.Evidence) == 0:
			t.Errorf("%s has no action, or fails without evidence", c.ID)
		case c.Status == NotJudged && len(c.Needs) == 0:
			t.Errorf("%s isn't judged and doesn't say what to bring", c.ID)
		case c.Status == Passed && c.Money != nil:
			t.Errorf("%s passed with money at stake", c.ID)
		case seen[c.ID]:
			t.Errorf("%s is there twice", c.ID)
		}
		seen[c.ID] = true
	}
}

func around(text, bad string) string {
	i := strings.Index(text, bad)
	return text[max(0, i-100):min(len(text), i+100)]
}

// TestScenarios plays every file. Each check has one that makes it fail, alone, and one that makes it pass.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".txt")
		have[name] = true
		t.Run(name, func(t *testing.T) { play(t, name+".txt") })
	}
	for _, s := range Specs() {
		for _, way := range [...]string{"fails", "passes"} {
			name := fmt.Sprintf("%s_%s", s.ID, way)
			if !have[name] {
				t.Errorf("there is no testdata/scenarios/%s.txt", name)
				continue
			}
			text, err := os.ReadFile("testdata/scenarios/" + name + ".txt")
			if err != nil || !strings.Contains(string(text), fmt.Sprintf("expect %s %s\n", s.ID, way)) {
				t.Errorf("%s doesn't expect that %s %s", name, s.ID, way)
			}
			if way == "fails" && !strings.Contains(string(text), "expect nothing else fails") {
				t.Errorf("%s doesn't expect that nothing else fails", name)
			}
		}
	}
}
