package export

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/sirupsen/logrus"
)

// Steers reports whether r may steer a terminal or mislead a reader: control characters, format characters, which hide
// text or turn its direction, and the separators of lines and paragraphs.
func Steers(r rune) bool {
	if r < 0x80 {
		return r < ' ' || r == 0x7f
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Plain returns s as one line that steers no terminal: with a blank for each character that would, and U+FFFD for bytes
// that are not text. It is for values from outside, such as names of files and Coupa's words.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		if Steers(r) {
			return ' '
		}
		return r
	}, s)
}

// Plural returns a number with its noun: 1 row, 2 rows.
func Plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// PlainLines returns the text of an error, one line for each error that was joined in it. A line break in a value makes
// no new line, since a file may be named "x.csv\nall applied". An error with several lines of its own has a method
// Lines that returns them.
func PlainLines(err error) []string {
	var lines []string
	for _, l := range errorLines(err) {
		lines = append(lines, l.text)
	}
	return lines
}

// errorLine is a line of an error's text, with its hints.
type errorLine struct {
	text         string
	hints, stack []string
}

// errorLines returns the lines of an error. An error's own hints go with its last line.
func errorLines(err error) []errorLine {
	if err == nil {
		return nil
	}
	lines := woven(err)
	last := &lines[len(lines)-1]
	hints, stack := hinted(err)
	last.hints, last.stack = add(last.hints, hints), append(last.stack, stack...)
	return lines
}

// woven finds the lines of the errors that err wraps in its text.
func woven(err error) []errorLine {
	if own, ok := err.(interface{ Lines() []string }); ok {
		lines := []errorLine{}
		for _, l := range own.Lines() {
			lines = append(lines, errorLine{text: Plain(l)})
		}
		return lines
	}
	rest, lines := err.Error(), []errorLine{{}}
	say := func(more ...errorLine) {
		last := &lines[len(lines)-1]
		last.text += more[0].text
		last.hints, last.stack = add(last.hints, more[0].hints), append(last.stack, more[0].stack...)
		lines = append(lines, more[1:]...)
	}
	for i, inner := range inside(err) {
		before, after, found := strings.Cut(rest, inner.Error())
		switch {
		case !found: // the error has its own words for it
			for _, l := range errorLines(inner) {
				say(errorLine{hints: l.hints, stack: l.stack})
			}
			continue
		case i > 0 && before == "\n": // errors.Join
			lines = append(lines, errorLine{})
		default:
			say(errorLine{text: Plain(before)})
		}
		say(errorLines(inner)...)
		rest = after
	}
	say(errorLine{text: Plain(rest)})
	return lines
}

// PlainText returns PlainLines as one text, as a report shows its reason.
func PlainText(err error) string { return strings.Join(PlainLines(err), "\n") }

// inside returns the errors that err wraps.
func inside(err error) []error {
	switch err := err.(type) { //nolint:errorlint // it is this that unwraps
	case interface{ Unwrap() error }:
		if inner := err.Unwrap(); inner != nil {
			return []error{inner}
		}
	case interface{ Unwrap() []error }:
		return err.Unwrap()
	}
	return nil
}

// Silent returns a log that discards everything.
func Silent() *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.SetLevel(logrus.PanicLevel)
	return l
}

// Inert keeps a spreadsheet from taking one of our cells for a formula, since it holds Coupa's words and HR's values. A cell
// that begins like a formula gets an apostrophe before it (OWASP, CSV Injection).
func Inert(cell string) string {
	if text := strings.TrimLeft(cell, " \t\r\n\u00a0"); text != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(text)[0]) {
		return "'" + cell
	}
	return cell
}

// SheetField returns a text as a quoted field of a CSV that a person opens: it is no formula, steers no terminal, and stays in its
// line.
func SheetField(text string) string {
	return `"` + strings.ReplaceAll(Inert(Plain(text)), `"`, `""`) + `"`
}
