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

// serve is the server of a measurement: the collection API over the engine, in a process of its own, so that its memory is its own. Its
// clock begins where the log ends. It prints its address.
func serve(ctx context.Context, path, address string) error {
	debug.SetGCPercent(200) // as cmd/millrace does
	if name := os.Getenv("BENCH_CPUPROFILE"); name != "" {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	begin, started := day0, time.Now()
	clock := func() millrace.Time { return begin + millrace.Time(time.Since(started).Milliseconds()) }
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
	begin = max(begin, millrace.Time(last))
	e, err := engine.Open(ctx, engine.Config{DB: d, Clock: clock})
	if err != nil {
		return err
	}
	defer e.Close()
	mux := http.NewServeMux()
	collect.New(collect.Config{Applier: e, Keys: oneKey{}, Clock: clock, Logger: slog.New(slog.DiscardHandler)}).Routes(mux)
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: mux}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// child is a running server.
type child struct {
	cmd *exec.Cmd
	url string
}

func startServer(ctx context.Context, path string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "serve", path, "127.0.0.1:0")
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
	return &child{cmd, "http://" + strings.TrimSpace(line)}, nil
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
