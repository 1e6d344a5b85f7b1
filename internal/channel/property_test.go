package channel

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"millrace"
	"millrace/internal/playbook"
)

var (
	words   = []string{"google", "linkedin", "chatgpt.com", "Newsletter", "cpc", "paid-social", "email", "organic", "(direct)", "(none)", "(not set)", "shop", "eshop 1", "workshop", "cross-network", "alibaba", "sms", "a b", "ü+%"}
	sitesIn = []string{"", "https://www.google.de/", "https://t.co/x", "https://docs.acme.example/", "https://g2.com/", "android-app://com.slack/", "https://checkout.stripe.com/", "about:blank", "::"}
)

// TestOrderAndCase: every visit has a group, and neither the order of the query's parameters nor capitals change anything.
func TestOrderAndCase(t *testing.T) {
	c := preset(t, "smb")
	rapid.Check(t, func(t *rapid.T) {
		names := []string{"utm_source", "utm_medium", "utm_campaign", "utm_content", "gclid", "fbclid", "li_fat_id", "mkt_tok", "q"}
		var pairs []string
		for _, n := range names {
			if rapid.Bool().Draw(t, n) {
				pairs = append(pairs, n+"="+url.QueryEscape(rapid.SampledFrom(words).Draw(t, "value")))
			}
		}
		v := Visit{URL: "https://www.acme.example/x?" + strings.Join(pairs, "&"), Referrer: rapid.SampledFrom(sitesIn).Draw(t, "referrer")}
		want := c.Classify(v)
		if !slices.Contains(Groups(), want.Group) || want.Source == "" || want.Medium == "" || want.Internal && want.Channel != "" {
			t.Fatalf("%+v", want)
		}
		v.URL = "https://www.acme.example/x?" + strings.Join(rapid.Permutation(pairs).Draw(t, "order"), "&")
		if got := c.Classify(v); got != want {
			t.Fatalf("in another order %+v, not %+v", got, want)
		}
		v.URL = strings.ToUpper(v.URL)
		if got := c.Classify(v); got.Group != want.Group || got.Source != want.Source || got.Medium != want.Medium || got.Channel != want.Channel || got.ClickID != want.ClickID ||
			!strings.EqualFold(got.Campaign, want.Campaign) {
			t.Fatalf("in capitals %+v, not %+v", got, want)
		}
	})
}

// TestPublishedPatterns compares the hand-written forms of Google's patterns with the patterns themselves.
func TestPublishedPatterns(t *testing.T) {
	shops := regexp.MustCompile(`^(.*(([^a-df-z]|^)shop|shopping).*)$`)
	pays := regexp.MustCompile(`^(.*cp.*|ppc|retargeting|paid.*)$`)
	videos := regexp.MustCompile(`^(.*video.*)$`)
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(rapid.SampledFrom([]string{"shop", "shopping", "e", "k", "-", "2", "cp", "ppc", "paid", "retargeting", "video", "push", "é"})).Draw(t, "parts"), "")
		if shop(s) != shops.MatchString(s) || paid(s) != pays.MatchString(s) || (GroupOf("x", "y"+s, "") == OrganicVideo) != (videos.MatchString(s) && !paid("y"+s)) {
			t.Fatalf("%q: shop %v, paid %v", s, shop(s), paid(s))
		}
	})
}

// TestOwnChannels: the lists of a channel, its further ways, and the order of channels.
func TestOwnChannels(t *testing.T) {
	match := func(m playbook.ChannelMatch, also ...playbook.ChannelMatch) []playbook.Channel {
		return []playbook.Channel{{Name: "costs alone"}, {Name: "it", ChannelMatch: m, Also: also}, {Name: "rest", ChannelMatch: playbook.ChannelMatch{Sources: []string{"*"}}}}
	}
	type lists = playbook.ChannelMatch
	for _, x := range []struct {
		name     string
		channels []playbook.Channel
		v        Visit
		want     string
	}{
		{"source", match(lists{Sources: []string{" Google "}}), Visit{Source: "GOOGLE"}, "it"},
		{"and", match(lists{Sources: []string{"google"}, Mediums: []string{"cpc"}}), Visit{Source: "google", Medium: "organic"}, "rest"},
		{"or within a list", match(lists{Sources: []string{"bing", "google"}}), Visit{Source: "google"}, "it"},
		{"pattern", match(lists{Campaigns: []string{"*-Q?-*", "abm-*-dach"}}), Visit{Campaign: "ABM-2026-DACH"}, "it"},
		{"pattern is of the whole", match(lists{Campaigns: []string{"abm-*"}}), Visit{Campaign: "x-abm-1"}, "rest"},
		{"referrer below", match(lists{Referrers: []string{"Partner.example"}}), Visit{Referrer: "https://blog.partner.example/x"}, "it"},
		{"referrer beside", match(lists{Referrers: []string{"partner.example"}}), Visit{Referrer: "https://mypartner.example/x"}, "rest"},
		{"group", match(lists{Groups: []string{"Paid Search"}}), Visit{URL: "/?gclid=1"}, "it"},
		{"kind", match(lists{Kinds: []string{"review_site"}}), Visit{Source: "g2", Medium: "profile"}, "it"},
		{"host", match(lists{Hosts: []string{"lp.*"}}), Visit{URL: "https://www.lp.acme.example/?gclid=1"}, "it"},
		{"event", match(lists{Events: []string{"webinar *"}}), Visit{Event: "Webinar Attended"}, "it"},
		{"event and campaign", match(lists{Events: []string{"email clicked"}, Campaigns: []string{"outbound*"}}), Visit{Event: "Email Clicked", Campaign: "newsletter"}, ""},
		{"an event is no page", match(lists{Groups: []string{"Unassigned"}}), Visit{Event: "Webinar Attended"}, ""},
		{"a page is no event", match(lists{Events: []string{"*"}}), Visit{Source: "google"}, "rest"},
		{"further way", match(lists{Sources: []string{"webinar"}}, lists{Events: []string{"Webinar Attended"}}, lists{Mediums: []string{"webinar"}}), Visit{Medium: "webinar"}, "it"},
		{"none", nil, Visit{Source: "google"}, ""},
	} {
		if got := New(x.channels, nil).Classify(x.v); got.Channel != x.want || got.Internal != (x.v.Event != "" && x.want == "") {
			t.Errorf("%s: %q, internal %v", x.name, got.Channel, got.Internal)
		}
	}
	if New(match(lists{Events: []string{"x"}}), nil).NamesEvents() != true || New(match(lists{Sources: []string{"x"}}), nil).NamesEvents() {
		t.Error("which playbook names events is wrong")
	}
}

// TestCheck: what the test bench refuses.
func TestCheck(t *testing.T) {
	for url, ok := range map[string]bool{"": true, "https://acme.example": true, "acme.example/x?utm_source=a": true, "/x?utm_source=a": true, "?gclid=1": true, "http://[::1": false, "https:///x": false,
		"mailto:a@b.example": false, "no url": false, "nourl": false, "https://acme.example/" + strings.Repeat("a", maxInput): false, "javascript:alert(1)": false, "//acme.example/x": true} {
		if err := (Visit{URL: url}).Check(); (err == nil) != ok || err != nil && millrace.ErrorCode(err) != millrace.Invalid {
			t.Errorf("url %.40q: %v", url, err)
		}
	}
	for referrer, ok := range map[string]bool{"": true, "https://t.co/x": true, "t.co": true, "android-app://com.slack": true, "android-app://": false, "google": false, "/x": false, "about:blank": false} {
		if err := (Visit{Referrer: referrer}).Check(); (err == nil) != ok {
			t.Errorf("referrer %q: %v", referrer, err)
		}
	}
}

// FuzzClassify: any input has a group, its answer is text, and it can be looked at for hygiene.
func FuzzClassify(f *testing.F) {
	f.Add("https://www.acme.example/?utm_source=google&utm_medium=cpc&gclid=1", "https://www.google.com/", "", "", "", "")
	f.Add("?utm_source=%zz&UTM_MEDIUM=%00&amp;utm_campaign=+", "android-app://com.slack", "a", " B ", "shop", "Webinar Attended")
	f.Add("https://u:p@[::1]:80", "https://docs.acme.co.uk:1/..", "(direct)", "(none)", "\xff", "")
	f.Add("http://.com", "//.", "", "", "", "")
	c := preset(f, "mid-market")
	f.Fuzz(func(t *testing.T, page, referrer, source, medium, campaign, event string) {
		v := Visit{URL: page, Referrer: referrer, Source: source, Medium: medium, Campaign: campaign, Event: event}
		got := c.Classify(v)
		if !slices.Contains(Groups(), got.Group) || got.Source == "" || got.Medium == "" {
			t.Fatalf("%+v", got)
		}
		for _, s := range []string{got.Source, got.Medium, got.Campaign, got.Term, got.Content, got.CampaignID, got.Platform} {
			if !utf8.ValidString(s) && !strings.Contains(page+referrer, s) || len(s) > 3*longestText {
				t.Fatalf("%q", s)
			}
		}
		if got != c.Classify(v) || got.Why() == "" {
			t.Fatal("not the same again")
		}
		_ = v.Check()
		c.Hygiene([]Usage{got.Usage(page)})
		if v, ok := FromEvent(&millrace.Event{Kind: millrace.KindPage, Context: []byte(page), Data: []byte(referrer)}); !ok || v.Event != "" {
			t.Fatalf("%+v", v)
		}
	})
}
