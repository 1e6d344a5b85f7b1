package archtest

import (
	"path"
	"slices"
	"strings"
)

// The floors. A room is a folder under internal/; a folder inside a room belongs to it.
var (
	ground = []string{"playbook", "channel", "identity", "score", "lifecycle", "attribution", "metrics", "review", "icp", "audit", "market"}
	io     = []string{"lease", "db", "eventlog", "queue", "bus"} // each may import those before it
	engine = []string{"engine"}
	middle = []string{"capture", "nurture", "mail", "verify", "signal", "handoff", "outreach", "audience", "exchange", "directory", "measure"}
	top    = []string{"collect", "access", "savedview", "manual", "dashboard", "api", "mcp", "web", "app", "cli", "bench"}
	tests  = []string{"dbtest", "archtest"} // only tests import them
)

// exchange are the parts of an import.
var exchange = []string{"internal/exchange/sheet", "internal/exchange/words", "internal/exchange/format", "internal/exchange/mapping", "internal/exchange/rows", "internal/exchange",
	"internal/exchange/staging"}

// outside is what makes a package more than a function of its arguments.
var outside = []string{"os", "os/exec", "os/signal", "os/user", "net", "net/http", "net/smtp", "net/rpc", "database/sql", "syscall", "crypto/rand", "log"}

// clockFuncs of package time read or wait for the machine's clock.
var clockFuncs = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}

// rule says that what a package from imports must not be denied. Packages are named by their path in the module, "." the root.
type rule struct {
	name, why string
	from      func(pkg string) bool
	denied    func(pkg, imported string) bool // imported: a path in the module where it is ours, else the import path
}

var rules = []rule{
	{
		name:   "the dictionary imports the standard library alone",
		why:    "every room speaks its words, so what it brings in comes everywhere",
		from:   func(pkg string) bool { return pkg == "." },
		denied: func(_, imported string) bool { return !standard(imported) },
	},
	{
		name:   "the ground floor imports the dictionary and the ground floor",
		why:    "the rules are pure functions, so that live ingest, rebuild, as-of reads, backtests and simulation run the same code",
		from:   in(ground),
		denied: func(_, imported string) bool { return ours(imported) && imported != "." && !in(ground)(imported) },
	},
	{
		name:   "the ground floor reaches nothing outside its arguments",
		why:    "a fold that reads a file, a socket, a database, randomness or a log can't be repeated",
		from:   in(ground),
		denied: func(_, imported string) bool { return slices.Contains(outside, imported) },
	},
	{
		name: "the I/O floor imports the dictionary and, of itself, only what stands below",
		why:  "the two databases and the stream are told apart there, and must know no table's meaning",
		from: in(io),
		denied: func(pkg, imported string) bool {
			below := io[:slices.Index(io, room(pkg))]
			return ours(imported) && imported != "." && room(imported) != room(pkg) && !in(below)(imported)
		},
	},
	{
		name:   "the engine imports no room above it",
		why:    "rooms register with the one write path; it would otherwise need a change for each new room",
		from:   in(engine),
		denied: func(_, imported string) bool { return in(middle)(imported) || in(top)(imported) },
	},
	{
		name: "the rooms of the middle floor do not import each other",
		why:  "what one needs of another it reads from the log as a fact, so that any of them can be left out, replaced or rebuilt alone",
		from: in(middle),
		denied: func(pkg, imported string) bool {
			return in(middle)(imported) && room(imported) != room(pkg)
		},
	},
	{
		name: "the parts of an import stand in a row, each on those before it",
		why:  "cells, words, formats and mappings can be read and tested without a run, and the run alone knows files and the log",
		from: func(pkg string) bool { return room(pkg) == "exchange" },
		denied: func(pkg, imported string) bool {
			return room(imported) == "exchange" && slices.Index(exchange, imported) >= slices.Index(exchange, pkg)
		},
	},
	{
		name:   "the middle floor does not import the top floor",
		why:    "the rooms work the same under the API, the agents' tools and the command line",
		from:   in(middle),
		denied: func(_, imported string) bool { return in(top)(imported) },
	},
	{
		name: "nobody but app, the command line and the benchmark of the whole server imports app",
		why:  "app is the one place that knows everything; a room that imports it knows everything too",
		from: func(pkg string) bool {
			return !in([]string{"app", "cli", "bench"})(pkg) && !strings.HasPrefix(pkg, "cmd/")
		},
		denied: func(_, imported string) bool { return room(imported) == "app" },
	},
	{
		name:   "nobody but the command line imports cli",
		why:    "commands print for a terminal; what others could want of them belongs in a room",
		from:   func(pkg string) bool { return room(pkg) != "cli" && !strings.HasPrefix(pkg, "cmd/") },
		denied: func(_, imported string) bool { return room(imported) == "cli" },
	},
	{
		name:   "only tests import what is made for tests",
		why:    "the binary holds no code that starts or fakes a database",
		from:   func(pkg string) bool { return !in(tests)(pkg) },
		denied: func(_, imported string) bool { return in(tests)(imported) },
	},
	{
		name:   "nobody imports cmd",
		why:    "a command reads flags and runs app; what others could want of it belongs in a room",
		from:   func(string) bool { return true },
		denied: func(_, imported string) bool { return strings.HasPrefix(imported, "cmd/") },
	},
}

// vague are names that say nothing about what a package is for, so that everything ends up in it.
var vague = []string{"util", "utils", "common", "helper", "helpers", "model", "models", "type", "types", "misc", "shared"}

// room is the folder under internal/ that pkg is in, "" outside of it.
func room(pkg string) string {
	rest, ok := strings.CutPrefix(pkg, "internal/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// in says whether a package is in one of the rooms.
func in(rooms []string) func(pkg string) bool {
	return func(pkg string) bool { return slices.Contains(rooms, room(pkg)) }
}

func ours(imported string) bool {
	return imported == "." || strings.HasPrefix(imported, "internal/") && room(imported) != "" || strings.HasPrefix(imported, "cmd/")
}

// standard says whether an import path is of the standard library: its first element has no dot.
func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !ours(imported) && !strings.Contains(first, ".")
}

// pack is a package as the rules see it.
type pack struct {
	path    string   // in the module
	name    string   // in its package clause
	imports []string // of its files that are not tests
}

// broken lists what is against the rules, in words.
func broken(packs []pack) []string {
	var out []string
	for _, p := range packs {
		if slices.Contains(vague, p.name) || slices.Contains(vague, path.Base(p.path)) {
			out = append(out, p.path+" is named "+p.name+": name a package for what it does")
		}
		if r := room(p.path); r != "" && !slices.Contains(slices.Concat(ground, io, engine, middle, top, tests), r) {
			out = append(out, p.path+" stands on no floor: put its room into rules_test.go and docs/architecture.md")
		}
		for _, r := range rules {
			if !r.from(p.path) {
				continue
			}
			for _, imported := range p.imports {
				if r.denied(p.path, imported) {
					out = append(out, p.path+" imports "+imported+", but "+r.name+": "+r.why)
				}
			}
		}
	}
	return out
}
