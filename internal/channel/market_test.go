package channel

import (
	"testing"

	"millrace"
	"millrace/internal/market"
	"millrace/internal/playbook"
)

// preset is the Classifier of a preset's channels.
func preset(t testing.TB, name string) *Classifier {
	t.Helper()
	p, ok := playbook.PresetByName(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	pb, problems := playbook.Parse(p.Source)
	if problems != nil {
		t.Fatal(problems)
	}
	return New(pb.Channels, pb.Workspace.Hosts)
}

// TestPresetsKnowTheMarket: with every preset, each arrival in the simulated market belongs to the channel that it came by.
func TestPresetsKnowTheMarket(t *testing.T) {
	m, err := market.New(market.Config{Accounts: 40, Start: 1767225600000, Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	bySource, byReferrer := map[string]string{}, map[string]string{}
	for _, ch := range market.DefaultChannels() {
		if ch.Source != "" {
			bySource[ch.Source] = ch.Name
		} else {
			byReferrer[hostOf(ch.Referrer)] = ch.Name
		}
	}
	for _, p := range playbook.Presets() {
		c := preset(t, p.Name)
		seen := map[string]int{}
		for e := range m.Facts() {
			v, ok := FromEvent(&e)
			if ok != e.Kind.Behavior() {
				t.Fatalf("%s: a visit %v", e.Kind, ok)
			}
			if !ok {
				continue
			}
			got := c.Classify(v)
			want, internal := "", false
			switch {
			case e.Kind == millrace.KindTrack && e.Name == "Webinar Attended":
				want = "Webinars"
			case e.Kind == millrace.KindTrack:
				internal = true
			case v.Source != "":
				want = bySource[v.Source]
			case hostOf(v.Referrer) == "waymark-revenue.com":
				internal = true
			default:
				want = byReferrer[hostOf(v.Referrer)]
			}
			if got.Channel != want || got.Internal != internal {
				t.Fatalf("%s: %s %q %+v: %s, internal %v, want %q\n%s", p.Name, e.Kind, e.Name, v, got.Channel, got.Internal, want, got.Why())
			}
			if !internal {
				seen[got.Channel]++
			}
		}
		for _, ch := range market.DefaultChannels() {
			if seen[ch.Name] == 0 {
				t.Errorf("%s: nothing came by %s", p.Name, ch.Name)
			}
		}
	}
}

// TestFromEvent: what Segment's SDKs write, and what they leave out.
func TestFromEvent(t *testing.T) {
	for _, c := range []struct {
		name    string
		e       millrace.Event
		want    Visit
		isVisit bool
	}{
		{"page", millrace.Event{Kind: millrace.KindPage, Host: "acme.example", Context: []byte(`{"page":{"url":"https://acme.example/a?utm_source=x\u0026gclid=1","referrer":"https://t.co/","search":"?utm_source=y"},
			"campaign":{"name":"n","source":"s","medium":"m","term":"t","content":"c"}}`)},
			Visit{URL: "https://acme.example/a?utm_source=x&gclid=1", Host: "acme.example", Referrer: "https://t.co/", Source: "s", Medium: "m", Campaign: "n", Term: "t", Content: "c"}, true},
		{"search apart", millrace.Event{Kind: millrace.KindPage, Context: []byte(`{"page":{"url":"https://acme.example/a","search":"?gclid=1"}}`)}, Visit{URL: "https://acme.example/a?gclid=1"}, true},
		{"properties", millrace.Event{Kind: millrace.KindPage, Context: []byte(`{"ip":"192.0.2.1"}`), Data: []byte(`{"url":"https://acme.example/a","referrer":"https://t.co/"}`)},
			Visit{URL: "https://acme.example/a", Referrer: "https://t.co/"}, true},
		{"track", millrace.Event{Kind: millrace.KindTrack, Name: "Email Clicked", Context: []byte(`{"page":{"url":"https://acme.example/?gclid=1"},"campaign":{"source":"news"}}`)},
			Visit{Event: "Email Clicked", Source: "news"}, true},
		{"identify", millrace.Event{Kind: millrace.KindIdentify, Context: []byte(`{"campaign":{"source":"news"}}`)}, Visit{}, false},
		{"other types", millrace.Event{Kind: millrace.KindPage, Context: []byte(`{"page":[1],"campaign":{"source":7,"name":null}}`)}, Visit{}, true},
		{"no JSON", millrace.Event{Kind: millrace.KindPage, Context: []byte(`{"page"`), Data: []byte(`nonsense`)}, Visit{}, true},
	} {
		if got, ok := FromEvent(&c.e); got != c.want || ok != c.isVisit {
			t.Errorf("%s: %+v, %v", c.name, got, ok)
		}
	}
}
