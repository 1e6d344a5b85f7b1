package channel

import (
	"net/url"
	"strings"

	"millrace"
)

// Answer is a Touch as the test bench shows it: what came of one visit, and why.
type Answer struct {
	Channel    Group  `json:"channel" doc:"Google Analytics 4's default channel group"`
	OwnChannel string `json:"own_channel" doc:"The first of the playbook's channels that it belongs to; empty for none"`
	Source     string `json:"source"`
	Medium     string `json:"medium"`
	Campaign   string `json:"campaign"`
	CampaignID string `json:"campaign_id" doc:"utm_id"`
	Platform   string `json:"source_platform" doc:"utm_source_platform"`
	Term       string `json:"term"`
	Content    string `json:"content"`
	ClickID    string `json:"click_id" doc:"The parameter that an ad or mail platform added, such as gclid; empty for none"`
	Kind       Kind   `json:"kind" doc:"What the site is to a B2B team: review_site, community, ai_assistant …; empty for nothing of ours"`
	Internal   bool   `json:"internal" doc:"It is no touch: a link within the own site, the way back from a payment or a sign-in, an event that no channel names"`
	Why        string `json:"why" doc:"The rule that decided, in words"`
}

// Answer tells what the touch is.
func (t Touch) Answer() Answer {
	return Answer{Channel: t.Group, OwnChannel: t.Channel, Source: t.Source, Medium: t.Medium, Campaign: t.Campaign, CampaignID: t.CampaignID,
		Platform: t.Platform, Term: t.Term, Content: t.Content, ClickID: t.ClickID, Kind: t.Kind, Internal: t.Internal, Why: t.Why()}
}

// maxInput is the longest text that the test bench takes.
const maxInput = 8192

// Check refuses what a person surely mistyped, for the test bench: Classify itself takes anything. The error is Invalid and names the
// field, "url" or "referrer".
func (v Visit) Check() error {
	const op = "channel.Check"
	for _, f := range []struct{ name, value string }{{"url", v.URL}, {"referrer", v.Referrer}} {
		s := strings.TrimSpace(f.value)
		if s == "" {
			continue
		}
		if len(s) > maxInput {
			return millrace.FieldErrorf(op, f.name, "at most %d characters are read here, and it has %d", maxInput, len(s))
		}
		u, err := url.Parse(s)
		if err != nil {
			return &millrace.Error{Code: millrace.Invalid, Op: op, Field: f.name, Message: "it can't be read as a URL", Err: err}
		}
		if err := checkForm(u, f.name == "referrer"); err != "" {
			return millrace.FieldErrorf(op, f.name, "%q %s", s, err)
		}
	}
	return nil
}

// checkForm says what is wrong with a URL, "" for nothing.
func checkForm(u *url.URL, referrer bool) string {
	const wanted = "give one such as https://acme.example/pricing?utm_source=google"
	first, _, _ := strings.Cut(u.Path, "/")
	switch {
	case u.Scheme == "http" || u.Scheme == "https":
		if u.Hostname() == "" {
			return "names no host: " + wanted
		}
	case u.Scheme == "android-app" && referrer:
		if u.Host == "" {
			return "names no app: give android-app://<package>"
		}
	case u.Scheme != "":
		return "is no address of a page: " + wanted
	case strings.ContainsAny(u.Path, " \t\n<>\"") || strings.ContainsAny(u.Host, " \t\n<>\""):
		return "has blanks or quotes in it: " + wanted
	case u.Host == "" && !strings.Contains(first, ".") && (referrer || first != "" && u.RawQuery == ""):
		return "is no URL: " + wanted
	}
	return ""
}
