package eventlog

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
)

// TestJoinChunks: whichever step the joining of old chunks is at, each subject's rows are found, once and in the order of their positions.
func TestJoinChunks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		ctx := t.Context()
		d, err := db.Open(ctx, url, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		const subjects, spread = 40, 37 // 37 chunks of which few positions are taken: two groups and a part of one that grows
		rng := rand.New(rand.NewPCG(1, 2))
		want := map[int64][]int64{}
		add := func(chunk, n int64) {
			t.Helper()
			var rows []Row
			for i := range n {
				r := Row{Seq: chunk<<ChunkBits + i + 1, Kind: millrace.KindTrack, Subject: 1 + rng.Int64N(subjects)}
				if chunk == 3 {
					r.Subject = 7 // one with more rows than a slice
				}
				want[r.Subject] = append(want[r.Subject], r.Seq)
				rows = append(rows, r)
			}
			if err := d.Write(ctx, func(tx *db.Tx) error { return Append(ctx, tx, rows) }); err != nil {
				t.Fatal(err)
			}
		}
		for chunk := range int64(spread) {
			switch chunk {
			case 3, 20:
				add(chunk, joinedRows+500)
			case 9: // nothing
			default:
				add(chunk, 50)
			}
		}
		found := func(from int64) {
			t.Helper()
			for s := int64(1); s <= subjects; s++ {
				var got []int64
				if err := OfSubject(ctx, d, s, from, 1<<62, func(r *Row) error { got = append(got, r.Seq); return nil }); err != nil {
					t.Fatal(err)
				}
				late := slices.DeleteFunc(slices.Clone(want[s]), func(seq int64) bool { return seq < from })
				if got = slices.DeleteFunc(got, func(seq int64) bool { return seq < from }); !slices.Equal(got, late) {
					t.Fatalf("subject %d: %d rows %v…, want %d", s, len(got), got[:min(5, len(got))], len(late))
				}
			}
		}
		steps := 0
		for more := true; more; steps++ {
			if err := d.Write(ctx, func(tx *db.Tx) (err error) { more, err = JoinChunks(ctx, tx); return err }); err != nil {
				t.Fatal(err)
			}
			if steps%5 == 0 {
				found(0)
				found(20<<ChunkBits + 10)
			}
		}
		found(0)
		left := chunksOf(t, ctx, d)
		if want := []int64{15, 31, 32, 33, 34, 35, 36}; !slices.Equal(left, want) || steps < 30 {
			t.Errorf("%d steps left %v, want %v", steps, left, want)
		}
		add(spread, 50)
		found(0)
	})
}

func chunksOf(t *testing.T, ctx context.Context, q db.Querier) (chunks []int64) {
	t.Helper()
	rows, err := q.Query(ctx, "select chunk from event_chunk order by chunk")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c int64
		if err := rows.Scan(&c); err != nil {
			t.Fatal(err)
		}
		chunks = append(chunks, c)
	}
	return chunks
}

// Chunks come to as many as the log's length has digits, to base sixteen: each step makes the next one's groups.
func TestNextJoin(t *testing.T) {
	t.Parallel()
	var chunks []int64
	moved := map[int64]int{}
	for chunk := range int64(5000) {
		chunks = append(chunks, chunk)
		for {
			from, to, found := nextJoin(chunks)
			if !found {
				break
			}
			i := slices.Index(chunks, from)
			if i < 0 || chunks[i+1] != to {
				t.Fatalf("%d is not before %d in %v", from, to, chunks)
			}
			chunks = slices.Delete(chunks, i, i+1)
			moved[from]++
		}
	}
	if want := []int64{4095, 4351, 4607, 4863, 4879, 4895, 4911, 4927, 4943, 4959, 4975, 4991}; !slices.Equal(chunks[:len(want)], want) || len(chunks) != len(want)+8 {
		t.Errorf("left %v", chunks)
	}
	for from, n := range moved {
		if n > 1 {
			t.Fatalf("%d was moved %d times under its number", from, n)
		}
	}
}
