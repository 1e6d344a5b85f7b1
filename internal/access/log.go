package access

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strings"
	"sync/atomic"

	"millrace"
	"millrace/internal/db"
)

// ActorKind is what an Actor is.
type ActorKind string

// The kinds of actor.
const (
	ActorUser        ActorKind = "user"
	ActorKey         ActorKind = "key"
	ActorCommandLine ActorKind = "command_line"
	ActorSystem      ActorKind = "system" // nobody: the server by itself, or a caller who is not known yet
)

// Actor is who does something.
type Actor struct {
	Kind    ActorKind
	ID      string // of the user or the key
	Name    string // as they are called now
	Address string // of the client
}

// String names the actor for facts of the log: the name, and the id where there is one, which stays when the name changes.
func (a Actor) String() string {
	if a.ID == "" {
		return a.Name
	}
	return a.Name + " (" + a.ID + ")"
}

type actorKey struct{}

// WithActor says in whose name what follows is done.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf is whom WithActor named, else the system.
func ActorOf(ctx context.Context) Actor {
	a, ok := ctx.Value(actorKey{}).(Actor)
	if !ok {
		a = Actor{Kind: ActorSystem, Name: "Millrace"}
	}
	return a
}

// Action is what was done.
type Action string

// The actions that the access log holds. Corrections of identity are facts of the log, which has their author; a line here names no contact by
// anything but its id, since erasure does not reach it.
const (
	SetUp           Action = "set_up"
	SignedIn        Action = "session.sign_in"
	SignedOut       Action = "session.sign_out"
	SessionsEnded   Action = "session.end"
	SignInHeldUp    Action = "session.held_up" // too many failures: further attempts are refused for a while
	UserAdded       Action = "user.add"
	UserInvited     Action = "user.invite"
	UserAccepted    Action = "user.accept"
	UserChanged     Action = "user.change"
	UserDisabled    Action = "user.disable"
	UserEnabled     Action = "user.enable"
	UserDeleted     Action = "user.delete"
	PasswordLinked  Action = "password.link" // a link to choose a new password was made
	PasswordChanged Action = "password.change"

	SecondFactorOn    Action = "second_factor.on"
	SecondFactorOff   Action = "second_factor.off"
	SecondFactorCodes Action = "second_factor.recovery_codes" // new ones were made
	SecondFactorReset Action = "second_factor.reset"          // by an admin

	SecondFactorDemanded Action = "second_factor.demand"     // of everybody
	SecondFactorFree     Action = "second_factor.demand_end" // everybody chooses again

	KeyCreated      Action = "key.create"
	KeyRevoked      Action = "key.revoke"
	PlaybookApplied Action = "playbook.apply"
	Imported        Action = "import.create"
	ImportUndone    Action = "import.undo"
	Exported        Action = "export"
	Erased          Action = "contact.erase"
	ReportPublished Action = "report.publish"

	ReportScheduled   Action = "report.schedule" // a dashboard is mailed at set times, or at others than before
	ReportUnscheduled Action = "report.unschedule"
	ReportSent        Action = "report.send"
	ReportStopped     Action = "report.stop" // somebody from outside wants no more of its mails
)

// Actions lists them all.
func Actions() []Action {
	return []Action{SetUp, SignedIn, SignedOut, SessionsEnded, SignInHeldUp, UserAdded, UserInvited, UserAccepted, UserChanged, UserDisabled, UserEnabled, UserDeleted,
		PasswordLinked, PasswordChanged, SecondFactorOn, SecondFactorOff, SecondFactorCodes, SecondFactorReset, SecondFactorDemanded, SecondFactorFree, KeyCreated, KeyRevoked, PlaybookApplied, Imported, ImportUndone, Exported, Erased, ReportPublished,
		ReportScheduled, ReportUnscheduled, ReportSent, ReportStopped}
}

// Entry is one line of the access log.
type Entry struct {
	ID        string        `json:"id"`
	At        millrace.Time `json:"at"`
	ActorKind ActorKind     `json:"actor_kind" enum:"user,key,command_line,system"`
	ActorID   string        `json:"actor_id" doc:"Of the user or the key; empty for others"`
	Actor     string        `json:"actor" doc:"As they were called then"`
	Address   string        `json:"address" doc:"Of the client; empty on the command line"`
	Action    Action        `json:"action"`
	TargetID  string        `json:"target_id"`
	Target    string        `json:"target" doc:"As it was called then. Of an erased person it is the id alone."`
	Detail    string        `json:"detail"`
}

// Event is what happened, for Record.
type Event struct {
	Action   Action
	TargetID string
	Target   string
	Detail   string
}

// entries counts the lines of this process, so that those of one millisecond keep their order.
var entries atomic.Uint64

// longest is how much of a text the access log keeps, in bytes.
const longest = 1000

// record writes a line in the transaction of what it tells.
func record(ctx context.Context, tx *db.Tx, now millrace.Time, e Event) error {
	a := ActorOf(ctx)
	id := fmt.Sprintf("%013d-%06d-%s", int64(now), entries.Add(1)%1_000_000, strings.ToLower(rand.Text()[:6]))
	_, err := tx.Exec(ctx, `/* access_log.add */ insert into access_log (id, at, actor_kind, actor_id, actor, address, action, target_id, target, detail)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		id, int64(now), string(a.Kind), a.ID, kept(a.Name), kept(a.Address), string(e.Action), kept(e.TargetID), kept(e.Target), kept(e.Detail))
	return err
}

// kept is a text as the databases take it, at most longest bytes.
func kept(s string) string {
	return strings.ToValidUTF8(strings.ReplaceAll(s[:min(len(s), longest)], "\x00", ""), "")
}

// Record writes a line about something that was done elsewhere, in the name of the context's actor, who may have gone meanwhile.
func (a *Access) Record(ctx context.Context, e Event) error {
	ctx = context.WithoutCancel(ctx)
	return a.db.Write(ctx, func(tx *db.Tx) error { return record(ctx, tx, a.clock(), e) })
}

// LogFilter chooses lines of the access log. Zero values choose all.
type LogFilter struct {
	Before string // an entry's id: those before it
	Limit  int    // 50 when 0
	Action string
	Actor  string // an id
}

// Log lists the access log, newest first. more says that there are further entries.
func (a *Access) Log(ctx context.Context, f LogFilter) (entries []Entry, more bool, err error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	query := "/* access_log.list */ select id, at, actor_kind, actor_id, actor, address, action, target_id, target, detail from access_log where 1 = 1"
	args := []any{}
	for _, c := range []struct{ condition, value string }{{"id < ", f.Before}, {"action = ", f.Action}, {"actor_id = ", f.Actor}} {
		if c.value != "" {
			args = append(args, c.value)
			query += fmt.Sprintf(" and %s$%d", c.condition, len(args))
		}
	}
	args = append(args, f.Limit+1)
	entries, err = db.Collect(ctx, a.db, func(rows *sql.Rows) (e Entry, err error) {
		err = rows.Scan(&e.ID, (*int64)(&e.At), &e.ActorKind, &e.ActorID, &e.Actor, &e.Address, &e.Action, &e.TargetID, &e.Target, &e.Detail)
		return e, err
	}, fmt.Sprintf("%s order by id desc limit $%d", query, len(args)), args...)
	if more = len(entries) > f.Limit; more {
		entries = entries[:f.Limit]
	}
	return entries, more, err
}
