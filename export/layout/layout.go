// Package layout is Coupa's users import: its columns, its rules, the order of a file's columns and the encoding. What
// it knows of the columns it reads from the table in templates. It is the only user of gocsv.
package layout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// Column is one column of the table.
type Column = templates.Column

// Columns returns every column in documented order ("Users Import").
func Columns() []Column { return templates.UsersColumns() }

// Lookup finds a column by its exact name.
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

// OptionError is one thing that is wrong with what a sheet is to be made of.
type OptionError struct {
	Column   string // the mapped or lacking column it is about; "" where it is about none of them
	Unmapped bool   // the column is needed, and not mapped
	Wrong    string // what is wrong, with the column's name
	Hint     string // what to do; "" where that is plain
}

func (e *OptionError) Error() string { return e.Wrong }

// Hints returns what to do.
func (e *OptionError) Hints() []string { return []string{e.Hint} }

// wrong makes an error about a column; the format begins with its name.
func wrong(column, format string, args ...any) *OptionError {
	return &OptionError{Column: column, Wrong: fmt.Sprintf(format, append([]any{column}, args...)...)}
}

func (e *OptionError) hint(format string, args ...any) *OptionError {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// headerError says why name cannot head a column: it is neither in the table nor among the custom ones.
func headerError(name string, table []Column, custom []string) error {
	if bare := strings.TrimSpace(strings.TrimSuffix(name, "*")); bare != name {
		if find(table, bare) >= 0 || slices.Contains(custom, bare) {
			return wrong(name, "column %q must be written %q: the asterisk and blanks of a template are no part of a name", bare)
		}
	}
	if near := export.Nearest(name, append(columnNames(table), custom...)); near != "" {
		return wrong(name, "column %q is not one of Coupa's").hint("did you mean %q? A custom field must be listed under layout.custom", near)
	}
	return wrong(name, "column %q is not one of Coupa's").hint("hr2coupa layout prints Coupa's columns; a custom field must be listed under layout.custom")
}

func columnNames(table []Column) []string {
	out := make([]string, len(table))
	for i, c := range table {
		out[i] = c.Name
	}
	return out
}
