package exchange

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/rows"
)

// spent imports a text as spend at home in Berlin, where amounts are in EUR.
func spent(t *testing.T, m *memory, name, text string) Summary {
	t.Helper()
	o := options("spend")
	o.Home = Home{Currency: "EUR", Timezone: "Europe/Berlin"}
	return run(t, m, name, text, o)
}

// lines tells records in short, in order: days, what for, what it cost.
func lines(t *testing.T, m *memory) []string {
	t.Helper()
	var out []string
	for _, e := range m.events {
		d := dataOf(t, e)
		days := fmt.Sprint(d["from"])
		if d["to"] != d["from"] {
			days += fmt.Sprint("/", d["to"])
		}
		what := d["campaign"]
		if what == nil {
			what = d["category"]
		}
		out = append(out, fmt.Sprint(days, " ", what, " ", d["amount"], " ", d["currency"]))
	}
	return out
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

const linkedIn = "Start Date (in UTC)\tAccount Name\tCurrency\tCampaign Name\tCampaign ID\tCreative Name\tTotal Spent\tImpressions\tClicks\tReach\tAverage CTR\tLeads\n" +
	"6/1/2025\tWaymark\tUSD\tGuide, new\t77\tA\t2.50\t28\t0\t20\t0%\t0\n6/13/2025\tWaymark\tUSD\tGuide\t77\tA\t1,026.25\t1,062\t2\t900\t0.2%\t1\n"

// TestLinkedIn: whatever stands above the header, and by day or not at all.
func TestLinkedIn(t *testing.T) {
	for name, preamble := range map[string]string{
		"five lines":   "Campaign Performance Report (in UTC)\nReport Start: June 1, 2025\nReport End: November 30, 2025\nDate Generated: December 1, 2025\n\n",
		"eight lines":  "Campaign Performance Report\tx\n\nAccount: Waymark\tUSD\nReport Start: June 1, 2025\nReport End: \"June\" 30\nTime zone: UTC\nDate Generated: July 1, 2025\n\n",
		"none":         "",
		"quoted lines": "\"Campaign Performance Report (in UTC)\"\n\"Report Start: June 1, 2025\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			s := spent(t, m, "li.csv", utf16Text(t, preamble+linkedIn, unicode.LittleEndian, unicode.UseBOM))
			if s.Platform != "linkedin_ads" || s.FirstDay != "2025-06-01" || s.LastDay != "2025-06-13" || s.Spend["USD"] != "1028.75" || !hasNote(s, "1 campaigns go by several names") {
				t.Errorf("%+v", s)
			}
			same(t, "rows", lines(t, m), []string{"2025-06-01 Guide, new 2.5 USD", "2025-06-13 Guide 1026.25 USD"})
			d := dataOf(t, m.events[1])
			if d["impressions"] != 1062.0 || d["reach"] != 900.0 || d["leads"] != 1.0 || d["ad_account"] != "Waymark" || d["average_ctr"] != nil || !slices.Contains(s.Unused, "Average CTR") {
				t.Errorf("%v, unused %q", d, s.Unused)
			}
			if e := m.events[0]; e.OccurredAt.String() != "2025-05-31T22:00:00.000Z" || e.RecordedAt != 0 || e.Flags != 0 {
				t.Errorf("at %s, recorded %d, flags %d", e.OccurredAt, e.RecordedAt, e.Flags)
			}
		})
	}
	long := strings.NewReplacer("Start Date (in UTC)", "Start Date (in UTC)\tEnd Date (in UTC)", "\n6/1/2025", "\n6/1/2025\t6/30/2025", "\n6/13/2025", "\n6/13/2025\t6/13/2025").Replace(linkedIn)
	for text, want := range map[string]string{long: "6/1/2025 to 6/30/2025", strings.NewReplacer("Start Date (in UTC)\t", "Campaign Objective\t", "6/1/2025", "Leads", "6/13/2025", "Leads").Replace(linkedIn): "without a day column"} {
		if msg := refused(t, "li.csv", text, options("spend")); !strings.Contains(msg, want) || !strings.Contains(msg, "time breakdown Daily") {
			t.Error(msg)
		}
	}
}

// TestGoogleAds: totals in any language go, a campaign called Total Wine stays, and what the file says of itself is compared.
func TestGoogleAds(t *testing.T) {
	m := &memory{}
	s := spent(t, m, "g.csv", "Rapport sur les campagnes\n1 août 2026 - 2 août 2026\nCampagne;Jour;Code de devise;Coût;Impr.;Clics;Conversions;Appareil\n"+
		"Total Wine;2026-08-01;EUR;1.200,50;12.345;10; --;Mobile\nTotal Wine;2026-08-01;EUR;7,25; --;2;0,50;Ordinateur\nTotal : compte; --;EUR;1.300,00;;12;; --\nTotal : Réseau de Recherche; --;EUR;1.207,75;;12;; --\n")
	if s.Rows != 2 || s.Accepted != 2 || s.Spend["EUR"] != "1207.75" || !hasNote(s, "2 lines are totals") || hasNote(s, "rows are missing") {
		t.Errorf("%+v", s)
	}
	if a, b := m.events[0].RecordID, m.events[1].RecordID; a == b || strings.HasSuffix(b, ":2") || !strings.HasPrefix(a, "google_ads:2026-08-01:") {
		t.Errorf("two devices are known as %s and %s", a, b)
	}
	s = spent(t, &memory{}, "g.csv", "Campaign report\n\nCampaign,Day,Impr.,Cost (USD)\nA,2026-08-01,5,10\nTotal: Campaigns,,9,25\n")
	if s.Spend["USD"] != "10" || !hasNote(s, "the file's own total is 25 and its rows add up to 10") {
		t.Errorf("%+v", s)
	}
	if s = spent(t, &memory{}, "g.csv", "Campaign report\nAug 1\nDay,Campaign,Impr.,Cost\nTotal: Account,,0,0.00\n"); s.Rows != 0 || len(s.Spend) != 0 || !hasNote(s, "nothing was spent") {
		t.Errorf("an empty period: %+v", s)
	}
	if s = spent(t, &memory{}, "g.csv", "Campaign report\nAug 1\nDay,Campaign,Impr.,Cost\n"); s.Rows != 0 || !hasNote(s, "nothing was spent") {
		t.Errorf("an empty period without totals: %+v", s)
	}
}

// TestMeta: rows without an ad set are totals of their day where others have one.
func TestMeta(t *testing.T) {
	const head = "Reporting starts,Reporting ends,Campaign name,Ad set name,Day,Amount spent (EUR),Impressions\n"
	m := &memory{}
	s := spent(t, m, "m.csv", head+"2026-08-01,2026-08-31,,,2026-08-01,100,9\n2026-08-01,2026-08-31,C,S,2026-08-01,90,8\n2026-08-01,2026-08-31,,,2026-08-02,5,1\n2026-08-01,2026-08-31,C,S,2026-08-02,5,1\n")
	if s.Spend["EUR"] != "95" || !hasNote(s, `2 rows without "Ad set name" are totals and were passed over; they say 105`) || !hasNote(s, "2026-08-01 says 100 and its rows 90") {
		t.Errorf("%+v", s)
	}
	if s = spent(t, &memory{}, "m.csv", head+"2026-08-01,2026-08-31,C,,2026-08-01,100,9\n"); s.Spend["EUR"] != "100" {
		t.Errorf("a report by campaign: %+v", s)
	}
	if s = spent(t, &memory{}, "m.csv", "Berichtsstart;Berichtsende;Name der Anzeigengruppe;Ausgegebener Betrag (CHF);Impressionen\n2026-08-01;2026-08-01;S;1.234,50;9\n"); s.Spend["CHF"] != "1234.50" || s.LastDay != "2026-08-01" {
		t.Errorf("a day in two columns: %+v", s)
	}
}

// TestLedgers: plain files by the usual names, currencies from wherever they are said.
func TestLedgers(t *testing.T) {
	for _, c := range []struct {
		name, text, note string
		want             []string
	}{
		{"a ledger", "date,channel,campaign,cost,currency\n2026-03-01,LinkedIn ads,X,10.50,USD\n2026-03-01,LinkedIn ads,Y,-3,EUR\n2026-03-02,Events,Z,7,€\n", "amounts are in 2 currencies: 4 EUR, 10.50 USD",
			[]string{"2026-03-01 X 10.5 USD", "2026-03-01 Y -3 EUR", "2026-03-02 Z 7 EUR"}},
		{"credits", "Date,Campaign,Spend\n2026-03-01,X,(12.50)\n2026-03-02,X,2\n", "1 amounts are negative (credits): they are kept and count against the rest, -12.50 EUR", []string{"2026-03-01 X -12.5 EUR", "2026-03-02 X 2 EUR"}},
		{"the cell's sign, the header's code", "Day,Campaign,Cost [GBP]\n1/3/2026,X,5\n25/3/2026,X,$6\n26/3/2026,X,US$7\n", "", []string{"2026-03-01 X 5 GBP", "2026-03-25 X 6 GBP", "2026-03-26 X 7 USD"}},
		{"home", "Day,Campaign,Cost\n2026-03-01,X,5\n", "they are taken for EUR, the workspace's", []string{"2026-03-01 X 5 EUR"}},
		{"months and spans", "category,month,from,to,amount\nTools,2026-02,,,280\nsalaries,,2026-03-01,2026-03-31,31000\nFlowers,March 2026,,,9\n", "count as other: Flowers (1)",
			[]string{"2026-02-01/2026-02-28 tools 280 EUR", "2026-03-01/2026-03-31 people 31000 EUR", "2026-03-01/2026-03-31 other 9 EUR"}},
		{"microsoft", "\"Report Name: Daily\"\n\"Report Time: 3/1/2026\"\nGregorian date,Account name,Campaign name,Currency code,Impressions,Clicks,Spend\n3/1/2026,Acme,Brand,USD,10,1,4.20\n3/22/2026,Acme,Brand,USD,10,1,\n\"©2026 Microsoft Corporation. All rights reserved. \"\n",
			"1 rows have no amount", []string{"2026-03-01 Brand 4.2 USD", "2026-03-22 Brand 0 USD"}},
		{"monthly", "category,every,from,to,cost\npeople,monthly,2026-01-16,2026-03-31,3100\n", "", []string{"2026-01-16/2026-01-31 people 1600 EUR", "2026-02-01/2026-02-28 people 3100 EUR", "2026-03-01/2026-03-31 people 3100 EUR"}},
		{"yearly", "category,every,from,to,cost\ntools,yearly,2024-03-01,2026-02-28,1200\n", "", []string{"2024-03-01/2025-02-28 tools 1200 EUR", "2025-03-01/2026-02-28 tools 1200 EUR"}},
		{"running on", "category,every,from,to,cost\ntools,Monthly,2026-05-01,,50\n", "1 recurring costs have no last day: they are taken up to 2026-06-30", []string{"2026-05-01/2026-05-31 tools 50 EUR", "2026-06-01/2026-06-30 tools 50 EUR"}},
		{"totals", "date,campaign,cost\n2026-03-01,Total Wine,5\nTotal,,5\n", "1 lines are totals", []string{"2026-03-01 Total Wine 5 EUR"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := &memory{}
			s := spent(t, m, "costs.csv", c.text)
			if s.Rejected != 0 || !hasNote(s, c.note) && c.note != "" {
				t.Errorf("%+v", s)
			}
			same(t, "records", lines(t, m), c.want)
			if again := spent(t, m, "costs.csv", c.text); again.Accepted != 0 || again.Duplicates != s.Accepted || !maps.Equal(again.Spend, s.Spend) {
				t.Errorf("again: %+v", again)
			}
		})
	}
}

// TestBadCosts: rows that can't be given to days or counted are rejected alone, files whole.
func TestBadCosts(t *testing.T) {
	m := &memory{}
	s := spent(t, m, "c.csv", "from,to,category,every,cost,currency\n2026-03-02,2026-03-01,tools,,5,EUR\n,,tools,,5,EUR\n2026-03-01,,tools,,,EUR\n2026-03-01,,tools,,5,euros\n2026-03-01,,tools,fortnightly,5,EUR\n2026-03-01,,tools,,five,EUR\n1971-01-01,2026-01-01,tools,monthly,1,EUR\n2026-03-01,2026-03-01,tools,once,5,EUR\n")
	want := map[string]int64{rows.ReasonDate: 3, rows.ReasonAmount: 2, rows.ReasonValue: 2}
	if s.Accepted != 1 || !maps.Equal(s.Reasons, want) || s.Spend["EUR"] != "5" {
		t.Errorf("%+v", s)
	}
	for text, want := range map[string]string{"campaign,cost\nX,5\n": "nothing that dates them", "date,campaign\n2026-03-01,X\n": "no column with what was spent", "Email,First Name\na@b.example,A\n": "millrace import contacts"} {
		if msg := refused(t, "c.csv", text, options("spend")); !strings.Contains(msg, want) {
			t.Error(msg)
		}
	}
	if msg := refused(t, "li.csv", linkedIn, options("contacts")); !strings.Contains(msg, "millrace import spend li.csv") {
		t.Error(msg)
	}
}

// TestCostsAreKnownAgain: in another order, in another time zone, under another name of the campaign; and rows that nothing tells apart both count.
func TestCostsAreKnownAgain(t *testing.T) {
	rows := []string{"2026-03-01,7,Brand,de,5\n", "2026-03-01,7,Brand,at,6\n", "2026-03-01,7,Brand,de,8\n", "2026-03-02,7,Brand,de,9\n"}
	const head = "date,campaign_id,campaign,country,cost\n"
	ids := func(text string) map[string]string {
		m, o := &memory{}, options("spend")
		o.Timezone = "Asia/Tokyo"
		run(t, m, "c.csv", text, o)
		out := map[string]string{}
		for _, e := range m.events {
			out[e.RecordID] = fmt.Sprint(dataOf(t, e)["amount"])
		}
		return out
	}
	first := ids(head + strings.Join(rows, ""))
	if len(first) != 4 {
		t.Fatalf("%v", first)
	}
	if again := ids(head + rows[3] + rows[0] + rows[1] + rows[2]); !maps.Equal(first, again) {
		t.Errorf("in another order: %v, %v", first, again)
	}
	for id := range ids(strings.ReplaceAll(head+strings.Join(rows, ""), "Brand", "Brand 2026")) {
		if first[id] == "" {
			t.Errorf("renamed, %s is another", id)
		}
	}
	m := &memory{}
	spent(t, m, "c.csv", head+rows[0])
	o := options("spend")
	o.Timezone, o.Home = "America/Los_Angeles", Home{Currency: "EUR"}
	if s := run(t, m, "c.csv", head+rows[0], o); s.Duplicates != 1 {
		t.Errorf("in another time zone: %+v", s)
	}
}

// TestCostsByMapping: another platform's words, its currency and its own id.
func TestCostsByMapping(t *testing.T) {
	mapping, err := mapping.Parse([]byte("entity: spend\nsystem: tiktok_ads\ncurrency: USD\ndate_format: dd/MM/yyyy\ncolumns:\n  Wann: day\n  Weg: amount\n  Gruppe: ad_group\n  Gesehen: impressions\nconstants:\n  channel: Video\n"))
	if err != nil {
		t.Fatal(err)
	}
	m, o := &memory{}, options("spend")
	o.Mapping, o.Home = mapping, Home{Currency: "EUR"}
	s := run(t, m, "t.csv", "Bericht\nvom März\n\nWann,Gruppe,Weg,Gesehen,Notiz\n03/04/2026,G,1.50,20,x\n", o)
	d := dataOf(t, m.events[0])
	if s.Platform != "tiktok_ads" || s.Format != "mapping:tiktok_ads" || s.FirstDay != "2026-04-03" || d["platform"] != "tiktok_ads" || d["currency"] != "USD" || d["channel"] != "Video" || d["impressions"] != 20.0 || d["notiz"] != "x" {
		t.Errorf("%+v\n%v", s, d)
	}
}

// TestContracts: one amount, whatever it is stated as, becomes a year's.
func TestContracts(t *testing.T) {
	m, o := &memory{}, options("contracts")
	o.Home = Home{Currency: "EUR"}
	s := run(t, m, "c.csv", "contract id,customer,domain,start date,end date,arr,mrr,total contract value,product\n"+
		"1,Acme,acme.example,2026-01-01,2026-12-31,1200,,,Pro\n2,Beta,,2026-01-15,,,100,,\n3,Gamma,,2026-01-01,2027-06-30,,,3000,\n4,Delta,,2026-01-01,2026-01-10,,,100,\n,Epsilon,,2026-02-01,2027-02-01,,,500,Pro\n"+
		"6,Zeta,,2026-01-01,,,,100,\n7,Eta,,2026-01-01,2025-01-01,5,,,\n8,Theta,,,,5,,,\n9,Iota,,2026-01-01,,,,,\n,,,2026-01-01,,5,,,\n", o)
	var got []string
	for _, e := range m.events {
		d := dataOf(t, e)
		got = append(got, fmt.Sprint(e.RecordID, " ", d["account"], " ", d["from"], " ", d["to"], " ", d["amount"], " ", d["currency"]))
	}
	same(t, "contracts", got, []string{"csv:1 Acme 2026-01-01 2026-12-31 1200 EUR", "csv:2 Beta 2026-01-15 <nil> 1200 EUR", "csv:3 Gamma 2026-01-01 2027-06-30 2000 EUR",
		"csv:4 Delta 2026-01-01 2026-01-10 3650 EUR", "csv:epsilon|2026-02-01|pro Epsilon 2026-02-01 2027-02-01 500 EUR"})
	if want := map[string]int64{rows.ReasonAmount: 2, rows.ReasonDate: 2, rows.ReasonNoKey: 1}; !maps.Equal(s.Reasons, want) {
		t.Errorf("%v %+v", s.Reasons, s.ExampleRejects)
	}
	if !hasNote(s, "of 1 contracts is the monthly amount times 12") || !hasNote(s, "of 2 contracts is the total of the term divided by its months") || !hasNote(s, "divided by its days, times 365") {
		t.Errorf("%q", s.Notes)
	}
}

// TestTargets: of months, quarters and spans; money has a currency and counts have none.
func TestTargets(t *testing.T) {
	m, o := &memory{}, options("targets")
	o.Home = Home{Currency: "EUR"}
	s := run(t, m, "t.csv", "metric,period,from,to,value,channel\nMQLs,2026-Q3,,,120,\nBookings,2026-07,,,\"1,200,000\",\nspend,,2026-07-01,2026-12-31,5000.50,Events\nhappiness,2026-07,,,5,\nleads,,2026-07-01,,5,\nleads,2026,,,,\n", o)
	var got []string
	for _, e := range m.events {
		d := dataOf(t, e)
		got = append(got, fmt.Sprint(e.RecordID, " ", d["value"], " ", d["currency"], " ", e.OccurredAt == now()))
	}
	same(t, "targets", got, []string{"csv:mql|2026-07-01|2026-09-30|| 120 <nil> true", "csv:revenue|2026-07-01|2026-07-31|| 1200000 EUR true", "csv:spend|2026-07-01|2026-12-31|events| 5000.5 EUR true"})
	if want := map[string]int64{rows.ReasonValue: 1, rows.ReasonDate: 1, rows.ReasonAmount: 1}; !maps.Equal(s.Reasons, want) {
		t.Errorf("%v %+v", s.Reasons, s.ExampleRejects)
	}
}

// TestRates: a row a pair, or the European Central Bank's row a day.
func TestRates(t *testing.T) {
	tell := func(m *memory) (out []string) {
		for _, e := range m.events {
			d := dataOf(t, e)
			out = append(out, fmt.Sprint(e.Kind, " ", e.RecordID, " ", d["from"], " ", d["value"]))
		}
		return out
	}
	m, o := &memory{}, options("rates")
	o.Home = Home{Currency: "EUR"}
	s := run(t, m, "r.csv", "date,currency,quote,rate\n2026-03-01,USD,EUR,0.9234\n2026-03-01,gbp,,1.2\n2026-03-02,USD,EUR,0\n2026-03-02,,EUR,1\n", o)
	same(t, "pairs", tell(m), []string{"rate csv:USD/EUR/2026-03-01 2026-03-01 0.9234", "rate csv:GBP/EUR/2026-03-01 2026-03-01 1.2"})
	if s.Rejected != 2 || s.FirstDay != "2026-03-01" {
		t.Errorf("%+v", s)
	}
	m = &memory{}
	const ecb = "Date,USD,JPY,CYP,GBP,SEK,\n2026-03-02,1.0812,163.05,N/A,0.855,11.2,\n2026-03-01,1.08,162.9,N/A,0.8549,11.1,\n"
	s = run(t, m, "eurofxref-hist.csv", ecb, options("rates"))
	if s.Format != "ecb-rates" || s.Rows != 2 || s.Accepted != 2 || len(m.events) != 8 {
		t.Errorf("%+v, %d facts", s, len(m.events))
	}
	same(t, "the first day", tell(m)[:4], []string{"rate ecb:EUR/USD/2026-03-02 2026-03-02 1.0812", "rate ecb:EUR/JPY/2026-03-02 2026-03-02 163.05", "rate ecb:EUR/GBP/2026-03-02 2026-03-02 0.855", "rate ecb:EUR/SEK/2026-03-02 2026-03-02 11.2"})
	if again := run(t, m, "eurofxref-hist.csv", ecb, options("rates")); again.Duplicates != 2 {
		t.Errorf("%+v", again)
	}
}

// TestMappingsCurrencyGoesBeforeTheWorkspaces, of any entity.
func TestMappingsCurrencyGoesBeforeTheWorkspaces(t *testing.T) {
	mapping, err := mapping.Parse([]byte("entity: opportunities\ncurrency: GBP\ncolumns:\n  Deal: name\n  Firm: account\n  Worth: amount\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    Options
		want string
	}{{Options{Mapping: mapping}, "GBP"}, {Options{Mapping: mapping, Currency: "SEK"}, "SEK"}, {Options{}, "EUR"}} {
		m := &memory{}
		c.o.Entity, c.o.Home = "opportunities", Home{Currency: "EUR"}
		text := "Deal,Firm,Worth\nA,B,5\n"
		if c.o.Mapping == nil {
			text = "Deal Name,Account,Amount\nA,B,5\n"
		}
		run(t, m, "d.csv", text, c.o)
		if got := dataOf(t, m.events[0])["currency"]; got != c.want {
			t.Errorf("%v, want %s", got, c.want)
		}
	}
}

// FuzzFigures: whatever a file holds, every row is accepted or rejected, totals are what the facts say, and a second import finds all of it.
func FuzzFigures(f *testing.F) {
	f.Add(linkedIn, uint8(0))
	f.Add("Campaign report\n\"Aug 1\"\nDay,Campaign,Impr.,Cost (USD)\n2026-08-01,A,5,10\nTotal: x,,1,1\n", uint8(0))
	f.Add("category,every,from,to,cost\ntools,yearly,2024-02-29,2026-02-28,1200\npeople,monthly,2026-01-31,,\"1.234,5\"\n", uint8(0))
	f.Add("account,from,to,total value\nA,2026-01-31,2026-02-28,5\n", uint8(1))
	f.Add("metric,quarter,value\nmql,2026 Q1,5\n", uint8(2))
	f.Add("Date,USD,JPY,GBP\n02 June 2026,1,2,N/A\n", uint8(3))
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		entity := []string{format.Spend, format.Contracts, format.Targets, format.Rates}[which%4]
		m, o := &memory{}, options(entity)
		o.Home = Home{Currency: "EUR", Timezone: "Europe/Berlin"}
		_, s, err := Run(t.Context(), m, "x.csv", strings.NewReader(text), o)
		if err != nil {
			return
		}
		if s.Rows != s.Accepted+s.Rejected+s.Duplicates {
			t.Fatalf("%+v", s)
		}
		sums := map[string]millrace.Money{}
		for _, e := range m.events {
			d := dataOf(t, e)
			from, to := fmt.Sprint(d["from"]), fmt.Sprint(d["to"])
			if e.RecordID == "" || len(from) != 10 || d["to"] != nil && to < from {
				t.Fatalf("%+v %s", e, e.Data)
			}
			if entity != format.Spend {
				continue
			}
			currency := fmt.Sprint(d["currency"])
			money, err := millrace.ParseMoney(fmt.Sprint(d["amount"]), currency)
			if err != nil {
				t.Fatal(err)
			}
			sum := sums[currency]
			sums[currency] = millrace.Money{Minor: sum.Minor + money.Minor, Currency: currency}
		}
		if s.Duplicates == 0 && entity == format.Spend {
			for currency, sum := range sums {
				if s.Spend[currency] != sum.Decimal() {
					t.Fatalf("%s in the summary, %s in the facts", s.Spend[currency], sum.Decimal())
				}
			}
		}
		before := len(m.events)
		if _, _, err := Run(t.Context(), m, "x.csv", strings.NewReader(text), o); err != nil || len(m.events) != before {
			t.Fatalf("the second time %d more facts, %v", len(m.events)-before, err)
		}
	})
}
