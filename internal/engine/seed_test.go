package engine_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain draws the properties' cases from one seed, so that a run says the same on every machine; -rapid.seed chooses another.
func TestMain(m *testing.M) {
	flag.Parse()
	if f := flag.Lookup("rapid.seed"); f != nil && f.Value.String() == "0" {
		flag.Set("rapid.seed", "20261122")
	}
	os.Exit(m.Run())
}
