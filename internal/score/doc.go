// Package score says who fits and who is ready. It compiles a playbook into Rules, and Rules answer four questions: which
// behaviour an event scores for (Match), what a subject's intent is (Intent, with Add as its exact shortcut and Explain as its
// account to the reader), how well a person or an account fits the ideal customer profiles (Fit), and which committee role a
// person has (Role).
//
// Intent is a sum that halves every half-life. It is kept as a whole number scaled to a fixed grid of moments, the epochs
//
//	T_k = k · 16 · H        (H: the half-life in milliseconds)
//
// so that a fact's contribution, points · 2^((occurred − T_k)/H) · 2^16 rounded to a whole number, never changes as the clock
// moves. Sums of contributions do not depend on the order of facts, can be subtracted, and rank the same at every clock. All of it
// is integer arithmetic: every machine gets the same figures.
//
// The package is pure: no I/O (but for the time-zone database that package time reads in Compile), no clock, no state outside
// its values. Rules are safe for concurrent use.
package score
