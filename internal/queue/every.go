package queue

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/riverqueue/river"
)

// recurring is a job that runs once in every period.
type recurring struct {
	kind   string
	period time.Duration
	busy   sync.Mutex // held while a run is under way on this node
}

// run says which period a recurring job is for.
type run struct {
	Due time.Time `json:"due"` // the period's begin
}

// Every runs fn once in every period of length d, on one node of all. Periods are counted in UTC from a fixed point (hours begin at the
// full hour, days at midnight), so restarts and changes of the leading node neither repeat nor skip one; a period in which no node was up
// is skipped. A run that fails is tried again as other jobs are, until its period is over. While a run is under way on a node, that node
// begins no second one; after a run longer than d another node may, so fn claims what it works on. d is at least a second. Registered
// before Start, name is unique among all kinds.
func (q *Queue) Every(name string, d time.Duration, fn func(ctx context.Context) error, opts ...Option) {
	if d < time.Second {
		panic(fmt.Sprintf("queue: the period of %q is %s, below a second", name, d))
	}
	r := &recurring{kind: name, period: d}
	k := &kind{maxAttempts: river.MaxAttemptsDefault}
	for _, o := range opts {
		o(k)
	}
	k.run = func(ctx context.Context, job *river.Job[payload]) error {
		var this run
		if err := json.Unmarshal(job.Args.json, &this); err != nil {
			return Permanent(fmt.Errorf("the arguments of %s: %w", name, err))
		}
		if job.Attempt > 1 && !time.Now().Before(this.Due.Add(d)) {
			return nil // the next period's run has taken over
		}
		if !r.busy.TryLock() {
			return nil
		}
		defer r.busy.Unlock()
		return fn(ctx)
	}
	q.register(name, k)
	q.every = append(q.every, r)
}

// next is the job for the period at hand, unique by that period.
func (r *recurring) next() (river.JobArgs, *river.InsertOpts) {
	text, err := json.Marshal(run{Due: periodAt(time.Now(), r.period)})
	if err != nil { // a year past 9999
		return nil, nil
	}
	return payload{kind: r.kind, json: text}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{ByArgs: true}}
}

// periodAt is the begin of the period that now is in. A timer can fire a little before its wall-clock time, so the last quarter of a
// second counts for the period to come.
func periodAt(now time.Time, d time.Duration) time.Time {
	return now.UTC().Add(time.Second / 4).Truncate(d)
}

// aligned is a schedule that comes due at the begin of every period.
type aligned time.Duration

// Next is the first begin of a period after t.
func (a aligned) Next(t time.Time) time.Time {
	d := time.Duration(a)
	return t.Truncate(d).Add(d)
}
