package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/api"
	"millrace/internal/collect"
	"millrace/internal/dashboard/mailing"
	"millrace/internal/db"
	"millrace/internal/queue"
	"millrace/internal/web"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
)

// ServerConfig is what a server needs beside its workspace.
type ServerConfig struct {
	Addr      string        // host:port; port 0 picks a free one
	PublicURL string        // as browsers reach it, behind a proxy; "" where they reach Addr. Links in mails begin with it.
	Mailer    access.Mailer // brings links to people; nil gives them to the admin who asks
	Version   string
	Logger    *slog.Logger
	// SweepEvery is how often what has fallen due is decided on; 5 s when 0.
	SweepEvery time.Duration
}

// Server is a running server. Make it with Serve.
type Server struct {
	w       *Workspace
	cfg     ServerConfig
	http    *http.Server
	listen  net.Listener
	collect *collect.Handler
	queue   *queue.Queue
	relay   bool // mails can be sent
	courier *access.Courier
	pools   []func()
	stop    sync.Once
	watched chan struct{} // closed when nothing is watched any more
	unwatch func()
	// endStreams ends what would keep the server from stopping.
	endStreams func()
	failed     chan error
}

// Serve builds all parts over a workspace and starts them: it takes the address, starts the jobs, then answers. Stop ends them in the
// opposite order.
func Serve(ctx context.Context, w *Workspace, c ServerConfig) (*Server, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.SweepEvery == 0 {
		c.SweepEvery = 5 * time.Second
	}
	s := &Server{w: w, cfg: c, failed: make(chan error, 1)}
	if err := checkPublicURL(c.PublicURL); err != nil {
		return nil, err
	}
	_, err := net.ResolveTCPAddr("tcp", c.Addr)
	if err != nil {
		return nil, &millrace.Error{Code: millrace.Invalid, Op: "app.Serve", Field: "--addr", Message: "an address is host:port, such as 127.0.0.1:8080", Err: err}
	}
	if s.listen, err = net.Listen("tcp", c.Addr); err != nil {
		return nil, &millrace.Error{Code: millrace.Conflict, Op: "app.Serve", Field: "--addr", Message: "can't listen on " + c.Addr, Err: err}
	}
	if err := s.startQueue(ctx); err != nil {
		s.Stop(ctx)
		return nil, err
	}
	s.watch()
	handler, err := s.handler()
	if err != nil {
		s.Stop(ctx)
		return nil, err
	}
	s.http = &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10, ErrorLog: slog.NewLogLogger(c.Logger.Handler(), slog.LevelWarn)}
	s.http.RegisterOnShutdown(s.endStreams)
	go func() {
		if err := s.http.Serve(s.listen); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return s, nil
}

// Addr is the address that the server listens on.
func (s *Server) Addr() string { return s.listen.Addr().String() }

// URL is the server's address as browsers reach it, without a slash at its end: the public one, else that of the listener. It is never taken
// from a request.
func (s *Server) URL() string {
	if s.cfg.PublicURL != "" {
		return strings.TrimRight(s.cfg.PublicURL, "/")
	}
	host, port, err := net.SplitHostPort(s.Addr())
	if ip := net.ParseIP(host); err != nil || ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

// checkPublicURL refuses an address that browsers can't have as an origin.
func checkPublicURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return millrace.FieldErrorf("app.Serve", "--public-url", "want the address that browsers open, such as https://millrace.example.com")
	}
	return nil
}

// Failed tells when the listener broke.
func (s *Server) Failed() <-chan error { return s.failed }

// startQueue starts the recurring jobs: deciding on what has fallen due, and keeping the figures' roll-up near the log's end.
func (s *Server) startQueue(ctx context.Context) error {
	qc := queue.Config{Logger: quiet(s.cfg.Logger)}
	if s.w.db.Dialect == db.SQLite {
		pool, err := s.w.db.NewWriter()
		if err != nil {
			return err
		}
		s.pools = append(s.pools, func() { pool.Close() })
		qc.SQLite = pool
	} else {
		pool, err := pgxpool.New(ctx, s.w.db.URL())
		if err != nil {
			return &millrace.Error{Code: millrace.Unavailable, Op: "app.Serve", Message: "the job queue can't reach the database", Err: err}
		}
		s.pools = append(s.pools, pool.Close)
		qc.Postgres = pool
	}
	q, err := queue.New(qc)
	if err != nil {
		return err
	}
	if err := q.Migrate(ctx); err != nil {
		return err
	}
	q.Every("sweep", s.cfg.SweepEvery, func(ctx context.Context) error {
		_, err := s.w.Engine.Sweep(ctx, s.w.Engine.Now())
		return err
	}, queue.Timeout(10*time.Minute))
	q.Every("index", 10*time.Second, s.w.Engine.TendIndex, queue.Timeout(time.Hour))
	q.Every("erasures", time.Minute, s.w.Engine.FinishErasures, queue.Timeout(time.Hour))
	q.Every("undos", time.Minute, s.w.Engine.FinishUndos, queue.Timeout(time.Hour))
	q.Every("measure", time.Second, s.w.Measure.Follow, queue.Timeout(10*time.Minute))
	q.Every("roll-up", time.Minute, s.w.Directory.Follow, queue.Timeout(10*time.Minute))
	q.Every("clean", time.Hour, s.w.People.Clean, queue.Timeout(time.Minute))
	q.Every("uploads", 10*time.Minute, s.w.Uploads.Sweep, queue.Timeout(time.Minute))
	mailer, _ := s.cfg.Mailer.(mailing.Mailer) // nil: no relay
	q.Every("reports", 10*time.Second, func(ctx context.Context) error { return s.w.Mailing.Due(ctx, q, mailer != nil) }, queue.Timeout(time.Minute))
	queue.Handle(q, mailing.JobKind, func(ctx context.Context, j mailing.Job) error { return s.w.Mailing.Send(ctx, j, mailer, s.URL()) },
		queue.MaxAttempts(mailing.Attempts), queue.Timeout(2*time.Minute))
	s.queue, s.relay = q, mailer != nil
	return q.Start(ctx)
}

// watchEvery is how often a server looks whether another process, such as the command line, put another playbook in force.
const watchEvery = time.Second

// watch looks after what other processes do, until the server stops.
func (s *Server) watch() {
	ctx, cancel := context.WithCancel(context.Background())
	s.watched, s.unwatch = make(chan struct{}), cancel
	go func() {
		defer close(s.watched)
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if err := s.w.Engine.Notice(ctx); err != nil && ctx.Err() == nil {
				s.cfg.Logger.Warn("which playbook rules was not read", "op", "app.watch", "error", err)
			}
		}
	}()
}

// handler puts the routes together.
func (s *Server) handler() (http.Handler, error) {
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	mux := http.NewServeMux()
	s.collect = collect.New(collect.Config{Applier: s.w.Engine, Keys: s.w.Access, Clock: s.w.Engine.Now, PublicURL: s.cfg.PublicURL, Logger: s.cfg.Logger, Metrics: metrics})
	s.collect.Routes(mux)
	s.courier = &access.Courier{Mailer: s.cfg.Mailer, Base: s.URL(), Logger: s.cfg.Logger}
	routes := api.New(api.Config{Engine: s.w.Engine, Directory: s.w.Directory, Measure: s.w.Measure, Access: s.w.Access, People: s.w.People, Views: s.w.Views, Courier: s.courier, Import: s.w.Import, Uploads: s.w.Uploads,
		PublicURL: s.cfg.PublicURL, Version: s.cfg.Version, Logger: s.cfg.Logger, Metrics: metrics, Mailing: s.w.Mailing, Jobs: s.queue, Relay: s.relay})
	routes.Routes(mux)
	s.endStreams = routes.End
	mux.Handle("/", web.Handler(web.Assets()))
	if strings.HasPrefix(s.cfg.PublicURL, "https://") {
		return overTLS(mux), nil
	}
	return mux, nil
}

// overTLS tells browsers to come over TLS only, for a year (RFC 6797).
func overTLS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		next.ServeHTTP(w, r)
	})
}

// Stop ends the server: no new requests, those under way finish, then jobs, then what they used. It may be called twice, or first.
func (s *Server) Stop(ctx context.Context) error {
	var errs []error
	s.stop.Do(func() {
		if s.http != nil {
			errs = append(errs, s.http.Shutdown(ctx))
		} else if s.listen != nil {
			errs = append(errs, s.listen.Close())
		}
		if s.collect != nil {
			errs = append(errs, s.collect.Flush(ctx))
		}
		if s.courier != nil {
			s.courier.Close()
		}
		s.w.Uploads.Close()
		if s.unwatch != nil {
			s.unwatch()
			<-s.watched
		}
		if s.queue != nil {
			errs = append(errs, s.queue.Stop(ctx))
		}
		for _, closePool := range s.pools {
			closePool()
		}
	})
	return errors.Join(errs...)
}

// quiet lets a library's warnings through, and keeps its news to itself and what it says of being stopped.
func quiet(l *slog.Logger) *slog.Logger { return slog.New(warnings{l.Handler()}) }

type warnings struct{ slog.Handler }

func (w warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && w.Handler.Enabled(ctx, l)
}

// Handle drops what merely says that the library was told to stop.
func (w warnings) Handle(ctx context.Context, r slog.Record) error {
	stopped := false
	r.Attrs(func(a slog.Attr) bool {
		stopped = strings.HasSuffix(a.Value.String(), context.Canceled.Error())
		return !stopped
	})
	if stopped {
		return nil
	}
	return w.Handler.Handle(ctx, r)
}

func (w warnings) WithAttrs(a []slog.Attr) slog.Handler { return warnings{w.Handler.WithAttrs(a)} }
func (w warnings) WithGroup(name string) slog.Handler   { return warnings{w.Handler.WithGroup(name)} }
