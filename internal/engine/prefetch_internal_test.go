package engine

import (
	"database/sql"
	"strings"
	"testing"

	"millrace/internal/db"
)

// Looking identifiers up is what most of a large workspace's ingest waits for: on SQLite it reads the index alone.
func TestIdentifiersAreFoundInTheirIndexAlone(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	e := openInternal(t, Config{})
	steps, err := db.Collect(ctx, e.db, func(rows *sql.Rows) (step string, err error) {
		err = rows.Scan(new(int), new(int), new(int), &step)
		return step, err
	}, "explain query plan "+strings.Replace(identsBy(live.resolved), "%s", "i.value in ($1, $2)", 1), "u:a", "u:b")
	if err != nil {
		t.Fatal(err)
	}
	if plan := strings.Join(steps, "\n"); !strings.Contains(plan, "COVERING INDEX identifier_value") {
		t.Error(plan)
	}
}
