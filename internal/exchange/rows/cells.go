package rows

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/shopspring/decimal"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
	"millrace/internal/exchange/words"
)

// record is one row on its way to a fact.
type record struct {
	line   int64
	data   map[string]any
	ids    []string // a mapping's id, in parts
	id     string
	times  map[string]millrace.Time // created_at, modified_at, opened_at, closed_at, occurred_at, history.at
	plain  map[string]string        // fields of the record that are not traits
	flags  map[string]bool          // is_won, is_closed
	money  decimal.Decimal
	paid   bool   // there is an amount
	sign   string // the currency that the amount's cell named
	stages []stageEntry
	people []person
	extras map[string]any // history and contact role reports: the entry's other columns
	rates  []rate         // exchange rates by column
}

// stageEntry is one element of the trait stages.
type stageEntry struct {
	Stage string
	At    millrace.Time
	More  map[string]any
}

// person is one element of the trait contacts.
type person struct {
	ID, Email, Name, Role string
	Primary               *bool
	More                  map[string]any
}

func newRecord() *record {
	return &record{data: map[string]any{}, times: map[string]millrace.Time{}, plain: map[string]string{}, flags: map[string]bool{}, extras: map[string]any{}}
}

func (r *record) reset(line int64, idParts int) {
	clear(r.data)
	clear(r.times)
	clear(r.plain)
	clear(r.flags)
	clear(r.extras)
	*r = record{line: line, data: r.data, times: r.times, plain: r.plain, flags: r.flags, extras: r.extras, stages: r.stages[:0], people: r.people[:0], ids: r.ids[:0], rates: r.rates[:0]}
	for range idParts {
		r.ids = append(r.ids, "")
	}
}

// fill puts a row's cells into the record.
func (p *Plan) fill(r *record, cells [][]byte) *Fault {
	for i := range p.fields {
		f := &p.fields[i]
		if f.skip && f.idPart == 0 || len(cells[f.index]) == 0 {
			continue
		}
		s, legacy, nul := sheet.Text(cells[f.index])
		if legacy {
			if p.tally.legacy++; p.tally.legacyLine == 0 {
				p.tally.legacyLine = r.line
			}
		}
		if nul {
			if p.tally.nul++; p.tally.nulLine == 0 {
				p.tally.nulLine = r.line
			}
		}
		if words.Blank(s) {
			continue
		}
		if f.idPart > 0 {
			r.ids[f.idPart-1] = s
		}
		if f.skip {
			continue
		}
		f.filled++
		if flt := p.cell(r, f, s); flt != nil {
			return flt
		}
	}
	return nil
}

// cell puts one cell's meaning into the record.
func (p *Plan) cell(r *record, f *field, s string) *Fault {
	if p.Fix != nil {
		if fixed, changed := p.Fix(f.trait, s); changed {
			s = fixed
			p.tally.repaired++
		}
	}
	if f.typ != format.TypeText && f.typ != format.TypeID && words.BlankTyped(s) {
		return nil
	}
	switch f.typ {
	case format.TypeText:
		p.text(r, f, s)
	case format.TypeID:
		p.idCell(r, f, s)
	case format.TypeDate:
		return p.date(r, f, s)
	case format.TypeDay, format.TypePeriod:
		return p.days(r, f, s)
	case format.TypeMoney:
		return p.amount(r, f, s)
	case format.TypeStages:
		return p.stageList(r, f, s)
	case format.TypeContacts:
		r.people = append(r.people, p.peopleIn(s, f.role)...)
	case format.TypeJSON:
		var v any
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			return &Fault{ReasonValue, f.header, fmt.Sprintf("column %q is not valid JSON", f.header)}
		}
		r.put(f, f.trait, v, s)
	case format.TypeEmail:
		p.email(r, f, s)
	default:
		p.soft(r, f, s)
	}
	return nil
}

// soft handles the types whose misfits are kept as they are, under a name of their own.
func (p *Plan) soft(r *record, f *field, s string) {
	v, ok := any(nil), false
	switch f.typ {
	case format.TypePhone:
		v, ok = sheet.Phone(s)
		if !ok {
			v = s // still the person's number as the source has it
			f.misfit(r.line)
			ok = true
		}
	case format.TypeNumber, format.TypeInteger, format.TypeYear:
		v, ok = p.numeric(f, s)
	case format.TypeBool:
		b, known := sheet.Bool(s)
		if known && (f.trait == format.FieldWon || f.trait == format.FieldClosed || f.trait == format.FieldContactPrimary) {
			r.flags[f.trait] = b
			return
		}
		v, ok = b, known
	case format.TypeList:
		v, ok = listIn(s, f.sep)
	case format.TypeURL:
		v, ok = s, true
	case format.TypeDomain:
		v = sheet.Domain(s)
		ok = v != ""
	case format.TypeLifecycle:
		v, ok = p.lifecycle(s)
	case format.TypeStatus:
		if v, ok = words.LeadStatus(s); !ok {
			v, ok = s, true
			f.misfit(r.line)
		}
	}
	if !ok {
		f.misfit(r.line)
		r.put(f, f.trait+"_original", s, s)
		return
	}
	r.put(f, f.trait, v, s)
}

func (f *field) misfit(line int64) {
	if f.kept++; f.example == 0 {
		f.example = line
	}
}

// put sets a trait. What a second column says differently is kept under that column's own name.
func (r *record) put(f *field, trait string, v any, original string) {
	old, taken := r.data[trait]
	if !taken {
		r.data[trait] = v
		return
	}
	a, _ := json.Marshal(old)
	b, _ := json.Marshal(v)
	if string(a) == string(b) {
		return
	}
	name := sheet.Snake(f.header)
	if name == "" || name == trait {
		name = fmt.Sprintf("%s_column_%d", trait, f.index+1)
	}
	if _, taken := r.data[name]; taken {
		name = fmt.Sprintf("%s_column_%d", trait, f.index+1)
	}
	r.data[name] = original
}

func (p *Plan) text(r *record, f *field, s string) {
	switch {
	case f.trait == format.FieldHistoryStage || f.trait == format.FieldContactRole || f.trait == format.FieldEvery && p.figures != nil:
		r.plain[f.trait] = s
	case p.History && f.own:
		r.extras[f.trait] = s
	case p.Roles && f.own:
		r.extras[f.trait] = s
	case f.trait == millrace.TraitCurrency && len(s) == 3 && sheet.IsCurrency(s):
		r.put(f, f.trait, strings.ToUpper(s), s)
	default:
		r.put(f, f.trait, s, s)
	}
}

// idCell reads a record's id, or a reference to another record of the same system. Of several ids in a cell the first counts.
func (p *Plan) idCell(r *record, f *field, s string) {
	first, rest, several := strings.Cut(s, ";")
	first = strings.TrimSpace(first)
	switch f.trait {
	case format.FieldID:
		if r.id == "" {
			r.id = format.LongID(p.System, s)
		} else if r.id != format.LongID(p.System, s) {
			r.put(f, sheet.Snake(f.header), s, s)
		}
	case format.FieldContactID:
		r.plain[format.FieldContactID] = p.System + ":" + format.LongID(p.System, s)
	case millrace.TraitAccountID:
		r.put(f, f.trait, p.System+":"+format.LongID(p.System, first), s)
		if several && strings.TrimSpace(rest) != "" {
			r.put(f, "all_account_ids", s, s)
		}
	default:
		r.put(f, f.trait, s, s)
	}
}

func (p *Plan) email(r *record, f *field, s string) {
	addr, rest, ok := sheet.Email(s)
	if !ok {
		f.misfit(r.line)
		r.put(f, f.trait+"_original", s, s)
		return
	}
	if f.trait == format.FieldContactEmail {
		r.plain[format.FieldContactEmail] = addr
		return
	}
	r.put(f, f.trait, addr, s)
	if rest {
		r.put(f, f.trait+"_original", s, s)
	}
}

// layouts are the patterns that a mapping gives for a column's dates, tried in order.
func (p *Plan) layouts(f *field) []string {
	switch {
	case f.layout != "":
		return []string{f.layout}
	case p.mapping != nil:
		return p.mapping.DateFormats
	}
	return nil
}

func (p *Plan) date(r *record, f *field, s string) *Fault {
	var t millrace.Time
	var err error
	layouts := p.layouts(f)
	if len(layouts) > 0 {
		t, err = sheet.ParseLayouts(s, layouts, p.loc)
	}
	if len(layouts) == 0 || err != nil && f.layout == "" {
		t, err = sheet.ParseDate(s, f.order, p.loc)
	}
	if err != nil {
		return &Fault{ReasonDate, f.header, fmt.Sprintf("column %q: %q is %v", f.header, shorten(s), err)}
	}
	switch {
	case f.stage != "":
		r.stages = append(r.stages, stageEntry{Stage: f.stage, At: t})
	case f.own:
		r.put(f, f.trait, t.String(), s)
	case r.times[f.trait] == 0:
		r.times[f.trait] = t
	case r.times[f.trait] != t:
		r.put(f, sheet.Snake(f.header), t.String(), s)
	}
	return nil
}

func (p *Plan) amount(r *record, f *field, s string) *Fault {
	n, err := sheet.ScanNumber(s)
	if err == nil {
		var d decimal.Decimal
		if d, err = n.Value(f.decimal); err == nil {
			if _, err = millrace.ParseMoney(d.String(), n.Currency); err == nil {
				if p.figures != nil {
					return p.figure(r, f, d, n.Currency, s)
				}
				if f.trait != millrace.TraitAmount {
					r.put(f, f.trait, d.String(), s)
				} else if !r.paid {
					r.money, r.paid, r.sign = d, true, n.Currency
				}
				return nil
			}
		}
	}
	return &Fault{ReasonAmount, f.header, fmt.Sprintf("column %q: %q is no amount (%v)", f.header, shorten(s), err)}
}

// numeric reads numbers; of a range or "10001+" the lower end, of "1911.0" the year.
func (p *Plan) numeric(f *field, s string) (any, bool) {
	if f.typ == format.TypeInteger {
		if low, _, isRange := strings.Cut(strings.TrimSpace(strings.ReplaceAll(s, "–", "-")), "-"); isRange && low != "" {
			s = low
		}
		s = strings.TrimSuffix(strings.TrimSpace(strings.TrimSuffix(strings.ToLower(s), "employees")), "+")
	}
	n, err := sheet.ScanNumber(s)
	if err != nil {
		return nil, false
	}
	sign := f.decimal
	if f.typ == format.TypeYear {
		sign = '.'
	}
	d, err := n.Value(sign)
	if err != nil {
		return nil, false
	}
	if p.Millions && f.trait == millrace.TraitRevenue {
		d = d.Shift(6)
	}
	if f.typ == format.TypeNumber {
		return json.Number(d.String()), true
	}
	if !d.IsInteger() || f.typ == format.TypeYear && (d.LessThan(decimal.New(1000, 0)) || d.GreaterThan(decimal.New(2100, 0))) {
		return nil, false
	}
	return json.Number(d.StringFixed(0)), true
}

func listIn(s, sep string) ([]string, bool) {
	if sep == "" {
		sep = ";"
		for _, try := range []string{"|", ";", ","} {
			if strings.Contains(s, try) {
				sep = try
				break
			}
		}
	}
	var out []string
	for part := range strings.SplitSeq(s, sep) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out, len(out) > 0
}

func (p *Plan) lifecycle(s string) (any, bool) {
	key := sheet.Squeeze(s)
	if p.mapping != nil {
		if st, ok := p.mapping.Lifecycle[key]; ok {
			return st.String(), true
		}
	}
	st, ok := words.Lifecycle(s)
	if !ok {
		count(p.tally.words, shorten(s))
		return nil, false
	}
	return st.String(), true
}

// stageList reads a cell of the form "Demo@2024-03-01; Won@2024-04-01" or a JSON list of {"stage", "at"}.
func (p *Plan) stageList(r *record, f *field, s string) *Fault {
	bad := func(err error) *Fault {
		return &Fault{ReasonDate, f.header, fmt.Sprintf("column %q is no list of stages such as \"Demo@2024-03-01; Won@2024-04-01\" (%v)", f.header, err)}
	}
	if strings.HasPrefix(s, "[") {
		var list []struct {
			Stage string        `json:"stage"`
			At    millrace.Time `json:"at"`
		}
		if err := json.Unmarshal([]byte(s), &list); err != nil {
			return bad(err)
		}
		for _, e := range list {
			r.stages = append(r.stages, stageEntry{Stage: e.Stage, At: e.At})
		}
		return nil
	}
	for part := range strings.SplitSeq(s, ";") {
		name, when, ok := strings.Cut(part, "@")
		if !ok {
			return bad(fmt.Errorf("%q has no @", shorten(part)))
		}
		t, err := sheet.ParseDate(strings.TrimSpace(when), f.order, p.loc)
		if err != nil {
			return bad(err)
		}
		r.stages = append(r.stages, stageEntry{Stage: strings.TrimSpace(name), At: t})
	}
	return nil
}

// peopleIn reads "Jane Doe (jane@acme.com); 4711": addresses, ids and names, separated by semicolons.
func (p *Plan) peopleIn(s, role string) []person {
	var out []person
	for part := range strings.SplitSeq(s, ";") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		one := person{Role: role}
		name, inner, ok := strings.Cut(strings.TrimSuffix(part, ")"), "(")
		if !ok {
			inner = part
		}
		if addr, _, valid := sheet.Email(inner); valid {
			one.Email = addr
			if ok {
				one.Name = strings.TrimSpace(name)
			}
		} else if !strings.ContainsAny(part, " ,") && strings.ContainsAny(part, "0123456789") {
			one.ID = p.System + ":" + format.LongID(p.System, part)
		} else {
			one.Name = part
		}
		out = append(out, one)
	}
	return out
}

func stagesValue(list []stageEntry) []map[string]any {
	sort.SliceStable(list, func(i, j int) bool { return list[i].At < list[j].At })
	out := make([]map[string]any, len(list))
	for i, e := range list {
		out[i] = map[string]any{}
		for k, v := range e.More {
			out[i][k] = v
		}
		out[i]["stage"] = e.Stage
		if e.At != 0 {
			out[i]["at"] = e.At.String()
		}
	}
	return out
}

func peopleValue(list []person) []map[string]any {
	out := make([]map[string]any, len(list))
	for i, e := range list {
		m := map[string]any{}
		for k, v := range e.More {
			m[k] = v
		}
		for k, v := range map[string]string{"id": e.ID, "email": e.Email, "name": e.Name, "role": e.Role} {
			if v != "" {
				m[k] = v
			}
		}
		if e.Primary != nil {
			m["primary"] = *e.Primary
		}
		out[i] = m
	}
	return out
}

// shorten keeps a message about a cell short.
func shorten(s string) string { return sheet.Clip(s, 40) }
