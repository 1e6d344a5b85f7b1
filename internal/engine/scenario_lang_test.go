package engine_test

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"regexp"
	"strconv"
	"strings"

	"millrace"
)

// scenarioStart is a Monday, midnight UTC: day 0 of every scenario.
const scenarioStart = millrace.Time(1767571200000)

// step is one line of a scenario: at a moment, a fact that arrives, an act of the team's, or an expectation.
type step struct {
	line   int
	at     millrace.Time
	verb   string // fact, import, playbook, merge, unmerge, domain, undo, erase, sales, nothing, expect
	text   string // the line after its moment
	args   []string
	events []millrace.Event
}

// scenario is one file.
type scenario struct {
	orderMatters bool
	steps        []step
}

var (
	lineRE    = regexp.MustCompile(`^(late )?at day (\d+)(?: (\d+):(\d+))?(?:, happened day (\d+)(?: (\d+):(\d+))?)?: (.+)$`)
	visitsRE  = regexp.MustCompile(`^(bot )?(.+?) visits (\S+)(?: on host (\S+))?(?: as message (\S+))?$`)
	doesRE    = regexp.MustCompile(`^(bot )?(.+?) does "([^"]+)"(?: (\{.*\}))?(?: as message (\S+))?$`)
	identRE   = regexp.MustCompile(`^identify (\S+)(?: as (\S+@\S+))?(?: on visitor (\S+))?(?: (\{.*\}))?(?: as message (\S+))?$`)
	groupRE   = regexp.MustCompile(`^group (.+?) into (\S+)(?: (\{.*\}))?$`)
	aliasRE   = regexp.MustCompile(`^alias (\S+) to (\S+)$`)
	importRE  = regexp.MustCompile(`^import (\d+): (contacts|accounts|opportunities|events) from (\w+)(?:, file (\S+))?:$`)
	pairRE    = regexp.MustCompile(`^(merge|unmerge) ("[^"]+"|\S+) and ("[^"]+"|\S+)$`)
	domainRE  = regexp.MustCompile(`^domain (\S+) belongs to (\S+)$`)
	undoRE    = regexp.MustCompile(`^undo import (\d+)$`)
	playRE    = regexp.MustCompile(`^playbook (preset )?(\S+?)((?:, "[^"]+" becomes "[^"]+")*)$`)
	changeRE  = regexp.MustCompile(`"([^"]+)" becomes "([^"]+)"`)
	salesRE   = regexp.MustCompile(`^rep (\S+) (accepts|rejects|qualifies|takes back|assigns) (\S+(?: and \S+)*?)(?: for (\S+?))?(?: to (\S+?))?(?: with (\{.*?\}))?(?: as a note says)?(, refused as (\w+)(?: about (\S+))?)?$`)
	cellRE    = regexp.MustCompile(`(\w+)=("[^"]*"|\S+)`)
	visitorRE = regexp.MustCompile(`^(?:(\S+) on )?visitor (\S+)$`)
)

// parseScenario reads a file. Lines that begin with # are comments, indented ones belong to the import above. What happens on one day
// without a time of day happens from noon on, a second apart.
func parseScenario(text string) (*scenario, error) {
	s := &scenario{}
	for n, line := range strings.Split(text, "\n") {
		if i := strings.Index(line, " # "); i >= 0 {
			line = strings.TrimRight(line[:i], " ")
		}
		trimmed := strings.TrimSpace(line)
		var err error
		switch {
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
		case trimmed == "order matters":
			s.orderMatters = true
		case strings.HasPrefix(trimmed, "expect "):
			at := scenarioStart
			if len(s.steps) > 0 {
				at = s.steps[len(s.steps)-1].at
			}
			s.steps = append(s.steps, step{line: n + 1, at: at, verb: "expect", text: strings.TrimPrefix(trimmed, "expect ")})
		case line[0] == ' ' || line[0] == '\t':
			err = s.row(trimmed)
		default:
			err = s.dated(n+1, trimmed)
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		}
	}
	return s, nil
}

func moment(day, hour, minute string, line int) millrace.Time {
	n := func(s string) millrace.Time {
		v, _ := strconv.Atoi(s)
		return millrace.Time(v)
	}
	at := scenarioStart + n(day)*millrace.Day
	if hour == "" {
		return at + 12*millrace.Hour + millrace.Time(line)*millrace.Second
	}
	return at + n(hour)*millrace.Hour + n(minute)*millrace.Minute
}

func (s *scenario) dated(line int, text string) error {
	m := lineRE.FindStringSubmatch(text)
	if m == nil {
		return fmt.Errorf("want \"at day N: …\", got %q", text)
	}
	st := step{line: line, at: moment(m[2], m[3], m[4], line), text: m[8]}
	occurred := st.at
	if m[1] != "" {
		if m[5] == "" {
			return fmt.Errorf("a late fact says when it happened")
		}
		occurred = moment(m[5], m[6], m[7], line)
	}
	if err := st.read(occurred); err != nil {
		return err
	}
	if n := len(s.steps); n > 0 && st.at < s.steps[n-1].at {
		return fmt.Errorf("time runs backwards")
	}
	s.steps = append(s.steps, st)
	return nil
}

func (st *step) read(occurred millrace.Time) error {
	e := millrace.Event{Source: "web", ID: fmt.Sprint("line", st.line), SentAt: occurred, OccurredAt: occurred, ReceivedAt: st.at, Host: "www.example.org"}
	message := func(id string) {
		if id != "" {
			e.ID, e.SentAt = id, 0
		}
	}
	st.verb = "fact"
	if m := visitsRE.FindStringSubmatch(st.text); m != nil {
		e.Kind, e.Path = millrace.KindPage, m[3]
		if m[4] != "" {
			e.Host = m[4]
		}
		message(m[5])
		return st.behavior(e, m[1], m[2])
	}
	if m := doesRE.FindStringSubmatch(st.text); m != nil {
		e.Kind, e.Name, e.Data = millrace.KindTrack, m[3], []byte(m[4])
		message(m[5])
		return st.behavior(e, m[1], m[2])
	}
	if m := identRE.FindStringSubmatch(st.text); m != nil {
		e.Kind, e.Email, e.AnonymousID, e.Data = millrace.KindIdentify, m[2], m[3], []byte(m[4])
		who(&e, m[1])
		message(m[5])
		st.events = []millrace.Event{e}
		return nil
	}
	if m := groupRE.FindStringSubmatch(st.text); m != nil {
		e.Kind, e.GroupID, e.Data = millrace.KindGroup, m[2], []byte(m[3])
		return st.behavior(e, "", m[1])
	}
	if m := aliasRE.FindStringSubmatch(st.text); m != nil {
		e.Kind, e.PreviousID, e.UserID = millrace.KindAlias, m[1], m[2]
		st.events = []millrace.Event{e}
		return nil
	}
	for verb, re := range map[string]*regexp.Regexp{"import": importRE, "pair": pairRE, "domain": domainRE, "undo": undoRE, "playbook": playRE,
		"sales": salesRE, "erase": regexp.MustCompile(`^erase (\S+)$`), "nothing": regexp.MustCompile(`^nothing happens$`)} {
		if m := re.FindStringSubmatch(st.text); m != nil {
			st.verb, st.args = verb, m[1:]
			for i := range st.args {
				if verb == "pair" {
					st.args[i] = strings.Trim(st.args[i], `"`)
				}
			}
			return nil
		}
	}
	return fmt.Errorf("nobody understands %q", st.text)
}

// who puts an address, a record id or a user id where it belongs.
func who(e *millrace.Event, id string) {
	switch {
	case strings.Contains(id, "@"):
		e.Email = id
	case strings.Contains(id, ":"):
		e.RecordID = id
	default:
		e.UserID = id
	}
}

func (st *step) behavior(e millrace.Event, bot, subject string) error {
	if bot != "" {
		e.Flags |= millrace.FlagBot
	}
	if m := visitorRE.FindStringSubmatch(subject); m != nil {
		e.AnonymousID = m[2]
		subject = m[1]
	}
	if strings.Contains(subject, " ") {
		return fmt.Errorf("nobody is called %q", subject)
	}
	if subject != "" {
		who(&e, subject)
	}
	st.events = []millrace.Event{e}
	return nil
}

// row is one record of an import: id=1 email=anna@acme.com company="Acme Inc". A record with recorded=N was written down at noon of day N, with
// recorded=N/9:00 at nine; opened=N and closed=N of a deal are days alone. contacts=anna@acme.com of a deal names
// who is in it, contacts=anna@acme.com/user/7 since when as what, and with none in place of a role until when. One without says nothing of when, and the same row in two files is one fact.
func (s *scenario) row(text string) error {
	if len(s.steps) == 0 || s.steps[len(s.steps)-1].verb != "import" {
		return fmt.Errorf("an indented line is a row of an import")
	}
	st := &s.steps[len(s.steps)-1]
	entity, system := st.args[1], st.args[2]
	e := millrace.Event{Source: system, ReceivedAt: st.at + millrace.Time(len(st.events)), Kind: map[string]millrace.Kind{"contacts": millrace.KindContact,
		"accounts": millrace.KindAccount, "opportunities": millrace.KindOpportunity, "events": millrace.KindTrack}[entity]}
	e.OccurredAt, e.Flags = e.ReceivedAt, millrace.FlagUndated
	data := map[string]any{}
	for _, m := range cellRE.FindAllStringSubmatch(text, -1) {
		name, value := m[1], strings.Trim(m[2], `"`)
		switch name {
		case "id":
			e.RecordID = system + ":" + value
		case "event":
			e.Name = value
		case "recorded":
			day, clock, timed := strings.Cut(value, "/")
			hour, minute, _ := strings.Cut(clock, ":")
			if !timed {
				hour = ""
			}
			e.OccurredAt, e.Flags = moment(day, hour, minute, st.line), 0
			e.RecordedAt, e.SentAt = e.OccurredAt, e.OccurredAt
		case "opened", "closed":
			data[name+"_at"] = moment(value, "0", "0", st.line).String()
		case "account_id":
			data[name] = system + ":" + value
		case "stage":
			if entity == "contacts" {
				name = millrace.TraitLifecycle
			}
			data[name] = value
		case "employees":
			data[name], _ = strconv.Atoi(value)
		case "contacts":
			email, part, given := strings.Cut(value, "/")
			role := map[string]string{"email": email, "role": "champion"}
			if given {
				what, day, _ := strings.Cut(part, "/")
				role["role"], role["at"] = strings.TrimSuffix(what, "none"), moment(day, "0", "0", st.line).String()
			}
			data[name] = []map[string]string{role}
		default:
			data[name] = value
		}
	}
	if entity == "events" {
		e.Email, _ = data["email"].(string)
		delete(data, "email")
	}
	e.Data, _ = json.Marshal(data)
	h := fnv.New64a()
	h.Write([]byte(entity + text))
	e.ID = strconv.FormatUint(h.Sum64(), 16)
	st.events = append(st.events, e)
	return nil
}
