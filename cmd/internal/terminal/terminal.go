// Package terminal is the way of all text to a terminal or a log. File names and Coupa's messages are written by others. They
// may hold what controls a terminal, turns the direction of a text or forges a line. Code that prints here has its own words
// in a format and passes all else as values; a value stays on its line and controls nothing. Only Raw bypasses that, and a
// linter asks each caller of it for a reason.
package terminal

import (
	"fmt"
	"io"
	"strconv"

	"golang.org/x/term"

	"github.com/hr2coupa/hr2coupa/export"
)

// Out is stdout or stderr. It is no io.Writer on purpose: what is written is text, JSON, a library's words or,
// for a reason, raw.
type Out struct {
	to      io.Writer
	columns int // how long a line may be where the output is no terminal; 0 for any length
	colour  bool
}

// New returns an Out that writes to to.
func New(to io.Writer) *Out { return &Out{to: to} }

// fewestColumns are as many characters of a line as can be read with; fewer fold nothing.
const fewestColumns = 40

// Assume says how long a line may be if the output is no terminal: the value of COLUMNS. What is no such number allows any
// length, since most such lines go to a file or a program.
func (o *Out) Assume(columns string) *Out {
	if n, err := strconv.Atoi(columns); err == nil && n >= fewestColumns {
		o.columns = n
	}
	return o
}

// Text returns a printer of lines for people.
func (o *Out) Text() *Text { return &Text{to: o.to, width: o.Width(), colour: o.colour} }

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

// Width returns how many characters a line may have: those of the terminal, else what is assumed; 0 for any number.
func (o *Out) Width() int {
	f, ok := o.to.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return o.columns
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return o.columns
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
	to     io.Writer
	width  int // of a line; 0 for any
	colour bool
	line   string // as much of the last line as was written, if it has not ended
	indent string // of what does not fit on that line
	err    error
}

// Nowhere returns a Text that discards everything.
func Nowhere() *Text { return New(io.Discard).Text() }

// Err returns the first error of what was printed.
func (t *Text) Err() error { return t.err }

// Printf prints as fmt.Printf does. The format is the program's own words, a literal; every value is made plain. Lines that are too
// long for the terminal are folded.
func (t *Text) Printf(format string, args ...any) {
	if false {
		_ = fmt.Sprintf(format, args...) // go vet sees by this that calls are to be checked like Printf
	}
	plain := make([]any, len(args))
	for i, a := range args {
		plain[i] = t.value(a)
	}
	t.put(t.fold(fmt.Sprintf(format, plain...)))
}

// Lines prints each line plain and behind the indent.
func (t *Text) Lines(indent string, lines ...string) {
	for _, l := range lines {
		t.Printf("%s%s\n", indent, l)
	}
}

// Verbatim prints each line plain and does not fold it: what people copy into a file, and what points at a place above it.
func (t *Text) Verbatim(lines ...string) {
	for _, l := range lines {
		t.put(export.Plain(l) + "\n")
	}
}

// put writes what is folded, or must not be.
func (t *Text) put(s string) {
	if t.err == nil {
		_, t.err = io.WriteString(t.to, s)
	}
}

// value makes an operand of Printf plain. It leaves numbers as they are, since they may be a width.
func (t *Text) value(v any) any {
	switch v := v.(type) {
	case int, int64, uint64, float64, bool:
		return v
	case toned:
		return v.in(t.colour)
	}
	return plainly{v}
}

// plainly is a value that prints as it would, made plain.
type plainly struct{ v any }

// Format formats the value by itself first, then makes it plain.
func (p plainly) Format(f fmt.State, verb rune) {
	io.WriteString(f, export.Plain(fmt.Sprintf(fmt.FormatString(f, verb), p.v))) // a write to memory does not fail
}
