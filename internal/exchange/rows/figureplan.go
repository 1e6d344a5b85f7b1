package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
	"millrace/internal/exchange/words"
)

// figurePlan is what reading a file of figures takes beside the plan, and what its rows added up to. It grows with the number of rows that
// differ in what they are known by, some 30 bytes each, and with the days.
type figurePlan struct {
	dated    []int // the columns that date a row
	amount   int   // the column with what it cost, -1 when there is none
	level    int   // the column that a platform's total rows leave blank, -1 when there is none
	levelled int64 // rows that fill it
	wide     int64 // rows of several days in a platform's report
	wideLine int64
	wideSpan string

	times  map[uint64]uint32 // how often a key occurred so far
	sums   map[string]decimal.Decimal
	first  string
	last   string
	byDay  map[string]decimal.Decimal // of the rows, by first day
	totals map[string]decimal.Decimal // of the rows that are totals of their day, by day
	said   []decimal.Decimal          // what the report's own total lines say

	credits, unpaid, totalRows, levelRows, endless int64
	endlessTo                                      string
	credited                                       map[string]decimal.Decimal
	names                                          map[string]string // campaign id to its first name
	renamed                                        map[string]bool
	categories                                     map[string]int64 // words that are no category
	how                                            map[string]int64 // contracts by where their yearly amount comes from
}

func newFigurePlan() *figurePlan {
	return &figurePlan{amount: -1, level: -1, times: map[uint64]uint32{}, sums: map[string]decimal.Decimal{}, byDay: map[string]decimal.Decimal{},
		totals: map[string]decimal.Decimal{}, credited: map[string]decimal.Decimal{}, names: map[string]string{}, renamed: map[string]bool{},
		categories: map[string]int64{}, how: map[string]int64{}}
}

// figureField lays out a column whose header names a currency, one that follows from others, and one of a wide list of rates.
func (p *Plan) figureField(f *field, known, generic map[string]string) bool {
	if p.Wide != "" && len(f.header) == 3 && sheet.IsCurrency(f.header) {
		f.trait, f.typ, f.iso = millrace.TraitValue, format.TypeMoney, strings.ToUpper(f.header)
		return true
	}
	if p.Follows(f.header) {
		f.skip = true
		return true
	}
	name, iso := format.CurrencyInHeader(f.header)
	if iso == "" {
		return false
	}
	key := sheet.Squeeze(name)
	trait, ok := known[key]
	if !ok {
		trait, ok = generic[key]
	}
	if !ok || format.TypeIn(p.Entity, trait) != format.TypeMoney {
		return false
	}
	f.trait, f.typ, f.iso = trait, format.TypeMoney, iso
	return true
}

// figure takes a cell with money.
func (p *Plan) figure(r *record, f *field, d decimal.Decimal, iso, s string) *Fault {
	if p.Wide != "" {
		r.rates = append(r.rates, rate{quote: f.iso, value: d})
		return nil
	}
	if iso == "" {
		iso = f.iso
	}
	switch {
	case f.trait != millrace.TraitAmount:
		r.put(f, f.trait, d.String(), s)
		if r.sign == "" {
			r.sign = iso
		}
	case r.paid:
		r.put(f, sheet.Snake(f.header), d.String(), s)
	default:
		r.money, r.paid, r.sign = d, true, iso
	}
	return nil
}

// isTotal says whether a row adds up others, and takes down what it says. A campaign may be called "Total Wine": a row with a day is none.
func (p *Plan) isTotal(cells [][]byte) bool {
	if p.Entity != format.Spend {
		return false
	}
	f, first := p.figures, ""
	text := func(c []byte) string {
		s, _, _ := sheet.Text(c)
		if words.Blank(s) {
			return ""
		}
		return s
	}
	for _, c := range cells {
		if first = text(c); first != "" {
			break
		}
	}
	word := words.Total(first)
	blank := f.level >= 0 && f.levelled > 0 && text(cells[p.fields[f.level].index]) == ""
	if !word && !blank {
		return false
	}
	day := ""
	for _, i := range f.dated {
		from, dated := p.dayIn(&p.fields[i], text(cells[p.fields[i].index]))
		if word = word && !dated; dated && p.fields[i].trait == format.FieldDay {
			day = from
		}
	}
	if !word && !blank {
		return false
	}
	var sum decimal.Decimal
	if f.amount >= 0 {
		if n, err := sheet.ScanNumber(text(cells[p.fields[f.amount].index])); err == nil {
			if sum, err = n.Value(p.fields[f.amount].decimal); err == nil && word && len(f.said) < 50 {
				f.said = append(f.said, sum)
			}
		}
	}
	if word {
		f.totalRows++
		return true
	}
	f.levelRows++
	f.totals[day] = f.totals[day].Add(sum)
	return true
}

func (p *Plan) dayIn(f *field, s string) (string, bool) {
	if s == "" {
		return "", false
	}
	r := newRecord()
	if p.days(r, f, s) != nil {
		return "", false
	}
	return r.plain[f.trait], true
}

// known is the id of a record without one of its own: the system, the first day and a hash of what it is known by. Of rows that are known by
// the same the second and further have their number in it.
func (p *Plan) known(from string, parts ...string) string {
	h := sha256.New()
	for _, s := range parts {
		s = sheet.NameKey(s)
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	sum := h.Sum(nil)
	key := binary.BigEndian.Uint64(sum)
	id := p.System + ":" + from + ":" + hex.EncodeToString(sum[:10])
	if p.figures.times[key]++; p.figures.times[key] > 1 {
		id = fmt.Sprintf("%s:%d", id, p.figures.times[key])
	}
	return id
}

// count takes a record into the file's figures.
func (f *figurePlan) count(s span, m *millrace.Money) {
	from, to := s.text()
	if f.first == "" || from < f.first {
		f.first = from
	}
	f.last = max(f.last, to)
	if m == nil {
		return
	}
	d := decimal.New(m.Minor, -int32(millrace.MinorDigits(m.Currency)))
	f.sums[m.Currency] = f.sums[m.Currency].Add(d)
	f.byDay[from] = f.byDay[from].Add(d)
	if m.Minor < 0 {
		f.credits++
		f.credited[m.Currency] = f.credited[m.Currency].Add(d)
	}
}

// campaign notes a campaign that goes by several names.
func (f *figurePlan) campaign(id, name string) {
	if id == "" || name == "" {
		return
	}
	if first, ok := f.names[id]; !ok && len(f.names) < 10_000 {
		f.names[id] = name
	} else if ok && first != name {
		f.renamed[id] = true
	}
}

// sum puts the file's figures into the outcome.
func (f *figurePlan) sum(p *Plan, s *Outcome) {
	if f == nil {
		return
	}
	if p.Entity == format.Spend && p.System != "csv" {
		s.Platform = p.System
	}
	s.FirstDay, s.LastDay = f.first, f.last
	for currency, d := range f.sums {
		if s.Spend == nil {
			s.Spend = map[string]string{}
		}
		s.Spend[currency] = plain(d)
	}
}

// plain writes an amount as Money.Decimal does: decimals dropped when all are zero.
func plain(d decimal.Decimal) string {
	if d.IsInteger() {
		return d.StringFixed(0)
	}
	return d.StringFixed(max(2, -d.Exponent()))
}

func amounts(by map[string]decimal.Decimal) string {
	var parts []string
	for _, currency := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, strings.TrimSpace(plain(by[currency])+" "+currency))
	}
	return strings.Join(parts, ", ")
}

// tell writes down what the rows showed.
func (f *figurePlan) tell(p *Plan) {
	if f == nil {
		return
	}
	if p.Entity == format.Spend && f.first == "" {
		p.note("the file has no row of costs: nothing was spent in its days, or the export was filtered")
	}
	f.tellTotals(p)
	if len(f.sums) > 1 {
		p.note("amounts are in %d currencies: %s. Figures in one currency need their exchange rates (millrace import rates)", len(f.sums), amounts(f.sums))
	}
	if f.credits > 0 {
		p.note("%d amounts are negative (credits): they are kept and count against the rest, %s in all", f.credits, amounts(f.credited))
	}
	if f.unpaid > 0 {
		p.note("%d rows have no amount: they cost 0 and are kept for their impressions and clicks", f.unpaid)
	}
	if len(f.renamed) > 0 {
		p.note("%d campaigns go by several names: their ids keep each one campaign", len(f.renamed))
	}
	if f.endless > 0 {
		p.note("%d recurring costs have no last day: they are taken up to %s. Import the file again later for the time after that", f.endless, f.endlessTo)
	}
	if len(f.categories) > 0 {
		p.note("categories that are none of media, people, tools, content, events, agency and other count as other: %s", counted(f.categories))
	}
	for _, how := range slices.Sorted(maps.Keys(f.how)) {
		p.note("the yearly amount of %d contracts is %s", f.how[how], how)
	}
}

// tellTotals compares the rows with what the file itself says that they add up to.
func (f *figurePlan) tellTotals(p *Plan) {
	var sum decimal.Decimal
	for _, d := range f.sums {
		sum = d
	}
	if f.totalRows > 0 {
		p.note("%d lines are totals and were passed over", f.totalRows)
	}
	if len(f.said) > 0 && len(f.sums) == 1 && !slices.ContainsFunc(f.said, sum.Equal) {
		p.note("the file's own total is %s and its rows add up to %s: rows are missing, or were rejected", plain(slices.MaxFunc(f.said, decimal.Decimal.Cmp)), plain(sum))
	}
	if f.levelRows == 0 {
		return
	}
	var totals decimal.Decimal
	var apart []string
	for _, day := range slices.Sorted(maps.Keys(f.totals)) {
		totals = totals.Add(f.totals[day])
		if !f.totals[day].Equal(f.byDay[day]) && len(apart) < 5 {
			apart = append(apart, fmt.Sprintf("%s says %s and its rows %s", day, plain(f.totals[day]), plain(f.byDay[day])))
		}
	}
	p.note("%d rows without %q are totals and were passed over; they say %s", f.levelRows, p.fields[f.level].header, plain(totals))
	if len(apart) > 0 {
		p.note("totals that are not the sum of their day's rows: %s", strings.Join(apart, "; "))
	}
}

// sealFigure makes the event of a record of days. The day is the sender's own moment, so that the same row is the same fact whenever and
// in whatever time zone it is imported; without a date of change the log's receipt is when it was stated.
func (p *Plan) sealFigure(r *record, id string, s span) (Fact, *Fault) {
	modified := r.times[format.FieldModified]
	ev := millrace.Event{Source: p.System, Kind: p.kind(), RecordID: id, SentAt: firstTime(modified, millrace.TimeOf(s.from))}
	var flt *Fault
	if ev.Data, flt = payload(r.data); flt != nil {
		return Fact{}, flt
	}
	ev.ID = rowHash(&ev)
	now := p.clock()
	begins := millrace.TimeOf(time.Date(s.from.Year(), s.from.Month(), s.from.Day(), 0, 0, 0, 0, p.loc))
	ev.OccurredAt = min(begins, now) // what lies ahead, a target or a contract to come, is known from now on
	ev.RecordedAt = min(firstTime(modified, p.recorded), now)
	return Fact{Event: ev, Rows: 1, Size: len(ev.Data) + 256}, nil
}
