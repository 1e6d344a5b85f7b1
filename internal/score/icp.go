package score

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"millrace/internal/playbook"
)

// icp is one ideal customer profile, ready to ask.
type icp struct {
	src           *playbook.ICP
	criteria      []criterion
	disqualifiers []disqualifier
	grades        []grade // from the most points to the least
	max           int     // most points of all criteria
	accountMax    int     // of those that are of the account
}

type criterion struct {
	src       *playbook.Criterion
	account   bool // of the account, else of the contact
	bands     []condition
	behaviors []int
	max       int
}

type disqualifier struct {
	src     *playbook.Disqualifier
	account bool
	when    condition
}

type grade struct {
	letter string
	least  int
}

func (r *Rules) compileICPs() error {
	for i := range r.doc.ICPs {
		src := &r.doc.ICPs[i]
		at := fmt.Sprintf("/icp/%d", i)
		p := icp{src: src}
		for j := range src.Criteria {
			c, err := r.newCriterion(fmt.Sprintf("%s/criteria/%d", at, j), &src.Criteria[j])
			if err != nil {
				return err
			}
			p.criteria = append(p.criteria, c)
			p.max += c.max
			if c.account {
				p.accountMax += c.max
			}
		}
		for j := range src.Disqualifiers {
			d := &src.Disqualifiers[j]
			account, err := ofAccount(fmt.Sprintf("%s/disqualifiers/%d", at, j), d.Of)
			if err != nil {
				return err
			}
			p.disqualifiers = append(p.disqualifiers, disqualifier{src: d, account: account, when: newCondition(d.When)})
		}
		for letter, least := range src.Grades {
			p.grades = append(p.grades, grade{letter, least})
		}
		slices.SortFunc(p.grades, func(a, b grade) int {
			return cmp.Or(cmp.Compare(b.least, a.least), strings.Compare(a.letter, b.letter))
		})
		r.icps = append(r.icps, p)
	}
	return nil
}

func ofAccount(at, of string) (bool, error) {
	switch of {
	case "account", "":
		return true, nil
	case "contact":
		return false, nil
	}
	return false, invalid(at+"/of", "%q is neither account nor contact", of)
}

func (r *Rules) newCriterion(at string, src *playbook.Criterion) (criterion, error) {
	account, err := ofAccount(at, src.Of)
	if err != nil {
		return criterion{}, err
	}
	c := criterion{src: src, account: account}
	if src.Kind == playbook.Behavioral {
		c.max = max(src.Points, 0)
		if src.WithinDays < 0 || src.WithinDays > maxDays {
			return criterion{}, invalid(at+"/within_days", "the days must be between 0 (ever) and %d", maxDays)
		}
		for k, id := range src.Behaviors {
			b, ok := r.index[id]
			if !ok {
				return criterion{}, invalid(fmt.Sprintf("%s/behaviors/%d", at, k), "there is no behaviour %q", id)
			}
			c.behaviors = append(c.behaviors, b)
			r.fitReads[b] = true
		}
		return c, nil
	}
	c.max = max(src.Missing, 0)
	for _, b := range src.Bands {
		c.bands = append(c.bands, newCondition(b.When))
		c.max = max(c.max, b.Points)
	}
	return c, nil
}

// FitDependsOn says whether a behavioral criterion of any ICP reads the behaviour.
func (r *Rules) FitDependsOn(behavior int) bool { return r.fitReads[behavior] }

// FitBehaviors are the behaviours that FitDependsOn says yes to, in order. The slice is shared: don't change it.
func (r *Rules) FitBehaviors() []int { return r.fitList }
