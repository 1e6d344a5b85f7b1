// Package audit asks of a lead-generation program whether it has one of the known ways to fail. Each check has a question, a rule with its
// source, evidence in sentences and figures, the money at stake where it can be computed, and the next action; what can't be judged from the
// data at hand says so, and what to bring.
//
// A check fails only when the data are sure of it: a share is judged by the ends of its interval, not by its value, and what has too few
// observations is not judged. Nothing is invented where the data are silent: money is null where no amount stands behind it.
//
// The package is pure: it takes figures that the caller has counted, and asks no clock, file or database.
package audit
