package api

import (
	"context"
	"net/http"

	"millrace/internal/access"
	"millrace/internal/dashboard/mailing"
)

// scheduleRoutes are the dashboards that are mailed at set times.
func (a *API) scheduleRoutes() []route {
	const write, export = access.ScopeWrite, access.ScopeExport
	return []route{
		{http.MethodGet, "/api/v1/schedules", write, "list-schedules", "Dashboards", "Dashboards that are mailed at set times, with what became of the last mails", typedRoute(a, a.schedules)},
		{http.MethodPost, "/api/v1/schedules", write, "create-schedule", "Dashboards", "Mail a dashboard at set times; needs the scope `export` too", typedRoute(a, a.createSchedule)},
		{http.MethodPut, "/api/v1/schedules/{id}", write, "change-schedule", "Dashboards", "Make a schedule another one; needs the scope `export` too", typedRoute(a, a.changeSchedule)},
		{http.MethodDelete, "/api/v1/schedules/{id}", write, "remove-schedule", "Dashboards", "Mail a dashboard no more", typedRoute(a, a.removeSchedule)},
		{http.MethodPost, "/api/v1/schedules/{id}/send", export, "send-schedule", "Dashboards", "Mail it now, beside its set times", typedRoute(a, a.sendSchedule)},
		{http.MethodPost, "/api/v1/stop-mails", access.ScopePublic, "stop-mails", "Dashboards", "End the mails to the one who has the link that stands in them", typedRoute(a, a.stopMails)},
	}
}

type schedulesBody struct {
	Data     []mailing.Schedule `json:"data" nullable:"false"`
	Relay    bool               `json:"relay" doc:"There is a mail relay: without one nothing is sent"`
	Timezone string             `json:"timezone"`
}

func (a *API) schedules(ctx context.Context, _ *struct{}) (*reply[schedulesBody], error) {
	list, err := a.mailing.Schedules(ctx)
	return &reply[schedulesBody]{schedulesBody{append([]mailing.Schedule{}, list...), a.relay, a.engine.Playbook().Workspace.Timezone}}, err
}

// SchedulePlan is what a schedule is to be. Exported, since inputs embed it.
type SchedulePlan struct {
	Title      string   `json:"title" minLength:"1" maxLength:"200"`
	View       string   `json:"view" enum:"executive,channel,content,sales,abm"`
	Span       string   `json:"span" enum:"last-7-days,last-30-days,last-week,last-month,last-quarter,this-quarter"`
	Compare    string   `json:"compare,omitempty" enum:"none,previous,year" default:"none"`
	Every      string   `json:"every" enum:"weekly,monthly"`
	Day        int      `json:"day" minimum:"1" maximum:"31" doc:"1 Monday to 7 Sunday, or the day of the month"`
	At         string   `json:"at" maxLength:"5" doc:"Such as 08:00, in the workspace's time zone"`
	Recipients []string `json:"recipients" minItems:"1" maxItems:"50" nullable:"false" doc:"Users by id or address, others by address"`
	Paused     bool     `json:"paused,omitempty"`
}

func (p *SchedulePlan) plan() mailing.Plan {
	return mailing.Plan{Title: p.Title, View: p.View, Span: p.Span, Compare: p.Compare, Every: p.Every, Day: p.Day, At: p.At, Recipients: p.Recipients, Paused: p.Paused}
}

type createScheduleInput struct{ Body SchedulePlan }

func (a *API) createSchedule(ctx context.Context, in *createScheduleInput) (*reply[mailing.Schedule], error) {
	if err := a.mayExport(ctx); err != nil { // a mail carries figures out
		return nil, err
	}
	s, err := a.mailing.Create(ctx, in.Body.plan(), caller(ctx))
	return &reply[mailing.Schedule]{s}, err
}

type scheduleInput struct {
	ID string `path:"id" maxLength:"40"`
}

type changeScheduleInput struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		SchedulePlan
		Revision *int64 `json:"revision,omitempty" doc:"The one that was seen: 409 when the schedule was changed since"`
	}
}

func (a *API) changeSchedule(ctx context.Context, in *changeScheduleInput) (*reply[mailing.Schedule], error) {
	if err := a.mayExport(ctx); err != nil {
		return nil, err
	}
	p := in.Body.plan()
	p.Revision = in.Body.Revision
	s, err := a.mailing.Change(ctx, in.ID, p, caller(ctx))
	return &reply[mailing.Schedule]{s}, err
}

func (a *API) removeSchedule(ctx context.Context, in *scheduleInput) (*struct{}, error) {
	return nil, a.mailing.Remove(ctx, in.ID)
}

func (a *API) sendSchedule(ctx context.Context, in *scheduleInput) (*reply[mailing.Schedule], error) {
	s, err := a.mailing.SendNow(ctx, in.ID, a.jobs, a.relay)
	return &reply[mailing.Schedule]{s}, err
}

type stopMailsInput struct {
	Body struct {
		Token string `json:"token" minLength:"1" maxLength:"100"`
	}
}

type stoppedBody struct {
	Title string `json:"title" doc:"Of the mails that have ended"`
}

func (a *API) stopMails(ctx context.Context, in *stopMailsInput) (*reply[stoppedBody], error) {
	title, err := a.mailing.Stop(ctx, in.Body.Token)
	return &reply[stoppedBody]{stoppedBody{title}}, err
}
