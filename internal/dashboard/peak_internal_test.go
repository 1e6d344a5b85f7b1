package dashboard

import "testing"

// TestPeak: what shares the most with another does not stand out alone.
func TestPeak(t *testing.T) {
	for _, c := range []struct {
		leads []float64
		want  string
	}{
		{nil, "none came"}, {[]float64{0, 0}, "none came"}, {[]float64{1, 3, 2}, "B brought most: 3"}, {[]float64{2, 1, 2}, "A and C brought most: 2 each"},
		{[]float64{1, 1, 1, 0}, "No channel stands out: 3 have 1 each"},
	} {
		chart := Chart{Head: "Channel", Columns: []Column{{Key: "leads", Unit: "count"}}}
		for i, n := range c.leads {
			chart.Rows = append(chart.Rows, Row{Label: string(rune('A' + i)), Cells: []Cell{value(n)}})
		}
		if got := (&board{}).peak(chart, "leads", "%s brought most: %s", "none came"); got != c.want {
			t.Errorf("%v: %q, want %q", c.leads, got, c.want)
		}
	}
}
