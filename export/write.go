package export

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
)

// Writer brings parts of the API route to Coupa, row by row: it finds the user, writes what differs, and holds the
// answer against what was asked. Every row's answer is in the ledger before it counts, so that a start that comes later
// goes on with the rows that have none.
type Writer struct {
	Ledger  WriteLedger
	Users   Directory
	Element func(column string) (e Element, ok bool)
	Workers int                    // rows at once
	Name    func(RowResult) string // how the diary names a person
	Now     func() time.Time
	Log     logrus.FieldLogger
}

// WriteLedger is what a Writer needs of durable state. It is called from several goroutines.
type WriteLedger interface {
	// Bytes gives a part's bytes from the spool, checked against its hash.
	Bytes(Part) ([]byte, error)
	// PartRows calls f for each row of a part in order.
	PartRows(part int64, f func(RowResult) error) error
	// Writes gives what was begun of a part's rows, by PartRow.
	Writes(part int64) (map[int]Write, error)
	// BeginWrite records that a row is about to be written, and what a call will empty; what an earlier start has
	// recorded as emptied stays.
	BeginWrite(Write) error
	// EndWrite records the answer: what became of the row, and its user's number in Coupa.
	EndWrite(w Write, r RowResult) error
}

// Write is what the ledger knows of the calls for one row.
type Write struct {
	Part     int64
	PartRow  int
	CoupaID  string              // "" for a create that was not answered
	Created  bool                // the user was made by this row
	Emptied  map[string][]string // lists, by column, with the names they had before a call emptied them
	Answered time.Time           // zero until the last call was answered
}

// What is said of a row that was not written, or not as asked.
const (
	sayGone        = "Coupa knew this person as %s when the plan was made, and does not any more; not written"
	sayThere       = "Coupa knew nobody by this key when the plan was made, and now has id %s; not written"
	sayMoved       = "somebody has changed %s in Coupa since the plan was made; not written"
	sayBlind       = "Coupa does not show %s of this person, so that nobody could put back what a change of it takes away; not written"
	sayKeptAnother = "Coupa has accepted the call and keeps another value in %s"
	sayPutBack     = "%s were put back"
	sayNotPutBack  = "%s could not be put back, and nobody but you can do it now"
)

// maxUnanswered is how many calls may fail one after the other before the rest of a part is left to a later start.
const maxUnanswered = 5

// writing is one part at work.
type writing struct {
	*Writer
	part     *Part
	move     func(PartState) error
	columns  []string
	elements []Element // of columns
	key      int       // the column that finds the user where no number is known
	cells    []APIRow
	begun    map[int]Write

	mu         sync.Mutex
	sent       bool // the part has left the state planned
	unanswered int  // calls that failed, one after the other
	last       error
}

// Part writes the rows of a part that have no answer yet. move records the part's next state. Where the rest cannot be
// written now, err says why: a *NotDeliveredError where no call is of use any more. left is how many rows have no answer,
// and why what the last call without one came to.
func (w *Writer) Part(ctx context.Context, p *Part, move func(PartState) error) (left int, why, err error) {
	j := &writing{Writer: w, part: p, move: move, sent: p.State != Planned}
	rows, err := j.open()
	if err != nil {
		return 0, nil, err
	}
	// An error ends the part, but not the calls that are under way: an answer that is not waited for is a doubt more.
	err = atOnce(ctx, w.Workers, len(rows), func(_ context.Context, i int) error { return j.row(ctx, rows[i]) })
	if ctx.Err() != nil {
		return 0, nil, context.Cause(ctx)
	}
	if err == nil && !j.sent && j.last != nil {
		err = &NotDeliveredError{What: "api", Msg: j.last.Error(), Err: j.last}
	}
	if why = err; why == nil {
		why = j.last
	}
	return j.left(), why, err
}

// open reads the part and what is known of its rows, and gives those without an answer.
func (j *writing) open() (rows []RowResult, err error) {
	data, err := j.Ledger.Bytes(*j.part)
	if err != nil {
		return nil, err
	}
	if j.columns, j.cells, err = ReadAPIPart(data); err != nil {
		return nil, fmt.Errorf("read part %s from the spool: %w; please report this", j.part.Name, err)
	}
	j.key = -1
	for i, column := range j.columns {
		e, ok := j.Element(column)
		if !ok {
			return nil, fmt.Errorf("part %s has a column %s, which Coupa's API does not have; please report this", j.part.Name, column)
		}
		j.elements = append(j.elements, e)
		if column == "Login" && j.key < 0 || column == "Employee Number" {
			j.key = i
		}
	}
	if j.begun, err = j.Ledger.Writes(j.part.ID); err != nil {
		return nil, err
	}
	err = j.Ledger.PartRows(j.part.ID, func(r RowResult) error {
		if r.PartRow > len(j.cells) {
			return fmt.Errorf("part %s has %d rows in the spool and a row %d in the ledger; please report this", j.part.Name, len(j.cells), r.PartRow)
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
func (j *writing) row(ctx context.Context, r RowResult) error {
	err := j.write(ctx, r)
	var not *NotDeliveredError
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
	j.Log.WithFields(j.fields(r)).Warnf("no answer that counts, a later start asks again: %v", err)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last = err
	if j.unanswered++; j.unanswered >= maxUnanswered {
		return &NotDeliveredError{What: "api", Msg: fmt.Sprintf("%d calls failed one after the other, the last: %v", j.unanswered, err), Err: err}
	}
	return nil
}

// recordError keeps an error of the ledger apart from Coupa's.
type recordError struct{ err error }

func (e *recordError) Error() string { return e.err.Error() }

// write finds the user of a row and writes what differs.
func (j *writing) write(ctx context.Context, r RowResult) error {
	row := j.cells[r.PartRow-1]
	before, begun := j.known(r.PartRow)
	cells := j.sendable(row)
	user, err := j.find(ctx, row, before, cells)
	var none *NotOneError
	switch {
	case errors.As(err, &none) && len(none.IDs) > 1:
		return j.end(Write{}, r, Quarantined, none.Error())
	case errors.As(err, &none) && row.ID != "":
		return j.end(Write{}, r, Quarantined, fmt.Sprintf(sayGone, row.ID))
	case errors.As(err, &none):
		return j.create(ctx, r, cells)
	case err != nil:
		return err
	case row.ID == "" && !begun:
		return j.end(Write{CoupaID: user.ID}, r, Quarantined, fmt.Sprintf(sayThere, user.ID))
	}
	if moved := movedMeanwhile(cells, row, user, before, begun); len(moved) > 0 {
		return j.end(Write{CoupaID: user.ID}, r, Quarantined, fmt.Sprintf(sayMoved, strings.Join(moved, ", ")))
	}
	return j.update(ctx, r, before, user, cells)
}

// movedMeanwhile names the columns that somebody else has changed since the plan. Where an earlier start has begun the row
// it may have changed lists halfway, and one that it has emptied is to be filled again whatever else has moved; any other
// cell is as it was or as it was sent.
func movedMeanwhile(cells []ElementCell, row APIRow, now User, before Write, begun bool) []string {
	if begun {
		for _, c := range cells {
			held, _ := now.Value(c.Element)
			if had, ok := before.Emptied[c.Element.Column]; ok && !maps.Equal(nameSet(held.List), nameSet(had)) {
				return nil
			}
		}
		cells = slices.DeleteFunc(slices.Clone(cells), func(c ElementCell) bool { return c.Element.Kind == KindNames })
	}
	return Moved(cells, User{Values: row.Was}, now)
}

// sendable gives the cells of a row that are written: the number is Coupa's own.
func (j *writing) sendable(row APIRow) (cells []ElementCell) {
	for i, e := range j.elements {
		if e.Column != "Id" {
			cells = append(cells, ElementCell{e, row.cell(i)})
		}
	}
	return cells
}

// find looks the user up by the strongest key there is: Id, Employee Number, Login.
func (j *writing) find(ctx context.Context, row APIRow, before Write, cells []ElementCell) (User, error) {
	id, _ := j.Element("Id")
	by, value := id, cmp.Or(row.ID, before.CoupaID)
	if value == "" && j.key >= 0 {
		by, value = j.elements[j.key], row.cell(j.key).Text
	}
	want := make([]Element, 0, len(cells))
	for _, c := range cells {
		if c.Element.Kind != KindAction {
			want = append(want, c.Element)
		}
	}
	found, err := j.Users.Find(ctx, by, []string{value}, want)
	if err != nil {
		return User{}, err
	}
	return One(found, by, value)
}

// update writes the cells that Coupa does not hold.
func (j *writing) update(ctx context.Context, r RowResult, before Write, user User, cells []ElementCell) error {
	w := j.of(r)
	w.CoupaID, w.Created = user.ID, before.Created || before.CoupaID == "" && j.cells[r.PartRow-1].ID == ""
	w.Emptied = before.Emptied
	missing := Missing(cells, user)
	if missing == nil {
		outcome := Unchanged
		if _, begun := j.known(r.PartRow); begun { // an earlier start did it and died before the answer was recorded
			outcome = Applied
		}
		return j.end(w, r, outcome, "")
	}
	if blind := unshownLists(missing, user); blind != nil {
		return j.end(w, r, Quarantined, fmt.Sprintf(sayBlind, strings.Join(blind, ", ")))
	}
	steps := UpdateSteps(missing, user)
	if len(steps) > 1 && w.Emptied == nil {
		w.Emptied = lists(steps[1], user)
	}
	if err := j.begin(w); err != nil {
		return err
	}
	shown := User{ID: user.ID, Values: map[string]Value{}}
	for n, step := range steps {
		after, err := j.Users.Update(ctx, user.ID, step)
		if refused, ok := errors.AsType[*RefusedError](err); ok {
			return j.refused(ctx, w, r, refused, n > 0 || before.Emptied != nil)
		}
		if err != nil {
			return err
		}
		j.answered(w, r, after)
		maps.Copy(shown.Values, after.Values)
	}
	if back := j.kept(w, missing, shown); back != nil {
		after, err := j.Users.Update(ctx, user.ID, back)
		if err != nil {
			return fmt.Errorf("put back what is to stay in a list: %w", err)
		}
		j.answered(w, r, after)
		maps.Copy(shown.Values, after.Values)
	}
	return j.judge(w, r, missing, shown)
}

// unshownLists names the lists that would have to be emptied first though Coupa does not show what they hold.
func unshownLists(cells []ElementCell, u User) (columns []string) {
	for _, c := range cells {
		if _, known := u.Value(c.Element); !known && losesNames(c, u) {
			columns = append(columns, c.Element.Column)
		}
	}
	return columns
}

// kept gives what has to be put back of lists that were emptied and then not filled as asked, because Coupa knows one of
// the names not: those that the user had and is to keep.
func (j *writing) kept(w Write, sent []ElementCell, shown User) (back []ElementCell) {
	for _, c := range sent {
		held, known := shown.Value(c.Element)
		if c.Element.Kind != KindNames || !known {
			continue
		}
		has, wanted := nameSet(held.List), nameSet(splitNames(c.Cell.Text))
		var names []string
		for name := range nameSet(w.Emptied[c.Element.Column]) {
			if wanted[name] && !has[name] {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		if names != nil {
			back = append(back, ElementCell{c.Element, Cell{Text: strings.Join(names, ","), State: Set}})
		}
	}
	return back
}

// lists gives what the lists of a second step hold before the first empties them.
func lists(cells []ElementCell, u User) map[string][]string {
	out := map[string][]string{}
	for _, c := range cells {
		held, _ := u.Value(c.Element)
		out[c.Element.Column] = append([]string{}, held.List...)
	}
	return out
}

// refused ends a row that Coupa has refused. Where a list was emptied first, it gets back what it held.
func (j *writing) refused(ctx context.Context, w Write, r RowResult, no *RefusedError, emptied bool) error {
	why := strings.Join(no.Messages, "; ")
	if emptied && len(w.Emptied) > 0 {
		switch err := j.restore(ctx, w); {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			j.Log.WithFields(j.fields(r)).Errorf("put back what a list held: %v", err)
			why += between + fmt.Sprintf(sayNotPutBack, emptiedNote(w))
		default:
			why += between + fmt.Sprintf(sayPutBack, emptiedNote(w))
		}
	}
	j.Log.WithFields(j.fields(r)).WithField("coupa", w.CoupaID).Warn(no.Error())
	return j.end(w, r, Rejected, why)
}

func emptiedNote(w Write) string {
	var texts []string
	for column, names := range w.Emptied {
		texts = append(texts, column+" ("+strings.Join(names, ", ")+")")
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}

func (j *writing) restore(ctx context.Context, w Write) error {
	var cells []ElementCell
	for i, column := range j.columns {
		if names, ok := w.Emptied[column]; ok && len(names) > 0 {
			cells = append(cells, ElementCell{j.elements[i], Cell{Text: strings.Join(names, ","), State: Set}})
		}
	}
	if cells == nil {
		return nil
	}
	after, err := j.Users.Update(ctx, w.CoupaID, cells)
	if err != nil {
		return err
	}
	if drifted := driftedIn(cells, after); drifted != nil {
		return fmt.Errorf("coupa shows another value in %s", strings.Join(drifted, ", "))
	}
	return nil
}

// create makes the user of a row that was planned as a create.
func (j *writing) create(ctx context.Context, r RowResult, cells []ElementCell) error {
	w := j.of(r)
	if err := j.begin(w); err != nil {
		return err
	}
	made, err := j.Users.Create(ctx, cells)
	if refused, ok := errors.AsType[*RefusedError](err); ok {
		return j.refused(ctx, w, r, refused, false)
	}
	if err != nil {
		return err
	}
	w.CoupaID, w.Created = made.ID, true
	j.answered(w, r, made)
	return j.judge(w, r, cells, made)
}

// judge holds Coupa's answer against what was asked: a 200 that left the old value is drift.
func (j *writing) judge(w Write, r RowResult, sent []ElementCell, shown User) error {
	if drifted := driftedIn(sent, shown); drifted != nil {
		return j.end(w, r, Drifted, fmt.Sprintf(sayKeptAnother, strings.Join(drifted, ", ")))
	}
	return j.end(w, r, Applied, "")
}

func driftedIn(sent []ElementCell, shown User) (columns []string) {
	for _, o := range Compare(sent, shown) {
		if o.Verdict == CellDrifted {
			columns = append(columns, o.Column)
		}
	}
	return columns
}

// known is what an earlier start, or this one, has recorded of a row.
func (j *writing) known(row int) (Write, bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	w, ok := j.begun[row]
	return w, ok
}

func (j *writing) of(r RowResult) Write { return Write{Part: j.part.ID, PartRow: r.PartRow} }

// begin records that a row is about to be written; the first one moves the part.
func (j *writing) begin(w Write) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if !j.sent {
		j.part.Sent = j.Now()
		if err := j.move(Loading); err != nil {
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

// end records what became of a row.
func (j *writing) end(w Write, r RowResult, outcome Outcome, reason string) error {
	w.Part, w.PartRow, w.Answered = j.part.ID, r.PartRow, j.Now()
	r.Outcome, r.Reason = outcome, reason
	if err := j.Ledger.EndWrite(w, r); err != nil {
		return &recordError{err}
	}
	j.mu.Lock()
	j.begun[w.PartRow] = w
	j.mu.Unlock()
	if outcome == Quarantined {
		j.Log.WithFields(j.fields(r)).WithField("coupa", w.CoupaID).Warn(reason)
	}
	return nil
}

// answered notes a call that Coupa has answered in the diary.
func (j *writing) answered(w Write, r RowResult, u User) {
	j.Log.WithFields(j.fields(r)).WithField("coupa", w.CoupaID).Info(u.Answer)
}

func (j *writing) fields(r RowResult) logrus.Fields {
	return logrus.Fields{"run": j.part.Run, "person": j.Name(r), "row": r.Origin.String()}
}
