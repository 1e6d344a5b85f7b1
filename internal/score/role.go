package score

import "millrace"

// role is a committee role: of each list that is given, one pattern must fit.
type role struct {
	name                             string
	titles, departments, seniorities []glob
}

func (r *Rules) compileRoles() error {
	for _, src := range r.doc.Committee.Roles {
		compiled := role{name: src.Role}
		for _, p := range src.Titles {
			compiled.titles = append(compiled.titles, wordsGlob(p))
		}
		for _, p := range src.Departments {
			compiled.departments = append(compiled.departments, glob(words(p, true)))
		}
		for _, p := range src.Seniorities {
			compiled.seniorities = append(compiled.seniorities, glob(words(p, true)))
		}
		r.roles = append(r.roles, compiled)
	}
	return nil
}

// Role is the first committee role that the contact's title, department and seniority fit. Titles fit by whole words anywhere in
// them ("cfo" fits "VP Finance / CFO", not "cfoot"), departments and seniorities as a whole; * is any run of characters. A role
// without any list fits nobody, and a list never fits a value that is not known.
func (r *Rules) Role(contact Traits) (role string, ok bool) {
	title := words(text(contact[millrace.TraitTitle]), false)
	department := words(text(contact[millrace.TraitDepartment]), false)
	seniority := words(text(contact[millrace.TraitSeniority]), false)
	fits := func(patterns []glob, words, padded string) bool {
		return len(patterns) == 0 || words != "" && anyMatch(patterns, padded)
	}
	for i := range r.roles {
		c := &r.roles[i]
		if len(c.titles)+len(c.departments)+len(c.seniorities) == 0 {
			continue
		}
		if fits(c.titles, title, " "+title+" ") && fits(c.departments, department, department) && fits(c.seniorities, seniority, seniority) {
			return c.name, true
		}
	}
	return "", false
}
