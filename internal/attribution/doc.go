// Package attribution says which touches brought the pipeline and the revenue: journeys, and models side by side, rule-based and
// data-driven. It is pure: no I/O beyond the reader it is given, no clock, randomness from a seed that the caller names.
//
// There are two ways in. Journeys are built of the workspace's touches and deals (Builder) and carry money in whole minor units: each
// model's credits sum to the revenue exactly, in every dimension. Paths are an analyst's plain path file (ReadPaths) and carry numbers as
// they are: credits are float64, unrounded. The same models run on both; what a path file can't tell (times, milestones, answers) is
// refused with the reason. docs/measurement.md has every model with an example by hand, which is run as a test.
//
// The order of touches within a journey is their time order. A journey without touches is never dropped: its credit stands on NoTouch.
package attribution
