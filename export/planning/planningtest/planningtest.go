// Package planningtest has feeds to plan, and what comes out of planning them. The rooms in it are the real ones, wired as
// the program wires them; of the program's rooms only tests import it.
package planningtest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/mapping"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// Began is when the runs of tests begin.
var Began = time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC)

// Batch is a feed and what to make of it.
type Batch struct {
	Mapping   string            // a line a column: Coupa column = expression
	Feed      map[string]string // by file name
	Paths     []string          // feed files that are on disk already
	Key       string            // login or employee_number, which "" is too
	Several   export.Several
	Prefer    string // the condition of SeveralPrefer
	Creates   bool
	Known     map[string]export.Person
	Found     map[string]export.User // the users that Coupa knows; nil: Coupa was not asked
	Unasked   []string               // keys of the people about whom it was not asked all the same
	Element   func(column string) (export.Element, bool)
	MaxRows   int
	MaxBytes  int
	Workers   int
	ChunkRows int
	Hold      bool
	Only      func(export.Origin, string) bool
}

// People5 is a mapping of five columns, for feeds such as those of People.
const People5 = `Employee Number = id
Login = login
Email = mail
First Name = first
Last Name = last
`

func (b *Batch) mapping() (*mapping.Mapping, error) {
	var columns []mapping.Column
	for i, line := range strings.Split(strings.TrimSpace(b.Mapping), "\n") {
		name, expr, _ := strings.Cut(line, "=")
		name = strings.TrimSpace(name)
		known, ok := layout.Lookup(name)
		columns = append(columns, mapping.Column{Name: name, Expr: strings.TrimSpace(expr), Line: i + 1, List: ok && known.List})
	}
	o := mapping.Options{Columns: columns, TimeZone: time.UTC}
	if b.Prefer != "" {
		o.Prefer = &mapping.Condition{Key: "feed.several", Expr: b.Prefer}
	}
	m, problems := mapping.New(o)
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return m, nil
}

// Planner lays the feed into a folder and makes a planner for it.
func (b *Batch) Planner(dir string) (*planning.Planner, error) {
	m, err := b.mapping()
	if err != nil {
		return nil, err
	}
	paths := slices.Clone(b.Paths)
	for name, text := range b.Feed {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	f, err := feed.Open(paths, feed.Options{Key: "id", Fields: m.Fields(), ChunkRows: b.ChunkRows})
	if err != nil {
		return nil, err
	}
	p := &planning.Planner{
		Feed: f, Mapping: m, Key: "id", Several: b.Several, MaxRows: cmp.Or(b.MaxRows, 5000), MaxSize: cmp.Or(b.MaxBytes, 8_000_000),
		Workers: cmp.Or(b.Workers, runtime.GOMAXPROCS(0)), Started: Began, MayCreate: b.Creates, Hold: b.Hold, Only: b.Only,
	}
	if b.Known != nil {
		p.Memory = memory(b.Known)
	}
	o := layout.Options{Key: export.ColumnNumber, AllowNotify: b.Creates}
	if b.Key == "login" {
		o.Key = export.ColumnLogin
	}
	if b.Found != nil {
		p.Mapping, p.Answers, o.Checked = planning.WithID(m), answers{b}, true
	}
	o.Columns = p.Mapping.Columns()
	p.Sheet, err = layout.New(o)
	return p, err
}

type memory map[string]export.Person

func (m memory) Known(key string) (export.Person, bool)    { p, ok := m[key]; return p, ok }
func (memory) Baseline(string) (b baseline.Entry, ok bool) { return b, false }
func (memory) Cut(string) bool                             { return false }

// Each calls f for everyone.
func (m memory) Each(f func(export.Person)) {
	for _, p := range m {
		f(p)
	}
}

type answers struct{ b *Batch }

func (a answers) Found(key string) (export.User, bool)         { u, ok := a.b.Found[key]; return u, ok }
func (a answers) Asked(key string) bool                        { return !slices.Contains(a.b.Unasked, key) }
func (a answers) Element(column string) (export.Element, bool) { return a.b.Element(column) }
func (answers) Inactive(string) (string, bool)                 { return "", false }
func (a answers) Unmet(login string) bool {
	by, ok := a.Element(export.ColumnLogin)
	for _, u := range a.b.Found {
		if v, shown := u.Value(by); shown && strings.EqualFold(v.Text, login) {
			return false
		}
	}
	return ok
}
func (answers) Faults(string, *export.Row) []export.Fault { return nil }
func (answers) Moot(string) (export.Fault, bool)          { return export.Fault{}, false }
func (answers) Sorted(string) bool                        { return false }

// Taken is a sink that keeps everything.
type Taken struct {
	Plan  *export.Plan
	Parts []*Part // in the order of sending
	Loose []export.RowResult
	Kept  []export.KeptRecord
}

// Part is a part with all that was handed over with it.
type Part struct {
	export.Part
	Data  []byte
	Lines []export.RowResult
}

// Part keeps a part.
func (k *Taken) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	p.ID = int64(len(k.Parts) + 1)
	k.Parts = append(k.Parts, &Part{p, bytes.Clone(data), slices.Clone(rows)})
	return p.ID, nil
}

// Row keeps a row that goes into no part.
func (k *Taken) Row(r export.RowResult, kept []export.KeptRecord) error {
	k.Kept = append(k.Kept, kept...)
	k.Loose = append(k.Loose, r)
	return nil
}

// Name names a part.
func (k *Taken) Name(id int64, name string) error {
	k.Parts[id-1].Name = name
	return nil
}

// Restart forgets all that was kept.
func (k *Taken) Restart() error {
	*k = Taken{}
	return nil
}

// Build plans a batch, whose feed lies in a folder then.
func (b *Batch) Build(dir string) (*Taken, error) {
	p, err := b.Planner(dir)
	if err != nil {
		return nil, err
	}
	return Take(context.Background(), p)
}

// MustBuild is Build for a test that cannot go on without.
func (b *Batch) MustBuild(t *testing.T) *Taken {
	t.Helper()
	k, err := b.Build(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Take builds a plan and sorts what came out.
func Take(ctx context.Context, p *planning.Planner) (k *Taken, err error) {
	k = &Taken{}
	if k.Plan, err = p.Build(ctx, k); err != nil {
		return nil, err
	}
	slices.SortFunc(k.Parts, func(a, b *Part) int {
		return cmp.Or(cmp.Compare(a.Wave, b.Wave), cmp.Compare(PartNumber(a.Name), PartNumber(b.Name)))
	})
	slices.SortStableFunc(k.Loose, func(a, b export.RowResult) int {
		return cmp.Or(strings.Compare(a.Origin.File, b.Origin.File), a.Origin.Line-b.Origin.Line)
	})
	return k, nil
}

// PartNumber is the text behind the last underscore: 07of12.csv.
func PartNumber(name string) string { return name[strings.LastIndexByte(name, '_')+1:] }

// Records counts how many records of the feed ended in a part, and how many apart.
func (k *Taken) Records() (sent, apart int) {
	for _, p := range k.Parts {
		for _, r := range p.Lines {
			sent += r.Lines
		}
	}
	for _, r := range k.Loose {
		apart += r.Lines
	}
	return sent, apart
}

// Bytes is everything that would leave the machine.
func (k *Taken) Bytes() string {
	var b strings.Builder
	for _, p := range k.Parts {
		fmt.Fprintf(&b, "== %s, wave %d, %d rows\n%s", p.Name, p.Wave, p.Rows, p.Data)
	}
	return b.String()
}

// People is a feed of n sound people, and lines more.
func People(n int, more ...string) string {
	var b strings.Builder
	b.WriteString("id,login,mail,first,last\n")
	for i := range n {
		fmt.Fprintf(&b, "E%06d,user%d,user%d@example.com,Zoë,O'Neil\n", i, i, i)
	}
	for _, line := range more {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// Night is a feed of everything: two waves and a leaver, a person with two records, a row held back.
func Night() *Batch {
	return &Batch{
		Mapping: People5 + "Approver Login = boss\nStatus = status\n", Creates: true, MaxRows: 2, Several: export.SeveralLater,
		Feed: map[string]string{"users.csv": `id,login,mail,first,last,boss,status
E1,ann,ann@example.com,Ann,Archer,bob,active
E2,bob,bob@example.com,Bob,Baker,,active
E3,cyd,cyd@example.com,Cyd,Cooper,,active
E3,cyd,cyd@example.com,Cyd,Carter,,active
E4,dan,dan@example.com,Dan,Draper,,active
E5,eve,eve@example.com,Eve,Eden,,inactive
E6,fay,no address,Fay,Fox,,active
`},
	}
}
