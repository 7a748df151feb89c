package export

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sirupsen/logrus"
)

// HintedError is an error with a way out. Its text says only what is wrong; the hint says what to do.
type HintedError struct {
	Err  error
	Hint string
}

func (e *HintedError) Error() string { return e.Err.Error() }
func (e *HintedError) Unwrap() error { return e.Err }

// Hints returns the hint: see HintsOf.
func (e *HintedError) Hints() []string { return []string{e.Hint} }

// Hint adds to an error what to do about it. No error stays none, and an empty hint adds nothing.
func Hint(err error, format string, args ...any) error {
	hint := fmt.Sprintf(format, args...)
	if err == nil || hint == "" {
		return err
	}
	return &HintedError{Err: err, Hint: hint}
}

// WithHintsOf adds to an error, which says in words of its own what cause is, the hints of cause.
func WithHintsOf(err, cause error) error {
	for _, h := range HintsOf(cause) {
		err = Hint(err, "%s", h)
	}
	return err
}

// Ours adds to an error that it is a fault of the program.
func Ours(err error) error { return Hint(err, "please report this") }

// HintsOf returns what to do about an error and about all that it wraps or joins: each hint once, in the order of the
// text, what belongs to a cause before what was added to it. An error type with hints of its own has a method Hints.
func HintsOf(err error) []string {
	var hints []string
	for _, m := range Messages(err) {
		hints = add(hints, m.Hints)
	}
	return hints
}

// HintText is HintsOf as one text, a hint a line, as a report has it beside its reason.
func HintText(err error) string { return strings.Join(HintsOf(err), "\n") }

// HintField is the field of a log line that says what to do.
const HintField = "hint"

// LogHints returns a log for one line, which has what to do as a field, if there is anything to do.
func LogHints(log logrus.FieldLogger, hints ...string) logrus.FieldLogger {
	if hint := strings.Join(hints, "; "); hint != "" {
		log = log.WithField(HintField, hint)
	}
	return log
}

// Message is one of the errors that were joined in one. Every line of it is plain.
type Message struct {
	Lines []string // what is wrong; further lines are indented and belong to the first, such as a caret below the place
	Hints []string // what to do
	Stack []string // of a crash
}

// Messages returns what an error says, a message for each error that was joined in it.
func Messages(err error) []Message {
	var messages []Message
	for _, l := range told(err) {
		if n := len(messages); n == 0 || !strings.HasPrefix(l.text, " ") {
			messages = append(messages, Message{})
		}
		m := &messages[len(messages)-1]
		m.Lines, m.Hints, m.Stack = append(m.Lines, l.text), add(m.Hints, l.hints), append(m.Stack, l.stack...)
	}
	return messages
}

// hinted returns the hints that an error itself has, and the stack of a crash.
func hinted(err error) (hints, stack []string) {
	if own, ok := err.(interface{ Hints() []string }); ok {
		for _, h := range own.Hints() {
			if h != "" {
				hints = append(hints, Plain(h))
			}
		}
	}
	if crash, ok := err.(*Crash); ok {
		for _, at := range crash.Stack {
			stack = append(stack, Plain(at))
		}
	}
	return hints, stack
}

// add appends those of more that are not there yet.
func add(hints, more []string) []string {
	for _, h := range more {
		if !slices.Contains(hints, h) {
			hints = append(hints, h)
		}
	}
	return hints
}
