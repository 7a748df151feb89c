package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
)

// Writer writes parts of the API route to Coupa, row by row: it finds the user, writes what differs, and compares the
// answer with the request. Every row's answer is recorded in the ledger before it counts, so that a later start goes on
// with the rows without an answer.
type Writer struct {
	Ledger export.WriteLedger
	Users  export.Directory
	Key    baseline.HashKey // of the hashes of what is confirmed
	// Whole reads all that Coupa shows of one user, and returns the elements that were asked for. It is called after a
	// refused write, so that the user's data can be masked in the log. With nil, only what was sent and looked up is
	// masked.
	Whole   func(ctx context.Context, id string) ([]export.Element, export.User, error)
	Element func(column string) (e export.Element, ok bool)
	Workers int              // rows written at once
	Naming  pseudonym.Naming // how the log names people
	Now     func() time.Time
	Log     logrus.FieldLogger
}

// These are the reasons of a row that was not written, or not as asked.
const (
	sayGone        = "Coupa knew this person as %s when the plan was made, and does not any more; not written"
	sayThere       = "Coupa had no user with this key when the plan was made, and now has id %s; not written"
	sayMoved       = "%s changed in Coupa since the plan was made; not written"
	sayBlind       = "Coupa does not show %s of this person, so what a change removes could not be restored; not written"
	sayKeptAnother = "Coupa has accepted the call and keeps another value in %s"
	sayPutBack     = "%s were put back"
	sayNotPutBack  = "%s could not be put back, and nobody but you can do it now"
)

// maxUnanswered is how many calls in a row may fail before the rest of a part is left to a later start.
const maxUnanswered = 5

// writing is one part at work.
type writing struct {
	*Writer
	part     *export.Part
	move     func(export.PartState) error
	columns  []string
	elements []export.Element // elements of columns
	key      int              // index of the column that finds the user where no number is known
	cells    []export.APIRow
	begun    map[int]export.Write

	mu         sync.Mutex
	sent       bool // the part has left the state planned
	unanswered int  // calls that failed, one after the other
	last       error
	gaveUp     error     // the reason, once too many calls have failed
	logins     *loginSet // logins that the ledger knows; nil until first used
}

// Part writes the rows of a part that have no answer yet. move records the part's next state. Where the other rows
// cannot be written now, err says why: a *NotDeliveredError where no further call would help. left is how many rows
// have no answer, and last why the last of them has none.
func (w *Writer) Part(ctx context.Context, p *export.Part, move func(export.PartState) error) (left int, last, err error) {
	j := &writing{Writer: w, part: p, move: move, sent: p.State != export.Planned}
	rows, err := j.open()
	if err != nil {
		return 0, nil, err
	}
	if rows, err = j.unchanged(ctx, rows); err == nil {
		// An error ends the part, but not the calls under way: an answer that is not waited for would leave one more
		// row in doubt.
		err = atOnce(ctx, w.Workers, len(rows), func(_ context.Context, i int) error { return j.row(ctx, rows[i]) })
	}
	if ctx.Err() != nil {
		return 0, nil, context.Cause(ctx)
	}
	if err == nil && !j.sent && j.last != nil {
		err = &export.NotDeliveredError{What: export.NoAPI, Msg: j.last.Error(), Err: j.last}
	}
	return j.left(), cmp.Or(err, j.last), err
}

// open reads the part and what is recorded of its rows, and returns the rows without an answer.
func (j *writing) open() (rows []export.RowResult, err error) {
	data, err := j.Ledger.Bytes(*j.part)
	if err != nil {
		return nil, err
	}
	if j.columns, j.cells, err = export.ReadAPIPart(data); err != nil {
		return nil, export.Ours(fmt.Errorf("read part %s from the spool: %w", j.part.Name, err))
	}
	j.key = -1
	for i, column := range j.columns {
		e, ok := j.Element(column)
		if !ok {
			return nil, export.Ours(fmt.Errorf("part %s has a column %s, which Coupa's API does not have", j.part.Name, column))
		}
		j.elements = append(j.elements, e)
		if column == "Login" && j.key < 0 || column == "Employee Number" {
			j.key = i
		}
	}
	if j.begun, err = j.Ledger.Writes(j.part.ID); err != nil {
		return nil, err
	}
	err = j.Ledger.PartRows(j.part.ID, func(r export.RowResult) error {
		if r.PartRow > len(j.cells) {
			return export.Ours(fmt.Errorf("part %s has %d rows in the spool and a row %d in the ledger", j.part.Name, len(j.cells), r.PartRow))
		}
		if j.begun[r.PartRow].Answered.IsZero() {
			rows = append(rows, r)
		}
		return nil
	})
	return rows, err
}

func (j *writing) left() int {
	n := len(j.cells)
	for _, w := range j.begun {
		if !w.Answered.IsZero() {
			n--
		}
	}
	return n
}

// row writes one row. Its error ends the part: nothing more can be written, or recorded.
func (j *writing) row(ctx context.Context, r export.RowResult) error {
	err := j.write(ctx, r)
	var not *export.NotDeliveredError
	var own *recordError
	switch {
	case err == nil:
		j.mu.Lock()
		j.unanswered = 0
		j.mu.Unlock()
		return nil
	case errors.As(err, &own):
		return own.err
	case errors.As(err, &not), ctx.Err() != nil:
		return err
	}
	export.LogHints(j.Log.WithFields(j.fields(r)), export.HintsOf(err)...).Warnf("no answer that counts, so a later start asks again: %v", err)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last = err
	j.unanswered++
	switch _, later := export.NotBefore(err); {
	case later && j.gaveUp == nil: // no other call would get an answer before that time
		j.gaveUp = &export.NotDeliveredError{What: export.NoAPI, Msg: err.Error(), Err: err}
	case j.unanswered == maxUnanswered && j.gaveUp == nil:
		j.gaveUp = &export.NotDeliveredError{What: export.NoAPI, Msg: fmt.Sprintf("%d calls failed one after the other, the last: %v", j.unanswered, err), Err: err}
	}
	return j.gaveUp // of several calls under way at once, the first sets the reason
}

// recordError marks an error of the ledger, as opposed to Coupa's.
type recordError struct{ err error }

func (e *recordError) Error() string { return e.err.Error() }

// known returns what an earlier start, or this one, has recorded of a row.
func (j *writing) known(row int) (export.Write, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	w, ok := j.begun[row]
	return w, ok
}

func (j *writing) of(r export.RowResult) export.Write {
	return export.Write{Part: j.part.ID, PartRow: r.PartRow}
}

// begin records that a row is about to be written; the first one moves the part.
func (j *writing) begin(w export.Write) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.sent {
		j.part.Sent = j.Now()
		if err := j.move(export.Loading); err != nil {
			return &recordError{err}
		}
		j.sent = true
	}
	if err := j.Ledger.BeginWrite(w); err != nil {
		return &recordError{err}
	}
	j.begun[w.PartRow] = w
	return nil
}

// confirms adds to a write what its answer confirms of the row's cells: shown is the user as Coupa shows them now.
func (j *writing) confirms(w *export.Write, r export.RowResult, cells []export.ElementCell, shown export.User, outcome export.Outcome) {
	if !j.Key.IsZero() {
		w.Confirmed = j.Key.Hasher().Confirmed(r.Key, cells, export.Compare(cells, shown), nil, outcome != export.Drifted)
	}
}

// end records the outcome of a row.
func (j *writing) end(w export.Write, r export.RowResult, outcome export.Outcome, why ...export.Fault) error {
	w.Part, w.PartRow, w.Answered = j.part.ID, r.PartRow, j.Now()
	r.Outcome, r.Faults = outcome, why
	if err := j.Ledger.EndWrite(w, r); err != nil {
		return &recordError{err}
	}
	j.mu.Lock()
	j.begun[w.PartRow] = w
	j.mu.Unlock()
	if outcome == export.Quarantined {
		reason := r.Faults.Text()
		if j.Naming.Discreet { // it may hold Coupa's numbers of people
			reason = "not written; the report has the reason"
		}
		j.Log.WithFields(j.about(w, r)).Warn(reason)
	}
	return nil
}

// answered logs a call that Coupa has answered.
func (j *writing) answered(w export.Write, r export.RowResult, u export.User) {
	j.Log.WithFields(j.about(w, r)).Info(u.Answer)
}

// about returns the fields of a log line about a row and its user.
func (j *writing) about(w export.Write, r export.RowResult) logrus.Fields {
	return j.Naming.UserFields(j.fields(r), w.CoupaID)
}

func (j *writing) fields(r export.RowResult) logrus.Fields { return j.Naming.Fields(j.part.Run, r) }
