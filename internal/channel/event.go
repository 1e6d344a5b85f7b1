package channel

import (
	"strings"

	"github.com/tidwall/gjson"

	"millrace"
)

// FromEvent reads a visit out of a page, screen or track event as Segment's SDKs write it: the context's page (url, referrer, search) and
// campaign (name, source, medium, term, content), and of pages whose context says nothing, the properties. ok is false for every
// other kind of fact. A tracked event stands on a page whose own event has told how the visitor came: of the context it has the
// campaign alone.
func FromEvent(e *millrace.Event) (v Visit, ok bool) {
	if !e.Kind.Behavior() {
		return Visit{}, false
	}
	v.Host = e.Host
	if e.Kind == millrace.KindTrack {
		v.Event = e.Name
	}
	if len(e.Context) > 0 {
		v.context(string(e.Context), e.Kind == millrace.KindTrack)
	}
	if v.URL == "" && v.Referrer == "" && len(e.Data) > 0 && e.Kind != millrace.KindTrack {
		v.page(gjson.ParseBytes(e.Data))
	}
	return v, true
}

func (v *Visit) context(json string, track bool) {
	gjson.Parse(json).ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "page":
			if !track {
				v.page(value)
			}
		case "campaign":
			v.campaign(value)
		}
		return true
	})
}

// page reads url, referrer and search. The query stands in url or, where that was sent without one, in search.
func (v *Visit) page(page gjson.Result) {
	search := ""
	page.ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "url":
			v.URL = value.Str
		case "referrer":
			v.Referrer = value.Str
		case "search":
			search = value.Str
		}
		return true
	})
	if search != "" && !strings.Contains(v.URL, "?") {
		v.URL += "?" + strings.TrimPrefix(search, "?")
	}
}

func (v *Visit) campaign(campaign gjson.Result) {
	campaign.ForEach(func(key, value gjson.Result) bool {
		switch key.Str {
		case "source":
			v.Source = value.Str
		case "medium":
			v.Medium = value.Str
		case "name":
			v.Campaign = value.Str
		case "term":
			v.Term = value.Str
		case "content":
			v.Content = value.Str
		}
		return true
	})
}
