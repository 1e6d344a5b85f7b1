// Package restate publishes reports and restates them. A published report is frozen with the position of the log, the playbook and the clock that
// it was of; opened later it shows what it said then, what it says now, and every difference traced to what was learned since: facts that came
// late, identity, imports taken back, corrected tags, rules. Its figures are the measurement room's; it changes none and writes no facts.
package restate

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"runtime/debug"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// Kinds are the reports that can be published.
var Kinds = []string{"economics", "funnel", "sales", "attribution"}

// Ask says what a report is of. Zero values are the defaults of the measure.
type Ask struct {
	From    string  `json:"from,omitempty" format:"date" doc:"First day; without one, a year before the last"`
	To      string  `json:"to,omitempty" format:"date" doc:"Last day, included; without one, the day of publishing"`
	Horizon int     `json:"horizon_days,omitempty" minimum:"1" maximum:"1000" doc:"Days within which a conversion counts; 90 without"`
	LeadBy  string  `json:"lead_by,omitempty" enum:"created,first" doc:"Which touch brought a lead; created without"`
	Lag     int     `json:"lag_days,omitempty" minimum:"0" maximum:"730" doc:"Of economics: how long spend takes to become a customer"`
	Margin  float64 `json:"gross_margin,omitempty" minimum:"0" maximum:"1" doc:"Of economics: 0.8 for 80%"`
	By      string  `json:"by,omitempty" enum:"channel,source,campaign" doc:"Of attribution: what credit goes to; channel without"`
	Measure string  `json:"measure,omitempty" enum:"revenue,pipeline,count,won" doc:"Of attribution: what is credited; revenue without"`
}

// Report is a published report without what it said.
type Report struct {
	ID       int64         `json:"id"`
	Kind     string        `json:"kind" enum:"economics,funnel,sales,attribution"`
	Title    string        `json:"title"`
	Note     string        `json:"note" doc:"What whoever published it wrote beside it"`
	Ask      Ask           `json:"query"`
	Position int64         `json:"position" doc:"The log position that it is of"`
	Playbook string        `json:"playbook" doc:"The version that ruled"`
	At       millrace.Time `json:"at" doc:"When it was published, and the moment up to which what was open was watched"`
	By       string        `json:"by"`
	Code     string        `json:"code" doc:"The program's version"`
	SHA256   string        `json:"sha256" doc:"Of the body's bytes"`
}

// Draft is a report that is to be published.
type Draft struct {
	Kind, Title, Note string
	Ask               Ask
}

// Frozen is a report as it was published. Body is the bytes of then.
type Frozen struct {
	Report
	Body json.RawMessage `json:"body"`
}

// body is what a report says.
type body struct {
	Headline []Figure `json:"headline"`
	Report   any      `json:"report"`
}

// Room publishes and restates. It is safe for concurrent use.
type Room struct {
	engine *engine.Engine
	db     *db.DB
	room   *measure.Room
	code   string

	mu   sync.Mutex
	jobs map[int64]*job // the latest of each report
}

// New makes the room.
func New(e *engine.Engine, room *measure.Room) *Room {
	return &Room{engine: e, db: e.DB(), room: room, code: codeVersion(), jobs: map[int64]*job{}}
}

// codeVersion names the program that works figures out.
func codeVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	out := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(out, s.Value[:min(12, len(s.Value))]) {
			out += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return out
}

const (
	longestTitle = 200
	longestNote  = 2000
	// tries is how often the model of now is asked for before the log's prefix is folded on its own: a busy log grows meanwhile.
	tries = 3
)

// Publish freezes a report of now.
func (r *Room) Publish(ctx context.Context, d Draft, by string) (Frozen, error) {
	const op = "restate.Publish"
	title, note, ask := strings.TrimSpace(d.Title), strings.TrimSpace(d.Note), d.Ask
	if title == "" || utf8.RuneCountInString(title) > longestTitle {
		return Frozen{}, millrace.FieldErrorf(op, "title", "a report has a title of at most %d characters", longestTitle)
	}
	if utf8.RuneCountInString(note) > longestNote {
		return Frozen{}, millrace.FieldErrorf(op, "note", "a note has at most %d characters", longestNote)
	}
	q, err := parse(d.Kind, ask)
	if err != nil {
		return Frozen{}, err
	}
	m, err := r.exact(ctx)
	if err != nil {
		return Frozen{}, err
	}
	p := m.Period(q.span) // what was left to the day of publishing is settled by it
	q.span.From, q.span.To = p.First, p.Last
	ask.From, ask.To = p.First.String(), p.Last.String()
	report, figures, err := q.answer(ctx, m)
	if err != nil {
		return Frozen{}, err
	}
	text, err := json.Marshal(body{figures, report})
	if err != nil {
		return Frozen{}, &millrace.Error{Code: millrace.Internal, Op: op, Message: "the report can't be written", Err: err}
	}
	sum := sha256.Sum256(text)
	f := Frozen{Report{Kind: d.Kind, Title: title, Note: note, Ask: ask, Position: m.Position, Playbook: m.Playbook, At: m.BuiltAt, By: by, Code: r.code,
		SHA256: hex.EncodeToString(sum[:])}, text}
	return f, r.db.InTurn(ctx, "publish", func() error { return r.keep(ctx, &f) })
}

// exact is the model of a position and of the playbook that rules there, with no fact taken in by half.
func (r *Room) exact(ctx context.Context) (*measure.Model, error) {
	for range tries {
		if m, err := r.room.ModelOfEnd(ctx); err != nil || m != nil {
			return m, err
		}
	}
	end, err := r.room.End(ctx)
	if err != nil {
		return nil, err
	}
	return r.room.ModelAt(ctx, engine.Knowledge{Position: end, End: end, At: r.engine.Now(), Playbook: r.engine.RulingVersion()}, nil)
}

func (r *Room) keep(ctx context.Context, f *Frozen) error {
	ask, err := json.Marshal(f.Ask)
	if err != nil {
		return err
	}
	return r.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := db.One(ctx, tx, []any{&f.ID}, "/* report.next */ select coalesce(max(id), 0) + 1 from published_report"); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `/* report.add */ insert into published_report (id, kind, title, query, position, playbook, at, made_by, code, body, sha256, note)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, f.ID, f.Kind, f.Title, string(ask), f.Position, f.Playbook, int64(f.At), f.By, f.Code, []byte(f.Body), f.SHA256, f.Note)
		return err
	})
}

const reportColumns = "id, kind, title, note, query, position, playbook, at, made_by, code, sha256"

func scanReport(rows *sql.Rows, more ...any) (x Report, err error) {
	var ask string
	if err := rows.Scan(append([]any{&x.ID, &x.Kind, &x.Title, &x.Note, &ask, &x.Position, &x.Playbook, (*int64)(&x.At), &x.By, &x.Code, &x.SHA256}, more...)...); err != nil {
		return x, err
	}
	if err := json.Unmarshal([]byte(ask), &x.Ask); err != nil {
		return x, &millrace.Error{Code: millrace.Internal, Op: "restate.Reports", Message: "a stored report's query can't be read", Err: err}
	}
	return x, nil
}

// Reports lists what was published, newest first.
func (r *Room) Reports(ctx context.Context) ([]Report, error) {
	list, err := db.Collect(ctx, r.db, func(rows *sql.Rows) (Report, error) { return scanReport(rows) },
		"/* report.list */ select "+reportColumns+" from published_report order by id desc")
	if list == nil {
		list = []Report{}
	}
	return list, err
}

// Headline are the figures that the report begins with, as they were published.
func (f *Frozen) Headline() ([]Figure, error) {
	var then struct {
		Headline []Figure `json:"headline"`
	}
	if err := json.Unmarshal(f.Body, &then); err != nil {
		return nil, &millrace.Error{Code: millrace.Internal, Op: "restate.Report", Message: "a stored report can't be read", Err: err}
	}
	return then.Headline, nil
}

// Report gives a report as it was published. It errs with NotFound, and with Internal where the bytes are no longer those that were published.
func (r *Room) Report(ctx context.Context, id int64) (Frozen, error) {
	const op = "restate.Report"
	list, err := db.Collect(ctx, r.db, func(rows *sql.Rows) (f Frozen, err error) {
		var text []byte
		f.Report, err = scanReport(rows, &text)
		f.Body = text
		return f, err
	}, "/* report.get */ select "+reportColumns+", body from published_report where id = $1", id)
	if err != nil {
		return Frozen{}, err
	}
	if len(list) == 0 {
		return Frozen{}, millrace.Errorf(millrace.NotFound, op, "there is no report %d", id)
	}
	if sum := sha256.Sum256(list[0].Body); hex.EncodeToString(sum[:]) != list[0].SHA256 {
		return Frozen{}, millrace.Errorf(millrace.Internal, op, "the bytes of report %d are not those that were published", id)
	}
	return list[0], nil
}

// day reads a calendar day, NoDay for none.
func day(field, s string) (metrics.Day, error) {
	if s == "" {
		return metrics.NoDay, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, millrace.FieldErrorf("restate.Publish", field, "%q is no day such as 2026-03-31", s)
	}
	return metrics.DayOf(t.Date()), nil
}
