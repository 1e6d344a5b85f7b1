package measure

import (
	"cmp"
	"database/sql"
	"slices"
	"strconv"

	"millrace"
	"millrace/internal/metrics"
)

// fitAccount is an account that fits an ICP, as it stands.
type fitAccount struct {
	id      int32
	grade   uint16 // label
	engaged uint16 // committee roles in which somebody scored lately
	stage   millrace.Stage
}

// loadFits reads the accounts that fit.
func (b *builder) loadFits() error {
	return b.each("/* model.fits */ select id, grade, engaged, stage from "+b.tables.AccountScore+" where fit = 1 order by id", func(rows *sql.Rows) error {
		var id, engaged int64
		var grade sql.RawBytes
		var stage uint8
		if err := rows.Scan(&id, &grade, &engaged, &stage); err != nil {
			return err
		}
		b.m.fits = append(b.m.fits, fitAccount{id: int32(id), grade: b.labels.of(grade), engaged: uint16(min(engaged, 1<<16-1)), stage: millrace.Stage(stage)})
		return nil
	})
}

// TargetAccounts are the accounts that fit an ICP: who of them was engaged in the period, and how they stand now.
type TargetAccounts struct {
	Period   metrics.Period `json:"period"`
	Total    TierRow        `json:"total"`
	Tiers    []TierRow      `json:"tiers" doc:"By fit grade, the best first"`
	Coverage []CoverageRow  `json:"coverage" doc:"By how many roles of the committee are engaged, none first"`
	Months   []EngagedMonth `json:"months"`
	Roles    int            `json:"roles" doc:"Of the committee, as the playbook has it"`
	Enough   int            `json:"enough" doc:"Engaged roles from which on an account can be an MQA"`
}

// TierRow is the target accounts of one fit grade. Engaged, Opened and Won are of the period; what stands is of now.
type TierRow struct {
	Grade     string         `json:"grade"`
	Accounts  int            `json:"accounts"`
	Engaged   metrics.Figure `json:"engaged" doc:"Share with a touch of anybody in the period"`
	Covered   metrics.Figure `json:"covered" doc:"Share of which enough roles of the committee are engaged now"`
	Qualified int            `json:"qualified" doc:"MQA or beyond now, without an open or a won opportunity"`
	Open      int            `json:"open" doc:"With an open opportunity"`
	Opened    int            `json:"opened" doc:"With an opportunity that was opened in the period"`
	Won       int            `json:"won" doc:"That were won in the period"`
}

// CoverageRow is how many target accounts have so many roles engaged.
type CoverageRow struct {
	Roles    int `json:"roles"`
	Accounts int `json:"accounts"`
}

// EngagedMonth is how many target accounts had a touch in a month, cut to the period.
type EngagedMonth struct {
	Month   metrics.Month `json:"month"`
	Engaged int           `json:"engaged"`
}

type targetAccountsKey struct {
	at millrace.Time
	q  Query
}

// TargetAccounts looks at the accounts that fit. Which accounts fit is of now: nobody is a target of the past.
func (m *Model) TargetAccounts(q Query) TargetAccounts {
	out, _ := recall(m.memory, targetAccountsKey{m.BuiltAt, q}, func() (TargetAccounts, error) { return m.targetAccounts(q), nil })
	return out
}

// tier counts the accounts of a grade.
type tier struct{ accounts, engaged, covered, qualified, open, opened, won int }

func (t *tier) row(grade string, o metrics.Options) TierRow {
	return TierRow{Grade: grade, Accounts: t.accounts, Qualified: t.qualified, Open: t.open, Opened: t.opened, Won: t.won,
		Engaged: metrics.Share("engaged_accounts", "accounts that fit with a touch of anybody in the period / accounts that fit now", t.engaged, t.accounts, o),
		Covered: metrics.Share("committee_coverage", "accounts that fit with enough engaged roles for an MQA now / accounts that fit now", t.covered, t.accounts, o)}
}

func (m *Model) targetAccounts(q Query) TargetAccounts {
	p, o := m.period(q), m.options(q)
	out := TargetAccounts{Period: p}
	out.Roles, out.Enough = m.Committee()
	months := p.Months()
	for _, month := range months {
		out.Months = append(out.Months, EngagedMonth{Month: month})
	}
	by, all, coverage := map[uint16]*tier{}, &tier{}, map[int]int{}
	deals := m.accountDeals(p)
	for i := range m.fits {
		a := &m.fits[i]
		if by[a.grade] == nil {
			by[a.grade] = &tier{}
		}
		engaged := m.engagedMonths(a.id, p, months, out.Months)
		d := deals[a.id]
		for _, t := range [...]*tier{all, by[a.grade]} {
			t.accounts++
			t.engaged += one(engaged)
			t.covered += one(out.Enough > 0 && int(a.engaged) >= out.Enough)
			t.qualified += one(a.stage >= millrace.StageMQL && a.stage <= millrace.StageSQL && !d.open && !d.everWon)
			t.open, t.opened, t.won = t.open+one(d.open), t.opened+one(d.opened), t.won+one(d.won)
		}
		coverage[int(a.engaged)]++
	}
	out.Total = all.row("", o)
	for grade, t := range by {
		out.Tiers = append(out.Tiers, t.row(m.label(grade), o))
	}
	slices.SortFunc(out.Tiers, func(a, b TierRow) int { return cmp.Compare(a.Grade, b.Grade) })
	for roles, n := range coverage {
		out.Coverage = append(out.Coverage, CoverageRow{roles, n})
	}
	slices.SortFunc(out.Coverage, func(a, b CoverageRow) int { return cmp.Compare(a.Roles, b.Roles) })
	return out
}

func one(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// engagedMonths says whether anybody of an account had a touch in the period, and counts the months.
func (m *Model) engagedMonths(account int32, p metrics.Period, months []metrics.Month, count []EngagedMonth) (engaged bool) {
	s, ok := m.accounts[account]
	if !ok {
		return false
	}
	last := metrics.Month(-1 << 31)
	days := m.dayReader()
	for i := s.from; i < s.to; i++ {
		if m.touches[i].at == 0 {
			continue
		}
		d := days(m.touches[i].at)
		if !p.Has(d) {
			continue
		}
		engaged = true
		if month := d.Month(); month != last {
			last = month
			count[month-months[0]].Engaged++
		}
	}
	return engaged
}

// standing is what an account's opportunities are.
type standing struct{ open, everWon, opened, won bool }

func (m *Model) accountDeals(p metrics.Period) map[int32]standing {
	out := map[int32]standing{}
	for i := range m.deals {
		d := &m.deals[i]
		if d.Account <= 0 {
			continue
		}
		s := out[d.Account]
		s.open = s.open || d.Status == millrace.OpportunityOpen
		s.opened = s.opened || d.Opened != 0 && p.Has(m.calendar.Day(d.Opened))
		if d.Status == millrace.OpportunityWon {
			s.everWon = true
			s.won = s.won || d.Closed != 0 && p.Has(m.calendar.Day(d.Closed))
		}
		out[d.Account] = s
	}
	return out
}

// String says what a row of coverage counts: "no role", "1 role", "3 roles".
func (r CoverageRow) String() string {
	switch r.Roles {
	case 0:
		return "no role"
	case 1:
		return "1 role"
	}
	return strconv.Itoa(r.Roles) + " roles"
}
