package ready

import (
	"context"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// finding is what was found of one row before it is sent.
type finding struct {
	kinds   export.ChangeKinds
	change  *export.PersonChange // the cells that differ from Coupa's; nil where no old value is known
	counted []string             // names of the limits of single columns that count its person
	same    bool                 // Coupa holds all of it already
	faults  export.Faults        // why it must not be sent
}

// answered are Coupa's answers about the rows of one file.
type answered struct{ *directory.Preflight }

// Element returns where Coupa's users hold a column, and whether they do.
func (answered) Element(column string) (export.Element, bool) { return coupa.Element(column) }

// ask asks Coupa about every person of a file, and returns what its rows come to, by row. The rows are planned as HR's records
// are: what is not sent of a feed is not sent of a file. known is how many of the people Coupa knows.
func (a *Ask) ask(ctx context.Context, f *File, people int, used *export.Usage, o Options) (found []finding, known int, err error) {
	p, err := a.planner(f, people)
	if err != nil {
		return nil, 0, &exit.Error{Code: export.ExitUsage, Err: err}
	}
	answers := a.questions(p, people, o)
	look := *p
	look.Notes = answers.Note
	if _, err := look.Build(ctx, &findings{found: make([]finding, len(f.Sheet.Rows)), lines: linesOf(f)}); err != nil {
		return nil, 0, err
	}
	if answers.People() > 0 {
		if err := answers.Ask(ctx); err != nil {
			return nil, 0, prospect.Unasked(ctx, err, false, false)
		}
	}
	p.Answers, p.Compare, p.ExactCase, p.AsIs, p.Used = answers, coupa.Element, true, true, used
	p.Roles, p.Ceilings = wiring.RoleRules(a.Config), wiring.ApprovalCeilings(a.Config)
	sink := &findings{found: make([]finding, len(f.Sheet.Rows)), lines: linesOf(f)}
	plan, err := p.Build(ctx, sink)
	if err != nil {
		return nil, 0, err
	}
	for _, w := range plan.Warnings { // what is doubtful of a cell alone is known already
		if w.Rule == planning.RuleApprover {
			f.Sheet.Warnings = append(f.Sheet.Warnings, w)
		}
	}
	return sink.found, answers.Known(), nil
}

// questions returns the questions about the people of a plan. They are looked up by the strongest of Coupa's keys in the file,
// and by login: that is how Coupa finds the person of a row that has no Id.
func (a *Ask) questions(p *planning.Planner, people int, o Options) answered {
	users := a.Client.Users()
	return answered{&directory.Preflight{
		Users: users, All: users, First: users.First, Workers: users.Workers(), Rate: a.Config.Coupa.Rate, Log: a.Log,
		Key: keyOf(p.Mapping.Columns()), Columns: p.Mapping.Columns(), Element: coupa.Element, Whole: true, Least: people,
		MayCreate: wiring.MayCreate(a.Config, people), Suspect: !o.AllowNear,
		Discreet: true, // the faults stop the drop, and so are logged
	}}
}

// keyOf returns the column by which Coupa finds people whose Id is not given.
func keyOf(columns []string) string {
	if slices.Contains(columns, export.ColumnNumber) {
		return export.ColumnNumber
	}
	return export.ColumnLogin
}

// planner returns a planner of a file's rows. The login names a person in it: every row has one of its own.
func (a *Ask) planner(f *File, people int) (*planning.Planner, error) {
	feed := newFeed(f)
	mapping := planning.WithID(feed)
	sheet, err := layout.New(layout.Options{
		Columns: mapping.Columns(), Custom: a.Config.Layout.Custom, Key: keyOf(mapping.Columns()), Checked: true,
		AllowNotify: true, CardReason: a.Config.Layout.AllowCardData, // the file was checked for that
	})
	return &planning.Planner{
		Feed: feed, Mapping: mapping, Sheet: sheet, Key: export.ColumnLogin, MaxRows: a.Config.Layout.MaxRows, MaxSize: a.Config.Layout.MaxBytes,
		Workers: 1, Started: a.Now, MayCreate: wiring.MayCreate(a.Config, people), Protects: wiring.Guard(a.Config, a.Now),
	}, err
}

// findings is the sink of a plan that is only looked at: the rows of it by their place in the file.
type findings struct {
	found []finding
	lines map[int]int // the place of a row by its line
}

func linesOf(f *File) map[int]int {
	lines := make(map[int]int, len(f.Sheet.Rows))
	for i, r := range f.Sheet.Rows {
		lines[r.Line] = i
	}
	return lines
}

// Part takes the rows that may be sent.
func (s *findings) Part(_ export.Part, _ []byte, rows []export.RowResult) (int64, error) {
	for i := range rows {
		s.found[s.lines[rows[i].Origin.Line]] = finding{kinds: rows[i].Kinds, change: rows[i].Change, counted: rows[i].Counted}
	}
	return 1, nil
}

// Row takes a row that may not be sent, or that would change nothing.
func (s *findings) Row(r export.RowResult, _ []export.KeptRecord) error {
	s.found[s.lines[r.Origin.Line]] = finding{kinds: r.Kinds, change: r.Change, counted: r.Counted, same: r.Outcome == export.Unchanged, faults: r.Faults}
	return nil
}

// Name is not needed.
func (*findings) Name(int64, string) error { return nil }

// Restart forgets what was found.
func (s *findings) Restart() error { clear(s.found); return nil }
