package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sirupsen/logrus"
)

// HintedError is an error with a hint. Its text says only what is wrong; the hint says what to do.
type HintedError struct {
	Err  error
	Hint string
}

// Error returns what is wrong, without the hint.
func (e *HintedError) Error() string { return e.Err.Error() }

// Unwrap returns the error without the hint.
func (e *HintedError) Unwrap() error { return e.Err }

// Hints returns the hint: see HintsOf.
func (e *HintedError) Hints() []string { return []string{e.Hint} }

// Hint returns err with what to do about it. It returns nil for nil, and err itself for an empty hint.
func Hint(err error, format string, args ...any) error {
	hint := fmt.Sprintf(format, args...)
	if err == nil || hint == "" {
		return err
	}
	return &HintedError{Err: err, Hint: hint}
}

// WithHintsOf returns err, which describes cause in its own words, with the hints of cause.
func WithHintsOf(err, cause error) error {
	for _, h := range HintsOf(cause) {
		err = Hint(err, "%s", h)
	}
	return err
}

// Ours returns err with the hint that it is a fault of the program.
func Ours(err error) error { return Hint(err, "please report this") }

// HintsOf returns what to do about an error and about all errors that it wraps or joins: each hint once, in the order
// of the text, the hints of a cause before those that were added to it. An error type with hints of its own has a
// method Hints.
func HintsOf(err error) []string {
	var hints []string
	for _, m := range Messages(err) {
		hints = add(hints, m.Hints)
	}
	return hints
}

// HintText returns HintsOf as one text, one hint a line, as a report shows it.
func HintText(err error) string { return strings.Join(HintsOf(err), "\n") }

// HintField is the field of a log line with what to do.
const HintField = "hint"

// LogHints returns a log for one line, with the hints, if any, as a field.
func LogHints(log logrus.FieldLogger, hints ...string) logrus.FieldLogger {
	if hint := strings.Join(hints, "; "); hint != "" {
		log = log.WithField(HintField, hint)
	}
	return log
}

// Message is one of the errors joined in an error. Each of its lines is plain text.
type Message struct {
	Lines []string // what is wrong; further lines are indented and belong to the first, such as a caret under the place
	Hints []string // what to do
	Stack []string // of a crash
}

// Messages returns the messages of an error, one for each error that was joined in it.
func Messages(err error) []Message {
	var messages []Message
	for _, l := range errorLines(err) {
		if n := len(messages); n == 0 || !strings.HasPrefix(l.text, " ") {
			messages = append(messages, Message{})
		}
		m := &messages[len(messages)-1]
		m.Lines, m.Hints, m.Stack = append(m.Lines, l.text), add(m.Hints, l.hints), append(m.Stack, l.stack...)
	}
	return messages
}

// hinted returns the error's own hints, and the stack of a crash.
func hinted(err error) (hints, stack []string) {
	if own, ok := err.(interface{ Hints() []string }); ok {
		for _, h := range own.Hints() {
			if h != "" {
				hints = append(hints, Plain(h))
			}
		}
	}
	if crash, ok := err.(*Crash); ok { //nolint:errorlint // the error itself; those within have their turn
		for _, at := range crash.Stack {
			stack = append(stack, Plain(at))
		}
	}
	return hints, stack
}

// add appends the hints of more that are not in hints yet.
func add(hints, more []string) []string {
	for _, h := range more {
		if !slices.Contains(hints, h) {
			hints = append(hints, h)
		}
	}
	return hints
}
