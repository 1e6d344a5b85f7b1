// Package survival holds the statistics under the measures: times to an event with censoring and competing events, and intervals of shares,
// counts, means, medians, slopes and ratios. Durations are whole days and are kept as counts by day, so that an estimate over a million
// durations takes one pass and no sort. The package knows no funnel and no money. It is pure.
package survival
