package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/eventlog"
	"millrace/internal/score"

	"github.com/tidwall/gjson"
)

// toldDays is how far back sentences look, and toldPeople of how many people of one account they speak at most: those who were there last.
const (
	toldDays   = 31
	toldPeople = 200
)

// colleague is somebody of an account, and what they did.
type colleague struct {
	id, account int64
	scoredAt    millrace.Time
	score.Engaged
}

// engaged reads the people of accounts, or the people with these ids, who did anything lately.
func (v *view) engaged(ctx context.Context, column string, ids []int64) (out []colleague, err error) {
	labels := map[string]string{}
	for _, r := range v.rules.Document().Committee.Roles {
		if labels[r.Role] == "" {
			labels[r.Role] = r.Label
		}
	}
	since := strconv.FormatInt(int64((v.clock/millrace.Day-toldDays)*millrace.Day), 10) // one text a day: it is kept prepared
	err = db.SelectIn(ctx, v.q, "/* directory.told */ select s.id, s.account, s.scored_at, s.role, s.state, c.name, c.title from contact_score s join contact c on c.id = s.id where s.scored_at >= "+
		since+" and %s", column, ids, func(rows *sql.Rows) error {
		var c colleague
		var role string
		var state []byte
		if err := rows.Scan(&c.id, &c.account, (*int64)(&c.scoredAt), &role, &state, &c.Name, &c.Title); err != nil {
			return err
		}
		var err error
		c.Role = labels[role]
		c.State, err = score.DecodeState(state)
		out = append(out, c)
		return err
	})
	slices.SortFunc(out, func(a, b colleague) int { return int(a.id - b.id) })
	return out, err
}

// lately are at most toldPeople of them, those who were there last.
func lately(people []colleague) []colleague {
	if len(people) > toldPeople {
		people = slices.Clone(people)
		slices.SortStableFunc(people, func(a, b colleague) int { return int(b.scoredAt - a.scoredAt) })
		people = people[:toldPeople]
	}
	return people
}

func engagements(people []colleague) []score.Engaged {
	out := make([]score.Engaged, len(people))
	for i := range people {
		out[i] = people[i].Engaged
	}
	return out
}

// tellContacts gives each contact its reasons: what they did, and, where others of their company did something too, what they did together.
func (v *view) tellContacts(ctx context.Context, list []Contact) error {
	var accounts, alone []int64
	for i := range list {
		if a := list[i].Account; a != nil {
			id, _ := publicID(a.ID, engine.AccountPrefix)
			accounts = append(accounts, id)
		} else {
			id, _ := publicID(list[i].ID, engine.ContactPrefix)
			alone = append(alone, id)
		}
	}
	slices.Sort(accounts)
	people, err := v.engaged(ctx, "s.account", slices.Compact(accounts))
	if err != nil {
		return err
	}
	single, err := v.engaged(ctx, "s.id", alone)
	if err != nil {
		return err
	}
	byID, byAccount := map[string]*colleague{}, map[string][]colleague{}
	for _, c := range people {
		byAccount[engine.AccountID(c.account)] = append(byAccount[engine.AccountID(c.account)], c)
	}
	for _, some := range [...][]colleague{people, single} {
		for i := range some {
			byID[engine.ContactID(some[i].id)] = &some[i]
		}
	}
	together := map[string]told{}
	for i := range list {
		c := &list[i]
		own := byID[c.ID]
		if own != nil {
			if s := v.rules.ToldOf(own.Engaged, v.clock); s != "" {
				c.Reasons = append(c.Reasons, s)
			}
		}
		if c.Account == nil || len(byAccount[c.Account.ID]) < 2 && own != nil {
			continue
		}
		s, ok := together[c.Account.ID]
		if !ok {
			s = v.told(c.Account.Name, byAccount[c.Account.ID])
			together[c.Account.ID] = s
		}
		if s.sentence != "" && engine.ContactID(s.only) != c.ID {
			c.Reasons = append(c.Reasons, s.sentence)
		}
	}
	return nil
}

func (v *view) tellAccount(ctx context.Context, id int64, name string) ([]string, error) {
	people, err := v.engaged(ctx, "s.account", []int64{id})
	if s := v.told(name, people); err == nil && s.sentence != "" {
		return []string{s.sentence}, nil
	}
	return nil, err
}

// told is a sentence about an account, and the contact whom alone it speaks of, 0 when it speaks of several.
type told struct {
	sentence string
	only     int64
}

func (v *view) told(name string, people []colleague) (out told) {
	people = lately(people)
	var only int
	if out.sentence, only = v.rules.Told(name, engagements(people), v.clock); only >= 0 {
		out.only = people[only].id
	}
	return out
}

// Question is what somebody of an account asked or said in their own words, or looked for on the site and did not find.
type Question struct {
	Kind     string        `json:"kind" enum:"said,searched" doc:"said: free text of a form; searched: a search on the site without results"`
	Text     string        `json:"text"`
	At       millrace.Time `json:"at"`
	Contact  *Ref          `json:"contact,omitempty"`
	Event    string        `json:"event" doc:"The event's name"`
	Place    string        `json:"place" doc:"Host and path of the page"`
	Position int64         `json:"position"`
}

// The properties in which forms send free text, and in which site searches send what was looked for and what was found.
var (
	saidIn = []string{"message", "question", "questions", "comment", "comments", "notes", "feedback", "inquiry", "enquiry", "objection", "how_can_we_help", "howCanWeHelp",
		"what_are_you_looking_for", "reason_for_contact", "challenge", "goal"}
	soughtIn = []string{"query", "search_term", "searchTerm", "search_query", "q", "term", "keyword", "keywords"}
	foundIn  = []string{"results", "result_count", "results_count", "resultsCount", "total_results", "num_results", "hits", "count"}
)

// maxQuestions is how many questions are given at most, the newest.
const maxQuestions = 100

// Questions are what a contact's whole account asked or said that our content does not answer, newest first; who is as for Contact and Account.
func (d *Directory) Questions(ctx context.Context, who string) ([]Question, error) {
	out := []Question{}
	if c, err := d.Contact(ctx, who); err == nil && c.Account != nil {
		who = c.Account.ID
	} else if err != nil && millrace.ErrorCode(err) != millrace.NotFound {
		return nil, err
	}
	_, _, facts, err := d.engine.Timeline(ctx, who, engine.TimelineQuery{Kinds: []millrace.Kind{millrace.KindTrack, millrace.KindIdentify}})
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	asked := facts[:0]
	for i := range facts {
		kind, text := asks(&facts[i])
		if text == "" || seen[kind+text] || len(out) == maxQuestions {
			continue
		}
		seen[kind+text] = true
		f := &facts[i]
		out = append(out, Question{Kind: kind, Text: text, At: f.OccurredAt, Event: f.NameText, Place: f.Host + f.Path, Position: f.Seq})
		asked = append(asked, *f)
	}
	names, err := d.names(ctx, asked)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if id := asked[i].Contact; id != 0 {
			out[i].Contact = &Ref{engine.ContactID(id), names[id]}
		}
	}
	return out, nil
}

// asks is what a fact holds of free text or of a search without results, "" for nothing.
func asks(f *engine.TimelineFact) (kind, text string) {
	data := eventlog.Data(f.Body)
	if f.Kind == millrace.KindTrack && strings.Contains(strings.ToLower(f.NameText), "search") {
		found := firstOf(data, foundIn)
		if nothing := found.Exists() && (found.Type == gjson.Number && found.Num == 0 || found.Str == "0" || found.IsArray() && len(found.Array()) == 0); nothing {
			return "searched", shortened(firstOf(data, soughtIn).Str)
		}
		return "", ""
	}
	return "said", shortened(firstOf(data, saidIn).Str)
}

// firstOf is the first of the properties that the object has.
func firstOf(data json.RawMessage, names []string) gjson.Result {
	for _, n := range names {
		if v := gjson.GetBytes(data, n); v.Exists() {
			return v
		}
	}
	return gjson.Result{}
}

// shortened is a text of at most a thousand characters.
func shortened(s string) string {
	const most = 1000
	if s = strings.TrimSpace(s); utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return s
}
