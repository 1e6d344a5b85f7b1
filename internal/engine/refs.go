package engine

import (
	"millrace"
	"millrace/internal/identity"

	"github.com/tidwall/gjson"
)

// Kinds of identifier: the letter before the colon of its key.
const (
	kindUser        = 'u' // user id of an SDK
	kindEmail       = 'e' // normalised address, role addresses included
	kindRecord      = 'c' // contact record of a CRM
	kindAnonymous   = 'a' // anonymous id of a browser or device
	kindGroup       = 'g' // group id of an SDK
	kindAccount     = 'r' // account record of a CRM
	kindDomain      = 'd' // registrable domain
	kindName        = 'n' // company name in normal form
	kindOpportunity = 'o'
	kindRep         = 's'
	kindProduct     = 'p'
	kindSpend       = 'b' // a spend record
	kindContract    = 't'
	kindTarget      = 'q'
	kindRate        = 'f'
	kindAnnotation  = 'k'
)

func personKind(k byte) bool { return k == kindUser || k == kindEmail || k == kindRecord }
func accountKind(k byte) bool {
	return k == kindGroup || k == kindAccount || k == kindDomain || k == kindName
}

func key(kind byte, value string) string { return string(rune(kind)) + ":" + value }

// refs are the identifier keys that a fact names, by the part they play. It is a pure function of the fact.
type refs struct {
	subject string   // what the fact is about; "" for a fact of the system's own
	anon    string   // the anonymous id beside a known subject
	object  string   // the second party, indexed too
	known   []string // identifiers of one person, subject first: they are linked

	hard     []string // account identifiers of one account: they are linked
	claim    string   // company name that the hard identifiers claim
	explicit string   // account identifier that binds the person
	domain   string   // account identifier by the person's address
	name     string   // account identifier by the company's name alone
	account  string   // account identifier that an opportunity names

	email string // normalised address, for the traits
}

// refsOf reads a fact's references.
func refsOf(e *millrace.Event) refs {
	switch e.Kind {
	case millrace.KindContact:
		return contactRefs(e)
	case millrace.KindAccount:
		return accountRefs(e)
	case millrace.KindOpportunity:
		r := refs{subject: key(kindOpportunity, e.RecordID)}
		r.account = accountByTraits(e.Data, millrace.TraitAccount)
		return r
	case millrace.KindRep:
		return refs{subject: key(kindRep, e.RecordID)}
	case millrace.KindProduct:
		return refs{subject: key(kindProduct, e.RecordID)}
	case millrace.KindSpend:
		return refs{subject: key(kindSpend, e.RecordID)}
	case millrace.KindContract:
		return refs{subject: key(kindContract, e.RecordID), account: accountByTraits(e.Data, millrace.TraitAccount)}
	case millrace.KindTarget:
		return refs{subject: key(kindTarget, e.RecordID)}
	case millrace.KindRate:
		return refs{subject: key(kindRate, e.RecordID)}
	case millrace.KindAnnotation:
		return refs{subject: key(kindAnnotation, e.RecordID)}
	}
	return sdkRefs(e)
}

// sdkRefs reads what an SDK's call names.
func sdkRefs(e *millrace.Event) refs {
	var r refs
	if e.UserID != "" {
		r.known = append(r.known, key(kindUser, e.UserID))
	}
	if e.RecordID != "" && e.Kind.Behavior() { // an imported activity of a CRM's contact
		r.known = append(r.known, key(kindRecord, e.RecordID))
	}
	r.person(e.Email)
	if e.AnonymousID != "" {
		r.anon = key(kindAnonymous, e.AnonymousID)
	}
	switch {
	case e.Kind == millrace.KindAlias && e.PreviousID != "":
		// The previous id may have been a visitor's or a user's: it is taken for both, which needs no order.
		if prev := key(kindUser, e.PreviousID); len(r.known) > 0 && prev != r.known[0] {
			r.known = append(r.known, prev)
		}
		r.object = key(kindUser, e.PreviousID)
		r.anon = key(kindAnonymous, e.PreviousID)
	case e.Kind == millrace.KindGroup && e.GroupID != "":
		r.object = key(kindGroup, e.GroupID)
		r.hard = append(r.hard, r.object)
		r.domainOf(e.Data)
		r.claimOf(e.Data)
	}
	if e.GroupID != "" {
		r.explicit = key(kindGroup, e.GroupID)
	}
	if e.Kind == millrace.KindIdentify && len(e.Data) > 0 {
		r.nameOf(e.Data)
	}
	r.settleSubject()
	return r
}

// settleSubject makes the first known identifier the subject, or the anonymous id when nothing is known.
func (r *refs) settleSubject() {
	if len(r.known) > 0 {
		r.subject = r.known[0]
	} else {
		r.subject, r.anon = r.anon, ""
	}
}

// person adds an address: it is linked unless it is a role address beside another id, and its domain binds unless many people share it.
func (r *refs) person(raw string) {
	if raw == "" {
		return
	}
	a, ok := identity.Email(raw)
	if !ok {
		return
	}
	r.email = a.Value
	if !a.Role() || len(r.known) == 0 {
		r.known = append(r.known, key(kindEmail, a.Value))
	}
	if a.Free() || a.Disposable() {
		return
	}
	if d, ok := identity.Domain(a.Domain); ok {
		r.domain = key(kindDomain, d)
	}
}

func (r *refs) domainOf(data []byte) {
	for _, t := range [...]string{millrace.TraitDomain, millrace.TraitWebsite, "url"} {
		if v := gjson.GetBytes(data, t); v.Type == gjson.String {
			if d, ok := identity.Domain(v.Str); ok {
				r.hard = append(r.hard, key(kindDomain, d))
				return
			}
		}
	}
}

func (r *refs) claimOf(data []byte) {
	if v := gjson.GetBytes(data, millrace.TraitName); v.Type == gjson.String {
		if n := identity.CompanyName(v.Str); !identity.NoCompany(n) {
			r.claim = key(kindName, n)
		}
	}
}

func (r *refs) nameOf(data []byte) {
	v := gjson.GetBytes(data, millrace.TraitCompany)
	if v.IsObject() {
		v = v.Get(millrace.TraitName)
	}
	if v.Type == gjson.String {
		if n := identity.CompanyName(v.Str); !identity.NoCompany(n) {
			r.name = key(kindName, n)
		}
	}
}

func contactRefs(e *millrace.Event) refs {
	r := refs{}
	if e.RecordID != "" {
		r.known = append(r.known, key(kindRecord, e.RecordID))
	}
	if e.UserID != "" {
		r.known = append(r.known, key(kindUser, e.UserID))
	}
	email := e.Email
	if email == "" {
		email = gjson.GetBytes(e.Data, millrace.TraitEmail).String()
	}
	r.person(email)
	if id := gjson.GetBytes(e.Data, millrace.TraitAccountID).String(); id != "" {
		r.explicit = key(kindAccount, id)
	}
	r.nameOf(e.Data)
	r.settleSubject()
	return r
}

func accountRefs(e *millrace.Event) refs {
	var r refs
	if e.RecordID != "" {
		r.hard = append(r.hard, key(kindAccount, e.RecordID))
	}
	r.domainOf(e.Data)
	r.claimOf(e.Data)
	if len(r.hard) == 0 && r.claim != "" {
		r.hard, r.claim = append(r.hard, r.claim), ""
	}
	if len(r.hard) > 0 {
		r.subject = r.hard[0]
	}
	return r
}

// accountByTraits is the account that a record names: by its record id, its domain, its group id or its name.
func accountByTraits(data []byte, nameTrait string) string {
	if id := gjson.GetBytes(data, millrace.TraitAccountID).String(); id != "" {
		return key(kindAccount, id)
	}
	if d, ok := identity.Domain(gjson.GetBytes(data, millrace.TraitDomain).String()); ok {
		return key(kindDomain, d)
	}
	if id := gjson.GetBytes(data, traitGroupID).String(); id != "" {
		return key(kindGroup, id)
	}
	if n := identity.CompanyName(gjson.GetBytes(data, nameTrait).String()); n != "" {
		return key(kindName, n)
	}
	return ""
}

// keys calls fn for every identifier key that the fact names.
func (r *refs) keys(fn func(k string)) {
	for _, k := range [...]string{r.subject, r.anon, r.object, r.claim, r.explicit, r.domain, r.name, r.account} {
		if k != "" {
			fn(k)
		}
	}
	for _, k := range r.known {
		fn(k)
	}
	for _, k := range r.hard {
		fn(k)
	}
}
