package measure

import (
	"cmp"
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace"
	"millrace/internal/channel"
	"millrace/internal/engine"
	"millrace/internal/metrics"

	"github.com/tidwall/gjson"
)

// labels numbers texts that repeat, 0 is "".
type labels struct {
	ids  map[string]uint16
	list []string
}

func (l *labels) of(b []byte) uint16 {
	if len(b) == 0 {
		return 0
	}
	if id, ok := l.ids[string(b)]; ok {
		return id
	}
	if l.ids == nil {
		l.ids, l.list = map[string]uint16{}, []string{""}
	}
	if len(l.list) == 1<<16 {
		return 0
	}
	id := uint16(len(l.list))
	l.list = append(l.list, string(b))
	l.ids[l.list[id]] = id
	return id
}

// party is somebody who is in a deal.
type party struct {
	contact int32
	since   millrace.Time // 0: from its beginning
}

// deal is an opportunity as measuring asks.
type deal struct {
	metrics.Deal
	id         int64
	name       string
	owner      string
	product    string
	lossReason string
	source     string // the CRM's lead source
	undated    bool
	said       []said  // of who is in it
	parties    []party // contacts who are in it
}

// said is a word on whether somebody is in a deal; contact is as the source's record was read.
type said struct {
	contact int64
	millrace.DealWord
}

// cost is a spend record beside what metrics needs of it.
type cost struct {
	id                                 int64
	platform, source, medium, category string
	campaignID, group                  string // the platform's id; the default channel group where tags or the platform say it
	impressions, clicks, reach, leads  int64
	matched                            bool // some arrival has its campaign
}

// records are the contracts, targets and exchange rates.
type records struct {
	contracts []metrics.Contract
	unbound   int // contracts whose account is not known
	targets   []Target
	rates     *metrics.Rates
	ratesLeft []metrics.LeftOut
}

// Target is what a metric is to reach in a span of days.
type Target struct {
	Metric   string         `json:"metric"`
	Period   metrics.Period `json:"period"`
	Value    string         `json:"value" doc:"A decimal, in major units where it is money"`
	Currency string         `json:"currency,omitempty"`
	Channel  string         `json:"channel,omitempty"`
	Owner    string         `json:"owner,omitempty"`
}

func (b *builder) loadReports() error {
	return b.each("/* model.reports */ select seq, subject, at, import, answer from self_report order by at, seq", func(rows *sql.Rows) error {
		var seq, subject, at, imp int64
		var answer string
		if err := rows.Scan(&seq, &subject, &at, &imp, &answer); err != nil {
			return err
		}
		if c := b.who.Contact(subject, millrace.Time(at)); c != 0 && b.takes(seq, millrace.Time(at)) && b.stands(seq, imp) {
			b.m.reports[int32(c)] = answer // the latest answer
		}
		return nil
	})
}

// stageRow is a stage decision that counts.
type stageRow struct {
	seq, of          int64
	subject, id      int64 // as it was, and the contact or account that it is of today
	at, stated       millrace.Time
	stage            millrace.Stage
	imported, undoes bool
}

// loadStageRows reads the stage decisions after those that are there.
func (b *builder) loadStageRows() error {
	after := int64(0)
	for i := range b.stageRows {
		r := &b.stageRows[i]
		after, r.id = r.seq, b.who.Entity(r.subject)
	}
	return b.each("/* model.stages */ select seq, of_kind, subject, at, stage, reason, stated from stage_fact where seq > $1 order by seq", func(rows *sql.Rows) error {
		var r stageRow
		var reason sql.RawBytes
		if err := rows.Scan(&r.seq, &r.of, &r.subject, (*int64)(&r.at), &r.stage, &reason, (*int64)(&r.stated)); err != nil {
			return err
		}
		if !b.takes(r.seq, r.at) {
			return nil
		}
		r.id, r.imported, r.undoes = b.who.Entity(r.subject), string(reason) == importedReason, string(reason) == engine.UndoReason
		b.stageRows = append(b.stageRows, r)
		return nil
	}, after)
}

// loadMoves makes stage entries of the decisions. Becoming known is the entry of the first stage.
func (b *builder) loadMoves() error {
	m := b.m
	b.decided, b.accDecided = make([]decided, 0, len(m.leads)+len(b.stageRows)), make([]decided, 0, len(m.accounts)+len(b.stageRows))
	m.firstKnown = make(map[int32]millrace.Time, len(m.accounts))
	for i := range m.leads {
		l := &m.leads[i]
		b.decided = append(b.decided, l.decided())
		if at, ok := m.firstKnown[l.account]; l.account != 0 && l.at != 0 && (!ok || l.at < at) {
			m.firstKnown[l.account] = l.at
		}
	}
	for id, at := range m.firstKnown {
		b.accDecided = append(b.accDecided, accountKnown(id, at))
	}
	for i := range b.stageRows {
		b.decide(&b.stageRows[i])
	}
	return nil
}

// decided is the entry of the first stage, which is becoming known.
func (l *lead) decided() decided {
	return decided{Move: metrics.Move{At: l.at, Subject: l.contact, Account: accountOf(l.account), Stage: millrace.StageLead}}
}

// accountKnown is an account's entry of the first stage: when the first of its people was known.
func accountKnown(id int32, at millrace.Time) decided {
	return decided{Move: metrics.Move{At: at, Subject: id, Account: id, Stage: millrace.StageLead}}
}

// decide makes a stage entry of a decision that stands.
func (b *builder) decide(r *stageRow) {
	if b.until > 0 && r.seq > b.until || r.id == 0 || r.stage == millrace.StageLead || b.takenBack[r.seq] {
		return
	}
	d := decided{Move: metrics.Move{At: r.at, Subject: int32(r.id), Account: int32(r.id), Stage: r.stage}, word: r.imported, stated: r.stated}
	if r.of == ofAccount {
		b.accDecided = append(b.accDecided, d)
	} else if b.contactOf(r.id) != nil { // not erased since
		d.Account = accountOf(int32(b.who.Account(r.id, d.At)))
		b.decided = append(b.decided, d)
	}
}

// noteTakenBack notes the stage decisions that sales took back, and the facts that did so: neither is a move.
func (b *builder) noteTakenBack() error {
	b.takenBack = map[int64]bool{}
	last := map[[2]int64]int64{} // kind and entity → its latest decision
	for i := range b.stageRows {
		r := &b.stageRows[i]
		if k := [2]int64{r.of, r.id}; r.undoes {
			b.takenBack[r.seq], b.takenBack[last[k]] = true, true
		} else {
			last[k] = r.seq
		}
	}
	return nil
}

// accountOf is an account's number, -1 for none.
func accountOf(id int32) int32 {
	if id <= 0 {
		return -1
	}
	return id
}

func (b *builder) loadDeals() error {
	m := b.m
	err := b.each("/* model.deals */ select id, account, name, amount, currency, stage, status, opened_at, closed_at, undated, owner, product, loss_reason, traits from "+b.tables.Opportunity+" order by opened_at, id",
		func(rows *sql.Rows) error {
			var d deal
			var account int64
			var traits sql.RawBytes
			var status uint8
			if err := rows.Scan(&d.id, &account, &d.name, &d.Amount.Minor, &d.Amount.Currency, &d.Stage, &status, (*int64)(&d.Opened), (*int64)(&d.Closed),
				&d.undated, &d.owner, &d.product, &d.lossReason, &traits); err != nil {
				return err
			}
			d.Status, d.Account, d.Expected = millrace.OpportunityStatus(status), accountOf(int32(account)), metrics.NoDay
			if d.undated {
				d.Opened, d.Closed = 0, 0
			}
			b.dealTraits(&d, string(traits))
			m.deals = append(m.deals, d)
			return nil
		})
	won := map[int32]millrace.Time{} // the account's first won deal
	for i := range m.deals {
		d := &m.deals[i]
		if at := won[d.Account]; d.Account >= 0 && at != 0 && d.Opened > at {
			d.Expansion = true
		}
		if d.Status == millrace.OpportunityWon && d.Account >= 0 && d.Closed != 0 && (won[d.Account] == 0 || d.Closed < won[d.Account]) {
			won[d.Account] = d.Closed
		}
	}
	return err
}

// dealTraits reads what only the source's own words say of a deal.
func (b *builder) dealTraits(d *deal, traits string) {
	t := gjson.Parse(traits)
	d.HasAmount = t.Get("amount").Exists()
	if at, err := time.Parse(time.RFC3339, t.Get("expected_close_at.v").Str); err == nil {
		d.Expected = b.m.calendar.Day(millrace.TimeOf(at))
	}
	t.Get("stages.v").ForEach(func(_, s gjson.Result) bool {
		if at, err := time.Parse(time.RFC3339, s.Get("at").Str); err == nil && !d.undated {
			d.Steps = append(d.Steps, metrics.DealStep{At: millrace.TimeOf(at), Stage: s.Get("stage").Str})
		}
		return true
	})
	t.Get("contacts.v").ForEach(func(_, c gjson.Result) bool {
		at, _ := time.Parse(time.RFC3339, c.Get("at").Str)
		x := said{contact: c.Get("contact").Int(), DealWord: millrace.DealWord{In: c.Get("at").Str == "" || c.Get("role").Str != ""}}
		if !at.IsZero() {
			x.At = millrace.TimeOf(at)
		}
		d.said = append(d.said, x)
		return true
	})
	d.parties = b.parties(d)
	kind := strings.ToLower(t.Get("type.v").Str + " " + t.Get("deal_type.v").Str)
	d.Expansion = strings.Contains(kind, "existing") || strings.Contains(kind, "expansion") || strings.Contains(kind, "upsell") || strings.Contains(kind, "renewal")
	d.source = cmp.Or(t.Get("lead_source.v").Str, t.Get("source.v").Str)
	d.Referral = strings.Contains(strings.ToLower(t.Get("lead_source.v").Str+" "+t.Get("source.v").Str), "referral")
}

// parties are the contacts who are in a deal now, by what was said of them.
func (b *builder) parties(d *deal) (list []party) {
	if len(d.said) == 0 {
		return nil
	}
	words := map[int64][]millrace.DealWord{}
	for _, x := range d.said {
		if id := b.who.Entity(x.contact); id != 0 && b.contactOf(id) != nil {
			words[id] = append(words[id], x.DealWord)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(words)) {
		if since, in := millrace.PartInDeal(words[id], b.m.BuiltAt); in {
			list = append(list, party{int32(id), since})
		}
	}
	return list
}

// platformTags are the tags that stand for an ad platform whose report names none.
var platformTags = map[string][2]string{"google_ads": {"google", "cpc"}, "linkedin_ads": {"linkedin", "paid-social"}, "meta_ads": {"facebook", "paid-social"},
	"microsoft_ads": {"bing", "cpc"}, "tiktok_ads": {"tiktok", "paid-social"}, "reddit_ads": {"reddit", "paid-social"}, "x_ads": {"twitter", "paid-social"}}

func (b *builder) loadSpend() error {
	m := b.m
	sorter := channel.New(m.book.Channels, m.book.Workspace.Hosts)
	own := map[string]string{}
	for _, c := range m.book.Channels {
		own[strings.ToLower(c.Name)] = c.Name
	}
	var ids, names []string
	err := b.each("/* model.spend */ select id, from_day, to_day, platform, channel, source, medium, campaign, category, currency, amount, impressions, clicks, reach, leads, traits from "+b.tables.Spend+" order by from_day, id",
		func(rows *sql.Rows) error {
			var s metrics.Spend
			var c cost
			var from, to int64
			var named, traits string
			if err := rows.Scan(&c.id, &from, &to, &c.platform, &named, &c.source, &c.medium, &s.Campaign, &c.category, &s.Amount.Currency, &s.Amount.Minor,
				&c.impressions, &c.clicks, &c.reach, &c.leads, &traits); err != nil {
				return err
			}
			s.Period = metrics.Period{First: metrics.Day(from), Last: metrics.Day(to)}
			source, medium := c.source, c.medium
			if tags, ok := platformTags[c.platform]; ok && source == "" && medium == "" {
				source, medium = tags[0], tags[1]
			}
			if s.Channel = own[strings.ToLower(named)]; s.Channel == "" && (source != "" || medium != "") {
				t := sorter.Classify(channel.Visit{Source: source, Medium: medium, Campaign: s.Campaign})
				s.Channel, c.group = t.Channel, string(t.Group)
			}
			if s.Channel == "" {
				s.Channel = cmp.Or(named, NoChannel)
			}
			c.campaignID = gjson.Get(traits, "campaign_id.v").String()
			m.aliases.cost(c.campaignID, s.Campaign, s.Last)
			ids, names = append(ids, c.campaignID), append(names, s.Campaign)
			m.spend, m.costs = append(m.spend, s), append(m.costs, c)
			return nil
		})
	m.aliases.settle()
	for i := range m.spend {
		m.spend[i].Campaign = m.aliases.name(ids[i], names[i])
	}
	return err
}

func (b *builder) loadRecords() error {
	var rates []metrics.Rate
	m := b.m
	err := b.each("/* model.records */ select id, kind, traits from "+b.tables.Record+" where kind in (13, 14, 15) order by kind, id", func(rows *sql.Rows) error {
		var id int64
		var kind uint8
		var text string
		if err := rows.Scan(&id, &kind, &text); err != nil {
			return err
		}
		t := gjson.Parse(text)
		get := func(name string) string { return t.Get(name + ".v").String() }
		switch millrace.Kind(kind) {
		case millrace.KindContract:
			b.contract(t, get)
		case millrace.KindTarget:
			m.records.targets = append(m.records.targets, Target{Metric: get(millrace.TraitMetric), Value: get(millrace.TraitValue), Currency: get(millrace.TraitCurrency),
				Channel: get(millrace.TraitChannel), Owner: get(millrace.TraitOwner), Period: metrics.Period{First: dayOf(get(millrace.TraitFrom)), Last: dayOf(get(millrace.TraitTo))}})
		case millrace.KindRate:
			rates = append(rates, metrics.Rate{Day: dayOf(get(millrace.TraitFrom)), From: get(millrace.TraitCurrency), To: get(millrace.TraitQuote), Value: get(millrace.TraitValue)})
		}
		return nil
	})
	m.records.rates, m.records.ratesLeft = metrics.NewRates(rates, 0)
	return err
}

func (b *builder) contract(t gjson.Result, get func(string) string) {
	m := b.m
	currency := cmp.Or(strings.ToUpper(get(millrace.TraitCurrency)), m.currency)
	arr, err := millrace.ParseMoney(get(millrace.TraitAmount), currency)
	ref, refErr := strconv.ParseInt(get("_account_ref"), 10, 64)
	if err != nil || refErr != nil {
		m.records.unbound++
		return
	}
	m.records.contracts = append(m.records.contracts, metrics.Contract{Customer: int32(b.who.Entity(ref)), ARR: arr,
		Period: metrics.Period{First: dayOf(get(millrace.TraitFrom)), Last: dayOf(get(millrace.TraitTo))}})
}

// dayOf reads a calendar day, NoDay for what is none.
func dayOf(s string) metrics.Day {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return metrics.NoDay
	}
	return metrics.DayOf(t.Date())
}
