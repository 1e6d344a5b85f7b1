// Package cli is what every command of the command line runs with: the workspace that --db names, answers as text for people or JSON for scripts,
// lists, and the flags that commands share. The commands that measure are in the package measures under it, the others in cmd/millrace.
package cli

import (
	"context"
	"io"
	"log/slog"

	"millrace"
	"millrace/internal/app"
)

// Session is what a command runs with.
type Session struct {
	Ctx  context.Context
	Out  io.Writer
	Errs io.Writer // warnings and progress
	JSON bool      // answers are JSON
	DB   string    // a file, or a postgres:// URL
	As   string    // who works, for the log
}

// WithWorkspace opens the workspace that --db names, for fn.
func (s *Session) WithWorkspace(fn func(w *app.Workspace) error) error {
	w, err := app.Open(s.Ctx, app.Config{DB: s.DB, Logger: slog.New(slog.NewTextHandler(s.Errs, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	defer w.Close()
	return fn(w)
}

// ErrFound ends a command whose check found something; it has been printed.
var ErrFound = &millrace.Error{Code: "found", Message: "differences found"}
