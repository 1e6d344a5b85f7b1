package playbook

import (
	"testing"
)

func TestPresetsParse(t *testing.T) {
	for _, p := range Presets() {
		pb, problems := Parse(p.Source)
		if problems != nil {
			t.Errorf("%s:\n%v", p.Name, problems)
		}
		if pb != nil {
			t.Log(pb.Version())
		}
	}
}
