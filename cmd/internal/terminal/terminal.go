// Package terminal is the way of all text to a terminal or a log. File names and Coupa's messages are written by others. They
// may hold what controls a terminal, turns the direction of a text or forges a line. Code that prints here has its own words
// in a format and passes all else as values; a value stays on its line and controls nothing. Only Raw bypasses that, and a
// linter asks each caller of it for a reason.
package terminal

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"github.com/hr2coupa/hr2coupa/export"
)

// Out is stdout or stderr. It is no io.Writer on purpose: what is written is text, JSON, a library's words or,
// for a reason, raw.
type Out struct {
	to io.Writer
}

// New returns an Out that writes to to.
func New(to io.Writer) *Out { return &Out{to} }

// Text returns a printer of lines for people.
func (o *Out) Text() *Text { return &Text{to: o.to} }

// JSON returns a writer of JSON that writes a control character as its \u escape, so that the values stay the same.
func (o *Out) JSON() io.Writer { return &jsonWriter{to: o.to} }

// Words returns a writer for libraries that print texts of their own, such as a command's help: it keeps line breaks and
// tabs, and writes a blank for every other control character.
func (o *Out) Words() io.Writer { return &wordWriter{to: o.to} }

// Raw returns the writer itself, for what has to control the terminal and for lines of the log, which Format has made plain.
func (o *Out) Raw() io.Writer { return o.to }

// Printf prints one text, as Text does.
func (o *Out) Printf(format string, args ...any) error {
	t := o.Text()
	t.Printf(format, args...)
	return t.Err()
}

// IsTerminal reports whether this output is a terminal.
func (o *Out) IsTerminal() bool { return IsTerminal(o.to) }

// Width returns how many characters a line of the terminal has; 0 if this output is none.
func (o *Out) Width() int {
	f, ok := o.to.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// IsTerminal reports whether a reader or writer is a terminal.
func IsTerminal(v any) bool {
	f, ok := v.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// Text prints lines for people. It remembers the first error, so that a full disk behind stdout is reported once, at the end.
type Text struct {
	to  io.Writer
	err error
}

// Nowhere returns a Text that discards everything.
func Nowhere() *Text { return New(io.Discard).Text() }

// Err returns the first error of what was printed.
func (t *Text) Err() error { return t.err }

// Printf prints as fmt.Printf does. The format is the program's own words, a literal; every value is made plain.
func (t *Text) Printf(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...) // go vet sees by this that calls are to be checked like Printf
	}
	plain := make([]any, len(args))
	for i, a := range args {
		plain[i] = value(a)
	}
	t.write(fmt.Sprintf(format, plain...))
}

// Lines prints each line plain and behind the indent.
func (t *Text) Lines(indent string, lines ...string) {
	for _, l := range lines {
		t.Printf("%s%s\n", indent, l)
	}
}

// Table prints aligned columns, each line indented by two. Every cell is plain.
func (t *Text) Table(rows [][]string) {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = export.Plain(cell)
		}
		fmt.Fprintln(w, "  "+strings.Join(cells, "\t")) // Flush returns the error of any write
	}
	w.Flush() // a write to memory does not fail
	t.write(b.String())
}

func (t *Text) write(s string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.to, s)
	}
}

// value makes an operand of Printf plain. It leaves numbers as they are, since they may be a width.
func value(v any) any {
	switch v.(type) {
	case int, int64, uint64, float64, bool:
		return v
	}
	return plainly{v}
}

// plainly is a value that prints as it would, made plain.
type plainly struct{ v any }

// Format formats the value by itself first, then makes it plain.
func (p plainly) Format(f fmt.State, verb rune) {
	io.WriteString(f, export.Plain(fmt.Sprintf(fmt.FormatString(f, verb), p.v))) // a write to memory does not fail
}
