package exchange

import (
	"bytes"
	"os"
	"testing"

	"millrace/internal/exchange/mapping"
)

// TestReading: imports say how their file is read, equal where a mapping says the same, whatever it is called and however it is written.
func TestReading(t *testing.T) {
	reading := func(source string, change func(*Options)) string {
		t.Helper()
		m, o := &memory{}, options("contacts")
		if source != "" {
			var err error
			if o.Mapping, err = mapping.Parse([]byte(source)); err != nil {
				t.Fatal(err)
			}
		}
		if change != nil {
			change(&o)
		}
		run(t, m, "x.csv", "Email,First Name,Colour\na@b.example,Ann,red\n", o)
		return m.imports[0].Reading
	}
	const one = "entity: contacts\nsystem: crm\ncolumns:\n  Colour: favourite\n  First Name: first_name\n"
	first := reading(one, nil)
	if again := reading("# ours\nsystem: \"crm\"\nentity: contacts\ncolumns: {First Name: first_name, Colour: favourite}\n", nil); again != first {
		t.Error("the same mapping, written in another way, counts as another")
	}
	if plain := reading("", nil); plain != "" {
		t.Errorf("as recognised: %q", plain)
	}
	seen := map[string]bool{"": true, first: true}
	for name, other := range map[string]string{
		"another trait":  reading("entity: contacts\nsystem: crm\ncolumns:\n  Colour: paint\n  First Name: first_name\n", nil),
		"a column less":  reading("entity: contacts\nsystem: crm\ncolumns:\n  First Name: first_name\n", nil),
		"another zone":   reading(one, func(o *Options) { o.Timezone = "Europe/Berlin" }),
		"recorded later": reading(one, func(o *Options) { o.RecordedAt = 1_700_000_000_000 }),
		"only a zone":    reading("", func(o *Options) { o.Timezone = "Europe/Berlin" }),
	} {
		if seen[other] {
			t.Errorf("%s counts as the same way to read the file", name)
		}
		seen[other] = true
	}
}

// TestTheSpoolLeavesNothingBehind: a file that can't be read twice waits where no name of it is left, even while it is imported.
func TestTheSpoolLeavesNothingBehind(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := newSpool(bytes.NewBufferString("Email\n"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if names := dirNames(t); len(names) != 0 {
		t.Errorf("%q are left", names)
	}
	if c, err := s.open(); err != nil || s.size != 6 {
		t.Errorf("%v, %d bytes", err, s.size)
	} else if sum, err := hashing(c).finish(); err != nil || sum == "" {
		t.Error(err)
	}
}

func dirNames(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(os.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}
