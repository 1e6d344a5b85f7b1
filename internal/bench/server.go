package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"millrace"
	"millrace/internal/collect"
	"millrace/internal/db"
	"millrace/internal/engine"
)

const writeKey = "bench-key"

type oneKey struct{}

func (oneKey) WriteKey(_ context.Context, key string) (collect.Key, bool, error) {
	return collect.Key{ID: "market", Name: "bench", RatePerSecond: 1 << 30}, key == writeKey, nil
}

// clockHeader moves the server's clock to the moment of the traffic that it gets: the simulated year is sent within minutes, and caps of a day,
// windows and late facts must be those of the year.
const clockHeader = "X-Bench-Clock"

// profiled profiles the processor's time into the file that the environment names, until it is stopped.
func profiled() (stop func(), err error) {
	name := os.Getenv("BENCH_CPUPROFILE")
	if name == "" {
		return func() {}, nil
	}
	f, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, pprof.StartCPUProfile(f)
}

// serve is the server of a measurement: the collection API over the engine, in a process of its own, so that its memory is its own. Its
// clock begins where the log ends. It prints its address and its clock.
func serve(ctx context.Context, path, address string) error {
	debug.SetGCPercent(200) // as cmd/millrace does
	stop, err := profiled()
	if err != nil {
		return err
	}
	defer stop()
	var now atomic.Int64
	clock := func() millrace.Time { return millrace.Time(now.Load()) }
	d, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	var last int64
	if _, err := db.One(ctx, d, []any{&last}, "select coalesce(max(received_at), 0) from (select received_at from event order by seq desc limit 1000) l"); err != nil {
		return err
	}
	now.Store(max(int64(day0), last))
	e, err := engine.Open(ctx, engine.Config{DB: d, Clock: clock})
	if err != nil {
		return err
	}
	defer e.Close()
	tending, stopTending := context.WithCancel(ctx)
	defer stopTending()
	go tend(tending, e)
	mux := http.NewServeMux()
	collect.New(collect.Config{Applier: e, Keys: oneKey{}, Clock: clock, Logger: slog.New(slog.DiscardHandler)}).Routes(mux)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr(), int64(clock()))
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, err := strconv.ParseInt(r.Header.Get(clockHeader), 10, 64)
		if err != nil {
			http.Error(w, clockHeader+": want milliseconds", http.StatusBadRequest)
			return
		}
		for was := now.Load(); at > was && !now.CompareAndSwap(was, at); was = now.Load() {
		}
		mux.ServeHTTP(w, r)
	})}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// tend joins chunks of the index by subject as the real server's job does. What fails is tried again.
func tend(ctx context.Context, e *engine.Engine) {
	for ctx.Err() == nil {
		e.TendIndex(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
		}
	}
}

// child is a running server.
type child struct {
	cmd  *exec.Cmd
	url  string
	now  millrace.Time // its clock at the start
	keys []string      // that the whole server made
}

// startServer starts this program as a server: "serve" the collection API alone, "serve-app" the whole.
func startServer(ctx context.Context, what, path string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, what, path, "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the server did not start: %w", err), cmd.Wait())
	}
	var c child
	said := append(strings.Fields(line), "", "")
	if _, err := fmt.Sscan(said[1], (*int64)(&c.now)); err != nil {
		return nil, errors.Join(fmt.Errorf("the server said %q: %w", line, err), cmd.Process.Kill(), cmd.Wait())
	}
	c.cmd, c.url, c.keys = cmd, "http://"+said[0], said[2:len(said)-2]
	return &c, nil
}

func (c *child) stop() error {
	if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return c.cmd.Wait()
}

// processor gives the time that the process has had on processors, 0 where the system doesn't say.
func processor(pid int) time.Duration {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0
	}
	return time.Duration(user+system) * (time.Second / 100) // Linux counts hundredths for programs, whatever the kernel's own
}

// memory gives a line of the process's status in MB, "VmRSS" or "VmHWM"; 0 where the system keeps none.
func (c *child) memory(line string) int {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(c.cmd.Process.Pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), line+":")
	kb, err := strconv.Atoi(strings.Fields(rest + " 0")[0])
	if err != nil {
		return 0
	}
	return kb / 1024
}
