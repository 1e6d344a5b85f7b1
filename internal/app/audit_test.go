package app

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/audit"
	"millrace/internal/dbtest"
	"millrace/internal/directory"
	"millrace/internal/exchange"
	"millrace/internal/market"
	"millrace/internal/playbook"
)

const auditStart = millrace.Time(1748736000000) // 1 June 2025

// auditMarket is the market that failures are planted in: small, with much buying and little else.
func auditMarket(seed uint64) market.Config {
	return market.Config{Seed: seed, Accounts: 1100, Months: 13, Start: auditStart, PeoplePerAccount: 6, FactsPerPerson: 5, BotShare: -1, CrowdShare: -1, ScannerShare: -1,
		DuplicateShare: -1, LateShare: -1, WinRate: .5}
}

// auditPlaybook is a program of the team's own: the preset with another threshold, and the bar where a fifth to a third become opportunities.
func auditPlaybook(t *testing.T, replace ...string) []byte {
	t.Helper()
	p, ok := playbook.PresetByName("mid-market")
	if !ok {
		t.Fatal("there is no preset mid-market")
	}
	replace = append([]string{"threshold: 50 ", "threshold: 45 ", "    intent: 60 ", "    intent: 6 ", "expire_below: 30 ", "expire_below: 2 "}, replace...)
	out := string(p.Source)
	for i := 0; i < len(replace); i += 2 {
		if !strings.Contains(out, replace[i]) {
			t.Fatalf("the preset has no %q", replace[i])
		}
		out = strings.Replace(out, replace[i], replace[i+1], 1)
	}
	return []byte(out)
}

// fed fills a database with what came in by itself: the account list on the first day, then a year's traffic.
func fed(t *testing.T, c market.Config, source []byte) (string, *market.Market) {
	t.Helper()
	m, err := market.New(c)
	if err != nil {
		t.Fatal(err)
	}
	db := dbtest.SQLite(t)
	w := opened(t, db, m.End())
	if _, err := w.Engine.ApplyPlaybook(t.Context(), source, "test", ""); err != nil {
		t.Fatal(err)
	}
	bring(t, w, "accounts", "accounts.csv", filesOf(t, m)["accounts.csv"].String(), c.Start)
	if _, err := w.feed(t.Context(), m, nil); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return db, m
}

func opened(t *testing.T, db string, now millrace.Time) *Workspace {
	t.Helper()
	w, err := Open(t.Context(), Config{DB: db, Clock: func() millrace.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

func filesOf(t *testing.T, m *market.Market) memory {
	t.Helper()
	files := memory{}
	if err := m.WriteFiles(files); err != nil {
		t.Fatal(err)
	}
	return files
}

// crm imports the CRM's files and the spend as they are on the last day.
func crm(t *testing.T, w *Workspace, files memory, at millrace.Time, alter func(name, text string) string) {
	t.Helper()
	for _, f := range [...][2]string{{"reps", "reps.csv"}, {"products", "products.csv"}, {"contacts", "contacts.csv"}, {"opportunities", "opportunities.csv"},
		{"opportunities", "opportunity_contact_roles.csv"}, {"spend", "spend.csv"}} {
		text := files[f[1]].String()
		if alter != nil {
			text = alter(f[1], text)
		}
		bring(t, w, f[0], f[1], text, at)
	}
}

func bring(t *testing.T, w *Workspace, entity, name, text string, at millrace.Time) {
	t.Helper()
	_, s, err := exchange.Run(t.Context(), w.Ledger(at), name, strings.NewReader(text), exchange.Options{Entity: entity, By: "test", Clock: func() millrace.Time { return at }})
	if err != nil || s.Rejected > 0 {
		t.Fatalf("%s: %v, %d rejected %+v", name, err, s.Rejected, s.ExampleRejects)
	}
}

// rows are lines of a file: the function's words for each of n numbers.
func rows(header string, n int, line func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		b.WriteString(line(i) + "\n")
	}
	return b.String()
}

const dealHeader = "Deal ID,Deal Name,Account,Amount,Currency,Stage,Create Date,Close Date,Loss Reason,Lead Source"

func day(at millrace.Time) string { return at.Std().Format("2006-01-02") }

// lead is one of the workspace's people.
type lead struct{ email, stage string }

// people are those whose address is known and who were seen, fit or not.
func people(t *testing.T, w *Workspace, keep func(c directory.Contact) bool) (out []lead) {
	t.Helper()
	for c, err := range w.Directory.AllContacts(t.Context(), directory.ContactFilter{Paging: directory.Paging{Limit: directory.MaxLimit}, Sort: "email"}) {
		if err != nil {
			t.Fatal(err)
		}
		if c.Email != "" && keep(c) {
			out = append(out, lead{c.Email, c.Stage})
		}
	}
	return out
}

// send applies facts at a moment.
func send(t *testing.T, w *Workspace, at millrace.Time, events []millrace.Event) {
	t.Helper()
	for i := range events {
		events[i].Source, events[i].ID, events[i].ReceivedAt = "test", fmt.Sprint("planted", at, i), at
	}
	for chunk := range slices.Chunk(events, 500) {
		if _, err := w.Engine.ApplyAt(t.Context(), millrace.Batch{Events: chunk}, at); err != nil {
			t.Fatal(err)
		}
	}
}

func act(name, email string, at millrace.Time) millrace.Event {
	return millrace.Event{Kind: millrace.KindTrack, Name: name, UserID: email, Email: email, OccurredAt: at}
}

func signUp(email string, at millrace.Time) millrace.Event {
	return millrace.Event{Kind: millrace.KindIdentify, UserID: email, Email: email, OccurredAt: at}
}

func page(address, email string, at millrace.Time) millrace.Event {
	return visit("/pricing", address, email, at)
}

func visit(path, query, email string, at millrace.Time) millrace.Event {
	return millrace.Event{Kind: millrace.KindPage, UserID: email, Email: email, OccurredAt: at, Host: "www.waymark-revenue.com", Path: path,
		Context: []byte(`{"page":{"url":"https://www.waymark-revenue.com` + path + query + `","referrer":""}}`)}
}

// column blanks a column of a CSV file.
func blank(t *testing.T, text, name string) string {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := slices.Index(all[0], name)
	for _, row := range all[1:] {
		row[at] = ""
	}
	var b bytes.Buffer
	if err := csv.NewWriter(&b).WriteAll(all); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// captured is a market whose channels only capture.
func captured(seed uint64) market.Config {
	c := auditMarket(seed)
	for _, x := range market.DefaultChannels() {
		if x.Key == "direct" || x.Key == "google" || x.Key == "outbound" {
			c.Channels = append(c.Channels, x)
		}
	}
	c.Channels = append(c.Channels, market.Channel{Key: "reviews", Name: "Review sites", Role: "capture", Offer: .35, Early: 14, Late: 26, Idle: 8, CPC: 9, Referrer: "https://www.g2.com/"})
	return c
}

// failure is one failure mode as it is planted.
type failure struct {
	id    string
	plant func(t *testing.T, w *Workspace, now millrace.Time)
}

var failures = []failure{
	{id: "icp_clarity", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		reapply(t, w, "kind: technographic", "kind: firmographic", "kind: psychographic", "kind: firmographic", "kind: psychographic", "kind: firmographic",
			"kind: behavioral\n        behaviors: [pricing_page, comparison_page, security_docs, roi_calculator, case_study_downloaded]\n        within_days: 30  # our choice\n        points: 10",
			"kind: firmographic\n        trait: founded\n        bands:\n          - {min: 1990, points: 10}")
	}},
	{id: "channel_fits_motion", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		reapply(t, w, "motion: mid-market ", "motion: enterprise ")
		bring(t, w, "opportunities", "middling.csv", rows(dealHeader, 40, func(i int) string { // so that the median deal is sure
			opened := now - millrace.Time(300-5*i)*millrace.Day
			return fmt.Sprintf("m%d,Deal %d,Middling firm %d,%d,USD,%s,%s,%s,%s,", i, i, i, 45_000+1000*i, [...]string{"Closed Won", "Closed Lost"}[i%2], day(opened), day(opened+60*millrace.Day),
				[...]string{"", "Price"}[i%2])
		}), now)
	}},
	{id: "nurture_covers_cycle", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		var mails []millrace.Event
		for _, p := range people(t, w, func(directory.Contact) bool { return true })[:60] {
			for _, after := range []millrace.Time{0, 4, 9, 14} {
				mails = append(mails, act("Email Sent", p.email, now-(200-after)*millrace.Day))
			}
		}
		send(t, w, now, mails)
	}},
	{id: "outcomes_over_activity", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "targets", "targets.csv", "metric,from,to,value\nleads,2026-04-01,2026-06-30,500\nmql,2026-04-01,2026-06-30,100\n", now)
	}},
	{id: "channel_concentration", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "opportunities", "partners.csv", rows(dealHeader, 300, func(i int) string {
			opened := now - millrace.Time(300-i/2)*millrace.Day
			stage, reason := "Closed Won", ""
			if i%3 > 0 && i%2 == 0 {
				stage, reason = "Closed Lost", "Price"
			}
			// Each firm's second deal is opened 75 days after its first: customers buy again.
			return fmt.Sprintf("c%d,Deal %d,Partner firm %d,40000,USD,%s,%s,%s,%s,Partners", i, i, i%150, stage, day(opened), day(opened+60*millrace.Day), reason)
		}), now)
	}},
	{id: "customers_neglected", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "contracts", "contracts.csv", rows("contract,account,amount,currency,from,to", 60, func(i int) string {
			to := day(now + 300*millrace.Day)
			if i%2 == 0 {
				to = day(now - 60*millrace.Day)
			}
			return fmt.Sprintf("k%d,Customer %d,12000,USD,%s,%s", i, i, day(now-500*millrace.Day), to)
		}), now)
	}},
	{id: "two_definitions", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		leads := people(t, w, func(c directory.Contact) bool { return c.Stage == "lead" && !c.Fit && c.ScoredAt > 0 })[:80]
		bring(t, w, "contacts", "qualified.csv", rows("Record ID,Email,Lifecycle Stage", len(leads), func(i int) string {
			return fmt.Sprintf("q%d,%s,Marketing Qualified Lead", i, leads[i].email)
		}), now)
	}},
	{id: "follow_up", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		var calls []millrace.Event
		for _, p := range people(t, w, func(c directory.Contact) bool { return c.Stage == "mql" })[:40] {
			calls = append(calls, act("Call Logged", p.email, now-millrace.Hour))
		}
		send(t, w, now, calls)
	}},
	{id: "single_threaded", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "accounts", "thin-firms.csv", rows("Record ID,Company name,Company Domain Name", 70, func(i int) string {
			return fmt.Sprintf("f%d,Thin firm %d,thin-firm-%d.com", i, i, i)
		}), now)
		bring(t, w, "contacts", "analysts.csv", rows("Record ID,Email,Company Name,Job Title", 70, func(i int) string {
			return fmt.Sprintf("a%d,ann@thin-firm-%d.com,Thin firm %d,Analyst", i, i, i)
		}), now)
		bring(t, w, "opportunities", "thin.csv", rows(dealHeader, 70, func(i int) string {
			return fmt.Sprintf("t%d,Thin %d,Thin firm %d,40000,USD,Proposal,%s,,,", i, i, i, day(now-30*millrace.Day))
		}), now)
	}},
	{id: "campaign_tagging", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		var visits []millrace.Event
		for i, p := range people(t, w, func(c directory.Contact) bool { return !c.Fit })[:450] {
			for n := range millrace.Time(2) {
				visits = append(visits, page("?utm_source=newsletter&utm_medium=emial&utm_campaign=june", p.email, now-(2+n)*millrace.Day-millrace.Time(i)*millrace.Minute))
			}
		}
		send(t, w, now, visits)
	}},
	{id: "list_decay", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		var visits []millrace.Event
		for i := range 500 {
			visits = append(visits, page("", fmt.Sprintf("gone%d@gone-firm.com", i), auditStart+millrace.Day+millrace.Time(i)*millrace.Minute))
		}
		send(t, w, now, visits)
	}},
	{id: "score_inflation", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		fit := true
		var domains []string
		for a, err := range w.Directory.AllAccounts(t.Context(), directory.AccountFilter{Paging: directory.Paging{Limit: directory.MaxLimit}, Fit: &fit}) {
			if err != nil {
				t.Fatal(err)
			}
			if a.Domain != "" && a.Open+a.Won+a.Lost == 0 {
				domains = append(domains, a.Domain)
			}
		}
		var visits []millrace.Event
		at := now - 95*millrace.Day
		for i := range 500 {
			visits = append(visits, page("", fmt.Sprintf("idle%d@%s", i, domains[i%len(domains)]), at-millrace.Time(i)*millrace.Minute))
		}
		send(t, w, at, visits)
	}},
	{id: "win_rate", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "opportunities", "lost.csv", rows(dealHeader, 280, func(i int) string {
			opened := now - millrace.Time(200-i/4)*millrace.Day
			return fmt.Sprintf("l%d,Lost %d,Cold firm %d,30000,USD,Closed Lost,%s,%s,Price,", i, i, i, day(opened), day(opened+60*millrace.Day))
		}), now)
	}},
	{id: "cost_per_lead", plant: func(t *testing.T, w *Workspace, now millrace.Time) { spend(t, w, now, "LinkedIn ads", 3000, 0) }},
	{id: "spend_without_pipeline", plant: func(t *testing.T, w *Workspace, now millrace.Time) { spend(t, w, now, "Phone", 3000, 0) }},
	{id: "outbound_blast", plant: func(t *testing.T, w *Workspace, now millrace.Time) { spend(t, w, now, "Outbound", 10, 12_500) }},
	{id: "win_rate_differences", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "opportunities", "sellers.csv", rows(dealHeader+",Deal Owner", 120, func(i int) string {
			opened := now - millrace.Time(300-i)*millrace.Day
			stage, reason, owner := "Closed Won", "", "Ada Long"
			if i%2 == 1 {
				owner = "Bo Short"
			}
			if i%2 == 1 && i%10 > 1 || i%6 == 0 {
				stage, reason = "Closed Lost", "Price"
			}
			return fmt.Sprintf("w%d,Deal %d,Sold firm %d,40000,USD,%s,%s,%s,%s,,%s", i, i, i, stage, day(opened), day(opened+90*millrace.Day), reason, owner)
		}), now)
	}},
	{id: "last_click_attribution", plant: lastClicks},
	{id: "volume_without_pipeline", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		var visits []millrace.Event
		for i := range 700 { // a prize draw on a social network, by people who'll never buy
			visits = append(visits, visit("/resources/prize-draw", "?utm_source=facebook&utm_medium=paid-social&utm_campaign=prize-draw", fmt.Sprintf("winner%d@gmail.com", i),
				now-millrace.Time(2+i/2)*millrace.Day-millrace.Hour), signUp(fmt.Sprintf("winner%d@gmail.com", i), now-millrace.Time(2+i/2)*millrace.Day-millrace.Hour+millrace.Minute))
		}
		send(t, w, now, visits)
	}},
	{id: "acquisition_cost_trend", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "opportunities", "partners.csv", rows(dealHeader, 24, func(i int) string {
			closed := now - millrace.Time(5+15*i)*millrace.Day
			return fmt.Sprintf("p%d,Deal %d,Partner firm %d,40000,USD,Closed Won,%s,%s,,Partners", i, i, i, day(closed-100*millrace.Day), day(closed))
		}), now)
		bring(t, w, "spend", "partners.csv", rows("date,channel,cost,currency", 12, func(i int) string {
			return fmt.Sprintf("%s,Partners,%d,USD", day(now-millrace.Time(30*i+5)*millrace.Day), 12_000-900*i)
		}), now)
	}},
	{id: "stale_deals", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "opportunities", "old.csv", rows(dealHeader, 30, func(i int) string {
			return fmt.Sprintf("s%d,Old %d,Sleepy firm %d,40000,USD,Proposal,%s,,,", i, i, i, day(now-300*millrace.Day))
		}), now)
	}},
	{id: "deals_without_account", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "opportunities", "nobody.csv", rows(dealHeader, 12, func(i int) string {
			return fmt.Sprintf("n%d,Nobody %d,,40000,USD,Proposal,%s,,,", i, i, day(now-30*millrace.Day))
		}), now)
	}},
	{id: "duplicate_deals", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "opportunities", "twice.csv", rows(dealHeader, 2, func(i int) string {
			return fmt.Sprintf("d%d,Twice,Double firm,40000,USD,Proposal,%s,,,", i, day(now-30*millrace.Day))
		}), now)
	}},
	{id: "undated_facts", plant: func(t *testing.T, w *Workspace, now millrace.Time) {
		bring(t, w, "opportunities", "undated.csv", rows(dealHeader, 20, func(i int) string {
			return fmt.Sprintf("u%d,Undated %d,Undated firm %d,40000,USD,Proposal,,,,", i, i, i)
		}), now)
	}},
}

// lastClicks are customers of whom a single visit is known, by a tagged link, shortly before their deal.
func lastClicks(t *testing.T, w *Workspace, now millrace.Time) {
	const n = 70
	tags := [...]string{"google&utm_medium=cpc", "linkedin&utm_medium=paid-social", "newsletter&utm_medium=email", "webinar&utm_medium=webinar", "partner&utm_medium=partner"}
	opened := func(i int) millrace.Time { return now - millrace.Time(290-2*i)*millrace.Day }
	var visits []millrace.Event
	for i := range n {
		visits = append(visits, page("?utm_campaign=spring&utm_source="+tags[i%len(tags)], fmt.Sprintf("ann@once-seen-%d.com", i), opened(i)-millrace.Day))
	}
	send(t, w, now, visits)
	bring(t, w, "accounts", "seen-once.csv", rows("Record ID,Company name,Company Domain Name", n, func(i int) string {
		return fmt.Sprintf("o%d,Once seen %d,once-seen-%d.com", i, i, i)
	}), now)
	bring(t, w, "opportunities", "seen-once.csv", rows(dealHeader, n, func(i int) string {
		return fmt.Sprintf("o%d,Deal %d,Once seen %d,50000,USD,Closed Won,%s,%s,,", i, i, i, day(opened(i)), day(opened(i)+100*millrace.Day))
	}), now)
}

// inStep is a CRM whose process moves everybody through every stage in order, and never back.
func inStep(t *testing.T, w *Workspace, files memory, now millrace.Time) {
	ladder := []string{"Lead", "Marketing Qualified Lead", "Sales Qualified Lead", "Opportunity", "Customer"}
	all, err := csv.NewReader(strings.NewReader(files["contacts.csv"].String())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at, modified := slices.Index(all[0], "Lifecycle Stage"), slices.Index(all[0], "Last Modified Date")
	final := map[int]int{}
	for i, row := range all[1:] {
		final[i+1] = slices.Index(ladder, row[at])
	}
	for top := range ladder {
		read := now - millrace.Time(len(ladder)-top)*millrace.Hour
		for i, stage := range final {
			all[i][at], all[i][modified] = ladder[min(top, max(0, stage))], read.Std().Format("2006-01-02 15:04")
		}
		var b bytes.Buffer
		if err := csv.NewWriter(&b).WriteAll(all); err != nil {
			t.Fatal(err)
		}
		bring(t, w, "contacts", "contacts.csv", b.String(), read)
	}
	crm(t, w, files, now, func(name, text string) string {
		if name == "contacts.csv" {
			return blank(t, text, "Lifecycle Stage")
		}
		return text
	})
}

// spend adds what a channel cost a month, for a year.
func spend(t *testing.T, w *Workspace, now millrace.Time, channel string, amount, reach int) {
	t.Helper()
	bring(t, w, "spend", channel+".csv", rows("date,channel,cost,currency,reach", 12, func(i int) string {
		return fmt.Sprintf("%s,%s,%d,USD,%d", day(now-millrace.Time(30*i+5)*millrace.Day), channel, amount, reach)
	}), now)
}

func reapply(t *testing.T, w *Workspace, replace ...string) {
	t.Helper()
	if _, err := w.Engine.ApplyPlaybook(t.Context(), auditPlaybook(t, replace...), "test", ""); err != nil {
		t.Fatal(err)
	}
}

// TestPlantedFailuresAreFoundAlone plants each failure mode in a market in which nothing fails: the audit finds that one, and no other.
// MILLRACE_AUDIT_SEEDS="1 3 4 5" plants them in other markets.
func TestPlantedFailuresAreFoundAlone(t *testing.T) {
	if testing.Short() {
		t.Skip("markets are left out with -short")
	}
	for _, s := range strings.Fields(cmp.Or(os.Getenv("MILLRACE_AUDIT_SEEDS"), "2 11")) {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(s, func(t *testing.T) { plantAll(t, seed) })
	}
}

func plantAll(t *testing.T, seed uint64) {
	db, m := fed(t, auditMarket(seed), auditPlaybook(t))
	files := filesOf(t, m)
	whole := copied(t, db) // with the CRM's files
	w := opened(t, whole, m.End())
	crm(t, w, files, m.End(), nil)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	t.Run("nothing", func(t *testing.T) { found(t, copied(t, whole), m.End(), "", nil) })
	t.Run("data_currency", func(t *testing.T) { found(t, copied(t, whole), m.End()+60*millrace.Day, "data_currency", nil) })
	t.Run("a year imported at once", func(t *testing.T) { // of which the playbook decided nothing as it came
		t.Parallel()
		found(t, dbtest.SQLite(t), m.End(), "", func(t *testing.T, w *Workspace, now millrace.Time) {
			reapply(t, w)
			bring(t, w, "accounts", "accounts.csv", files["accounts.csv"].String(), now)
			bring(t, w, "events", "events.csv", files["events.csv"].String(), now)
			crm(t, w, files, now, nil)
		})
	})
	for _, f := range failures {
		t.Run(f.id, func(t *testing.T) {
			t.Parallel()
			found(t, copied(t, whole), m.End(), f.id, f.plant)
		})
	}
	t.Run("linear_funnel", func(t *testing.T) {
		t.Parallel()
		// Nobody goes back by the playbook either: not by time, by points against buying, or by a fit that lasts for a month. Nobody qualifies
		// twice then, so that more companies fit for no larger part of the MQLs to become opportunities.
		never := []string{"threshold: 45 ", "threshold: 40 ", "expire_below: 2 ", "expire_below: 0 ", "expire_days: 90", "expire_days: 730", "within_days: 30  # our choice", "within_days: 730",
			"events: [Unsubscribed]", "events: [Never]", "points: -10  # published: careers page", "points: -1  # published: careers page"}
		db, m := fed(t, auditMarket(seed), auditPlaybook(t, never...))
		found(t, db, m.End(), "linear_funnel", func(t *testing.T, w *Workspace, now millrace.Time) { inStep(t, w, filesOf(t, m), now) })
	})
	t.Run("sales_feedback", func(t *testing.T) {
		t.Parallel()
		found(t, copied(t, db), m.End(), "sales_feedback", func(t *testing.T, w *Workspace, now millrace.Time) {
			crm(t, w, files, now, func(name, text string) string {
				if name == "opportunities.csv" {
					return blank(t, text, "Loss Reason")
				}
				return text
			})
		})
	})
	for _, f := range []struct {
		id     string
		market market.Config
		book   []byte
	}{{"capture_without_creation", captured(seed), auditPlaybook(t)},
		{"mql_to_opportunity", auditMarket(seed), auditPlaybook(t, "    intent: 6 ", "    intent: 60 ", "expire_below: 2 ", "expire_below: 30 ")}} {
		t.Run(f.id, func(t *testing.T) {
			t.Parallel()
			db, m := fed(t, f.market, f.book)
			found(t, db, m.End(), f.id, func(t *testing.T, w *Workspace, now millrace.Time) { crm(t, w, filesOf(t, m), now, nil) })
		})
	}
}

// TestLeadSourcesAreNoReferrals: what a CRM's lead source doesn't say, the audit doesn't know; what it says in words of its own is that channel.
func TestLeadSourcesAreNoReferrals(t *testing.T) {
	now := auditStart + 365*millrace.Day
	for source, want := range map[string]string{"Other": string(audit.NotJudged), "Paid Search": "Other ads brought 40 of 40 opportunities with a known channel.", "Trade Show": "Events brought 40 of 40 opportunities with a known channel."} {
		w := opened(t, dbtest.SQLite(t), now)
		bring(t, w, "opportunities", "deals.csv", rows(dealHeader, 40, func(i int) string {
			return fmt.Sprintf("o%d,Deal %d,Firm %d,40000,USD,Proposal,%s,,,%s", i, i, i, day(now-millrace.Time(5*i+1)*millrace.Day), source)
		}), now)
		model, err := w.Measure.Model(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		r := model.Audit()
		c := r.Checks[slices.IndexFunc(r.Checks, func(c audit.Check) bool { return c.ID == "channel_concentration" })]
		if got := string(c.Status); got != want && (len(c.Evidence) == 0 || c.Evidence[0].Says != want) {
			t.Errorf("%s: %s, %+v, not %q", source, got, c.Evidence, want)
		}
	}
}

// copied is a copy of a database that nobody has open.
func copied(t *testing.T, db string) string {
	t.Helper()
	b, err := os.ReadFile(db)
	to := filepath.Join(t.TempDir(), "w.db")
	if err == nil {
		err = os.WriteFile(to, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

// found plants a failure and expects the audit to find it, and nothing else.
func found(t *testing.T, db string, now millrace.Time, id string, plant func(t *testing.T, w *Workspace, now millrace.Time)) {
	t.Helper()
	w := opened(t, db, now)
	if plant != nil {
		plant(t, w, now)
	}
	model, err := w.Measure.Model(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := model.Audit()
	if got := strings.Join(r.FailedIDs(), " "); got != id {
		t.Errorf("the audit finds %q\n%s", got, r.Markdown())
	}
	if r.Judged < 20 { // a third of them asks for data that some of these markets don't have: mails, calls, customers by channel
		t.Errorf("only %d checks are judged", r.Judged)
	}
}
