package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/identity"
)

// Identifier is one of the names under which the log knows a person or an account.
type Identifier struct {
	Type  string `json:"type" enum:"user_id,email,record_id,anonymous_id,group_id,domain,name"`
	Value string `json:"value"`
}

// identifierTypes are the letters of stored identifiers (see package engine) in words.
var identifierTypes = map[byte]string{'u': "user_id", 'e': "email", 'c': "record_id", 'a': "anonymous_id", 'g': "group_id", 'r': "record_id", 'd': "domain",
	'n': "name", 'o': "record_id", 's': "record_id", 'p': "record_id", 'b': "record_id", 't': "record_id", 'q': "record_id", 'f': "record_id"}

// sort of entity that an identifier may mean.
type entityKind struct {
	prefix, letters, noun string
}

var (
	people        = entityKind{engine.ContactPrefix, "uec", "nobody is"}
	companies     = entityKind{engine.AccountPrefix, "grdn", "no account is"}
	opportunities = entityKind{engine.OpportunityPrefix, "o", "no opportunity is"}
)

// publicID reads a public id with the prefix.
func publicID(s, prefix string) (int64, bool) {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(rest, 10, 64)
	return n, err == nil && n > 0
}

// find gives the id of the entity of a kind that a text means today.
func (v *view) find(ctx context.Context, op, who string, k entityKind) (int64, error) {
	who = strings.TrimSpace(who)
	if err := checked(op, [2]string{"id", who}); err != nil {
		return 0, err
	}
	var id int64
	var letter string
	if n, ok := publicID(who, k.prefix); ok {
		found, err := db.One(ctx, v.q, []any{&id, &letter}, `/* directory.by_id */ select coalesce(r.entity, i.id), substr(i.value, 1, 1) from identifier i
			left join resolved r on r.id = i.id where i.id = $1`, n)
		if err != nil || found && strings.Contains(k.letters, letter) {
			return id, err
		}
		return 0, millrace.Errorf(millrace.NotFound, op, "%s known as %q", k.noun, who)
	}
	for _, key := range k.keys(who) {
		found, err := db.One(ctx, v.q, []any{&id}, "/* directory.by_value */ select coalesce(r.entity, i.id) from identifier i left join resolved r on r.id = i.id where i.value = $1", key)
		if err != nil || found {
			return id, err
		}
	}
	return 0, millrace.Errorf(millrace.NotFound, op, "%s known as %q", k.noun, who)
}

// keys are the stored identifiers that a text may be, the likeliest first.
func (k entityKind) keys(who string) []string {
	var keys []string
	for i := range len(k.letters) {
		value, ok := who, true
		switch k.letters[i] {
		case 'e':
			var a identity.Address
			a, ok = identity.Email(who)
			value = a.Value
		case 'd':
			value, ok = identity.Domain(who)
		case 'n':
			value = identity.CompanyName(who)
			ok = value != ""
		}
		if ok {
			keys = append(keys, k.letters[i:i+1]+":"+value)
		}
	}
	return keys
}

// identifiers lists the names of an entity.
func (v *view) identifiers(ctx context.Context, id int64) ([]Identifier, error) {
	out, err := db.Collect(ctx, v.q, func(rows *sql.Rows) (Identifier, error) {
		var value string
		err := rows.Scan(&value)
		return identifierOf(value), err
	}, `/* directory.identifiers */ select i.value from (select cast($1 as bigint) as id union select id from resolved where entity = $2) m join identifier i on i.id = m.id
		left join resolved r on r.id = i.id where coalesce(r.entity, i.id) = $3 order by i.id`, id, id, id)
	if out == nil {
		out = []Identifier{}
	}
	return out, err
}

func identifierOf(value string) Identifier {
	letter, rest, _ := strings.Cut(value, ":")
	if letter == "" {
		return Identifier{}
	}
	return Identifier{Type: identifierTypes[letter[0]], Value: rest}
}

// traitValues are stored traits without the moments at which they were stated; names that begin with _ are the engine's own.
func traitValues(stored string) (map[string]any, error) {
	out := map[string]any{}
	if stored == "" {
		return out, nil
	}
	var traits map[string]struct {
		V any `json:"v"`
	}
	if err := json.Unmarshal([]byte(stored), &traits); err != nil {
		return nil, &millrace.Error{Code: millrace.Internal, Op: "directory", Message: "stored traits can't be read", Err: err}
	}
	for k, s := range traits {
		if !strings.HasPrefix(k, "_") {
			out[k] = s.V
		}
	}
	return out, nil
}
