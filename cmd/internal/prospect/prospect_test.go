package prospect

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// past is a ledger that knows some files, and what is kept.
type past struct {
	Ledger
	byName map[string]export.SeenFile
	byPath map[string]export.SeenFile
	kept   *ledger.Kept
}

func (p past) Known() (*baseline.KnownPeople, error)          { return baseline.NewKnownPeople(0), nil }
func (p past) Waiting() (*baseline.Waiting, error)            { return nil, nil }
func (p past) Kept() (*ledger.Kept, bool, error)              { return p.kept, p.kept != nil, nil }
func (p past) Dated() ([]export.DatedRecord, error)           { return nil, nil }
func (p past) Approvals(time.Time) ([]export.Approval, error) { return nil, nil }
func (p past) LastFeed() (int, error)                         { return 0, nil }
func (p past) LineEnds() ([]export.FeedFile, error)           { return nil, nil }
func (p past) PlannedFiles() ([]export.FeedFile, error)       { return nil, nil }
func (p past) LateFiles() ([]export.LateFile, error)          { return nil, nil }
func (p past) Roll() (*ledger.Roll, error)                    { return &ledger.Roll{}, nil }
func (p past) SentSince(string) (map[string]bool, error)      { return nil, nil }
func (p past) KeyMark() (string, error)                       { return "", nil }
func (p past) RunsSince(time.Time) ([]export.RunRecord, error) {
	return nil, nil
}
func (p past) Committed(time.Time, export.ChangeKinds, func(string, string, export.ChangeKinds, []string)) error {
	return nil
}
func (p past) Parts(string) ([]export.Part, error) { return nil, nil }
func (p past) Rows(string, func(export.RowResult) error) error {
	return nil
}
func (p past) Seen(name string) (export.SeenFile, bool, error) {
	f, ok := p.byName[name]
	return f, ok, nil
}
func (p past) SeenAt(path string) (export.SeenFile, bool, error) {
	f, ok := p.byPath[filepath.Base(path)]
	return f, ok, nil
}

// feedIn writes feed files into a folder, and compiles a config with them as its feed.
func feedIn(t *testing.T, dir string, names ...string) (*wiring.Pipeline, map[string]export.FeedFile) {
	t.Helper()
	cfg := &config.Config{
		Feed:   config.Feed{Files: []string{filepath.Join(dir, "[ab].csv")}, Key: "id", TimeZone: time.UTC},
		Layout: config.Layout{Key: "employee_number", MaxRows: 10, MaxBytes: 10_000}, Route: config.RouteCSV,
	}
	for i, line := range []string{"Employee Number=id", "Login=login", "Email=mail", "First Name=first", "Last Name=last"} {
		name, expr, _ := strings.Cut(line, "=")
		cfg.Mapping.Columns = append(cfg.Mapping.Columns, export.MappedColumn{Name: name, Expr: expr, Line: i + 1})
	}
	pipe, faults := wiring.Compile(cfg)
	if err := wiring.ConfigError(faults); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text := "id,login,mail,first,last\nE1," + name + ",a@example.com,Ann,Archer\n"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := pipe.OpenAnyAge(cfg.Feed.Files)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]export.FeedFile{}
	for _, one := range f.Files() {
		files[one.Name] = one
	}
	return pipe, files
}

// TestPrepareTakesWhatIsNew: which files a plan is about, by what the ledger has seen of them and by who asks.
func TestPrepareTakesWhatIsNew(t *testing.T) {
	dir := t.TempDir()
	pipe, files := feedIn(t, dir, "a.csv", "b.csv", "c.csv")
	was := func(f export.FeedFile, open int) export.SeenFile {
		return export.SeenFile{FeedFile: f, Run: "R", RunState: export.RunEnded, Open: open}
	}
	other := files["b.csv"]
	other.SHA256 = "of other bytes"
	aSeen := map[string]export.SeenFile{"a.csv": was(files["a.csv"], 0)}
	both := map[string]export.SeenFile{"a.csv": was(files["a.csv"], 2), "b.csv": was(files["b.csv"], 0)}
	kept := &ledger.Kept{Run: "H", Records: 3, Sources: []string{"a.csv@G"}}
	tests := []struct {
		name   string
		ledger past
		ask    Ask
		want   []string // the files that are planned; nil: there is nothing to plan
		seen   int
		old    bool // nothing of it is new
		whole  bool
	}{
		{name: "all are new", want: []string{"a.csv", "b.csv"}, whole: true},
		{name: "one was seen", ledger: past{byName: aSeen}, want: []string{"b.csv"}, seen: 1, whole: true},
		{name: "one of the name was seen", ledger: past{byName: map[string]export.SeenFile{"b.csv": was(other, 0)}}, want: []string{"a.csv", "b.csv"}, whole: true},
		{name: "all were seen", ledger: past{byName: both}, seen: 2},
		{name: "all were seen, and a person only looks", ledger: past{byName: both}, ask: Ask{All: true}, want: []string{"a.csv", "b.csv"}, seen: 2, whole: true},
		{name: "all were seen, and something is kept", ledger: past{byName: both, kept: kept}, want: []string{"a.csv@G"}, seen: 2, whole: true, old: true},
		{name: "something is kept", ledger: past{kept: kept}, want: []string{"a.csv", "b.csv", "a.csv@G"}, whole: true},
		{name: "again: the one with open rows", ledger: past{byName: both}, ask: Ask{Again: true}, want: []string{"a.csv"}, seen: 2},
		{name: "again: none has open rows", ledger: past{byName: aSeen}, ask: Ask{Again: true}, seen: 1},
		{name: "a held run of an older program keeps nothing", want: []string{"a.csv", "b.csv"}, whole: true,
			ledger: past{byName: map[string]export.SeenFile{"a.csv": {FeedFile: files["a.csv"], RunState: export.RunHeld}}}},
		{name: "by hand", ask: Ask{Files: []string{filepath.Join(dir, "c.csv")}}, want: []string{"c.csv"}},
		{name: "a claim, and a later one of its name was planned", ledger: past{byPath: aSeen, byName: map[string]export.SeenFile{"a.csv": was(other, 0)}},
			ask: Ask{Claim: true, Files: []string{filepath.Join(dir, "a.csv")}}, seen: 1},
		{name: "alone: whatever was seen", ledger: past{byName: both, kept: kept}, ask: Ask{Alone: true}, want: []string{"a.csv", "b.csv"}, whole: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.ask.Pipe, tt.ask.Started, tt.ask.Ledger = pipe, time.Now(), tt.ledger
			p, err := Prepare(t.Context(), &wiring.Env{Now: time.Now, Log: quiet()}, tt.ask)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Seen) != tt.seen || (p.Planner == nil) != (tt.want == nil) || p.Whole != tt.whole || p.Fresh != (tt.want != nil && !tt.old) {
				t.Errorf("%d seen, planner %v, whole %v, fresh %v", len(p.Seen), p.Planner != nil, p.Whole, p.Fresh)
			}
			if p.Planner == nil {
				return
			}
			if got := p.Planner.Feed.Names(); !slices.Equal(got, tt.want) || tt.ask.Again != (p.Planner.Only != nil) {
				t.Errorf("planned %q, of some records only: %v; want %q", got, p.Planner.Only != nil, tt.want)
			}
		})
	}
}

func quiet() *logrus.Logger {
	log := logrus.New()
	log.Out = io.Discard
	return log
}
