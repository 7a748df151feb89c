package terminal_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
)

// TestColour: a value has only the colour that it is given, whatever is in it, and none where no one wants any.
func TestColour(t *testing.T) {
	t.Parallel()
	none := func(string) string { return "" }
	for when, want := range map[string]string{
		terminal.ColourAlways: "run \x1b[1;31m" + tamed + "\x1b[0m: 3\n",
		terminal.ColourAuto:   "run " + tamed + ": 3\n", // no terminal
		terminal.ColourNever:  "run " + tamed + ": 3\n",
	} {
		var b bytes.Buffer
		out := terminal.New(&b)
		if err := out.SetColour(when, none); err != nil {
			t.Fatal(err)
		}
		out.Printf("run %s%s: %d\n", terminal.In(terminal.Bad, errors.New(hostile)), terminal.In(terminal.Good, ""), 3)
		if b.String() != want {
			t.Errorf("%s: %q, want %q", when, b.String(), want)
		}
	}
	if err := terminal.New(&bytes.Buffer{}).SetColour("yes", none); err == nil {
		t.Error("any word will do")
	}
}
