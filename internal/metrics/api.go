package metrics

import (
	"math/rand/v2"
	"time"

	"millrace"
)

// Rates converts money. It is immutable.
type Rates struct{}

// NewCalendar is the calendar of a time zone; nil is UTC.
func NewCalendar(loc *time.Location) *Calendar { return nil }

// Day is the day that a moment falls on, NoDay for 0.
func (c *Calendar) Day(t millrace.Time) Day { return 0 }

// NewRates takes the rates as they stand, in any order. A pair that is given only the other way round is used inverted; no rate is made
// of two others. The rate of a day is the latest on or before it that is at most maxAge days old (0: 7). Rates that are no positive
// decimal are left out and counted.
func NewRates(rates []Rate, maxAge int) (*Rates, []LeftOut) { return nil, nil }

// DefaultBands is the table of benchmarks: the field's figures, source "domain defaults". The caller may change the copy it gets.
func DefaultBands() Bands { return nil }

// Episodes makes the episodes from one stage to another of contacts, or of accounts when moves are theirs. An episode begins with a Move
// into from, converts with the first entry of to or of a stage beyond it (Skipped), or, for to = StageOpportunity and StageCustomer, when
// an opportunity opens, or is won, on the account held at entry; and ends otherwise with a move to lead, recycled, disqualified or
// any stage before from. Re-entry after an end is a new episode. Episodes that begin while an opportunity is already open on the account can't convert
// by opening one: they are left out and counted, as are undated entries, and episodes whose outcome is undated.
func Episodes(moves []Move, deals []Deal, from, to millrace.Stage, o Options) EpisodeSet {
	return EpisodeSet{}
}

// DealEpisodes makes one episode of each deal, from opened to won; lost ends it otherwise. Its key is "opportunity_to_close".
func DealEpisodes(deals []Deal, o Options) EpisodeSet { return EpisodeSet{} }

// Funnel measures episodes, whole, by month of entry and by each dimension. Entries outside of the period of entry are not looked at
// (the zero Period: all).
func Funnel(set EpisodeSet, entered Period, dims []Dim, o Options) FunnelReport {
	return FunnelReport{}
}

// Flows counts the passages between stages, largest first.
func Flows(moves []Move, o Options) ([]Flow, []LeftOut) { return nil, nil }

// TimeInStage measures how long subjects stay in each stage.
func TimeInStage(moves []Move, o Options) ([]StageTime, []LeftOut) { return nil, nil }

// UnitEconomics measures what leads, MQLs, SQLs, opportunities and customers cost, blended, by channel and by campaign.
func UnitEconomics(in EconomicsInput, o Options) Economics { return Economics{} }

// Retention measures NRR, GRR and logo churn from the first day of a period to its last. Amounts of both days are converted at the
// rates of the first, so that currencies moving is no expansion.
func Retention(contracts []Contract, period Period, o Options) RetentionReport {
	return RetentionReport{}
}

// ExpansionPipeline adds up the open deals by origin.
func ExpansionPipeline(deals []Deal, o Options) ExpansionReport { return ExpansionReport{} }

// Deals measures win rate, cycle and velocity of the deals closed in a period, whole (the first row) and by one dimension (the rest, by
// won amount, largest first; a Dim without Labels: none).
func Deals(deals []Deal, period Period, dim Dim, o Options) ([]DealRow, []LeftOut) { return nil, nil }

// VelocityChange takes the change of velocity between two periods apart into its four factors, by their Shapley values: the mean, over
// all orders of changing one factor after the other, of what changing it does. They add up to the change.
func VelocityChange(before, after VelocityReport) Change { return Change{} }

// Coverage is the open pipeline expected to close by the period's last day, over what is still missing to the target. Deals without
// an expected day count where they were opened on or before the period's last day.
func Coverage(deals []Deal, period Period, target millrace.Money, o Options) Figure { return Figure{} }

// Forecast says what the quarter will bring. The interval is simulated with rng, holding both the chance of each deal and that the
// rates are estimates (each draw bootstraps the history); the same seed gives the same interval.
func Forecast(in ForecastInput, rng *rand.Rand, o Options) ForecastReport { return ForecastReport{} }

// Plan goes back from a revenue target to deals, opportunities, MQLs, leads and spend, by channel.
func Plan(in PlanInput, o Options) PlanReport { return PlanReport{} }

// Why says why a headline figure moved: for ratios, what of it is a change of the segments' rates and what of their mix (the midpoint
// method: each effect at the mean of the two periods, so that they add up exactly); for sums, each segment's volume.
func Why(key string, unit Unit, currency string, components []Component) Change { return Change{} }
