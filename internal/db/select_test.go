package db

import (
	"slices"
	"testing"
)

// TestSelectSizes: few values are asked for at once, and no statement is filled up by more than two thirds.
func TestSelectSizes(t *testing.T) {
	for values, want := range map[int]int{1: 1, 2: 5, 5: 5, 6: 5, 7: 20, 20: 20, 21: 60, 60: 60, 61: 60, 67: 200, 200: 200, 1000: 200} {
		if got := selectSize(values); got != want {
			t.Errorf("%d values: %d at once, want %d", values, got, want)
		}
	}
	for values := 1; values <= 1000; values++ {
		if n := selectSize(values); !slices.Contains(selectSizes[:], n) || n > 3*values {
			t.Errorf("%d values: %d at once", values, n)
		}
	}
}
