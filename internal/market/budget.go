package market

import (
	"math"
	"sort"
	"time"

	"millrace"
)

// Budgeted is DefaultChannels with budgets for what is paid by the click, the reach or the seat, as budgets really are: spring and autumn
// campaigns, a quiet summer, the year's rest spent in November, a step up in the second half. What more of it brings diminishes, as Returns says.
func Budgeted() []Channel {
	out := DefaultChannels()
	for i := range out {
		switch c := &out[i]; c.Key {
		case "linkedin":
			c.Returns, c.Budget = .6, [12]int{40, 60, 260, 70, 60, 40, 20, 30, 240, 260, 140, 20}
		case "google":
			c.Returns, c.Budget = .5, [12]int{60, 60, 140, 60, 50, 40, 20, 20, 200, 220, 270, 60}
		case "display":
			c.Returns, c.Budget = .8, [12]int{40, 60, 180, 60, 60, 40, 40, 40, 180, 180, 240, 60}
		case "webinars":
			c.Returns, c.Budget = .7, [12]int{60, 120, 180, 60, 150, 60, 20, 20, 180, 180, 120, 40}
		case "outbound":
			c.Returns, c.Budget = .9, [12]int{60, 80, 100, 100, 100, 80, 40, 40, 160, 180, 160, 60}
		}
	}
	return out
}

// pace is how a channel with a budget goes with the calendar: leads = a · spend^e from month to month.
type pace struct {
	budget [12]int // as in Channel, per day of the month
	keep   [12]int // chance of a million that what comes in the fullest month comes in this one
	swell  int     // the fullest month beside the mean one, of a thousand
}

func paceOf(c *Channel) *pace {
	if c.Budget == [12]int{} {
		return nil
	}
	p := &pace{budget: c.Budget}
	var volume [12]float64
	most, sum := 0.0, 0.0
	for i, b := range c.Budget {
		volume[i] = math.Pow(float64(b), c.Returns)
		most, sum = max(most, volume[i]), sum+volume[i]
	}
	for i := range volume {
		p.keep[i] = scaled(volume[i]/most, 1e6)
	}
	p.swell = scaled(most*12/sum, 1000)
	return p
}

// swelled is a number of the mean month at the pace of the fullest.
func (p *pace) swelled(n int) int {
	if p == nil {
		return n
	}
	return n * p.swell / 1000
}

// comes says whether what would come by the channel in its fullest month comes at a moment.
func (m *Market) comes(d *draw, channel int, at millrace.Time) bool {
	p := m.ways[channel].pace
	return p == nil || d.ppm(p.keep[m.monthAt(at)])
}

// arrival is the channel that a buyer comes by at a moment: whom no ad of a lean month reaches comes directly.
func (m *Market) arrival(d *draw, weights []int, at millrace.Time) int {
	if c := d.weighted(weights); m.comes(d, c, at) {
		return c
	}
	return 0
}

// monthAt is the calendar month of a moment, from 0 for January; a moment outside of the market's time is taken as its nearest end.
func (m *Market) monthAt(at millrace.Time) int {
	n := sort.Search(len(m.months), func(i int) bool { return m.months[i] > at })
	return (int(m.firstMonth) + n) % 12
}

// setMonths notes the moments within the market's time at which a calendar month begins.
func (m *Market) setMonths() {
	year, month, _ := m.start.Std().Date()
	m.firstMonth = month - 1
	for i := 1; ; i++ {
		at := millrace.TimeOf(time.Date(year, month+time.Month(i), 1, 0, 0, 0, 0, time.UTC))
		if at >= m.end {
			return
		}
		m.months = append(m.months, at)
	}
}

// spread gives an amount to the days of the market's time: evenly, or by the budget. The days add up to it exactly.
func (m *Market) spread(p *pace, total int64, days int) []int64 {
	weight := func(day int) int64 {
		if p == nil {
			return 1
		}
		return int64(p.budget[m.monthAt(m.start+millrace.Time(day)*millrace.Day)])
	}
	sum := int64(0)
	for day := range days {
		sum += weight(day)
	}
	out := make([]int64, days)
	passed, given := int64(0), int64(0)
	for day := range days {
		passed += weight(day)
		upTo := total * passed / max(1, sum)
		out[day], given = upTo-given, upTo
	}
	return out
}
