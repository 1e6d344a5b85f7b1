package measure

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"millrace"
	"millrace/internal/channel"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/eventlog"

	"github.com/tidwall/gjson"
)

// followSlice bounds a short transaction that takes facts in.
const followSlice = 20_000

// Follow brings the room up to the log's end. It may run in several processes at once: each slice is taken in once.
func (r *Room) Follow(ctx context.Context) error {
	r.following.Lock()
	defer r.following.Unlock()
	for {
		from, err := r.begun(ctx)
		if err != nil {
			return err
		}
		var end int64
		if _, err := db.One(ctx, r.db, []any{&end}, "/* measure.end */ select seq from writer where id = 1"); err != nil {
			return err
		}
		if from >= end {
			return nil
		}
		s, err := r.reader.read(ctx, r.db, from, min(end, from+r.slice))
		if err != nil {
			return err
		}
		if err := r.take(ctx, s); err != nil {
			return err
		}
		if s.erased != nil {
			r.drop() // nothing of the person may linger in memory
		}
	}
}

// begun gives the position up to which the room has read. What other code made is dropped, and read anew.
func (r *Room) begun(ctx context.Context) (int64, error) {
	var at, version int64
	found, err := db.One(ctx, r.db, []any{&at, &version}, "/* measure.position */ select position, version from projection where name = $1", projectionName)
	if err != nil || found && version == projectionVersion {
		return at, err
	}
	return 0, r.reset(ctx, false)
}

// roomTables are all that the room keeps.
var roomTables = [...]string{"touch_block", "touch_origin", "stage_fact", "self_report", "retag"}

// reset drops all that the room keeps, so that it is read from the log's beginning; unless always, only where other code made it. Of several
// processes that come to it at once one does.
func (r *Room) reset(ctx context.Context, always bool) error {
	return r.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, "/* measure.start */ insert into projection (name, version, position) values ($1, 0, 0) on conflict (name) do nothing", projectionName); err != nil {
			return err
		}
		if err := lock(ctx, tx); err != nil {
			return err
		}
		var version int64
		if _, err := db.One(ctx, tx, []any{&version}, "/* measure.version */ select version from projection where name = $1", projectionName); err != nil {
			return err
		}
		if version == projectionVersion && !always {
			return nil
		}
		for _, t := range roomTables {
			if _, err := tx.Exec(ctx, "/* measure.drop */ delete from "+t); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, "/* measure.known */ insert into touch_origin (id, text) values ($1, $2)", knownOrigin, origin{Known: true}.text()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "/* measure.restart */ update projection set version = $1, position = 0 where name = $2", projectionVersion, projectionName)
		return err
	})
}

// lock makes writers of the room's tables follow each other.
func lock(ctx context.Context, tx *db.Tx) error {
	_, err := tx.Exec(ctx, "/* measure.lock */ update projection set position = position where name = $1", projectionName)
	return err
}

// slice is what was read from a stretch of the log.
type slice struct {
	from, to int64
	marks    []mark   // origins are places in origins
	origins  []string // texts
	index    map[string]int64
	stages   []any
	reports  []any
	retags   []retagFact
	erased   map[int64]bool // positions of all erased facts, where somebody was erased in the slice; else nil
}

// reader reads facts as the room takes them in.
type reader struct {
	words   map[int64]string // interned words that were met, bounded by the log's own bound
	neutral *channel.Classifier
}

func newReader() *reader {
	return &reader{words: map[int64]string{}, neutral: channel.New(nil, nil)}
}

// read takes in the facts of a stretch of the log.
func (r *reader) read(ctx context.Context, q db.Querier, from, to int64) (*slice, error) {
	s := &slice{from: from, to: to, index: map[string]int64{}}
	var rows []eventlog.Row
	erasures := false
	if err := eventlog.Scan(ctx, q, from, to, func(row *eventlog.Row) error {
		switch {
		case row.Flags&(millrace.FlagBot|millrace.FlagErased) != 0:
		case row.Kind.Behavior(), row.Kind == millrace.KindIdentify, row.Kind == millrace.KindContact, row.Kind == millrace.KindStage, row.Kind == millrace.KindRetag:
			rows = append(rows, *row)
		case row.Kind == millrace.KindErased:
			erasures = true
		}
		return nil
	}); err != nil {
		return nil, err
	}
	if err := r.learnWords(ctx, q, rows); err != nil {
		return nil, err
	}
	for i := range rows {
		r.note(s, &rows[i])
	}
	if !erasures {
		return s, nil
	}
	var err error
	s.erased, err = engine.ErasedFacts(ctx, q)
	return s, err
}

// note takes one fact into the slice.
func (r *reader) note(s *slice, row *eventlog.Row) {
	m := mark{seq: row.Seq, subject: row.Subject, at: row.OccurredAt, imp: row.Import}
	switch {
	case row.Kind == millrace.KindStage:
		s.stage(row)
		return
	case row.Kind == millrace.KindRetag:
		s.retag(row)
		return
	case m.subject == 0:
		return
	}
	data := eventlog.Data(row.Body)
	if answer := selfReported(data); answer != "" {
		s.reports = append(s.reports, row.Seq, row.Subject, int64(row.OccurredAt), row.Import, answer)
	}
	if !row.Kind.Behavior() {
		if row.Flags.Has(millrace.FlagUndated) {
			m.at = 0
		}
		m.origin = knownOrigin
		s.marks = append(s.marks, m)
		return
	}
	e := millrace.Event{Kind: row.Kind, Name: r.words[row.Name], Data: data, Context: eventlog.Context(row.Body)}
	place := r.words[row.Place]
	if row.Flags.Has(eventlog.FlagOwnWords) {
		if row.Name == 0 {
			e.Name = eventlog.Field(row.Body, "name")
		}
		if row.Place == 0 {
			place = eventlog.Field(row.Body, "place")
		}
	}
	if e.Host = place; strings.IndexByte(place, '/') >= 0 {
		e.Host = place[:strings.IndexByte(place, '/')]
	}
	o, ok := originOf(r.neutral, &e)
	if !ok {
		return
	}
	m.place, m.origin = row.Place, s.originID(o.text())
	s.marks = append(s.marks, m)
}

// originID numbers the slice's origins, from 0.
func (s *slice) originID(text string) int64 {
	id, ok := s.index[text]
	if !ok {
		id = int64(len(s.origins)) + knownOrigin + 1
		s.index[text] = id
		s.origins = append(s.origins, text)
	}
	return id
}

// stage notes a decision.
func (s *slice) stage(row *eventlog.Row) {
	var d struct {
		Of       string         `json:"of"`
		Stage    millrace.Stage `json:"stage"`
		Previous millrace.Stage `json:"previous"`
		Reason   string         `json:"reason"`
		Playbook string         `json:"playbook"`
		Stated   millrace.Time  `json:"stated"`
	}
	if json.Unmarshal(eventlog.Data(row.Body), &d) != nil {
		return
	}
	of := ofContact
	if d.Of == "account" {
		of = ofAccount
	}
	s.stages = append(s.stages, row.Seq, of, row.Subject, int64(row.OccurredAt), int64(d.Stage), int64(d.Previous), d.Reason, d.Playbook, int64(d.Stated))
}

// What a stage fact is of.
const (
	ofContact int64 = 1
	ofAccount int64 = 2
)

// selfReportTraits are the names under which forms and CRMs send the answer to "how did you hear about us?".
var selfReportTraits = [...]string{"how_did_you_hear", "how_did_you_hear_about_us", "howDidYouHear", "howDidYouHearAboutUs", "heard_about_us", "self_reported_source",
	"selfReportedSource", "self_reported_attribution"}

// selfReported is what the person said about how they came, "" when they were not asked.
func selfReported(data []byte) string {
	if len(data) == 0 || !strings.Contains(string(data), "ear") && !strings.Contains(string(data), "eported") {
		return ""
	}
	for _, name := range selfReportTraits {
		if v := gjson.GetBytes(data, name); v.Type == gjson.String && strings.TrimSpace(v.Str) != "" {
			return strings.TrimSpace(v.Str)
		}
	}
	return ""
}

// learnWords looks the interned words of the rows up together.
func (r *reader) learnWords(ctx context.Context, q db.Querier, rows []eventlog.Row) error {
	missing := map[int64]struct{}{}
	for i := range rows {
		for _, w := range [...]int64{rows[i].Name, rows[i].Place} {
			if _, ok := r.words[w]; w != 0 && !ok {
				missing[w] = struct{}{}
			}
		}
	}
	ids := make([]int64, 0, len(missing))
	for id := range missing {
		ids = append(ids, id)
	}
	return db.SelectIn(ctx, q, "/* measure.words */ select id, value from interned where %s", "id", ids, func(rows *sql.Rows) error {
		var id int64
		var value string
		err := rows.Scan(&id, &value)
		r.words[id] = value
		return err
	})
}

// take writes a slice, unless another process has taken it in.
func (r *Room) take(ctx context.Context, s *slice) error {
	return r.db.Write(ctx, func(tx *db.Tx) error {
		if err := lock(ctx, tx); err != nil {
			return err
		}
		at, err := position(ctx, tx)
		if err != nil || at != s.from {
			return err
		}
		if err := s.name(ctx, tx); err != nil {
			return err
		}
		if err := appendMarks(ctx, tx, s.marks); err != nil {
			return err
		}
		if _, err := tx.InsertMany(ctx, "/* measure.stages */ insert into stage_fact (seq, of_kind, subject, at, stage, previous, reason, version, stated)", 9, "on conflict do nothing", s.stages); err != nil {
			return err
		}
		if _, err := tx.InsertMany(ctx, "/* measure.reports */ insert into self_report (seq, subject, at, import, answer)", 5, "on conflict do nothing", s.reports); err != nil {
			return err
		}
		if err := writeRetags(ctx, tx, s.retags); err != nil {
			return err
		}
		if s.erased != nil {
			if err := forget(ctx, tx, s.erased); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, "/* measure.advance */ update projection set position = $1 where name = $2", s.to, projectionName)
		return err
	})
}

// name gives the slice's origins their ids in the table.
func (s *slice) name(ctx context.Context, tx *db.Tx) error {
	ids, err := originIDs(ctx, tx, s.origins)
	if err != nil {
		return err
	}
	var next int64
	if _, err := db.One(ctx, tx, []any{&next}, "/* measure.next_origin */ select coalesce(max(id), 0) + 1 from touch_origin"); err != nil {
		return err
	}
	var args []any
	for _, text := range s.origins {
		if _, ok := ids[text]; !ok {
			ids[text] = next
			args = append(args, next, text)
			next++
		}
	}
	if _, err := tx.InsertMany(ctx, "/* measure.origins */ insert into touch_origin (id, text)", 2, "", args); err != nil {
		return err
	}
	for i := range s.marks {
		if m := &s.marks[i]; m.origin != knownOrigin {
			m.origin = ids[s.origins[m.origin-knownOrigin-1]]
		}
	}
	return nil
}

func originIDs(ctx context.Context, q db.Querier, texts []string) (map[string]int64, error) {
	ids := make(map[string]int64, len(texts))
	return ids, db.SelectIn(ctx, q, "/* measure.origin_ids */ select id, text from touch_origin where %s", "text", texts, func(rows *sql.Rows) error {
		var id int64
		var text string
		err := rows.Scan(&id, &text)
		ids[text] = id
		return err
	})
}

// appendMarks fills the last block and begins new ones.
func appendMarks(ctx context.Context, tx *db.Tx, marks []mark) error {
	if len(marks) == 0 {
		return nil
	}
	var id, count int64
	var data []byte
	found, err := db.One(ctx, tx, []any{&id, &count, &data}, "/* measure.last_block */ select id, count, data from touch_block order by id desc limit 1")
	if err != nil {
		return err
	}
	if found && count < blockSize {
		var old []mark
		if err := eachMark(data, func(m mark) { old = append(old, m) }); err != nil {
			return err
		}
		marks = append(old, marks...)
	} else {
		id++
	}
	return writeBlocks(ctx, tx, id, marks)
}

// writeBlocks packs marks into blocks with ids from first on.
func writeBlocks(ctx context.Context, tx *db.Tx, first int64, marks []mark) error {
	var args []any
	for id := first; len(marks) > 0; id++ {
		n := min(len(marks), blockSize)
		var b []byte
		prev := mark{}
		for _, m := range marks[:n] {
			b = appendMark(b, prev, m)
			prev = m
		}
		args = append(args, id, prev.seq, int64(n), b)
		marks = marks[n:]
	}
	_, err := tx.InsertMany(ctx, "/* measure.blocks */ insert into touch_block (id, last_seq, count, data)", 4,
		"on conflict (id) do update set last_seq = excluded.last_seq, count = excluded.count, data = excluded.data", args)
	return err
}

// forget removes what the erased facts left: their marks, stage decisions and answers, and origins that only they had.
func forget(ctx context.Context, tx *db.Tx, erased map[int64]bool) error {
	blocks, err := db.Collect(ctx, tx, func(rows *sql.Rows) (b []byte, err error) {
		err = rows.Scan(&b)
		return b, err
	}, "/* measure.all_blocks */ select data from touch_block order by id")
	if err != nil {
		return err
	}
	var kept []mark
	used := map[int64]bool{knownOrigin: true}
	for _, b := range blocks {
		if err := eachMark(b, func(m mark) {
			if !erased[m.seq] {
				kept = append(kept, m)
				used[m.origin] = true
			}
		}); err != nil {
			return err
		}
	}
	if _, err := tx.Exec(ctx, "/* measure.forget_blocks */ delete from touch_block"); err != nil {
		return err
	}
	if err := writeBlocks(ctx, tx, 1, kept); err != nil {
		return err
	}
	for _, table := range [...]string{"stage_fact", "self_report"} {
		if err := deleteSome(ctx, tx, table, "seq", func(seq int64) bool { return erased[seq] }); err != nil {
			return err
		}
	}
	return deleteSome(ctx, tx, "touch_origin", "id", func(id int64) bool { return !used[id] })
}

// deleteSome deletes the rows of a table whose key says so.
func deleteSome(ctx context.Context, tx *db.Tx, table, key string, gone func(key int64) bool) error {
	keys, err := db.Collect(ctx, tx, func(rows *sql.Rows) (k int64, err error) {
		err = rows.Scan(&k)
		return k, err
	}, "/* measure.keys */ select "+key+" from "+table)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !gone(k) {
			continue
		}
		if _, err := tx.Exec(ctx, "/* measure.forget */ delete from "+table+" where "+key+" = $1", k); err != nil {
			return err
		}
	}
	return nil
}
