package identity

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCompanyName(t *testing.T) {
	for want, raws := range map[string][]string{
		"acme":               {"Acme", "ACME, Inc.", "acme inc", "Acme Corporation", "Acme Corp.", "  Acme  Ltd. ", "Acme GmbH & Co. KG", "ACME S.A.R.L.", "Acme S. de R.L. de C.V.", "Acme Pty. Ltd.", "Acme Co., Ltd.", "Acme Sp. z o.o.", "Acme s.r.o.", "Acme A/S", "Acme K.K.", "Acme Sdn. Bhd.", "The Acme Company", "ＡＣＭＥ", "Acme OÜ", "UAB Acme", "ООО Acme", "株式会社Acme", "Acme株式会社", "Acme (株)", "Acme d.o.o.", "Acme Private Limited", "Acme Oyj", "Acme A.Ş.", "Acme B.V."},
		"johnson and j":      {"Johnson & J."},
		"procter and gamble": {"Procter & Gamble", "The Procter and Gamble Company", "PROCTER&GAMBLE Co."},
		"gekko":              {"Gekko & Co", "Gekko and Company"},
		"müller söhne":       {"Müller Söhne GmbH", "MÜLLER-SÖHNE mbH"},
		"strasse":            {"Straße AG", "STRASSE AG"},
		"loréal":             {"L'Oréal S.A.", "L’ORÉAL"},
		"ap møller":          {"A.P. Møller", "A P MØLLER A/S"},
		"booking com":        {"Booking.com B.V."},
		"acme holding":       {"Acme Holding AG"},
		"acme group":         {"Acme Group plc"},
		"3m":                 {"3M Company"},
		"inc":                {"Inc.", "inc"},
		"company":            {"The Company", "Company Inc."},
		"co":                 {"Co.", "Co. Ltd."},
		"ibm":                {"I.B.M.", "IBM Corp"},
		"华为技术":               {"华为技术有限公司"},
		"삼성전자":               {"삼성전자(주)", "주식회사 삼성전자"},
		"":                   {"", " ", "...", "\x00"},
	} {
		for _, raw := range raws {
			if got := CompanyName(raw); got != want {
				t.Errorf("CompanyName(%q) = %q, want %q", raw, got, want)
			}
		}
	}
}

func TestPlaceholders(t *testing.T) {
	for _, raw := range []string{"undefined", "Undefined", "null", "(null)", "<nil>", "None", "NaN", "[object Object]", "0", "00000000-0000-0000-0000-000000000000", `"undefined"`, "{{user.id}}", "${userId}",
		"anonymous", "Guest", "N/A", "(not set)", "-", ""} {
		if got := ID(raw); got != "" {
			t.Errorf("ID(%q) = %q, want none", raw, got)
		}
	}
	for _, raw := range []string{"u1", "10", "test", "anna", " 17 ", "null-and-void-ltd", "undefined1", "a0-0", "guest@acme.com", "{17}"} {
		if got := ID(raw); got != raw {
			t.Errorf("ID(%q) = %q, want it as it is", raw, got)
		}
	}
	for _, raw := range []string{"", "n/a", "N.A.", "None", "Self-Employed", "self employed", "Freelance", "FREELANCER", "Selbstständig", "auto-entrepreneur", "Autónomo", "n.v.t.", "個人", "Privat", "-"} {
		if name := CompanyName(raw); !NoCompany(name) {
			t.Errorf("%q (%q) is taken for a company", raw, name)
		}
	}
	for _, raw := range []string{"Acme", "X Corp.", "ABC Inc", "Nothing", "Freelancer.com", "Private Equity Partners", "Student Loans Company"} {
		if name := CompanyName(raw); NoCompany(name) {
			t.Errorf("%q (%q) is taken for none", raw, name)
		}
	}
}

func TestPersonName(t *testing.T) {
	for _, c := range []struct{ first, last, full, wantFirst, wantLast string }{
		{"Jane", "Doe", "ignored", "Jane", "Doe"},
		{" Jane  Ann ", "Doe ", "", "Jane Ann", "Doe"},
		{"Dr. Jane", "Doe", "", "Jane", "Doe"},
		{"", "Doe", "Jane Doe", "", "Doe"},
		{"", "", "Jane Doe", "Jane", "Doe"},
		{"", "", "Jane Ann Doe", "Jane Ann", "Doe"},
		{"", "", "Doe, Jane", "Jane", "Doe"},
		{"", "", "Jane Doe, PhD", "Jane", "Doe"},
		{"", "", "Jane van der Berg", "Jane", "van der Berg"},
		{"", "", "Ludwig van", "Ludwig", "van"},
		{"", "", "Frau Dr. Jane von Doe", "Jane", "von Doe"},
		{"", "", "Jane", "Jane", ""},
		{"", "", "jane@acme.com", "", ""},
		{"jane@acme.com", "", "Jane Doe", "Jane", "Doe"},
		{"", "", "", "", ""},
		{"Jose\u0301", "", "", "José", ""},
	} {
		first, last := PersonName(c.first, c.last, c.full)
		if first != c.wantFirst || last != c.wantLast {
			t.Errorf("PersonName(%q, %q, %q) = %q, %q; want %q, %q", c.first, c.last, c.full, first, last, c.wantFirst, c.wantLast)
		}
	}
}

func TestCountry(t *testing.T) {
	for want, raws := range map[string][]string{
		"US": {"US", "usa", "U.S.A.", "United States", "The United States of America", "Estados Unidos", "États-Unis", "Vereinigte Staaten", "United States (US)", "America"},
		"GB": {"GB", "UK", "U.K.", "England", "Great Britain", "GBR", "Vereinigtes Königreich"},
		"DE": {"de", "DEU", "Germany", "Deutschland", "ALLEMAGNE", "Alemania"},
		"AT": {"Austria", "Österreich", "osterreich"},
		"CI": {"Côte d'Ivoire", "Cote d’Ivoire", "Ivory Coast"},
		"NL": {"The Netherlands", "Netherlands", "Holland", "Nederland"},
		"CZ": {"Czech Republic", "Czechia", "Česko"},
		"KR": {"Korea", "South Korea", "Korea, Republic of", "대한민국"},
		"JP": {"Japan", "日本"},
		"GR": {"Greece", "Ελλάδα", "EL"},
		"LC": {"St. Lucia", "Saint Lucia"},
		"PH": {"Philippines", "Philipines"},
		"XK": {"Kosovo"},
		"TR": {"Türkiye", "Turkey"},
		"":   {"", "Narnia", "XX", "EU", "Europe", "California", "ZZZ", "( )"},
	} {
		for _, raw := range raws {
			if got, ok := Country(raw); got != want || ok != (want != "") {
				t.Errorf("Country(%q) = %q, %v; want %q", raw, got, ok, want)
			}
		}
	}
}

func TestTitles(t *testing.T) {
	for _, c := range []struct{ title, seniority, department string }{
		{"CEO", "c_level", "executive"},
		{"C.E.O. & Co-Founder", "c_level", "executive"},
		{"Chief Financial Officer", "c_level", "finance"},
		{"CTO", "c_level", "engineering"},
		{"Chief Information Security Officer (CISO)", "c_level", "security"},
		{"CIO", "c_level", "it"},
		{"Chief People Officer", "c_level", "hr"},
		{"Owner", "c_level", "executive"},
		{"Product Owner", "", "product"},
		{"Vice President of Sales, EMEA", "vp", "sales"},
		{"SVP Engineering", "vp", "engineering"},
		{"President", "c_level", "executive"},
		{"Director of IT", "director", "it"},
		{"Head of Data Engineering", "director", "data"},
		{"Head of Product", "director", "product"},
		{"Senior Product Marketing Manager", "manager", "marketing"},
		{"Procurement Manager", "manager", "procurement"},
		{"IT Procurement Lead", "manager", "procurement"},
		{"Team Lead, Customer Success", "manager", "support"},
		{"Sales Engineer", "", "sales"},
		{"Sr. Software Engineer", "senior", "engineering"},
		{"Staff Security Engineer", "senior", "security"},
		{"Software Engineer", "", "engineering"},
		{"Junior Accountant", "entry", "finance"},
		{"Assistant to the CEO", "entry", "executive"},
		{"Executive Assistant", "entry", ""},
		{"Assistant Vice President", "vp", ""},
		{"Marketing Intern", "entry", "marketing"},
		{"International Sales Manager", "manager", "sales"},
		{"Student", "student", ""},
		{"Data Protection Officer", "", "legal"},
		{"R&D Director", "director", "research"},
		{"Managing Director", "c_level", "executive"},
		{"Geschäftsführerin", "c_level", "executive"},
		{"Vertriebsleiter", "director", "sales"},
		{"Leiter Einkauf", "director", "procurement"},
		{"Teamleiter Buchhaltung", "manager", "finance"},
		{"Assistentin der Geschäftsführung", "entry", "executive"},
		{"IT-Leiter", "director", "it"},
		{"Personalreferentin", "", "hr"},
		{"Softwareentwickler", "", "engineering"},
		{"Directeur général", "c_level", "executive"},
		{"Directrice Marketing", "director", "marketing"},
		{"Responsable des achats", "manager", "procurement"},
		{"Jefe de Ventas", "manager", "sales"},
		{"Directora de Recursos Humanos", "director", "hr"},
		{"Operations Manager", "manager", "operations"},
		{"COO", "c_level", "operations"},
		{"Ninja", "", ""},
		{"", "", ""},
		{"   ", "", ""},
	} {
		if got := Seniority(c.title); got != c.seniority {
			t.Errorf("Seniority(%q) = %q, want %q", c.title, got, c.seniority)
		}
		if got := Department(c.title); got != c.department {
			t.Errorf("Department(%q) = %q, want %q", c.title, got, c.department)
		}
	}
}

// nameText draws texts made of what names are made of, and of what breaks normalisers.
func nameText() *rapid.Generator[string] {
	part := rapid.OneOf(
		rapid.SampledFrom([]string{" ", "  ", ".", ",", "&", "-", "'", "’", "the", "The ", "inc", " Inc.", " GmbH", " & Co. KG", "S.A.", "OOO ", "株式会社", "(주)", "A", "b", "\u0301", "\u0345", "ß", "İ", "ﬁ", "Ǆ", "\u00ad", "\x00", "Dr. ", "van ", "Jr", "@", ".com", "jane@acme.com"}),
		rapid.String(),
	)
	return rapid.Custom(func(t *rapid.T) string {
		s := ""
		for _, p := range rapid.SliceOfN(part, 0, 8).Draw(t, "parts") {
			s += p
		}
		return s
	})
}

func TestNamesIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := nameText().Draw(t, "s")
		once := CompanyName(s)
		if twice := CompanyName(once); twice != once {
			t.Fatalf("CompanyName(%q) = %q, and of that %q", s, once, twice)
		}
		if (once == "") != (len(words(s, false)) == 0) {
			t.Fatalf("CompanyName(%q) is empty", s)
		}
		first, last := PersonName("", "", s)
		if f, l := PersonName(first, last, s); f != first || l != last {
			t.Fatalf("PersonName(%q) = %q, %q, and of that %q, %q", s, first, last, f, l)
		}
		if c, ok := Country(s); ok {
			if again, ok := Country(c); !ok || again != c {
				t.Fatalf("Country(%q) = %q, and of that %q", s, c, again)
			}
		}
		Seniority(s)
		Department(s)
	})
}
