package terminal

import (
	"slices"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

// Error prints what is wrong on a line that begins with "error: ", and what to do on lines that begin with "hint: ". Each
// of several joined errors has a line. A hint that several in a row share is printed once, below the last.
func (t *Text) Error(err error) {
	messages := export.Messages(err)
	for i, m := range messages {
		t.Printf("error: %s\n", m.Lines[0])
		t.Verbatim(m.Lines[1:]...)
		t.Lines("  at ", m.Stack...)
		if i+1 == len(messages) || !slices.Equal(m.Hints, messages[i+1].Hints) {
			t.Lines("hint: ", m.Hints...)
		}
	}
}

// LogError logs an error, an entry for each of those that were joined, with what to do as a field.
func LogError(l *logrus.Logger, err error) {
	for _, m := range export.Messages(err) {
		entry := export.LogHints(l, m.Hints...)
		if len(m.Stack) > 0 {
			entry = entry.WithField("stack", m.Stack)
		}
		entry.Error(strings.Join(m.Lines, "\n"))
	}
}
