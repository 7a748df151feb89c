package terminal_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

// place is an error with a second line that points at the place.
type place struct{ file string }

func (p place) Error() string   { return strings.Join(p.Lines(), "\n") }
func (p place) Lines() []string { return []string{p.file + ":1: unexpected token", "    a+", "     ^"} }

func TestErrorPrintsWhatIsWrongAndWhatToDoOnLinesOfTheirOwn(t *testing.T) {
	room := export.Hint(errors.New("no room"), "make room")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"none", nil, ""},
		{"no hint", errors.New("bad"), "error: bad\n"},
		{"a hint", fmt.Errorf("copy: %w", room), "error: copy: no room\nhint: make room\n"},
		{"two hints", export.Hint(room, "run again"), "error: no room\nhint: make room\nhint: run again\n"},
		{"joined", errors.Join(errors.New("bad"), room), "error: bad\nerror: no room\nhint: make room\n"},
		{"one hint for several", errors.Join(room, room, errors.New("bad"), room), "error: no room\nerror: no room\nhint: make room\nerror: bad\nerror: no room\nhint: make room\n"},
		{"a place", export.Hint(place{"a.yaml"}, "see docs"), "error: a.yaml:1: unexpected token\n    a+\n     ^\nhint: see docs\n"},
		{"steering", export.Hint(errors.New(hostile), "remove %s", hostile), "error: " + tamed + "\nhint: remove " + tamed + "\n"},
		{"a crash", &export.Crash{What: "index out of range", Stack: []string{"f a.go:1", "g b.go:2"}},
			"error: the program crashed: index out of range at f a.go:1\n  at f a.go:1\n  at g b.go:2\n" +
				"hint: this is a fault of hr2coupa: report it with the stack, which holds no data; the next start goes on from here\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var b bytes.Buffer
			terminal.New(&b).Text().Error(test.err)
			if b.String() != test.want {
				t.Errorf("printed %q, want %q", b.String(), test.want)
			}
		})
	}
}

func TestLogErrorLogsEachOfTheJoined(t *testing.T) {
	var b bytes.Buffer
	l := terminal.NewLog(&b)
	terminal.FormatJSON(l)
	terminal.LogError(l, errors.Join(place{"a.yaml"}, export.Hint(errors.New("no room"), "make room"), &export.Crash{What: "panic", Stack: []string{"f a.go:1"}}))
	for i, want := range []string{
		`"level":"error","msg":"a.yaml:1: unexpected token\n    a+\n     ^"`, `{"hint":"make room","level":"error","msg":"no room"`, `"stack":["f a.go:1"]`,
	} {
		if line := strings.Split(b.String(), "\n")[i]; !strings.Contains(line, want) {
			t.Errorf("line %d is %s, want %s", i, line, want)
		}
	}
}
