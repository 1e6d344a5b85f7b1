package score

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"millrace"
	"millrace/internal/playbook"
)

// Bounds of a rubric. Within them no sum of two million facts can leave an int64.
const (
	maxPoints   = 1000  // most points of a behaviour, by magnitude
	maxDays     = 36500 // longest half-life and window
	maxCap      = math.MaxInt32
	compileName = "score.Compile"
)

// Rules are a compiled playbook. They don't change and are safe for concurrent use.
type Rules struct {
	doc        *playbook.Document
	powers     *powers
	days       *days
	halfLife   int64 // milliseconds
	behaviors  []behavior
	index      map[string]int // behaviour id → index
	byKind     map[millrace.Kind][]int
	categories []category
	icps       []icp
	roles      []role
	fitReads   map[int]bool // behaviours that a behavioral criterion reads
	fitList    []int        // the same, in order
}

// behavior is one line of the rubric, ready to match and to count.
type behavior struct {
	events   []glob
	category int // -1: any page
	where    []where

	points    int64 // as written, signed
	size      int32 // points by magnitude
	capPerDay int32
	cap       int32
	window    int32
}

// Compile checks what scoring needs of the document and prepares its tables: unknown behaviour and category ids, a time zone that
// doesn't exist, a half-life or points out of bounds and patterns that can't be read are Invalid errors that name the field. The
// document must not be changed afterwards.
func Compile(d *playbook.Document) (*Rules, error) {
	r := &Rules{doc: d, powers: loadPowers(), index: map[string]int{}, byKind: map[millrace.Kind][]int{}, fitReads: map[int]bool{}}
	for _, step := range []func() error{r.compileTime, r.compileCategories, r.compileBehaviors, r.compileLifecycle, r.compileICPs, r.compileRoles} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	r.fitList = slices.Sorted(maps.Keys(r.fitReads))
	return r, nil
}

// Document is the playbook that the rules were compiled from.
func (r *Rules) Document() *playbook.Document { return r.doc }

// BehaviorIndex is the index of the behaviour with the id in the rubric.
func (r *Rules) BehaviorIndex(id string) (index int, ok bool) {
	index, ok = r.index[id]
	return index, ok
}

// HalfLife is the time in which intent halves.
func (r *Rules) HalfLife() millrace.Time { return millrace.Time(r.halfLife) }

// invalid names a field of the document by its place in it.
func invalid(field, format string, args ...any) error {
	return millrace.FieldErrorf(compileName, field, format, args...)
}

func (r *Rules) compileTime() error {
	name := r.doc.Workspace.Timezone
	loc, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return invalid("/workspace/timezone", "%q is no time zone; use an IANA name such as Europe/Berlin", name)
	}
	r.days = newDays(loc)

	half := r.doc.Rubric.HalfLifeDays
	if !(half > 0 && half <= maxDays) {
		return invalid("/rubric/half_life_days", "the half-life must be more than 0 and at most %d days", maxDays)
	}
	r.halfLife = int64(math.Round(half * float64(millrace.Day)))
	if r.halfLife < 1 {
		return invalid("/rubric/half_life_days", "the half-life must be at least a millisecond")
	}
	return nil
}

func (r *Rules) compileCategories() error {
	for i, c := range r.doc.Rubric.Categories {
		compiled := category{hosts: newGlobs(c.Hosts)}
		for j, p := range c.Paths {
			pattern, err := newPathPattern(p)
			if err != nil {
				return invalid(fmt.Sprintf("/rubric/categories/%d/paths/%d", i, j), "%v", err)
			}
			compiled.paths = append(compiled.paths, pattern)
		}
		r.categories = append(r.categories, compiled)
	}
	return nil
}

// kindsOf are the kinds of event that a behaviour's On means.
func kindsOf(on string) (kinds []millrace.Kind, ok bool) {
	switch on {
	case "page":
		return []millrace.Kind{millrace.KindPage}, true
	case "track":
		return []millrace.Kind{millrace.KindTrack}, true
	case "screen":
		return []millrace.Kind{millrace.KindScreen}, true
	case "any", "":
		return []millrace.Kind{millrace.KindPage, millrace.KindTrack, millrace.KindScreen}, true
	}
	return nil, false
}

func (r *Rules) compileBehaviors() error {
	for i, b := range r.doc.Rubric.Behaviors {
		at := fmt.Sprintf("/rubric/behaviors/%d", i)
		if err := checkBehavior(at, b); err != nil {
			return err
		}
		if _, taken := r.index[b.ID]; taken {
			return invalid(at+"/id", "there are two behaviours %q", b.ID)
		}
		r.index[b.ID] = i
		kinds, ok := kindsOf(b.On)
		if !ok {
			return invalid(at+"/on", "%q is none of page, track, screen and any", b.On)
		}
		for _, k := range kinds {
			r.byKind[k] = append(r.byKind[k], i)
		}
		compiled := behavior{
			events: newGlobs(b.Events), category: -1, points: int64(b.Points), size: int32(max(b.Points, -b.Points)),
			capPerDay: int32(b.CapPerDay), cap: int32(b.Cap), window: int32(b.WindowDays),
		}
		if b.Category != "" {
			if compiled.category = r.categoryIndex(b.Category); compiled.category < 0 {
				return invalid(at+"/category", "there is no category %q", b.Category)
			}
		}
		for j, w := range b.Where {
			if w.Property == "" {
				return invalid(fmt.Sprintf("%s/where/%d/property", at, j), "name the property that the condition is about")
			}
			compiled.where = append(compiled.where, newWhere(w))
		}
		r.behaviors = append(r.behaviors, compiled)
	}
	return nil
}

func checkBehavior(at string, b playbook.Behavior) error {
	switch {
	case b.Points > maxPoints || b.Points < -maxPoints:
		return invalid(at+"/points", "points must be between -%d and %d", maxPoints, maxPoints)
	case b.WindowDays < 0 || b.WindowDays > maxDays:
		return invalid(at+"/window_days", "the window must be between 0 and %d days", maxDays)
	case b.CapPerDay < 0 || b.CapPerDay > maxCap:
		return invalid(at+"/cap_per_day", "the cap must be 0 (none) or more points")
	case b.Cap < 0 || b.Cap > maxCap:
		return invalid(at+"/cap", "the cap must be 0 (none) or more points")
	}
	return nil
}

func (r *Rules) categoryIndex(name string) int {
	for i, c := range r.doc.Rubric.Categories {
		if c.Name == name {
			return i
		}
	}
	return -1
}

func (r *Rules) compileLifecycle() error {
	for i, id := range r.doc.Lifecycle.MQL.Immediate {
		if _, ok := r.index[id]; !ok {
			return invalid(fmt.Sprintf("/lifecycle/mql/immediate/%d", i), "there is no behaviour %q", id)
		}
	}
	return nil
}
