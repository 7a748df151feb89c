package export

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/sirupsen/logrus"
)

// Steers reports whether a terminal or a reader may take r for an order instead of a letter: control characters, format
// characters, which hide text or turn its direction, and the separators of lines and paragraphs.
func Steers(r rune) bool {
	if r < 0x80 {
		return r < ' ' || r == 0x7f
	}
	return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp)
}

// Plain returns s as one line that steers nothing: a blank stands for each character that would, and U+FFFD for bytes that
// are no text. It is for values that others have written, such as names of files and Coupa's words.
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

// PlainLines returns what an error says, a line for each error that was joined in it. A line break in a value makes no
// line, since a file may be named "x.csv\nall applied". An error whose own text has several lines has a method Lines,
// which answers for each of them.
func PlainLines(err error) []string {
	var lines []string
	for _, l := range told(err) {
		lines = append(lines, l.text)
	}
	return lines
}

// toldLine is a line of an error's text, with what goes with it.
type toldLine struct {
	text         string
	hints, stack []string
}

// told returns the lines of an error. What an error itself has of hints goes with its last line.
func told(err error) []toldLine {
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
func woven(err error) []toldLine {
	if own, ok := err.(interface{ Lines() []string }); ok {
		lines := []toldLine{}
		for _, l := range own.Lines() {
			lines = append(lines, toldLine{text: Plain(l)})
		}
		return lines
	}
	rest, lines := err.Error(), []toldLine{{}}
	say := func(more ...toldLine) {
		last := &lines[len(lines)-1]
		last.text += more[0].text
		last.hints, last.stack = add(last.hints, more[0].hints), append(last.stack, more[0].stack...)
		lines = append(lines, more[1:]...)
	}
	for i, inner := range inside(err) {
		before, after, found := strings.Cut(rest, inner.Error())
		switch {
		case !found: // the error has words of its own for it
			for _, l := range told(inner) {
				say(toldLine{hints: l.hints, stack: l.stack})
			}
			continue
		case i > 0 && before == "\n": // errors.Join
			lines = append(lines, toldLine{})
		default:
			say(toldLine{text: Plain(before)})
		}
		say(told(inner)...)
		rest = after
	}
	say(toldLine{text: Plain(rest)})
	return lines
}

// PlainText is PlainLines as one text, as the reason in a report has it.
func PlainText(err error) string { return strings.Join(PlainLines(err), "\n") }

// inside are the errors that err wraps.
func inside(err error) []error {
	switch err := err.(type) {
	case interface{ Unwrap() error }:
		if inner := err.Unwrap(); inner != nil {
			return []error{inner}
		}
	case interface{ Unwrap() []error }:
		return err.Unwrap()
	}
	return nil
}

// Silent is a log that nobody reads.
func Silent() *logrus.Logger {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.SetLevel(logrus.PanicLevel)
	return l
}
