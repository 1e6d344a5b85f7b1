package rows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
	"millrace/internal/exchange/words"
)

// spend makes the facts of a row of costs: one, or of a recurring cost one for each time.
func (p *Plan) spend(r *record) (Fact, *Fault) {
	spans, flt := p.spans(r)
	if flt != nil {
		return Fact{}, flt
	}
	if !r.paid {
		_, seen := r.data[millrace.TraitImpressions]
		_, clicked := r.data[millrace.TraitClicks]
		if p.Daily == "" && !seen && !clicked {
			return Fact{}, &Fault{Reason: ReasonAmount, Detail: "the row has no amount"}
		}
		r.paid = true
		p.figures.unpaid++
	}
	p.price(r)
	currency, flt := p.currencyOf(r)
	if flt != nil {
		return Fact{}, flt
	}
	p.sort(r)
	whole, before := r.money, len(p.ready)
	for i, s := range spans {
		m, err := millrace.ParseMoney(whole.Mul(s.share).StringFixed(6), currency)
		if err != nil {
			p.ready = p.ready[:before]
			return Fact{}, &Fault{Reason: ReasonAmount, Detail: fmt.Sprintf("%s is too large an amount", shorten(whole.String()))}
		}
		r.data[millrace.TraitAmount] = whole.String()
		if !s.share.Equal(decimal.New(1, 0)) {
			r.data[millrace.TraitAmount] = m.Decimal()
		}
		r.data[millrace.TraitFrom], r.data[millrace.TraitTo] = s.text()
		f, flt := p.sealFigure(r, p.spendID(r, s, len(spans) > 1), s)
		if flt != nil {
			return Fact{}, flt
		}
		p.figures.count(s, &m)
		if i == len(spans)-1 {
			return f, nil
		}
		f.Rows = 0 // the row counts with its last fact
		p.ready = append(p.ready, f)
	}
	return Fact{}, &Fault{Reason: ReasonDate, Detail: "the row has no day"} // spans gives one at least
}

// currencyOf is the row's currency, "" for the workspace's.
func (p *Plan) currencyOf(r *record) (string, *Fault) {
	s, _ := r.data[millrace.TraitCurrency].(string)
	if s == "" {
		return "", nil
	}
	iso, ok := sheet.Currency(s)
	if !ok {
		return "", &Fault{Reason: ReasonValue, Detail: fmt.Sprintf("%q is no currency: an ISO 4217 code such as EUR", shorten(s))}
	}
	r.data[millrace.TraitCurrency] = iso
	return iso, nil
}

// sort gives category, platform and campaign their canonical words.
func (p *Plan) sort(r *record) {
	text := func(trait string) string {
		s, _ := r.data[trait].(string)
		return s
	}
	if said := text(millrace.TraitCategory); said != "" {
		category, ok := words.Category(said)
		if !ok {
			category = "other"
			r.data[millrace.TraitCategory+"_original"] = said
			count(p.figures.categories, shorten(said))
		}
		r.data[millrace.TraitCategory] = category
	}
	platform := text(millrace.TraitPlatform)
	switch known, _ := words.Platform(platform); {
	case p.Daily != "" || platform == "" && p.System != "csv":
		r.data[millrace.TraitPlatform] = p.System
	case known != "":
		r.data[millrace.TraitPlatform] = known
	case platform != "":
		r.data[millrace.TraitPlatform] = sheet.Snake(platform)
	}
	if name := text(format.FieldAccountName); name != "" && text(millrace.TraitAdAccount) == "" {
		r.data[millrace.TraitAdAccount] = name
		delete(r.data, format.FieldAccountName)
	}
	p.figures.campaign(text(millrace.TraitCampaignID), text(millrace.TraitCampaign))
}

// spendID is what a row of costs is known by: its own id, or whose it is, what for, of which days, and what else cuts it from its neighbours.
func (p *Plan) spendID(r *record, s span, several bool) string {
	from, to := s.text()
	if r.id != "" && several {
		return p.System + ":" + r.id + ":" + from
	}
	if r.id != "" {
		return p.System + ":" + r.id
	}
	text := func(traits ...string) string {
		for i, t := range traits {
			if v, _ := r.data[t].(string); v != "" {
				return fmt.Sprint(i) + v // an id and a name are never the same
			}
		}
		return ""
	}
	parts := []string{from, to, text(millrace.TraitPlatform), text(millrace.TraitAdAccount), text(millrace.TraitCampaignID, millrace.TraitCampaign),
		text(format.FieldAdGroupID, millrace.TraitAdGroup), text(format.FieldAdID, millrace.TraitAd), text(millrace.TraitCategory)}
	if text(millrace.TraitCampaignID) == "" {
		parts = append(parts, text(millrace.TraitChannel), text(millrace.TraitSource), text(millrace.TraitMedium))
	}
	var cut []string
	for i := range p.fields {
		if f := &p.fields[i]; f.segment && !f.skip {
			cut = append(cut, sheet.Squeeze(f.header)+"="+text(f.trait))
		}
	}
	slices.Sort(cut)
	return p.known(from, append(parts, cut...)...)
}

// contract makes the fact of a row of contracts: its amount is a year's recurring revenue.
func (p *Plan) contract(r *record) (Fact, *Fault) {
	from, to, flt := p.term(r)
	if flt != nil {
		return Fact{}, flt
	}
	if flt := p.yearly(r, from, to); flt != nil {
		return Fact{}, flt
	}
	p.price(r)
	if _, flt = p.currencyOf(r); flt != nil {
		return Fact{}, flt
	}
	if site, ok := r.data[millrace.TraitDomain].(string); ok && sheet.Domain(site) == "" {
		delete(r.data, millrace.TraitDomain)
	}
	account := firstOf(r, millrace.TraitAccountID, millrace.TraitDomain, millrace.TraitAccount)
	natural := ""
	s := span{from: from, to: to}
	r.data[millrace.TraitFrom] = from.Format(time.DateOnly)
	if account != "" {
		natural = strings.Join([]string{account, r.data[millrace.TraitFrom].(string), firstOf(r, millrace.TraitProduct)}, "|")
	}
	if to.IsZero() {
		s.to = from
	} else {
		r.data[millrace.TraitTo] = to.Format(time.DateOnly)
	}
	id := p.recordID(r.id, natural)
	if id == "" {
		return Fact{}, noKey("contract", "account's id, domain or name")
	}
	p.figures.count(s, nil)
	return p.sealFigure(r, id, s)
}

// yearly settles the yearly amount: as stated, of a month's times twelve, or of the whole term's by its length.
func (p *Plan) yearly(r *record, from, to sheet.Day) *Fault {
	monthly, _ := r.data[format.FieldMRR].(string)
	total, _ := r.data[format.FieldTotalValue].(string)
	how := "the one that the file states"
	switch {
	case r.paid:
	case monthly != "":
		d, _ := decimal.NewFromString(monthly)
		r.money, r.paid, how = d.Mul(decimal.New(12, 0)), true, "the monthly amount times 12"
	case total != "" && to.IsZero():
		return &Fault{Reason: ReasonAmount, Detail: "the row has a total and no last day: a year's part of it can't be told"}
	case total != "":
		d, _ := decimal.NewFromString(total)
		if n := wholeMonths(from, to); n > 0 {
			r.money, how = d.Mul(decimal.New(12, 0)).DivRound(decimal.NewFromInt(n), 2), "the total of the term divided by its months, times 12"
		} else {
			r.money, how = d.Mul(decimal.New(365, 0)).DivRound(decimal.NewFromInt(length(from, to)), 2), "the total of the term divided by its days, times 365"
		}
		r.paid = true
	default:
		return &Fault{Reason: ReasonAmount, Detail: "the row has no amount: neither a yearly one, nor a monthly one, nor the total of its term"}
	}
	p.figures.how[how]++
	return nil
}

// wholeMonths is how many months a term has whose last day is the day before, or the day itself, that many months on; 0 for another.
func wholeMonths(from, to sheet.Day) int64 {
	n := (to.Year()-from.Year())*12 + int(to.Month()-from.Month())
	for _, months := range []int{n, n + 1} {
		if on := monthsOn(from, months); months > 0 && (on.Equal(to) || on.AddDate(0, 0, -1).Equal(to)) {
			return int64(months)
		}
	}
	return 0
}

// target makes the fact of a row of targets.
func (p *Plan) target(r *record) (Fact, *Fault) {
	from, to, flt := p.term(r)
	if flt != nil {
		return Fact{}, flt
	}
	if to.IsZero() {
		return Fact{}, &Fault{Reason: ReasonDate, Detail: "the row has no last day"}
	}
	said, _ := r.data[millrace.TraitMetric].(string)
	metric, ok := words.Metric(said)
	if !ok {
		return Fact{}, &Fault{Reason: ReasonValue, Detail: fmt.Sprintf("%q is no metric; they are revenue, pipeline, spend, leads, mql, sql, opportunities and won", shorten(said))}
	}
	if _, ok := r.data[millrace.TraitValue]; !ok {
		return Fact{}, &Fault{Reason: ReasonAmount, Detail: "the row has no value"}
	}
	if metric == "revenue" || metric == "pipeline" || metric == "spend" {
		r.paid = true
		p.price(r)
		delete(r.data, millrace.TraitAmount)
	}
	if _, flt := p.currencyOf(r); flt != nil {
		return Fact{}, flt
	}
	r.data[millrace.TraitMetric] = metric
	s := span{from: from, to: to}
	first, last := s.text()
	r.data[millrace.TraitFrom], r.data[millrace.TraitTo] = first, last
	p.figures.count(s, nil)
	return p.sealFigure(r, p.recordID(r.id, strings.Join([]string{metric, first, last, firstOf(r, millrace.TraitChannel), firstOf(r, millrace.TraitOwner)}, "|")), s)
}

// rate is one currency's column in a row of a wide list.
type rate struct {
	quote string
	value decimal.Decimal
}

// rates makes the facts of a row of exchange rates: one, or of a wide list one for each currency that has a rate on the day.
func (p *Plan) rates(r *record) (Fact, *Fault) {
	day, _, flt := p.term(r)
	if flt != nil {
		return Fact{}, flt
	}
	base := p.Wide
	if base == "" {
		if base, flt = p.currencyOf(r); flt != nil {
			return Fact{}, flt
		}
		quote, ok := sheet.Currency(fmt.Sprint(cmp.Or(r.data[millrace.TraitQuote], any(p.home))))
		value, err := decimal.NewFromString(fmt.Sprint(r.data[millrace.TraitValue]))
		if base == "" || !ok || err != nil {
			return Fact{}, noKey("exchange rate", "currency, the currency that it is quoted in, and the rate")
		}
		r.rates = append(r.rates, rate{quote, value})
	}
	if len(r.rates) == 0 {
		return Fact{}, noKey("exchange rate", "rate on its day")
	}
	for _, x := range r.rates {
		if !x.value.IsPositive() {
			return Fact{}, &Fault{Reason: ReasonAmount, Detail: fmt.Sprintf("%s is no exchange rate", shorten(x.value.String()))}
		}
	}
	s := span{from: day, to: day}
	var last Fact
	for i, x := range r.rates {
		first, _ := s.text()
		r.data[millrace.TraitFrom], r.data[millrace.TraitCurrency], r.data[millrace.TraitQuote], r.data[millrace.TraitValue] = first, base, x.quote, x.value.String()
		if last, flt = p.sealFigure(r, p.recordID("", base+"/"+x.quote+"/"+first), s); flt != nil {
			return Fact{}, flt
		}
		if i < len(r.rates)-1 {
			last.Rows = 0 // the row counts with its last fact
			p.ready = append(p.ready, last)
		}
	}
	p.figures.count(s, nil)
	return last, nil
}
