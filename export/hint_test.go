package export_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestHintsComeThroughWrapsAndJoins(t *testing.T) {
	no := export.Hint(errors.New("no way in"), "ask %s", "IT")
	full := export.Hint(errors.New("no room"), "make room")
	typed := &export.NotDeliveredError{What: export.NoLogin, Msg: no.Error(), Err: no}
	tests := []struct {
		name  string
		err   error
		want  []string
		lines []string
	}{
		{"no error", nil, nil, nil},
		{"no error with a hint", export.Hint(nil, "nothing"), nil, nil},
		{"no hint", errors.New("bad"), nil, []string{"bad"}},
		{"an empty hint", export.Hint(errors.New("bad"), ""), nil, []string{"bad"}},
		{"one", no, []string{"ask IT"}, []string{"no way in"}},
		{"wrapped", fmt.Errorf("connect: %w (twice)", no), []string{"ask IT"}, []string{"connect: no way in (twice)"}},
		{"in a type with words of its own", typed, []string{"ask IT"}, []string{"login: no way in"}},
		{"not in the text", &export.NotDeliveredError{What: export.NoLogin, Msg: "down", Err: no}, []string{"ask IT"}, []string{"login: down"}},
		{"only its text", fmt.Errorf("connect: %v", no), nil, []string{"connect: no way in"}},
		{"the cause before the whole", export.Hint(fmt.Errorf("send: %w", no), "run again"), []string{"ask IT", "run again"}, []string{"send: no way in"}},
		{"joined", errors.Join(full, no), []string{"make room", "ask IT"}, []string{"no room", "no way in"}},
		{"twice the same", errors.Join(no, errors.New("bad"), fmt.Errorf("again: %w", no)), []string{"ask IT"}, []string{"no way in", "bad", "again: no way in"}},
		{"two in one line", fmt.Errorf("%w, and %w", full, no), []string{"make room", "ask IT"}, []string{"no room, and no way in"}},
		{"of all that were joined", export.Hint(errors.Join(full, no), "run again"), []string{"make room", "ask IT", "run again"}, []string{"no room", "no way in"}},
		{"a hint that steers", export.Hint(errors.New("bad"), "remove %s", "x\x1b\nerror: y"), []string{"remove x  error: y"}, []string{"bad"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := export.HintsOf(test.err); !slices.Equal(got, test.want) {
				t.Errorf("hints %q, want %q", got, test.want)
			}
			if got := export.PlainLines(test.err); !slices.Equal(got, test.lines) {
				t.Errorf("lines %q, want %q", got, test.lines)
			}
		})
	}
}

func TestMessagesHaveTheirOwnHints(t *testing.T) {
	crash := export.Guard(func() error { panic("a cell") })
	err := fmt.Errorf("twin: %w", errors.Join(
		export.Hint(errors.New("no room"), "make room"), caret{"a"}, export.Hint(caret{"b"}, "write it otherwise"), errors.New("bad"), crash))
	got := export.Messages(err)
	if n := len(got); n != 5 || len(got[4].Stack) == 0 || len(got[4].Hints) != 1 {
		t.Fatalf("%q: want five messages, the last with a stack and a hint", got)
	}
	want := []export.Message{
		{Lines: []string{"twin: no room"}, Hints: []string{"make room"}},
		{Lines: []string{"a: unexpected token", "    a+", "      ^"}},
		{Lines: []string{"b: unexpected token", "    a+", "      ^"}, Hints: []string{"write it otherwise"}},
		{Lines: []string{"bad"}},
	}
	if !reflect.DeepEqual(got[:4], want) {
		t.Errorf("%q, want %q", got[:4], want)
	}
}

func TestHintsStayErrors(t *testing.T) {
	cause := &export.NotDeliveredError{What: export.NoLogin, Msg: "refused"}
	var not *export.NotDeliveredError
	if err := export.Hint(cause, "check it"); !errors.As(err, &not) || not != cause || err.Error() != cause.Error() {
		t.Errorf("%v is not the error it was made of", err)
	}
	if err := export.Ours(cause); !errors.Is(err, cause) || !slices.Equal(export.HintsOf(err), []string{"please report this"}) {
		t.Errorf("%v with %q", err, export.HintsOf(err))
	}
}

func TestALogHasHintsAsAField(t *testing.T) {
	var b bytes.Buffer
	l := logrus.New()
	l.SetOutput(&b)
	l.SetFormatter(&logrus.TextFormatter{DisableTimestamp: true, DisableColors: true})
	export.LogHints(l).Warn("bad")
	export.LogHints(l, "").Warn("worse")
	export.LogHints(l, "do", "undo").Warn("worst")
	if want := "level=warning msg=bad\nlevel=warning msg=worse\nlevel=warning msg=worst hint=\"do; undo\"\n"; b.String() != want {
		t.Errorf("logged %q, want %q", b.String(), want)
	}
}
