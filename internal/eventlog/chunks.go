package eventlog

import (
	"context"
	"database/sql"

	"millrace/internal/db"
)

// The subject index is kept by chunks of positions, so that it stays local while it grows; whoever looks for a subject looks once into each chunk. So
// chunks that the log has left behind are joined, sixteen of them under the number of the last one, sixteen such likewise, and so on: how many there are grows
// with the logarithm of the log.
const (
	groupBits  = 4    // of each step
	chunkBits  = 40   // more than the number of any chunk has
	joinedRows = 4000 // index rows that one transaction moves at most, but for those of a single subject
)

// JoinChunks moves some of the index's rows from a chunk to the one after it in its group, and says whether there may be more to move. It is for
// a transaction that others may wait for. The order of a subject's rows by chunk and position stays that of their positions: the
// last chunks of a group are joined first, and of a subject all rows or none are moved.
func JoinChunks(ctx context.Context, tx *db.Tx) (more bool, err error) {
	chunks, err := db.Collect(ctx, tx, func(rows *sql.Rows) (chunk int64, err error) {
		err = rows.Scan(&chunk)
		return chunk, err
	}, "/* chunk.all */ select chunk from event_chunk order by chunk")
	if err != nil {
		return false, err
	}
	from, to, found := nextJoin(chunks)
	if !found {
		return false, nil
	}
	var first, end int64
	some, err := db.One(ctx, tx, []any{&first}, "/* chunk.first */ select subject from event_subject where chunk = $1 order by chunk, subject, seq limit 1", from)
	if err != nil {
		return false, err
	}
	left, err := db.One(ctx, tx, []any{&end}, "/* chunk.slice */ select subject from event_subject where chunk = $1 order by chunk, subject, seq limit 1 offset $2", from, joinedRows)
	if err != nil {
		return false, err
	}
	if some {
		last := int64(1<<63 - 1)
		if left {
			last = max(first, end-1)
		}
		if _, err := tx.Exec(ctx, `/* chunk.join */ insert into event_subject (chunk, subject, seq)
			select cast($1 as bigint), subject, seq from event_subject where chunk = $2 and subject <= $3 order by subject, seq`, to, from, last); err != nil {
			return false, err
		}
		if _, err := tx.Exec(ctx, "/* chunk.joined */ delete from event_subject where chunk = $1 and subject <= $2", from, last); err != nil {
			return false, err
		}
		if left {
			return true, nil
		}
	}
	if _, err := tx.Exec(ctx, "/* chunk.drop */ delete from event_chunk where chunk = $1", from); err != nil {
		return false, err
	}
	return true, nil
}

// nextJoin finds the two last chunks of the first group that is complete and has more than one, small groups before those that they make up. The last
// group, to which the log still adds, is none.
func nextJoin(chunks []int64) (from, to int64, found bool) {
	for bits := groupBits; bits < chunkBits && !found; bits += groupBits {
		from, to, found = joinIn(chunks, bits)
	}
	return from, to, found
}

// joinIn is nextJoin of the groups whose chunks agree but for so many bits.
func joinIn(chunks []int64, bits int) (from, to int64, found bool) {
	if len(chunks) == 0 {
		return 0, 0, false
	}
	growing := chunks[len(chunks)-1] >> bits
	for n := range len(chunks) - 1 {
		group := chunks[n] >> bits
		if group == growing {
			break
		}
		if chunks[n+1]>>bits != group {
			continue
		}
		last := n + 1
		for last+1 < len(chunks) && chunks[last+1]>>bits == group {
			last++
		}
		return chunks[last-1], chunks[last], true
	}
	return 0, 0, false
}
