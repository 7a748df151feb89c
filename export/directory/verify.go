package directory

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/howfar"
)

// maxDrift is how many drifted cells a report shows with their values; it lists all drifted rows.
const maxDrift = 10_000

// Verifier reads back the users of rows that Coupa has accepted, and compares every cell that was sent with what Coupa
// shows. A load that is done and has changed nothing is drift, not success. What it confirms is the baseline of the next
// plans.
type Verifier struct {
	Ledger  export.VerifyLedger
	Users   export.Directory
	Key     baseline.HashKey                                                               // of the hashes of what is confirmed
	Element func(column string) (e export.Element, ok bool)                                // the element where Coupa shows a column; ok is false where there is none
	Filter  func(context.Context, export.User, []export.Element) ([]export.Element, error) // the elements of a found user that a default response filter hides; nil: not checked
	Decode  func(part []byte, take func(cells []string) bool) (err error)                  // reads a part, its header first
	Workers int                                                                            // calls at once
	Rate    float64                                                                        // calls a second, to estimate the duration
	Newer   map[string]bool                                                                // people for whom a later run has sent something; they are skipped
	Now     func() time.Time
	Log     logrus.FieldLogger
}

// Readable returns the parts that can be read back: those that have a verdict and may have applied rows.
func Readable(parts []export.Part) []export.Part {
	return slices.DeleteFunc(slices.Clone(parts), func(p export.Part) bool {
		return p.State != export.Settled || p.Verdict == export.VerdictFailed || p.Verdict == export.VerdictEmpty || p.Verdict == export.VerdictUnconfirmed
	})
}

// Run reads parts back, one after the other, and records the result of each before the next. Where Coupa cannot be
// asked, the other parts keep their outcomes and ReadBack.Why has the reason. The error is only a cancelled context or
// an error of the ledger.
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
			out.Why, out.Hint = fmt.Sprintf("part %s: %v", p.Name, lost.err), export.HintText(lost.err)
			export.LogHints(v.Log.WithField("part", p.Name), export.HintsOf(lost.err)...).Warnf("not read back: %v", lost.err)
			return out, nil
		case err != nil:
			return out, err
		}
	}
	return out, nil
}

// lostError is the error where Coupa could not be asked.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// announce logs the number of calls ahead, since many rows take a while.
func (v *Verifier) announce(parts []export.Part) {
	calls := 0
	for _, p := range parts {
		calls += Calls(p.Rows)
	}
	if calls > 0 {
		v.Log.Infof("reading back: at most %s", Ahead(calls, v.Rate))
	}
}

// Calls returns how many look-ups that many rows take.
func Calls(rows int) int { return (rows + export.LookUp - 1) / export.LookUp }

// Ahead returns a text that says how many calls are ahead and how long they take at least.
func Ahead(calls int, rate float64) string {
	many := "s"
	if calls == 1 {
		many = ""
	}
	d := time.Duration(float64(calls) / max(rate, 0.01) * float64(time.Second)).Round(time.Second)
	return fmt.Sprintf("%d call%s, about %s at coupa.rate %g", calls, many, max(d, time.Second), rate)
}

// sentRow is one row as it was sent to Coupa.
type sentRow struct {
	row    export.RowResult
	key    string
	cells  []export.ElementCell
	unread []export.ElementCell // of columns that the API does not show
}

// sentPart is a part decoded into rows.
type sentPart struct {
	columns  []string
	elements []export.Element // elements of columns; without a path where the API shows none
	by       export.Element   // the element by which users are found
	key      int              // index of its column
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
	results, confirmed, err := v.compare(ctx, sent, out)
	if err != nil {
		return err
	}
	if err := v.confirm(p, confirmed); err != nil { // first: a part that was read back is not read again
		return err
	}
	out.Rows, out.Newer = out.Rows+len(sent.rows), out.Newer+newer
	p.ReadBack = v.Now()
	return v.Ledger.Verified(p, results)
}

// compare looks users up, and returns the rows that get another outcome and what is confirmed of the people.
func (v *Verifier) compare(ctx context.Context, sent *sentPart, out *export.ReadBack) (results []export.RowResult, confirmed []export.Confirmed, err error) {
	if len(sent.rows) == 0 {
		return nil, nil, nil
	}
	if sent.key < 0 {
		return nil, nil, &lostError{errors.New("it has no column by which users can be looked up: Id, Employee Number or Login")}
	}
	want := sent.want(out)
	chunks := slices.Collect(slices.Chunk(sent.rows, export.LookUp))
	found := make([][]export.User, len(chunks))
	err = atOnce(ctx, v.Workers, len(chunks), func(ctx context.Context, i int) (err error) {
		found[i], err = v.Users.Find(ctx, sent.by, keysOf(chunks[i]), want)
		return err
	})
	if err != nil {
		return nil, nil, &lostError{err}
	}
	v.lookForFilter(ctx, want, found, out)
	hasher := v.Key.Hasher()
	for i, chunk := range chunks {
		for _, s := range chunk {
			r, one := readBackRow(out, s, sent.by, found[i], hasher)
			if differs(r, s.row) {
				results = append(results, r)
			}
			confirmed = append(confirmed, one)
		}
	}
	return results, confirmed, nil
}

// confirm records what a part has confirmed of people.
func (v *Verifier) confirm(p export.Part, people []export.Confirmed) error {
	if v.Key.IsZero() || len(people) == 0 {
		return nil
	}
	return v.Ledger.Confirm(p.ID, people)
}

// Accept records that rows which Coupa has accepted without an error count as confirmed, where nothing is read back. It leaves
// out parts that a person has settled, and those of the API route, whose answers have confirmed what they could.
func (v *Verifier) Accept(parts []export.Part) error {
	for _, p := range parts {
		if p.State != export.Settled || p.Route == export.ByAPI || p.Verdict != export.VerdictOK && p.Verdict != export.VerdictPartial {
			continue
		}
		rows, _, err := v.accepted(p)
		if err != nil {
			return err
		}
		maps.DeleteFunc(rows, func(_ int, r export.RowResult) bool { return r.Outcome != export.Applied })
		sent, err := v.sent(p, rows)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if sent.key < 0 {
			continue
		}
		hasher := v.Key.Hasher()
		var confirmed []export.Confirmed
		for _, s := range sent.rows {
			confirmed = append(confirmed, hasher.Confirmed(s.row.Key, s.cells, nil, s.unread, true))
		}
		if err := v.confirm(p, confirmed); err != nil {
			return err
		}
	}
	return nil
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
		return nil, export.Ours(fmt.Errorf("read part %s back from the spool: %w", p.Name, err))
	case sent.key < 0:
		sent.rows = make([]sentRow, len(rows)) // compare reports why they are empty
	case len(sent.rows) != len(rows):
		return nil, export.Ours(fmt.Errorf("part %s has %d of its %d applied rows in the spool", p.Name, len(sent.rows), len(rows)))
	}
	return sent, nil
}

// written reads the cells of rows of the API route, where a cell may be cleared.
func (s *sentPart) written(p export.Part, data []byte, rows map[int]export.RowResult, element func(string) (export.Element, bool)) error {
	columns, all, err := export.ReadAPIPart(data)
	if err != nil {
		return export.Ours(fmt.Errorf("read part %s back from the spool: %w", p.Name, err))
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
		return export.Ours(fmt.Errorf("part %s has %d of its %d applied rows in the spool", p.Name, len(s.rows), len(rows)))
	}
	return nil
}

// header finds the elements of a part's columns, and the column by which users are found.
func (s *sentPart) header(columns []string, element func(string) (export.Element, bool)) {
	s.columns, s.elements, s.key = columns, make([]export.Element, len(columns)), -1
	for i, c := range columns {
		if e, ok := element(c); ok {
			s.elements[i] = e
		}
	}
	for _, name := range []string{"Login", "Employee Number", "Id"} { // the last one present counts
		if i := slices.Index(columns, name); i >= 0 {
			s.key, s.by = i, s.elements[i]
		}
	}
}

// want returns the elements to ask for, and adds to out the columns that the API does not show.
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

// apart decodes one row. It skips empty cells: it is not known what Coupa does with them.
func (s *sentPart) apart(row export.RowResult, cells []string) sentRow {
	out := sentRow{row: row, key: cells[s.key]}
	for i, text := range cells {
		cell := export.Cell{Text: text, State: export.Set}
		switch {
		case text == "":
		case s.elements[i].Path != "":
			out.cells = append(out.cells, export.ElementCell{Element: s.elements[i], Cell: cell})
		default:
			out.unread = append(out.unread, export.ElementCell{Element: export.Element{Column: s.columns[i]}, Cell: cell})
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

// readBackRow compares a row with the users found, and returns its result and what is confirmed of its person. A key that
// does not match exactly one user is drift, too, because the load has accepted the row.
func readBackRow(b *export.ReadBack, s sentRow, by export.Element, found []export.User, h *baseline.Hasher) (r export.RowResult, one export.Confirmed) {
	r = s.row
	user, err := export.One(found, by, s.key)
	if err != nil {
		driftsIn(b, s, by.Column, err.Error())
		r.Outcome, r.Faults = export.Drifted, drift("read back: "+err.Error())
		return r, baseline.NotFound(r.Key, append(slices.Clone(s.cells), s.unread...))
	}
	var drifted []string
	unknown := false
	outcomes := export.Compare(s.cells, user)
	for _, o := range outcomes {
		switch o.Verdict {
		case export.CellConfirmed:
			b.Confirmed++
		case export.CellDrifted:
			drifted = append(drifted, o.Column)
			driftsIn(b, s, o.Column, o.Coupa)
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
	case !unknown: // otherwise the drifted cell may be one that is not shown now
		r.Outcome, r.Faults = export.Applied, nil
	}
	return r, h.Confirmed(r.Key, s.cells, outcomes, s.unread, r.Outcome == export.Applied)
}

func drift(message string) export.Faults {
	return export.Faults{{Rule: "drift", Message: message}}
}

// differs reports whether the result of a row has changed.
func differs(now, before export.RowResult) bool {
	return now.Outcome != before.Outcome || now.Faults.Text() != before.Faults.Text()
}

func driftsIn(b *export.ReadBack, s sentRow, column, coupa string) {
	b.Drifted++
	if len(b.Drift) == maxDrift {
		return
	}
	d := export.Drift{Origin: s.row.Origin, Key: s.row.Key, Column: column, Coupa: coupa}
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
	var done atomic.Int64
	for range min(max(workers, 1), n) {
		wg.Go(func() {
			for i := range jobs {
				if err := export.Guard(func() error { return f(ctx, i) }); err != nil {
					cancel(err)
					return
				}
				howfar.Tell(ctx, int(done.Add(1)), n)
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
