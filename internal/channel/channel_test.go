package channel

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"millrace/internal/playbook"
)

// shared opens a file of outside data that is not part of the product.
func shared(t *testing.T, name string) [][]string {
	t.Helper()
	dir := os.Getenv("MILLRACE_SHARED")
	if dir == "" {
		dir = "../../../shared"
	}
	f, err := os.Open(filepath.Join(dir, "data", name))
	if err != nil {
		t.Skipf("no outside data: %v", err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// TestPublishedCases holds the classifier to cases that others published. One of them is against Google's definition (docs/decisions/0005).
func TestPublishedCases(t *testing.T) {
	rows := shared(t, "ga4-channels/cases.csv")
	if len(rows) < 29 {
		t.Fatalf("only %d cases", len(rows))
	}
	c := New(nil, nil)
	for _, r := range rows {
		want := Group(r[3])
		if r[0] == "alibaba" && r[1] == "" {
			want = OrganicShopping
		}
		if got := GroupOf(r[0], r[1], r[2]); got != want {
			t.Errorf("GroupOf(%q): %s", r, got)
		}
		got := c.Classify(Visit{Source: r[0], Medium: r[1], Campaign: r[2]})
		if got.Group != want {
			t.Errorf("%q: %s, %s", r, got.Group, got.Why())
		}
	}
}

// TestListIsWhole compares the list of sources with the one it was derived from, both ways.
func TestListIsWhole(t *testing.T) {
	rows := shared(t, "ga4-channels/source_categories.csv")
	want := map[string]category{}
	for _, r := range rows {
		want[strings.ToLower(r[0])] = categoryNames[strings.ToLower(strings.TrimPrefix(r[1], "SOURCE_CATEGORY_"))]
	}
	for source, c := range want {
		if got := lists().find(source).category; got != c || c == noCategory {
			t.Errorf("%s: category %d, want %d", source, got, c)
		}
	}
	each(sourcesList, func(section, brand string, names []string) {
		for _, n := range append(names, brand) {
			if strings.HasPrefix(n, ".") {
				n = brand + n
			}
			if want[n] == noCategory {
				t.Errorf("%s is not in the published list", n)
			}
		}
	})
}

// TestWordsAreThePlaybooks: a playbook may name every group and every kind that a touch can have, and no other.
func TestWordsAreThePlaybooks(t *testing.T) {
	var groups, kinds []string
	for _, g := range Groups() {
		groups = append(groups, string(g))
	}
	for _, k := range Kinds() {
		kinds = append(kinds, string(k))
	}
	if !slices.Equal(groups, playbook.ChannelGroups()) || !slices.Equal(kinds, playbook.SiteKinds()) {
		t.Errorf("groups %v, kinds %v", groups, kinds)
	}
	known := append(Kinds(), Payment, SignIn, "engine", "app")
	each(sitesList, func(section, _ string, hosts []string) {
		if !slices.Contains(known, Kind(section)) || len(hosts) == 0 {
			t.Errorf("sites.txt: [%s] %v", section, hosts)
		}
		for _, h := range hosts {
			if h != strings.ToLower(h) || strings.ContainsAny(h, "/ ") || strings.HasPrefix(h, "www.") {
				t.Errorf("sites.txt: %q", h)
			}
		}
	})
}

const landing = "https://www.acme.example/pricing"

// TestVisits: what ways of arriving come to.
func TestVisits(t *testing.T) {
	c := New(nil, []string{"www.acme.example", "acme-app.io"})
	for _, x := range []struct {
		name string
		v    Visit
		want string // group | source / medium | campaign | click id | kind
	}{
		{"nothing", Visit{}, "Direct | (direct) / (none) | | |"},
		{"typed", Visit{URL: landing}, "Direct | (direct) / (none) | | |"},
		{"tags", Visit{URL: landing + "?utm_source=google&utm_medium=cpc&utm_campaign=Brand%20Search"}, "Paid Search | google / cpc | Brand Search | |"},
		{"capitals", Visit{URL: landing + "?UTM_Source=LinkedIn&utm_MEDIUM=Paid_Social"}, "Paid Social | linkedin / paid_social | | |"},
		{"query alone", Visit{URL: "?utm_source=bing&utm_medium=ppc"}, "Paid Search | bing / ppc | | |"},
		{"path and query", Visit{URL: "/demo?utm_source=bing&utm_medium=ppc#form"}, "Paid Search | bing / ppc | | |"},
		{"tags in the fragment are none", Visit{URL: landing + "#utm_source=bing&utm_medium=ppc"}, "Direct | (direct) / (none) | | |"},
		{"escaped twice for HTML", Visit{URL: landing + "?utm_source=news&amp;utm_medium=email"}, "Email | news / email | | |"},
		{"plus is a blank", Visit{URL: landing + "?utm_source=x&utm_medium=social+media"}, "Organic Social | x / social media | | | social"},
		{"bad escape", Visit{URL: landing + "?utm_source=a%zz+b&utm_medium=email"}, "Email | a%zz b / email | | |"},
		{"empty tags are none", Visit{URL: landing + "?utm_source=&utm_medium=", Referrer: "https://www.bing.com/"}, "Organic Search | bing / organic | | |"},
		{"given tags win over the URL's", Visit{URL: landing + "?utm_source=bing&utm_medium=ppc", Source: "Google", Medium: " CPC "}, "Paid Search | google / cpc | | |"},
		{"tags win over click id and referrer", Visit{URL: landing + "?gclid=1&utm_source=news&utm_medium=email", Referrer: "https://t.co/x"}, "Email | news / email | | gclid |"},
		{"cross-network", Visit{URL: landing + "?utm_source=google&utm_medium=cpc&utm_campaign=2026-Cross-Network"}, "Cross-network | google / cpc | 2026-Cross-Network | |"},
		{"medium alone", Visit{URL: landing + "?utm_medium=email", Referrer: "https://www.google.com/"}, "Email | (not set) / email | | |"},
		{"campaign alone takes the referrer", Visit{URL: landing + "?utm_campaign=spring", Referrer: "https://www.google.com/"}, "Organic Search | google / organic | spring | |"},
		{"campaign alone", Visit{URL: landing + "?utm_campaign=spring"}, "Unassigned | (not set) / (not set) | spring | |"},
		{"source alone takes the click id's medium", Visit{URL: landing + "?utm_source=linkedin&li_fat_id=1"}, "Paid Social | linkedin / cpc | | li_fat_id |"},
		{"gclid", Visit{URL: landing + "?gclid=1", Referrer: "https://www.google.com/"}, "Paid Search | google / cpc | | gclid |"},
		{"wbraid", Visit{URL: landing + "?wbraid=1"}, "Paid Search | google / cpc | | wbraid |"},
		{"dclid", Visit{URL: landing + "?dclid=1"}, "Display | dfa / cpm | | dclid |"},
		{"msclkid", Visit{URL: landing + "?MSCLKID=1"}, "Paid Search | bing / cpc | | msclkid |"},
		{"li_fat_id", Visit{URL: landing + "?li_fat_id=1", Referrer: "https://www.linkedin.com/"}, "Paid Social | linkedin / cpc | | li_fat_id |"},
		{"ttclid", Visit{URL: landing + "?ttclid=1"}, "Paid Social | tiktok / cpc | | ttclid |"},
		{"twclid", Visit{URL: landing + "?twclid=1", Referrer: "https://t.co/"}, "Paid Social | twitter / cpc | | twclid |"},
		{"fbclid is no payment", Visit{URL: landing + "?fbclid=1"}, "Organic Social | facebook.com / referral | | fbclid |"},
		{"fbclid and a referrer", Visit{URL: landing + "?fbclid=1", Referrer: "https://l.instagram.com/"}, "Organic Social | l.instagram.com / referral | | fbclid |"},
		{"the most telling click id", Visit{URL: landing + "?fbclid=1&gad_source=2&gclid=3"}, "Paid Search | google / cpc | | gclid |"},
		{"Marketo mail", Visit{URL: landing + "?mkt_tok=1"}, "Email | marketo / email | | mkt_tok |"},
		{"affiliate", Visit{URL: landing + "?irclickid=1"}, "Affiliates | impact / affiliate | | irclickid | partner"},
		{"search engine of a country", Visit{URL: landing, Referrer: "https://www.google.co.uk/"}, "Organic Search | google / organic | | |"},
		{"yahoo", Visit{URL: landing, Referrer: "https://de.search.yahoo.com/search?p=acme"}, "Organic Search | yahoo / organic | | |"},
		{"search engine not on the list", Visit{URL: landing, Referrer: "https://search.brave.com/"}, "Referral | search.brave.com / referral | | | search_engine"},
		{"Google product", Visit{URL: landing, Referrer: "https://docs.google.com/document/d/1"}, "Referral | docs.google.com / referral | | |"},
		{"social site's subdomain", Visit{URL: landing, Referrer: "https://de.linkedin.com/company/acme"}, "Organic Social | de.linkedin.com / referral | | |"},
		{"video", Visit{URL: landing, Referrer: "https://www.youtube.com/watch"}, "Organic Video | youtube.com / referral | | |"},
		{"review site", Visit{URL: landing, Referrer: "https://www.g2.com/products/acme"}, "Referral | g2.com / referral | | | review_site"},
		{"review site in a country", Visit{URL: landing, Referrer: "https://www.capterra.co.uk/"}, "Referral | capterra.co.uk / referral | | | review_site"},
		{"review site by tag", Visit{URL: landing + "?utm_source=capterra&utm_medium=ppc"}, "Paid Other | capterra / ppc | | | review_site"},
		{"community on Google's list", Visit{URL: landing, Referrer: "https://old.reddit.com/r/sales"}, "Organic Social | old.reddit.com / referral | | | community"},
		{"community", Visit{URL: landing, Referrer: "https://dev.to/x"}, "Referral | dev.to / referral | | | community"},
		{"ChatGPT", Visit{URL: landing, Referrer: "https://chatgpt.com/"}, "AI Assistant | chatgpt.com / ai-assistant | (ai-assistant) | | ai_assistant"},
		{"Perplexity", Visit{URL: landing, Referrer: "https://www.perplexity.ai/search/x"}, "AI Assistant | perplexity.ai / ai-assistant | (ai-assistant) | | ai_assistant"},
		{"Copilot in Bing", Visit{URL: landing, Referrer: "https://edgeservices.bing.com/edgesvc/chat"}, "AI Assistant | edgeservices.bing.com / ai-assistant | (ai-assistant) | | ai_assistant"},
		{"ChatGPT's own tag", Visit{URL: landing + "?utm_source=chatgpt.com", Referrer: "https://chatgpt.com/"}, "Unassigned | chatgpt.com / (not set) | | | ai_assistant"},
		{"webmail is no email to Google", Visit{URL: landing, Referrer: "https://mail.google.com/mail/u/0/"}, "Referral | mail.google.com / referral | | | webmail"},
		{"webmail app", Visit{URL: landing, Referrer: "android-app://com.google.android.gm/"}, "Referral | mail.google.com / referral | | | webmail"},
		{"Google's app", Visit{URL: landing, Referrer: "android-app://com.google.android.googlequicksearchbox/https/www.google.com"}, "Organic Search | google / organic | | |"},
		{"an unknown app", Visit{URL: landing, Referrer: "android-app://com.example.reader"}, "Referral | com.example.reader / referral | | |"},
		{"marketplace", Visit{URL: landing, Referrer: "https://appexchange.salesforce.com/"}, "Referral | appexchange.salesforce.com / referral | | | marketplace"},
		{"AWS is no shop", Visit{URL: landing, Referrer: "https://aws.amazon.com/marketplace/pp/x"}, "Referral | aws.amazon.com / referral | | | marketplace"},
		{"own site", Visit{URL: landing, Referrer: "https://docs.acme.example/x"}, "Direct | (direct) / (none) | | | own_site"},
		{"own second site", Visit{URL: landing, Referrer: "https://eu.acme-app.io/x"}, "Direct | (direct) / (none) | | | own_site"},
		{"own site, tagged", Visit{URL: landing + "?utm_source=homepage&utm_medium=banner", Referrer: landing}, "Display | homepage / banner | | |"},
		{"own site, click id kept in links", Visit{URL: landing + "?gclid=1", Referrer: landing}, "Paid Search | google / cpc | | gclid |"},
		{"payment", Visit{URL: landing, Referrer: "https://checkout.stripe.com/c/pay"}, "Direct | (direct) / (none) | | | payment"},
		{"sign-in", Visit{URL: landing, Referrer: "https://acme.okta.com/"}, "Direct | (direct) / (none) | | | sign_in"},
		{"the vendor of sign-in", Visit{URL: landing, Referrer: "https://www.okta.com/partners"}, "Referral | okta.com / referral | | |"},
		{"no referrer", Visit{URL: landing, Referrer: "about:blank"}, "Direct | (direct) / (none) | | |"},
		{"port and user", Visit{URL: landing, Referrer: "https://u:p@News.Example.COM.:8443/x"}, "Referral | news.example.com / referral | | |"},
		{"event", Visit{Event: "Webinar Attended"}, "Unassigned | (not set) / (not set) | | |"},
	} {
		got := c.Classify(x.v)
		s := strings.TrimSpace(strings.Join([]string{string(got.Group), got.Source + " / " + got.Medium, got.Campaign, got.ClickID, string(got.Kind)}, " | "))
		if plain := strings.Join(strings.Fields(s), " "); plain != strings.Join(strings.Fields(x.want), " ") {
			t.Errorf("%s: %s\n   want %s\n   %s", x.name, plain, x.want, got.Why())
		}
		internal := got.Kind == Own || got.Kind == Payment || got.Kind == SignIn || x.v.Event != ""
		if got.Internal != internal {
			t.Errorf("%s: internal %v", x.name, got.Internal)
		}
		if !strings.HasSuffix(got.Why(), ".") || !strings.Contains(got.Why(), string(got.Group)) {
			t.Errorf("%s: %s", x.name, got.Why())
		}
	}
}

func TestFurtherTags(t *testing.T) {
	got := New(nil, nil).Classify(Visit{URL: "https://acme.example/?utm_id=42&utm_source_platform=SA360&utm_source=google&utm_medium=cpc&utm_term=crm&utm_content=Blue+button",
		Referrer: "https://acme.example/", Term: "crm software"})
	if got.CampaignID != "42" || got.Platform != "SA360" || got.Term != "crm software" || got.Content != "Blue button" || !got.Tagged || !got.SelfReferred || got.Internal {
		t.Errorf("%+v", got)
	}
	if got := New(nil, nil).Classify(Visit{URL: "/?utm_campaign=" + strings.Repeat("ä", 400)}); len(got.Campaign) != 500 {
		t.Errorf("%d bytes", len(got.Campaign))
	}
}

// TestSameSite: the public suffix list decides.
func TestSameSite(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"acme.example", "acme.example", true}, {"docs.acme.example", "app.acme.example", true}, {"docs.acme.co.uk", "app.acme.co.uk", true},
		{"acme.co.uk", "beta.co.uk", false}, {"a.github.io", "b.github.io", false}, {"localhost", "localhost", true}, {"localhost", "acme.example", false},
	} {
		if got := sameSite(c.a, c.b); got != c.want {
			t.Errorf("%s and %s: %v", c.a, c.b, got)
		}
	}
}
