// Command millrace is the whole product in one binary: the server, and the command line for everything that a script or a person at a
// terminal does with a workspace. It works on the database directly, beside a running server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	_ "time/tzdata" // a minimal container has no time zones

	"millrace"
	"millrace/internal/access"
	"millrace/internal/cli"
	"millrace/internal/cli/measures"

	"github.com/alecthomas/kong"
)

// version is the release; builds from a checkout say so.
const version = "0.1.0-dev"

type commands struct {
	DB   string `name:"db" env:"MILLRACE_DB" default:"data/millrace.db" help:"Database: a file, or a postgres:// URL." placeholder:"FILE|URL"`
	JSON bool   `name:"json" env:"MILLRACE_JSON" help:"Print JSON for scripts in place of text for people."`
	As   string `name:"as" env:"MILLRACE_AS" help:"Who you are, for the log: applied by, imported by." default:"${user}" placeholder:"NAME"`

	Serve         serveCmd             `cmd:"" help:"Run the server: collection API, HTTP API, web app and recurring jobs."`
	User          userCmd              `cmd:"" help:"Add, invite, list and disable the people who sign in; give them roles and new passwords."`
	AccessLog     accessLogCmd         `cmd:"" help:"Show who changed people, keys and the playbook, imported, exported and erased."`
	Key           keyCmd               `cmd:"" help:"Create, list and revoke write keys (websites, SDKs) and secret keys (API)."`
	Import        importCmd            `cmd:"" help:"Bring files in: accounts, contacts, opportunities, events, reps, products, spend, contracts, targets, rates. Undo and list imports."`
	Stats         statsCmd             `cmd:"" help:"Show the workspace's figures."`
	Accounts      accountsCmd          `cmd:"" help:"List accounts, the hottest first."`
	Contacts      contactsCmd          `cmd:"" help:"List contacts."`
	Leads         leadsCmd             `cmd:"" help:"List leads: contacts that fit, ranked by intent."`
	Lead          leadCmd              `cmd:"" help:"Accept, reject, qualify and assign leads and accounts; take a decision back."`
	Opportunities opportunitiesCmd     `cmd:"" help:"List opportunities."`
	Opportunity   opportunityCmd       `cmd:"" help:"Make, move, close and reopen opportunities."`
	Spend         spendCmd             `cmd:"" help:"List what marketing cost, by day and campaign."`
	Explain       explainCmd           `cmd:"" help:"Open a score down to its events: who fits, who is ready, and why."`
	Playbook      playbookCmd          `cmd:"" help:"Write, check, plan, apply and compare playbooks."`
	Merge         mergeCmd             `cmd:"" help:"Say that two contacts, or two accounts, are one."`
	Merges        mergesCmd            `cmd:"" help:"List the merges of which a contact or an account consists."`
	Unmerge       unmergeCmd           `cmd:"" help:"Take a merge back, exactly."`
	Domain        domainCmd            `cmd:"" help:"Say that a further domain belongs to an account."`
	Erase         eraseCmd             `cmd:"" help:"Erase a person: facts' payloads, identifiers, everything derived. It can't be undone."`
	Log           logCmd               `cmd:"" help:"Check the live state against the log, or rebuild it from the log."`
	Sweep         sweepCmd             `cmd:"" help:"Decide now on what has fallen due; the server does it by itself."`
	Tail          tailCmd              `cmd:"" help:"Watch facts come in, and which are refused and why."`
	Attribution   measures.Attribution `cmd:"" help:"Run attribution models, rule-based and data-driven, over a path file."`
	Audit         measures.Audit       `cmd:"" help:"Find the known ways in which a program fails: evidence, money at stake, next action. Exit code 1 when a severe check fails."`
	Measure       measures.Measure     `cmd:"" help:"Measure the program: channels, funnel, economics, sales, attribution, spend, plan."`
	Report        measures.Report      `cmd:"" help:"Publish measurements, show them as they were, and restate them: every difference traced to its causes."`
	Retag         measures.Retag       `cmd:"" help:"Correct campaign tags that were sent wrong, over all of the past; list and undo corrections."`
	Dashboard     measures.Dashboard   `cmd:"" help:"Show a dashboard: executive, channel, content, sales or abm."`
	Schedule      measures.Schedule    `cmd:"" help:"Mail dashboards to people at set times."`
	Annotation    measures.Annotation  `cmd:"" help:"Note on days what happened then; the notes stand on the dashboards' charts."`
	Review        measures.Review      `cmd:"" help:"The quarterly channel review: stop, fix, keep or double each channel, and why."`
	Channel       channelCmd           `cmd:"" help:"Say which channel a visit belongs to, and why: a test bench for campaign tags and the playbook's channels."`
	Market        marketCmd            `cmd:"" help:"Make a simulated B2B market with a known truth."`
	Docs          docsCmd              `cmd:"" help:"Read the documentation, which is in the binary; the web app shows it under Docs."`
	Version       versionCmd           `cmd:"" help:"Print the version."`
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for _, v := range os.Environ() { // a variable set to nothing, as in a compose file, is not set
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "MILLRACE_") && value == "" {
			os.Unsetenv(name)
		}
	}
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// newParser describes the command line; exit is called after a help text.
func newParser(c *commands, out, errs io.Writer, exit func(code int)) (*kong.Kong, error) {
	return kong.New(c, kong.Name("millrace"), kong.Writers(out, errs), kong.Exit(exit),
		kong.Description("Millrace: a self-hosted B2B lead-generation engine.\n\nExit codes: "+exitHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}), kong.Vars{"user": "command line"})
}

// memoryAim is how much memory the process has before it collects garbage sooner than otherwise: what the measures of a large workspace leave behind is
// most of it. SQLite's caches are beside it. Where more than that is alive, it has more.
const memoryAim = 800 << 20

// run parses the arguments and runs the command, giving the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	debug.SetGCPercent(200) // the write path makes short-lived values; memory stays bounded by its caches
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryAim)
	}
	var c commands
	exit := -1
	parser, err := newParser(&c, out, errs, func(code int) { exit = code })
	if err != nil {
		fmt.Fprintln(errs, "millrace:", err)
		return 1
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	k, err := parser.Parse(args)
	if exit >= 0 {
		return exit
	}
	if err != nil {
		fmt.Fprintf(errs, "millrace: %v\n", err)
		return 2
	}
	ctx = access.WithActor(ctx, access.Actor{Kind: access.ActorCommandLine, Name: c.As})
	err = k.Run(&cli.Session{Ctx: ctx, Out: out, Errs: errs, JSON: c.JSON, DB: c.DB, As: c.As})
	if err != nil {
		fmt.Fprintf(errs, "millrace: %v\n", message(err))
	}
	return exitCode(err)
}

const exitHelp = "0 done, 1 it failed or a check found something, 2 wrong usage or input, 3 not found, 4 conflict, 6 unavailable (try again)."

// exitCodes is the one table from error codes to exit codes.
var exitCodes = map[millrace.Code]int{millrace.Invalid: 2, millrace.TooLarge: 2, millrace.NotFound: 3, millrace.Conflict: 4, millrace.Unavailable: 6, millrace.Full: 6}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	if code, ok := exitCodes[millrace.ErrorCode(err)]; ok {
		return code
	}
	return 1
}

// message is what a person reads of an error: its message and place, without the operation.
func message(err error) string {
	e, ok := errors.AsType[*millrace.Error](err)
	if !ok || e.Message == "" {
		return err.Error()
	}
	s := e.Message
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Err != nil && !strings.Contains(s, e.Err.Error()) {
		s += ": " + e.Err.Error()
	}
	return s
}
