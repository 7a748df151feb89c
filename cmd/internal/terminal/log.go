package terminal

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"runtime"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
)

// NewLog returns a log that writes to to and names people by pseudonym.Who alone. Its lines are text without colours
// until FormatText or FormatJSON is called.
func NewLog(to io.Writer) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(to)
	pseudonym.GuardLog(l)
	FormatText(l, nil)
	return l
}

// FormatText has l write lines of text. On a terminal, which is not nil then, they have colours and are folded behind words. On
// Windows logrus writes no colours.
func FormatText(l *logrus.Logger, on *Out) {
	colours := on != nil && runtime.GOOS != "windows"
	l.SetFormatter(textLog{&logrus.TextFormatter{FullTimestamp: true, DisableColors: !colours, ForceColors: colours}, colours, on})
}

// FormatJSON has l write one JSON object a line.
func FormatJSON(l *logrus.Logger) { l.SetFormatter(jsonLog{&logrus.JSONFormatter{}}) }

// textLog makes messages and values plain. Without colours logrus quotes both, and a line break in one stays readable as
// \n; with colours it writes the message as it is.
type textLog struct {
	as      *logrus.TextFormatter
	colours bool
	on      *Out // the terminal; nil elsewhere
}

// Format formats an entry whose message and values were made plain.
func (f textLog) Format(e *logrus.Entry) ([]byte, error) {
	var line []byte
	var err error
	if f.colours {
		line, err = f.as.Format(plainEntry(e))
	} else if line, err = f.as.Format(e); err == nil {
		line = append([]byte(export.Plain(string(bytes.TrimSuffix(line, []byte("\n"))))), '\n')
	}
	if err != nil || f.on == nil {
		return line, err
	}
	text := strings.TrimRight(string(line), "\n")
	return []byte(strings.Join(Fold(text, "  ", f.on.Width()), "\n") + "\n"), nil
}

// plainEntry returns a copy of e with its message and values plain. e itself goes on to the hooks as it is.
func plainEntry(e *logrus.Entry) *logrus.Entry {
	plain := *e
	plain.Message, plain.Data = export.Plain(e.Message), maps.Clone(e.Data)
	for k, v := range plain.Data {
		plain.Data[k] = export.Plain(fmt.Sprint(v))
	}
	return &plain
}

// jsonLog writes control characters as escapes, so that values stay what they are.
type jsonLog struct{ as *logrus.JSONFormatter }

// Format formats an entry as JSON and escapes control characters in it.
func (f jsonLog) Format(e *logrus.Entry) ([]byte, error) {
	line, err := f.as.Format(e)
	if err != nil || harmless(line) {
		return line, err
	}
	var b bytes.Buffer
	_, err = New(&b).JSON().Write(line)
	return b.Bytes(), err
}
