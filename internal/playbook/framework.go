package playbook

import "slices"

// Framework is a known way for sales to qualify a lead: what must be recorded before an SQL is accepted.
type Framework struct {
	Name        string     `json:"name"` // as in lifecycle.sql.framework
	Title       string     `json:"title"`
	Description string     `json:"description"`
	Evidence    []Evidence `json:"evidence"` // the default of lifecycle.sql.evidence, in the order sales works through it
}

// Evidence is one field of a framework and the question that fills it.
type Evidence struct {
	Name     string `json:"name"`
	Question string `json:"question"`
}

// Frameworks are the four presets, BANT (the default) first. The caller may keep and change what it gets.
func Frameworks() []Framework {
	return []Framework{
		{Name: "bant", Title: "BANT", Description: "Four facts, quick to ask: right for short cycles and one or two deciders. The default.", Evidence: []Evidence{
			{"budget", "What is set aside for this, or what does the problem cost today?"},
			{"authority", "Who signs, and who can stop it?"},
			{"need", "Which problem is to be solved, and what happens if it is not?"},
			{"timeline", "By when must it work, and what makes that the date?"},
		}},
		{Name: "meddicc", Title: "MEDDICC", Description: "For large deals with a committee: evidence of how the decision is made, by whom, and against whom.", Evidence: []Evidence{
			{"metrics", "Which number will improve, from what to what?"},
			{"economic_buyer", "Who can spend money that is not budgeted, and have we spoken?"},
			{"decision_criteria", "What will the choice be judged by, technically and commercially?"},
			{"decision_process", "Which steps and people stand between today and a decision?"},
			{"identified_pain", "Whose problem is it, what does it cost, and why now?"},
			{"champion", "Who sells for us when we are not in the room, and what do they gain?"},
			{"competition", "What else is considered, including doing nothing?"},
		}},
		{Name: "champ", Title: "CHAMP", Description: "BANT with the buyer's challenge first and budget later: right where the need must be understood before money is spoken of.", Evidence: []Evidence{
			{"challenges", "Which challenge made them look?"},
			{"authority", "Who takes part in the decision, and how?"},
			{"money", "What is it worth, and where would the money come from?"},
			{"prioritization", "Where does it stand among everything else this quarter?"},
		}},
		{Name: "gpctba", Title: "GPCTBA", Description: "Goals first: right for consultative sales in which the buyer's plan is part of what is sold.", Evidence: []Evidence{
			{"goals", "Which measurable goals do they have this year?"},
			{"plans", "How do they plan to reach them today?"},
			{"challenges", "What stands in the way of that plan?"},
			{"timeline", "By when must the goal be reached, and so when must this start?"},
			{"budget", "What do they spend on it now, and what would they?"},
			{"authority", "Who decides, who influences, who signs?"},
		}},
	}
}

// FrameworkByName finds a framework of Frameworks; false for "custom" and any other name.
func FrameworkByName(name string) (Framework, bool) {
	all := Frameworks()
	i := slices.IndexFunc(all, func(f Framework) bool { return f.Name == name })
	if i < 0 {
		return Framework{}, false
	}
	return all[i], true
}
