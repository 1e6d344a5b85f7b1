package mailing

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dashboard"
	"millrace/internal/db"
	"millrace/internal/mail"
	"millrace/internal/measure"
	"millrace/internal/metrics"
	"millrace/internal/queue"
)

// Mailer hands a mail to the relay. An error that is mail.ErrUncertain says that the relay may have taken it.
type Mailer interface {
	Deliver(ctx context.Context, l mail.Letter) error
}

// Jobs asks for a job in a transaction.
type Jobs interface {
	InsertTx(ctx context.Context, tx queue.Tx, kind string, args any, opts ...queue.InsertOption) error
}

// JobKind is the kind of the jobs that send a mail, Attempts how often each is tried.
const (
	JobKind  = "report.mail"
	Attempts = 8
)

// Job names one mail.
type Job struct {
	Schedule string `json:"schedule"`
	DueAt    int64  `json:"due"` // milliseconds
	Who      string `json:"who"`
}

// Due takes every due moment that has come: a row and a job for each mail, and the next moment. Of moments that passed while no server ran the last
// alone is mailed. Without a relay the rows say so, and nothing is sent later.
func (r *Room) Due(ctx context.Context, jobs Jobs, relay bool) error {
	now := r.engine.Now()
	list, err := r.Schedules(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		s := &list[i]
		if s.Paused || s.due > now {
			continue
		}
		last, next := s.due, r.next(s, s.due)
		for next <= now {
			last, next = next, r.next(s, next)
		}
		if err := r.take(ctx, s, last, next, jobs, relay); err != nil {
			return err
		}
	}
	return nil
}

// take writes the mails of a due moment, the last that came, unless another server has.
func (r *Room) take(ctx context.Context, s *Schedule, due, next millrace.Time, jobs Jobs, relay bool) error {
	return r.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "/* schedule.take */ update report_schedule set next_at = $1 where id = $2 and next_at = $3 and paused = 0", int64(next), s.ID, int64(s.due))
		if err != nil || n == 0 {
			return err
		}
		return r.enqueue(ctx, tx, s, due, jobs, relay)
	})
}

// enqueue writes a mail for each recipient.
func (r *Room) enqueue(ctx context.Context, tx *db.Tx, s *Schedule, due millrace.Time, jobs Jobs, relay bool) error {
	state := map[bool]string{true: "waiting", false: "no_relay"}[relay]
	for _, x := range s.Recipients {
		if x.Stopped {
			continue
		}
		n, err := tx.Exec(ctx, "/* mail.add */ insert into report_mail (schedule, due_at, who, state, attempts, problem, changed_at) values ($1, $2, $3, $4, 0, '', $5) on conflict do nothing",
			s.ID, int64(due), x.Who, state, int64(r.engine.Now()))
		if err != nil {
			return err
		}
		if n == 1 && relay {
			if err := jobs.InsertTx(ctx, tx, JobKind, Job{Schedule: s.ID, DueAt: int64(due), Who: x.Who}); err != nil {
				return err
			}
		}
	}
	return nil
}

// SendNow mails a schedule at once, beside its due moments.
func (r *Room) SendNow(ctx context.Context, id string, jobs Jobs, relay bool) (Schedule, error) {
	s, err := r.Schedule(ctx, id)
	if err != nil {
		return s, err
	}
	if !relay {
		return s, millrace.Errorf(millrace.Conflict, "mailing.SendNow", "there is no mail relay: start the server with --smtp-url")
	}
	if err := r.db.Write(ctx, func(tx *db.Tx) error { return r.enqueue(ctx, tx, &s, r.engine.Now(), jobs, relay) }); err != nil {
		return s, err
	}
	return r.recorded(ctx, id, access.ReportSent)
}

// Send sends one mail. An error says that it is to be tried again.
func (r *Room) Send(ctx context.Context, j Job, mailer Mailer, base string) error {
	var state string
	found, err := db.One(ctx, r.db, []any{&state}, "/* mail.state */ select state from report_mail where schedule = $1 and due_at = $2 and who = $3", j.Schedule, j.DueAt, j.Who)
	if err != nil || !found {
		return err
	}
	switch state {
	case "waiting", "failed":
	case "sending": // whoever began has gone: the relay may have it
		_, err := r.mark(ctx, j, "sending", "unknown", "the sending was broken off; it is not sent again", 0)
		return err
	default:
		return nil
	}
	letter, skip, err := r.letter(ctx, j, base)
	if err == nil && mailer == nil {
		err = millrace.Errorf(millrace.Unavailable, "mailing.Send", "there is no mail relay")
	}
	switch {
	case err != nil:
		return errors.Join(err, r.failed(ctx, j, state, err))
	case skip != "":
		_, err := r.mark(ctx, j, state, "skipped", skip, 0)
		return err
	}
	if begun, err := r.mark(ctx, j, state, "sending", "", 1); err != nil || !begun {
		return err
	}
	switch err = mailer.Deliver(ctx, letter); {
	case err == nil:
		if _, err := r.mark(context.WithoutCancel(ctx), j, "sending", "sent", "", 0); err != nil {
			return err
		}
		return r.access.Record(ctx, access.Event{Action: access.ReportSent, TargetID: j.Schedule, Target: letter.Subject, Detail: "to " + j.Who})
	case errors.Is(err, mail.ErrUncertain):
		_, markErr := r.mark(context.WithoutCancel(ctx), j, "sending", "unknown", short(err), 0)
		return markErr
	}
	return errors.Join(err, r.failed(context.WithoutCancel(ctx), j, "sending", err))
}

func (r *Room) failed(ctx context.Context, j Job, from string, err error) error {
	_, markErr := r.mark(ctx, j, from, "failed", short(err), 0)
	return markErr
}

// short is what of an error the page shows.
func short(err error) string {
	return strings.ToValidUTF8(err.Error()[:min(len(err.Error()), 300)], "")
}

// mark moves a mail from one state to another, if it is still in the first.
func (r *Room) mark(ctx context.Context, j Job, from, to, problem string, attempt int) (bool, error) {
	done := false
	err := r.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "/* mail.mark */ update report_mail set state = $1, problem = $2, attempts = attempts + $3, changed_at = $4 where schedule = $5 and due_at = $6 and who = $7 and state = $8",
			to, problem, attempt, int64(r.engine.Now()), j.Schedule, j.DueAt, j.Who, from)
		done = n == 1
		return err
	})
	return done, err
}

// letter makes the mail; skip says why there is none.
func (r *Room) letter(ctx context.Context, j Job, base string) (l mail.Letter, skip string, err error) {
	s, err := r.Schedule(ctx, j.Schedule)
	if millrace.ErrorCode(err) == millrace.NotFound {
		return l, "the schedule is gone", nil
	}
	if err != nil {
		return l, "", err
	}
	to, stop := j.Who, ""
	if strings.HasPrefix(j.Who, "usr_") {
		u, err := r.people.Find(ctx, j.Who)
		if err != nil && millrace.ErrorCode(err) != millrace.NotFound {
			return l, "", err
		}
		if err != nil || u.State != "active" {
			return l, "the user is not active", nil
		}
		to = u.Email
	} else {
		var token string
		var stopped int64
		found, err := db.One(ctx, r.db, []any{&token, &stopped}, "/* mail.token */ select token, stopped_at from report_recipient where schedule = $1 and who = $2", s.ID, j.Who)
		if err != nil {
			return l, "", err
		}
		if !found || stopped > 0 {
			return l, "they asked not to get it, or are no recipient any more", nil
		}
		stop = base + "/stop-mails#token=" + token
	}
	m, err := r.measure.Model(ctx)
	if err != nil {
		return l, "", err
	}
	p := SpanOn(s.Span, m.Day(millrace.Time(j.DueAt)))
	d, err := r.dashboards.Show(ctx, m, s.View, dashboard.Query{Query: measure.Query{From: p.First, To: p.Last, Horizon: 90, LeadBy: "created"}, Compare: s.Compare})
	if err != nil {
		return l, "", err
	}
	l, err = write(s, d, base, stop)
	l.To = to
	return l, "", err
}

// SpanOn are the days that a span means on a day.
func SpanOn(span string, today metrics.Day) metrics.Period {
	month := today.Month()
	quarter := month - month%3
	switch span {
	case "last-30-days":
		return metrics.Period{First: today - 30, Last: today - 1}
	case "last-week": // from Monday to Sunday; day 0 was a Thursday
		monday := today - (today%7+7+3)%7
		return metrics.Period{First: monday - 7, Last: monday - 1}
	case "last-month":
		return (month - 1).Period()
	case "last-quarter":
		return metrics.Period{First: (quarter - 3).Period().First, Last: (quarter - 1).Period().Last}
	case "this-quarter":
		return metrics.Period{First: quarter.Period().First, Last: today}
	}
	return metrics.Period{First: today - 7, Last: today - 1}
}

// Stop ends the mails to the one who has the link with a token. It says which they were; NotFound where the token is none.
func (r *Room) Stop(ctx context.Context, token string) (title string, err error) {
	err = r.db.Write(ctx, func(tx *db.Tx) error {
		var id, who string
		found, err := db.One(ctx, tx, []any{&id, &who, &title}, `/* mail.stop */ select p.schedule, p.who, s.title from report_recipient p join report_schedule s on s.id = p.schedule where p.token = $1 and p.token <> ''`, token)
		if err != nil {
			return err
		}
		if !found {
			return millrace.Errorf(millrace.NotFound, "mailing.Stop", "this link is of no mails: they have ended already")
		}
		_, err = tx.Exec(ctx, "/* mail.stopped */ update report_recipient set stopped_at = $1 where schedule = $2 and who = $3 and stopped_at = 0", int64(r.engine.Now()), id, who)
		return err
	})
	if err == nil {
		err = r.access.Record(ctx, access.Event{Action: access.ReportStopped, Target: title})
	}
	return title, err
}

var weekdays = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// describe is a schedule's rhythm in words: "every Monday at 08:00".
func describe(s Schedule) string {
	if s.Every == "weekly" {
		return "every " + weekdays[(s.Day-1)%7] + " at " + s.At
	}
	return "on day " + strconv.Itoa(s.Day) + " of every month at " + s.At
}
