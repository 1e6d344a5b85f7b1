package metrics

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"millrace"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Say is a value in words: "24.1%", "1,200.00 EUR a day", "12.5 days".
func Say(x float64, unit Unit, currency string) string { return say(x, unit, currency) }

// say writes a value in its unit: "20.4%", "1,204.50 EUR", "51.8 days".
func say(x float64, unit Unit, currency string) string {
	switch unit {
	case UnitRatio:
		return strconv.FormatFloat(100*x, 'f', 1, 64) + "%"
	case UnitMoney, UnitMoneyPerDay, UnitMoneyPerMonth:
		digits := millrace.MinorDigits(currency)
		s := strings.TrimSpace(group(x/math.Pow10(digits), digits) + " " + currency)
		return s + map[Unit]string{UnitMoneyPerDay: " a day", UnitMoneyPerMonth: " a month"}[unit]
	case UnitDays, UnitMonths:
		return group(x, 1) + " " + string(unit)
	}
	if x == math.Trunc(x) {
		return group(x, 0)
	}
	return group(x, 1)
}

// sayChange is say with a sign, and points for ratios: "+3.1 points".
func sayChange(x float64, unit Unit, currency string) string {
	sign := "+"
	if x < 0 {
		sign = "−"
	}
	if unit == UnitRatio {
		return sign + strconv.FormatFloat(100*math.Abs(x), 'f', 1, 64) + " points"
	}
	return sign + say(math.Abs(x), unit, currency)
}

// group writes a number with commas between thousands.
func group(x float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	whole, frac, dot := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if dot {
		whole += "." + frac
	}
	if x < 0 {
		whole = "−" + whole
	}
	return whole
}

// moved begins the sentence about a change: "mql to opportunity fell by 3.1 points to 20.4%".
func moved(key string, before, after float64, unit Unit, currency string) string {
	name := strings.ReplaceAll(key, "_", " ")
	change := strings.TrimLeft(sayChange(after-before, unit, currency), "+−")
	switch {
	case after > before:
		return fmt.Sprintf("%s rose by %s to %s", name, change, say(after, unit, currency))
	case after < before:
		return fmt.Sprintf("%s fell by %s to %s", name, change, say(after, unit, currency))
	}
	return fmt.Sprintf("%s stayed at %s", name, say(after, unit, currency))
}
