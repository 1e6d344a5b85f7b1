package market

import (
	"strconv"
	"strings"
)

// kind of a unit: what lives by itself in the market.
type unitKind uint8

const (
	unitFirm unitKind = iota
	unitStudent
	unitSeeker // looks for a job
	unitCompetitor
	unitHobbyist // reads, with a free-mail address
	unitCrawler
)

// kindOf tells what the unit is: first the accounts, then the crowd, then the crawlers.
func (m *Market) kindOf(unit int) unitKind {
	switch {
	case unit < m.c.Accounts:
		return unitFirm
	case unit >= m.c.Accounts+m.crowd:
		return unitCrawler
	}
	return [...]unitKind{unitStudent, unitStudent, unitStudent, unitSeeker, unitSeeker, unitSeeker, unitSeeker, unitCompetitor, unitHobbyist,
		unitHobbyist}[m.key(streamRecord, unit, 4, 0)%10]
}

func (m *Market) units() int { return m.c.Accounts + m.crowd + m.bots }

// Person is somebody with a name. Outside of accounts (students, job seekers, competitors) AccountIndex is -1.
type Person struct {
	AccountIndex int
	Index        int // within the account
	RecordID     string
	UserID       string // what the product calls the person; empty for those who never sign up
	FirstName    string
	LastName     string
	Email        string
	FreeMail     bool
	Title        string
	Role         string // champion, economic_buyer, decision_maker, influencer, user, blocker; empty outside of the committee
	Phone        string
	Kind         string // employee, student, job seeker, competitor, hobbyist
}

// job is a title with its committee role.
var committeeJobs = [...]struct {
	role   string
	titles []string
}{
	{"champion", []string{"Head of RevOps", "Director of Marketing Operations", "Head of Demand Generation", "Revenue Operations Manager", "IT Director"}},
	{"economic_buyer", []string{"CFO", "Chief Financial Officer", "VP Finance", "Managing Director"}},
	{"decision_maker", []string{"VP Engineering", "VP Marketing", "CTO", "VP Sales"}},
	{"influencer", []string{"Solutions Architect", "Enterprise Architect", "Security Engineer", "Marketing Technology Manager"}},
	{"user", []string{"Marketing Specialist", "CRM Administrator", "Data Analyst", "Senior Data Engineer"}},
	{"blocker", []string{"Procurement Manager", "Legal Counsel", "Compliance Manager", "CISO"}},
	{"influencer", []string{"Product Manager", "Data Architect", "SDR Manager"}},
	{"user", []string{"Sales Development Representative", "Marketing Analyst", "Sales Associate"}},
	{"decision_maker", []string{"Chief Information Officer", "CMO", "Chief Revenue Officer"}},
	{"user", []string{"Customer Success Associate", "Campaign Coordinator"}},
}

var otherTitles = [...]string{"Software Engineer", "Office Manager", "HR Manager", "Accountant", "Customer Support Specialist", "Graphic Designer",
	"Account Manager", "Operations Coordinator", "QA Engineer", "Content Writer", "Controller", "Executive Assistant", "Recruiter", "Intern"}

// person makes the j-th person of a unit that is not a crawler; f is the unit's company, nil for the crowd.
func (m *Market) person(f *firm, unit, j int) Person {
	var d draw
	d.seed(m.key(streamPerson, unit, j, 0))
	p := Person{AccountIndex: -1, Index: j, RecordID: strconv.Itoa(30_000_000_000 + unit*256 + j), Kind: "employee"}
	if f != nil {
		p.AccountIndex = unit
	}
	ctry := m.countryOf(unit)
	names := &nameGroups[countries[ctry].group]
	p.FirstName = names.first[d.n(len(names.first))]
	// A step without a common factor keeps the last names of a company apart, so that its addresses are distinct.
	base := int(m.key(streamPerson, unit, 0, 1) % uint64(len(names.last)))
	p.LastName = names.last[(base+j*17)%len(names.last)]
	p.Phone = countries[ctry].dial + string(rune('0'+d.n(10))) + string(rune('0'+d.n(10)))
	p.FreeMail = m.freeMail(unit, j)
	if hasUserID(m.key(streamPerson, unit, j, 2)) {
		p.UserID = userID(unit, j)
	}
	first, family := ascii(p.FirstName), ascii(p.LastName)
	switch kind := m.kindOf(unit); kind {
	case unitFirm:
		m.employ(&p, f, &d, first, family, j/len(names.last))
	case unitStudent:
		p.Kind, p.Title, p.FreeMail = "student", "Student", false
		p.Email = first[:1] + family + strconv.Itoa(unit-m.c.Accounts) + "@" + universities[d.n(len(universities))] + "-university.edu"
	case unitCompetitor:
		p.Kind, p.Title, p.FreeMail = "competitor", "Product Marketing Manager", false
		p.Email = first + "." + family + strconv.Itoa(unit-m.c.Accounts) + "@" + competitors[d.n(len(competitors))] + ".com"
	default:
		p.Kind, p.FreeMail = "job seeker", true
		if kind == unitHobbyist {
			p.Kind = "hobbyist"
		}
		p.Email = m.privateMail(first, family, unit, j)
	}
	return p
}

// employ gives a person of a company title, role and address. lap is above 0 for those whose last name is used a second time.
func (m *Market) employ(p *Person, f *firm, d *draw, first, family string, lap int) {
	if p.Index < f.committee {
		job := &committeeJobs[p.Index]
		p.Role, p.Title = job.role, job.titles[d.n(len(job.titles))]
	} else {
		p.Title = otherTitles[d.n(len(otherTitles))]
	}
	if p.FreeMail {
		p.Email = m.privateMail(first, family, f.index, p.Index)
		return
	}
	local := family
	switch f.mail {
	case 0, 1:
		local = first + "." + family
	case 2:
		local = first[:1] + family
	}
	if lap > 0 {
		local += strconv.Itoa(lap + 1)
	}
	p.Email = local + "@" + m.domainOf(f)
}

// freeMail says whether a person of a company uses a private address.
func (m *Market) freeMail(unit, j int) bool {
	return int(m.key(streamPerson, unit, j, 4)%1_000_000) < m.chances.freeMail
}

// privateMail is an address at a free-mail provider that the provider hands to nobody.
func (m *Market) privateMail(first, family string, unit, j int) string {
	host := freeMail[m.key(streamPerson, unit, j, 3)%uint64(len(freeMail))]
	return first + "." + family + "_sim" + strconv.Itoa(unit*256+j) + "@" + host
}

// hasUserID: about a third of the people sign up under an id of the product when they convert, the others are known by address alone.
func hasUserID(h uint64) bool { return h%3 == 0 }

func userID(unit, j int) string { return string(appendUserID(nil, unit, j)) }

func appendUserID(b []byte, unit, j int) []byte {
	return strconv.AppendInt(append(b, "usr_"...), int64(unit*256+j)+100_000, 36)
}

var folder = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "å", "aa", "é", "e", "è", "e", "ê", "e", "ë", "e", "í", "i", "ï", "i",
	"á", "a", "à", "a", "ó", "o", "ú", "u", "ñ", "n", "ç", "c", "ø", "o")

// ascii folds a name to what stands in an address: lower case, no accents.
func ascii(name string) string { return folder.Replace(strings.ToLower(name)) }
