package dashboard

import (
	"testing"

	"millrace/internal/metrics"
)

// TestDecimal: files have the digits that a figure has, and none that come of counting in binary.
func TestDecimal(t *testing.T) {
	for _, x := range []struct {
		value    float64
		unit     metrics.Unit
		currency string
		want     string
	}{
		{0.6 + 0.144, metrics.UnitRatio, "", "0.744"}, {1.0 - 0.256, metrics.UnitRatio, "", "0.744"}, {1.0 / 3, metrics.UnitRatio, "", "0.333333333333"},
		{20_000_000, metrics.UnitCount, "", "20000000"}, {123_456.4, metrics.UnitMoney, "USD", "1234.56"}, {1234, metrics.UnitMoney, "JPY", "1234"},
	} {
		if got := decimal(&x.value, x.unit, x.currency); got != x.want {
			t.Errorf("%v %s: %s, want %s", x.value, x.currency, got, x.want)
		}
	}
	if got := decimal(nil, metrics.UnitRatio, ""); got != "" {
		t.Errorf("nothing: %q", got)
	}
}
