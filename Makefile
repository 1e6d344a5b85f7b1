# Millrace: what there is to do here. Each target does its own set-up: it needs Go, and Node for the web app and the SDK tests; `make test`
# looks for PostgreSQL, Chromium and a C compiler, installs Debian's where it may, and says in one line what it left out.

.DEFAULT_GOAL := help
.PHONY: help run build web test test-short bench bench-unit fuzz lint clean

PKG  ?= ./...
FUZZ_SECONDS ?= 30
BENCH ?= .

help: ## say what the targets do
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## build, then serve the demo market; data in ./data, or in MILLRACE_DB (a file or a postgres:// URL)
	MILLRACE_DB="$${MILLRACE_DB:-data/millrace.db}" bin/millrace serve --demo

build: web ## build bin/millrace, one static binary with the web app inside
	CGO_ENABLED=0 go build -trimpath -o bin/millrace ./cmd/millrace

web: ## build the web app into web/dist and internal/web/dist
	@scripts/web

test: ## run everything: format, vet, tests on both databases and in a browser, races, short fuzzing (under 15 minutes)
	@scripts/test

test-short: ## run the tests that need neither PostgreSQL nor a browser (under 2 minutes)
	go test -short -timeout 2m $(PKG)

bench: ## measure ingest, folds and memory against limits of the same run (BENCH_EVENTS=10000000 facts, kept in data/bench)
	@go build -o bin/bench ./internal/bench && bin/bench

bench-unit: ## run the packages' benchmarks; BENCH chooses by name, PKG by package
	go test -run '^$$' -bench '$(BENCH)' -benchmem -timeout 30m $(PKG)

fuzz: ## fuzz each target for FUZZ_SECONDS (30)
	@scripts/fuzz $(FUZZ_SECONDS)

lint: ## check format, vet and staticcheck
	@scripts/lint

clean: ## remove what was built; ./data stays
	rm -rf bin web/dist
	find internal/web/dist -mindepth 1 ! -name .gitkeep -delete
