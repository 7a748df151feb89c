package terminal_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
)

func TestPrintfFoldsWhatTheTerminalHasNoRoomFor(t *testing.T) {
	t.Parallel()
	const approve = "hr2coupa approve 20260102T030405Z --deactivations 2 --by NAME"
	for name, c := range map[string]struct {
		width  int
		pieces []string
		want   string
	}{
		"any length":            {0, []string{strings.Repeat("word ", 30) + "\n"}, strings.Repeat("word ", 30) + "\n"},
		"it fits":               {40, []string{"  this line has as many as forty places.\n"}, "  this line has as many as forty places.\n"},
		"deeper than the first": {40, []string{"  hint: fix the rows in HR and deliver a new feed\n", "next\n"}, "  hint: fix the rows in HR and deliver a\n    new feed\nnext\n"},
		"in pieces": {40, []string{"  10 in = 9 to send", " + 1 quarantined", " + 2 waiting for their turn", "\n", "  short\n"},
			"  10 in = 9 to send + 1 quarantined + 2\n    waiting for their turn\n  short\n"},
		"a command on a line of its own": {40, []string{"  if it is meant: " + approve + ", then hr2coupa run\n"},
			"  if it is meant:\n    " + approve + ",\n    then hr2coupa run\n"},
		"a word before an option belongs to the command": {40, []string{"if not: hr2coupa settle Users_1of1.csv rejected --by NAME\n"},
			"if not:\n  hr2coupa settle Users_1of1.csv rejected --by NAME\n"},
		"the sentence goes on behind a command": {40, []string{"hr2coupa status lists the runs that the ledger knows\n"},
			"hr2coupa status lists the runs that the\n  ledger knows\n"},
		"in brackets":      {40, []string{"settle the held run (hr2coupa approve, hr2coupa settle), then go on\n"}, "settle the held run (hr2coupa approve,\n  hr2coupa settle), then go on\n"},
		"one long word":    {40, []string{"  " + strings.Repeat("x", 60) + " and more\n"}, "  " + strings.Repeat("x", 60) + "\n    and more\n"},
		"blanks at an end": {40, []string{strings.Repeat("x", 39) + "   \n"}, strings.Repeat("x", 39) + "   \n"},
	} {
		var b bytes.Buffer
		text := terminal.New(&b).Assume(strconv.Itoa(c.width)).Text()
		for _, piece := range c.pieces {
			line, ended := strings.CutSuffix(piece, "\n")
			if text.Printf("%s", line); ended {
				text.Printf("\n")
			}
		}
		if d := cmp.Diff(c.want, b.String()); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestColoursTakeNoPlace: a line is folded where it would be without colours.
func TestColoursTakeNoPlace(t *testing.T) {
	t.Parallel()
	var plain, coloured bytes.Buffer
	for b, when := range map[*bytes.Buffer]string{&plain: terminal.ColourNever, &coloured: terminal.ColourAlways} {
		out := terminal.New(b).Assume("40")
		if err := out.SetColour(when, nil); err != nil {
			t.Fatal(err)
		}
		out.Printf("  %s limits.deactivations allows %d, and the plan has %d\n", terminal.In(terminal.Bad, "HELD:"), 0, 2)
	}
	without := strings.NewReplacer("\x1b[1;31m", "", "\x1b[0m", "").Replace(coloured.String())
	if d := cmp.Diff(plain.String(), without); d != "" || plain.String() == coloured.String() {
		t.Errorf("folded otherwise: %s", d)
	}
}

// TestNothingIsLostInANarrowTerminal: at any width the words are there, in their order.
func TestNothingIsLostInANarrowTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.SampledFrom([]string{"a", "row", "", "徐渡辺", "deactivations,", "hr2coupa", "run", "--by", "NAME", "(hr2coupa", strings.Repeat("x", 50)}))
		indent, width := rapid.SampledFrom([]string{"", "  ", "      "}).Draw(t, "indent"), rapid.IntRange(0, 90).Draw(t, "width")
		text := indent + strings.Join(words.Draw(t, "words"), " ")
		var b bytes.Buffer
		terminal.New(&b).Assume(strconv.Itoa(width)).Text().Lines(indent, text)
		for _, folded := range []string{b.String(), strings.Join(terminal.Fold(text, "  ", width), "\n")} {
			if d := cmp.Diff(strings.Fields(text), strings.Fields(folded)); d != "" {
				t.Fatal(d)
			}
		}
	})
}

// TestShorten: a text that is too long ends behind a word, and within one only if that alone is too long. It never takes more places.
func TestShorten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"planning: records", 17, "planning: records"},
		{"planning: records", 16, "planning:…"},
		{"looking up people in Coupa", 18, "looking up people…"},
		{"Users_20261130T192626Z", 8, "Users_2…"},
		{"渡辺 渡辺", 6, "渡辺…"},
		{"渡辺渡辺", 6, "渡辺…"},
	} {
		if got := terminal.Shorten(c.text, c.width); got != c.want {
			t.Errorf("%q in %d: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}
