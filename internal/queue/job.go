package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"millrace"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// kind is how jobs of one kind are run; it is river's worker for them.
type kind struct {
	river.WorkerDefaults[payload]
	timeout     time.Duration // 0: the queue's
	maxAttempts int
	run         func(ctx context.Context, job *river.Job[payload]) error
}

func (k *kind) Timeout(*river.Job[payload]) time.Duration               { return k.timeout }
func (k *kind) Work(ctx context.Context, job *river.Job[payload]) error { return k.run(ctx, job) }

// payload carries a job's arguments through river as they stand in the database, so that one type serves every kind.
type payload struct {
	kind string
	json json.RawMessage
}

func (p payload) Kind() string                  { return p.kind }
func (p payload) MarshalJSON() ([]byte, error)  { return p.json, nil }
func (p *payload) UnmarshalJSON(b []byte) error { p.json = append(p.json[:0], b...); return nil }

// Option tunes a kind of job.
type Option func(*kind)

// Timeout ends the context of a job of this kind after d.
func Timeout(d time.Duration) Option { return func(k *kind) { k.timeout = d } }

// MaxAttempts is how often a job of this kind is tried before it is discarded; 25, over about three weeks.
func MaxAttempts(n int) Option { return func(k *kind) { k.maxAttempts = n } }

var kindName = regexp.MustCompile(`^[a-z][a-z0-9_.\-]{1,99}$`)

// register panics when the kind's name is malformed or taken, or the queue runs: defects of the program, found at its first start.
func (q *Queue) register(name string, k *kind) {
	if !kindName.MatchString(name) {
		panic(fmt.Sprintf("queue: the kind %q is not like \"mail.send\"", name))
	}
	if _, taken := q.kinds[name]; taken {
		panic(fmt.Sprintf("queue: the kind %q is registered twice", name))
	}
	if q.running.Load() != nil {
		panic(fmt.Sprintf("queue: the kind %q is registered after Start", name))
	}
	q.kinds[name] = k
}

// Handle registers fn for jobs of a kind whose arguments are a T, kept as a JSON object. All kinds are registered before Start. A job
// whose fn gives an error (or panics) is tried again after 1 s, 16 s, 81 s and so on; see Permanent, MaxAttempts. Arguments that are
// not a T can't become one, so such a job is cancelled.
func Handle[T any](q *Queue, name string, fn func(ctx context.Context, args T) error, opts ...Option) {
	k := &kind{maxAttempts: river.MaxAttemptsDefault}
	k.run = func(ctx context.Context, job *river.Job[payload]) error {
		var args T
		if err := json.Unmarshal(job.Args.json, &args); err != nil {
			return Permanent(fmt.Errorf("the arguments of %s: %w", name, err))
		}
		return fn(ctx, args)
	}
	for _, o := range opts {
		o(k)
	}
	q.register(name, k)
}

// Permanent marks a handler's error as one that trying again won't mend: the job is cancelled.
func Permanent(err error) error { return river.JobCancel(err) }

// InsertOption tunes one job.
type InsertOption func(*newJob)

// At makes the job wait until t: it runs within about 5 s after. A t in the past is now.
func At(t time.Time) InsertOption { return func(j *newJob) { j.at = t } }

// newJob is a job to be inserted.
type newJob struct {
	kind        string
	args        json.RawMessage
	maxAttempts int
	at          time.Time // zero: now
}

func (j newJob) state() string {
	if j.at.IsZero() {
		return string(rivertype.JobStateAvailable)
	}
	return string(rivertype.JobStateScheduled)
}

func (q *Queue) newJob(op, name string, args any, opts []InsertOption) (newJob, error) {
	k, ok := q.kinds[name]
	if !ok {
		return newJob{}, millrace.Errorf(millrace.Internal, op, "no handler is registered for jobs of the kind %q", name)
	}
	text, err := json.Marshal(args)
	if err != nil {
		return newJob{}, &millrace.Error{Code: millrace.Internal, Op: op, Message: "the arguments of " + name, Err: err}
	}
	if text[0] != '{' {
		return newJob{}, millrace.Errorf(millrace.Internal, op, "the arguments of %s must be a JSON object, got %.40s", name, text)
	}
	j := newJob{kind: name, args: text, maxAttempts: k.maxAttempts}
	for _, o := range opts {
		o(&j)
	}
	return j, nil
}

// Insert adds a job and gives its id. When it returns, the job is durable.
func (q *Queue) Insert(ctx context.Context, kind string, args any, opts ...InsertOption) (int64, error) {
	const op = "queue.Insert"
	j, err := q.newJob(op, kind, args, opts)
	if err != nil {
		return 0, err
	}
	res, err := q.client().Insert(ctx, payload{kind: kind, json: j.args}, &river.InsertOpts{MaxAttempts: j.maxAttempts, ScheduledAt: j.at})
	if err != nil {
		return 0, failed(op, err)
	}
	return res.Job.ID, nil
}

// Tx is a write transaction of the database that the queue's tables are in, with $n placeholders.
type Tx interface {
	Exec(ctx context.Context, query string, args ...any) (int64, error)
}

// InsertTx adds a job in the caller's transaction: it is there when that commits, and not when it rolls back.
func (q *Queue) InsertTx(ctx context.Context, tx Tx, kind string, args any, opts ...InsertOption) error {
	const op = "queue.InsertTx"
	j, err := q.newJob(op, kind, args, opts)
	if err != nil {
		return err
	}
	return failed(op, q.backend.insert(ctx, tx, j))
}

// State is where a job stands.
type State string

// The states. The last three are final; their jobs are removed after a while.
const (
	Available State = "available" // waits for a free worker
	Scheduled State = "scheduled" // waits for its time
	Running   State = "running"
	Retryable State = "retryable" // failed, waits to be tried again
	Completed State = "completed"
	Cancelled State = "cancelled" // failed with a permanent error
	Discarded State = "discarded" // failed as often as it may
)

// Job is a job as a list shows it. Times that have not come are zero.
type Job struct {
	ID          int64           `json:"id"`
	Kind        string          `json:"kind"`
	Args        json.RawMessage `json:"args"`
	State       State           `json:"state"`
	Attempt     int             `json:"attempt"` // how often it was begun
	MaxAttempts int             `json:"max_attempts"`
	CreatedAt   millrace.Time   `json:"created_at"`
	ScheduledAt millrace.Time   `json:"scheduled_at"` // when it may run, or run again
	AttemptedAt millrace.Time   `json:"attempted_at"`
	FinishedAt  millrace.Time   `json:"finished_at"`
	LastError   string          `json:"last_error,omitempty"`
}

// Filter chooses jobs for a list. The zero Filter is the newest 100 of all.
type Filter struct {
	Kinds  []string
	States []State
	Before int64 // only ids below this one: the last id of the page before
	Limit  int   // 100; at most 1000
}

// Jobs lists jobs, the newest first.
func (q *Queue) Jobs(ctx context.Context, f Filter) ([]Job, error) {
	params := river.NewJobListParams().OrderBy(river.JobListOrderByID, river.SortOrderDesc).First(100)
	if f.Limit > 0 {
		params = params.First(min(f.Limit, 1000))
	}
	if len(f.Kinds) > 0 {
		params = params.Kinds(f.Kinds...)
	}
	if len(f.States) > 0 {
		states := make([]rivertype.JobState, len(f.States))
		for i, s := range f.States {
			states[i] = rivertype.JobState(s)
		}
		params = params.States(states...)
	}
	if f.Before > 0 {
		params = params.Where("id < @before", river.NamedArgs{"before": f.Before})
	}
	res, err := q.client().JobList(ctx, params)
	if err != nil {
		return nil, failed("queue.Jobs", err)
	}
	jobs := make([]Job, len(res.Jobs))
	for i, row := range res.Jobs {
		jobs[i] = jobOf(row)
	}
	return jobs, nil
}

func jobOf(row *rivertype.JobRow) Job {
	j := Job{
		ID: row.ID, Kind: row.Kind, Args: row.EncodedArgs, State: State(row.State), Attempt: row.Attempt, MaxAttempts: row.MaxAttempts,
		CreatedAt: millrace.TimeOf(row.CreatedAt), ScheduledAt: millrace.TimeOf(row.ScheduledAt),
	}
	if row.AttemptedAt != nil {
		j.AttemptedAt = millrace.TimeOf(*row.AttemptedAt)
	}
	if row.FinalizedAt != nil {
		j.FinishedAt = millrace.TimeOf(*row.FinalizedAt)
	}
	if n := len(row.Errors); n > 0 {
		j.LastError = row.Errors[n-1].Error
	}
	return j
}

// Retry makes a job run again now, whether it waits, failed or finished. A running job is left alone. NotFound when there is none.
func (q *Queue) Retry(ctx context.Context, id int64) (Job, error) {
	row, err := q.client().JobRetry(ctx, id)
	if errors.Is(err, river.ErrNotFound) {
		return Job{}, millrace.Errorf(millrace.NotFound, "queue.Retry", "there is no job %d: finished ones are removed after a while", id)
	}
	if err != nil {
		return Job{}, failed("queue.Retry", err)
	}
	return jobOf(row), nil
}
