package playbook

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"millrace"
)

// The trait names of the dictionary by whose they are. A team's own names are allowed beside them.
var (
	accountTraits = []string{millrace.TraitDomain, millrace.TraitWebsite, millrace.TraitIndustry, millrace.TraitEmployees, millrace.TraitRevenue, millrace.TraitFounded,
		millrace.TraitCountry, millrace.TraitRegion, millrace.TraitCity, millrace.TraitTechnologies, millrace.TraitParent}
	contactTraits = []string{millrace.TraitEmail, millrace.TraitFirstName, millrace.TraitLastName, millrace.TraitTitle, millrace.TraitDepartment,
		millrace.TraitSeniority, millrace.TraitPhone}
)

func (c *checker) icps() {
	icps := c.doc.ICPs
	if len(icps) == 0 && !c.broken("icp") {
		c.fail("icp", "add at least one profile; the presets have worked examples",
			"a playbook without an ideal customer profile is refused: fit, grades, thresholds, channels and sequences all follow from it")
		return
	}
	names := make([]string, len(icps))
	for i, icp := range icps {
		names[i] = icp.Name
		c.icp(fmt.Sprintf("icp[%d]", i), icp)
	}
	c.distinct("icp", "name", "profile", names)
}

func (c *checker) icp(path string, icp ICP) {
	c.name(path+".name", icp.Name)
	c.grades(path, icp)
	if len(icp.Criteria) == 0 {
		c.fail(path+".criteria", "add criteria: who they are, what they run, how they decide, what they do", "a profile without criteria fits nobody")
	}
	ids := make([]string, len(icp.Criteria))
	firmographic := true
	for i, criterion := range icp.Criteria {
		ids[i] = criterion.ID
		firmographic = firmographic && criterion.Kind == Firmographic
		c.criterion(fmt.Sprintf("%s.criteria[%d]", path, i), criterion)
	}
	c.distinct(path+".criteria", "id", "id", ids)
	if firmographic && len(icp.Criteria) > 0 && !c.broken(path+".criteria") {
		c.warn(path+".criteria", "add technographic, psychographic or behavioral criteria: tools they run, how they decide, what they read",
			"the profile %s has only firmographic criteria: it says who could buy and nothing of who would; the audit reports it", quote(icp.Name))
	}
	ids = make([]string, len(icp.Disqualifiers))
	for i, dq := range icp.Disqualifiers {
		ids[i] = dq.ID
		at := fmt.Sprintf("%s.disqualifiers[%d]", path, i)
		c.id(at+".id", dq.ID)
		c.subject(at, dq.Of, dq.Trait)
		c.condition(at, dq.When, true)
		if strings.TrimSpace(dq.Reason) == "" {
			c.fail(at+".reason", "say it as sales should read it", "a disqualifier needs a reason")
		}
	}
	c.distinct(path+".disqualifiers", "id", "id", ids)
	c.reachable(path, icp)
}

func (c *checker) grades(path string, icp ICP) {
	at := path + ".grades"
	if len(icp.Grades) == 0 {
		c.fail(at, "for example {A: 80, B: 60, C: 40, D: 0}", "a profile needs at least one grade")
	}
	letters := make([]string, 0, len(icp.Grades))
	for letter := range icp.Grades {
		letters = append(letters, letter)
	}
	slices.Sort(letters)
	least := map[int]string{}
	for _, letter := range letters {
		points := icp.Grades[letter]
		if !gradeShape.MatchString(letter) {
			c.fail(join(at, letter), "for example A, B, C", "a grade is a capital letter, and %s was found", quote(letter))
		}
		c.between(join(at, letter), points, -maxTotal, maxTotal, " points")
		if other, ok := least[points]; ok && !c.broken(at) {
			c.fail(join(at, letter), "", "grades %s and %s both begin at %d points, so one of them is never given", other, letter, points)
		}
		least[points] = letter
	}
}

// subject checks of and trait together: a person's title looked for on the account would silently never be found.
func (c *checker) subject(path, of, trait string) {
	if of != "" {
		c.oneOf(path+".of", of, subjects)
	}
	known := append(slices.Clone(accountTraits), contactTraits...)
	switch {
	case strings.TrimSpace(trait) == "":
		c.fail(path+".trait", "for example "+millrace.TraitEmployees, "a trait's name is wanted here")
	case of != "contact" && slices.Contains(contactTraits, trait):
		c.warn(path+".trait", "add of: contact", "%s is a trait of people, and this reads it from the account", quote(trait))
	case of == "contact" && slices.Contains(accountTraits, trait):
		c.warn(path+".trait", "remove of: contact", "%s is a trait of accounts, and this reads it from the contact", quote(trait))
	case !slices.Contains(known, trait):
		if hint := didYouMean(trait, known); hint != "" {
			c.warn(path+".trait", hint, "%s is not one of the standard traits, and near to one", quote(trait))
		}
	}
}

func (c *checker) criterion(path string, k Criterion) {
	c.id(path+".id", k.ID)
	c.oneOf(path+".kind", k.Kind, criterionKind)
	if k.Kind == Behavioral {
		c.behavioral(path, k)
		return
	}
	c.subject(path, k.Of, k.Trait)
	for _, f := range []struct {
		key   string
		given bool
	}{{"behaviors", k.Behaviors != nil}, {"within_days", k.WithinDays != 0}, {"points", k.Points != 0}} {
		if f.given && slices.Contains(criterionKind, k.Kind) {
			c.fail(path+"."+f.key, "write the points in bands, or make the kind behavioral", "%s is for behavioral criteria; this one is %s and reads the bands", f.key, k.Kind)
		}
	}
	if len(k.Bands) == 0 {
		c.fail(path+".bands", "for example [{min: 50, points: 20}]", "a criterion of kind %s gives points by bands, and has none", k.Kind)
	}
	c.points(path+".missing", k.Missing)
	for i, band := range k.Bands {
		at := fmt.Sprintf("%s.bands[%d]", path, i)
		c.condition(at, band.When, false)
		c.points(at+".points", band.Points)
		if j := coveredBy(k.Bands, i); j >= 0 {
			c.warn(at, "put the narrower band first", "this band is never reached: the one at line %d holds for all of it and comes first", c.at(fmt.Sprintf("%s.bands[%d]", path, j)).line)
		}
	}
	if k.Must && len(k.Bands) > 0 && !slices.ContainsFunc(k.liveBands(), func(b Band) bool { return b.Points > 0 }) {
		c.fail(path+".must", "give the band that is wanted positive points", "nobody can meet this: a must criterion needs a band of positive points that can hold")
	}
}

func (c *checker) behavioral(path string, k Criterion) {
	if k.Of != "" {
		c.oneOf(path+".of", k.Of, subjects)
	}
	for _, f := range []struct {
		key   string
		given bool
	}{{"trait", k.Trait != ""}, {"bands", k.Bands != nil}, {"missing", k.Missing != 0}} {
		if f.given {
			c.fail(path+"."+f.key, "remove it, or change the kind", "a behavioral criterion reads behaviors, and has no %s", f.key)
		}
	}
	if len(k.Behaviors) == 0 {
		c.fail(path+".behaviors", "list ids of rubric.behaviors", "a behavioral criterion names the behaviors that meet it, and names none")
	}
	c.texts(path+".behaviors", k.Behaviors)
	ids := c.behaviorIDs()
	for i, id := range k.Behaviors {
		c.refer(fmt.Sprintf("%s.behaviors[%d]", path, i), id, "behavior", "rubric.behaviors", ids)
	}
	c.between(path+".within_days", k.WithinDays, 1, maxDays, " days")
	c.points(path+".points", k.Points)
	if k.Points == 0 && !k.Must {
		c.warn(path+".points", "give it points, or make it a must", "this criterion changes nothing: it has no points")
	}
}

func (c *checker) behaviorIDs() []string {
	ids := make([]string, len(c.doc.Rubric.Behaviors))
	for i, b := range c.doc.Rubric.Behaviors {
		ids[i] = b.ID
	}
	return ids
}

// reachable compares the threshold with the most that the criteria can give.
func (c *checker) reachable(path string, icp ICP) {
	at := path + ".threshold"
	if c.broken(at) || c.broken(path+".criteria") || len(icp.Criteria) == 0 {
		return
	}
	account, contact := 0, 0
	for _, k := range icp.Criteria {
		if k.Of == "contact" {
			contact += k.most()
		} else {
			account += k.most()
		}
	}
	switch all := account + contact; {
	case icp.Threshold > all:
		c.fail(at, fmt.Sprintf("at most %d", all), "nobody can reach %d: all criteria together give at most %d", icp.Threshold, all)
	case icp.Threshold > account:
		c.warn(at, fmt.Sprintf("at most %d, or move points from the contact's criteria to the account's", account),
			"no account is fit by itself: its own criteria give at most %d of the %d points, so none becomes an MQA and no target list fills before a person is known", account, icp.Threshold)
	case icp.Threshold <= 0:
		c.warn(at, "", "a threshold of %d is passed by accounts of which nothing is known", icp.Threshold)
	}
	for letter, points := range icp.Grades {
		if points > account+contact {
			c.warn(join(path+".grades", letter), "", "grade %s begins at %d points and all criteria together give at most %d, so it is never given", letter, points, account+contact)
		}
	}
}

// most is the largest number of points the criterion can give.
func (k Criterion) most() int {
	if k.Kind == Behavioral {
		return max(0, k.Points)
	}
	most := k.Missing
	if k.Must {
		most = math.MinInt
	}
	for _, b := range k.liveBands() {
		most = max(most, b.Points)
	}
	return max(0, most)
}

// liveBands are the bands that an earlier one does not cover and whose own condition can hold.
func (k Criterion) liveBands() []Band {
	var out []Band
	for i, b := range k.Bands {
		if coveredBy(k.Bands, i) < 0 && !(b.When.Min != nil && b.When.Max != nil && *b.When.Min > *b.When.Max) {
			out = append(out, b)
		}
	}
	return out
}

// coveredBy is the index of an earlier band that holds wherever band i holds, -1 for none. It knows bands without a condition and
// bands of plain ranges; lists and patterns it leaves alone.
func coveredBy(bands []Band, i int) int {
	for j := range i {
		a, b := bands[j].When, bands[i].When
		if a.always() {
			return j
		}
		if a.In != nil || a.Like != nil || a.NotIn != nil || a.Exists != nil || b.Min == nil && b.Max == nil {
			continue
		}
		low := a.Min == nil || b.Min != nil && *b.Min >= *a.Min
		high := a.Max == nil || b.Max != nil && *b.Max <= *a.Max
		if low && high {
			return j
		}
	}
	return -1
}
