// Package mailing brings dashboards to people by mail, weekly or monthly at a time of the workspace's. A due moment is taken by one server alone, in the
// transaction that writes a row for each mail and asks for the jobs that send them; a mail whose sending was broken off is never sent again, since it may
// have been taken.
package mailing

import (
	"context"
	"database/sql"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"crypto/rand"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dashboard"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/measure"
)

// Spans are the periods that a scheduled view can be of. All but this-quarter end on the day before the mail.
func Spans() []string {
	return []string{"last-7-days", "last-30-days", "last-week", "last-month", "last-quarter", "this-quarter"}
}

// Schedule is a view that is mailed at set times.
type Schedule struct {
	ID         string        `json:"id"`
	Title      string        `json:"title"`
	View       string        `json:"view" enum:"executive,channel,content,sales,abm"`
	Span       string        `json:"span" enum:"last-7-days,last-30-days,last-week,last-month,last-quarter,this-quarter"`
	Compare    string        `json:"compare" enum:"none,previous,year"`
	Every      string        `json:"every" enum:"weekly,monthly"`
	Day        int           `json:"day" doc:"1 Monday to 7 Sunday, or the day of the month: in a shorter one its last"`
	At         string        `json:"at" doc:"Such as 08:00, in the workspace's time zone"`
	Paused     bool          `json:"paused"`
	NextAt     millrace.Time `json:"next_at" doc:"When it is sent next; null while it is paused"`
	By         string        `json:"by"`
	CreatedAt  millrace.Time `json:"created_at"`
	ChangedBy  string        `json:"changed_by" doc:"Empty where nobody changed it yet"`
	Revision   int64         `json:"revision" doc:"Grows with each change; a change that names an older one is refused"`
	Recipients []Recipient   `json:"recipients" nullable:"false"`
	Latest     []Delivery    `json:"latest" nullable:"false" doc:"The mails of the last due moment"`

	minute int
	due    millrace.Time
}

// Recipient is who gets the mails: a user, or somebody else by their address.
type Recipient struct {
	Who     string `json:"who" doc:"A user's id, or an address"`
	Name    string `json:"name" doc:"Of a user; empty for others"`
	Stopped bool   `json:"stopped" doc:"They asked not to get it any more"`
}

// Delivery is what became of one mail.
type Delivery struct {
	Who       string        `json:"who"`
	DueAt     millrace.Time `json:"due_at"`
	State     string        `json:"state" enum:"waiting,sending,sent,failed,unknown,skipped,no_relay" doc:"failed: tried again until it has failed 8 times; unknown: it was broken off while the relay had it, and is not sent again; skipped: the user is disabled or the mails were stopped; no_relay: there was no relay then"`
	Attempts  int           `json:"attempts"`
	Problem   string        `json:"problem"`
	ChangedAt millrace.Time `json:"changed_at"`
}

// Plan is what a schedule is to be.
type Plan struct {
	Title, View, Span, Compare, Every, At string
	Day                                   int
	Recipients                            []string // users' ids, or addresses
	Paused                                bool
	Revision                              *int64 // of a change: the one that was seen; nil changes whatever is there
}

// Room keeps the schedules. It is safe for concurrent use.
type Room struct {
	engine     *engine.Engine
	db         *db.DB
	measure    *measure.Room
	dashboards *dashboard.Room
	people     *access.People
	access     *access.Access
}

// New makes the room.
func New(e *engine.Engine, m *measure.Room, d *dashboard.Room, p *access.People, a *access.Access) *Room {
	return &Room{engine: e, db: e.DB(), measure: m, dashboards: d, people: p, access: a}
}

// mostRecipients is how many people one schedule reaches.
const mostRecipients = 50

// check reads a plan. Errors are Invalid and name the field.
func (r *Room) check(ctx context.Context, p *Plan) (s Schedule, err error) {
	const op = "mailing.check"
	s = Schedule{Title: strings.TrimSpace(p.Title), View: p.View, Span: p.Span, Compare: p.Compare, Every: p.Every, Day: p.Day, At: p.At, Paused: p.Paused}
	if s.Compare == "" {
		s.Compare = "none"
	}
	at, timeErr := time.Parse("15:04", s.At)
	s.minute = at.Hour()*60 + at.Minute()
	switch {
	case s.Title == "" || len(s.Title) > 200 || !utf8.ValidString(s.Title) || strings.ContainsAny(s.Title, "\r\n\x00"):
		return s, millrace.FieldErrorf(op, "title", "what are the mails called? At most 200 bytes on one line")
	case !slices.Contains(dashboard.Views(), s.View):
		return s, millrace.FieldErrorf(op, "view", "%q is none of the dashboards", s.View)
	case !slices.Contains(Spans(), s.Span):
		return s, millrace.FieldErrorf(op, "span", "%q is none of %s", s.Span, strings.Join(Spans(), ", "))
	case !slices.Contains(dashboard.Comparisons(), s.Compare):
		return s, millrace.FieldErrorf(op, "compare", "%q is none of none, previous, year", s.Compare)
	case s.Every != "weekly" && s.Every != "monthly":
		return s, millrace.FieldErrorf(op, "every", "%q is neither weekly nor monthly", s.Every)
	case s.Day < 1 || s.Every == "weekly" && s.Day > 7 || s.Day > 31:
		return s, millrace.FieldErrorf(op, "day", "a week has the days 1 to 7, a month 1 to 31")
	case timeErr != nil:
		return s, millrace.FieldErrorf(op, "at", "%q is no time of day such as 08:00", s.At)
	case len(p.Recipients) == 0 || len(p.Recipients) > mostRecipients:
		return s, millrace.FieldErrorf(op, "recipients", "who gets it? From 1 to %d people", mostRecipients)
	}
	s.At = at.Format("15:04")
	for _, who := range p.Recipients {
		x, err := r.recipient(ctx, strings.TrimSpace(who))
		if err != nil {
			return s, err
		}
		if !slices.ContainsFunc(s.Recipients, func(o Recipient) bool { return o.Who == x.Who }) {
			s.Recipients = append(s.Recipients, x)
		}
	}
	return s, nil
}

// recipient finds a user by id or address, else takes the address of somebody else.
func (r *Room) recipient(ctx context.Context, who string) (Recipient, error) {
	u, err := r.people.Find(ctx, who)
	switch {
	case err == nil:
		return Recipient{Who: u.ID, Name: u.Name}, nil
	case millrace.ErrorCode(err) != millrace.NotFound:
		return Recipient{}, err
	}
	a, err := mail.ParseAddress(who)
	if err != nil || a.Name != "" || len(a.Address) > 254 || strings.ContainsAny(a.Address, "\r\n") {
		return Recipient{}, millrace.FieldErrorf("mailing.recipient", "recipients", "%q is no user and no address", who)
	}
	return Recipient{Who: strings.ToLower(a.Address)}, nil
}

// zone is the workspace's time zone.
func (r *Room) zone() *time.Location {
	loc, err := time.LoadLocation(r.engine.Playbook().Workspace.Timezone)
	if err != nil {
		return time.UTC
	}
	return loc
}

// Next is the first due moment after a time: the day of the week, or of the month at most its last, at the minute of the zone's clock. An hour that the
// clock skips is that much later.
func Next(every string, day, minute int, after time.Time, loc *time.Location) time.Time {
	t := after.In(loc)
	for n := range 40 {
		d := time.Date(t.Year(), t.Month(), t.Day()+n, 0, 0, 0, 0, loc)
		last := time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, loc).Day()
		if every == "weekly" && (int(d.Weekday())+6)%7+1 != day || every == "monthly" && d.Day() != min(day, last) {
			continue
		}
		if at := time.Date(d.Year(), d.Month(), d.Day(), minute/60, minute%60, 0, 0, loc); at.After(after) {
			return at
		}
	}
	return after.AddDate(0, 1, 0) // a month has 31 days at most: there is one before
}

// next is when a schedule is due after a moment.
func (r *Room) next(s *Schedule, after millrace.Time) millrace.Time {
	return millrace.TimeOf(Next(s.Every, s.Day, s.minute, after.Std(), r.zone()))
}

// Create makes a schedule.
func (r *Room) Create(ctx context.Context, p Plan, by string) (Schedule, error) {
	s, err := r.check(ctx, &p)
	if err != nil {
		return s, err
	}
	now := r.engine.Now()
	s.ID, s.By, s.CreatedAt, s.due = "sch_"+strings.ToLower(rand.Text()[:12]), by, now, r.next(&s, now)
	if err := r.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `/* schedule.add */ insert into report_schedule (id, title, view, span, compare, every, day, minute, paused, next_at, made_by, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, s.ID, s.Title, s.View, s.Span, s.Compare, s.Every, s.Day, s.minute, flag(s.Paused), int64(s.due), s.By, int64(now)); err != nil {
			return err
		}
		return r.keepRecipients(ctx, tx, &s)
	}); err != nil {
		return s, err
	}
	return r.recorded(ctx, s.ID, access.ReportScheduled)
}

// Change makes a schedule another one; who stopped the mails stays stopped. Conflict when it was changed since the revision that the plan names.
func (r *Room) Change(ctx context.Context, id string, p Plan, by string) (Schedule, error) {
	if _, err := r.Schedule(ctx, id); err != nil {
		return Schedule{}, err
	}
	s, err := r.check(ctx, &p)
	if err != nil {
		return s, err
	}
	s.ID, s.due = id, r.next(&s, r.engine.Now())
	if err := r.db.Write(ctx, func(tx *db.Tx) error {
		if err := hold(ctx, tx, id, p.Revision); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `/* schedule.change */ update report_schedule set title = $1, view = $2, span = $3, compare = $4, every = $5, day = $6, minute = $7, paused = $8, next_at = $9, changed_by = $10
			where id = $11`, s.Title, s.View, s.Span, s.Compare, s.Every, s.Day, s.minute, flag(s.Paused), int64(s.due), by, id); err != nil {
			return err
		}
		return r.keepRecipients(ctx, tx, &s)
	}); err != nil {
		return s, err
	}
	return r.recorded(ctx, id, access.ReportScheduled)
}

// hold counts a change of a schedule, which nobody else changes until the transaction ends. It errs with NotFound, and with Conflict when the revision is
// another than the one that was seen.
func hold(ctx context.Context, tx *db.Tx, id string, seen *int64) error {
	n, err := tx.Exec(ctx, "/* schedule.hold */ update report_schedule set revision = revision + 1 where id = $1", id)
	if err == nil && n == 0 {
		err = unknown(id)
	}
	if err != nil || seen == nil {
		return err
	}
	var is int64
	var title, by string
	_, err = db.One(ctx, tx, []any{&is, &title, &by}, "/* schedule.seen */ select revision, title, coalesce(nullif(changed_by, ''), made_by) from report_schedule where id = $1", id)
	if err == nil && is != *seen+1 {
		err = millrace.Errorf(millrace.Conflict, "mailing.Change", "%s changed the mails meanwhile: %q", by, title)
	}
	return err
}

// recorded tells the access log, and reads the schedule as it stands.
func (r *Room) recorded(ctx context.Context, id string, action access.Action) (Schedule, error) {
	s, err := r.Schedule(ctx, id)
	if err != nil {
		return s, err
	}
	return s, r.access.Record(ctx, access.Event{Action: action, TargetID: s.ID, Target: s.Title, Detail: s.View + ", " + s.Every + ", to " + strconv.Itoa(len(s.Recipients))})
}

// keepRecipients writes who gets it.
func (r *Room) keepRecipients(ctx context.Context, tx *db.Tx, s *Schedule) error {
	keep := []any{s.ID}
	query := "/* schedule.leave */ delete from report_recipient where schedule = $1"
	for i, x := range s.Recipients {
		token := ""
		if !strings.HasPrefix(x.Who, "usr_") {
			token = rand.Text()
		}
		if _, err := tx.Exec(ctx, "/* schedule.join */ insert into report_recipient (schedule, who, token, stopped_at) values ($1, $2, $3, 0) on conflict do nothing", s.ID, x.Who, token); err != nil {
			return err
		}
		query += " and who <> $" + strconv.Itoa(i+2)
		keep = append(keep, x.Who)
	}
	_, err := tx.Exec(ctx, query, keep...)
	return err
}

// Remove ends a schedule; mails that are under way are not stopped.
func (r *Room) Remove(ctx context.Context, id string) error {
	s, err := r.Schedule(ctx, id)
	if err != nil {
		return err
	}
	if err := r.db.Write(ctx, func(tx *db.Tx) error {
		for _, table := range []string{"report_mail where schedule", "report_recipient where schedule", "report_schedule where id"} {
			if _, err := tx.Exec(ctx, "/* schedule.remove */ delete from "+table+" = $1", id); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return err
	}
	return r.access.Record(ctx, access.Event{Action: access.ReportUnscheduled, TargetID: id, Target: s.Title})
}

// Leave takes a user off all schedules; one that nobody else gets is paused. Mails to them that wait are skipped. It is for access.PeopleConfig.
func Leave(ctx context.Context, tx *db.Tx, u access.User) error {
	if _, err := tx.Exec(ctx, `/* schedule.abandon */ update report_schedule set paused = 1 where id in (select schedule from report_recipient where who = $1)
		and id not in (select schedule from report_recipient where who <> $1)`, u.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "/* schedule.left */ update report_schedule set revision = revision + 1 where id in (select schedule from report_recipient where who = $1)", u.ID); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "/* schedule.leave_all */ delete from report_recipient where who = $1", u.ID)
	return err
}

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func unknown(id string) error {
	return millrace.Errorf(millrace.NotFound, "mailing.Schedule", "there is no schedule %q", id)
}

// Schedule gives one schedule. It errs with NotFound.
func (r *Room) Schedule(ctx context.Context, id string) (Schedule, error) {
	list, err := r.Schedules(ctx)
	if i := slices.IndexFunc(list, func(s Schedule) bool { return s.ID == id }); err == nil && i >= 0 {
		return list[i], nil
	}
	if err == nil {
		err = unknown(id)
	}
	return Schedule{}, err
}

// Schedules lists all, with who gets them and what became of their last mails.
func (r *Room) Schedules(ctx context.Context) ([]Schedule, error) {
	list, err := db.Collect(ctx, r.db, func(rows *sql.Rows) (s Schedule, err error) {
		var paused int
		err = rows.Scan(&s.ID, &s.Title, &s.View, &s.Span, &s.Compare, &s.Every, &s.Day, &s.minute, &paused, (*int64)(&s.due), &s.By, (*int64)(&s.CreatedAt), &s.ChangedBy, &s.Revision)
		s.At, s.Paused = time.Date(2000, 1, 1, s.minute/60, s.minute%60, 0, 0, time.UTC).Format("15:04"), paused == 1
		if !s.Paused {
			s.NextAt = s.due
		}
		s.Recipients, s.Latest = []Recipient{}, []Delivery{}
		return s, err
	}, "/* schedule.list */ select id, title, view, span, compare, every, day, minute, paused, next_at, made_by, created_at, changed_by, revision from report_schedule order by created_at, id")
	if err != nil || len(list) == 0 {
		return list, err
	}
	users, err := r.people.List(ctx)
	if err != nil {
		return nil, err
	}
	name := map[string]string{}
	for _, u := range users {
		name[u.ID] = u.Name
	}
	of := func(id string) *Schedule {
		if i := slices.IndexFunc(list, func(s Schedule) bool { return s.ID == id }); i >= 0 {
			return &list[i]
		}
		return &Schedule{}
	}
	if _, err = db.Collect(ctx, r.db, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var x Recipient
		err := rows.Scan(&id, &x.Who, &x.Stopped)
		x.Name = name[x.Who]
		s := of(id)
		s.Recipients = append(s.Recipients, x)
		return struct{}{}, err
	}, "/* schedule.who */ select schedule, who, stopped_at > 0 from report_recipient order by schedule, who"); err != nil {
		return nil, err
	}
	_, err = db.Collect(ctx, r.db, func(rows *sql.Rows) (struct{}, error) {
		var id string
		var x Delivery
		err := rows.Scan(&id, &x.Who, (*int64)(&x.DueAt), &x.State, &x.Attempts, &x.Problem, (*int64)(&x.ChangedAt))
		s := of(id)
		s.Latest = append(s.Latest, x)
		return struct{}{}, err
	}, `/* schedule.latest */ select m.schedule, m.who, m.due_at, m.state, m.attempts, m.problem, m.changed_at from report_mail m
		where m.due_at = (select max(l.due_at) from report_mail l where l.schedule = m.schedule) order by m.schedule, m.who`)
	return list, err
}

// Plan is the schedule as it could be stated anew, unless somebody changes it meanwhile.
func (s *Schedule) Plan() Plan {
	p := Plan{Title: s.Title, View: s.View, Span: s.Span, Compare: s.Compare, Every: s.Every, At: s.At, Day: s.Day, Paused: s.Paused, Revision: new(s.Revision)}
	for _, x := range s.Recipients {
		p.Recipients = append(p.Recipients, x.Who)
	}
	return p
}
