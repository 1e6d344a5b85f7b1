package dbtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// ErrNotInstalled says that no PostgreSQL server program was found.
var ErrNotInstalled = errors.New("PostgreSQL is not installed (no initdb in /usr/lib/postgresql/*/bin or PATH): its tests are left out")

// Cluster is a running throw-away PostgreSQL server. It ends with Stop, or when the process that started it ends in any way.
type Cluster struct {
	URL string // superuser's, database "postgres"

	guard     *exec.Cmd
	guardPipe io.Closer
}

// StartCluster makes a cluster in a temporary folder and starts it. When root runs it, the server runs as "postgres" or "nobody",
// since it refuses root. The error is ErrNotInstalled when there are no binaries.
func StartCluster() (*Cluster, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "millrace-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{}
	if err := c.start(bin, dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return c, nil
}

func (c *Cluster) start(bin, dir string) error {
	who, err := serverUser()
	if err != nil {
		return err
	}
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return err
		}
	}
	run := func(name string, args ...string) error {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, out)
		}
		return nil
	}
	data, log := filepath.Join(dir, "data"), filepath.Join(dir, "log")
	initdb := []string{"-D", data, "-U", "millrace", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"}
	if err := run("initdb", append(initdb, "--locale-provider=icu", "--icu-locale=en-US")...); err != nil {
		return err
	}
	if err := c.startGuard(bin, dir, data, who); err != nil {
		return err
	}
	for range 3 { // another program may take the port between our looking and the server's binding
		var port int
		if port, err = freePort(); err != nil {
			break
		}
		settings := fmt.Sprintf("-p %d -k %s -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off "+
			"-c max_connections=200 -c shared_buffers=64MB -c wal_level=minimal -c max_wal_senders=0", port, dir)
		if err = run("pg_ctl", "start", "-D", data, "-l", log, "-w", "-t", "60", "-o", settings); err == nil {
			c.URL = fmt.Sprintf("postgres://millrace@127.0.0.1:%d/postgres?sslmode=disable", port)
			err = ping(c.URL)
		}
		if err == nil {
			return nil
		}
	}
	text, _ := os.ReadFile(log)
	return errors.Join(fmt.Errorf("%w: %s", err, text), c.Stop())
}

// startGuard starts a shell that waits for its input to end, as it does when this process ends however it ends, then stops the server and
// removes its folder. It stands in a session of its own, so an interrupt from the terminal does not reach it.
func (c *Cluster) startGuard(bin, dir, data string, who *syscall.Credential) error {
	const script = `cat >/dev/null; "$1"/pg_ctl stop -D "$2" -m immediate -w; rm -rf "$3"`
	c.guard = exec.Command("sh", "-c", script, "sh", bin, data, dir)
	c.guard.Dir = "/"
	c.guard.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: who}
	pipe, err := c.guard.StdinPipe()
	if err != nil {
		return err
	}
	c.guardPipe = pipe
	return c.guard.Start()
}

// Stop ends the server and removes its files. It may be called twice.
func (c *Cluster) Stop() error {
	if c.guard == nil {
		return nil
	}
	err := c.guardPipe.Close()
	if waitErr := c.guard.Wait(); err == nil {
		err = waitErr
	}
	c.guard = nil
	return err
}

// binaries is the folder of the newest installed server.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	if len(found) > 0 {
		return filepath.Dir(slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) })), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", ErrNotInstalled
	}
	return filepath.Dir(path), nil
}

// serverUser is who the server runs as: nil for the present user, unless that is root.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("PostgreSQL refuses to run as root, and there is no user postgres or nobody")
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	return port, l.Close()
}

func ping(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}
