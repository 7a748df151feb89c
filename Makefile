# Go and make are all it takes. make demo shows the program, make test proves it.

export CGO_ENABLED = 0

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BIN     := bin/hr2coupa
LDFLAGS := -s -w -X github.com/hr2coupa/hr2coupa/cmd/internal/wiring.Version=$(VERSION)
TOOLS   := bin/tools

# the linters and their settings: .golangci.yml
GOLANGCI_LINT := v2.15.0
LINTER        := $(TOOLS)/golangci-lint-$(GOLANGCI_LINT)

.PHONY: build demo test race chaos harm fuzz lint bench clean

# the compiler is shown what an export does most (make profile), which saves about a twentieth of its time
PROFILE := cmd/hr2coupa/export.pgo

build:
	go build -trimpath -pgo=$(PROFILE) -ldflags '$(LDFLAGS)' -o $(BIN) ./cmd/hr2coupa

demo: build
	$(BIN) demo

# the time-outs only end a test that hangs: on a busy machine all of it takes several times as long as on a quiet one
test:
	go test -timeout 60m ./...

# the race detector needs cgo and a C compiler; make test has vetted already
race:
	CGO_ENABLED=1 go test -race -vet=off -timeout 60m ./...

# kill -9 at random moments of nights against the twin: of the main job, the API road, drop, watch, and care for the ledger
# (MODE=main|api|drop|watch|ledger, or several with commas); a failure prints the SEED that draws the same moments again
N ?= 200
MODE ?= all
SEED ?= $(shell date +%s)
chaos:
	go test -count=1 -timeout 0 -v -run '^TestKilled$$' ./cmd/hr2coupa -kills $(N) -seed $(SEED) -mode $(MODE)

# every answer of a far end that means harm, each to a run with a limit to its memory
harm:
	go test -count=1 -timeout 60m -v -run '^TestHarm$$' ./cmd/hr2coupa

# a short run of every fuzz test; FUZZTIME=10m for a long one, FUZZTIME=5000x for so many inputs: at the end of a time the
# go command now and then calls a test failed that was only interrupted ("context deadline exceeded")
FUZZTIME ?= 10s
fuzz:
	@set -e; found=0; \
	for d in $$(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n1 dirname | sort -u); do \
	  for f in $$(grep -ho '^func Fuzz[A-Za-z0-9_]*' $$d/*_test.go | cut -c6-); do \
	    echo "fuzz $$f in $$d"; found=1; go test -run '^$$' -fuzz "^$$f$$" -fuzzminimizetime 1x -fuzztime $(FUZZTIME) $$d; \
	  done; \
	done; test $$found = 1

lint: $(LINTER)
	$(LINTER) run ./... ./testdata/bench/... ./testdata/farend/... ./testdata/gen/... ./testdata/lint/...
	go test ./testdata/lint/...
	go run ./testdata/lint/goroutines cmd export transport templates
	go run ./testdata/lint/files cmd export transport templates
	go run ./testdata/lint/output cmd export transport templates
	go run ./testdata/lint/shadow cmd export transport templates
	go run ./testdata/lint/hints cmd export transport templates

$(LINTER):
	GOBIN=$(abspath $(TOOLS)) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT)
	mv $(TOOLS)/golangci-lint $@

# figures, not tests: each of them tells which targets it met; docs/performance.md has the details and the switches
.PHONY: bench-export bench-delivery bench-start bench-plan bench-reconcile bench-api bench-twin
bench: bench-start bench-export bench-delivery bench-plan bench-reconcile bench-api bench-twin

bench-export: build
	go run ./testdata/bench/export $(BIN)

bench-delivery:
	go run ./testdata/bench/delivery

bench-api: build
	go run ./testdata/bench/api $(BIN)

bench-plan: build
	go run ./testdata/bench/plan $(BIN)

bench-reconcile: build
	go run ./testdata/bench/reconcile $(BIN)

bench-start: build
	go run ./testdata/bench/start $(BIN)

bench-twin:
	go test -run '^$$' -bench '^BenchmarkLoadAmong200k$$' ./transport/twin/loader

# profiles exports of 200,000 people again, for make build; on a machine that does nothing else
.PHONY: profile
profile:
	@mkdir -p bin
	go test -run '^$$' -bench '^BenchmarkExport$$' -benchtime 20x -cpuprofile $(PROFILE) -o bin/hr2coupa.test ./cmd/hr2coupa

# how much of the domain, the ledger and the delivery the tests run through, by file
.PHONY: cover
cover:
	@mkdir -p bin
	go test -coverpkg=./export,./export/planning,./export/delivery,./export/directory,./export/ledger,./export/ledger/sqlite,./transport/drop -coverprofile=bin/cover.out ./cmd/hr2coupa ./export/... ./transport/drop
	@awk -F'[: ]' 'NR > 1 { n[$$1":"$$2] = $$3; if ($$4 > 0) hit[$$1":"$$2] = 1 } \
	  END { for (k in n) { split(k, f, ":"); all[f[1]] += n[k]; if (k in hit) run[f[1]] += n[k] } \
	        for (file in all) printf "%5.1f %%  %s\n", 100 * run[file] / all[file], file }' bin/cover.out | sed 's,github.com/hr2coupa/hr2coupa/,,' | sort -k3

clean:
	rm -rf bin
