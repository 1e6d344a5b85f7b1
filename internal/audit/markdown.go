package audit

import (
	"strings"
)

// Markdown is the report as a document to share.
func (r *Report) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { b.WriteString(say(format, args...) + "\n") }
	line("# Audit of the lead-generation program\n")
	line("As of %s.%s\n", r.AsOf.Std().Format("2 January 2006"), r.made())
	line("**Score: %s.** %s of %s could be judged. %s.\n", r.ScoreWords(), count(r.Judged), many(len(r.Checks), "check"), r.Rule)
	for _, s := range r.Summary {
		line("- %s", escape(s))
	}
	line("\nThe data:\n")
	for _, s := range r.Data {
		line("- %s", escape(s))
	}
	for _, p := range r.Parts() {
		line("\n## %s", p.Title)
		for _, c := range p.Checks {
			c.markdown(line)
		}
	}
	if len(r.Bring) > 0 {
		line("\n## What to bring\n")
		for _, b := range r.Bring {
			line("- %s, for %s.%s", escape(b.What), many(len(b.Checks), "check"), command(b.Command))
		}
	}
	if t := r.Trend; t != nil {
		line("\n## Score over time\n\n%s.\n\n| as of | score | failed |\n|---|---|---|", t.Says())
		for _, p := range t.Points {
			line("| %s | %d | %s |", p.Day, p.Score, titles(p.Failed))
		}
	}
	return b.String()
}

// made says when the audit was made, where that is later than what it is of.
func (r *Report) made() string {
	if r.Now-r.AsOf < oldDays*24*3600*1000 {
		return ""
	}
	return " Made on " + r.Now.Std().Format("2 January 2006") + "; the data end before."
}

// ScoreWords is the score in words.
func (r *Report) ScoreWords() string {
	if r.Score == nil {
		return "not known yet"
	}
	return score(r.Score) + " of 100"
}

func score(s *int) string {
	if s == nil {
		return "–"
	}
	return count(*s)
}

// Part is a chapter of the report.
type Part struct {
	Title  string
	Checks []Check
}

// Parts are the failed checks, those that can't be judged, and those that passed.
func (r *Report) Parts() (out []Part) {
	for _, p := range [...]struct {
		status Status
		title  string
	}{{Failed, "What failed"}, {NotJudged, "What can't be judged from these data"}, {Passed, "What passed"}} {
		part := Part{Title: p.title}
		for _, c := range r.Checks {
			if c.Status == p.status {
				part.Checks = append(part.Checks, c)
			}
		}
		if len(part.Checks) > 0 {
			out = append(out, part)
		}
	}
	return out
}

// Stake is the money at stake in words, "" for none.
func (c *Check) Stake() string {
	if c.Money == nil {
		return ""
	}
	return money(c.Money.Minor, c.Money.Currency)
}

func (c *Check) markdown(line func(string, ...any)) {
	mark := ""
	if c.Status == Failed {
		mark = " (" + string(c.Severity) + ")"
	}
	line("\n### %s%s\n", c.Title, mark)
	line("%s %s\n", c.Question, bold(c))
	for _, e := range c.Evidence {
		line("- %s", escape(e.Says))
	}
	if c.Money != nil {
		line("- At stake: **%s** (%s).", c.Stake(), c.Money.Formula)
	}
	if c.Status == Failed {
		line("- Next: %s.%s", escape(c.Action.Says), command(c.Action.Command))
	}
	if c.Status == Failed {
		line("- Rule: it %s. Source: %s.", escape(c.Rule), escape(c.Source))
	}
}

func bold(c *Check) string { return "**" + escape(c.Answer) + "**" }

func command(s string) string {
	if s == "" {
		return ""
	}
	return " `" + s + "`"
}

// escape keeps names from files from being read as markup.
func escape(s string) string {
	return strings.NewReplacer("\\", "\\\\", "*", "\\*", "_", "\\_", "`", "\\`", "<", "&lt;", "[", "\\[", "|", "\\|", "\n", " ", "\r", " ").Replace(s)
}
