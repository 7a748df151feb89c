package ready

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
)

// shownLines are the lines that a fault of many rows is told with.
const shownLines = 5

// told returns the faults of one file in the order of their lines, each once: what is wrong with many rows is one fault with
// their number and the first of their lines.
func told(faults []export.Fault) (errs []error) {
	slices.SortStableFunc(faults, func(a, b export.Fault) int { return a.Origin.Line - b.Origin.Line })
	lines := map[export.Fault][]int{}
	var order []export.Fault
	for _, f := range faults {
		line := f.Origin.Line
		f.Origin.Line, f.Value = 0, ""
		if lines[f] == nil {
			order = append(order, f)
		}
		lines[f] = append(lines[f], line)
	}
	for _, f := range order {
		at := lines[f]
		f.Origin.Line = at[0]
		if len(at) > 1 {
			f.Message += fmt.Sprintf(" (%d rows: lines %s)", len(at), first(at))
		}
		errs = append(errs, f)
	}
	return errs
}

// first returns the first of some lines as text.
func first(lines []int) string {
	var b strings.Builder
	for i, line := range lines[:min(len(lines), shownLines)] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Itoa(line))
	}
	if more := len(lines) - shownLines; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}

// stopped returns the error that ends a drop before anything is sent.
func stopped(code int, faults []error) error {
	return &exit.Error{Code: code, Err: errors.Join(append(faults, errors.New("nothing was sent"))...)}
}
