package access

import (
	"context"
	"database/sql"

	"millrace"
	"millrace/internal/db"
)

// Deleted is a user who was deleted, and what of theirs opens something still.
type Deleted struct {
	User User  `json:"user" doc:"As they were"`
	Keys []Key `json:"keys" nullable:"false" doc:"Keys that they made and that go on working: they may know the secret ones, so revoke what they alone used"`
}

// Delete deletes a user for good, found by id or address: they, their sessions and links, and what the other rooms keep of them alone. What they did
// stays: facts and the access log name them, keys that they made are the workspace's. The address is free again, for somebody with another id.
// NotFound when there is none; Conflict when it is the caller themselves, or nobody would be left who can sign in as an admin.
func (p *People) Delete(ctx context.Context, who string) (out Deleted, err error) {
	err = p.db.Write(ctx, func(tx *db.Tx) error {
		if err := p.holdAdmins(ctx, tx); err != nil {
			return err
		}
		u, err := p.locked(ctx, tx, who)
		if err != nil {
			return err
		}
		if by := ActorOf(ctx); by.Kind == ActorUser && by.ID == u.ID {
			return millrace.Errorf(millrace.Conflict, "access.Delete", "this is you: another admin can delete you")
		}
		if err := p.drop(ctx, tx, u.User); err != nil {
			return err
		}
		if err := p.anAdminIsLeft(ctx, tx, u, stored{}); err != nil {
			return err
		}
		out.User = u.User
		if out.Keys, err = keysOf(ctx, tx, u.User); err != nil {
			return err
		}
		return record(ctx, tx, p.clock(), Event{UserDeleted, u.ID, u.Email, u.Name + ", " + string(u.Role)})
	})
	return out, err
}

// drop removes a user and all that is theirs alone.
func (p *People) drop(ctx context.Context, tx *db.Tx, u User) error {
	for _, leave := range p.leaving {
		if err := leave(ctx, tx, u); err != nil {
			return err
		}
	}
	if err := p.shutOut(ctx, tx, u); err != nil {
		return err
	}
	if err := dropFactor(ctx, tx, u); err != nil {
		return err
	}
	if err := p.succeeded(ctx, tx, passwordsOf(u)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "/* user.delete */ delete from app_user where id = $1", u.ID)
	return err
}

// keysOf gives the keys that a user made and that were not revoked.
func keysOf(ctx context.Context, q db.Querier, u User) ([]Key, error) {
	keys, err := db.Collect(ctx, q, func(rows *sql.Rows) (k Key, err error) {
		err = scanKey(rows, &k)
		return k, err
	}, "/* key.of */ select "+columns+` from api_key where revoked_at = 0
		and id in (select target_id from access_log where action = 'key.create' and actor_kind = 'user' and actor_id = $1) order by created_at desc, id desc`, u.ID)
	if keys == nil {
		keys = []Key{}
	}
	return keys, err
}
