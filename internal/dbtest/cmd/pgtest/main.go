// Command pgtest runs a command with one throw-away PostgreSQL cluster for all of it:
//
//	go run ./internal/dbtest/cmd/pgtest go test ./...
//
// so that the packages' tests share a cluster and each has only databases to make. Where PostgreSQL is not installed it says so in one
// line and runs the command without; with MILLRACE_REQUIRE=1 it fails. It ends with the command's exit status.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"millrace/internal/dbtest"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: pgtest command [argument ...]")
		os.Exit(2)
	}
	status, err := run(args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

// run gives the command's exit status. An interrupt reaches the command through the terminal; pgtest outlives it to stop the cluster.
func run(args []string) (status int, err error) {
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if os.Getenv(dbtest.ClusterEnv) == "" {
		c, startErr := dbtest.StartCluster()
		switch {
		case startErr == nil:
			defer func() { err = errors.Join(err, c.Stop()) }()
			cmd.Env = append(os.Environ(), dbtest.ClusterEnv+"="+c.URL)
		case errors.Is(startErr, dbtest.ErrNotInstalled) && os.Getenv(dbtest.RequireEnv) != "1":
			fmt.Fprintln(os.Stderr, "left out:", startErr)
		default:
			return 1, startErr
		}
	}
	if err := cmd.Start(); err != nil {
		return 1, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-interrupts:
			if s == syscall.SIGTERM { // a terminal sends an interrupt to the whole group, a supervisor a SIGTERM only to us
				cmd.Process.Signal(s)
			}
		case err := <-done:
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				return max(exit.ExitCode(), 1), nil
			}
			return 0, err
		}
	}
}
