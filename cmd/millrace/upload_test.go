package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/exchange/staging"
)

// secretKey makes a key for the whole API in the database, as it is shown in a header.
func secretKey(t testing.TB, db string) string {
	t.Helper()
	return "Bearer " + mustJSON[struct{ Key string }](t, "key", "create", "--kind", "secret", "--name", "test", "--db", db).Key
}

// call asks the API and reads its answer into v; another status than want ends the test.
func (s *server) call(t testing.TB, method, path, key string, body io.Reader, want int, v any) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+"/api/v1"+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", key)
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != want {
		t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, answer, err)
	}
	if v != nil {
		if err := json.Unmarshal(answer, v); err != nil {
			t.Fatalf("%s %s: %s: %v", method, path, answer, err)
		}
	}
	return string(answer)
}

// asContacts says of an upload that its rows are contacts.
const asContacts = `{"source":"entity: contacts\ncolumns: {}\n"}`

// imported waits until nothing is under way with an upload.
func (s *server) imported(t testing.TB, key, id string) (u staging.Upload) {
	t.Helper()
	until(t, func() bool {
		s.call(t, "GET", "/imports/uploads/"+id, key, nil, 200, &u)
		return !u.Running()
	})
	return u
}

// TestKilledServerGoesOnWithAnUpload kills the server in the middle of an import that the browser began: it shows as broken off, and goes on under
// its number, with the file that was sent before.
func TestKilledServerGoesOnWithAnUpload(t *testing.T) {
	if testing.Short() {
		t.Skip("TestKill9 alone runs with -short")
	}
	dbtest.Each(t, func(t *testing.T, db string) {
		w := &world{t: t, db: db, dir: t.TempDir()}
		key := secretKey(t, w.db)
		rows := w.files()
		file, err := os.ReadFile(filepath.Join(w.dir, "contacts.csv"))
		if err != nil {
			t.Fatal(err)
		}
		uploads := []string{"env", "MILLRACE_UPLOADS=" + filepath.Join(w.dir, "uploads")}
		s := running(t, w.db, uploads...)
		var u staging.Upload
		s.call(t, "POST", "/imports/uploads?file=people.csv", key, bytes.NewReader(file), 201, &u)
		s.call(t, "POST", "/imports/uploads/"+u.ID+"/import", key, strings.NewReader(asContacts), 200, &u)
		looking(t, w.db, "select count(*) >= 500 from contact")
		s.kill()

		s = running(t, w.db, uploads...)
		s.call(t, "GET", "/imports/uploads/"+u.ID, key, nil, 200, &u)
		if u.State != staging.BrokenOff || u.Import != 1 {
			t.Errorf("%+v", u)
		}
		had := stats(t, w.db).Contacts
		if list := imports(t, w.db); len(list) != 1 || list[0].State != engine.ImportBrokenOff {
			t.Errorf("%+v", list)
		}
		s.call(t, "POST", "/imports/uploads/"+u.ID+"/import", key, strings.NewReader("{}"), 200, nil)
		if u = s.imported(t, key, u.ID); u.State != staging.Done || u.Import != 1 || u.Summary.Duplicates != had || u.Summary.Accepted != rows-had {
			t.Errorf("%+v %+v, where %d stood", u, u.Summary, had)
		}
		until(t, func() bool { // its files go right after
			left, err := os.ReadDir(filepath.Join(w.dir, "uploads"))
			return err == nil && len(left) == 0
		})
		if list := imports(t, w.db); len(list) != 1 || list[0].State != engine.ImportFinished || stats(t, w.db).Contacts != rows {
			t.Errorf("%+v", list)
		}
		logIsClean(t, w.db)
	})
}

// TestKilledServerGoesOnWithAPostedImport kills the server while POST /imports is under way: nothing of the file is left on its disk, and the same
// file sent again goes on under the import's number.
func TestKilledServerGoesOnWithAPostedImport(t *testing.T) {
	if testing.Short() {
		t.Skip("TestKill9 alone runs with -short")
	}
	w := &world{t: t, db: dbtest.SQLite(t), dir: t.TempDir()}
	key, temp := secretKey(t, w.db), t.TempDir()
	rows := w.files()
	file, err := os.ReadFile(filepath.Join(w.dir, "contacts.csv"))
	if err != nil {
		t.Fatal(err)
	}
	s := running(t, w.db, "env", "TMPDIR="+temp)
	gone := make(chan error, 1)
	go func() { // it is answered by nobody
		_, _, _, err := s.post(context.WithoutCancel(t.Context()), "/api/v1/imports?entity=contacts&file=people.csv", "", bytes.NewReader(file), "Authorization", key, "Content-Type", "text/csv")
		gone <- err
	}()
	looking(t, w.db, "select count(*) >= 500 from contact")
	s.kill()
	if err := <-gone; err == nil {
		t.Log("the import was quicker than the kill")
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) != 0 {
		t.Errorf("%d files are left among the temporary ones, %v", len(left), err)
	}
	if list := imports(t, w.db); len(list) != 1 || list[0].State != engine.ImportBrokenOff {
		t.Errorf("%+v", list)
	}
	had := stats(t, w.db).Contacts
	var again struct {
		ID      int64
		Summary struct{ Accepted, Duplicates int64 }
	}
	running(t, w.db).call(t, "POST", "/imports?entity=contacts&file=people.csv", key, bytes.NewReader(file), 201, &again)
	if again.ID != 1 || again.Summary.Duplicates != had || again.Summary.Accepted != rows-had {
		t.Errorf("%+v, where %d stood", again, had)
	}
	if n := stats(t, w.db).Contacts; n != rows {
		t.Errorf("%d contacts, want %d", n, rows)
	}
	logIsClean(t, w.db)
}

// TestUploadedBombs sends small files that unpack to many: each is refused with its place within bounded memory, and nothing is left of it on disk.
func TestUploadedBombs(t *testing.T) {
	const people, size = "email,first name\na@x.com,Ann\nb@x.com,Bob\n", 100 << 20
	db, temp := dbtest.SQLite(t), t.TempDir()
	key := secretKey(t, db)
	s := running(t, db, "env", "TMPDIR="+temp, "MILLRACE_UPLOADS="+filepath.Join(temp, "uploads"))
	for name, bomb := range map[string][]byte{
		"many rows":   zipped(t, io.MultiReader(strings.NewReader(people), repeated("c@x.com,Carl\n")), size, gzip.BestCompression),
		"rejects":     zipped(t, io.MultiReader(strings.NewReader(people), repeated("no address,Carl\n")), size, gzip.BestCompression),
		"one line":    zipped(t, io.MultiReader(strings.NewReader(people), fill('x')), size, gzip.BestCompression),
		"blank lines": zipped(t, io.MultiReader(strings.NewReader(people), fill('\n')), size, gzip.BestCompression),
	} {
		t.Run(name, func(t *testing.T) {
			if len(bomb) > 1<<19 {
				t.Fatalf("%d bytes are no bomb", len(bomb))
			}
			answer := s.call(t, "POST", "/imports?entity=contacts&file=bomb.csv.gz", key, bytes.NewReader(bomb), 422, nil)
			if !strings.Contains(answer, "bomb.csv.gz: the gzip file unpacks to more than 200 times its size") {
				t.Error(answer)
			}
			var u staging.Upload
			s.call(t, "POST", "/imports/uploads?file=bomb.csv.gz", key, bytes.NewReader(bomb), 201, &u)
			s.call(t, "POST", "/imports/uploads/"+u.ID+"/check", key, strings.NewReader(asContacts), 200, nil)
			if u = s.imported(t, key, u.ID); u.State != staging.Failed || !strings.HasPrefix(u.Problem, "line ") || !strings.Contains(u.Problem, "unpacks to more than") {
				t.Errorf("%+v", u)
			}
			s.call(t, "DELETE", "/imports/uploads/"+u.ID, key, nil, 204, nil)
		})
	}
	if most := memory(s.cmd.Process.Pid); most == 0 || most > bounded {
		t.Errorf("the server had %d MB", most>>20)
	}
	filepath.WalkDir(temp, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			t.Errorf("%s is left, %v", path, err)
		}
		return nil
	})
	if n := stats(t, db).Contacts; n != 0 {
		t.Errorf("%d contacts came in", n)
	}
}

// repeated reads as a line for ever.
type repeated string

// Read fills p with whole lines, but for its end.
func (r repeated) Read(p []byte) (int, error) {
	n := copy(p, r)
	for n+len(r) <= len(p) {
		n += copy(p[n:], r)
	}
	return n, nil
}
