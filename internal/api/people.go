package api

import (
	"context"
	"net/http"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/directory"
)

// sessionBody says who is signed in and what they may.
type sessionBody struct {
	ID        string         `json:"id"`
	ExpiresAt millrace.Time  `json:"expires_at"`
	User      access.User    `json:"user"`
	Scopes    []access.Scope `json:"scopes" nullable:"false" doc:"What the user's role may: read, intake, export, write, import, playbook, admin"`
	Mail      bool           `json:"mail" doc:"There is a mail relay: links are mailed"`
	Bound     bool           `json:"second_factor_needed" doc:"A second factor is demanded of everybody and the user has none: until it is set up the session opens nothing else"`
}

// signedIn is the answer to a new session, with its cookie.
type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      sessionBody
}

func (a *API) sessionBody(s access.Session, u access.User) sessionBody {
	return sessionBody{s.ID, s.ExpiresAt, u, u.Role.Scopes(), a.courier.Mailer != nil, s.Bound}
}

func (a *API) opened(ctx context.Context, o access.Opened, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	c := requesterOf(ctx)
	if err := a.people.Forget(ctx, c.cookie); err != nil { // what the browser showed before is never what it goes on with
		return nil, err
	}
	return &signedIn{c.setCookie(&o), a.sessionBody(o.Session, o.User)}, nil
}

type setUpBody struct {
	Needed bool `json:"needed" doc:"Nobody is here yet: open the link that the server printed"`
	Mail   bool `json:"mail" doc:"There is a mail relay"`
}

func (a *API) setUpState(ctx context.Context, _ *struct{}) (*reply[setUpBody], error) {
	needed, err := a.people.NeedsSetUp(ctx)
	return &reply[setUpBody]{setUpBody{needed, a.courier.Mailer != nil}}, err
}

type setUpInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"200" doc:"From the link that the server printed when it started"`
		Email    string `json:"email" maxLength:"300"`
		Name     string `json:"name" maxLength:"300"`
		Password string `json:"password" maxLength:"2000" doc:"10 characters or more"`
	}
}

func (a *API) setUp(ctx context.Context, in *setUpInput) (*signedIn, error) {
	o, err := a.people.SetUp(ctx, in.Body.Token, access.NewUser{Email: in.Body.Email, Name: in.Body.Name}, in.Body.Password, requesterOf(ctx).client)
	return a.opened(ctx, o, err)
}

type signInInput struct {
	Body struct {
		Email    string `json:"email,omitempty" maxLength:"300"`
		Password string `json:"password,omitempty" maxLength:"2000"`
		Token    string `json:"token,omitempty" maxLength:"200" doc:"Of a demo's sign-in link, in place of the other two"`
	}
}

// entered is the answer to a right password: a session with its cookie, or a challenge.
type entered struct {
	Status    int
	SetCookie string `header:"Set-Cookie"`
	Body      any
}

func (a *API) signIn(ctx context.Context, in *signInInput) (*entered, error) {
	var e access.Entrance
	var err error
	if in.Body.Token != "" {
		e, err = a.people.SignInByLink(ctx, in.Body.Token, requesterOf(ctx).client)
	} else {
		e, err = a.people.SignIn(ctx, in.Body.Email, in.Body.Password, requesterOf(ctx).client)
	}
	if err == nil && e.Challenge != nil {
		return &entered{Status: http.StatusAccepted, Body: challengeBody{e.Challenge.Token, e.Challenge.ExpiresAt}}, nil
	}
	s, err := a.opened(ctx, e.Opened, err)
	if err != nil {
		return nil, err
	}
	return &entered{http.StatusCreated, s.SetCookie.String(), s.Body}, nil
}

func (a *API) session(ctx context.Context, _ *struct{}) (*reply[sessionBody], error) {
	c := requesterOf(ctx)
	if err := a.measure.Prepare(ctx); err != nil { // whoever opens the app may ask for figures next
		return nil, err
	}
	return &reply[sessionBody]{a.sessionBody(c.session, c.user)}, nil
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (a *API) signOut(ctx context.Context, _ *struct{}) (*signedOut, error) {
	c := requesterOf(ctx)
	if err := a.people.EndSession(ctx, c.user, c.session.ID, access.SignedOut); err != nil && millrace.ErrorCode(err) != millrace.NotFound {
		return nil, err
	}
	return &signedOut{c.setCookie(nil)}, nil
}

type changePasswordInput struct {
	Body struct {
		Current  string `json:"current_password" maxLength:"2000"`
		Password string `json:"password" maxLength:"2000" doc:"10 characters or more"`
	}
}

func (a *API) changePassword(ctx context.Context, in *changePasswordInput) (*signedIn, error) {
	c := requesterOf(ctx)
	o, err := a.people.ChangePassword(ctx, c.user, in.Body.Current, in.Body.Password, c.client)
	if err == nil {
		a.courier.TellLater(ctx, access.NoticePassword, access.ActorOf(ctx), o.User)
	}
	return a.opened(ctx, o, err)
}

func (a *API) sessions(ctx context.Context, _ *struct{}) (*reply[directory.Page[access.Session]], error) {
	c := requesterOf(ctx)
	all, err := a.people.Sessions(ctx, c.user.ID, c.session.ID)
	return whole(all), err
}

func (a *API) endSession(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, a.people.EndSession(ctx, requesterOf(ctx).user, in.ID, access.SessionsEnded)
}

type endedBody struct {
	Ended int64 `json:"ended" doc:"Sessions"`
}

func (a *API) endOtherSessions(ctx context.Context, _ *struct{}) (*reply[endedBody], error) {
	c := requesterOf(ctx)
	n, err := a.people.EndSessions(ctx, c.user.ID, c.session.ID)
	return &reply[endedBody]{endedBody{n}}, err
}

type tokenInput struct {
	Body struct {
		Token string `json:"token" maxLength:"200" doc:"What stands behind #token= in the link"`
	}
}

// linkBody says whom a link is for.
type linkBody struct {
	Email string      `json:"email"`
	Name  string      `json:"name"`
	Role  access.Role `json:"role" enum:"admin,marketing,sales_manager,sales,viewer"`
}

func (a *API) look(kind access.LinkKind) func(ctx context.Context, in *tokenInput) (*reply[linkBody], error) {
	return func(ctx context.Context, in *tokenInput) (*reply[linkBody], error) {
		u, err := a.people.Look(ctx, kind, in.Body.Token)
		return &reply[linkBody]{linkBody{u.Email, u.Name, u.Role}}, err
	}
}

type acceptInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"200"`
		Name     string `json:"name" maxLength:"300"`
		Password string `json:"password" maxLength:"2000" doc:"10 characters or more"`
	}
}

func (a *API) accept(ctx context.Context, in *acceptInput) (*signedIn, error) {
	o, err := a.people.Accept(ctx, in.Body.Token, in.Body.Name, in.Body.Password, requesterOf(ctx).client)
	return a.opened(ctx, o, err)
}

type forgottenInput struct {
	Body struct {
		Email string `json:"email" maxLength:"300"`
	}
}

type forgottenReply struct {
	Status int
}

// forgotten says the same whether there is such a person or not.
func (a *API) forgotten(ctx context.Context, in *forgottenInput) (*forgottenReply, error) {
	if a.courier.Mailer == nil {
		return nil, millrace.Errorf(millrace.Conflict, "api.forgotten", "this server has no mail relay: ask an admin for a link")
	}
	l, ok, err := a.people.ForgottenPassword(ctx, in.Body.Email, requesterOf(ctx).client)
	if err != nil {
		return nil, err
	}
	if ok {
		a.courier.DeliverLater(ctx, l)
	}
	return &forgottenReply{http.StatusAccepted}, nil
}

type resetInput struct {
	Body struct {
		Token    string `json:"token" maxLength:"200"`
		Password string `json:"password" maxLength:"2000" doc:"10 characters or more"`
	}
}

func (a *API) reset(ctx context.Context, in *resetInput) (*struct{}, error) {
	u, err := a.people.ResetPassword(ctx, in.Body.Token, in.Body.Password, requesterOf(ctx).client)
	if err == nil {
		a.courier.TellLater(ctx, access.NoticePassword, access.ActorOf(ctx), u)
	}
	return nil, err
}

func (a *API) users(ctx context.Context, _ *struct{}) (*reply[directory.Page[access.User]], error) {
	all, err := a.people.List(ctx)
	return whole(all), err
}

func (a *API) user(ctx context.Context, in *idInput) (*reply[access.User], error) {
	u, err := a.people.Find(ctx, in.ID)
	return &reply[access.User]{u}, err
}

type inviteInput struct {
	Body struct {
		Email string      `json:"email" maxLength:"300"`
		Name  string      `json:"name,omitempty" maxLength:"300" doc:"They can change it when they come"`
		Role  access.Role `json:"role" enum:"admin,marketing,sales_manager,sales,viewer"`
	}
}

// deliveredBody is a user, and what became of the link for them.
type deliveredBody struct {
	User access.User `json:"user"`
	access.Delivery
}

func (a *API) delivered(ctx context.Context, l access.Link, err error) (*reply[deliveredBody], error) {
	if err != nil {
		return nil, err
	}
	return &reply[deliveredBody]{deliveredBody{l.User, a.courier.Deliver(ctx, l, access.ActorOf(ctx))}}, nil
}

func (a *API) invite(ctx context.Context, in *inviteInput) (*reply[deliveredBody], error) {
	l, err := a.people.Invite(ctx, access.NewUser{Email: in.Body.Email, Name: in.Body.Name, Role: in.Body.Role})
	return a.delivered(ctx, l, err)
}

func (a *API) passwordLink(ctx context.Context, in *idInput) (*reply[deliveredBody], error) {
	l, err := a.people.NewPasswordLink(ctx, in.ID)
	return a.delivered(ctx, l, err)
}

type changeUserInput struct {
	ID   string `path:"id" maxLength:"300"`
	Body struct {
		Name     *string      `json:"name,omitempty" maxLength:"300"`
		Role     *access.Role `json:"role,omitempty" enum:"admin,marketing,sales_manager,sales,viewer"`
		Disabled *bool        `json:"disabled,omitempty" doc:"Who is disabled can't sign in, and what they had open ends"`
	}
}

func (a *API) changeUser(ctx context.Context, in *changeUserInput) (*reply[access.User], error) {
	u, err := a.people.Change(ctx, in.ID, access.Change{Name: in.Body.Name, Role: in.Body.Role, Disabled: in.Body.Disabled})
	return &reply[access.User]{u}, err
}

func (a *API) deleteUser(ctx context.Context, in *idInput) (*reply[access.Deleted], error) {
	d, err := a.people.Delete(ctx, in.ID)
	return &reply[access.Deleted]{d}, err
}

func (a *API) userSessions(ctx context.Context, in *idInput) (*reply[directory.Page[access.Session]], error) {
	u, err := a.people.Find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	all, err := a.people.Sessions(ctx, u.ID, requesterOf(ctx).session.ID)
	return whole(all), err
}

func (a *API) endUserSessions(ctx context.Context, in *idInput) (*reply[endedBody], error) {
	n, err := a.people.EndSessions(ctx, in.ID, "")
	return &reply[endedBody]{endedBody{n}}, err
}

type accessLogInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" doc:"Entries of a page, 50 by default"`
	Cursor string `query:"cursor" maxLength:"100" doc:"next_cursor of the page before"`
	Action string `query:"action" maxLength:"100" doc:"user.invite, key.create, playbook.apply, export, …"`
	Actor  string `query:"actor" maxLength:"100" doc:"The id of a user or a key"`
}

func (a *API) accessLog(ctx context.Context, in *accessLogInput) (*reply[directory.Page[access.Entry]], error) {
	entries, more, err := a.access.Log(ctx, access.LogFilter{Before: in.Cursor, Limit: in.Limit, Action: in.Action, Actor: in.Actor})
	p := whole(entries)
	if more {
		p.Body.NextCursor = entries[len(entries)-1].ID
	}
	return p, err
}
