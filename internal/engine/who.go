package engine

import (
	"strconv"
	"strings"

	"millrace/internal/identity"
)

// Public ids of entities: a prefix and the number.
const (
	ContactPrefix     = "con_"
	AccountPrefix     = "acc_"
	OpportunityPrefix = "opp_"
	SpendPrefix       = "cost_"
)

// ContactID is a contact's public id.
func ContactID(id int64) string { return ContactPrefix + strconv.FormatInt(id, 10) }

// AccountID is an account's public id, "" for none.
func AccountID(id int64) string {
	if id == 0 {
		return ""
	}
	return AccountPrefix + strconv.FormatInt(id, 10)
}

// OpportunityID is an opportunity's public id.
func OpportunityID(id int64) string { return OpportunityPrefix + strconv.FormatInt(id, 10) }

// SpendID is the public id of a record of costs.
func SpendID(id int64) string { return SpendPrefix + strconv.FormatInt(id, 10) }

// entityID reads a public id, 0 when it is none.
func entityID(s string) int64 {
	for _, p := range [...]string{ContactPrefix, AccountPrefix, OpportunityPrefix} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			if n, err := strconv.ParseInt(rest, 10, 64); err == nil && n > 0 {
				return n
			}
		}
	}
	return 0
}

// whoKeys are the identifier keys that a text may mean, the likeliest first.
func whoKeys(who string) []string {
	who = strings.TrimSpace(who)
	var keys []string
	if a, ok := identity.Email(who); ok { // an address names a person, not the company behind its domain
		return []string{key(kindEmail, a.Value), key(kindUser, who), key(kindRecord, who), key(kindAnonymous, who)}
	}
	keys = append(keys, key(kindUser, who), key(kindRecord, who), key(kindAccount, who), key(kindGroup, who), key(kindOpportunity, who))
	if d, ok := identity.Domain(who); ok {
		keys = append(keys, key(kindDomain, d))
	}
	if n := identity.CompanyName(who); n != "" {
		keys = append(keys, key(kindName, n))
	}
	return append(keys, key(kindAnonymous, who))
}
