package layout

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
)

// maxTemplate is how many bytes of a template are read at most. A template is one header line of some kilobytes.
const maxTemplate = 1 << 20

// Diff lists how an instance's own template differs from the built-in layout.
type Diff struct {
	Missing   []string `json:"missing,omitempty"`   // built-in columns that the template lacks; they must not be sent to this instance
	Unknown   []string `json:"unknown,omitempty"`   // columns of the template that are neither built in nor custom
	Starred   []string `json:"starred,omitempty"`   // columns marked with an asterisk, which is not part of the name
	Moved     []string `json:"moved,omitempty"`     // common columns out of the documented order, which does not matter to Coupa
	Duplicate []string `json:"duplicate,omitempty"` // columns that occur more than once
}

// Same reports whether the template has exactly the built-in and custom columns. Order and asterisks do not count.
func (d Diff) Same() bool { return len(d.Missing)+len(d.Unknown)+len(d.Duplicate) == 0 }

// Compare reads the header line of the CSV template that an instance offers (Load from file, CSV template) and compares
// it with the built-in columns and the custom ones. It accepts a trailing asterisk on a name and lists it in Starred.
func Compare(template io.Reader, custom []string) (Diff, error) {
	data, err := io.ReadAll(io.LimitReader(template, maxTemplate+1))
	if err != nil {
		return Diff{}, fmt.Errorf("read template: %w", err)
	}
	data = bytes.TrimPrefix(data, []byte(bom))
	switch {
	case len(data) > maxTemplate:
		return Diff{}, export.Hint(fmt.Errorf("template is larger than %d bytes", maxTemplate), "give the CSV template, not an export")
	case !utf8.Valid(data):
		return Diff{}, export.Hint(errors.New("template is not valid UTF-8"), "give it as Coupa offers it, not saved by a spreadsheet")
	}
	header, err := csv.NewReader(bytes.NewReader(data)).Read()
	if errors.Is(err, io.EOF) {
		return Diff{}, errors.New("template is empty")
	}
	if err != nil {
		return Diff{}, fmt.Errorf("read template header: %w", err)
	}
	if mark := wrongDelimiter(header); mark != "" {
		return Diff{}, export.Hint(fmt.Errorf("template is separated by %s", mark), useCommas)
	}
	if len(header) > maxHeader {
		return Diff{}, fmt.Errorf("template has %d columns, more than any of Coupa's", len(header))
	}
	if !headed(header) {
		return Diff{}, export.Hint(errors.New("template names no column of Coupa's"), "give one with the header as its first line") // the line may be a person's data: quote nothing
	}
	return compare(header, custom), nil
}

// headed reports whether a first line has any of Coupa's columns. A line without one may be a data row, and its cells
// must not be quoted.
func headed(names []string) bool {
	table := Columns()
	return slices.ContainsFunc(names, func(n string) bool { return find(table, strings.TrimRight(n, "* ")) >= 0 })
}

func compare(header, custom []string) (d Diff) {
	table := Columns()
	var seen []string
	var places []int // places in the table of the built-in columns seen
	for _, name := range header {
		bare := strings.TrimSpace(name)
		if b, ok := strings.CutSuffix(bare, "*"); ok {
			bare = strings.TrimSpace(b)
			d.Starred = append(d.Starred, bare)
		}
		at := find(table, bare)
		switch {
		case slices.Contains(seen, bare):
			d.Duplicate = append(d.Duplicate, bare)
			continue
		case at >= 0:
			places = append(places, at)
		case !slices.Contains(custom, bare):
			d.Unknown = append(d.Unknown, bare)
		}
		seen = append(seen, bare)
	}
	for _, c := range table {
		if !slices.Contains(seen, c.Name) {
			d.Missing = append(d.Missing, c.Name)
		}
	}
	for _, c := range custom {
		if !slices.Contains(seen, c) {
			d.Missing = append(d.Missing, c)
		}
	}
	for _, i := range outOfOrder(places) {
		d.Moved = append(d.Moved, table[i].Name)
	}
	return d
}

// outOfOrder returns the fewest members that have to be removed so that the others ascend: those outside a longest
// ascending run.
func outOfOrder(places []int) (moved []int) {
	length := make([]int, len(places)) // length of the longest ascending run that begins here
	longest := 0
	for i := len(places) - 1; i >= 0; i-- {
		length[i] = 1
		for j := i + 1; j < len(places); j++ {
			if places[j] > places[i] {
				length[i] = max(length[i], length[j]+1)
			}
		}
		longest = max(longest, length[i])
	}
	last, want := -1, longest
	for i, p := range places {
		if length[i] == want && p > last {
			last, want = p, want-1
			continue
		}
		moved = append(moved, p)
	}
	return moved
}

const useCommas = "separate the columns by commas, as Coupa does"

// wrongDelimiter names the delimiter that would cut a header of one field; "" where none would.
func wrongDelimiter(header []string) string {
	if len(header) != 1 {
		return ""
	}
	for _, d := range []struct{ mark, name string }{{";", "semicolons"}, {"\t", "tabs"}, {"|", "bars"}} {
		if strings.Contains(header[0], d.mark) {
			return d.name
		}
	}
	return ""
}
