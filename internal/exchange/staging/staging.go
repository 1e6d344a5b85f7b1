// Package staging holds uploaded files between the browser's steps: a file is sent once, looked at, mapped, judged and imported in the
// background, with progress that everybody can ask for. A row in the database says how each stands, the bytes lie in a folder; a file without a
// row is removed, so erasing a person empties the folder on every node. It remembers which mapping was chosen for which headers. It reads no
// cells itself: that is exchange's.
package staging

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/exchange"
	"millrace/internal/lease"
)

// MaxSize is the most bytes of an upload, as it is sent.
const MaxSize = 4 << 30

const (
	heldFor    = 24 * time.Hour     // an upload that nobody goes on with
	rejectsFor = 7 * 24 * time.Hour // the rejected rows of a finished import
	beatEvery  = time.Second
	atOnce     = 2 // runs of one process; further ones wait
)

// State is how an upload stands.
type State string

// The states. A run that its process can't finish any more is broken off.
const (
	Held      State = "held"       // nothing was done with it yet
	Checking  State = "checking"   // a dry run is under way
	Checked   State = "checked"    // a dry run came to its end
	Importing State = "importing"  // an import is under way
	Done      State = "done"       // it was imported
	Stopped   State = "stopped"    // somebody stopped its import; what it had brought in stands
	BrokenOff State = "broken_off" // the process that imported it is gone; what it had brought in stands
	Failed    State = "failed"     // its dry run or import could not go on
)

// Upload is a file that waits to be imported, is being imported, or was.
type Upload struct {
	ID        string                `json:"id"`
	File      string                `json:"file"`
	Size      int64                 `json:"size" doc:"Bytes as sent"`
	State     State                 `json:"state" enum:"held,checking,checked,importing,done,stopped,broken_off,failed" doc:"broken_off: the process that imported it is gone; what it had brought in stands, and starting it again goes on"`
	Import    int64                 `json:"import" doc:"The import that it became; 0 while there is none"`
	Progress  *exchange.RunProgress `json:"progress,omitempty" doc:"Of the run under way, or of the last one"`
	Summary   *exchange.Summary     `json:"summary,omitempty" doc:"Of the last run that came to its end"`
	Problem   string                `json:"problem" doc:"Why the last run failed"`
	Rejects   bool                  `json:"rejects" doc:"The rejected rows of the last run can be downloaded"`
	MadeBy    string                `json:"made_by"`
	MadeAt    millrace.Time         `json:"made_at"`
	ExpiresAt millrace.Time         `json:"expires_at" doc:"When it and what was rejected of it are removed"`
}

// Running says whether a run is under way.
func (u *Upload) Running() bool { return u.State == Checking || u.State == Importing }

// Importer brings a file in: exchange.Run with the workspace's ledger.
type Importer func(ctx context.Context, name string, r io.Reader, o exchange.Options) (id int64, s exchange.Summary, err error)

// Config is what a Room needs.
type Config struct {
	DB     *db.DB
	Dir    string // where the files lie; made when the first comes
	Clock  millrace.Clock
	Import Importer
	Home   func() exchange.Home
	Logger *slog.Logger
}

// Room holds uploads. It is safe for concurrent use.
type Room struct {
	Config
	holder lease.Holder
	owner  string // the holder, as stored
	slots  chan struct{}

	mu   sync.Mutex
	live map[string]*run
	done sync.WaitGroup
	shut bool
}

// New makes a room. Close ends it.
func New(c Config) *Room {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	holder := lease.New()
	return &Room{Config: c, holder: holder, owner: string(holder), slots: make(chan struct{}, atOnce), live: map[string]*run{}}
}

func token() string {
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// Close stops what is under way, which then counts as broken off, and waits for it. It may be called twice.
func (r *Room) Close() {
	r.mu.Lock()
	r.shut = true
	for _, x := range r.live {
		x.cancel(errShut)
	}
	r.mu.Unlock()
	r.done.Wait()
}

// Take keeps a file. One that can't be read as a table at all is refused, Invalid, and not kept.
func (r *Room) Take(ctx context.Context, name, by string, body io.Reader) (Upload, error) {
	const op = "staging.Take"
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return Upload{}, &millrace.Error{Code: millrace.Unavailable, Op: op, Message: "there is no place to keep the file", Err: err}
	}
	now := r.Clock()
	u := Upload{ID: "up_" + token(), File: path.Base(strings.ReplaceAll(cmp.Or(name, "upload.csv"), `\`, "/")), State: Held, MadeBy: by, MadeAt: now, ExpiresAt: later(now, heldFor)}
	size, err := r.store(u.ID, body)
	if err != nil {
		return Upload{}, err
	}
	u.Size = size
	keep := false
	defer func() {
		if !keep {
			r.remove(u.ID)
		}
	}()
	f, err := os.Open(r.path(u.ID))
	if err != nil {
		return Upload{}, fmt.Errorf("%s: %w", op, err)
	}
	defer f.Close()
	in, err := exchange.Inspect(u.File, f, exchange.Options{Home: r.Home(), Clock: r.Clock})
	if err != nil {
		return Upload{}, err
	}
	if err := r.insert(ctx, &u, in.Signature); err != nil {
		return Upload{}, err
	}
	keep = true
	return u, nil
}

func later(t millrace.Time, d time.Duration) millrace.Time {
	return t + millrace.Time(d.Milliseconds())
}

// Limited reads r, and errs with TooLarge when it has more than MaxSize bytes.
func Limited(r io.Reader) io.Reader { return &limited{r, MaxSize} }

type limited struct {
	r    io.Reader
	left int64
}

// Read reads on.
func (l *limited) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, millrace.Errorf(millrace.TooLarge, "staging", "the file has more than %d GiB: compress it with gzip, cut it, or import it with the command line", MaxSize>>30)
	}
	return n, err
}

// store writes the bytes under a name that is only theirs when all have come.
func (r *Room) store(id string, body io.Reader) (int64, error) {
	const op = "staging.Take"
	part := r.path(id) + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return 0, &millrace.Error{Code: millrace.Unavailable, Op: op, Message: "there is no place to keep the file", Err: err}
	}
	n, err := io.Copy(f, Limited(body))
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	err = exchange.NoRoom(err)
	if err == nil {
		err = os.Rename(part, r.path(id))
	}
	if err != nil {
		os.Remove(part)
		if _, coded := errors.AsType[*millrace.Error](err); !coded {
			err = &millrace.Error{Code: millrace.Unavailable, Op: op, Message: "the file could not be kept", Err: err}
		}
		return 0, err
	}
	return n, nil
}

func (r *Room) path(id string) string        { return filepath.Join(r.Dir, id) }
func (r *Room) rejectsPath(id string) string { return filepath.Join(r.Dir, id+".rejects") }

func (r *Room) remove(id string) {
	os.Remove(r.path(id))
	os.Remove(r.rejectsPath(id))
}

// Drop forgets an upload and its file, stopping what is under way. What it has brought in stands.
func (r *Room) Drop(ctx context.Context, id string) error {
	if _, err := r.Get(ctx, id); err != nil {
		return err
	}
	r.cancel(id, errDropped)
	if err := r.delete(ctx, id); err != nil {
		return err
	}
	r.remove(id)
	return nil
}

// Rejects opens the rejected rows of an upload's last run. NotFound when there are none, or no longer.
func (r *Room) Rejects(ctx context.Context, id string) (name string, f *os.File, err error) {
	u, err := r.Get(ctx, id)
	if err != nil {
		return "", nil, err
	}
	if f, err = os.Open(r.rejectsPath(id)); !u.Rejects || err != nil {
		if f != nil {
			f.Close()
		}
		return "", nil, millrace.Errorf(millrace.NotFound, "staging.Rejects", "there are no rejected rows of %s, or they are no longer kept", u.File)
	}
	name = strings.TrimSuffix(u.File, ".gz")
	return strings.TrimSuffix(name, filepath.Ext(name)) + ".rejected.csv", f, nil
}

// Forget drops every upload that no run is reading, and lets the others go when they end: a person was erased, whose rows may be among theirs.
func (r *Room) Forget(ctx context.Context) error {
	if err := r.expire(ctx, r.Clock(), true); err != nil {
		return err
	}
	return r.Sweep(ctx)
}

// Sweep removes uploads whose time is over, and files that no row knows.
func (r *Room) Sweep(ctx context.Context) error {
	if err := r.expire(ctx, r.Clock(), false); err != nil {
		return err
	}
	entries, err := os.ReadDir(r.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("staging.Sweep: %w", err)
	}
	known, err := r.ids(ctx)
	if err != nil {
		return err
	}
	for _, e := range entries {
		id, rest, _ := strings.Cut(e.Name(), ".")
		info, err := e.Info()
		if err != nil || known[id] || !strings.HasPrefix(id, "up_") {
			continue
		}
		// What has no row yet may be coming in just now.
		if rest == "part" && time.Since(info.ModTime()) < time.Hour || rest == "" && time.Since(info.ModTime()) < time.Minute {
			continue
		}
		os.Remove(filepath.Join(r.Dir, e.Name()))
	}
	return nil
}
