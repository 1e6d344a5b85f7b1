package attribution

import (
	"cmp"
	"math"
	"slices"

	"millrace"
)

// Dimension is what a table has a row for each value of.
type Dimension uint8

// The dimensions, in their order in Touch.Values.
const (
	Channel Dimension = iota
	Source
	Campaign
	Asset
	Keyword
	Persona
	Dimensions = 6
)

var dimensionNames = [Dimensions]string{"channel", "source", "campaign", "asset", "keyword", "persona"}

func (d Dimension) String() string { return dimensionNames[d] }

// ParseDimension reads a dimension's name. It errs (Invalid) on any other.
func ParseDimension(s string) (Dimension, error) {
	for i, name := range dimensionNames {
		if name == s {
			return Dimension(i), nil
		}
	}
	return 0, millrace.FieldErrorf("attribution.ParseDimension", "dimension", "%q is none of channel, source, campaign, asset, keyword, persona", s)
}

// Measure is what is handed out.
type Measure uint8

// The measures. Each has journeys that converted, journeys that did not, and journeys that are not decided and that data-driven models
// leave out: counting an open deal as lost would blame the channels that are quickest at starting deals.
const (
	Revenue  Measure = iota // amounts of won deals; lost deals and accounts without deals did not convert, open ones are undecided
	Pipeline                // amounts of all deals, however they end; accounts without deals did not convert
	Count                   // deals, however they end, in CountUnit; accounts without deals did not convert
	Won                     // won deals, in CountUnit; otherwise as Revenue
	measures = 4
)

var measureNames = [measures]string{"revenue", "pipeline", "count", "won"}

func (m Measure) String() string { return measureNames[m] }

// ParseMeasure reads a measure's name. It errs (Invalid) on any other.
func ParseMeasure(s string) (Measure, error) {
	for i, name := range measureNames {
		if name == s {
			return Measure(i), nil
		}
	}
	return 0, millrace.FieldErrorf("attribution.ParseMeasure", "measure", "%q is none of revenue, pipeline, count, won", s)
}

// CountUnit is one deal in credits of Count and Won: they are split in millionths, and sum exactly too.
const CountUnit = 1_000_000

// Moment is up to when touches count.
type Moment uint8

// The moments.
const (
	AtClose       Moment = iota // the close of the deal; the present where it is open
	AtOpportunity               // the creation of the opportunity
	AtLead                      // the creation of the lead
)

// Outcome is what came of a journey.
type Outcome uint8

// The outcomes.
const (
	NoDeal Outcome = iota
	Open
	DealWon
	DealLost
)

// Touch is one interaction of a person of the account.
type Touch struct {
	At      millrace.Time
	Contact int64
	Direct  bool // the visit came from nowhere
	Values  [Dimensions]string
	Codes   [Dimensions]int32 // in place of Values, where the builder was given the names that they number
}

// Deal is an opportunity. Times that are not known are zero.
type Deal struct {
	ID                       string
	Amount                   int64 // minor units
	Outcome                  Outcome
	Lead, Opportunity, Close millrace.Time
	SelfReported             string // the channel that the buyers named; empty when nobody was asked or answered
}

// Rules say which touches belong to a journey.
type Rules struct {
	Moment   Moment
	LookBack millrace.Time // before the moment; zero is without bound
	AsOf     millrace.Time // the present: the end of what has no end; required
}

// LeftOut counts what is not in the journeys, so that nothing vanishes unseen.
type LeftOut struct {
	After    int `json:"after"`     // touches after the moment
	Before   int `json:"before"`    // touches before the look-back
	Undated  int `json:"undated"`   // touches without a time
	NoMoment int `json:"no_moment"` // deals whose moment is not known: the next later one that is was taken
	NoTouch  int `json:"no_touch"`  // deals without touches; they have journeys, and their credit stands on NoTouch
}

// Column holds a dimension: Names[IDs[t]] is the value of touch t. Names begin with NoTouch and NoAnswer, which no touch has.
type Column struct {
	Names []string
	IDs   []uint32
}

// Journeys are the journeys of deals, and of accounts that have none, in columns. Touches of journey i are those from Offsets[i] to below
// Offsets[i+1], in time order. Lead, Opportunity and NonDirect are places in the journey: the last touch up to the creation of the lead
// and of the opportunity, and the last that isn't direct; -1 where there is none.
//
// It is made by a Builder. Many may read it at once.
type Journeys struct {
	Deals       []string
	Outcomes    []Outcome
	Amounts     []int64 // minor units, zero without a deal; their absolute sum fits into int64
	Offsets     []int32
	At          []millrace.Time
	Columns     [Dimensions]Column
	Lead        []int32
	Opportunity []int32
	NonDirect   []int32
	Said        []uint32 // what buyers said, in Columns[Channel].Names; NoAnswer where nothing
	LeftOut     LeftOut
}

const (
	noTouchID  = 0
	noAnswerID = 1
)

// Builder builds journeys, deal by deal.
type Builder struct {
	rules Rules
	j     Journeys
	ids   [Dimensions]map[string]uint32
	deals map[string]bool
	sum   int64 // of absolute amounts
	kept  []Touch
	names [Dimensions][]string // where values come as codes
	codes [Dimensions][]uint32 // code → id, 0 not met yet
	coded bool
}

// NewBuilder starts building by the rules.
func NewBuilder(r Rules) *Builder {
	b := &Builder{rules: r, deals: map[string]bool{}}
	b.j.Offsets = []int32{0}
	for d := range Dimension(Dimensions) {
		b.ids[d] = map[string]uint32{}
		b.id(d, NoTouch)
		b.id(d, NoAnswer)
	}
	return b
}

// Coded makes the builder take the values of touches from their Codes, places in the names of each dimension: no text is looked at for a touch.
func (b *Builder) Coded(names [Dimensions][]string) *Builder {
	b.coded = true
	b.names = names
	for d := range b.codes {
		b.codes[d] = make([]uint32, len(names[d]))
	}
	return b
}

// coding gives the id of a code. A name gets its id when the first touch has it: there is no row of what no journey has.
func (b *Builder) coding(d Dimension, code int32) uint32 {
	if b.codes[d][code] == 0 {
		b.codes[d][code] = b.id(d, b.names[d][code])
	}
	return b.codes[d][code]
}

func (b *Builder) id(d Dimension, value string) uint32 {
	if value == "" {
		value = NotSet
	}
	id, ok := b.ids[d][value]
	if !ok {
		id = uint32(len(b.ids[d]))
		b.ids[d][value] = id
		b.j.Columns[d].Names = append(b.j.Columns[d].Names, value)
	}
	return id
}

// AddDeal adds the journey of a deal: the touches of everyone in its account, in any order. Touches outside the rules are left out and
// counted; a deal without any is kept. The same deal twice is refused (Conflict), so that no revenue counts twice; amounts whose sum an
// int64 does not hold are refused too (TooLarge). After an error the builder is as it was.
func (b *Builder) AddDeal(d Deal, touches []Touch) error {
	const op = "attribution.AddDeal"
	if b.deals[d.ID] {
		return millrace.Errorf(millrace.Conflict, op, "deal %q has a journey already", d.ID)
	}
	if d.Outcome == NoDeal {
		return millrace.FieldErrorf(op, "outcome", "a deal is open, won or lost")
	}
	size := d.Amount
	if size < 0 {
		size = -size
	}
	if size < 0 || b.sum > math.MaxInt64-size {
		return millrace.Errorf(millrace.TooLarge, op, "the amounts of the deals are beyond what can be summed, from deal %q", d.ID)
	}
	if err := b.room(len(touches)); err != nil {
		return err
	}
	b.deals[d.ID] = true
	b.sum += size
	end, known := d.end(b.rules)
	if !known {
		b.j.LeftOut.NoMoment++
	}
	if b.add(d, touches, end) == 0 {
		b.j.LeftOut.NoTouch++
	}
	return nil
}

// AddAccount adds the journey of an account that has no deal: data-driven models learn from it. Without touches in the rules there is no
// journey.
func (b *Builder) AddAccount(touches []Touch) error {
	if err := b.room(len(touches)); err != nil {
		return err
	}
	if b.kept = b.keep(touches, b.rules.AsOf); len(b.kept) > 0 {
		b.put(Deal{})
	}
	return nil
}

func (b *Builder) room(touches int) error {
	if len(b.j.At)+touches > math.MaxInt32 {
		return millrace.Errorf(millrace.TooLarge, "attribution.Builder", "more than %d touches", math.MaxInt32)
	}
	return nil
}

// end is the moment that ends the deal's journey, and whether it is the chosen one.
func (d *Deal) end(r Rules) (millrace.Time, bool) {
	if r.Moment == AtLead && d.Lead != 0 {
		return d.Lead, true
	}
	if r.Moment != AtClose && d.Opportunity != 0 {
		return d.Opportunity, r.Moment == AtOpportunity
	}
	if d.Outcome == Open {
		return r.AsOf, r.Moment == AtClose
	}
	if d.Close != 0 {
		return d.Close, r.Moment == AtClose
	}
	return r.AsOf, false
}

// add adds a journey that ends at a moment and says how many touches it has.
func (b *Builder) add(d Deal, touches []Touch, end millrace.Time) int {
	b.kept = b.keep(touches, end)
	b.put(d)
	return len(b.kept)
}

// keep gives the touches within the rules in their order: by time, then contact, then as they came.
func (b *Builder) keep(touches []Touch, end millrace.Time) []Touch {
	kept := b.kept[:0]
	for _, t := range touches {
		switch {
		case t.At == 0:
			b.j.LeftOut.Undated++
		case t.At > end:
			b.j.LeftOut.After++
		case b.rules.LookBack > 0 && t.At < end-b.rules.LookBack:
			b.j.LeftOut.Before++
		default:
			kept = append(kept, t)
		}
	}
	order := func(x, y Touch) int { return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.Contact, y.Contact)) }
	if !slices.IsSortedFunc(kept, order) {
		slices.SortStableFunc(kept, order)
	}
	return kept
}

// put writes the kept touches and the deal into the columns.
func (b *Builder) put(d Deal) {
	j, lead, opportunity, nonDirect := &b.j, int32(-1), int32(-1), int32(-1)
	for i, t := range b.kept {
		j.At = append(j.At, t.At)
		for dim := range Dimension(Dimensions) {
			if b.coded {
				j.Columns[dim].IDs = append(j.Columns[dim].IDs, b.coding(dim, t.Codes[dim]))
			} else {
				j.Columns[dim].IDs = append(j.Columns[dim].IDs, b.id(dim, t.Values[dim]))
			}
		}
		if t.At <= d.Lead {
			lead = int32(i)
		}
		if t.At <= d.Opportunity {
			opportunity = int32(i)
		}
		if !t.Direct {
			nonDirect = int32(i)
		}
	}
	said := uint32(noAnswerID)
	if d.SelfReported != "" {
		said = b.id(Channel, d.SelfReported)
	}
	j.Deals, j.Outcomes, j.Amounts = append(j.Deals, d.ID), append(j.Outcomes, d.Outcome), append(j.Amounts, d.Amount)
	j.Offsets, j.Said = append(j.Offsets, int32(len(j.At))), append(j.Said, said)
	j.Lead, j.Opportunity, j.NonDirect = append(j.Lead, lead), append(j.Opportunity, opportunity), append(j.NonDirect, nonDirect)
}

// Journeys gives what was built. The builder is not to be used after.
func (b *Builder) Journeys() *Journeys { return &b.j }

// Len is the number of journeys.
func (j *Journeys) Len() int { return len(j.Outcomes) }

// due is what is handed out over a journey, and whether it converted; failed says that it did not and won't.
func (j *Journeys) due(i int, m Measure) (amount int64, converted, failed bool) {
	o := j.Outcomes[i]
	switch m {
	case Revenue, Won:
		converted, failed = o == DealWon, o == DealLost || o == NoDeal
	default:
		converted, failed = o != NoDeal, o == NoDeal
	}
	if !converted {
		return 0, false, failed
	}
	if m == Count || m == Won {
		return CountUnit, true, false
	}
	return j.Amounts[i], true, false
}

// Paths are the journeys as plain paths in a dimension, for the data-driven models: values in minor units (or CountUnit), journeys that are
// undecided neither conversions nor nulls.
func (j *Journeys) Paths(d Dimension, m Measure) *Paths {
	n := j.Len()
	p := &Paths{Channels: j.Columns[d].Names, Offsets: j.Offsets, Touches: j.Columns[d].IDs, HasValue: true,
		Conversions: make([]int64, n), Nulls: make([]int64, n), Values: make([]float64, n)}
	for i := range n {
		amount, converted, failed := j.due(i, m)
		if converted {
			p.Conversions[i], p.Values[i] = 1, float64(amount)
		} else if failed {
			p.Nulls[i] = 1
		}
	}
	return p
}
