package mapping

import (
	"errors"
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/hr2coupa/hr2coupa/export"
)

// vmBudget is how many elements the VM may create in one run; the functions that build texts bound them.
const vmBudget = 100_000

// rowMapper is a Mapping bound to a header: one VM and one frame, for one goroutine.
type rowMapper struct {
	mapping *Mapping
	frame   frame
	vm      vm.VM
	env     map[string]any // fields by their names in programs; a program reads only the fields that were set for it
	keys    []string       // those names, by field number
	varVMs  []vm.VM        // by variable
	copies  []int          // by column: the index in a record's values that a plain field copies, or -1
}

func newRowMapper(m *Mapping, at []int) *rowMapper {
	r := &rowMapper{mapping: m, frame: frame{at: at}, vm: vm.VM{MemoryBudget: vmBudget}, env: map[string]any{}}
	r.env[workName] = &r.frame.work
	if m.reads {
		r.frame.today = m.today
		r.env[todayName] = r.frame.today
	}
	r.frame.mapper = r
	if len(m.vars) > 0 {
		r.frame.vars, r.varVMs = make([]workedOut, len(m.vars)), newVMs(len(m.vars))
	}
	if len(m.vars)+len(m.held) > 0 || m.persons {
		r.env[frameName] = &r.frame
	}
	for _, name := range m.fields.names {
		r.keys = append(r.keys, fieldPrefix+name)
	}
	for _, c := range m.columns {
		from := -1
		if c.plain >= 0 {
			from = at[c.plain]
		}
		r.copies = append(r.copies, from)
	}
	return r
}

// begin turns to a record.
func (r *rowMapper) begin(rec *export.Record) {
	r.frame.rec, r.frame.work = rec, maxWork
	clear(r.frame.vars)
}

// Map fills a cell for each column. The cell of a column with a fault is absent. For a record that could not be read it
// returns the record's own fault.
func (r *rowMapper) Map(rec *export.Record, cells []export.Cell) []export.Fault {
	if rec.Fault != nil {
		clear(cells)
		return []export.Fault{*rec.Fault}
	}
	var faults []export.Fault
	r.begin(rec)
	whole := rec.Missing == nil
	for i, from := range r.copies {
		if from >= 0 && whole { // most columns of most rows
			text := rec.Values[from]
			if text == "" {
				cells[i] = export.Cell{}
				continue
			}
			if !begins[text[0]] || !spellsWord(text) {
				cells[i] = export.Cell{Text: text, State: export.Set}
				continue
			}
		}
		cell, err := r.known(rec, i)
		if err != nil {
			faults = append(faults, r.fault(&r.mapping.columns[i], err))
		}
		cells[i] = cell
	}
	return faults
}

// MapColumn returns the cell of column i alone.
func (r *rowMapper) MapColumn(rec *export.Record, i int) (export.Cell, *export.Fault) {
	if rec.Fault != nil {
		return export.Cell{}, rec.Fault
	}
	r.begin(rec)
	cell, err := r.known(rec, i)
	if err != nil {
		f := r.fault(&r.mapping.columns[i], err)
		return export.Cell{}, &f
	}
	return cell, nil
}

// known returns the cell of column i. A record that has waited for its day leaves blank what it does not know: a cell made of
// blanks alone is absent, and none is cleared because of a blank.
func (r *rowMapper) known(rec *export.Record, i int) (export.Cell, error) {
	if rec.Day == "" { // nearly all
		return r.cell(&r.mapping.columns[i])
	}
	if !r.Says(rec, i) {
		return export.Cell{}, nil
	}
	cell, err := r.cell(&r.mapping.columns[i])
	if cell.State == export.Clear && slices.ContainsFunc(r.mapping.columns[i].fields, func(f int) bool { return rec.Missing[r.frame.at[f]] }) {
		cell = export.Cell{}
	}
	return cell, err
}

// Says reports whether a record has a field from which the value of column i comes. A column that reads no field is always
// said.
func (r *rowMapper) Says(rec *export.Record, i int) bool {
	c := &r.mapping.columns[i]
	fields := c.fields
	if c.plain >= 0 {
		fields = []int{c.plain}
	}
	return len(fields) == 0 || slices.ContainsFunc(fields, func(f int) bool { return !rec.Missing[r.frame.at[f]] })
}

// Given reports whether column i reads fields, and a record has a value in each of them; or whether it is never filled.
func (r *rowMapper) Given(rec *export.Record, i int) bool {
	c := &r.mapping.columns[i]
	fields := c.fields
	if c.plain >= 0 {
		fields = []int{c.plain}
	}
	if len(fields) == 0 {
		return strings.TrimSpace(c.Expr) == "nil" // as init leaves a column that it could not guess
	}
	return !slices.ContainsFunc(fields, func(f int) bool { return strings.TrimSpace(rec.Values[r.frame.at[f]]) == "" })
}

// Prefers reports whether the mapping's condition picks a record; it is true for every record where there is none.
func (r *rowMapper) Prefers(rec *export.Record) (bool, *export.Fault) {
	return r.holds(r.mapping.prefer, rec)
}

// Covers reports whether the mapping's condition about the feed's people holds for a record; it is true for every record where
// there is none.
func (r *rowMapper) Covers(rec *export.Record) (bool, *export.Fault) {
	return r.holds(r.mapping.where, rec)
}

// holds reports whether a condition holds for a record; nil holds for all.
func (r *rowMapper) holds(c *compiledColumn, rec *export.Record) (bool, *export.Fault) {
	if c == nil {
		return true, nil
	}
	r.begin(rec)
	v, err := r.evaluate(c)
	if err == nil {
		if yes, ok := v.any.(bool); ok {
			return yes, nil
		}
		err = fmt.Errorf("the result is %s, not true or false", v.kind())
	}
	f := r.fault(c, err)
	return false, &f
}

// cell returns the cell of a column. A cell that Coupa would take for an order is an error, unless the mapping itself
// holds the order.
func (r *rowMapper) cell(c *compiledColumn) (export.Cell, error) {
	var v value
	var err error
	switch {
	case c.plain >= 0:
		v.text = r.frame.field(c.plain)
	case c.fast != nil: // nearly all, and a call less than evaluate
		v, err = c.fast(&r.frame)
	default:
		v, err = r.run(c)
	}
	if err != nil {
		return export.Cell{}, sooner(err)
	}
	if v.any == nil && !c.List && !isWord(v.text) { // most
		return setCell(v.text), nil
	}
	cell := setCell(v.text)
	if c.plain < 0 {
		cell, err = cellOf(v, c.List)
	}
	if cell.State == export.Set && orders(cell.Text, c.List) && !r.said(c) {
		return export.Cell{}, errWord
	}
	return cell, err
}

// evaluate works out an expression that is no plain field.
func (r *rowMapper) evaluate(c *compiledColumn) (value, error) {
	if c.fast != nil {
		return c.fast(&r.frame)
	}
	return r.run(c)
}

// run evaluates on the VM.
func (r *rowMapper) run(c *compiledColumn) (value, error) { return r.runOn(&r.vm, c) }

func (r *rowMapper) runOn(on *vm.VM, c *compiledColumn) (value, error) {
	for _, i := range c.fields {
		r.env[r.keys[i]] = textValue(r.frame.field(i)).box()
	}
	out, err := on.Run(c.program, r.env)
	return boxed(out), err
}

func setCell(s string) export.Cell {
	if s == "" {
		return export.Cell{}
	}
	return export.Cell{Text: s, State: export.Set}
}

// cellOf turns a result into a cell. The compiler has already refused what a list column cannot hold; this second check
// guards against emptying a list by accident.
func cellOf(v value, list bool) (export.Cell, error) {
	if v.any == nil && !list { // as for most columns
		return setCell(v.text), nil
	}
	switch x := v.any.(type) {
	case cleared:
		return export.Cell{State: export.Clear}, nil
	case replaced:
		if !list {
			return export.Cell{}, errors.New("replace(...) is for list columns, this column holds one value")
		}
		return setCell(x.text), nil
	case []any:
		return export.Cell{}, errors.New("the result is a list: say join(...), or replace(...) in a list column")
	}
	if list && !v.isNil() {
		return export.Cell{}, errors.New("a list column replaces what Coupa holds: say replace(...) with the whole list")
	}
	s, err := v.scalar()
	return setCell(s), err
}

// fault returns the fault for an error of a column. The message holds the expression and the cause, never a value.
func (r *rowMapper) fault(c *compiledColumn, err error) export.Fault {
	if errors.Is(err, errWord) { // the expression is not at fault
		return export.Fault{Origin: export.Origin{Line: r.frame.rec.Line}, Field: c.Name, Rule: "word", Message: err.Error()}
	}
	if unheld := notHeld(err); unheld != nil { // neither is it here
		return export.Fault{Origin: export.Origin{Line: r.frame.rec.Line}, Field: c.Name, Rule: "unasked", Message: unheld.Error()}
	}
	if f, ok := r.unknownPerson(c, err); ok { // nor here
		return f
	}
	cause, at := safeCause(err)
	where := ""
	if at >= 0 {
		where = fmt.Sprintf(" at character %d", at+1)
	}
	return export.Fault{
		Origin:  export.Origin{Line: r.frame.rec.Line},
		Field:   c.Name,
		Rule:    "expression",
		Message: fmt.Sprintf("expression %s: %s%s", shorten(c.Expr), cause, where),
	}
}

// safeCause returns a text for an error and the character of its place, -1 where that is unknown. Our own errors hold
// no values and stay as they are. Errors of the VM may quote a value, so only their kind is returned.
func safeCause(err error) (string, int) {
	var inVar *varError
	if errors.As(err, &inVar) {
		return inVar.Error(), -1
	}
	var placed *placedError
	if errors.As(err, &placed) {
		return placed.Error(), placed.at
	}
	var inVM *file.Error
	if !errors.As(err, &inVM) {
		return err.Error(), -1
	}
	var call *callError
	if errors.As(err, &call) {
		return call.Error(), inVM.From
	}
	return vmCause(inVM), inVM.From
}

func vmCause(err *file.Error) string {
	var wrongType *goruntime.TypeAssertionError
	switch {
	case errors.As(err, &wrongType):
		return "a value is of another type than is needed here (a condition must be true or false: compare with something)"
	case strings.Contains(err.Message, "memory budget"):
		return fmt.Sprintf("the lists grow beyond %d elements", vmBudget)
	case strings.Contains(err.Message, "divide by zero"):
		return "division by zero"
	case strings.HasPrefix(err.Message, "invalid operation"):
		return "the operator does not fit its values (nil, or text where a number is needed)"
	}
	return "it cannot be worked out for this record"
}
