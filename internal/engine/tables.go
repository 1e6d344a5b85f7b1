package engine

import (
	"context"
	"slices"
	"strings"

	"millrace/internal/db"
)

// foldVersion is the version of the folds in this package. A database whose derived rows were made by another version is rebuilt.
const foldVersion = "6"

// tables names the derived tables of one generation: the live ones, or the ones that a rebuild or a check fills beside them.
type tables struct {
	resolved, visitor, contact, contactScore, contactAccount, account, accountScore, opportunity, opportunityContact, record, spend string
}

func tablesWith(suffix string) tables {
	return tables{"resolved" + suffix, "visitor" + suffix, "contact" + suffix, "contact_score" + suffix, "contact_account" + suffix,
		"account" + suffix, "account_score" + suffix, "opportunity" + suffix, "opportunity_contact" + suffix, "record" + suffix, "spend" + suffix}
}

var live = tablesWith("")

// The tables of what folds beside the live state, which are there while it runs: a rebuild (suffixNext) and what it put aside (suffixOld), and
const (
	suffixNext  = "_next"
	suffixOld   = "_old"
	suffixCheck = "_check"
	suffixPlan  = "_plan"
	suffixPast  = "_asof"
)

// leftOver are those that a process which was killed may have left, but for a rebuild's, which is gone on with.
var leftOver = [...]string{suffixOld, suffixCheck, suffixPlan, suffixPast}

// all lists them with the columns that make up a row, primary key first: what check compares and rebuild swaps.
func (t tables) all() []table {
	return []table{
		{t.resolved, 1, "id, entity"},
		{t.visitor, 1, "id, runs, people"},
		{t.contact, 1, "id, email, name, first_name, last_name, title, department, seniority, country, company, owner, traits, bindings"},
		{t.contactScore, 1, contactScoreColumns},
		{t.contactAccount, 2, "contact, account, epoch, sum, scored_at"},
		{t.account, 1, "id, name, domain, industry, employees, revenue, country, city, parent, owner, traits"},
		{t.accountScore, 1, accountScoreColumns},
		{t.opportunity, 1, opportunityColumns},
		{t.opportunityContact, 3, opportunityContactColumns},
		{t.record, 1, "id, kind, name, traits"},
		{t.spend, 1, spendColumns},
	}
}

type table struct {
	name    string
	keys    int // leading columns that identify a row
	columns string
}

const (
	contactScoreColumns = "id, account, split, epoch, sum, rank, fit, grade, icp, points, role, stage, stage_at, stage_seq, cooled_at, first_at, last_at, scored_at, due_at, in_deal, decided_stage, decided_at, decided_cooled_at, state"
	accountScoreColumns = "id, people, epoch, sum, rank, fit, grade, icp, points, roles, engaged, stage, stage_at, stage_seq, cooled_at, last_at, due_at, open_count, won_count, lost_count, decided_stage, decided_at, decided_cooled_at"
	spendColumns        = "id, from_day, to_day, platform, channel, source, medium, campaign, category, currency, amount, impressions, clicks, reach, leads, traits"
	opportunityColumns  = "id, account_ref, account, name, amount, currency, stage, status, opened_at, closed_at, undated, owner, product, loss_reason, traits"

	opportunityContactColumns = "opportunity, contact, since, part"
)

// derivedDDL makes one generation: %T is the suffix of tables, %G of indexes, whose names stay when a table is renamed. Texts of traits are
// indexed by their beginning, since PostgreSQL takes no long index entries; lower() folds A to Z alone, as package directory's lists do.
const derivedDDL = `
create table resolved%T (id #rowid#, entity #bigint# not null);
create index resolved_entity%G on resolved%T (entity);
create table visitor%T (id #rowid#, runs #blob# not null, people #bigint# not null);
create table contact%T (id #rowid#, email #text# not null, name #text# not null, first_name #text# not null, last_name #text# not null,
	title #text# not null, department #text# not null, seniority #text# not null, country #text# not null, company #text# not null,
	owner #text# not null, traits #text# not null, bindings #text# not null);
create index contact_email%G on contact%T (email, id);
create index contact_name%G on contact%T (substr(lower(name), 1, 200), id);
create index contact_last_name%G on contact%T (substr(lower(last_name), 1, 200), id) where last_name <> '';
create index contact_owner%G on contact%T (substr(owner, 1, 200), id) where owner <> '';
#postgres# alter table contact%T alter column email set statistics 0, alter column name set statistics 0, alter column first_name set statistics 0, alter column last_name set statistics 0, alter column title set statistics 0, alter column company set statistics 0, alter column traits set statistics 0, alter column bindings set statistics 0;
#postgres# alter index contact_name%G alter column 1 set statistics 0;
#postgres# alter index contact_last_name%G alter column 1 set statistics 0;
create index contact_country%G on contact%T (substr(country, 1, 200), id) where country <> '';
create table contact_score%T (id #rowid#, account #bigint# not null, split #small# not null, epoch #bigint# not null, sum #bigint# not null,
	rank #real#, fit #small# not null, grade #text# not null, icp #text# not null, points #bigint# not null, role #text# not null,
	stage #small# not null, stage_at #bigint# not null, stage_seq #bigint# not null, cooled_at #bigint# not null, first_at #bigint# not null,
	last_at #bigint# not null, scored_at #bigint# not null, due_at #bigint# not null, in_deal #small# not null, decided_stage #small# not null,
	decided_at #bigint# not null, decided_cooled_at #bigint# not null, state #blob#);
create index contact_score_account%G on contact_score%T (account, id);
create index contact_score_rank%G on contact_score%T (rank, id) where fit = 1;
create index contact_score_stage%G on contact_score%T (stage, rank, id) where stage > 0;
create index contact_score_waiting%G on contact_score%T (stage, stage_at, id) where stage > 0;
create index contact_score_due%G on contact_score%T (due_at) where due_at > 0;
create table contact_account%T (contact #bigint# not null, account #bigint# not null, epoch #bigint# not null, sum #bigint# not null,
	scored_at #bigint# not null, primary key (contact, account)) #norowid#;
create index contact_account_account%G on contact_account%T (account, contact);
create table account%T (id #rowid#, name #text# not null, domain #text# not null, industry #text# not null, employees #bigint# not null,
	revenue #real# not null, country #text# not null, city #text# not null, parent #text# not null, owner #text# not null, traits #text# not null);
#postgres# alter table account%T alter column name set statistics 0, alter column domain set statistics 0, alter column city set statistics 0, alter column traits set statistics 0;
create index account_name%G on account%T (substr(lower(name), 1, 200), id);
#postgres# alter index account_name%G alter column 1 set statistics 0;
create index account_domain%G on account%T (domain, id);
create index account_owner%G on account%T (substr(owner, 1, 200), id) where owner <> '';
create index account_country%G on account%T (substr(country, 1, 200), id) where country <> '';
create index account_industry%G on account%T (substr(industry, 1, 200), id) where industry <> '';
create table account_score%T (id #rowid#, people #bigint# not null, epoch #bigint# not null, sum #bigint# not null, rank #real#,
	fit #small# not null, grade #text# not null, icp #text# not null, points #bigint# not null, roles #text# not null, engaged #bigint# not null,
	stage #small# not null, stage_at #bigint# not null, stage_seq #bigint# not null, cooled_at #bigint# not null, last_at #bigint# not null,
	due_at #bigint# not null, open_count #bigint# not null, won_count #bigint# not null, lost_count #bigint# not null,
	decided_stage #small# not null, decided_at #bigint# not null, decided_cooled_at #bigint# not null);
create index account_score_rank%G on account_score%T (rank, id) where rank is not null;
create index account_score_stage%G on account_score%T (stage, rank, id) where stage > 0;
create index account_score_waiting%G on account_score%T (stage, stage_at, id) where stage > 0;
create index account_score_due%G on account_score%T (due_at) where due_at > 0;
create table opportunity%T (id #rowid#, account_ref #bigint# not null, account #bigint# not null, name #text# not null, amount #bigint# not null,
	currency #text# not null, stage #text# not null, status #small# not null, opened_at #bigint# not null, closed_at #bigint# not null,
	undated #small# not null, owner #text# not null, product #text# not null, loss_reason #text# not null, traits #text# not null);
create index opportunity_account%G on opportunity%T (account, id);
create index opportunity_status%G on opportunity%T (status, currency, amount, id);
create index opportunity_opened%G on opportunity%T (opened_at, id);
create index opportunity_closed%G on opportunity%T (closed_at, id);
create index opportunity_amount%G on opportunity%T (amount, id);
create index opportunity_name%G on opportunity%T (substr(lower(name), 1, 200), id);
create table opportunity_contact%T (opportunity #bigint# not null, contact #bigint# not null, since #bigint# not null, part #small# not null,
	primary key (opportunity, contact, since)) #norowid#;
create index opportunity_contact_contact%G on opportunity_contact%T (contact, opportunity);
create table record%T (id #rowid#, kind #small# not null, name #text# not null, traits #text# not null);
create index record_kind%G on record%T (kind, id);
create table spend%T (id #rowid#, from_day #bigint# not null, to_day #bigint# not null, platform #text# not null, channel #text# not null,
	source #text# not null, medium #text# not null, campaign #text# not null, category #text# not null, currency #text# not null,
	amount #bigint# not null, impressions #bigint# not null, clicks #bigint# not null, reach #bigint# not null, leads #bigint# not null, traits #text# not null);
create index spend_day%G on spend%T (from_day, id);
`

// foldIndexes are those that are there before the rows: few of them, and asked for while a fold goes on. The others are made when all rows are there,
// in a tenth of the time. Of those, askedIndexes are for whoever reads a generation that is never switched to.
var (
	foldIndexes  = [...]string{"opportunity_account", "opportunity_contact_contact"}
	askedIndexes = [...]string{"contact_score_account", "contact_account_account"}
)

// indexDerived makes those of the indexes that createDerived left out which are wanted and not there yet, each in a transaction of its own.
func indexDerived(ctx context.Context, d *db.DB, suffix, generation string, wanted func(name string) bool) error {
	for _, statement := range derivedStatements(suffix, generation, true) {
		if name, _ := indexOf(statement, generation); !wanted(name) {
			continue
		}
		statement = strings.Replace(statement, "create index ", "create index if not exists ", 1)
		if err := d.Write(ctx, func(tx *db.Tx) error { return tx.ExecOnce(ctx, tx.DDL(statement)) }); err != nil {
			return err
		}
	}
	return nil
}

// ofAccounts says whether an index waits for the rows of accounts.
func ofAccounts(name string) bool {
	return strings.HasPrefix(name, "account_")
}

// indexOf gives the name, without its generation, of the index that a statement is about.
func indexOf(statement, generation string) (name string, index bool) {
	name, index = strings.CutPrefix(statement, "create index ")
	if !index {
		name, index = strings.CutPrefix(statement, "#postgres# alter index ")
	}
	name, _, _ = strings.Cut(name, "_"+generation+" ")
	return name, index
}

// derivedStatements are the DDL of a generation, of late indexes or of everything else. Statements end at ";\n".
func derivedStatements(suffix, generation string, late bool) (out []string) {
	text := strings.NewReplacer("%T", suffix, "%G", "_"+generation).Replace(derivedDDL)
	for statement := range strings.SplitSeq(text, ";\n") {
		statement = strings.TrimSpace(statement)
		name, index := indexOf(statement, generation)
		if statement != "" && late == (index && !slices.Contains(foldIndexes[:], name)) {
			out = append(out, statement)
		}
	}
	return out
}

// createDerived makes the tables of a generation with the indexes that a fold needs, dropping left-over ones of the same suffix.
func createDerived(ctx context.Context, tx *db.Tx, suffix, generation string) error {
	if err := dropDerived(ctx, tx, suffix); err != nil {
		return err
	}
	for _, statement := range derivedStatements(suffix, generation, false) {
		if err := tx.ExecOnce(ctx, tx.DDL(statement)); err != nil {
			return err
		}
	}
	return nil
}

// dropDerived drops the tables of a generation.
func dropDerived(ctx context.Context, tx *db.Tx, suffix string) error {
	for _, t := range tablesWith(suffix).all() {
		if err := tx.ExecOnce(ctx, "drop table if exists "+t.name); err != nil {
			return err
		}
	}
	return nil
}

// createMissing makes live tables that an earlier version of the folds didn't have, so that a rebuild finds all of those that it replaces.
func createMissing(ctx context.Context, tx *db.Tx) error {
	for _, statement := range derivedStatements("", "0", false) {
		if rest, table := strings.CutPrefix(statement, "create table "); table {
			if err := tx.ExecOnce(ctx, tx.DDL("create table if not exists "+rest)); err != nil {
				return err
			}
		}
	}
	return nil
}
