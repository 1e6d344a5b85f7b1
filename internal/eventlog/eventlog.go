// Package eventlog keeps the append-only log: rows of facts, the keys that make them unique, the index by subject, and the words they
// share. It appends inside the caller's transaction and reads from any offset. It knows nothing of what a fact means.
package eventlog

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/db"
)

// ChunkBits is the width of a chunk of the subject index: within one chunk of 16,384 positions the index stays local while it grows.
const ChunkBits = 14

// FlagOwnWords marks a row whose name or place stands in its body, because it must not be shared.
const FlagOwnWords millrace.Flags = 1 << 7

// Row is one fact as the log holds it. Subject, Anon and Object are identifier ids (0 none), Name and Place interned words (0 none or in
// the body), times Unix milliseconds. Body is the personal payload, see Body.
type Row struct {
	Seq        int64
	Kind       millrace.Kind
	Flags      millrace.Flags
	Subject    int64
	Anon       int64
	Object     int64
	Name       int64
	Place      int64
	Source     int64
	Import     int64
	OccurredAt millrace.Time
	RecordedAt millrace.Time
	ReceivedAt millrace.Time
	Refs       []byte // further identifiers that the fact names, see AppendRef; nil for most facts
	Body       []byte
}

// Recorded is when the source wrote the fact down, or when the log took it.
func (r *Row) Recorded() millrace.Time {
	if r.RecordedAt != 0 {
		return r.RecordedAt
	}
	return r.ReceivedAt
}

// Key is a fact's identity: the sender's own timestamp, which keeps the table local, and 128 bits of a keyed hash of source and id.
type Key struct {
	SentAt millrace.Time
	H1, H2 int64
}

// KeyOf hashes (source, id) under the workspace's secret, so that the table says nothing about the id once the fact is erased.
func KeyOf(secret [32]byte, source, id string, sentAt millrace.Time) Key {
	var buf [256]byte
	b := append(buf[:0], secret[:]...)
	b = binary.AppendUvarint(b, uint64(len(source)))
	b = append(b, source...)
	b = append(b, id...)
	h := sha256.Sum256(b)
	return Key{SentAt: sentAt, H1: int64(binary.BigEndian.Uint64(h[:8])), H2: int64(binary.BigEndian.Uint64(h[8:16]))}
}

func (k Key) compare(o Key) int {
	return cmp.Or(cmp.Compare(k.SentAt, o.SentAt), cmp.Compare(k.H1, o.H1), cmp.Compare(k.H2, o.H2))
}

// Claim stores the keys with the positions first+i and gives, for each key, the position that holds it: its own when it is new, the
// older one's when the log had it, or an earlier one's of the same call.
func Claim(ctx context.Context, tx *db.Tx, keys []Key, first int64) ([]int64, error) {
	held := make([]int64, len(keys))
	order := make([]int, len(keys))
	for i := range keys {
		held[i], order[i] = first+int64(i), i
	}
	slices.SortStableFunc(order, func(a, b int) int { return keys[a].compare(keys[b]) })
	args := make([]any, 0, 4*len(keys))
	unique := 0
	for n, i := range order {
		if n > 0 && keys[order[n-1]] == keys[i] {
			held[i] = held[order[n-1]]
			continue
		}
		args = append(args, int64(keys[i].SentAt), keys[i].H1, keys[i].H2, held[i])
		unique++
	}
	changed, err := tx.InsertMany(ctx, "/* key.claim */ insert into event_key (sent_at, h1, h2, seq)", 4, "on conflict do nothing", args)
	if err != nil || changed == int64(unique) {
		return held, err
	}
	for n, i := range order {
		if n > 0 && keys[order[n-1]] == keys[i] {
			held[i] = held[order[n-1]]
			continue
		}
		k := keys[i]
		if _, err := db.One(ctx, tx, []any{&held[i]}, "/* key.holder */ select seq from event_key where sent_at = $1 and h1 = $2 and h2 = $3",
			int64(k.SentAt), k.H1, k.H2); err != nil {
			return nil, err
		}
	}
	return held, nil
}

const columns = "seq, kind, flags, subject, anon, object, name, place, source, import, occurred_at, recorded_at, received_at, refs, body"

// Append writes the rows, in the order of their positions, and indexes each under its subject and, where it has one, its object.
func Append(ctx context.Context, tx *db.Tx, rows []Row) error {
	if len(rows) == 0 {
		return nil
	}
	args := make([]any, 0, 15*len(rows))
	type entry struct{ chunk, subject, seq int64 }
	entries := make([]entry, 0, len(rows)+len(rows)/4)
	for i := range rows {
		r := &rows[i]
		args = append(args, r.Seq, int64(r.Kind), int64(r.Flags), r.Subject, r.Anon, r.Object, r.Name, r.Place, r.Source, r.Import,
			int64(r.OccurredAt), int64(r.RecordedAt), int64(r.ReceivedAt), r.Refs, r.Body)
		if r.Subject != 0 {
			entries = append(entries, entry{r.Seq >> ChunkBits, r.Subject, r.Seq})
		}
		if r.Object != 0 && r.Object != r.Subject {
			entries = append(entries, entry{r.Seq >> ChunkBits, r.Object, r.Seq})
		}
	}
	if _, err := tx.InsertMany(ctx, "/* event.append */ insert into event ("+columns+")", 15, "", args); err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.chunk, b.chunk), cmp.Compare(a.subject, b.subject), cmp.Compare(a.seq, b.seq))
	})
	args = args[:0]
	for _, e := range entries {
		args = append(args, e.chunk, e.subject, e.seq)
	}
	if _, err := tx.InsertMany(ctx, "/* event.index */ insert into event_subject (chunk, subject, seq)", 3, "", args); err != nil {
		return err
	}
	args = args[:0]
	for c := rows[0].Seq >> ChunkBits; c <= rows[len(rows)-1].Seq>>ChunkBits; c++ {
		args = append(args, c)
	}
	more, err := tx.InsertMany(ctx, "/* event.chunk */ insert into event_chunk (chunk)", 1, "on conflict do nothing", args)
	if err != nil || more == 0 {
		return err
	}
	return tx.Analyze(ctx, "event_chunk")
}

func scan(rows *sql.Rows, r *Row) error {
	return rows.Scan(&r.Seq, &r.Kind, &r.Flags, &r.Subject, &r.Anon, &r.Object, &r.Name, &r.Place, &r.Source, &r.Import,
		(*int64)(&r.OccurredAt), (*int64)(&r.RecordedAt), (*int64)(&r.ReceivedAt), &r.Refs, &r.Body)
}

// Scan calls fn for each row with from < seq ≤ to in order of position. fn may keep the row's Body.
func Scan(ctx context.Context, q db.Querier, from, to int64, fn func(r *Row) error) error {
	rows, err := q.Query(ctx, "/* event.scan */ select "+columns+" from event where seq > $1 and seq <= $2 order by seq", from, to)
	if err != nil {
		return err
	}
	return each(rows, fn)
}

// Plain is a behaviour that names nobody but its subject, brings no words of its own and came by no import: most of a log, in few columns.
type Plain struct {
	Seq         int64
	Kind        millrace.Kind
	Flags       millrace.Flags
	Subject     int64
	Name, Place int64
	OccurredAt  millrace.Time
	Body        []byte // valid until fn returns
}

// isPlain is the condition for a row to be a Plain. Flags below 128 have no FlagOwnWords.
const isPlain = "kind in (2, 3, 4) and refs is null and import = 0 and flags < 128"

// ScanPlain calls fn for each plain row with from < seq ≤ to, in order of position.
func ScanPlain(ctx context.Context, q db.Querier, from, to int64, fn func(r *Plain) error) error {
	rows, err := q.Query(ctx, "/* event.scan_plain */ select seq, kind * 256 + flags, subject, name * 4294967296 + place, occurred_at, body from event where seq > $1 and seq <= $2 and "+
		isPlain+" order by seq", from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r Plain
	var kind, words int64
	var body sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&r.Seq, &kind, &r.Subject, &words, (*int64)(&r.OccurredAt), &body); err != nil {
			return millrace.Errorf(millrace.Internal, "eventlog", "reading a row: %v", err)
		}
		r.Kind, r.Flags, r.Name, r.Place, r.Body = millrace.Kind(kind>>8), millrace.Flags(kind&0xff), words>>32, words&0xffffffff, body
		if err := fn(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ScanOther calls fn for each row with from < seq ≤ to that is not plain, in order of position. fn may keep the row's Body.
func ScanOther(ctx context.Context, q db.Querier, from, to int64, fn func(r *Row) error) error {
	rows, err := q.Query(ctx, "/* event.scan_other */ select "+columns+" from event where seq > $1 and seq <= $2 and not ("+isPlain+") order by seq", from, to)
	if err != nil {
		return err
	}
	return each(rows, fn)
}

// ScanLinks calls fn for each row with from < seq ≤ to that names more than its subject, in order of position. Those of its columns are read
// that say who is who: words, times but OccurredAt, and the body are left out. fn may not keep the row's Refs.
func ScanLinks(ctx context.Context, q db.Querier, from, to int64, fn func(r *Row) error) error {
	rows, err := q.Query(ctx, "/* event.scan_links */ select seq, kind * 256 + flags, subject, anon, object, import, occurred_at, refs from event where seq > $1 and seq <= $2 and "+
		"(anon <> 0 or refs is not null or kind not in (1, 2, 3, 4, 5)) order by seq", from, to)
	if err != nil {
		return err
	}
	defer rows.Close()
	var r Row
	var kind int64
	var refs sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&r.Seq, &kind, &r.Subject, &r.Anon, &r.Object, &r.Import, (*int64)(&r.OccurredAt), &refs); err != nil {
			return millrace.Errorf(millrace.Internal, "eventlog", "reading a row: %v", err)
		}
		r.Kind, r.Flags, r.Refs = millrace.Kind(kind>>8), millrace.Flags(kind&0xff), refs
		if err := fn(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// named reads rows of namedColumns: of which kind each is, and the identifiers that it names, which are fn's until it returns.
func named(fn func(k millrace.Kind, ids []int64) error) func(rows *sql.Rows) error {
	var ids []int64
	return func(rows *sql.Rows) error {
		var kind, subject, anon, object int64
		var refs sql.RawBytes
		if err := rows.Scan(&kind, &subject, &anon, &object, &refs); err != nil {
			return millrace.Errorf(millrace.Internal, "eventlog", "reading a row: %v", err)
		}
		ids = ids[:0]
		for _, id := range [...]int64{subject, anon, object} {
			if id != 0 {
				ids = append(ids, id)
			}
		}
		EachRef(refs, func(_ RefKind, id int64) { ids = append(ids, id) })
		return fn(millrace.Kind(kind), ids)
	}
}

const namedColumns = "select e.kind, e.subject, e.anon, e.object, e.refs from event e "

// ScanNamed calls fn for each row with from < seq ≤ to, in order of position, with its kind and the identifiers that it names, which are fn's until it returns.
func ScanNamed(ctx context.Context, q db.Querier, from, to int64, fn func(k millrace.Kind, ids []int64) error) error {
	return db.Each(ctx, q, "/* event.scan_named */ "+namedColumns+"where e.seq > $1 and e.seq <= $2 order by e.seq", named(fn), from, to)
}

// NamedAt is ScanNamed of the rows at some positions.
func NamedAt(ctx context.Context, q db.Querier, seqs []int64, fn func(k millrace.Kind, ids []int64) error) error {
	return db.SelectIn(ctx, q, "/* event.named_at */ "+namedColumns+"where %s", "e.seq", seqs, named(fn))
}

// NamedFirst is ScanNamed of the rows that an import brought first.
func NamedFirst(ctx context.Context, q db.Querier, imp int64, fn func(k millrace.Kind, ids []int64) error) error {
	return db.Each(ctx, q, "/* event.named_first */ "+namedColumns+"where e.import = $1 and e.import > 0", named(fn), imp)
}

// NamedAgain is ScanNamed of the rows that an import brought again.
func NamedAgain(ctx context.Context, q db.Querier, imp int64, fn func(k millrace.Kind, ids []int64) error) error {
	return db.Each(ctx, q, "/* event.named_again */ "+namedColumns+"join event_bringer b on b.seq = e.seq where b.import = $1", named(fn), imp)
}

// OfSubject calls fn for each row up to position to that is indexed under the identifier, whose first row is not before firstSeq.
func OfSubject(ctx context.Context, q db.Querier, subject, firstSeq, to int64, fn func(r *Row) error) error {
	rows, err := q.Query(ctx, `/* event.of_subject */ select e.seq, e.kind, e.flags, e.subject, e.anon, e.object, e.name, e.place, e.source, e.import,
		e.occurred_at, e.recorded_at, e.received_at, e.refs, e.body
		from event_chunk c cross join event_subject s cross join event e
		where c.chunk >= $1 and s.chunk = c.chunk and s.subject = $2 and e.seq = s.seq and e.seq <= $3 order by c.chunk, s.seq`,
		firstSeq>>ChunkBits, subject, to)
	if err != nil {
		return err
	}
	return each(rows, fn)
}

// OfSubjectKinds is OfSubject of those rows alone that are of some kinds.
func OfSubjectKinds(ctx context.Context, q db.Querier, subject, firstSeq, to int64, kinds []millrace.Kind, fn func(r *Row) error) error {
	list := make([]string, len(kinds))
	for i, k := range kinds {
		list[i] = strconv.Itoa(int(k))
	}
	rows, err := q.Query(ctx, `/* event.of_subject_kinds */ select e.seq, e.kind, e.flags, e.subject, e.anon, e.object, e.name, e.place, e.source, e.import,
		e.occurred_at, e.recorded_at, e.received_at, e.refs, e.body
		from event_chunk c cross join event_subject s cross join event e
		where c.chunk >= $1 and s.chunk = c.chunk and s.subject = $2 and e.seq = s.seq and e.seq <= $3 and e.kind in (`+strings.Join(list, ", ")+`) order by c.chunk, s.seq`,
		firstSeq>>ChunkBits, subject, to)
	if err != nil {
		return err
	}
	return each(rows, fn)
}

// OfSubjects is OfSubject of several identifiers together, by position; firstSeq is the earliest of theirs. It asks for as many as come at
// once: of a list PostgreSQL reads whole chunks where the log is small, and short lists would make it read them again and again.
func OfSubjects(ctx context.Context, q db.Querier, subjects []int64, firstSeq, to int64, fn func(r *Row) error) error {
	if len(subjects) == 0 {
		return nil
	}
	list := make([]string, len(subjects))
	for i, id := range subjects {
		list[i] = strconv.FormatInt(id, 10)
	}
	seqs, err := db.Collect(ctx, q, func(rows *sql.Rows) (seq int64, err error) {
		err = rows.Scan(&seq)
		return seq, err
	}, `/* event.seqs_of_subjects */ select s.seq from event_chunk c cross join event_subject s
		where c.chunk >= $1 and s.chunk = c.chunk and s.seq <= $2 and s.subject in (`+strings.Join(list, ", ")+`) order by s.seq`, firstSeq>>ChunkBits, to)
	if err != nil {
		return err
	}
	return At(ctx, q, slices.Compact(seqs), fn)
}

// OfEach calls fn with each of the identifiers and each row up to position to that is indexed under it, by position; firstSeq is the earliest of theirs.
func OfEach(ctx context.Context, q db.Querier, subjects []int64, firstSeq, to int64, fn func(subject int64, r *Row) error) error {
	under := map[int64][]int64{}
	if err := db.SelectIn(ctx, q, `/* event.seqs_of_each */ select s.subject, s.seq from event_chunk c cross join event_subject s
		where c.chunk >= $1 and s.chunk = c.chunk and s.seq <= $2 and %s`, "s.subject", subjects, func(rows *sql.Rows) error {
		var subject, seq int64
		err := rows.Scan(&subject, &seq)
		under[seq] = append(under[seq], subject)
		return err
	}, firstSeq>>ChunkBits, to); err != nil {
		return err
	}
	return At(ctx, q, slices.Sorted(maps.Keys(under)), func(r *Row) error {
		for _, subject := range under[r.Seq] {
			if err := fn(subject, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// OfImport calls fn for up to limit rows after position from that the import brought first.
func OfImport(ctx context.Context, q db.Querier, imp, from int64, limit int, fn func(r *Row) error) error {
	rows, err := q.Query(ctx, "/* event.of_import */ select "+columns+" from event where import = $1 and import > 0 and seq > $2 order by seq limit $3", imp, from, limit)
	if err != nil {
		return err
	}
	return each(rows, fn)
}

// At reads the rows at the positions.
func At(ctx context.Context, q db.Querier, seqs []int64, fn func(r *Row) error) error {
	return db.SelectIn(ctx, q, "/* event.at */ select "+columns+" from event where %s", "seq", seqs, func(rows *sql.Rows) error {
		var r Row
		if err := scan(rows, &r); err != nil {
			return err
		}
		return fn(&r)
	})
}

func each(rows *sql.Rows, fn func(r *Row) error) error {
	defer rows.Close()
	for rows.Next() {
		var r Row
		if err := scan(rows, &r); err != nil {
			return millrace.Errorf(millrace.Internal, "eventlog", "reading a row: %v", err)
		}
		if err := fn(&r); err != nil {
			return err
		}
	}
	return rows.Err()
}
