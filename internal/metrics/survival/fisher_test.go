package survival

import "testing"

// The lady tasting tea: 3 of 4 and 1 of 4 give (16+1+16+1)/70; all right gives 2/70. The third is summed by hand in exact fractions.
func TestFisher(t *testing.T) {
	for _, c := range []struct {
		x, n, y, m int
		p          float64
	}{{3, 4, 1, 4, 34.0 / 70}, {4, 4, 0, 4, 2.0 / 70}, {5, 26, 20, 37, 0.008447090787627351}, {0, 0, 0, 0, 1}, {0, 9, 0, 4, 1}, {9, 9, 4, 4, 1}, {0, 0, 3, 7, 1}} {
		near(t, "p", Fisher(c.x, c.n, c.y, c.m), c.p, 1e-12)
		near(t, "the other way round", Fisher(c.y, c.m, c.x, c.n), c.p, 1e-12)
	}
	near(t, "thousands", Fisher(6000, 20_000, 6100, 20_000), 0.2811, 1e-3)
}
