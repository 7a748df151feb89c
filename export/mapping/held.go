package mapping

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/builtin"
	"golang.org/x/text/unicode/norm"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// This file has what expressions read of Coupa's users: coupa["User Role Names"], and the lists that are made from it. It is not
// known when a record is mapped for the first time, since the mapping says whom Coupa is asked about. Such cells are absent then,
// and are worked out when the record is mapped again, with the answer.

// Coupa says what an expression can read of Coupa's users. Without Element it is nothing.
type Coupa struct {
	Columns []string // for hints
	// Element returns the element where Coupa shows a column; ok is false where it shows none.
	Element func(column string) (e export.Element, ok bool)
	Before  []string // columns by which Coupa is asked: they cannot read what it answers
}

// The names by which a mapping reads Coupa's users, and by which a rewritten tree does; no mapping can write the latter.
const (
	coupaName = "coupa"
	heldName  = "held "
)

// Held returns the columns that expressions read of Coupa's users.
func (m *Mapping) Held() (names []string) {
	for _, e := range m.held {
		names = append(names, e.Column)
	}
	return names
}

// ReadsHeld reports whether the expression of a column reads what Coupa holds of the person.
func (m *Mapping) ReadsHeld(column string) bool {
	return slices.ContainsFunc(m.columns, func(c compiledColumn) bool { return c.Name == column && len(c.held) > 0 })
}

// heldColumn rewrites coupa["X"]; ok is false for any other node.
func (w *rewriter) heldColumn(n *ast.MemberNode) (ast.Node, bool) {
	id, ok := n.Node.(*ast.IdentifierNode)
	if !ok || id.Value != coupaName || w.scope[coupaName] > 0 {
		return nil, false
	}
	property, ok := n.Property.(*ast.StringNode)
	if !ok {
		w.advise(n, `write coupa["User Role Names"]`, "coupa[...] needs the name of a Coupa column as text")
		return n, true
	}
	column := property.Value
	if !slices.Contains(w.coupa.Columns, column) {
		hint := "hr2coupa layout lists the columns; name custom ones in layout.custom"
		if near := alike.Nearest(column, w.coupa.Columns); near != "" {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		w.advise(n, hint, "coupa[...]: there is no Coupa column %q", column)
		return inPlaceOf(n, &ast.NilNode{}), true
	}
	e, shown := w.coupa.Element(column)
	if !shown || e.Kind == export.KindAction || e.Kind == export.KindRemoval {
		w.advise(n, "read it from an HR field", "coupa[...]: Coupa does not show the column %q", column)
		return inPlaceOf(n, &ast.NilNode{}), true
	}
	e.Column = column
	i := slices.IndexFunc(w.compiler.held, func(h export.Element) bool { return h.Column == column })
	if i < 0 {
		i = len(w.compiler.held)
		w.compiler.held = append(w.compiler.held, e)
	}
	w.reads([]int{i})
	return w.ours(n, heldName, inPlaceOf(n, &ast.IdentifierNode{Value: frameName}), inPlaceOf(n, &ast.IntegerNode{Value: i})), true
}

func (w *rewriter) reads(held []int) {
	for _, i := range held {
		if !slices.Contains(w.held, i) {
			w.held = append(w.held, i)
		}
	}
}

// heldNumber returns the number of what a rewritten node reads of Coupa's users.
func (c *compiler) heldNumber(n ast.Node) (int, bool) {
	call, name := calledFunction(n)
	if name != heldName {
		return 0, false
	}
	return call.Arguments[1].(*ast.IntegerNode).Value, true
}

// wholeList reports whether a function makes the whole list of a list column.
func wholeList(function string) bool {
	return slices.Contains([]string{"replace", "merge", "without"}, function)
}

// changed checks that merge(...) and without(...) go out from what Coupa holds in the column itself: the list of any other
// column, or of HR, would take its place.
func (w *rewriter) changed(root ast.Node, col Column) {
	if len(w.held) > 0 && slices.Contains(w.coupa.Before, col.Name) {
		w.advise(root, "make it of HR's fields", "Coupa is asked about people by this column, so it cannot read coupa[...]")
	}
	if w.persons && slices.Contains([]string{export.ColumnID, export.ColumnLogin, export.ColumnEmail, export.ColumnNumber}, col.Name) {
		w.advise(root, "make it of HR's fields", "people are found by this column, so it cannot read person(...)")
	}
	if !col.List || len(w.complaints) > 0 {
		return
	}
	for _, leaf := range leaves(root) {
		call, name := calledFunction(leaf)
		if name != "merge" && name != "without" || len(call.Arguments) == 0 || w.lame {
			continue
		}
		if !w.readsColumn(call.Arguments[0], col.Name) && (name == "without" || !slices.ContainsFunc(call.Arguments, func(a ast.Node) bool { return w.readsColumn(a, col.Name) })) {
			w.advise(leaf, fmt.Sprintf("write %s(coupa[%q], ...), or replace(...) with the whole list", name, col.Name),
				"%s(...) changes the list that Coupa holds, and this one does not read it", name)
		}
	}
}

// readsColumn reports whether a rewritten node reads what Coupa holds in a column, itself or by a variable.
func (w *rewriter) readsColumn(n ast.Node, column string) bool {
	found := false
	ast.Walk(&n, visitor(func(n ast.Node) {
		if i, ok := w.heldNumber(n); ok && w.compiler.held[i].Column == column {
			found = true
		}
		if v := w.used(n); v != nil {
			found = found || slices.ContainsFunc(v.held, func(i int) bool { return w.compiler.held[i].Column == column })
		}
	}))
	return found
}

type visitor func(ast.Node)

// Visit calls the visitor for a node.
func (v visitor) Visit(n *ast.Node) { v(*n) }

// heldFunction is the function by which the VM reads what Coupa holds.
var heldFunction = &builtin.Function{Name: heldName, Types: []reflect.Type{reflect.TypeFor[func(...any) any]()}, Func: func(args ...any) (any, error) {
	v, err := args[0].(*frame).held(args[1].(int))
	return v.box(), err
}}

// errLater is no fault: what the expression needs is asked later.
var errLater = errors.New("coupa[...] is asked later")

// unheldError is why it is not known what Coupa holds. The sentences have lines in templates/causes.csv.
type unheldError struct{ column, why string }

const (
	sayUnasked  = "and Coupa was not asked about this person"
	sayUnshown  = "and Coupa does not show it (Coupa id %s)"
	sayNotKnown = "needs coupa[%q], %s"
)

// Error returns what is needed, and why it is not known.
func (e *unheldError) Error() string { return fmt.Sprintf(sayNotKnown, e.column, e.why) }

// notHeld returns the error that what Coupa holds is not known, or not yet; nil for every other error.
func notHeld(err error) error {
	var unheld *unheldError
	switch {
	case errors.As(err, &unheld):
		return unheld
	case errors.Is(err, errLater):
		return errLater
	}
	return nil
}

// sooner returns the error of a cell. One that waits for Coupa's answer has none.
func sooner(err error) error {
	if errors.Is(err, errLater) {
		return nil
	}
	return err
}

// held returns what Coupa holds of the record's person; nil for a person who is new.
func (f *frame) held(number int) (value, error) {
	e, has := f.mapper.mapping.held[number], f.rec.Coupa
	if has == nil {
		return value{}, &unheldError{e.Column, sayUnasked}
	}
	has.Read = true
	switch {
	case has.Later:
		return value{}, errLater
	case has.User == nil:
		return value{}, nil
	}
	v, shown := has.User.Value(e)
	if !shown {
		return value{}, &unheldError{e.Column, fmt.Sprintf(sayUnshown, has.User.ID)}
	}
	return asCell(e, v), nil
}

// asCell returns a value in the form of a cell that leaves it: Yes and No for flags, a list for lists.
func asCell(e export.Element, v export.Value) value {
	switch e.Kind {
	case export.KindNames:
		if len(v.List) == 0 {
			return value{}
		}
		list := make([]any, len(v.List))
		for i, name := range v.List {
			list[i] = textValue(strings.TrimSpace(name)).box()
		}
		return value{any: list}
	case export.KindBool:
		switch export.Truth(v.Text) {
		case "true":
			return textValue("Yes")
		case "false", "":
			return textValue("No")
		}
	}
	return textValue(strings.TrimSpace(v.Show(e.Kind)))
}

// merge returns the names of all lists, each once: those of the first as they stand there, and then what the others add. Names are
// compared as those of two lists are elsewhere: exactly, in Unicode NFC.
func merge(args []value) (value, error) {
	var all []string
	seen := map[string]bool{}
	for _, a := range args {
		names, err := namesOf(a)
		if err != nil {
			return value{}, err
		}
		for _, name := range names {
			if key := norm.NFC.String(name); !seen[key] {
				seen[key] = true
				all = append(all, name)
			}
		}
	}
	return wholeOf(all)
}

// without returns the names of the first list that are in none of the others. Whoever takes the last one empties the list.
func without(args []value) (value, error) {
	names, err := namesOf(args[0])
	if err != nil {
		return value{}, err
	}
	taken := map[string]bool{}
	for _, a := range args[1:] {
		others, err := namesOf(a)
		if err != nil {
			return value{}, err
		}
		for _, name := range others {
			taken[norm.NFC.String(name)] = true
		}
	}
	var left []string
	for _, name := range names {
		if key := norm.NFC.String(name); !taken[key] {
			taken[key] = true
			left = append(left, name)
		}
	}
	if len(left) == 0 && len(names) > 0 {
		return value{any: cleared{}}, nil
	}
	return wholeOf(left)
}
