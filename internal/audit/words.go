package audit

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"
)

// level is that of all intervals here.
const level = 0.95

func say(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// count writes a whole number with commas.
func count[N ~int | ~int32 | ~int64](n N) string {
	s := strconv.FormatInt(int64(n), 10)
	sign := ""
	if s[0] == '-' {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// many is a count with its noun: "1 deal", "2,089 deals".
func many[N ~int | ~int32 | ~int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	switch noun {
	case "person":
		return count(n) + " people"
	case "criterion":
		return count(n) + " criteria"
	}
	if rest, ok := strings.CutSuffix(noun, "y"); ok && !strings.HasSuffix(rest, "a") && !strings.HasSuffix(rest, "e") {
		return count(n) + " " + rest + "ies"
	}
	return count(n) + " " + noun + "s"
}

// verb is "is" or "are" and the like.
func verb[N ~int | ~int64](n N, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// percent writes a share: whole percents, one decimal below 10%.
func percent(x float64) string {
	if x != 0 && math.Abs(x) < 0.0995 {
		return strconv.FormatFloat(100*x, 'f', 1, 64) + "%"
	}
	return strconv.FormatFloat(100*x, 'f', 0, 64) + "%"
}

// money writes an amount in whole major units where it is large, with its decimals where it is small.
func money(minor int64, currency string) string {
	scale := math.Pow10(millrace.MinorDigits(currency))
	major := float64(minor) / scale
	if math.Abs(major) >= 100 {
		return strings.TrimSpace(count(int64(math.Round(major))) + " " + currency)
	}
	return strings.TrimSpace(millrace.Money{Minor: minor, Currency: currency}.Decimal() + " " + currency)
}

func (s Share) value() float64 {
	if s.N == 0 {
		return 0
	}
	return float64(s.X) / float64(s.N)
}

// interval is Wilson's.
func (s Share) interval() (low, high float64) {
	if s.N == 0 {
		return 0, 1
	}
	return survival.Wilson(float64(s.X), float64(s.N), level)
}

func (s Share) percent() string { return percent(s.value()) }

// figure is the share with its interval, for screens.
func (s Share) figure(key, rule string) *metrics.Figure {
	f := &metrics.Figure{Key: key, Unit: metrics.UnitRatio, N: s.N, Rule: rule}
	if s.N == 0 {
		f.Undefined = metrics.NoDenominator
		return f
	}
	x, n, v := float64(s.X), float64(s.N), s.value()
	f.Numerator, f.Denominator, f.Value = &x, &n, &v
	low, high := s.interval()
	f.Interval = &metrics.Interval{Low: &low, High: &high, Level: level, Method: "wilson"}
	return f
}

// ends are a figure's interval, or its value twice; ok is false where it is undefined.
func ends(f *metrics.Figure) (low, high float64, ok bool) {
	if f.Value == nil {
		return 0, 0, false
	}
	low, high = *f.Value, *f.Value
	if i := f.Interval; i != nil {
		low, high = math.Inf(-1), math.Inf(1)
		if i.Low != nil {
			low = *i.Low
		}
		if i.High != nil {
			high = *i.High
		}
	}
	return low, high, true
}

// list writes names with commas and an "and", at most n of them.
func list(names []string, n int) string {
	if len(names) > n {
		return strings.Join(names[:n], ", ") + " and " + count(len(names)-n) + " more"
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// worth says what open deals amount to.
func (m OpenMoney) worth(currency string) string {
	s := money(m.Minor, currency)
	switch {
	case m.Recorded == 0 && m.Estimated == 0:
		return "of no known worth"
	case m.Recorded == 0:
		return "worth about " + s + " at the mean won deal of their product (they have no amounts of their own)"
	case m.Estimated > 0:
		return "worth about " + s + ", those without an amount at the mean won deal of their product"
	}
	return "worth " + s
}

func (m OpenMoney) formula() string {
	switch {
	case m.Recorded == 0:
		return "the deals × the mean won amount of their product: they have no amounts of their own, and not all would be won"
	case m.Estimated > 0:
		return "their amounts, and the mean won amount of the product where a deal has none"
	}
	return "the amounts of these deals"
}

// few says that there are too few of something to judge.
func few[N ~int | ~int64](n N, noun, rest string, enough int) string {
	if n == 0 {
		return say("There is no %s%s; %d are enough to judge.", noun, rest, enough)
	}
	return say("%s%s %s too few; %d are enough to judge.", many(n, noun), rest, verb(n, "is", "are"), enough)
}
