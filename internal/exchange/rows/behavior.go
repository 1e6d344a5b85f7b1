package rows

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/identity"
)

// campaignTags are the columns that say which campaign a visit came from.
var campaignTags = map[string]string{"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_term": "term", "utm_content": "content"}

// behavior makes the fact of a row of an events file.
func (p *Plan) behavior(r *record) (Fact, *Fault) {
	take := func(name string) string {
		s, _ := r.data[name].(string)
		delete(r.data, name)
		return s
	}
	who := func(name string) string { return identity.ID(take(name)) }
	ev := millrace.Event{Source: p.System, Name: take(format.FieldEvent), AnonymousID: who(format.FieldAnonymousID), UserID: who(format.FieldUserID),
		PreviousID: who(format.FieldPreviousID), GroupID: who(format.FieldGroupID), SentAt: r.times[format.FieldOccurred], OccurredAt: r.times[format.FieldOccurred], RecordedAt: r.times[format.FieldOccurred]}
	ev.Email, _ = r.data[millrace.TraitEmail].(string)
	delete(r.data, millrace.TraitEmail)
	typ, message := take(format.FieldType), take(format.FieldMessageID)
	page := map[string]any{}
	p.place(&ev, page, take(format.FieldURL), take(format.FieldHost), take(format.FieldPath))
	for from, to := range map[string]string{format.FieldReferrer: "referrer", format.FieldPageTitle: "title"} {
		if s := take(from); s != "" {
			page[to] = s
		}
	}
	var flt *Fault
	if ev.Kind, flt = eventKind(typ, &ev); flt != nil {
		return Fact{}, flt
	}
	if ev.AnonymousID == "" && ev.UserID == "" && ev.Email == "" {
		return Fact{}, &Fault{Reason: ReasonNoKey, Detail: "the row names nobody: it needs a user id, an anonymous id or an e-mail address"}
	}
	data, context := p.payloads(r, ev.Kind)
	if len(page) > 0 {
		into(context, "page", page)
	}
	if s := take(format.FieldUserAgent); s != "" {
		context["userAgent"] = s
	}
	if s := take(format.FieldIP); s != "" {
		context["ip"] = s
	}
	if ev.Kind == millrace.KindIdentify && ev.Email != "" {
		data[millrace.TraitEmail] = ev.Email
	}
	if ev.Data, flt = payload(data); flt != nil {
		return Fact{}, flt
	}
	if ev.Context, flt = payload(context); flt != nil {
		return Fact{}, flt
	}
	if ev.ID = message; ev.ID == "" {
		ev.ID = rowHash(&ev)
	}
	p.datedNow(&ev)
	return Fact{Event: ev, Rows: 1, Size: len(ev.Data) + len(ev.Context) + 256}, nil
}

// place sets where it happened.
func (p *Plan) place(ev *millrace.Event, page map[string]any, address, host, path string) {
	ev.Host, ev.Path = strings.ToLower(host), path
	if address == "" {
		if path != "" {
			page["path"] = path
		}
		return
	}
	page["url"] = address
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	if ev.Host == "" {
		ev.Host = strings.ToLower(u.Hostname())
	}
	if ev.Path == "" {
		ev.Path = u.Path
	}
	if ev.Path == "" && ev.Host != "" {
		ev.Path = "/"
	}
	page["path"] = ev.Path
}

// eventKind is what the type column says, or what the row has to be by what it holds.
func eventKind(typ string, ev *millrace.Event) (millrace.Kind, *Fault) {
	needs := func(k millrace.Kind, ok bool, what string) (millrace.Kind, *Fault) {
		if !ok {
			return 0, &Fault{Reason: ReasonNoKey, Detail: fmt.Sprintf("a row of type %s needs %s", k, what)}
		}
		return k, nil
	}
	switch strings.ToLower(typ) {
	case "track", "event":
		return needs(millrace.KindTrack, ev.Name != "", "the event's name")
	case "page", "pageview", "page_view", "$pageview":
		return millrace.KindPage, nil
	case "screen":
		return millrace.KindScreen, nil
	case "identify":
		return millrace.KindIdentify, nil
	case "group":
		return needs(millrace.KindGroup, ev.GroupID != "", "a group id")
	case "alias":
		return needs(millrace.KindAlias, ev.PreviousID != "" && ev.UserID != "", "a previous id and a user id")
	case "":
	default:
		if ev.Name == "" { // a file whose type column holds the event's name
			ev.Name = typ
			return millrace.KindTrack, nil
		}
		return 0, &Fault{Reason: ReasonValue, Detail: fmt.Sprintf("type %q is none of track, page, screen, identify, group, alias", shorten(typ))}
	}
	switch {
	case ev.PreviousID != "" && ev.UserID != "":
		return millrace.KindAlias, nil
	case ev.Name == "$pageview" || ev.Name == "page_view" || ev.Name == "pageview":
		ev.Name = ""
		return millrace.KindPage, nil
	case ev.Name == "" && (ev.Host != "" || ev.Path != ""):
		return millrace.KindPage, nil
	case ev.Name != "":
		return millrace.KindTrack, nil
	}
	return 0, &Fault{Reason: ReasonNoKey, Detail: "the row says nothing that happened: it needs an event's name or a page's address"}
}

// payloads sorts the remaining columns into the event's data and context: properties.x and traits.x, context.x.y, utm_ tags, the rest.
func (p *Plan) payloads(r *record, kind millrace.Kind) (data, context map[string]any) {
	data, context = map[string]any{}, map[string]any{}
	if m, ok := r.data[format.FieldContext].(map[string]any); ok {
		context = m
	}
	traits := kind == millrace.KindIdentify || kind == millrace.KindGroup
	for _, name := range []string{format.FieldProperties, format.FieldTraits} {
		if m, ok := r.data[name].(map[string]any); ok {
			for k, v := range m {
				data[k] = v
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.data)) { // in order, so that a row always makes the same fact
		v := r.data[name]
		if _, object := v.(map[string]any); object || name == format.FieldUserAgent || name == format.FieldIP {
			continue
		}
		first, rest, dotted := strings.Cut(name, ".")
		switch {
		case dotted && first == "context":
			set(context, rest, v)
		case dotted && (first == "properties" || first == "traits" && traits):
			set(data, rest, v)
		case campaignTags[name] != "":
			set(context, "campaign."+campaignTags[name], v)
		default:
			set(data, name, v)
		}
	}
	return data, context
}

// set puts a value under a dotted path of at most eight parts; what is in the way keeps its place and the value its dotted name.
func set(m map[string]any, path string, v any) {
	parts := strings.SplitN(path, ".", 8)
	at := m
	for _, part := range parts[:len(parts)-1] {
		next, ok := at[part].(map[string]any)
		if !ok {
			if _, taken := at[part]; taken {
				m[path] = v
				return
			}
			next = map[string]any{}
			at[part] = next
		}
		at = next
	}
	last := parts[len(parts)-1]
	if _, taken := at[last]; taken {
		m[path] = v
		return
	}
	at[last] = v
}

// into adds to the object at name without replacing what it has.
func into(m map[string]any, name string, add map[string]any) {
	old, ok := m[name].(map[string]any)
	if !ok {
		m[name] = add
		return
	}
	for k, v := range add {
		if _, taken := old[k]; !taken {
			old[k] = v
		}
	}
}
