package spreadsheet

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

var delimiterWords = map[string]string{";": "semicolons", "\t": "tabs", ",": "commas"}

// shownLines are the lines that an assumption is told with.
const shownLines = 5

// String returns the change in words. It quotes headers, and no value.
func (c Change) String() string {
	switch c.Kind {
	case MarkRemoved:
		return "the byte order mark is left out"
	case EncodingRead:
		text := c.Was + " became " + c.Is
		if c.Assumed {
			text += "; that it was " + c.Was + " is assumed" + c.proof()
		}
		return text
	case DelimiterMade:
		text := delimiterWords[c.Was] + " became " + delimiterWords[c.Is]
		if c.Quoted > 0 {
			text += fmt.Sprintf(", and %s with a comma got quotes", export.Plural(c.Quoted, "value"))
		}
		return text
	}
	return fmt.Sprintf("the header %q became %q", c.Was, c.Is)
}

// proof says by which lines a person sees whether an assumption is right.
func (c Change) proof() string {
	var at []string
	for _, line := range c.Lines[:min(len(c.Lines), shownLines)] {
		at = append(at, strconv.Itoa(line))
	}
	if more := len(c.Lines) - shownLines; more > 0 {
		at = append(at, fmt.Sprintf("and %d more", more))
	}
	if len(c.Lines) == 1 {
		return ": see line " + at[0]
	}
	return ": see lines " + strings.Join(at, ", ")
}
