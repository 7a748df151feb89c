// Package exporttest helps the tests of several rooms of export to make loads, cells and values.
package exporttest

import "github.com/hr2coupa/hr2coupa/export"

// Load returns a load of a status without counters and without an error; with may change it.
func Load(status string, with func(*export.Load)) *export.Load {
	l := &export.Load{ID: "1", Status: status, Processed: -1, Created: -1, Updated: -1, FileSize: -1}
	if with != nil {
		with(l)
	}
	return l
}

// RowError and HeaderError are errors of a load, with Coupa's types.
var (
	RowError    = export.LoadError{Type: "UploadRowError", Row: 1, Messages: []string{"Email is invalid"}}
	HeaderError = export.LoadError{Type: "UploadHeaderError", Messages: []string{"Unknown column"}}
)

// Counters returns a change that sets the counters of a load.
func Counters(processed, created, updated int) func(*export.Load) {
	return func(l *export.Load) { l.Processed, l.Created, l.Updated = processed, created, updated }
}

// Refused returns a change that adds errors to a load.
func Refused(errs ...export.LoadError) func(*export.Load) {
	return func(l *export.Load) { l.Errors, l.ErrorsN = errs, len(errs) }
}

// Mum makes a load say nothing about the number of its errors.
func Mum(l *export.Load) { l.ErrorsN = -1 }

// Set returns a cell that HR sets.
func Set(text string) export.Cell { return export.Cell{Text: text, State: export.Set} }

// Text returns a value that Coupa holds.
func Text(s string) export.Value { return export.Value{Text: s} }
