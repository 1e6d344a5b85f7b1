package directory

import (
	"context"

	"millrace"
	"millrace/internal/engine"
)

// Merge is a merge of two contacts or two accounts that stands.
type Merge struct {
	Position  int64         `json:"position" doc:"Of the fact in the log"`
	At        millrace.Time `json:"at"`
	By        string        `json:"by" doc:"Who merged them"`
	A         MergeSide     `json:"a"`
	B         MergeSide     `json:"b"`
	Separates bool          `json:"separates" doc:"Taking it back makes two of them; else a further merge or other facts put them together as well"`
}

// MergeSide is one of the two that were merged.
type MergeSide struct {
	ID          string       `json:"id" doc:"For unmerge, as a or b"`
	Name        string       `json:"name" doc:"As its own facts state it; empty where they state none"`
	Identifiers []Identifier `json:"identifiers" doc:"Those that it has when the merge is taken back; the one that was merged comes first, and alone where the merge does not separate"`
}

// Merges lists the merges of which a contact or an account consists today, newest first. who is as for engine.Explain.
func (d *Directory) Merges(ctx context.Context, who string) ([]Merge, error) {
	list, err := d.engine.Merges(ctx, who)
	if err != nil {
		return nil, err
	}
	out := make([]Merge, len(list))
	for i, m := range list {
		out[i] = Merge{m.Position, m.At, m.By, mergeSide(m.A), mergeSide(m.B), m.Separates}
	}
	return out, nil
}

func mergeSide(s engine.MergeSide) MergeSide {
	out := MergeSide{ID: s.ID, Name: s.Name, Identifiers: make([]Identifier, len(s.Keys))}
	for i, k := range s.Keys {
		out.Identifiers[i] = identifierOf(k)
	}
	return out
}
