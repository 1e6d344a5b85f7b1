package access

import (
	"context"
	"strconv"

	"millrace"
	"millrace/internal/db"
)

// demandSetting is the workspace's setting that holds since when a second factor is demanded; there is none while everybody chooses.
const demandSetting = "second_factor_demanded"

// Demand says whether everybody who signs in with a password must have a second factor. Who has none may set one up and sign out, and nothing else.
type Demand struct {
	Since   millrace.Time `json:"demanded_since" doc:"null: everybody chooses for themselves"`
	Without int64         `json:"without" doc:"People who can sign in and have no second factor yet"`
}

// without are the users who can sign in and have no second factor.
const without = "from app_user u where u.disabled_at = 0 and u.password <> '' and not exists (select 1 from second_factor f where f.user_id = u.id and f.confirmed_at > 0)"

// SecondFactorDemand says whether a second factor is demanded, and how many have none.
func (p *People) SecondFactorDemand(ctx context.Context) (Demand, error) { return demandOf(ctx, p.db) }

func demandOf(ctx context.Context, q db.Querier) (d Demand, err error) {
	var since string
	if _, err = db.One(ctx, q, []any{&since}, "/* second_factor.demanded */ select value from setting where name = $1", demandSetting); err != nil {
		return d, err
	}
	if since != "" {
		at, err := strconv.ParseInt(since, 10, 64)
		if err != nil {
			return d, &millrace.Error{Code: millrace.Internal, Op: "access.demandOf", Err: err}
		}
		d.Since = millrace.Time(at)
	}
	_, err = db.One(ctx, q, []any{&d.Without}, "/* second_factor.without */ select count(*) "+without)
	return d, err
}

// DemandSecondFactor demands a second factor of everybody from now on, or lets everybody choose again. It counts at the next request of every session, also of
// those that are open. told are the people whom a new demand leads to setting one up. Conflict when the caller is a user without a second factor: who demands one
// shows that it works here. A key and the command line may always.
func (p *People) DemandSecondFactor(ctx context.Context, on bool) (d Demand, told []User, err error) {
	const op = "access.DemandSecondFactor"
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		told = nil
		if d, err = demandOf(ctx, tx); err != nil || on == (d.Since != 0) {
			return err
		}
		now := p.clock()
		if !on {
			d.Since = 0
			if _, err := tx.Exec(ctx, "/* second_factor.free */ delete from setting where name = $1", demandSetting); err != nil {
				return err
			}
			return record(ctx, tx, now, Event{Action: SecondFactorFree})
		}
		if by := ActorOf(ctx); by.Kind == ActorUser {
			if u, err := p.locked(ctx, tx, by.ID); err != nil {
				return err
			} else if u.SecondFactorAt == 0 {
				return millrace.Errorf(millrace.Conflict, op, "turn your own second factor on first, under Account: then you know that it works here")
			}
		}
		d.Since = now
		if _, err := tx.Exec(ctx, "/* second_factor.demand */ insert into setting (name, value) values ($1, $2) on conflict (name) do nothing", demandSetting, strconv.FormatInt(int64(now), 10)); err != nil {
			return err
		}
		found, err := db.Collect(ctx, tx, scanUser, "/* second_factor.told */ select "+userColumns+" "+without+" order by u.id")
		if err != nil {
			return err
		}
		for _, u := range found {
			told = append(told, u.User)
		}
		return record(ctx, tx, now, Event{Action: SecondFactorDemanded})
	})
	return d, told, err
}
