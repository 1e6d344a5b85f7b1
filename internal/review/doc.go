// Package review judges each channel once a quarter: stop, fix, keep or double, by which rule and how surely; what more or less spend would
// do, how the whole hangs on few channels, and how the mix compares with the one that fits the size of deals. It is pure: figures in, verdicts
// and reasons out. Where there is too little to judge by it says so, and judges nothing.
package review

import "millrace/internal/metrics"

// Input is what a review is told.
type Input struct {
	Period      metrics.Period
	Until       metrics.Day // the last day that is over; months that end later are not fitted
	Currency    string      // of all money
	Channels    []Channel
	Blended     metrics.CostRow // of all channels
	WinRate     metrics.Figure  // of all channels
	AverageDeal metrics.Figure  // of all channels, money
	ACV         metrics.Figure  // of deals won, in US dollars' minor units; undefined where there is none or no rate
	Nobody      bool            // no person and no visit is known at all: whether a channel brought any can't be told
	Motion      string          // the playbook's: "smb", "mid-market", "enterprise", "" for none
}

// Channel is what a review is told of one channel.
type Channel struct {
	Row     metrics.CostRow // of the period, with its months
	Role    string          // "creation", "capture" or "both"; "" where the playbook doesn't name it
	Since   metrics.Day     // when it first brought or cost something, in the period or before; NoDay: not known
	Quality metrics.Figure  // MQL-to-opportunity of its MQLs
	Lags    []float64       // days from an account's first touch to its opportunity, of opportunities that began with the channel
}

// Verdict is what to do with a channel.
type Verdict string

// The verdicts. TooEarly is none.
const (
	Stop     Verdict = "stop"
	Fix      Verdict = "fix"
	Keep     Verdict = "keep"
	Double   Verdict = "double"
	TooEarly Verdict = "too_early"
)

// Row is a channel's review.
type Row struct {
	Channel    string          `json:"channel"`
	Role       string          `json:"role" doc:"creation, capture or both; empty where the playbook does not name the channel"`
	Verdict    Verdict         `json:"verdict" enum:"stop,fix,keep,double,too_early"`
	Rule       string          `json:"rule" doc:"The rule that decided, by its name under rules"`
	Confidence string          `json:"confidence" enum:"high,low,none" doc:"high: the intervals lie on the verdict's side; low: only the values do"`
	Reasons    []string        `json:"reasons"`
	Cost       metrics.CostRow `json:"cost" doc:"Volume and costs of the period, with its months"`
	Quality    metrics.Figure  `json:"quality" doc:"MQL-to-opportunity"`
	Began      int             `json:"began" doc:"Opportunities of the period whose account's first touch was this channel"`
	Lag        metrics.Figure  `json:"lag" doc:"Median days from the first touch to the opportunity, of those"`
	Returns    Returns         `json:"returns"`
}

// ChannelReview is a review of all channels.
type ChannelReview struct {
	Period        metrics.Period  `json:"period"`
	Words         string          `json:"words" doc:"The answer in a sentence"`
	Channels      []Row           `json:"channels" doc:"Largest spend first"`
	Concentration []Concentration `json:"concentration"`
	Fragility     *Fragility      `json:"fragility,omitempty" doc:"What is lost when the largest channel stops; absent without opportunities"`
	Mix           Mix             `json:"mix"`
	Suggested     *Move           `json:"suggested,omitempty" doc:"A move of spend worth trying in a scenario"`
	Rules         []Rule          `json:"rules" doc:"All rules, the first that holds decides"`
}

// Move is a shift of spend.
type Move struct {
	From  string  `json:"from"`
	To    string  `json:"to"`
	Share float64 `json:"share" doc:"Of the first channel's spend"`
}

// Review judges all channels.
func Review(in Input) ChannelReview {
	out := ChannelReview{Period: in.Period, Channels: []Row{}, Concentration: concentrations(in.Channels), Fragility: fragility(in.Channels, in.Currency), Mix: mix(in), Rules: Rules()}
	for _, c := range in.Channels {
		out.Channels = append(out.Channels, judge(in, c))
	}
	out.Words, out.Suggested = summary(out.Channels), suggest(out.Channels)
	return out
}
