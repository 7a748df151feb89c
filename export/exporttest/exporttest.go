// Package exporttest has what the tests of several rooms of export make their loads, cells and values with.
package exporttest

import "github.com/hr2coupa/hr2coupa/export"

// Load is a load without counters and without an error; with may change it.
func Load(status string, with func(*export.Load)) *export.Load {
	l := &export.Load{ID: "1", Status: status, Processed: -1, Created: -1, Updated: -1, FileSize: -1}
	if with != nil {
		with(l)
	}
	return l
}

// RowError and HeaderError are errors of a load as Coupa tells them.
var (
	RowError    = export.LoadError{Type: "UploadRowError", Row: 1, Messages: []string{"Email is invalid"}}
	HeaderError = export.LoadError{Type: "UploadHeaderError", Messages: []string{"Unknown column"}}
)

// Counters sets what a load says it has done.
func Counters(processed, created, updated int) func(*export.Load) {
	return func(l *export.Load) { l.Processed, l.Created, l.Updated = processed, created, updated }
}

// Refused returns a load errors.
func Refused(errs ...export.LoadError) func(*export.Load) {
	return func(l *export.Load) { l.Errors, l.ErrorsN = errs, len(errs) }
}

// Mum is a load that does not say whether there are errors.
func Mum(l *export.Load) { l.ErrorsN = -1 }

// Set is a cell that HR sets.
func Set(text string) export.Cell { return export.Cell{Text: text, State: export.Set} }

// Text is a value that Coupa holds.
func Text(s string) export.Value { return export.Value{Text: s} }
