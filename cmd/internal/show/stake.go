package show

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	shownValues = 5      // as many values of one reason are shown
	countedOnly = 10_000 // as many values of one group are told apart, so that memory does not grow with the feed
)

// tally counts the values that the rows of one reason have, fault by fault.
type tally struct {
	faults export.Faults // of the first row
	values []map[string]int
}

// add counts the values of a row, and returns how many of them were new. With full no new ones are taken.
func (t *tally) add(faults export.Faults, full bool) (added int) {
	if t.values == nil {
		t.faults, t.values = faults, make([]map[string]int, len(faults))
	}
	for i, f := range faults[:min(len(faults), len(t.values))] {
		if _, known := t.values[i][f.Value]; f.Value == "" || full && !known {
			continue
		} else if !known {
			added++
		}
		if t.values[i] == nil {
			t.values[i] = map[string]int{}
		}
		t.values[i][f.Value]++
	}
	return added
}

// text returns the faults in words, with the values that rows have, the most frequent ones first.
func (t *tally) text() string {
	texts := make([]string, len(t.faults))
	for i, f := range t.faults {
		texts[i] = withValue(f, frequent(t.values[i]))
	}
	return strings.Join(texts, export.BetweenFaults)
}

// frequent returns the most frequent values, each with its number.
func frequent(of map[string]int) string {
	type counted struct {
		value string
		n     int
	}
	all := make([]counted, 0, len(of))
	for v, n := range of {
		all = append(all, counted{v, n})
	}
	slices.SortFunc(all, func(a, b counted) int { return cmp.Or(b.n-a.n, strings.Compare(a.value, b.value)) })
	var texts []string
	for _, c := range all[:min(len(all), shownValues)] {
		texts = append(texts, fmt.Sprintf("%s (%d)", inQuotes(c.value), c.n))
	}
	if len(all) > shownValues {
		texts = append(texts, "…")
	}
	return strings.Join(texts, ", ")
}

// valued returns the faults of one row in words, with its values.
func valued(faults export.Faults) string {
	texts := make([]string, len(faults))
	for i, f := range faults {
		value := ""
		if f.Value != "" {
			value = inQuotes(f.Value)
		}
		texts[i] = withValue(f, value)
	}
	return strings.Join(texts, export.BetweenFaults)
}

// withValue returns a fault in words with a value behind its field: Department "FINANCE": is too long.
func withValue(f export.Fault, value string) string {
	label := strings.ReplaceAll(strings.TrimSuffix(f.Field, "_id"), "_", " ") // Coupa's words name its department_id Department
	switch {
	case value == "" || f.Field == "":
		return f.Text()
	case f.Rule != export.RuleCoupa:
		f.Field += " " + value
	case f.Begins(label):
		f.Message = f.Message[:len(label)] + " " + value + f.Message[len(label):]
	default:
		f.Message = f.Field + " " + value + ": " + f.Message
	}
	return f.Text()
}
