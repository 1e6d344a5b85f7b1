package directory

import (
	"context"
	"database/sql"
	"strings"

	"millrace/internal/db"
)

// keySource begins the source of what came in with a write key; the key's id follows.
const keySource = "key:"

// nameSources says what the keys are called that rows came in with. of gives a row's source, and where the name goes. A key that is not there
// any more has none.
func nameSources[T any](ctx context.Context, q db.Querier, rows []T, of func(*T) (source string, name *string)) error {
	var names map[string]string
	for i := range rows {
		source, name := of(&rows[i])
		id, ok := strings.CutPrefix(source, keySource)
		if !ok {
			continue
		}
		if names == nil {
			var err error
			if names, err = keyNames(ctx, q); err != nil {
				return err
			}
		}
		*name = names[id]
	}
	return nil
}

func keyNames(ctx context.Context, q db.Querier) (map[string]string, error) {
	out := map[string]string{}
	_, err := db.Collect(ctx, q, func(rows *sql.Rows) (struct{}, error) {
		var id, name string
		err := rows.Scan(&id, &name)
		out[id] = name
		return struct{}{}, err
	}, "/* directory.keys */ select id, name from api_key where kind = 'write'")
	return out, err
}

func eventSource(e *Event) (source string, name *string) { return e.Source, &e.SourceName }
func dropSource(x *Drop) (source string, name *string)   { return x.Source, &x.SourceName }
