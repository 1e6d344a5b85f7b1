package measure

import (
	"cmp"
	"slices"

	"millrace"
	"millrace/internal/metrics"
)

// coder numbers labels, 0 is "".
type coder struct {
	ids  map[string]int32
	list []string
}

func newCoder() *coder { return &coder{ids: map[string]int32{"": 0}, list: []string{""}} }

func (c *coder) of(s string) int32 {
	if id, ok := c.ids[s]; ok {
		return id
	}
	id := int32(len(c.list))
	c.ids[s] = id
	c.list = append(c.list, s)
	return id
}

// numberChannels gives origins the codes of their channels, so that reports count by index and not by text.
func (b *builder) numberChannels() error {
	m := b.m
	own, group, source, asset, term := newCoder(), newCoder(), newCoder(), newCoder(), newCoder()
	for i := range m.origins {
		o := &m.origins[i]
		o.ownID, o.groupID, o.sourceID = own.of(o.own()), group.of(string(o.Group)), source.of(o.Source)
		o.assetID, o.termID = asset.of(o.raw.Asset), term.of(o.Term)
	}
	m.owns, m.groups, m.sources, m.terms, b.assets = own.list, group.list, source.list, term.list, asset
	return nil
}

// number gives origins the campaigns that count, deals what brought them, and touches their assets.
func (b *builder) number() error {
	m := b.m
	for place, path := range m.places {
		for int(place) >= len(m.placeAsset) {
			m.placeAsset = append(m.placeAsset, 0)
		}
		m.placeAsset[place] = b.assets.of(path)
	}
	m.assets = b.assets.list
	return b.numberMoney()
}

// numberMoney is the part of number that hangs on deals and costs.
func (b *builder) numberMoney() error {
	m := b.m
	campaign := newCoder()
	for i := range m.origins {
		o := &m.origins[i]
		o.campaign = m.aliases.name(o.CampaignID, o.Campaign)
		o.campaignID = campaign.of(o.campaign)
	}
	m.campaigns = campaign.list
	m.dealOrigin = make([]int32, len(m.deals))
	for i := range m.deals {
		m.dealOrigin[i] = m.brought(&m.deals[i])
	}
	for i := range m.costs {
		c := &m.costs[i]
		c.matched = m.spend[i].Campaign != "" && campaign.ids[m.spend[i].Campaign] != 0
	}
	return nil
}

// assetID is the code of what a touch was about.
func (m *Model) assetID(t *touch) int32 {
	if id := m.origins[t.origin].assetID; id != 0 || int(t.place) >= len(m.placeAsset) {
		return id
	}
	return m.placeAsset[t.place]
}

// role is the persona of a contact.
func (m *Model) role(contact int32) string {
	if int(contact) < len(m.roles) {
		return m.label(m.roles[contact])
	}
	return ""
}

// reachKey is a month and a channel: one of the own ones, or of the groups.
type reachKey struct {
	month metrics.Month
	own   bool
	code  int32 // -1: any channel
}

// countReach adds the known people who had a touch of a channel in a month, each once, or takes them off, by -1; touches are those of one contact after
// the other.
func (b *builder) countReach(touches []touch, by int32) {
	m := b.m
	type stamp struct {
		contact int32
		month   metrics.Month
	}
	owns, groups := make([]map[metrics.Month]int32, len(m.owns)+1), make([]map[metrics.Month]int32, len(m.groups)+1) // the first is any
	months := m.monthReader()
	count := func(list []map[metrics.Month]int32, own bool, code int32, s stamp) {
		if list[code+1] == nil {
			list[code+1] = map[metrics.Month]int32{}
		}
		if list[code+1][s.month] != s.contact+1 {
			list[code+1][s.month] = s.contact + 1
			m.reach[reachKey{s.month, own, code}] += by
		}
	}
	for i := range touches {
		t := &touches[i]
		o, s := &m.origins[t.origin], stamp{t.contact, months(t.at)}
		count(owns, true, o.ownID, s)
		count(groups, false, o.groupID, s)
		count(owns, true, -1, s)
		count(groups, false, -1, s)
	}
}

// monthReader tells the month of moments that mostly lie in the month of the one before.
func (m *Model) monthReader() func(at millrace.Time) metrics.Month {
	var month metrics.Month
	var from, to millrace.Time
	return func(at millrace.Time) metrics.Month {
		if at >= from && at < to {
			return month
		}
		d := m.calendar.Day(at)
		month = d.Month()
		from, to = at, at+1
		if m.calendar.Day(at+millrace.Hour) == d {
			to = at + millrace.Hour
		}
		return month
	}
}

// brought is the origin of the last touch of a deal's account that isn't direct before the deal was opened, -1 for none.
func (m *Model) brought(d *deal) int32 {
	s, ok := m.accounts[d.Account]
	if !ok || d.Account < 0 {
		return -1
	}
	last := int32(-1)
	for i := s.to - 1; i >= s.from; i-- {
		t := &m.touches[i]
		if d.Opened != 0 && t.at > d.Opened {
			continue
		}
		if !m.direct(t) {
			return t.origin
		}
		if last < 0 {
			last = t.origin
		}
	}
	return last
}

// broughtDeal is the own channel and campaign that brought a deal, "" for none.
func (m *Model) broughtDeal(i int) (own, campaign string) {
	if o := m.dealOrigin[i]; o >= 0 {
		return m.origins[o].own(), m.origins[o].campaign
	}
	return "", ""
}

// leadOrigin is the origin of the touch that brought a lead, -1 for none.
func (m *Model) leadOrigin(l *lead, by string) int32 {
	if by == "first" {
		return l.origins[1]
	}
	return l.origins[0]
}

// cameBy is the own channel and the campaign that a lead came by, "" where it has no touch.
func (m *Model) cameBy(l *lead, by string) (own, campaign string) {
	if o := m.leadOrigin(l, by); o >= 0 {
		return m.origins[o].own(), m.origins[o].campaign
	}
	return "", ""
}

// dense numbers the labels that are used anew.
type dense struct {
	to     []int32
	labels []string
}

func (d *dense) of(code int32, list []string) int32 {
	if int(code) >= len(d.to) {
		d.to = slices.Grow(d.to, int(code)+1-len(d.to))[:int(code)+1]
	}
	if d.to[code] == 0 {
		d.labels = append(d.labels, list[code])
		d.to[code] = int32(len(d.labels))
	}
	return d.to[code] - 1
}

// dimsKey is what dims are remembered by.
type dimsKey struct{ by string }

// dims code the moves of contacts by what brought the lead and who it is.
func (m *Model) dims(by string) []metrics.Dim {
	out, _ := recall(m.memory, dimsKey{by}, func() ([]metrics.Dim, error) {
		var made [5]dense
		out := make([]metrics.Dim, len(leadDimensions))
		for d := range out {
			out[d].Name, out[d].Code = leadDimensions[d], make([]int32, len(m.moves))
		}
		for i, n := range m.moveLead {
			if n < 0 {
				for d := range out {
					out[d].Code[i] = -1
				}
				continue
			}
			l := &m.leads[n]
			own, campaign := int32(0), int32(0)
			if o := m.leadOrigin(l, by); o >= 0 {
				own, campaign = m.origins[o].ownID, m.origins[o].campaignID
			}
			c := &m.contacts[l.who]
			out[0].Code[i], out[1].Code[i] = made[0].of(own, m.owns), made[1].of(campaign, m.campaigns)
			for d, code := range [...]uint16{c.icp, c.role, c.grade} {
				out[2+d].Code[i] = made[2+d].of(int32(code), m.labels)
			}
		}
		for d := range out {
			out[d].Labels = made[d].labels
		}
		return out, nil
	})
	return out
}

// dealDims split deals by the channel that brought them, their owner and their product.
func (m *Model) dealDims() []metrics.Dim {
	of := func(name string, f func(i int) string) metrics.Dim {
		c := newCoder()
		dim := metrics.Dim{Name: name, Code: make([]int32, len(m.deals))}
		for i := range m.deals {
			dim.Code[i] = c.of(f(i))
		}
		dim.Labels = c.list
		return dim
	}
	return []metrics.Dim{of("channel", func(i int) string { own, _ := m.broughtDeal(i); return own }), of("owner", func(i int) string { return m.deals[i].owner }),
		of("product", func(i int) string { return m.deals[i].product })}
}

// names of the own channels are those of the playbook, then what else touches or costs have.
func (m *Model) channelOrder(a, b string) int {
	rank := func(s string) int {
		if i := slices.Index(m.order, s); i >= 0 {
			return i
		}
		return len(m.order)
	}
	return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
}
