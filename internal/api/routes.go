package api

import (
	"context"
	"net/http"
	"slices"

	"millrace/internal/access"
	"millrace/internal/directory"

	"github.com/danielgtaylor/huma/v2"
)

// route is one line of the table: what it answers to, the scope it needs, its name in the description, and its handler.
type route struct {
	method, path string
	scope        access.Scope
	id           string
	tag          string
	summary      string
	register     func(api huma.API, op huma.Operation)
}

const tailPath = "/api/v1/tail"

// routes is the table of all typed routes.
func (a *API) routes() []route {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	const read, intake, write, imports, program, admin = access.ScopeRead, access.ScopeIntake, access.ScopeWrite, access.ScopeImport, access.ScopePlaybook, access.ScopeAdmin
	const public, self = access.ScopePublic, access.ScopeSelf
	d := a.directory
	return append([]route{
		{get, "/api/v1/accounts", read, "list-accounts", "Accounts", "Accounts, by intent", list(a, directory.AccountColumns, (*accountsInput).filter, d.Accounts, d.AllAccounts)},
		{get, "/api/v1/accounts/{id}", read, "get-account", "Accounts", "One account", typedRoute(a, a.account)},
		{get, "/api/v1/accounts/{id}/timeline", read, "account-timeline", "Accounts", "What happened at an account, newest first", timeline(a)},
		{get, "/api/v1/accounts/{id}/merges", read, "account-merges", "Accounts", "The merges of which an account consists today, newest first", typedRoute(a, a.merges)},
		{get, "/api/v1/contacts", read, "list-contacts", "Contacts", "Contacts", list(a, directory.ContactColumns, (*contactsInput).filter, d.Contacts, d.AllContacts)},
		{get, "/api/v1/contacts/{id}", read, "get-contact", "Contacts", "One contact", typedRoute(a, a.contact)},
		{get, "/api/v1/contacts/{id}/timeline", read, "contact-timeline", "Contacts", "What a contact did, newest first", timeline(a)},
		{get, "/api/v1/contacts/{id}/merges", read, "contact-merges", "Contacts", "The merges of which a contact consists today, newest first", typedRoute(a, a.merges)},
		{get, "/api/v1/leads", read, "list-leads", "Contacts", "People who fit, by intent", list(a, directory.ContactColumns, (*leadsInput).filter, d.Leads, d.AllLeads)},
		{get, "/api/v1/opportunities", read, "list-opportunities", "Opportunities", "Opportunities", list(a, directory.OpportunityColumns, (*opportunitiesInput).filter, d.Opportunities, d.AllOpportunities)},
		{get, "/api/v1/opportunities/{id}", read, "get-opportunity", "Opportunities", "One opportunity", typedRoute(a, a.opportunity)},
		{get, "/api/v1/spend", read, "list-spend", "Spend", "What marketing cost, by day and campaign", list(a, directory.SpendColumns, (*spendInput).filter, d.Spend, d.AllSpend)},
		{get, "/api/v1/events", intake, "list-events", "Events", "The log, newest first", list(a, directory.EventColumns, (*eventsInput).filter, d.Events, d.AllEvents)},
		{get, "/api/v1/drops", intake, "list-drops", "Events", "Facts that were refused on the way in, newest first", typedRoute(a, a.drops)},
		{get, tailPath, intake, "tail", "Events", "Facts and drops as they come in, as server-sent events", a.tail},
		{get, "/api/v1/stats", read, "get-stats", "Workspace", "The workspace's figures", typedRoute(a, a.stats)},
		{get, "/api/v1/overview", read, "get-overview", "Workspace", "What waits, how the funnel stands, where it is going and what is new", typedRoute(a, a.overview)},
		{get, "/api/v1/health", read, "get-health", "Workspace", "What runs, and where the log is", typedRoute(a, a.health)},
		{get, "/api/v1/explain", read, "explain", "Explanations", "Every point of a score, down to its event and rule, now or in the past", typedRoute(a, a.explain)},

		{get, "/api/v1/channel", read, "get-channel", "Channels", "Which channel a visit belongs to, and why", typedRoute(a, a.channelOf)},

		{get, "/api/v1/measure/funnel", read, "measure-funnel", "Measurement", "Conversions from stage to stage, of contacts and accounts, by cohort and dimension", typedRoute(a, a.funnel)},
		{get, "/api/v1/measure/conversion", read, "measure-conversion", "Measurement", "The conversion between any two stages", typedRoute(a, a.conversion)},
		{get, "/api/v1/measure/economics", read, "measure-economics", "Measurement", "CPL, cost of each stage, CAC, payback and ROI, by channel and campaign", typedRoute(a, a.economics)},
		{get, "/api/v1/measure/sales", read, "measure-sales", "Measurement", "Win rate, cycle, velocity and its change, coverage and the quarter's forecast", typedRoute(a, a.sales)},
		{get, "/api/v1/measure/retention", read, "measure-retention", "Measurement", "NRR, GRR and churn of the customers of the first day", typedRoute(a, a.retention)},
		{get, "/api/v1/measure/attribution", read, "measure-attribution", "Measurement", "Which touches earned which revenue, models side by side", typedRoute(a, a.attribution)},
		{get, "/api/v1/measure/hygiene", read, "measure-hygiene", "Measurement", "What is wrong with campaign tags, and how they should be", typedRoute(a, a.hygiene)},
		{get, "/api/v1/measure/channels", read, "measure-channels", "Measurement", "What came by each channel, month by month", typedRoute(a, a.channels)},
		{get, "/api/v1/measure/spend", read, "measure-spend", "Measurement", "What was spent, CPC, CPM and CTR, and what platforms and tags don't have in common", typedRoute(a, a.spend)},
		{get, "/api/v1/measure/review", read, "measure-review", "Measurement", "Each channel's verdict with its reasons, concentration, and the mix that fits", typedRoute(a, a.review)},
		{get, "/api/v1/measure/review/scenario", read, "measure-scenario", "Measurement", "What moving spend from one channel to another would do, and how sure that is", typedRoute(a, a.scenario)},
		{get, "/api/v1/measure/targets", read, "measure-targets", "Measurement", "The plan beside what came of it", typedRoute(a, a.targets)},
		{get, "/api/v1/measure/changes", read, "measure-changes", "Measurement", "Why the headline figures moved against the period before", typedRoute(a, a.moved)},
		{get, "/api/v1/measure/plan", read, "measure-plan", "Measurement", "From a revenue target back to deals, opportunities, MQLs, leads and spend", typedRoute(a, a.planBack)},
		{get, "/api/v1/measure/leads", read, "measure-leads", "Measurement", "The leads behind a figure, with the touch that brought each, newest first", typedRoute(a, a.leadsBehind)},
		{get, "/api/v1/measure/deals", read, "measure-deals", "Measurement", "The deals behind a figure, with what brought each, newest first", typedRoute(a, a.dealsBehind)},
		{get, "/api/v1/measure/episodes", read, "measure-episodes", "Measurement", "The episodes behind a conversion: who entered and what became of it, newest first", typedRoute(a, a.episodes)},
		{get, "/api/v1/measure/stays", read, "measure-stays", "Measurement", "The people behind a passage between stages or a time in stage, the latest first", typedRoute(a, a.staysBehind)},
		{get, "/api/v1/measure/costs", read, "measure-costs", "Measurement", "The costs behind spend, the largest part first", typedRoute(a, a.costsBehind)},
		{get, "/api/v1/measure/visits", read, "measure-visits", "Measurement", "Where the visits behind a count came from, the most first", typedRoute(a, a.visitsBehind)},
		{get, "/api/v1/measure/forecast/deals", read, "measure-chances", "Measurement", "The open deals behind the quarter's forecast, with what each adds to it", typedRoute(a, a.chancesBehind)},
		{get, "/api/v1/measure/contracts", read, "measure-contracts", "Measurement", "The customers behind NRR, GRR and churn, with their ARR of the first day and of the last", typedRoute(a, a.contractsBehind)},
		{get, "/api/v1/measure/attribution/deals", read, "measure-credits", "Measurement", "The deals behind a credit of a model, with what each adds to it", typedRoute(a, a.creditsBehind)},
		{get, "/api/v1/measure/journeys/{id}", read, "measure-journey", "Measurement", "The touches that led to one deal, with the credit of each by every rule", typedRoute(a, a.journey)},

		{get, "/api/v1/retags", read, "list-retags", "Channels", "Corrections of campaign tags, in the order in which they act", typedRoute(a, a.retags)},
		{post, "/api/v1/retags", write, "create-retag", "Channels", "Read campaign tags as others, over all of the past and from now on", typedRoute(a, a.retag)},
		{del, "/api/v1/retags/{id}", write, "undo-retag", "Channels", "Take a correction of campaign tags back", typedRoute(a, a.undoRetag)},

		{get, "/api/v1/audit", read, "audit", "Audit", "The known ways in which a program fails: evidence, money at stake, next action, what can't be judged", a.auditRoute()},

		{get, "/api/v1/playbook", read, "get-playbook", "Playbook", "The playbook that rules", typedRoute(a, a.ruling)},
		{get, "/api/v1/playbook/history", read, "list-rulings", "Playbook", "Which versions ruled from when on, newest first", typedRoute(a, a.history)},
		{get, "/api/v1/playbook/versions/{version}", read, "get-playbook-version", "Playbook", "A version that was ever applied", typedRoute(a, a.playbookVersion)},
		{get, "/api/v1/playbook/diff", read, "diff-playbooks", "Playbook", "What differs in meaning between two versions", typedRoute(a, a.diff)},
		{get, "/api/v1/playbook/schema", read, "get-playbook-schema", "Playbook", "The JSON Schema of a playbook", typedRoute(a, a.schema)},
		{get, "/api/v1/playbook/presets", read, "list-presets", "Playbook", "Playbooks to start from", typedRoute(a, a.presets)},
		{get, "/api/v1/playbook/presets/{name}", read, "get-preset", "Playbook", "One preset with its text", typedRoute(a, a.preset)},
		{post, "/api/v1/playbook/validate", read, "validate-playbook", "Playbook", "All problems of a text, with lines and columns", sourceRoute(a, a.validate)},
		{post, "/api/v1/playbook/plan", program, "plan-playbook", "Playbook", "What applying a playbook would decide; changes nothing", sourceRoute(a, a.plan)},
		{post, "/api/v1/playbook/apply", program, "apply-playbook", "Playbook", "Put a playbook in force", sourceRoute(a, a.apply)},

		{get, "/api/v1/imports", intake, "list-imports", "Imports", "Imports, newest first", typedRoute(a, a.imports)},
		{post, "/api/v1/imports", imports, "create-import", "Imports", "Bring a CSV file in, or say what would come of it", a.createImport},
		{get, "/api/v1/imports/formats", intake, "list-import-formats", "Imports", "The files that are recognised by themselves", typedRoute(a, a.formats)},
		{get, "/api/v1/imports/{id}", intake, "get-import", "Imports", "One import", typedRoute(a, a.oneImport)},
		{post, "/api/v1/imports/{id}/undo", imports, "undo-import", "Imports", "Take an import back as a whole", typedRoute(a, a.undo)},

		{post, "/api/v1/merge", write, "merge", "Identity", "Two contacts, or two accounts, are one", typedRoute(a, a.merge)},
		{post, "/api/v1/unmerge", write, "unmerge", "Identity", "Take a merge of the same two back, exactly", typedRoute(a, a.unmerge)},
		{post, "/api/v1/domains", write, "declare-domain", "Identity", "A further domain belongs to the account of another", typedRoute(a, a.declareDomain)},
		{post, "/api/v1/erase", admin, "erase", "Identity", "Erase a person for good; this can't be undone", typedRoute(a, a.erase)},

		{get, "/api/v1/keys", admin, "list-keys", "Keys", "All keys, newest first", typedRoute(a, a.keys)},
		{post, "/api/v1/keys", admin, "create-key", "Keys", "Make a key, which is shown this once", typedRoute(a, a.createKey)},
		{del, "/api/v1/keys/{id}", admin, "revoke-key", "Keys", "End a key for good", typedRoute(a, a.revokeKey)},

		{get, "/api/v1/set-up", public, "get-set-up", "Sign-in", "Whether the first admin is still to be made", typedRoute(a, a.setUpState)},
		{post, "/api/v1/set-up", public, "set-up", "Sign-in", "Make the first admin, with the token that the server printed", typedRoute(a, a.setUp)},
		{post, "/api/v1/session", public, "sign-in", "Sign-in", "Sign in with e-mail and password; 202 where a code of the second factor is to follow", a.signInRoute()},
		{get, "/api/v1/session", self, "get-session", "Sign-in", "Who is signed in, and what they may do", typedRoute(a, a.session)},
		{del, "/api/v1/session", self, "sign-out", "Sign-in", "Sign out", typedRoute(a, a.signOut)},
		{put, "/api/v1/session/password", self, "change-password", "Sign-in", "Change one's own password; all other sessions end", typedRoute(a, a.changePassword)},
		{post, "/api/v1/session/code", public, "sign-in-with-code", "Sign-in", "Complete a sign-in with a code of the second factor, or a recovery code", typedRoute(a, a.signInWithCode)},
		{get, "/api/v1/session/second-factor", self, "get-second-factor", "Sign-in", "How one's own second factor stands", typedRoute(a, a.secondFactor)},
		{post, "/api/v1/session/second-factor", self, "begin-second-factor", "Sign-in", "A secret for an authenticator app, shown this once; it counts when it is confirmed", typedRoute(a, a.beginSecondFactor)},
		{post, "/api/v1/session/second-factor/confirm", self, "confirm-second-factor", "Sign-in", "Turn one's own second factor on with a code; gives the recovery codes", typedRoute(a, a.confirmSecondFactor)},
		{post, "/api/v1/session/second-factor/recovery-codes", self, "renew-recovery-codes", "Sign-in", "Replace one's own recovery codes, with password and code", typedRoute(a, a.renewRecoveryCodes)},
		{post, "/api/v1/session/second-factor/off", self, "turn-off-second-factor", "Sign-in", "Turn one's own second factor off, with password and code", typedRoute(a, a.turnSecondFactorOff)},
		{get, "/api/v1/sessions", self, "list-sessions", "Sign-in", "Where one is signed in", typedRoute(a, a.sessions)},
		{del, "/api/v1/sessions", self, "end-other-sessions", "Sign-in", "Sign out everywhere else", typedRoute(a, a.endOtherSessions)},
		{del, "/api/v1/sessions/{id}", self, "end-session", "Sign-in", "Sign out in one place", typedRoute(a, a.endSession)},
		{post, "/api/v1/invitations/look", public, "look-at-invitation", "Sign-in", "Whom an invitation is for", typedRoute(a, a.look(access.LinkInvitation))},
		{post, "/api/v1/invitations/accept", public, "accept-invitation", "Sign-in", "Choose a name and a password, and sign in", typedRoute(a, a.accept)},
		{post, "/api/v1/password-resets", public, "forgot-password", "Sign-in", "Ask for a link by mail; the answer is the same for everybody", typedRoute(a, a.forgotten)},
		{post, "/api/v1/password-resets/look", public, "look-at-password-reset", "Sign-in", "Whom a link to choose a new password is for", typedRoute(a, a.look(access.LinkPassword))},
		{post, "/api/v1/password-resets/confirm", public, "reset-password", "Sign-in", "Choose a new password; all sessions end", typedRoute(a, a.reset)},

		{get, "/api/v1/users", admin, "list-users", "People", "Who may sign in", typedRoute(a, a.users)},
		{post, "/api/v1/invitations", admin, "invite-user", "People", "Invite a person, or again one who has not come yet", typedRoute(a, a.invite)},
		{get, "/api/v1/users/{id}", admin, "get-user", "People", "One person, by id or e-mail", typedRoute(a, a.user)},
		{patch, "/api/v1/users/{id}", admin, "change-user", "People", "Change a person's name or role, disable or enable them", typedRoute(a, a.changeUser)},
		{del, "/api/v1/users/{id}", admin, "delete-user", "People", "Delete a person for good; what they did keeps their name, this can't be undone", typedRoute(a, a.deleteUser)},
		{post, "/api/v1/users/{id}/password-link", admin, "make-password-link", "People", "A link to choose a new password, by mail where there is a relay", typedRoute(a, a.passwordLink)},
		{del, "/api/v1/users/{id}/second-factor", admin, "reset-second-factor", "People", "Take a person's second factor away, who lost it; they sign in with the password alone", typedRoute(a, a.resetSecondFactor)},
		{get, "/api/v1/settings/second-factor", admin, "get-second-factor-demand", "People", "Whether a second factor is demanded of everybody, and how many have none", typedRoute(a, a.factorDemand)},
		{put, "/api/v1/settings/second-factor", admin, "demand-second-factor", "People", "Demand a second factor of everybody who signs in, or let everybody choose", typedRoute(a, a.demandFactor)},
		{get, "/api/v1/users/{id}/sessions", admin, "list-user-sessions", "People", "Where a person is signed in", typedRoute(a, a.userSessions)},
		{del, "/api/v1/users/{id}/sessions", admin, "end-user-sessions", "People", "Sign a person out everywhere", typedRoute(a, a.endUserSessions)},
		{get, "/api/v1/access-log", admin, "list-access-log", "People", "Who changed people, keys and the playbook, imported, exported and erased; newest first", typedRoute(a, a.accessLog)},
	}, slices.Concat(a.salesRoutes(), a.reportRoutes(), a.docsRoutes(), a.viewRoutes(), a.uploadRoutes(), a.dashboardRoutes(), a.scheduleRoutes())...)
}

// operation is the route as huma takes it.
func (r route) operation(a *API) huma.Operation {
	op := huma.Operation{OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{r.tag},
		Description: "Needs the scope `" + string(r.scope) + "`, of a key or of the role of who signed in.",
		Security:    []map[string][]string{{"bearer": {}}, {"basic": {}}, {"session": {}}},
		Middlewares: huma.Middlewares{a.guard(r)},
		Extensions:  map[string]any{"x-scope": string(r.scope)},
	}
	switch r.scope {
	case access.ScopePublic:
		op.Description, op.Security = "For everybody.", []map[string][]string{{}}
	case access.ScopeSelf:
		op.Description, op.Security = "For everybody who signed in.", []map[string][]string{{"session": {}}}
	}
	if slices.Contains(creating, r.id) {
		op.DefaultStatus = http.StatusCreated
	}
	return op
}

// creating are the routes whose answer is 201.
var creating = []string{"create-key", "set-up", "sign-in", "sign-in-with-code", "begin-second-factor", "accept-invitation", "invite-user", "make-password-link", "create-retag", "create-opportunity", "publish-report", "create-view", "create-annotation", "create-schedule"}

// typedRoute registers a handler whose errors are a room's.
func typedRoute[I, O any](a *API, fn func(context.Context, *I) (*O, error)) func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) { huma.Register(api, op, handled(a, fn)) }
}

// sourceRoute registers a handler that takes a playbook's text, as the body itself or in a JSON object.
func sourceRoute[I, O any](a *API, fn func(context.Context, *I) (*O, error)) func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/yaml": {Schema: &huma.Schema{Type: huma.TypeString}}}}
		typedRoute(a, fn)(api, op)
	}
}

// reply is an answer of one document.
type reply[T any] struct{ Body T }
