package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/db"
)

// followed is how many facts are followed from their reply to the figures.
const followed = 60

// serveApp is the whole server on a file, with its jobs, in a process of its own. Its clock begins where the log ends and goes on as time does. It prints its address, its
// clock, a write key and a key that reads.
func serveApp(ctx context.Context, path, address string) error {
	debug.SetGCPercent(200) // as cmd/millrace does
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(800 << 20)
	}
	stop, err := profiled()
	if err != nil {
		return err
	}
	defer stop()
	began := time.Now()
	last := int64(day0)
	clock := func() millrace.Time { return millrace.Time(last) + millrace.Time(time.Since(began).Milliseconds()) }
	d, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		return err
	}
	_, err = db.One(ctx, d, []any{&last}, "select coalesce(max(received_at), $1) from (select received_at from event order by seq desc limit 1000) l", int64(day0))
	if d.Close(); err != nil {
		return err
	}
	w, err := app.Open(ctx, app.Config{DB: path, Clock: clock})
	if err != nil {
		return err
	}
	defer w.Close()
	write, err := w.Access.Create(ctx, access.Request{Kind: access.Write, Name: "bench", Rate: 1_000_000})
	if err != nil {
		return err
	}
	read, err := w.Access.Create(ctx, access.Request{Kind: access.Secret, Name: "bench", Scopes: []access.Scope{access.ScopeRead, access.ScopeSales, access.ScopeImport}})
	if err != nil {
		return err
	}
	server, err := app.Serve(ctx, w, app.ServerConfig{Addr: address, Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	if err != nil {
		return err
	}
	fmt.Println(server.Addr(), int64(clock()), write.Secret, read.Secret)
	<-ctx.Done()
	return server.Stop(context.WithoutCancel(ctx))
}

// viewer sends facts and looks at the figures, as a website and somebody before a page do.
type viewer struct {
	*child
	client *http.Client
	today  string // by the server's clock
	days   string // today and tomorrow
	n      int
	run    string

	imported int64 // last
}

func (v *viewer) ask(method, path, key, body string, answer any) error {
	r, err := http.NewRequest(method, v.url+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(path, "/api/v1/imports?") {
		r.Header.Set("Content-Type", "text/csv")
	}
	if key == v.keys[0] {
		r.SetBasicAuth(key, "")
	} else {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	res, err := v.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s answered %s", path, res.Status)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// counted is how many leads, deals or costs the measures count from today on.
func (v *viewer) counted(what string) (int, error) {
	var answer struct{ Report struct{ Total int } }
	err := v.ask(http.MethodGet, "/api/v1/measure/"+what+"?limit=1&"+v.days, v.keys[1], "", &answer)
	return answer.Report.Total, err
}

// company is the domain of the n-th person's company, which has ten.
func (v *viewer) company(n int) string { return fmt.Sprintf("%s-%d.example", v.run, n/10) }

// come sends so many visitors, each of whom says who they are, and says how long the reply took.
func (v *viewer) come(people int) (time.Duration, error) {
	var b strings.Builder
	b.WriteString(`{"batch":[`)
	for i := range people {
		v.n++
		who := fmt.Sprintf("%s-%d", v.run, v.n)
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"type":"page","messageId":"p%s","anonymousId":"a-%s","context":{"page":{"url":"https://www.millrace.test/pricing?utm_source=google&utm_medium=cpc&utm_campaign=brand","path":"/pricing"}}},`, who, who)
		fmt.Fprintf(&b, `{"type":"identify","messageId":"i%s","anonymousId":"a-%s","userId":"%s","traits":{"email":"%s@%s"}}`, who, who, who, who, v.company(v.n))
	}
	b.WriteString("]}")
	start := time.Now()
	err := v.ask(http.MethodPost, "/v1/batch", v.keys[0], b.String(), &struct{}{})
	return time.Since(start), err
}

// deal makes an opportunity, and says how long the reply took.
func (v *viewer) deal(int) (time.Duration, error) {
	v.n++
	start := time.Now()
	err := v.ask(http.MethodPost, "/api/v1/opportunities", v.keys[1], fmt.Sprintf(`{"name":"Deal %s-%d","account":%q,"amount":"1000"}`, v.run, v.n, v.company(v.n%followed)), &struct{}{})
	return time.Since(start), err
}

// bring imports a file of so many costs or people of today, and says how long the reply took. undo takes the last one back.
func (v *viewer) bring(entity string) func(n int) (time.Duration, error) {
	return func(n int) (time.Duration, error) {
		var b strings.Builder
		b.WriteString(map[string]string{"spend": "id,date,platform,campaign,amount,currency\n", "contacts": "Record ID,First Name,Last Name,Email,Create Date\n"}[entity])
		for range n {
			v.n++
			switch entity {
			case "spend":
				fmt.Fprintf(&b, "%s-%d,%s,google_ads,brand,12.50,USD\n", v.run, v.n, v.today)
			default:
				fmt.Fprintf(&b, "%d,Ann,Bench,ann-%d@%s,%s 00:01\n", time.Now().UnixNano(), v.n, v.company(v.n), v.today)
			}
		}
		start := time.Now()
		var answer struct {
			ID      int64
			Summary struct{ Accepted int }
		}
		if err := v.ask(http.MethodPost, "/api/v1/imports?entity="+entity+"&file=bench.csv", v.keys[1], b.String(), &answer); err != nil {
			return 0, err
		}
		if v.imported = answer.ID; answer.Summary.Accepted != n {
			return 0, fmt.Errorf("%d of %d rows are accepted", answer.Summary.Accepted, n)
		}
		return time.Since(start), nil
	}
}

func (v *viewer) undo(int) (time.Duration, error) {
	start := time.Now()
	err := v.ask(http.MethodPost, fmt.Sprintf("/api/v1/imports/%d/undo", v.imported), v.keys[1], "{}", &struct{}{})
	return time.Since(start), err
}

// follow sends something and waits until the measures count it: how long the reply took, and how long it was from there to the figures.
func (v *viewer) follow(what string, n int, send func(n int) (time.Duration, error)) (reply, figures time.Duration, err error) {
	before, err := v.counted(what)
	if err != nil {
		return 0, 0, err
	}
	if reply, err = send(n); err != nil {
		return 0, 0, err
	}
	start := time.Now()
	for now := before; now != before+n; time.Sleep(5 * time.Millisecond) {
		if now, err = v.counted(what); err != nil {
			return 0, 0, err
		}
		if figures = time.Since(start); figures > time.Minute {
			return 0, 0, fmt.Errorf("a minute after the reply the measures count %d %s, not %d", now, what, before+n)
		}
	}
	return reply, figures, nil
}

// figures measures how long after a fact's reply the figures hold it, asked over HTTP of a whole server while somebody looks at them.
func figures(ctx context.Context, s settings, path string) error {
	server, err := startServer(ctx, "serve-app", path)
	if err != nil {
		return err
	}
	defer server.stop()
	today := server.now.Std().UTC()
	v := &viewer{child: server, client: newClient(), today: today.Format(time.DateOnly), days: "from=" + today.Format(time.DateOnly) + "&to=" + today.AddDate(0, 0, 1).Format(time.DateOnly), run: "figures-" + s.run}
	time.Sleep(2 * time.Second)
	figure("memory, idle", fmt.Sprintf("%d MB", server.memory("VmRSS")), "resident; the promise is 60")
	start := time.Now()
	if _, err := v.counted("leads"); err != nil {
		return err
	}
	whole := time.Since(start)
	figure("the first question after the start", milliseconds(whole), "reads all")
	for _, x := range [...]struct {
		what, name string
		send       func(n int) (time.Duration, error)
	}{{"leads", "from a fact's reply to the figures, p95", v.come}, {"deals", "from an opportunity's, p95", v.deal}} {
		var replies, shown []time.Duration
		for range followed {
			time.Sleep(time.Duration(rand.Int64N(int64(300 * time.Millisecond))))
			reply, took, err := v.follow(x.what, 1, x.send)
			if err != nil {
				return err
			}
			replies, shown = append(replies, reply), append(shown, took)
		}
		slices.Sort(replies)
		slices.Sort(shown)
		figure(x.name, milliseconds(percentile(shown, 95)), fmt.Sprintf("the promise is 1 s; p50 %s, %.3f of reading all, %.1f times the reply's p50 of %s", milliseconds(percentile(shown, 50)),
			percentile(shown, 50).Seconds()/whole.Seconds(), percentile(shown, 50).Seconds()/percentile(replies, 50).Seconds(), milliseconds(percentile(replies, 50))))
	}
	for _, people := range [...]int{50, 500} {
		var burst []time.Duration
		for range 5 {
			_, took, err := v.follow("leads", people, v.come)
			if err != nil {
				return err
			}
			burst = append(burst, took)
		}
		slices.Sort(burst)
		figure(fmt.Sprintf("the same of %d facts in one batch, median", 2*people), milliseconds(percentile(burst, 50)), fmt.Sprintf("at most %s", milliseconds(burst[len(burst)-1])))
	}
	for _, x := range [...]struct {
		what, entity, name string
		rows               int
	}{{"costs", "spend", "an import of 1,000 costs", 1000}, {"leads", "contacts", "an import of 500 people", 500}} {
		reply, took, err := v.follow(x.what, x.rows, v.bring(x.entity))
		if err != nil {
			return err
		}
		back, gone, err := v.follow(x.what, -x.rows, v.undo)
		if err != nil {
			return err
		}
		figure("from the reply of "+x.name, milliseconds(took), fmt.Sprintf("replied after %s; of its undo %s, replied after %s", milliseconds(reply), milliseconds(gone), milliseconds(back)))
	}
	figure("memory, at most, of that", fmt.Sprintf("%d MB", server.memory("VmHWM")), "resident")
	for range 3 { // each page, after new facts
		if _, err := v.come(10); err != nil {
			return err
		}
		for _, report := range [...]string{"economics", "funnel", "sales", "attribution", "channels", "spend", "changes", "retention", "hygiene", "targets", "review"} {
			var answer struct{}
			if err := v.ask(http.MethodGet, "/api/v1/measure/"+report, v.keys[1], "", &answer); err != nil {
				return err
			}
		}
	}
	figure("memory, at most, with each page", fmt.Sprintf("%d MB", server.memory("VmHWM")), "resident; the promise is 1,000 for ten million facts")
	return nil
}
