package dashboard

import (
	"fmt"
	"math"
	"strings"
	"time"

	"millrace"
	"millrace/internal/metrics"
)

// say is a figure's value in words.
func say(f metrics.Figure) string {
	if f.Value == nil {
		return "no value"
	}
	return sayAs(*f.Value, f)
}

// sayAs is a value in the unit of a figure: money whole from a hundred on, coverage as times.
func sayAs(x float64, f metrics.Figure) string {
	switch {
	case f.Key == "coverage":
		return fmt.Sprintf("%.1f×", math.Round(10*x)/10)
	case f.Unit == metrics.UnitRatio:
		return percent(x)
	case f.Unit == metrics.UnitMoney || f.Unit == metrics.UnitMoneyPerDay:
		scale := math.Pow10(millrace.MinorDigits(f.Currency))
		if math.Abs(x)/scale >= 100 {
			x = math.Round(x/scale) * scale
		}
		s := metrics.Say(x, f.Unit, f.Currency)
		if digits := millrace.MinorDigits(f.Currency); digits > 0 && math.Mod(x, scale) == 0 {
			s = strings.Replace(s, "."+strings.Repeat("0", digits), "", 1)
		}
		return s
	}
	return strings.Replace(metrics.Say(x, f.Unit, f.Currency), ".0 ", " ", 1)
}

// percent is a share, a whole one without decimals.
func percent(x float64) string {
	return strings.Replace(metrics.Say(x, metrics.UnitRatio, ""), ".0%", "%", 1)
}

// moved says which way a figure went: "up 12% from", "3.1 points down from", "as high as".
func moved(f metrics.Figure, change float64) string {
	way := map[bool]string{true: "up", false: "down"}[change > 0]
	switch {
	case change == 0:
		return "the same as"
	case f.Unit == metrics.UnitRatio && f.Key != "coverage":
		return fmt.Sprintf("%s by %.1f points from", way, 100*math.Abs(change))
	}
	return way + " by " + sayAs(math.Abs(change), f) + " from"
}

// tail is what a tile's sentence says of the comparison.
func (c Comparison) tail(f metrics.Figure, kind string) string {
	when := map[string]string{"previous": "before", "year": "a year before"}[kind]
	was := "the " + say(c.Figure) + " " + when
	switch {
	case c.Change == nil:
		return ""
	case *c.Change == 0:
		return ", as " + when
	case f.Interval != nil && !c.Sure:
		return ", no sure change from " + was
	case f.Interval != nil:
		return map[bool]string{true: ", up from ", false: ", down from "}[*c.Change > 0] + was
	case c.Ratio != nil && math.Abs(*c.Ratio) < 0.005:
		return ", about the same as " + was
	case c.Ratio != nil && (c.Sure || f.Unit != metrics.UnitCount):
		return fmt.Sprintf(", %s %s than %s", percent(math.Abs(*c.Ratio)), map[bool]string{true: "more", false: "less"}[*c.Change > 0], was)
	}
	return ", after " + strings.TrimPrefix(was, "the ")
}

// verdict is what a tile's sentence says of its benchmark band.
func verdict(f metrics.Figure) string {
	j := f.Band
	if j == nil || f.Value == nil || j.Verdict == metrics.NotJudged {
		return ""
	}
	unit := f
	if j.Currency != "" {
		unit.Currency = j.Currency
	}
	band := ""
	switch {
	case j.Low != nil && j.High != nil:
		band = sayAs(*j.Low, unit) + " to " + sayAs(*j.High, unit)
	case j.Low != nil:
		band = sayAs(*j.Low, unit)
		if j.Verdict == metrics.Below {
			return "; short of " + band
		}
		return "; enough, by the usual " + band
	case j.High != nil:
		band = "up to " + sayAs(*j.High, unit)
	}
	perhaps, out := "", fmt.Sprintf("%s the band of %s", j.Verdict, band)
	if !j.Sure && f.Interval != nil {
		perhaps = "perhaps "
	}
	if j.Alarm != "" {
		out = map[metrics.Verdict]string{metrics.Below: "too low", metrics.Above: "too high"}[j.Verdict] + ", the band is " + band
		if perhaps == "" {
			out += ": " + j.Alarm
		}
	}
	return "; " + perhaps + out
}

// monthName is a month in words: "August 2026".
func monthName(m metrics.Month) string {
	t, err := time.Parse("2006-01", m.String())
	if err != nil {
		return m.String()
	}
	return t.Format("January 2006")
}

// span is a period in words.
func span(p metrics.Period) string {
	if p.First == p.Last {
		return p.First.String()
	}
	return p.First.String() + " to " + p.Last.String()
}

// among is a part of a whole: "4,238 of 6,711".
func among(part, whole int) string {
	return metrics.Say(float64(part), metrics.UnitCount, "") + " of " + metrics.Say(float64(whole), metrics.UnitCount, "")
}

// number is a whole count with its noun: "1 deal", "12 deals".
func number(n int, one, many string) string {
	s := metrics.Say(float64(n), metrics.UnitCount, "")
	if n == 1 {
		return s + " " + one
	}
	return s + " " + many
}
