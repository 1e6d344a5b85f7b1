package attribution

import (
	"slices"
	"strings"

	"millrace"
)

// The models, by the names they have everywhere.
const (
	First         = "first"
	Last          = "last"
	LastNonDirect = "last-non-direct"
	Linear        = "linear"
	TimeDecay     = "time-decay"
	UShaped       = "u-shaped"
	UShaped50     = "u-shaped-50"
	WShaped       = "w-shaped"
	FullPath      = "full-path"
	JShaped       = "j-shaped"
	InverseJ      = "inverse-j"
	Custom        = "custom"
	Markov        = "markov"
	Shapley       = "shapley"
	ShapleyRate   = "shapley-rate"
	SelfReported  = "self-reported"
)

// NoTouch is the row for conversions that nobody of the account was seen to touch anything before; NoAnswer the one for deals whose buyers
// did not say what brought them; NotSet stands for a touch that has no value in the dimension.
const (
	NoTouch  = "(no touch)"
	NoAnswer = "(no answer)"
	NotSet   = "(not set)"
)

// Model describes a model.
type Model struct {
	Name       string `json:"name"`
	Title      string `json:"title"`       // as screens and sentences name it
	DataDriven bool   `json:"data_driven"` // it learns from the journeys that did not convert, or from all together: intervals make sense
	Summary    string `json:"summary"`
	needs      string // what a path file lacks for it: the reason for which it is refused there
}

var models = []Model{
	{First, "First touch", false, "All to the first touch.", ""},
	{Last, "Last touch", false, "All to the last touch.", ""},
	{LastNonDirect, "Last non-direct", false, "All to the last touch that isn't direct; to the last when all are.", ""},
	{Linear, "Linear", false, "The same to each touch.", ""},
	{TimeDecay, "Time decay", false, "A touch counts half as much for each half-life before the last one.",
		"it halves credit with the time before the conversion, and a path has no times"},
	{UShaped, "U-shaped 40/20/40", false, "40% first, 40% last, 20% shared by those between.", ""},
	{UShaped50, "U-shaped 50/50", false, "50% first, 50% last, nothing between.", ""},
	{WShaped, "W-shaped", false, "30% first, 30% lead creation, 30% opportunity creation, 10% shared by the rest.",
		"it credits the touches that created the lead and the opportunity, and a path does not say which they were"},
	{FullPath, "Full path", false, "22.5% each to first, lead creation, opportunity creation and close, 10% shared by the rest.",
		"it credits the touches that created the lead and the opportunity, and a path does not say which they were"},
	{JShaped, "J-shaped", false, "20% first, 60% last, 20% shared by those between.", ""},
	{InverseJ, "Inverse J", false, "60% first, 20% last, 20% shared by those between.", ""},
	{Custom, "Custom", false, "Weights of your own for first, lead, opportunity, last and the rest.", ""},
	{Markov, "Markov", true, "By removal effect: how many conversions a Markov chain of the journeys loses without the channel.", ""},
	{Shapley, "Shapley", true, "Shapley value, where a coalition is worth the conversions of the journeys within it: equal among a journey's channels.", ""},
	{ShapleyRate, "Shapley of the rate", true, "Shapley value, where a coalition is worth the conversion rate of the journeys within it.", ""},
	{SelfReported, "Buyers said", false, "What buyers said brought them.", "it is what buyers said, and a path file has no answers"},
}

// Models lists all models in their order of display. The caller may keep the slice.
func Models() []Model { return slices.Clone(models) }

// Lookup finds a model by its name. It errs (Invalid) on any other name, listing those there are.
func Lookup(name string) (Model, error) {
	for _, m := range models {
		if m.Name == name {
			return m, nil
		}
	}
	var names []string
	for _, m := range models {
		names = append(names, m.Name)
	}
	return Model{}, millrace.FieldErrorf("attribution.Lookup", "model", "there is no model %q; there are %s", name, strings.Join(names, ", "))
}

// Refusal is a model that could not be run, with the reason in words.
type Refusal struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// Weights are shares of the touches at the marks of a journey, whole numbers in any unit (40, 20 and 40 are 2, 1 and 2). Middle is shared
// equally by the touches at no mark that has a weight. A touch at several marks has the sum of their shares. Shares of marks that a
// journey lacks (no lead creation is known, nothing lies between) go to the others in proportion; when none is left, all touches share
// equally.
type Weights struct {
	First       int `json:"first"`
	Lead        int `json:"lead"`        // the last touch up to the lead's creation
	Opportunity int `json:"opportunity"` // the last touch up to the opportunity's creation
	Last        int `json:"last"`
	Middle      int `json:"middle"`
}

// maxWeight bounds a weight, so that the exact split of any amount over any journey stays within 64 bits.
const maxWeight = 10_000

func (w Weights) validate() error {
	const op = "attribution.Weights"
	sum := 0
	for _, x := range []int{w.First, w.Lead, w.Opportunity, w.Last, w.Middle} {
		if x < 0 || x > maxWeight {
			return millrace.FieldErrorf(op, "weights", "%d is not a weight: whole numbers from 0 to %d are", x, maxWeight)
		}
		sum += x
	}
	if sum == 0 {
		return millrace.FieldErrorf(op, "weights", "custom needs weights for first, lead, opportunity, last and middle, at least one above zero")
	}
	return nil
}

// shapes are the models that are weights and nothing else.
var shapes = map[string]Weights{
	Linear:    {Middle: 1},
	UShaped:   {First: 40, Last: 40, Middle: 20},
	UShaped50: {First: 50, Last: 50},
	WShaped:   {First: 30, Lead: 30, Opportunity: 30, Middle: 10},
	FullPath:  {First: 225, Lead: 225, Opportunity: 225, Last: 225, Middle: 100},
	JShaped:   {First: 20, Last: 60, Middle: 20},
	InverseJ:  {First: 60, Last: 20, Middle: 20},
}

// Options are the models' parameters. The zero value is usable for every model but Custom.
type Options struct {
	HalfLife     millrace.Time // of TimeDecay; default DefaultHalfLife
	Weights      Weights       // of Custom
	Order        int           // of Markov, 1 to MaxOrder; default 1
	Direct       []string      // channels that LastNonDirect skips on a path file, whatever their case; default direct, (direct) and (direct) / (none)
	Permutations int           // that ShapleyRate samples beyond MaxExactChannels; default by the size of the task
	Seed         uint64        // of the permutations
}

// DefaultHalfLife is that of TimeDecay: a week.
const DefaultHalfLife = 7 * millrace.Day

// MaxOrder is the highest order of Markov.
const MaxOrder = 4

// defaultDirect are the names of the channel of visits that came from nowhere.
var defaultDirect = []string{"direct", "(direct)", "(direct) / (none)"}

// check finds the model and fills in defaults; it errs on parameters out of bounds.
func (o *Options) check(model string) (Model, error) {
	const op = "attribution.Options"
	m, err := Lookup(model)
	if err != nil {
		return m, err
	}
	if o.HalfLife == 0 {
		o.HalfLife = DefaultHalfLife
	}
	if o.HalfLife < 0 {
		return m, millrace.FieldErrorf(op, "half_life", "a half-life is longer than nothing")
	}
	if o.Order == 0 {
		o.Order = 1
	}
	if o.Order < 1 || o.Order > MaxOrder {
		return m, millrace.FieldErrorf(op, "order", "markov has an order from 1 to %d, and %d was asked for", MaxOrder, o.Order)
	}
	if o.Direct == nil {
		o.Direct = defaultDirect
	}
	if o.Permutations < 0 {
		return m, millrace.FieldErrorf(op, "permutations", "%d permutations can't be drawn", o.Permutations)
	}
	if model == Custom {
		return m, o.Weights.validate()
	}
	return m, nil
}

// shape gives the weights of a model that is nothing else.
func (o *Options) shape(model string) (Weights, bool) {
	if model == Custom {
		return o.Weights, true
	}
	w, ok := shapes[model]
	return w, ok
}
