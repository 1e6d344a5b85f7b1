package directory

import (
	"context"
	"strconv"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// Contact is a person as lists show them. Intent is of the moment of the read.
type Contact struct {
	ID          string        `json:"id" doc:"con_ and a number"`
	Email       string        `json:"email"`
	Name        string        `json:"name"`
	FirstName   string        `json:"first_name"`
	LastName    string        `json:"last_name"`
	Title       string        `json:"title"`
	Department  string        `json:"department"`
	Seniority   string        `json:"seniority"`
	Country     string        `json:"country" doc:"ISO 3166, the person's own"`
	Company     string        `json:"company" doc:"As the person or the CRM states it"`
	Owner       string        `json:"owner"`
	Role        string        `json:"role" doc:"In the buying committee"`
	Account     *Ref          `json:"account,omitempty"`
	Intent      string        `json:"intent" doc:"Points with three decimals, now"`
	Fit         bool          `json:"fit"`
	Grade       string        `json:"grade"`
	ICP         string        `json:"icp"`
	FitPoints   int           `json:"fit_points"`
	Stage       string        `json:"stage" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified"`
	StageAt     millrace.Time `json:"stage_at"`
	FirstSeenAt millrace.Time `json:"first_seen_at"`
	LastSeenAt  millrace.Time `json:"last_seen_at"`
	ScoredAt    millrace.Time `json:"scored_at" doc:"When they last did something that scores"`
	// StagePosition is the stage decision's: an act on a lead shows what its form saw by it.
	StagePosition int64    `json:"stage_position" doc:"Log position of the decision that brought them into their stage; 0: none"`
	Reasons       []string `json:"reasons,omitempty" doc:"Of leads and of one contact: what they and their company did lately, in words"`
}

// ContactFilter says which contacts, in which order. Zero values don't filter. Every text but Q compares exactly.
type ContactFilter struct {
	Paging
	IDs       []string // public ids; nil: whoever it is
	Sort      string   // newest (default), intent, name, email, last_seen, stage_at (the longest in their stage first)
	Q         string   // the beginning of the name, the last name or the address; A to Z in either case
	Stage     string   // a stage's name
	Fit       *bool    //
	Grade     string   //
	ICP       string   //
	Role      string   // in the buying committee
	Account   string   // an account's public id
	Owner     string   //
	Country   string   // the person's own, else their account's
	Industry  string   // their account's
	MinIntent *float64 // points now
	Owned     *bool    // with an owner, or without one
	// WaitingSince gives those who have been in their stage since then or longer; 0 gives all.
	WaitingSince millrace.Time
}

const contactColumns = `c.email, c.name, c.first_name, c.last_name, c.title, c.department, c.seniority, c.country, c.company, c.owner, s.role,
	s.account, coalesce(a.name, ''), s.epoch, s.sum, s.fit, s.grade, s.icp, s.points, s.stage, s.stage_at, s.first_at, s.last_at, s.scored_at, s.stage_seq`

const (
	scoreFirst   = "contact_score s cross join contact c left join account a on a.id = s.account"
	profileFirst = "contact c cross join contact_score s left join account a on a.id = s.account"
)

// newestContacts is served by the primary key, byName and byEmail by indexes of contact.
func contactOrders() []order {
	join := literally("c.id = s.id")
	scored, unscored := literally("s.rank is not null"), literally("s.rank is null")
	return []order{
		{name: "newest", indexed: true, phases: []phase{{from: scoreFirst, where: []cond{join}, id: "s.id", desc: true}}},
		{name: "intent", phases: []phase{
			{from: scoreFirst, where: []cond{join, scored}, key: "s.rank", real: true, id: "s.id", desc: true},
			{from: scoreFirst, where: []cond{join, unscored}, id: "s.id", desc: true}}},
		{name: "name", indexed: true, phases: []phase{
			{from: profileFirst, where: []cond{join, literally("substr(lower(c.name), 1, 200) > ''")}, key: "substr(lower(c.name), 1, 200)", text: true, id: "c.id"},
			{from: profileFirst, where: []cond{join, literally("substr(lower(c.name), 1, 200) = ''")}, id: "c.id"}}},
		{name: "email", indexed: true, phases: []phase{
			{from: profileFirst, where: []cond{join, literally("c.email > ''")}, key: "c.email", text: true, id: "c.id"},
			{from: profileFirst, where: []cond{join, literally("c.email = ''")}, id: "c.id"}}},
		{name: "last_seen", phases: []phase{{from: scoreFirst, where: []cond{join}, key: "s.last_at", id: "s.id", desc: true}}},
		{name: "stage_at", phases: []phase{{from: scoreFirst, where: []cond{join, literally("s.stage > 0")}, key: "s.stage_at", id: "s.id"},
			{from: scoreFirst, where: []cond{join, literally("s.stage = 0")}, id: "s.id"}}},
	}
}

func (f *ContactFilter) listing(op string, v *view) (*listing, error) {
	if err := checked(op, [2]string{"q", f.Q}, [2]string{"grade", f.Grade}, [2]string{"icp", f.ICP}, [2]string{"role", f.Role}, [2]string{"owner", f.Owner},
		[2]string{"country", f.Country}, [2]string{"industry", f.Industry}); err != nil {
		return nil, err
	}
	o, err := pick(op, f.Sort, contactOrders())
	if err != nil {
		return nil, err
	}
	l := &listing{op: op, name: "directory.contacts", columns: contactColumns, order: o, paging: f.Paging, fromFew: scoreFirst, joinFew: "s.id = m.id"}
	if err := l.among(f.IDs, engine.ContactPrefix, "s.id", "contact"); err != nil {
		return nil, err
	}
	if f.Account != "" {
		id, ok := publicID(f.Account, engine.AccountPrefix)
		if !ok {
			return nil, millrace.FieldErrorf(op, "account", "%q is no account's id such as acc_12", f.Account)
		}
		l.conds = append(l.conds, is("s.account", id))
		l.selective = append(l.selective, func(t *text) string { return "select id from contact_score where account = " + t.arg(id) })
	}
	if q := folded(f.Q); q != "" {
		l.search(q)
	}
	if err := l.stageIs(f.Stage, "contact_score"); err != nil {
		return nil, err
	}
	if f.Fit != nil && *f.Fit {
		l.conds = append(l.conds, literally("s.fit = 1"))
	} else if f.Fit != nil {
		l.conds = append(l.conds, literally("s.fit = 0"))
	}
	for _, x := range [...][2]string{{"s.grade", f.Grade}, {"s.icp", f.ICP}, {"s.role", f.Role}} {
		if x[1] != "" {
			l.conds = append(l.conds, is(x[0], x[1]))
		}
	}
	f.profileConds(l)
	if f.WaitingSince != 0 {
		l.conds = append(l.conds, literally("s.stage > 0"), func(t *text) string { return "s.stage_at <= " + t.arg(int64(f.WaitingSince)) })
	}
	if f.MinIntent != nil && *f.MinIntent > 0 {
		l.conds = append(l.conds, literally("s.rank is not null"), func(t *text) string { return "s.rank >= " + t.arg(v.rankOf(*f.MinIntent)) })
	}
	return l, nil
}

// search takes the beginnings of names and addresses.
func (l *listing) search(q string) {
	name, last, email := startsWith("substr(lower(c.name), 1, 200)", q), startsWith("substr(lower(c.last_name), 1, 200)", q), startsWith("c.email", q)
	l.conds = append(l.conds, func(t *text) string { return name(t) + " or " + last(t) + " or " + email(t) })
	l.selective = append(l.selective, func(t *text) string {
		return "select c.id from contact c where " + name(t) + " union all select c.id from contact c where c.last_name <> '' and " + last(t) + " union all select c.id from contact c where " + email(t)
	})
}

func (f *ContactFilter) profileConds(l *listing) {
	if f.Owner != "" {
		l.conds = append(l.conds, is("c.owner", f.Owner))
		l.selective = append(l.selective, func(t *text) string {
			return "select id from contact where owner <> '' and substr(owner, 1, 200) = " + t.arg(beginning(f.Owner))
		})
	}
	if f.Owned != nil && *f.Owned {
		l.conds = append(l.conds, literally("c.owner <> ''"))
	} else if f.Owned != nil {
		l.conds = append(l.conds, literally("c.owner = ''"))
	}
	if f.Country != "" {
		l.conds = append(l.conds, is("case when c.country <> '' then c.country else coalesce(a.country, '') end", f.Country))
		l.selective = append(l.selective, func(t *text) string {
			return "select id from contact where country <> '' and substr(country, 1, 200) = " + t.arg(beginning(f.Country)) +
				" union all select x.id from account y cross join contact_score x where y.country <> '' and substr(y.country, 1, 200) = " + t.arg(beginning(f.Country)) + " and x.account = y.id"
		})
	}
	if f.Industry != "" {
		l.conds = append(l.conds, is("a.industry", f.Industry))
		l.selective = append(l.selective, func(t *text) string {
			return "select x.id from account y cross join contact_score x where y.industry <> '' and substr(y.industry, 1, 200) = " + t.arg(beginning(f.Industry)) + " and x.account = y.id"
		})
	}
}

// stageIs adds the stage. All stages but the first have an index, by rank.
func (l *listing) stageIs(name, table string) error {
	if name == "" {
		return nil
	}
	stage, ok := millrace.ParseStage(name)
	if !ok {
		return millrace.FieldErrorf(l.op, "stage", "%q is no stage; there are lead, mql, accepted, sql, opportunity, customer, recycled, disqualified", name)
	}
	l.conds = append(l.conds, literally("s.stage = "+strconv.Itoa(int(stage))))
	if stage > 0 {
		l.conds = append(l.conds, literally("s.stage > 0"))
	}
	if stage > 0 && l.order.name != "intent" { // that index has the order by intent already
		l.selective = append(l.selective, func(*text) string {
			return "select id from " + table + " where stage > 0 and stage = " + strconv.Itoa(int(stage))
		})
	}
	return nil
}

func (v *view) contactRow() ([]any, func() Contact) {
	var c Contact
	var id, account, epoch, sum int64
	var name string
	var stage millrace.Stage
	return []any{&id, &c.Email, &c.Name, &c.FirstName, &c.LastName, &c.Title, &c.Department, &c.Seniority, &c.Country, &c.Company, &c.Owner, &c.Role,
			&account, &name, &epoch, &sum, &c.Fit, &c.Grade, &c.ICP, &c.FitPoints, (*uint8)(&stage), (*int64)(&c.StageAt), (*int64)(&c.FirstSeenAt),
			(*int64)(&c.LastSeenAt), (*int64)(&c.ScoredAt), &c.StagePosition}, func() Contact {
			c.ID, c.Stage, c.Intent = engine.ContactID(id), stage.String(), v.intent(epoch, sum)
			if account != 0 {
				c.Account = &Ref{engine.AccountID(account), name}
			}
			return c
		}
}

// Contacts lists contacts. Sorts newest, name and email are served by indexes; intent is for people who fit and for those past the first
// stage, and otherwise reads everybody; last_seen always does. Errors are Invalid and name the field.
func (d *Directory) Contacts(ctx context.Context, f ContactFilter) (Page[Contact], error) {
	return d.contacts(ctx, "directory.Contacts", f)
}

// Leads lists the people who fit, by intent: the greatest first, those without any last. Whom sales holds is listed whether they still fit
// or not. Each has its reasons in words.
func (d *Directory) Leads(ctx context.Context, f ContactFilter) (out Page[Contact], err error) {
	err = d.read(ctx, func(v *view) error {
		f := f.leads()
		l, err := f.listing("directory.Leads", v)
		if err != nil {
			return err
		}
		if out, err = page(ctx, v.q, l.withID("s.id"), v.contactRow); err != nil {
			return err
		}
		return v.tellContacts(ctx, out.Data)
	})
	return out, err
}

// leads is the filter with what makes a list of leads of it.
func (f ContactFilter) leads() ContactFilter {
	if f.Stage != millrace.StageAccepted.String() && f.Stage != millrace.StageSQL.String() {
		yes := true
		f.Fit = &yes
	}
	if f.Sort == "" {
		f.Sort = "intent"
	}
	return f
}

func (d *Directory) contacts(ctx context.Context, op string, f ContactFilter) (out Page[Contact], err error) {
	err = d.read(ctx, func(v *view) error {
		l, err := f.listing(op, v)
		if err != nil {
			return err
		}
		out, err = page(ctx, v.q, l.withID("s.id"), v.contactRow)
		return err
	})
	return out, err
}

// withID puts the id in front of the columns.
func (l *listing) withID(id string) *listing {
	l.columns = id + ", " + l.columns
	return l
}

// ContactDetail is everything known of a person.
type ContactDetail struct {
	Contact
	Traits      map[string]any `json:"traits" doc:"The latest statement of each trait"`
	Identifiers []Identifier   `json:"identifiers"`
}

// Contact gives one person: who is a public id, one that was merged away included, an address, a user id or a record id. NotFound otherwise.
func (d *Directory) Contact(ctx context.Context, who string) (out ContactDetail, err error) {
	const op = "directory.Contact"
	err = d.read(ctx, func(v *view) error {
		id, err := v.find(ctx, op, who, people)
		if err != nil {
			return err
		}
		into, done := v.contactRow()
		var traits string
		found, err := db.One(ctx, v.q, append(into, &traits), "/* directory.contact */ select s.id, "+contactColumns+", c.traits from "+scoreFirst+" where s.id = $1 and c.id = s.id", id)
		if err != nil {
			return err
		}
		if !found {
			return millrace.Errorf(millrace.NotFound, op, "nobody is known as %q", who)
		}
		out.Contact = done()
		if out.Traits, err = traitValues(traits); err != nil {
			return err
		}
		one := []Contact{out.Contact}
		if err := v.tellContacts(ctx, one); err != nil {
			return err
		}
		out.Contact = one[0]
		out.Identifiers, err = v.identifiers(ctx, id)
		return err
	})
	return out, err
}
