package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

// maxDrift is how many drifted cells a report shows with their values; the rows of all are told.
const maxDrift = 10_000

// Verifier reads users back whose rows Coupa has accepted, and holds every cell that was sent against what Coupa shows.
// A load that is done and has changed nothing is drift, not success.
type Verifier struct {
	Ledger  export.VerifyLedger
	Users   export.Directory
	Element func(column string) (e export.Element, ok bool)                                // where Coupa shows a column; ok is false where nowhere
	Filter  func(context.Context, export.User, []export.Element) ([]export.Element, error) // what a default response filter hides of a user who was found; nil: is not looked for
	Decode  func(part []byte, take func(cells []string) bool) (err error)                  // reads a part, its header first
	Workers int                                                                            // calls at once
	Rate    float64                                                                        // calls a second, to tell how long it takes
	Newer   map[string]bool                                                                // people for whom a later run has sent something: they are passed over
	Now     func() time.Time
	Log     logrus.FieldLogger
}

// Readable returns the parts that can be read back: those that have a verdict and may have applied rows.
func Readable(parts []export.Part) []export.Part {
	return slices.DeleteFunc(slices.Clone(parts), func(p export.Part) bool {
		return p.State != export.Settled || p.Verdict == export.VerdictFailed || p.Verdict == export.VerdictEmpty || p.Verdict == export.VerdictUnconfirmed
	})
}

// Run reads parts back, one after the other: what one came to is recorded before the next begins. Where Coupa cannot be
// asked, the rest keeps its outcomes and ReadBack.Why tells; the error is only a cancelled context or the ledger's.
func (v *Verifier) Run(ctx context.Context, parts []export.Part) (*export.ReadBack, error) {
	out := &export.ReadBack{}
	v.announce(parts)
	for _, p := range parts {
		err := v.part(ctx, p, out)
		var lost *lostError
		switch {
		case ctx.Err() != nil:
			return out, context.Cause(ctx)
		case errors.As(err, &lost):
			out.Why = fmt.Sprintf("part %s: %v", p.Name, lost.err)
			v.Log.WithField("part", p.Name).Warnf("not read back: %v", lost.err)
			return out, nil
		case err != nil:
			return out, err
		}
	}
	return out, nil
}

// lostError says that nobody could be asked.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }

// announce says what is ahead, since many rows take a while.
func (v *Verifier) announce(parts []export.Part) {
	calls := 0
	for _, p := range parts {
		calls += Calls(p.Rows)
	}
	if calls > 0 {
		v.Log.Infof("reading back: at most %s", Ahead(calls, v.Rate))
	}
}

// Calls is how many look-ups so many rows take.
func Calls(rows int) int { return (rows + export.LookUp - 1) / export.LookUp }

// Ahead returns how many calls there are and how long they take at least.
func Ahead(calls int, rate float64) string {
	many := "s"
	if calls == 1 {
		many = ""
	}
	d := time.Duration(float64(calls) / max(rate, 0.01) * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%d call%s, about %s at coupa.rate %g", calls, many, max(d, time.Second), rate)
}

// sentRow is one row as Coupa got it.
type sentRow struct {
	row   export.RowResult
	key   string
	cells []export.ElementCell
}

// sentPart is a part taken apart again.
type sentPart struct {
	columns  []string
	elements []export.Element // of columns; without a path where the API shows none
	by       export.Element   // that users are found by
	key      int              // its column
	rows     []sentRow
}

func (v *Verifier) part(ctx context.Context, p export.Part, out *export.ReadBack) error {
	rows, newer, err := v.accepted(p)
	if err != nil {
		return err
	}
	sent, err := v.sent(p, rows)
	if errors.Is(err, fs.ErrNotExist) {
		out.Pruned += len(rows)
		return nil
	}
	if err != nil {
		return err
	}
	results, err := v.compare(ctx, sent, out)
	if err != nil {
		return err
	}
	out.Rows, out.Newer = out.Rows+len(sent.rows), out.Newer+newer
	p.ReadBack = v.Now()
	return v.Ledger.Verified(p, results)
}

// compare looks users up and gives the rows that have another outcome by it.
func (v *Verifier) compare(ctx context.Context, sent *sentPart, out *export.ReadBack) (results []export.RowResult, err error) {
	if len(sent.rows) == 0 {
		return nil, nil
	}
	if sent.key < 0 {
		return nil, &lostError{errors.New("it has no column by which users can be looked up: Id, Employee Number or Login")}
	}
	want := sent.want(out)
	chunks := slices.Collect(slices.Chunk(sent.rows, export.LookUp))
	found := make([][]export.User, len(chunks))
	err = atOnce(ctx, v.Workers, len(chunks), func(ctx context.Context, i int) (err error) {
		found[i], err = v.Users.Find(ctx, sent.by, keysOf(chunks[i]), want)
		return err
	})
	if err != nil {
		return nil, &lostError{err}
	}
	v.lookForFilter(ctx, want, found, out)
	for i, chunk := range chunks {
		for _, s := range chunk {
			if r, changed := heldAgainst(out, s, sent.by, found[i]); changed {
				results = append(results, r)
			}
		}
	}
	return results, nil
}

// accepted returns the rows of a part that Coupa has accepted, by their number in it.
func (v *Verifier) accepted(p export.Part) (rows map[int]export.RowResult, newer int, err error) {
	rows = map[int]export.RowResult{}
	err = v.Ledger.PartRows(p.ID, func(r export.RowResult) error {
		switch {
		case r.Outcome != export.Applied && r.Outcome != export.Drifted:
		case v.Newer[r.Key]:
			newer++
		default:
			rows[r.PartRow] = r
		}
		return nil
	})
	return rows, newer, err
}

// sent reads the cells of rows back out of a part's bytes.
func (v *Verifier) sent(p export.Part, rows map[int]export.RowResult) (*sentPart, error) {
	sent := &sentPart{}
	if len(rows) == 0 {
		return sent, nil
	}
	data, err := v.Ledger.Bytes(p)
	if err != nil {
		return nil, err
	}
	if p.Route == export.ByAPI {
		return sent, sent.written(p, data, rows, v.Element)
	}
	n := 0
	err = v.Decode(data, func(cells []string) bool {
		if sent.columns == nil {
			sent.header(cells, v.Element)
			return sent.key >= 0
		}
		n++
		if row, ok := rows[n]; ok {
			sent.rows = append(sent.rows, sent.apart(row, cells))
		}
		return true
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read part %s back from the spool: %w; please report this", p.Name, err)
	case sent.key < 0:
		sent.rows = make([]sentRow, len(rows)) // compare says why not
	case len(sent.rows) != len(rows):
		return nil, fmt.Errorf("part %s has %d of its %d applied rows in the spool; please report this", p.Name, len(sent.rows), len(rows))
	}
	return sent, nil
}

// written reads the cells of rows of the API route, on which a cell may be cleared.
func (s *sentPart) written(p export.Part, data []byte, rows map[int]export.RowResult, element func(string) (export.Element, bool)) error {
	columns, all, err := export.ReadAPIPart(data)
	if err != nil {
		return fmt.Errorf("read part %s back from the spool: %w; please report this", p.Name, err)
	}
	s.header(columns, element)
	for n, cells := range all {
		row, ok := rows[n+1]
		if !ok || s.key < 0 {
			continue
		}
		out := sentRow{row: row, key: cells.Cell(s.key).Text}
		for i, e := range s.elements {
			if e.Path != "" && e.Column != "Id" {
				out.cells = append(out.cells, export.ElementCell{Element: e, Cell: cells.Cell(i)})
			}
		}
		s.rows = append(s.rows, out)
	}
	if len(s.rows) != len(rows) {
		return fmt.Errorf("part %s has %d of its %d applied rows in the spool; please report this", p.Name, len(s.rows), len(rows))
	}
	return nil
}

// header finds where the columns of a part lie in a user, and the column that users are found by.
func (s *sentPart) header(columns []string, element func(string) (export.Element, bool)) {
	s.columns, s.elements, s.key = columns, make([]export.Element, len(columns)), -1
	for i, c := range columns {
		if e, ok := element(c); ok {
			s.elements[i] = e
		}
	}
	for _, name := range []string{"Login", "Employee Number", "Id"} { // the last that is there counts
		if i := slices.Index(columns, name); i >= 0 {
			s.key, s.by = i, s.elements[i]
		}
	}
}

// want returns the elements to ask for, and notes columns that the API shows nowhere.
func (s *sentPart) want(out *export.ReadBack) (want []export.Element) {
	for i, e := range s.elements {
		switch {
		case e.Path == "" && !slices.Contains(out.NotRead, s.columns[i]):
			out.NotRead = append(out.NotRead, s.columns[i])
		case e.Path != "" && e.Kind != export.KindAction:
			want = append(want, e)
		}
	}
	return want
}

// apart takes one row apart. An empty cell is none: nobody knows what Coupa makes of it.
func (s *sentPart) apart(row export.RowResult, cells []string) sentRow {
	out := sentRow{row: row, key: cells[s.key]}
	for i, text := range cells {
		if text != "" && s.elements[i].Path != "" {
			out.cells = append(out.cells, export.ElementCell{Element: s.elements[i], Cell: export.Cell{Text: text, State: export.Set}})
		}
	}
	return out
}

func keysOf(rows []sentRow) []string {
	keys := make([]string, len(rows))
	for i, r := range rows {
		keys[i] = r.key
	}
	return keys
}

// heldAgainst holds a row against what was found, and tells what becomes of it where that is another outcome. A key that does
// not lead to exactly one user is drift, too: the load has accepted the row all the same.
func heldAgainst(b *export.ReadBack, s sentRow, by export.Element, found []export.User) (r export.RowResult, changed bool) {
	r = s.row
	user, err := export.One(found, by, s.key)
	if err != nil {
		driftsIn(b, s, by.Column, err.Error())
		r.Outcome, r.Faults = export.Drifted, drift("read back: "+err.Error())
		return r, differs(r, s.row)
	}
	var drifted []string
	unknown := false
	for _, o := range export.Compare(s.cells, user) {
		switch o.Verdict {
		case export.CellConfirmed:
			b.Confirmed++
		case export.CellDrifted:
			drifted = append(drifted, o.Column)
			driftsIn(b, s, o.Column, o.Held)
		case export.CellUnknown:
			if b.Unknown == nil {
				b.Unknown = map[string]int{}
			}
			b.Unknown[o.Column]++
			unknown = true
		}
	}
	switch {
	case drifted != nil:
		r.Outcome, r.Faults = export.Drifted, drift("read back: Coupa shows another value in "+strings.Join(drifted, ", "))
	case !unknown: // else what has drifted may be what is not shown now
		r.Outcome, r.Faults = export.Applied, nil
	}
	return r, differs(r, s.row)
}

func drift(message string) export.Faults {
	return export.Faults{{Rule: "drift", Message: message}}
}

// differs reports whether something else is said of a row now.
func differs(now, before export.RowResult) bool {
	return now.Outcome != before.Outcome || now.Faults.Text() != before.Faults.Text()
}

func driftsIn(b *export.ReadBack, s sentRow, column, held string) {
	b.Drifted++
	if len(b.Drift) == maxDrift {
		return
	}
	d := export.Drift{Origin: s.row.Origin, Key: s.row.Key, Column: column, Held: held}
	for _, c := range s.cells {
		if c.Element.Column == column {
			d.Sent = c.Cell.Text
		}
	}
	b.Drift = append(b.Drift, d)
}

// lookForFilter finds out once whether the instance hides elements of users from calls that do not ask for them by name.
func (v *Verifier) lookForFilter(ctx context.Context, want []export.Element, found [][]export.User, out *export.ReadBack) {
	i := slices.IndexFunc(found, func(users []export.User) bool { return len(users) > 0 })
	if v.Filter == nil || i < 0 {
		return
	}
	hidden, err := v.Filter(ctx, found[i][0], want)
	v.Filter = nil
	if err != nil {
		v.Log.Debugf("look for a default response filter: %v", err)
		return
	}
	for _, e := range hidden {
		out.Hidden = append(out.Hidden, e.Column)
	}
}

// atOnce calls f with 0 to n-1 from several goroutines. The first error ends it.
func atOnce(ctx context.Context, workers, n int, f func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	jobs := make(chan int)
	var wg export.Group
	for range min(max(workers, 1), n) {
		wg.Go(func() {
			for i := range jobs {
				if err := export.Guard(func() error { return f(ctx, i) }); err != nil {
					cancel(err)
					return
				}
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case jobs <- i:
		case <-ctx.Done():
		}
	}
	close(jobs)
	wg.Wait()
	return context.Cause(ctx)
}
