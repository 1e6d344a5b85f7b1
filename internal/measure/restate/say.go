package restate

import (
	"fmt"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/playbook"
)

// Say writes a value of the figure with all of its decimals and its unit, so that differences add up as they are read; "none" where there is none, of a sum
// "none recorded".
func (f *Figure) Say(v *int64) string {
	if v == nil {
		if f.Adds {
			return "none recorded"
		}
		return "none"
	}
	sign, n, places := "", *v, f.Digits
	if n < 0 {
		sign, n = "-", -n
	}
	unit := map[string]string{"ratio": "%", "days": " days", "months": " months"}[f.Unit]
	if f.Currency != "" {
		unit = " " + f.Currency
	}
	if f.Unit == "money_per_day" {
		unit += " a day"
	}
	if f.Unit == "ratio" {
		places -= 2
	}
	digits := strconv.FormatInt(n, 10)
	if places > 0 {
		for len(digits) <= places {
			digits = "0" + digits
		}
		digits = digits[:len(digits)-places] + "." + digits[len(digits)-places:]
	}
	return sign + digits + unit
}

// Change writes a difference of two values of the figure, with its sign; of shares in points.
func (f *Figure) Change(v *int64) string {
	text := f.Say(v)
	if f.Unit == "ratio" && v != nil {
		text = strings.TrimSuffix(text, "%") + " points"
	}
	if v != nil && *v > 0 {
		text = "+" + text
	}
	return text
}

// Markdown is the report as it was published, as a document to share.
func (f *Frozen) Markdown() (string, error) {
	headline, err := f.Headline()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	f.head(&b)
	b.WriteString("\n| figure | of | value |\n|---|---|---:|\n")
	for i := range headline {
		row(&b, headline[i].Label, headline[i].Segment, headline[i].Say(headline[i].Value))
	}
	return b.String(), nil
}

// head is what a report is and of what.
func (r *Report) head(b *strings.Builder) {
	fmt.Fprintf(b, "# %s\n\n", escape(r.Title))
	if r.Note != "" {
		fmt.Fprintf(b, "%s\n\n", escape(r.Note))
	}
	fmt.Fprintf(b, "%s, %s to %s. Published %s by %s: log position %d, playbook %s, program %s, SHA-256 %s.\n", r.Kind, r.Ask.From, r.Ask.To, moment(r.At), escape(r.By),
		r.Position, escape(r.Playbook), escape(r.Code), r.SHA256)
}

// Markdown is what the report said and says now, with every difference and its causes, as a document to share.
func (x *Restated) Markdown() string {
	var b strings.Builder
	x.Report.head(&b)
	fmt.Fprintf(&b, "\nRestated at log position %d under playbook %s: %d of %d figures differ. Then, plus every difference, is now.\n", x.Position, escape(x.Playbook), x.Changed, len(x.Figures))
	cells := []string{"figure", "of", "then"}
	var shown []int
	for i, c := range x.Causes {
		if c.Changed > 0 {
			cells, shown = append(cells, strings.ToLower(c.Label)), append(shown, i)
		}
	}
	if x.Changed > 0 {
		b.WriteString("\n## What differs\n\n")
		row(&b, append(cells, "now")...)
		b.WriteString("|---|---|" + strings.Repeat("---:|", len(shown)+2) + "\n")
	}
	for i := range x.Figures[:x.Changed] {
		l := &x.Figures[i]
		cells := []string{l.Label, l.Segment, l.Say(l.Value)}
		for _, n := range shown {
			cells = append(cells, l.Change(l.By[n]))
		}
		row(&b, append(cells, l.Say(l.Now))...)
	}
	for i := range x.Causes {
		x.Causes[i].markdown(&b)
	}
	if x.Changed < len(x.Figures) {
		b.WriteString("\n## What reads as before\n\n| figure | of | then and now |\n|---|---|---:|\n")
		for i := range x.Figures[x.Changed:] {
			l := &x.Figures[x.Changed+i]
			row(&b, l.Label, l.Segment, l.Say(l.Now))
		}
	}
	return b.String()
}

func (c *Cause) markdown(b *strings.Builder) {
	if c.Changed == 0 && c.Total == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\nIt moved %s. %s\n\n", escape(c.Label), many(c.Changed, "figure"), escape(c.Why))
	for _, g := range c.Sources {
		from := g.Source
		if g.Import != 0 {
			from = fmt.Sprintf("import %d, %s", g.Import, g.File)
		}
		fmt.Fprintf(b, "- %d %s from %s\n", g.Count, g.Kind, escape(from))
	}
	for _, f := range c.Facts {
		if f.What != "" {
			fmt.Fprintf(b, "- position %d: %s\n", f.Position, escape(f.What))
		}
	}
	for _, d := range c.Changes {
		fmt.Fprintf(b, "- %s\n", escape(changeText(d)))
	}
}

// changeText is a difference of two playbooks in a line.
func changeText(d playbook.Change) string {
	switch d.Kind {
	case playbook.Added:
		return "added " + d.Label + ": " + d.After
	case playbook.Removed:
		return "removed " + d.Label + ": " + d.Before
	}
	return d.Label + ": " + d.Before + " → " + d.After
}

func many(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + one + "s"
}

func moment(t millrace.Time) string { return t.Std().Format("2006-01-02 15:04 UTC") }

func row(b *strings.Builder, cells ...string) {
	for _, c := range cells {
		b.WriteString("| " + escape(c) + " ")
	}
	b.WriteString("|\n")
}

// escape keeps what somebody wrote from being taken for Markdown, within a line.
var escaping = strings.NewReplacer("\\", "\\\\", "|", "\\|", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "<", "&lt;", "#", "\\#", "\r\n", " ", "\n", " ", "\r", " ")

func escape(s string) string { return escaping.Replace(s) }
