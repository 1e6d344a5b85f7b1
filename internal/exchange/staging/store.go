package staging

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/exchange"
	"millrace/internal/lease"
)

// row is an upload as the table has it.
type row struct {
	Upload
	signature, owner, mapping string
	beat                      millrace.Time
}

const columns = "id, file, size, signature, state, owner, beat_at, import, mapping, progress, summary, problem, made_by, made_at, expires_at"

func (r *Room) insert(ctx context.Context, u *Upload, signature string) error {
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "/* upload.insert */ insert into upload ("+columns+") values ($1, $2, $3, $4, $5, '', 0, 0, '', '', '', '', $6, $7, $8)",
			u.ID, u.File, u.Size, signature, string(u.State), u.MadeBy, int64(u.MadeAt), int64(u.ExpiresAt))
		return err
	})
}

func (r *Room) delete(ctx context.Context, id string) error {
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "/* upload.delete */ delete from upload where id = $1", id)
		return err
	})
}

func (r *Room) scan(rows *sql.Rows) (x row, err error) {
	var progress, summary string
	err = rows.Scan(&x.ID, &x.File, &x.Size, &x.signature, (*string)(&x.State), &x.owner, (*int64)(&x.beat), &x.Import, &x.mapping, &progress, &summary, &x.Problem, &x.MadeBy,
		(*int64)(&x.MadeAt), (*int64)(&x.ExpiresAt))
	if err != nil {
		return x, err
	}
	if progress != "" {
		x.Progress = &exchange.RunProgress{}
		err = json.Unmarshal([]byte(progress), x.Progress)
	}
	if summary != "" && err == nil {
		x.Summary = &exchange.Summary{}
		err = json.Unmarshal([]byte(summary), x.Summary)
	}
	if x.Running() && r.holder.Gone(lease.Holder(x.owner), x.beat, r.Clock()) {
		if x.State == Checking { // nothing came of it: it is as before
			x.State, x.Progress = Held, nil
		} else {
			x.State = BrokenOff
		}
	}
	x.Rejects = x.Summary != nil && x.Summary.Rejected > 0 && !x.Running()
	return x, err
}

func (r *Room) get(ctx context.Context, id string) (row, error) {
	found, err := db.Collect(ctx, r.DB, r.scan, "/* upload.get */ select "+columns+" from upload where id = $1", id)
	if err == nil && len(found) == 0 {
		err = millrace.Errorf(millrace.NotFound, "staging", "there is no such upload, or its time is over: send the file again")
	}
	if err != nil {
		return row{}, err
	}
	return found[0], nil
}

// Get gives one upload. NotFound otherwise.
func (r *Room) Get(ctx context.Context, id string) (Upload, error) {
	x, err := r.get(ctx, id)
	return x.Upload, err
}

// List gives all uploads, the newest first.
func (r *Room) List(ctx context.Context) ([]Upload, error) {
	rows, err := db.Collect(ctx, r.DB, r.scan, "/* upload.list */ select "+columns+" from upload order by made_at desc, id")
	out := make([]Upload, len(rows))
	for i := range rows {
		out[i] = rows[i].Upload
	}
	return out, err
}

func (r *Room) ids(ctx context.Context) (map[string]bool, error) {
	list, err := db.Collect(ctx, r.DB, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) }, "/* upload.ids */ select id from upload")
	out := map[string]bool{}
	for _, id := range list {
		out[id] = true
	}
	return out, err
}

// expire deletes the uploads whose time is over, or with all every one; those under way go when they end.
func (r *Room) expire(ctx context.Context, now millrace.Time, all bool) error {
	running, err := r.List(ctx)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		for _, u := range running {
			q := "/* upload.expire */ delete from upload where id = $1 and (expires_at < $2 or $3 <> 0)"
			if u.Running() {
				q = "/* upload.let_go */ update upload set expires_at = 0 where id = $1 and (expires_at < $2 or $3 <> 0)"
			}
			var flag int64
			if all {
				flag = 1
			}
			if _, err := tx.Exec(ctx, q, u.ID, int64(now), flag); err != nil {
				return err
			}
		}
		return nil
	})
}

// claim makes this process the one that works on an upload. Conflict when another was quicker.
func (r *Room) claim(ctx context.Context, x *row, state State, mapping string) error {
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `/* upload.claim */ update upload set state = $1, owner = $2, beat_at = $3, mapping = $4, progress = '', summary = '', problem = '', expires_at = $5
			where id = $6 and owner = $7 and beat_at = $8`, string(state), r.owner, int64(r.Clock()), mapping, int64(later(r.Clock(), heldFor)), x.ID, x.owner, int64(x.beat))
		if err == nil && n == 0 {
			err = millrace.Errorf(millrace.Conflict, "staging.Start", "somebody else has just started it")
		}
		return err
	})
}

// choose keeps the mapping of an upload, for whoever comes back to it.
func (r *Room) choose(ctx context.Context, id, mapping string) error {
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "/* upload.choose */ update upload set mapping = $1, expires_at = $2 where id = $3", mapping, int64(later(r.Clock(), heldFor)), id)
		return err
	})
}

// beat says that the run is alive, and how far.
func (r *Room) beat(ctx context.Context, id string, p exchange.RunProgress, imported int64) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "/* upload.beat */ update upload set beat_at = $1, progress = $2, import = $3 where id = $4 and owner = $5", int64(r.Clock()), string(b), imported, id, r.owner)
		return err
	})
}

// end writes down how a run ended.
func (r *Room) end(ctx context.Context, u *Upload, keep time.Duration) error {
	progress, err := json.Marshal(u.Progress)
	if err != nil {
		return err
	}
	summary := []byte(nil)
	if u.Summary != nil {
		if summary, err = json.Marshal(u.Summary); err != nil {
			return err
		}
	}
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `/* upload.end */ update upload set state = $1, beat_at = $2, import = $3, progress = $4, summary = $5, problem = $6,
			expires_at = case when expires_at = 0 then expires_at else $7 end where id = $8 and owner = $9`,
			string(u.State), int64(r.Clock()), u.Import, string(progress), string(summary), u.Problem, int64(later(r.Clock(), keep)), u.ID, r.owner)
		return err
	})
}
