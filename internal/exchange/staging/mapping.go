package staging

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/exchange"
	"millrace/internal/exchange/mapping"
)

// Choice says how a file is to be read. The zero value is as it was last chosen for the upload, else as it is remembered for its headers, else as
// recognised.
type Choice struct {
	Mapping *mapping.Document
	Source  string // a mapping file's text, in place of Mapping
	Bare    bool   // as recognised, whatever was chosen or is remembered
}

// Remembered is a mapping that was chosen for files of the same headers.
type Remembered struct {
	Signature string        `json:"signature"`
	Entity    string        `json:"entity"`
	System    string        `json:"system"`
	File      string        `json:"file" doc:"That it was last used for"`
	Columns   int64         `json:"columns" doc:"How many it names"`
	Source    string        `json:"source" doc:"The mapping file"`
	By        string        `json:"made_by"`
	At        millrace.Time `json:"made_at"`
	UsedAt    millrace.Time `json:"used_at"`
	Used      int64         `json:"used" doc:"Imports that it was used for"`
}

// Inspected is an upload's inspection, and whether a mapping is remembered for its headers.
type Inspected struct {
	exchange.Inspection
	Source     string      `json:"source" doc:"The mapping as a file"`
	Chosen     bool        `json:"chosen" doc:"It is read by a mapping, not as recognised"`
	Remembered *Remembered `json:"remembered,omitempty" doc:"What was chosen before for files of the same headers"`
	Applied    bool        `json:"applied" doc:"That is what it is read by"`
}

// mapping settles how an upload is read, nil as recognised; remembered says that it is by what is remembered for its headers.
func (r *Room) mapping(ctx context.Context, x *row, c Choice) (m *mapping.Mapping, remembered bool, err error) {
	switch {
	case c.Mapping != nil:
		m, err = c.Mapping.Mapping()
		return m, false, err
	case c.Source != "":
		m, err = mapping.Parse([]byte(c.Source))
		return m, false, err
	case c.Bare:
		return nil, false, nil
	case x.mapping != "":
		m, err = mapping.Parse([]byte(x.mapping))
		return m, false, err
	case x.Import != 0: // begun as recognised, it goes on so
		return nil, false, nil
	}
	known, err := r.recall(ctx, x.signature)
	if err != nil || known == nil {
		return nil, false, err
	}
	m, err = mapping.Parse([]byte(known.Source))
	return m, true, err
}

// Inspect looks at an upload's beginning, and keeps the choice for whoever comes back to it.
func (r *Room) Inspect(ctx context.Context, id string, c Choice) (Inspected, error) {
	x, err := r.get(ctx, id)
	if err != nil {
		return Inspected{}, err
	}
	m, applied, err := r.mapping(ctx, &x, c)
	if err != nil {
		return Inspected{}, err
	}
	f, err := os.Open(r.path(id))
	if err != nil {
		return Inspected{}, millrace.Errorf(millrace.Conflict, "staging.Inspect", "%s is no longer here: send it again", x.File)
	}
	defer f.Close()
	in, err := exchange.Inspect(x.File, f, exchange.Options{Mapping: m, Home: r.Home(), Clock: r.Clock})
	if err != nil {
		return Inspected{}, err
	}
	chosen := m != nil && !applied
	if !x.Running() && (chosen || c.Bare) {
		text := ""
		if chosen {
			text = string(m.Document.YAML())
		}
		if text != x.mapping {
			err = r.choose(ctx, id, text)
		}
	}
	if err != nil {
		return Inspected{}, err
	}
	out := Inspected{Inspection: in, Source: string(in.Mapping.YAML()), Chosen: m != nil, Applied: applied}
	out.Remembered, err = r.recall(ctx, x.signature)
	return out, err
}

const mappingColumns = "signature, entity, system, file, columns, source, made_by, made_at, used_at, used"

func scanRemembered(rows *sql.Rows) (m Remembered, err error) {
	err = rows.Scan(&m.Signature, &m.Entity, &m.System, &m.File, &m.Columns, &m.Source, &m.By, (*int64)(&m.At), (*int64)(&m.UsedAt), &m.Used)
	return m, err
}

func (r *Room) recall(ctx context.Context, signature string) (*Remembered, error) {
	found, err := db.Collect(ctx, r.DB, scanRemembered, "/* import_mapping.get */ select "+mappingColumns+" from import_mapping where signature = $1", signature)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// Mappings lists what is remembered, the last used first.
func (r *Room) Mappings(ctx context.Context) ([]Remembered, error) {
	return db.Collect(ctx, r.DB, scanRemembered, "/* import_mapping.list */ select "+mappingColumns+" from import_mapping order by used_at desc, signature")
}

// Unlearn forgets the mapping of a signature. NotFound when none is remembered.
func (r *Room) Unlearn(ctx context.Context, signature string) error {
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, "/* import_mapping.delete */ delete from import_mapping where signature = $1", signature)
		if err == nil && n == 0 {
			err = millrace.Errorf(millrace.NotFound, "staging.Unlearn", "no mapping is remembered for these headers")
		}
		return err
	})
}

// remember keeps the mapping that an upload was imported with, for the next file of the same headers.
func (r *Room) remember(ctx context.Context, x *run) error {
	d := &x.by.Document
	return r.DB.Write(ctx, func(tx *db.Tx) error {
		now := int64(r.Clock())
		n, err := tx.Exec(ctx, `/* import_mapping.put */ insert into import_mapping (`+mappingColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1)
			on conflict (signature) do update set entity = excluded.entity, system = excluded.system, file = excluded.file, columns = excluded.columns,
			made_by = case when import_mapping.source = excluded.source then import_mapping.made_by else excluded.made_by end,
			made_at = case when import_mapping.source = excluded.source then import_mapping.made_at else excluded.made_at end,
			source = excluded.source, used_at = excluded.used_at, used = import_mapping.used + 1`,
			x.signature, d.Entity, d.System, x.File, len(d.Columns), string(d.YAML()), x.MadeBy, now)
		if err == nil && n != 1 {
			err = fmt.Errorf("staging: %d mappings were kept", n)
		}
		return err
	})
}
