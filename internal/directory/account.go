package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// Account is a company as lists show it. Intent is that of all its people together, of the moment of the read.
type Account struct {
	ID           string        `json:"id" doc:"acc_ and a number"`
	Name         string        `json:"name"`
	Domain       string        `json:"domain"`
	Industry     string        `json:"industry"`
	Employees    int64         `json:"employees" doc:"0 when not known"`
	Revenue      float64       `json:"revenue" doc:"A year, major units; 0 when not known"`
	Country      string        `json:"country"`
	City         string        `json:"city"`
	Parent       string        `json:"parent"`
	Owner        string        `json:"owner"`
	People       int64         `json:"people"`
	Intent       string        `json:"intent" doc:"Points with three decimals, now"`
	Fit          bool          `json:"fit"`
	Grade        string        `json:"grade"`
	ICP          string        `json:"icp"`
	FitPoints    int           `json:"fit_points"`
	RolesEngaged int           `json:"roles_engaged" doc:"Committee roles in which somebody scored lately"`
	Stage        string        `json:"stage" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified" doc:"mql is MQA, marketing qualified account"`
	StageAt      millrace.Time `json:"stage_at"`
	LastSeenAt   millrace.Time `json:"last_seen_at"`
	Open         int64         `json:"open" doc:"Open opportunities"`
	Won          int64         `json:"won"`
	Lost         int64         `json:"lost"`
	// StagePosition is the stage decision's: an act on an account shows what its form saw by it.
	StagePosition int64    `json:"stage_position" doc:"Log position of the decision that brought it into its stage; 0: none"`
	Reasons       []string `json:"reasons,omitempty" doc:"Of one account: what its people did lately, in words"`
}

// AccountFilter says which accounts, in which order. Zero values don't filter. Every text but Q compares exactly.
type AccountFilter struct {
	Paging
	IDs       []string // public ids; nil: whoever it is
	Sort      string   // intent (default), newest, name, last_seen
	Q         string   // the beginning of the name or the domain; A to Z in either case
	Stage     string
	Fit       *bool
	Grade     string
	ICP       string
	Owner     string
	Country   string
	Industry  string
	MinIntent *float64
}

const accountColumns = `a.id, a.name, a.domain, a.industry, a.employees, a.revenue, a.country, a.city, a.parent, a.owner, s.people, s.epoch, s.sum,
	s.fit, s.grade, s.icp, s.points, s.engaged, s.stage, s.stage_at, s.last_at, s.open_count, s.won_count, s.lost_count, s.stage_seq`

const (
	accountScoreFirst   = "account_score s cross join account a"
	accountProfileFirst = "account a cross join account_score s"
)

func accountOrders() []order {
	join := literally("a.id = s.id")
	return []order{
		{name: "intent", indexed: true, phases: []phase{
			{from: accountScoreFirst, where: []cond{join, literally("s.rank is not null")}, key: "s.rank", real: true, id: "s.id", desc: true},
			{from: accountScoreFirst, where: []cond{join, literally("s.rank is null")}, id: "s.id"}}},
		{name: "newest", indexed: true, phases: []phase{{from: accountScoreFirst, where: []cond{join}, id: "s.id", desc: true}}},
		{name: "name", indexed: true, phases: []phase{
			{from: accountProfileFirst, where: []cond{join, literally("substr(lower(a.name), 1, 200) > ''")}, key: "substr(lower(a.name), 1, 200)", text: true, id: "a.id"},
			{from: accountProfileFirst, where: []cond{join, literally("substr(lower(a.name), 1, 200) = ''")}, id: "a.id"}}},
		{name: "last_seen", phases: []phase{{from: accountScoreFirst, where: []cond{join}, key: "s.last_at", id: "s.id", desc: true}}},
	}
}

func (f *AccountFilter) listing(op string, v *view) (*listing, error) {
	if err := checked(op, [2]string{"q", f.Q}, [2]string{"grade", f.Grade}, [2]string{"icp", f.ICP}, [2]string{"owner", f.Owner}, [2]string{"country", f.Country},
		[2]string{"industry", f.Industry}); err != nil {
		return nil, err
	}
	o, err := pick(op, f.Sort, accountOrders())
	if err != nil {
		return nil, err
	}
	l := &listing{op: op, name: "directory.accounts", columns: accountColumns, order: o, paging: f.Paging, fromFew: accountScoreFirst, joinFew: "s.id = m.id"}
	if err := l.among(f.IDs, engine.AccountPrefix, "s.id", "account"); err != nil {
		return nil, err
	}
	if q := folded(f.Q); q != "" {
		name, domain := startsWith("substr(lower(a.name), 1, 200)", q), startsWith("a.domain", q)
		l.conds = append(l.conds, func(t *text) string { return name(t) + " or " + domain(t) })
		l.selective = append(l.selective, func(t *text) string {
			return "select a.id from account a where " + name(t) + " union all select a.id from account a where " + domain(t)
		})
	}
	if err := l.stageIs(f.Stage, "account_score"); err != nil {
		return nil, err
	}
	if f.Fit != nil && *f.Fit {
		l.conds = append(l.conds, literally("s.fit = 1"))
	} else if f.Fit != nil {
		l.conds = append(l.conds, literally("s.fit = 0"))
	}
	for _, x := range [...][2]string{{"s.grade", f.Grade}, {"s.icp", f.ICP}} {
		if x[1] != "" {
			l.conds = append(l.conds, is(x[0], x[1]))
		}
	}
	for _, x := range [...][2]string{{"owner", f.Owner}, {"country", f.Country}, {"industry", f.Industry}} {
		if x[1] != "" {
			l.conds = append(l.conds, is("a."+x[0], x[1]))
			l.selective = append(l.selective, func(t *text) string {
				return "select id from account where " + x[0] + " <> '' and substr(" + x[0] + ", 1, 200) = " + t.arg(beginning(x[1]))
			})
		}
	}
	if f.MinIntent != nil && *f.MinIntent > 0 {
		l.conds = append(l.conds, literally("s.rank is not null"), func(t *text) string { return "s.rank >= " + t.arg(v.rankOf(*f.MinIntent)) })
	}
	return l, nil
}

func (v *view) accountRow() ([]any, func() Account) {
	var a Account
	var id, epoch, sum int64
	var stage millrace.Stage
	return []any{&id, &a.Name, &a.Domain, &a.Industry, &a.Employees, &a.Revenue, &a.Country, &a.City, &a.Parent, &a.Owner, &a.People, &epoch, &sum,
			&a.Fit, &a.Grade, &a.ICP, &a.FitPoints, &a.RolesEngaged, (*uint8)(&stage), (*int64)(&a.StageAt), (*int64)(&a.LastSeenAt), &a.Open, &a.Won, &a.Lost, &a.StagePosition},
		func() Account {
			a.ID, a.Stage, a.Intent = engine.AccountID(id), stage.String(), v.intent(epoch, sum)
			return a
		}
}

// Accounts lists accounts. Sorts intent, newest and name are served by indexes; last_seen reads all accounts. Errors are Invalid and name
// the field.
func (d *Directory) Accounts(ctx context.Context, f AccountFilter) (out Page[Account], err error) {
	err = d.read(ctx, func(v *view) error {
		l, err := f.listing("directory.Accounts", v)
		if err != nil {
			return err
		}
		out, err = page(ctx, v.q, l, v.accountRow)
		return err
	})
	return out, err
}

// RoleSeen is a committee role and when somebody in it last scored.
type RoleSeen struct {
	Role     string        `json:"role"`
	ScoredAt millrace.Time `json:"scored_at"`
}

// AccountDetail is everything known of an account. Its people, deals and facts are lists of their own.
type AccountDetail struct {
	Account
	Roles       []RoleSeen     `json:"roles"`
	Traits      map[string]any `json:"traits" doc:"The latest statement of each trait"`
	Identifiers []Identifier   `json:"identifiers"`
}

// Account gives one account: who is a public id, one that was merged away included, a group id, a record id, a domain or a company's name.
// NotFound otherwise.
func (d *Directory) Account(ctx context.Context, who string) (out AccountDetail, err error) {
	const op = "directory.Account"
	err = d.read(ctx, func(v *view) error {
		id, err := v.find(ctx, op, who, companies)
		if err != nil {
			return err
		}
		into, done := v.accountRow()
		var traits, roles string
		found, err := db.One(ctx, v.q, append(into, &roles, &traits), "/* directory.account */ select "+accountColumns+", s.roles, a.traits from "+accountScoreFirst+
			" where s.id = $1 and a.id = s.id", id)
		if err != nil {
			return err
		}
		if !found {
			return millrace.Errorf(millrace.NotFound, op, "no account is known as %q", who)
		}
		out.Account = done()
		if out.Roles, err = rolesSeen(roles); err != nil {
			return err
		}
		if out.Traits, err = traitValues(traits); err != nil {
			return err
		}
		if out.Reasons, err = v.tellAccount(ctx, id, out.Name); err != nil {
			return err
		}
		out.Identifiers, err = v.identifiers(ctx, id)
		return err
	})
	return out, err
}

func rolesSeen(stored string) ([]RoleSeen, error) {
	out := []RoleSeen{}
	if stored == "" {
		return out, nil
	}
	var roles map[string]int64
	if err := json.Unmarshal([]byte(stored), &roles); err != nil {
		return nil, &millrace.Error{Code: millrace.Internal, Op: "directory", Message: "stored roles can't be read", Err: err}
	}
	for role, at := range roles {
		out = append(out, RoleSeen{role, millrace.Time(at)})
	}
	slices.SortFunc(out, func(a, b RoleSeen) int { return cmp.Compare(a.Role, b.Role) })
	return out, nil
}
