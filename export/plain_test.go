package export_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestPlainKeepsTextAndNothingThatSteers(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"text", "Zoë née Łukasz 李雷.csv", "Zoë née Łukasz 李雷.csv"},
		{"an escape", "evil\x1b]0;owned\x07.csv", "evil ]0;owned .csv"},
		{"a line", "a.csv\nall applied\r\n", "a.csv all applied  "},
		{"a tab", "a\tb", "a b"},
		{"delete", "a\x7fb", "a b"},
		{"C1", "a\u009b31mb", "a 31mb"},
		{"C1 as a byte", "a\x9b31mb", "a\ufffd31mb"},
		{"an override", "a\u202egnp.csv", "a gnp.csv"},
		{"isolates and marks", "\u2066a\u2069\u200e\u200f\u061c", " a    "},
		{"hidden characters", "a\u200b\u00ad\ufeff\U000e0041b", "a    b"},
		{"separators", "a\u2028b\u2029c", "a b c"},
		{"no text", "a\xff\xc3", "a\ufffd\ufffd"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := export.Plain(test.in); got != test.want {
				t.Errorf("Plain(%q) = %q, want %q", test.in, got, test.want)
			}
		})
	}
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"", "Zoë", "a\x1b[2J\u202e\n", "\xff\xfe", "a\u2028\U000e0041\u009b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := export.Plain(s)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) != utf8.RuneCountInString(s) {
			t.Fatalf("Plain(%q) = %q: no text, or of another length", s, got)
		}
		for _, r := range got {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("Plain(%q) = %q: it has %U", s, got, r)
			}
		}
		if again := export.Plain(got); again != got {
			t.Fatalf("Plain(%q) = %q, and of that %q", s, got, again)
		}
		in, out := []rune(s), []rune(got)
		for i, r := range in {
			if unicode.IsPrint(r) && out[i] != r {
				t.Fatalf("Plain(%q) = %q: %q is lost", s, got, r)
			}
		}
	})
}

type caret struct{ name string }

func (c caret) Error() string   { return strings.Join(c.Lines(), "\n") }
func (c caret) Lines() []string { return []string{c.name + ": unexpected token", "    a+", "      ^"} }

func TestSheetField(t *testing.T) {
	for in, want := range map[string]string{
		"Zoë":              `"Zoë"`,
		`a "b", c`:         `"a ""b"", c"`,
		"=1+1":             `"'=1+1"`,
		"\t@SUM(A1)":       `"' @SUM(A1)"`,
		"a\x1b[2Jb":        `"a [2Jb"`,
		"a\nb":             `"a b"`,
		"\u202e=1+1":       `"' =1+1"`,
		"\x1b\u200b-1+cmd": `"'  -1+cmd"`,
	} {
		if got := export.SheetField(in); got != want {
			t.Errorf("%q is written as %s, want %s", in, got, want)
		}
	}
}

func TestOnlyJoinedErrorsMakeLines(t *testing.T) {
	hostile := &fs.PathError{Op: "open", Path: "x\nall applied", Err: fs.ErrNotExist}
	tests := []struct {
		name string
		err  error
		want []string
	}{
		{"none", nil, nil},
		{"a name with a line", hostile, []string{"open x all applied: file does not exist"}},
		{"wrapped", fmt.Errorf("feed: %w; look there", hostile), []string{"feed: open x all applied: file does not exist; look there"}},
		{"joined", errors.Join(hostile, errors.New("two")), []string{"open x all applied: file does not exist", "two"}},
		{"joined and wrapped", fmt.Errorf("twin: %w", errors.Join(errors.New("one"), hostile)),
			[]string{"twin: one", "open x all applied: file does not exist"}},
		{"joined in joined", errors.Join(errors.Join(errors.New("one"), errors.New("two")), errors.New("three")), []string{"one", "two", "three"}},
		{"two in one line", fmt.Errorf("%w: %w", errors.New("a\nb"), errors.New("c")), []string{"a b: c"}},
		{"two that break in between", fmt.Errorf("%w and\n%w", errors.New("a"), errors.New("b")), []string{"a and b"}},
		{"several lines of its own", fmt.Errorf("config: %w", caret{"x\x1b"}), []string{"config: x : unexpected token", "    a+", "      ^"}},
		{"other words for what it wraps", &export.NotDeliveredError{What: export.NoFolder, Msg: "m\nn", Err: errors.New("inner")}, []string{"folder: m n"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := export.PlainLines(test.err); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
