package measure

import (
	"cmp"

	"millrace/internal/channel"
)

// Finding is a problem of campaign tags with the correction that would mend the past.
type Finding struct {
	channel.Finding
	Retag *RetagRule `json:"retag,omitempty" doc:"What to post to /api/v1/retags; none where the right tags are not known"`
}

// Findings is Hygiene with corrections.
func (m *Model) Findings(q Query) []Finding {
	list := m.Hygiene(q)
	out := make([]Finding, len(list))
	for i, f := range list {
		out[i] = Finding{Finding: f, Retag: correction(&f)}
	}
	return out
}

// correction is the rule that reads the tags of a finding as they should be, nil where nobody knows how, or where only other tools are the worse.
func correction(f *channel.Finding) *RetagRule {
	given := channel.Tags{Source: f.Usage.Source, Medium: f.Usage.Medium, Campaign: f.Usage.Campaign}
	if f.Suggest == given {
		return nil
	}
	r := &RetagRule{Match: TagMatch{Source: literal(given.Source), Medium: literal(given.Medium), Campaign: literal(given.Campaign), Host: f.Usage.Host, ClickID: f.Usage.ClickID}}
	set := func(to, from string) string {
		if to == from {
			return ""
		}
		return cmp.Or(to, NotSet)
	}
	r.Set = TagSet{Source: set(f.Suggest.Source, given.Source), Medium: set(f.Suggest.Medium, given.Medium), Campaign: set(f.Suggest.Campaign, given.Campaign)}
	if r.Check() != nil { // tags that no rule can name
		return nil
	}
	return r
}

// literal is a tag as a pattern that means it alone.
func literal(tag string) string { return cmp.Or(tag, NotSet) }
