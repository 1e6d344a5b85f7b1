package engine

import (
	"context"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/db"
)

// viewsVersion is the version of the views below. A database that has another one's gets them anew when it is opened. Within a version columns may only
// be added at the end: on PostgreSQL a view that is replaced keeps its columns, and the rights to read it.
const viewsVersion = "1"

// view is one that the team's own tools may read. Its columns are documented in docs/sql.md and stay.
type view struct{ name, query string }

// Words of the queries: {utc:x} is a moment of milliseconds as a timestamp, null for 0; {day:x} a day number as a date.
var views = [...]view{
	{"v_accounts", `select '` + AccountPrefix + `' || a.id as account_id, a.name as name, a.domain as domain, a.industry as industry, a.employees as employees, a.country as country,
	a.city as city, a.owner as owner, s.fit as fit, s.grade as grade, s.icp as icp, s.people as people, {stage:s.stage} as stage, {utc:s.stage_at} as stage_at, {utc:s.last_at} as last_at,
	s.open_count as open_opportunities, s.won_count as won_opportunities, s.lost_count as lost_opportunities from account a join account_score s on s.id = a.id`},
	{"v_contacts", `select '` + ContactPrefix + `' || c.id as contact_id, case when s.account > 0 then '` + AccountPrefix + `' || s.account end as account_id, c.title as title,
	c.department as department, c.seniority as seniority, c.country as country, c.owner as owner, s.role as role, s.fit as fit, s.grade as grade, s.icp as icp, {stage:s.stage} as stage,
	{utc:s.stage_at} as stage_at, {utc:s.first_at} as first_at, {utc:s.last_at} as last_at from contact c join contact_score s on s.id = c.id`},
	{"v_leads", `select '` + ContactPrefix + `' || s.id as contact_id, case when s.account > 0 then '` + AccountPrefix + `' || s.account end as account_id, s.role as role, s.grade as grade,
	s.icp as icp, {stage:s.stage} as stage, {utc:s.stage_at} as stage_at, {utc:s.first_at} as first_at, {utc:s.last_at} as last_at from contact_score s where s.fit = 1`},
	{"v_opportunities", `select '` + OpportunityPrefix + `' || o.id as opportunity_id, case when o.account > 0 then '` + AccountPrefix + `' || o.account end as account_id, o.name as name,
	o.amount as amount_minor, o.currency as currency, o.stage as stage, case o.status when 1 then 'won' when 2 then 'lost' else 'open' end as status, {utc:o.opened_at} as opened_at,
	{utc:o.closed_at} as closed_at, o.owner as owner, o.product as product, o.loss_reason as loss_reason from opportunity o`},
	{"v_stage_history", `select f.seq as position, case f.of_kind when 2 then 'account' else 'contact' end as of_kind,
	case f.of_kind when 2 then '` + AccountPrefix + `' else '` + ContactPrefix + `' end || coalesce(r.entity, f.subject) as subject_id, {utc:f.at} as at, {stage:f.stage} as stage,
	{stage:f.previous} as previous, f.reason as reason, f.version as playbook from stage_fact f left join resolved r on r.id = f.subject`},
	{"v_spend", `select '` + SpendPrefix + `' || s.id as spend_id, {day:s.from_day} as from_day, {day:s.to_day} as to_day, s.platform as platform, s.channel as channel, s.source as source,
	s.medium as medium, s.campaign as campaign, s.category as category, s.currency as currency, s.amount as amount_minor, s.impressions as impressions, s.clicks as clicks, s.reach as reach,
	s.leads as platform_leads from spend s`},
}

// expand puts the database's words into a view's query.
func (v view) expand() string {
	var out strings.Builder
	rest := v.query
	for {
		before, after, found := strings.Cut(rest, "{")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		word, tail, _ := strings.Cut(after, "}")
		kind, column, _ := strings.Cut(word, ":")
		switch kind {
		case "stage":
			out.WriteString("case " + column)
			for s := millrace.StageLead; s <= millrace.StageDisqualified; s++ {
				out.WriteString(" when " + strconv.Itoa(int(s)) + " then '" + s.String() + "'")
			}
			out.WriteString(" end")
		default:
			out.WriteString("#" + kind + "(#" + column + "#)" + kind + "#")
		}
		rest = tail
	}
}

// dropStaleViews drops the views of another version, whose columns may be others. Rights to read them are lost.
func (e *Engine) dropStaleViews(ctx context.Context) error {
	have, err := e.Setting(ctx, "views")
	if err != nil || have == viewsVersion {
		return err
	}
	return e.db.Write(ctx, func(tx *db.Tx) error {
		for _, v := range views {
			if err := tx.ExecOnce(ctx, "drop view if exists "+v.name); err != nil {
				return err
			}
		}
		return nil
	})
}

// ensureViews makes the views of a database that has none of this version.
func (e *Engine) ensureViews(ctx context.Context) error {
	have, err := e.Setting(ctx, "views")
	if err != nil || have == viewsVersion {
		return err
	}
	return e.db.Write(ctx, func(tx *db.Tx) error {
		if err := replaceViews(ctx, tx); err != nil {
			return err
		}
		return setSetting(ctx, tx, "views", viewsVersion)
	})
}

// replaceViews points the views at the tables that have the live names now: renaming a table takes its views along.
func replaceViews(ctx context.Context, tx *db.Tx) error {
	for _, v := range views {
		if err := tx.ReplaceView(ctx, v.name, tx.DDL(v.expand())); err != nil {
			return err
		}
	}
	return nil
}
