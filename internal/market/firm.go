package market

import (
	"strconv"
	"strings"

	"millrace"
)

// motion is what a way of selling changes in the world.
type motion struct {
	sizes                [7]int // weights of sizeBands
	fitLow, fitHigh      int    // employees of the hidden profile
	cycleLow, cycleHigh  int    // days from opening to closing a deal
	committee            int    // added to the committee's size
	committeeMilli       int    // the measured mean size ×1000
	amountLow, amountTop int    // major units a year
	products             [3]product
}

type product struct {
	name, series string
	price        int // major units a year
}

var sizeBands = [7][2]int{{2, 10}, {11, 50}, {51, 200}, {201, 500}, {501, 1000}, {1001, 5000}, {5001, 20000}}

var motions = map[string]motion{
	"smb": {[7]int{180, 330, 250, 120, 60, 50, 10}, 20, 400, 60, 120, -1, 3600, 9_000, 60_000,
		[3]product{{"Waymark Starter", "Core", 9_000}, {"Waymark Team", "Core", 24_000}, {"Waymark Growth", "Growth", 48_000}}},
	"mid-market": {[7]int{80, 180, 260, 190, 130, 130, 30}, 100, 3000, 84, 180, 0, 4800, 24_000, 120_000,
		[3]product{{"Waymark Team", "Core", 24_000}, {"Waymark Growth", "Growth", 48_000}, {"Waymark Scale", "Growth", 96_000}}},
	"enterprise": {[7]int{30, 70, 130, 170, 200, 280, 120}, 500, 15000, 120, 240, 2, 7900, 90_000, 400_000,
		[3]product{{"Waymark Scale", "Growth", 96_000}, {"Waymark Enterprise", "Enterprise", 180_000}, {"Waymark Global", "Enterprise", 300_000}}},
}

// firm is a company's numbers; its names are made when they are asked for.
type firm struct {
	index               int
	industry, country   int
	city                int
	employees, founded  int
	revenue             int64 // major units a year
	tech                uint64
	trigger             int // index into triggers, 0 none
	triggerAt, created  millrace.Time
	fit                 int // of 1000; the hidden profile's four layers
	people, committee   int
	mail                int // how its addresses are formed
	kiosk               bool
	noIndustry, noStaff bool // the CRM does not know
}

// fitLine is the fit from which an account is truly a fit: three of the four layers.
const fitLine = 700

var (
	industryWeights = weightsOf(len(industries), func(i int) int { return industries[i].weight })
	countryWeights  = weightsOf(len(countries), func(i int) int { return countries[i].weight })
)

func weightsOf(n int, weight func(int) int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = weight(i)
	}
	return out
}

// firm makes the i-th company.
func (m *Market) firm(i int) firm {
	var d draw
	d.seed(m.key(streamFirm, i, 0, 0))
	f := firm{index: i, industry: d.weighted(industryWeights), country: m.countryOf(i)}
	f.city = d.n(len(countries[f.country].cities))
	band := sizeBands[d.weighted(m.motion.sizes[:])]
	span, u := band[1]-band[0], d.n(1001)
	f.employees = band[0] + span*u/1000*u/1000
	f.revenue = int64(f.employees) * int64(d.between(60, 260)) * 1000
	f.founded = 2022 - d.early(70)
	for t := range technologies {
		if d.pct(technologies[t].pct) {
			f.tech |= 1 << t
		}
	}
	if d.pct(25) {
		f.trigger = 1 + d.n(len(triggers)-1)
		f.triggerAt = d.span(m.start-90*millrace.Day, m.end-30*millrace.Day)
	}
	f.created = m.start - millrace.Time(d.between(20, 900))*millrace.Day - millrace.Time(d.n(86_400))*millrace.Second
	f.fit = m.fitOf(&f, &d)
	f.people, f.committee = m.staff(&f, &d)
	f.mail = d.n(4)
	f.kiosk = d.ppm(m.chances.shared)
	f.noIndustry, f.noStaff = d.pct(3), d.pct(4)
	return f
}

// countryOf is the country of a unit, an index into countries.
func (m *Market) countryOf(unit int) int {
	var d draw
	d.seed(m.key(streamRecord, unit, 5, 0))
	return d.weighted(countryWeights)
}

// fitOf is the hidden profile: firmographic (size, industry), technographic (what the product plugs into), organizational (a trigger).
func (m *Market) fitOf(f *firm, d *draw) int {
	fit := d.n(50)
	if f.employees >= m.motion.fitLow && f.employees <= m.motion.fitHigh {
		fit += 300
	}
	if f.industry < targetIndustries {
		fit += 250
	}
	if f.tech&(1<<neededTechnologies-1) != 0 {
		fit += 250
	}
	if f.trigger != 0 {
		fit += 150
	}
	return fit
}

// staff is how many people of the company exist in the market, and how many of them decide together.
func (m *Market) staff(f *firm, d *draw) (people, committee int) {
	committee = 3 + d.n(2) + m.motion.committee
	switch {
	case f.employees > 1000:
		committee += 3 + d.n(3)
	case f.employees > 100:
		committee += 1 + d.n(3)
	}
	committee = min(max(committee, 3), 10)
	extra := d.count(max(0, m.chances.peopleMilli-m.motion.committeeMilli))
	return min(committee+extra, 250), committee
}

// nameOf is the i-th company's name without its legal form, and the part of the domain made of it: both are distinct for all i.
func (m *Market) nameOf(i int) (name, slug string) {
	two := len(companyFirst) * len(companySecond)
	// Multiplying by a number without a common factor permutes the pairs; the third word comes when all pairs are used.
	at := (i%two*7919 + int(mix(m.seed^streamName<<56)%uint64(two))) % two
	words := []string{companyFirst[at%len(companyFirst)], companySecond[at/len(companyFirst)]}
	if i >= two {
		words = append(words, companyThird[i/two-1])
	}
	return strings.Join(words, " "), strings.ToLower(strings.Join(words, "-"))
}

var plainEndings = [...]string{"com", "com", "com", "io"}

func (m *Market) domainOf(f *firm) string {
	_, slug := m.nameOf(f.index)
	tld := countries[f.country].tld
	if h := m.key(streamRecord, f.index, 1, 0); tld == "com" || h%100 < 45 {
		tld = plainEndings[h>>8%4]
	}
	return slug + "." + tld
}

// Account is a company as the CRM shows it, and what is hidden behind it stands in Truth.
type Account struct {
	Index        int
	RecordID     string // HubSpot's number
	Name         string
	Domain       string
	Industry     string // empty: the CRM does not know
	Employees    int    // 0: the CRM does not know
	Revenue      int64  // major units a year
	Founded      int
	Country      string
	CountryCode  string
	City         string
	Technologies []string
	Trigger      string // funding, hiring, leadership_change; empty for none
	TriggerAt    millrace.Time
	Owner        string // a rep's name
	CreatedAt    millrace.Time
	ModifiedAt   millrace.Time
	Lifecycle    string // HubSpot's label: Lead, Opportunity, Customer
}

func (m *Market) account(f *firm) Account {
	c := &countries[f.country]
	name, _ := m.nameOf(f.index)
	if h := m.key(streamRecord, f.index, 2, 0); h%3 == 0 {
		forms := legalForms[c.code]
		name += " " + forms[h>>8%uint64(len(forms))]
	}
	a := Account{Index: f.index, RecordID: recordID(accountBase, f.index), Name: name, Domain: m.domainOf(f), Industry: industries[f.industry].name,
		Employees: f.employees, Revenue: f.revenue, Founded: f.founded, Country: c.name, CountryCode: c.code, City: c.cities[f.city],
		Owner: m.ownerOf(f).Name, CreatedAt: f.created, ModifiedAt: f.created, Lifecycle: "Lead"}
	for t := range technologies {
		if f.tech&(1<<t) != 0 {
			a.Technologies = append(a.Technologies, technologies[t].name)
		}
	}
	if f.trigger != 0 {
		a.Trigger, a.TriggerAt = triggers[f.trigger], f.triggerAt
		a.ModifiedAt = max(a.ModifiedAt, min(f.triggerAt, m.end-millrace.Hour))
	}
	if f.noIndustry {
		a.Industry = ""
	}
	if f.noStaff {
		a.Employees = 0
	}
	return a
}

// accountBase is where the CRM's numbers of accounts begin.
const accountBase = 20_000_000_000

func recordID(base, i int) string { return strconv.Itoa(base + i*7 + 1) }

// Rep is a sales person.
type Rep struct {
	Name, Email, Manager, Region string
}

// reps by region of countries; the first of each is the manager of the others.
var repNames = map[string][]string{
	"North America":     {"Dana Whitfield", "Marco Ellery", "Priya Raman", "Tyler Osgood", "Gwen Castellan"},
	"UK & Ireland":      {"Fiona Harkness", "Declan Moore", "Imogen Pratt"},
	"DACH":              {"Katrin Vollmer", "Jonas Feld", "Miriam Steiger"},
	"Southern Europe":   {"Lucie Marchetti", "Iker Salas"},
	"Benelux & Nordics": {"Saskia de Wit", "Henrik Lund"},
	"APAC":              {"Ruth Kealoha", "Ben Tran"},
}

var regions = [...]string{"North America", "UK & Ireland", "DACH", "Southern Europe", "Benelux & Nordics", "APAC"}

func rep(region string, i int) Rep {
	names := repNames[region]
	return Rep{names[i], strings.ReplaceAll(strings.ToLower(names[i]), " ", ".") + "@waymark-revenue.com", names[0], region}
}

// Reps are the vendor's sales people, managers included, region by region.
func (m *Market) Reps() []Rep {
	var out []Rep
	for _, region := range regions {
		for i := range repNames[region] {
			out = append(out, rep(region, i))
		}
	}
	return out
}

// ownerOf is the rep of the account's region who owns it; never the manager.
func (m *Market) ownerOf(f *firm) Rep {
	region := countries[f.country].region
	n := uint64(len(repNames[region]) - 1)
	return rep(region, 1+int(m.key(streamRecord, f.index, 3, 0)%n))
}

// Product is what the vendor sells; the price is a year's, in major units.
type Product struct {
	Name, Series string
	Price        int
}

// Products of the motion, cheapest first.
func (m *Market) Products() []Product {
	var out []Product
	for _, p := range m.motion.products {
		out = append(out, Product{p.name, p.series, p.price})
	}
	return out
}
