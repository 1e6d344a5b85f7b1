package collect

import (
	"cmp"
	"strings"

	"millrace"
	"millrace/internal/identity"

	"github.com/tidwall/gjson"
)

// step is one station of an event's way: it passes the fact on, having completed it, or says why it is dropped.
type step struct {
	name string
	run  func(*fact) *verdict
}

// steps are the stations in their order.
var steps = []step{
	{"size", checkSize},
	{"shape", readShape},
	{"kind", readKind},
	{"who", readWho},
	{"name", readName},
	{"data", readData},
	{"context", readContext},
	{"email", readEmail},
	{"page", readPage},
	{"time", readTimes},
	{"id", readID},
	{"agent", markBots},
	{"own", ownText},
}

func checkSize(f *fact) *verdict {
	if len(f.raw) > MaxEventBytes {
		return &verdict{millrace.DropTooLarge, "", "is over 32 KB"}
	}
	return nil
}

// readShape refuses what is no object and what is no text, and takes the object apart.
func readShape(f *fact) *verdict {
	if f.req.salvaged {
		if ref := checkBody(f.raw); ref != nil {
			return &verdict{millrace.DropMalformed, "", strings.Replace(ref.message, "the body", "the event", 1)}
		}
	}
	if !strings.HasPrefix(f.raw, "{") {
		return &verdict{millrace.DropMalformed, "", "is not a JSON object"}
	}
	if f.req.unsound {
		if at := unsoundAt(f.raw); at >= 0 {
			return invalid(placeAt(f.raw, at), "is not valid UTF-8")
		}
	}
	f.split()
	return nil
}

func readKind(f *fact) *verdict {
	if f.req.route.kind != 0 {
		f.ev.Kind = f.req.route.kind
		return nil
	}
	typ := f.typ
	if typ.Type == gjson.Null {
		typ = f.action // what the first SDKs called it
	}
	if typ.Type == gjson.Null {
		return &verdict{millrace.DropUnknownType, "type", "is missing"}
	}
	kind, ok := kinds[strings.ToLower(typ.Str)]
	if !ok {
		return &verdict{millrace.DropUnknownType, "type", "is none of identify, track, page, screen, group, alias"}
	}
	f.ev.Kind = kind
	return nil
}

// placeholders are the fields that have an id which names nobody.
type placeholders []string

func (p placeholders) told() string {
	if len(p) == 0 {
		return ""
	}
	return ": " + strings.Join(p, " and ") + ` says what stands for no id, as "undefined" does`
}

func readWho(f *fact) *verdict {
	var bad *verdict
	var nobody placeholders
	get := func(v gjson.Result, place string) string {
		s, b := id(v, place)
		if bad == nil {
			bad = b
		}
		who := identity.ID(s)
		if who == "" && s != "" {
			nobody = append(nobody, place)
		}
		return who
	}
	e := &f.ev
	e.UserID, e.AnonymousID = get(f.userID, "userId"), get(f.anonymousID, "anonymousId")
	switch e.Kind {
	case millrace.KindAlias:
		e.PreviousID = get(f.previousID, "previousId")
		if e.PreviousID == "" {
			e.PreviousID = get(f.from, "from")
		}
		if e.UserID == "" {
			e.UserID = get(f.to, "to")
		}
		if bad == nil && (e.PreviousID == "" || e.UserID == "") {
			return &verdict{millrace.DropNoPrevious, "", "an alias needs previousId and userId" + nobody.told()}
		}
	case millrace.KindGroup:
		if e.GroupID = get(f.groupID, "groupId"); e.GroupID == "" && bad == nil {
			return &verdict{millrace.DropNoGroup, "groupId", cmp.Or(strings.TrimPrefix(nobody.told(), ": groupId "), "is missing")}
		}
	default:
		if e.GroupID = get(f.ctx.groupID, "context.groupId"); e.GroupID == "" {
			e.GroupID = get(f.groupID, "groupId")
		}
	}
	if bad != nil {
		return bad
	}
	if e.UserID == "" && e.AnonymousID == "" {
		return &verdict{millrace.DropNoIdentity, "", "has neither userId nor anonymousId" + nobody.told()}
	}
	return nil
}

func readName(f *fact) (bad *verdict) {
	switch f.ev.Kind {
	case millrace.KindTrack:
		f.ev.Name, bad = id(f.event, "event")
		if bad == nil && f.ev.Name == "" {
			return &verdict{millrace.DropNoName, "event", "is missing"}
		}
	case millrace.KindPage, millrace.KindScreen:
		if f.ev.Name, bad = id(f.name, "name"); bad == nil && f.ev.Name == "" {
			// Only the name by which the call itself was made must be right; a property may be anything.
			if s := text(member(f.properties, "name")); len(s) <= maxID {
				f.ev.Name = s
			}
		}
	}
	return bad
}

func readData(f *fact) *verdict {
	v, place := f.properties, "properties"
	switch f.ev.Kind {
	case millrace.KindIdentify:
		if v, place = f.traits, "traits"; v.Type == gjson.Null && f.ctx.traits.Type != gjson.Null {
			v, place = f.ctx.traits, "context.traits" // where RudderStack's SDKs put them
		}
	case millrace.KindGroup, millrace.KindAlias:
		v, place = f.traits, "traits"
	}
	data, bad := object(v, place)
	if bad != nil {
		return bad
	}
	if c := text(f.category); c != "" && (f.ev.Kind == millrace.KindPage || f.ev.Kind == millrace.KindScreen) && !member(v, "category").Exists() {
		data = prepend(data, "category", c)
	}
	f.ev.Data = data
	return nil
}

// readContext keeps the context whole. It adds the sender's address unless the event has one ("0.0.0.0" is how SDKs ask for none), comes from a server,
// whose address says nothing about the person, or is history; and to a pixel its agent.
func readContext(f *fact) *verdict {
	c, bad := object(f.context, "context")
	if bad != nil {
		return bad
	}
	lib := text(f.ctx.library)
	fromPerson := !f.req.route.trust && (lib == "" || !serverLibrary(lib))
	if f.req.ip != "" && fromPerson && f.ctx.ip.Type == gjson.Null {
		c = prepend(c, "ip", f.req.ip)
	}
	if f.req.route.pixel && f.req.agent != "" && f.ctx.userAgent.Type == gjson.Null {
		c = prepend(c, "userAgent", f.req.agent)
	}
	f.ev.Context = c
	return nil
}

// deviceLibraries are parts of the names of SDKs that run on the person's device.
var deviceLibraries = []string{"analytics.js", "javascript", "browser", "ios", "swift", "android", "kotlin", "react-native", "react native",
	"flutter", "xamarin", "unity", "cordova"}

// serverLibrary says whether context.library.name is an SDK that runs on a server: one that is not known to run on a device.
func serverLibrary(name string) bool {
	n := strings.ToLower(name)
	for _, d := range deviceLibraries {
		if strings.Contains(n, d) {
			return false
		}
	}
	return true
}

func readEmail(f *fact) *verdict {
	var email string
	if f.ev.Kind == millrace.KindIdentify {
		email = text(member(f.traits, "email"))
	}
	if email == "" {
		email = text(member(f.ctx.traits, "email"))
	}
	if len(email) <= maxID {
		f.ev.Email = email
	}
	return nil
}

// readPage finds where a page or track event happened. The properties know better than the context: a single-page app's
// context may still show the page it was loaded on.
func readPage(f *fact) *verdict {
	if f.ev.Kind != millrace.KindPage && f.ev.Kind != millrace.KindTrack {
		return nil
	}
	var url, path gjson.Result
	if f.properties.IsObject() {
		f.properties.ForEach(func(k, v gjson.Result) bool {
			switch k.Str {
			case "url":
				url = v
			case "path":
				path = v
			}
			return true
		})
	}
	host, urlPath := splitURL(text(url))
	own := cleanPath(text(path))
	if own == "" {
		own = urlPath
	}
	if host == "" {
		ctxHost, ctxPath := splitURL(text(f.ctx.pageURL))
		host = ctxHost
		if own == "" {
			if own = cleanPath(text(f.ctx.pagePath)); own == "" {
				own = ctxPath
			}
		}
	}
	f.ev.Host, f.ev.Path = host, own
	return nil
}

func readTimes(f *fact) *verdict {
	own, givenOwn, okOwn := readTime(f.originalTimestamp)
	stamp, givenStamp, okStamp := readTime(f.timestamp)
	sent, _, _ := readTime(f.req.sentAt)
	if sent == 0 {
		sent, _, _ = readTime(f.sentAt)
	}
	e := &f.ev
	if e.SentAt = own; own == 0 {
		e.SentAt = stamp
	}
	unreadable := givenOwn && !okOwn || givenStamp && !okStamp
	var marks millrace.Flags
	e.OccurredAt, marks = occurred(f.req.received, own, stamp, sent, unreadable, f.req.route.trust)
	e.ReceivedAt = f.req.received
	e.Flags |= marks
	return nil
}

func markBots(f *fact) *verdict {
	if f.req.agents.isBot(text(f.ctx.userAgent), f.req.agent, text(f.ctx.library), f.req.route.pixel) {
		f.ev.Flags |= millrace.FlagBot
	}
	return nil
}

// ownText gives the event's texts memory of their own, one piece for all: whoever keeps an id must not keep the whole body with it.
func ownText(f *fact) *verdict {
	e := &f.ev
	texts := [...]*string{&e.ID, &e.Name, &e.AnonymousID, &e.UserID, &e.PreviousID, &e.GroupID, &e.Email, &e.Host, &e.Path}
	n := 0
	for _, t := range texts {
		n += len(*t)
	}
	var b strings.Builder
	b.Grow(n)
	for _, t := range texts {
		b.WriteString(*t)
	}
	all, from := b.String(), 0
	for _, t := range texts {
		*t = all[from : from+len(*t)]
		from += len(*t)
	}
	return nil
}
