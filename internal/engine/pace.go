package engine

import "time"

// pace says how much one transaction of a longer work takes: about as much as others can wait for. Whoever else writes (requests, the job queue, of which
// several parts wait on one connection) is held up by one transaction at each turn.
type pace struct {
	least, most int
	aim         time.Duration // of one transaction
}

var (
	undoPace  = pace{100, 2000, 200 * time.Millisecond} // facts; an account's cost what the account is large
	sweepPace = pace{20, 500, 100 * time.Millisecond}   // people, and as many accounts
)

// next is how much the next transaction takes, when the one before did n in a time that it waited for nobody: half to twice as much.
func (p pace) next(n int, took time.Duration) int {
	fit := float64(n) * float64(p.aim) / float64(max(took, time.Millisecond))
	return int(min(max(fit, float64(n)/2, float64(p.least)), float64(n)*2, float64(p.most)))
}
