package channel

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"millrace/internal/playbook"
)

func TestHygiene(t *testing.T) {
	c := preset(t, "mid-market")
	for _, x := range []struct {
		name string
		u    Usage
		want string // problem severity source/medium/campaign group → then; empty for no finding
	}{
		{"clean", Usage{Source: "google", Medium: "cpc", Campaign: "brand"}, ""},
		{"clean, with click id", Usage{Source: "google", Medium: "cpc", Campaign: "brand", ClickID: "gclid"}, ""},
		{"known to the playbook alone", Usage{Source: "sdr", Medium: "sequence", Campaign: "q3"}, "unassigned notice sdr/sequence/q3 Unassigned → Unassigned"},
		{"untagged Google click", Usage{ClickID: "gclid"}, "untagged_click warning google/cpc/ Paid Search → Paid Search"},
		{"untagged LinkedIn click", Usage{ClickID: "li_fat_id"}, "untagged_click warning linkedin/cpc/ Paid Social → Paid Social"},
		{"Facebook marks every link", Usage{ClickID: "fbclid"}, ""},
		{"click id kept in internal links", Usage{ClickID: "gclid", SelfReferred: true}, ""},
		{"trailing blank", Usage{Source: "google", Medium: "cpc ", Campaign: "brand"}, "untidy_tag notice google/cpc/brand Paid Search → Paid Search"},
		{"capitals", Usage{Source: "Google", Medium: "CPC", Campaign: "brand"}, "untidy_tag notice google/cpc/brand Paid Search → Paid Search"},
		{"slip", Usage{Source: "linkedin", Medium: "paid-socal", Campaign: "a"}, "mistyped_medium notice linkedin/paid-social/a Paid Social → Paid Social"},
		{"slip that loses the group", Usage{Source: "news", Medium: "emial", Campaign: "a"}, "mistyped_medium warning news/email/a Unassigned → Email"},
		{"other word, same group", Usage{Source: "news", Medium: "e-mail", Campaign: "a"}, "mistyped_medium notice news/email/a Email → Email"},
		{"other word", Usage{Source: "linkedin", Medium: "sponsored", Campaign: "a"}, "mistyped_medium warning linkedin/cpc/a Organic Social → Paid Social"},
		{"swapped", Usage{Source: "cpc", Medium: "google", Campaign: "a"}, "swapped warning google/cpc/a Unassigned → Paid Search"},
		{"swapped, other word", Usage{Source: "Newsletter", Medium: "hubspot.com", Campaign: "a"}, "swapped warning hubspot.com/email/a Unassigned → Email"},
		{"link within the site", Usage{Source: "homepage", Medium: "banner", Campaign: "a", SelfReferred: true}, "tagged_internally warning // Display → Direct"},
		{"no medium", Usage{Source: "newsletter", Campaign: "a"}, "missing_tag warning newsletter/email/a Unassigned → Email"},
		{"ChatGPT's own tag", Usage{Source: "chatgpt.com"}, "missing_tag warning chatgpt.com/ai-assistant/ Unassigned → AI Assistant"},
		{"no medium, and the source says enough", Usage{Source: "linkedin", Campaign: "a"}, ""},
		{"no source", Usage{Medium: "cpc", Campaign: "a"}, "missing_tag notice /cpc/a Paid Other → Paid Other"},
		{"campaign alone", Usage{Campaign: "a"}, "missing_tag warning //a Unassigned → Unassigned"},
		{"really unassigned", Usage{Source: "acme-blog.example", Medium: "guest", Campaign: "a"}, "unassigned warning acme-blog.example/referral/a Unassigned → Referral"},
		{"placeholder", Usage{Source: "linkedin", Medium: "cpc", Campaign: "{{CAMPAIGN_NAME}}"}, "placeholder warning linkedin/cpc/{{CAMPAIGN_NAME}} Paid Social → Paid Social"},
		{"TikTok's placeholder", Usage{Source: "tiktok", Medium: "cpc", Campaign: "__CAMPAIGN_NAME__"}, "placeholder warning tiktok/cpc/__CAMPAIGN_NAME__ Paid Social → Paid Social"},
		{"address", Usage{Source: "news", Medium: "email", Campaign: "anna@acme.example"}, "personal_data warning news/email/anna@acme.example Email → Email"},
		{"ad tagged as organic", Usage{Source: "google", Medium: "organic", Campaign: "a", ClickID: "gclid"}, "contradiction warning google/cpc/a Organic Search → Paid Search"},
		{"display ad with a click id", Usage{Source: "google", Medium: "display", Campaign: "a", ClickID: "gclid"}, ""},
	} {
		x.u.Count = 1
		var got []string
		for _, f := range c.Hygiene([]Usage{x.u}) {
			got = append(got, fmt.Sprintf("%s %s %s/%s/%s %s → %s", f.Problem, f.Severity, f.Suggest.Source, f.Suggest.Medium, f.Suggest.Campaign, f.Group, f.Then))
			if f.What == "" || f.Fix == "" || f.Usage != x.u {
				t.Errorf("%s: %+v", x.name, f)
			}
		}
		var want []string
		if x.want != "" {
			want = []string{x.want}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q", x.name, got)
		}
	}
}

// TestSpellings: one campaign, source or medium in several spellings is put to the most used.
func TestSpellings(t *testing.T) {
	got := New(nil, nil).Hygiene([]Usage{
		{Source: "linkedin", Medium: "paid-social", Campaign: "Spring-Sale", Count: 10},
		{Source: "linkedin", Medium: "paid-social", Campaign: "spring_sale", Count: 4},
		{Source: "linkedin.com", Medium: "paid_social", Campaign: "summer", Count: 3},
		{Source: "linkedin", Medium: "paid-social", Campaign: "spring sale", Count: 2},
		{Source: "linkedin", Medium: "paid-social", Campaign: "spring-sale-2", Count: 2},
		{Source: "linkedin", Medium: "paid-social", Campaign: "spring sale", Host: "b", Count: 3},
	})
	var lines []string
	for _, f := range got {
		lines = append(lines, fmt.Sprintf("%d %s %v: %v", f.Usage.Count, f.Problem, f.Usage.Campaign, f.Suggest))
	}
	want := []string{
		"4 several_spellings spring_sale: {linkedin paid-social Spring-Sale}",
		"3 several_spellings spring sale: {linkedin paid-social Spring-Sale}",
		"3 several_spellings summer: {linkedin paid_social summer}",
		"3 several_spellings summer: {linkedin.com paid-social summer}",
		"2 several_spellings spring sale: {linkedin paid-social Spring-Sale}",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("%q", lines)
	}
}

// TestHygieneOfTouches: what a page's URL says arrives in the findings as it was written.
func TestHygieneOfTouches(t *testing.T) {
	c := New([]playbook.Channel{{Name: "Print", ChannelMatch: playbook.ChannelMatch{Mediums: []string{"print"}}}}, nil)
	u := c.Classify(Visit{URL: "https://acme.example/?utm_source=Google+&utm_medium=CPC&utm_campaign=x&gclid=1", Referrer: "https://chatgpt.com/"}).Usage("acme.example")
	if want := (Usage{Source: "Google ", Medium: "CPC", Campaign: "x", Host: "acme.example", ClickID: "gclid", Count: 1}); u != want {
		t.Errorf("%+v", u)
	}
	if u := c.Classify(Visit{Referrer: "https://chatgpt.com/"}).Usage(""); u != (Usage{Count: 1}) {
		t.Errorf("a referrer as tags: %+v", u)
	}
	if u := c.Classify(Visit{Medium: "Print", Source: "Flyer"}); u.GivenMedium != "Print" || u.Medium != "print" || u.Channel != "Print" {
		t.Errorf("%+v", u)
	}
}

// TestHygieneIgnoresOrder: any order and any split of the counts give the same findings.
func TestHygieneIgnoresOrder(t *testing.T) {
	c := New(nil, nil)
	rapid.Check(t, func(t *rapid.T) {
		usage := rapid.Custom(func(t *rapid.T) Usage {
			return Usage{Source: rapid.SampledFrom([]string{"", "google", "Google", "cpc", "news"}).Draw(t, "source"), Medium: rapid.SampledFrom([]string{"", "cpc", "cpc ", "emial", "google"}).Draw(t, "medium"),
				Campaign: rapid.SampledFrom([]string{"", "a-b", "a_b", "c"}).Draw(t, "campaign"), ClickID: rapid.SampledFrom([]string{"", "gclid"}).Draw(t, "click"), Count: int64(rapid.IntRange(2, 4).Draw(t, "count"))}
		})
		used := rapid.SliceOfN(usage, 0, 12).Draw(t, "used")
		want := c.Hygiene(used)
		var split []Usage
		for _, u := range used {
			a, b := u, u
			a.Count, b.Count = 1, u.Count-1
			split = append(split, a, b)
		}
		if got := c.Hygiene(rapid.Permutation(split).Draw(t, "order")); !slices.Equal(got, want) {
			t.Fatalf("%v\n%v", got, want)
		}
	})
}
