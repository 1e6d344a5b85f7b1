package attribution

import "slices"

// Part is what a deal adds to a credit.
type Part struct {
	Journey int   // whose
	Credit  int64 // in minor units or CountUnit; 0 of a value that has touches under Markov and ShapleyRate, which credit no single deal
	Touches int   // of the value
	Of      int   // all touches of the journey
}

// Behind gives the parts of which a model's credit to a value of the dimension is made: they add up to Table's. Deals without a part are left out.
// Of Markov and ShapleyRate it gives the converted journeys that have the value. It errs as Table does; a value that there is none of has no parts.
func (j *Journeys) Behind(d Dimension, m Measure, value, model string, o Options) ([]Part, error) {
	if _, err := o.check(model); err != nil {
		return nil, err
	}
	if model == SelfReported && d != Channel {
		return nil, refused(model, "buyers name channels, not the "+d.String())
	}
	at := slices.Index(j.Columns[d].Names, value)
	if at < 0 {
		return nil, nil
	}
	var out []Part
	for i := range j.Len() {
		amount, converted, _ := j.due(i, m)
		if !converted {
			continue
		}
		x, err := j.part(i, d, m, uint32(at), model, o, amount)
		if err != nil {
			return nil, err
		}
		if x.Credit != 0 || x.Touches > 0 && (model == Markov || model == ShapleyRate) {
			out = append(out, x)
		}
	}
	return out, nil
}

// part is what the journey adds.
func (j *Journeys) part(i int, d Dimension, m Measure, id uint32, model string, o Options, amount int64) (Part, error) {
	ids := j.Columns[d].IDs[j.Offsets[i]:j.Offsets[i+1]]
	x := Part{Journey: i, Of: len(ids)}
	for _, other := range ids {
		if other == id {
			x.Touches++
		}
	}
	switch {
	case model == SelfReported:
		if j.Said[i] == id {
			x.Credit = amount
		}
	case len(ids) == 0:
		if id == noTouchID {
			x.Credit = amount
		}
	case x.Touches > 0 && model != Markov && model != ShapleyRate:
		credits, err := j.TouchCredits(i, d, m, model, o)
		if err != nil {
			return x, err
		}
		for t, c := range credits {
			if ids[t] == id {
				x.Credit += c
			}
		}
	}
	return x, nil
}
