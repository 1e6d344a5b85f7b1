package score

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"millrace"
)

// Engaged is a person and what they did, for sentences.
type Engaged struct {
	Name, Title, Role string // Role is the committee role's label
	State             State
}

// The stretches of time that sentences speak of, in days up to the clock: the first in which anything happened.
var stretches = [...]struct {
	days  int32
	words string
}{{7, "this week"}, {30, "in the last 30 days"}}

// Told is in a sentence what the people of an account did lately: "Three people from Initech read the pricing page this week; the IT director
// came back twice". It reads the moments that the states keep. "" when nobody did anything that scores in the last 30 days. only is the place of
// the person whom alone it speaks of, -1 when it speaks of several.
func (r *Rules) Told(account string, people []Engaged, clock millrace.Time) (sentence string, only int) {
	for _, within := range stretches {
		since := r.DayStart(r.DayOf(clock) - within.days + 1)
		did := r.didSince(people, since, clock)
		if len(did) == 0 {
			continue
		}
		top := did[0]
		if len(top.people) == 1 {
			p := &people[top.people[0]]
			at := ""
			if account != "" {
				at = " from " + account
			}
			again, other := r.again(people, top.people[0], since, clock)
			if only = top.people[0]; other {
				only = -1
			}
			return capital(p.subject()) + at + " " + r.phrase(top.behavior) + timesIfSeveral(top.count) + " " + within.words + again, only
		}
		sentence = capital(inWords(len(top.people))) + " people"
		if account != "" {
			sentence += " from " + account
		}
		sentence += " " + r.phrase(top.behavior) + " " + within.words
		if who, days := r.keenest(people, since, clock); days > 1 {
			sentence += "; " + people[who].subject() + " came back" + times(days-1)
		}
		return sentence, -1
	}
	return "", -1
}

// ToldOf is what one person did lately: "Requested a demo, read the pricing page twice this week". "" as in Told.
func (r *Rules) ToldOf(p Engaged, clock millrace.Time) string {
	for _, within := range stretches {
		since := r.DayStart(r.DayOf(clock) - within.days + 1)
		did := r.didSince([]Engaged{p}, since, clock)
		if len(did) == 0 {
			continue
		}
		var parts []string
		for _, d := range did[:min(2, len(did))] {
			parts = append(parts, r.phrase(d.behavior)+timesIfSeveral(d.count))
		}
		return capital(strings.Join(parts, ", ")) + " " + within.words
	}
	return ""
}

// deed is a behaviour, who did it and how often.
type deed struct {
	behavior int
	people   []int
	count    int
	last     millrace.Time
}

// didSince lists what was done in the stretch, what weighs most first: points of the behaviour times people.
func (r *Rules) didSince(people []Engaged, since, clock millrace.Time) []deed {
	by := map[int]*deed{}
	for i := range people {
		for j := range people[i].State.Behaviors {
			b := &people[i].State.Behaviors[j]
			if b.Behavior >= len(r.doc.Rubric.Behaviors) || r.doc.Rubric.Behaviors[b.Behavior].Points <= 0 {
				continue
			}
			n := 0
			for _, at := range b.moments() {
				if at >= since && at <= clock {
					n++
				}
			}
			if n == 0 {
				continue
			}
			d := by[b.Behavior]
			if d == nil {
				d = &deed{behavior: b.Behavior}
				by[b.Behavior] = d
			}
			d.people, d.count, d.last = append(d.people, i), d.count+n, max(d.last, b.LastAt)
		}
	}
	out := make([]deed, 0, len(by))
	for _, d := range by {
		out = append(out, *d)
	}
	weight := func(d deed) int { return r.doc.Rubric.Behaviors[d.behavior].Points * len(d.people) }
	slices.SortFunc(out, func(a, b deed) int {
		return cmp.Or(cmp.Compare(weight(b), weight(a)), cmp.Compare(b.last, a.last), cmp.Compare(a.behavior, b.behavior))
	})
	return out
}

// moments are those kept of the behaviour, at least the last one.
func (b *BehaviorState) moments() []millrace.Time {
	if len(b.Within) == 0 || b.Within[len(b.Within)-1] != b.LastAt {
		return append(b.Within[:len(b.Within):len(b.Within)], b.LastAt)
	}
	return b.Within
}

// daysOf counts the days of the stretch on which the person did anything that scores.
func (r *Rules) daysOf(p *Engaged, since, clock millrace.Time) int {
	days := map[int32]struct{}{}
	for i := range p.State.Behaviors {
		b := &p.State.Behaviors[i]
		if b.Behavior >= len(r.doc.Rubric.Behaviors) || r.doc.Rubric.Behaviors[b.Behavior].Points <= 0 {
			continue
		}
		for _, at := range b.moments() {
			if at >= since && at <= clock {
				days[r.DayOf(at)] = struct{}{}
			}
		}
	}
	return len(days)
}

// keenest is who was there on the most days; of several the one whose part in the committee is known, then the first.
func (r *Rules) keenest(people []Engaged, since, clock millrace.Time) (who, days int) {
	for i := range people {
		n := r.daysOf(&people[i], since, clock)
		if n > days || n == days && n > 0 && people[who].Role == "" && people[i].Role != "" {
			who, days = i, n
		}
	}
	return who, days
}

// again says of the one who was named that they came back, or of another who did so more often.
func (r *Rules) again(people []Engaged, named int, since, clock millrace.Time) (words string, other bool) {
	who, days := r.keenest(people, since, clock)
	switch {
	case days < 2:
		return "", false
	case who == named || r.daysOf(&people[named], since, clock) == days:
		return " and came back" + times(days-1), false
	}
	return "; " + people[who].subject() + " came back" + times(days-1), true
}

// subject is how a sentence names the person: by their work, by their part, or by name.
func (p *Engaged) subject() string {
	switch {
	case p.Title != "":
		return "the " + lowered(p.Title)
	case p.Name != "":
		return p.Name
	case p.Role != "":
		return "somebody who " + lowered(p.Role)
	}
	return "somebody"
}

// participles that end in neither ed nor en.
var participles = []string{"read", "seen", "sent", "spoken", "taken", "begun", "met", "bought", "built", "made", "won"}

// phrase is what somebody did, from the label that the playbook gives the behaviour: "Demo requested" is "requested a demo", "Pricing page"
// "read the pricing page".
func (r *Rules) phrase(behavior int) string {
	b := &r.doc.Rubric.Behaviors[behavior]
	words := strings.Fields(cmp.Or(b.Label, strings.ReplaceAll(b.ID, "_", " ")))
	if len(words) == 0 {
		return "did something"
	}
	for i, w := range words {
		if !strings.HasSuffix(w, "ed") && !slices.Contains(participles, strings.ToLower(w)) {
			continue
		}
		if i == 0 {
			return lowered(strings.Join(words, " "))
		}
		return strings.Join(append([]string{lowered(w), withArticle(strings.Join(words[:i], " "))}, words[i+1:]...), " ")
	}
	label := lowered(strings.Join(words, " "))
	switch {
	case strings.HasSuffix(label, " view"):
		return "viewed " + withArticle(strings.TrimSuffix(label, " view"))
	case b.On == "page":
		return "read the " + label
	}
	return "had " + withArticle(label)
}

// withArticle puts a or an before what can be counted.
func withArticle(noun string) string {
	noun = lowered(noun)
	first, _, _ := strings.Cut(noun, " ")
	switch {
	case strings.HasSuffix(noun, "s"), slices.Contains([]string{"pricing", "documentation", "training", "content"}, noun):
		return noun
	case strings.ContainsRune("aeiou", rune(noun[0])) || len(first) > 1 && first == strings.ToUpper(first) && strings.ContainsRune("AEFHILMNORSX", rune(noun[0])) && first != "ROI":
		return "an " + noun
	}
	return "a " + noun
}

// lowered takes the capital from the first letter of each word that is no abbreviation: "IT Director" is "IT director".
func lowered(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		runes := []rune(w)
		if len(runes) == 1 || !strings.ContainsFunc(string(runes[1:]), unicode.IsUpper) {
			words[i] = strings.ToLower(w)
		}
	}
	return strings.Join(words, " ")
}

func capital(s string) string {
	for i, c := range s {
		return s[:i] + string(unicode.ToUpper(c)) + s[i+len(string(c)):]
	}
	return s
}

var numbers = [...]string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}

// inWords is a number of things in words up to twelve.
func inWords(n int) string {
	if n >= 0 && n < len(numbers) {
		return numbers[n]
	}
	return strconv.Itoa(n)
}

// times is how often, with a space in front: once, twice, three times.
func times(n int) string {
	switch n {
	case 1:
		return " once"
	case 2:
		return " twice"
	}
	return " " + inWords(n) + " times"
}

func timesIfSeveral(n int) string {
	if n == 1 {
		return ""
	}
	return times(n)
}
