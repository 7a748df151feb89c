// Package layout is Coupa's users import: its columns, its rules, the order of a file's columns and the encoding. It
// reads the columns from the table in templates. It is the only user of gocsv.
package layout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/templates"
)

// Column is one column of the table.
type Column = templates.Column

// Columns returns every column in documented order ("Users Import").
func Columns() []Column { return templates.UsersColumns() }

// Lookup returns the column with exactly that name; ok is false where there is none.
func Lookup(name string) (Column, bool) {
	table := Columns()
	if i := find(table, name); i >= 0 {
		return table[i], true
	}
	return Column{}, false
}

func find(table []Column, name string) int {
	return slices.IndexFunc(table, func(c Column) bool { return c.Name == name })
}

// OptionError is one fault of a sheet's options.
type OptionError struct {
	Column   string // the mapped or missing column that it is about; "" where it is about no column
	Unmapped bool   // the column is needed but not mapped
	Wrong    string // what is wrong, with the column's name
	Hint     string // what to do; "" where that is clear
}

// Error returns what is wrong, without the hint.
func (e *OptionError) Error() string { return e.Wrong }

// Hints returns what to do, as export.Hinter asks.
func (e *OptionError) Hints() []string { return []string{e.Hint} }

// wrong returns an error about a column; the format begins with its name.
func wrong(column, format string, args ...any) *OptionError {
	return &OptionError{Column: column, Wrong: fmt.Sprintf(format, append([]any{column}, args...)...)}
}

func (e *OptionError) hint(format string, args ...any) *OptionError {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// headerError returns why name cannot be the header of a column: it is neither in the table nor custom.
func headerError(name string, table []Column, custom []string) error {
	if written := withoutStar(name); written != name && (find(table, written) >= 0 || slices.Contains(custom, written)) {
		return wrong(name, "column %q must be written %q: the asterisk and blanks of a template are no part of a name", written)
	}
	if near := alike.Nearest(name, append(columnNames(table), custom...)); near != "" {
		return wrong(name, "column %q is not one of Coupa's").hint("did you mean %q? A custom field must be listed under layout.custom", near)
	}
	return wrong(name, "column %q is not one of Coupa's").hint("hr2coupa layout prints Coupa's columns; a custom field must be listed under layout.custom")
}

// withoutStar returns the name of a column without the asterisk and the blanks that a template puts around it.
func withoutStar(name string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(name), "*"))
}

func columnNames(table []Column) []string {
	out := make([]string, len(table))
	for i, c := range table {
		out[i] = c.Name
	}
	return out
}
