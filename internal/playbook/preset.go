package playbook

import (
	"bytes"
	"embed"
	"slices"
)

//go:embed presets/*.yaml
var presetFiles embed.FS

// Preset is a ready playbook to start from.
type Preset struct {
	Name        string `json:"name"`   // for PresetByName, and of its file in presets/
	Title       string `json:"title"`  // for people
	Motion      string `json:"motion"` // smb, mid-market or enterprise
	Description string `json:"description"`
	Source      []byte `json:"-"` // YAML with a comment at every figure that says where it comes from
}

// presets are the motions first, then two published rubrics. Sources stand in presets/, under the preset's name.
var presets = []Preset{
	{Name: "smb", Title: "SMB, about $5K a month", Motion: "smb",
		Description: "One or two deciders, a purchase within weeks: capture first, half-life of 7 days, MQL at 40, one engaged role, BANT."},
	{Name: "mid-market", Title: "Mid-market", Motion: "mid-market",
		Description: "A committee of four to six over about 84 days: creation and capture, half-life of 14 days, MQL at 60, two engaged roles, BANT."},
	{Name: "enterprise", Title: "Enterprise, about $250K", Motion: "enterprise",
		Description: "A committee of five to ten over six months: accounts first, half-life of 30 days, MQL at 80, three engaged roles, MEDDICC."},
	{Name: "fit-70", Title: "70-point fit table", Motion: "mid-market",
		Description: "A published fit rubric: employees, revenue, role, sub-role and country add up to 70 points."},
	{Name: "mql-100", Title: "MQL at 100", Motion: "mid-market",
		Description: "Published intent rubrics with the bar at 100: form 50, third-party intent 20 once a quarter, careers −10, unsubscribe −15."},
}

// Presets are the playbooks to start from, the three motions first. The caller may keep and change what it gets.
func Presets() []Preset {
	out := slices.Clone(presets)
	for i := range out {
		source, err := presetFiles.ReadFile("presets/" + out[i].Name + ".yaml")
		if err != nil {
			panic("playbook: " + err.Error()) // embedded at build time; a test reads them all
		}
		out[i].Source = bytes.Clone(source)
	}
	return out
}

// PresetByName finds a preset by its name.
func PresetByName(name string) (Preset, bool) {
	all := Presets()
	i := slices.IndexFunc(all, func(p Preset) bool { return p.Name == name })
	if i < 0 {
		return Preset{}, false
	}
	return all[i], true
}
