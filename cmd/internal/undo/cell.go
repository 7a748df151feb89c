package undo

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/undone"
)

// road is what decides whether a cell can be written at all.
type road struct {
	byAPI    bool
	mapped   func(column string) bool
	identity func(column string) bool // the column alone decides who a row is about
}

// back decides about a cell that a run has changed. shown is false where Coupa did not show the element now. It returns the text
// that brings the value from before back, as a typed cell has it; or why the cell stays as it is.
func (r road) back(c export.CellChange, e export.Element, held export.Value, shown bool) (text string, why undone.Reason) {
	switch {
	case !c.Known:
		return "", undone.Unknown
	case !shown:
		return "", undone.Hidden
	}
	text, writable := before(c, e, held)
	was := cellOf(e, text)
	switch _, differs := was.Change(held, true); {
	case writable && !differs, !writable && held.Show(e.Kind) == c.Old:
		return "", undone.AsBefore
	case !holds(cellOf(e, c.New), held):
		return "", undone.Changed
	case !r.mapped(c.Column):
		return "", undone.Unmapped
	case r.identity(c.Column):
		return "", undone.Identity
	case !writable:
		return "", undone.Form
	case was.Cell.State != export.Clear:
		return text, ""
	case !r.byAPI && e.Empty == "":
		return "", undone.Empty
	}
	return export.NullWord, ""
}

// cellOf returns a cell with a text; "" empties, or removes the object.
func cellOf(e export.Element, text string) export.ElementCell {
	switch {
	case e.Kind == export.KindRemoval:
		text = "Yes"
	case text == "":
		return export.ElementCell{Element: e, Cell: export.Cell{State: export.Clear}}
	}
	return export.ElementCell{Element: e, Cell: export.Cell{State: export.Set, Text: text}}
}

// holds reports whether Coupa holds a cell as it was sent.
func holds(c export.ElementCell, held export.Value) bool {
	for _, o := range export.Compare([]export.ElementCell{c}, export.User{Values: map[string]export.Value{c.Element.Path: held}}) {
		return o.Verdict == export.CellConfirmed
	}
	return false
}

// before returns the value from before as the text of a cell; "" is empty. What Value.Show has shown of it is that text, but for
// objects that no cell can name. held is what Coupa holds now.
func before(c export.CellChange, e export.Element, held export.Value) (text string, ok bool) {
	old := strings.TrimSpace(c.Old)
	switch e.Kind {
	case export.KindRemoval, export.KindAction:
		return "", false
	case export.KindBool: // null is No
		if export.Truth(old) == "true" {
			return "Yes", true
		}
		return "No", true
	case export.KindNames:
		return old, !slices.ContainsFunc(c.Lost, hasComma)
	case export.KindPhone, export.KindLimit, export.KindCustom:
		return old, true
	}
	return old, held.Parts == nil
}

// hasComma reports whether a name has the character that separates the names of a list.
func hasComma(name string) bool { return strings.Contains(name, ",") }
