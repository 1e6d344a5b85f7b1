package measure

import (
	"encoding/json"
	"net/url"
	"strings"

	"millrace"
	"millrace/internal/channel"

	"github.com/tidwall/gjson"
)

// origin is all that many touches share about where they came from. It is stored once, and classified by the playbook that rules when it is
// read, so that new rules and corrected tags act on the past at once.
type origin struct {
	Source   string `json:"s,omitempty"` // campaign tags as they were sent
	Medium   string `json:"m,omitempty"`
	Campaign string `json:"c,omitempty"`
	Term     string `json:"t,omitempty"`
	Content  string `json:"n,omitempty"`
	ID       string `json:"i,omitempty"` // utm_id
	Platform string `json:"p,omitempty"` // utm_source_platform
	Click    string `json:"k,omitempty"` // the click id's parameter, never its value
	Referrer string `json:"r,omitempty"` // host, or android-app://<package>
	Host     string `json:"h,omitempty"` // of the page
	Event    string `json:"e,omitempty"`
	Asset    string `json:"a,omitempty"`     // title of what the event was about: an asset, a webinar
	Known    bool   `json:"known,omitempty"` // no touch: somebody said who they are
}

// knownOrigin is the id of the origin that marks somebody's saying who they are.
const knownOrigin = 1

func (o origin) text() string {
	b, err := json.Marshal(o)
	if err != nil { // strings always marshal
		return "{}"
	}
	return string(b)
}

// longest part of a tag that is kept: tags are words, and a longer one is a mistake or an attack.
const longestTag = 200

// shareable says whether a tag may stand in the shared table of origins, where it is no person's: an address in a tag is.
func shareable(s string) string {
	if strings.ContainsRune(s, '@') || strings.Contains(strings.ToLower(s), "%40") {
		return "(withheld)"
	}
	if len(s) > longestTag {
		s = strings.ToValidUTF8(s[:longestTag], "")
	}
	return s
}

// originOf reduces a fact to its origin; ok is false for what is no touch whatever the playbook says: a step within the team's own site.
func originOf(neutral *channel.Classifier, e *millrace.Event) (o origin, ok bool) {
	v, ok := channel.FromEvent(e)
	if !ok {
		return o, false
	}
	if e.Kind != millrace.KindTrack && v.Source == "" && v.Medium == "" && v.Campaign == "" && !strings.Contains(v.URL, "?") && ownReferrer(v.Referrer, v.Host) {
		return o, false // most pages of a visit
	}
	t := neutral.Classify(v)
	if e.Kind != millrace.KindTrack && t.Internal {
		return o, false
	}
	o = origin{Source: v.Source, Medium: v.Medium, Campaign: v.Campaign, Term: v.Term, Content: v.Content, Click: t.ClickID, Host: v.Host, Event: v.Event}
	o.tags(v.URL)
	if e.Kind == millrace.KindTrack {
		o.Asset = assetOf(e.Data)
	}
	if r := v.Referrer; strings.HasPrefix(r, "android-app://") {
		o.Referrer = strings.TrimRight(r, "/")
	} else if u, err := url.Parse(r); err == nil {
		o.Referrer = strings.ToLower(u.Hostname())
	}
	for _, s := range []*string{&o.Source, &o.Medium, &o.Campaign, &o.Term, &o.Content, &o.ID, &o.Platform, &o.Referrer, &o.Event, &o.Asset} {
		*s = shareable(*s)
	}
	return o, true
}

// assetNames are the properties that name what an event was about.
var assetNames = [...]string{"asset", "asset_title", "asset_name", "webinar", "webinar_title", "content_title", "video_title", "title"}

// assetOf is the title of an event's asset, "" where it has none.
func assetOf(data []byte) string {
	for _, name := range assetNames {
		if v := gjson.GetBytes(data, name); v.Type == gjson.String && strings.TrimSpace(v.Str) != "" {
			return strings.TrimSpace(v.Str)
		}
	}
	return ""
}

// ownReferrer is the quick look at a page that follows another of the same host.
func ownReferrer(referrer, host string) bool {
	rest, ok := strings.CutPrefix(referrer, "https://")
	if !ok || host == "" {
		return false
	}
	rest, ok = strings.CutPrefix(rest, host)
	return ok && (rest == "" || rest[0] == '/')
}

// tags reads campaign tags out of an address where the sender did not give them apart.
func (o *origin) tags(address string) {
	_, query, ok := strings.Cut(address, "?")
	if !ok {
		return
	}
	query, _, _ = strings.Cut(query, "#")
	values, _ := url.ParseQuery(query) // what can be read is read
	for name, list := range values {
		if len(list) == 0 || list[0] == "" {
			continue
		}
		for _, x := range [...]struct {
			name string
			to   *string
		}{{"utm_source", &o.Source}, {"utm_medium", &o.Medium}, {"utm_campaign", &o.Campaign}, {"utm_term", &o.Term}, {"utm_content", &o.Content},
			{"utm_id", &o.ID}, {"utm_source_platform", &o.Platform}} {
			if *x.to == "" && strings.EqualFold(name, x.name) {
				*x.to = list[0]
			}
		}
	}
}

// visit is what the classifier reads.
func (o origin) visit() channel.Visit {
	v := channel.Visit{Host: o.Host, Source: o.Source, Medium: o.Medium, Campaign: o.Campaign, Term: o.Term, Content: o.Content, Event: o.Event}
	if v.Referrer = o.Referrer; o.Referrer != "" && !strings.Contains(o.Referrer, "://") {
		v.Referrer = "https://" + o.Referrer + "/"
	}
	q := url.Values{}
	for _, x := range [...][2]string{{"utm_id", o.ID}, {"utm_source_platform", o.Platform}, {o.Click, "1"}} {
		if x[0] != "" && x[1] != "" {
			q.Set(x[0], x[1])
		}
	}
	if len(q) > 0 {
		v.URL = "?" + q.Encode()
	}
	return v
}

func parseOrigin(text []byte) (o origin, err error) {
	if err := json.Unmarshal(text, &o); err != nil {
		return o, &millrace.Error{Code: millrace.Internal, Op: "measure", Message: "a stored origin of touches can't be read", Err: err}
	}
	return o, nil
}
