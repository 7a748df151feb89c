package terminal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

const (
	hostile = "evil\x1b]0;owned\x07\u202e\u009b\nall applied\t\u2028\xff.csv"
	tamed   = "evil ]0;owned    all applied  \ufffd.csv"
)

type named struct{ s string }

func (n named) String() string { return n.s }

func TestPrintfMakesEveryValuePlain(t *testing.T) {
	var b bytes.Buffer
	w := terminal.New(&b).Text()
	w.Printf("%s|%v|%-3s|%*d\n", hostile, errors.New(hostile), named{hostile}, 4, 7)
	w.Printf("%v|%q|%.4s\n", []string{hostile}, "a\x1b", hostile)
	w.Lines("> ", hostile, "second")
	w.Table([][]string{{"A", "B"}, {hostile, "x"}})
	want := fmt.Sprintf("%[1]s|%[1]s|%[1]s|   7\n[%[1]s]|\"a\\x1b\"|evil\n> %[1]s\n> second\n  A%[2]s  B\n  %[1]s  x\n", tamed, strings.Repeat(" ", len([]rune(tamed))-1))
	if b.String() != want || w.Err() != nil {
		t.Errorf("printed %q, %v; want %q", b.String(), w.Err(), want)
	}
}

type full struct{ n int }

func (f *full) Write(b []byte) (int, error) {
	f.n++
	return 0, fmt.Errorf("no room (%d)", f.n)
}

func TestTextRemembersTheFirstError(t *testing.T) {
	w := terminal.New(&full{}).Text()
	w.Printf("a\n")
	w.Table([][]string{{"b"}})
	if w.Err() == nil || w.Err().Error() != "no room (1)" {
		t.Errorf("error %v", w.Err())
	}
}

func TestWordsKeepLinesAndTabs(t *testing.T) {
	var b bytes.Buffer
	text := "Usage:\n\tx " + hostile + "\n"
	n, err := io.Copy(terminal.New(&b).Words(), iotest.OneByteReader(strings.NewReader(text)))
	want := "Usage:\n\tx evil ]0;owned   \nall applied\t \ufffd.csv\n"
	if b.String() != want || n != int64(len(text)) || err != nil {
		t.Errorf("wrote %q (%d, %v), want %q", b.String(), n, err, want)
	}
}

func FuzzJSON(f *testing.F) {
	for _, s := range []string{"", "Zoë", hostile, "\U000e0041\x7f"} {
		f.Add(s, 1)
	}
	f.Fuzz(func(t *testing.T, s string, size int) {
		data, err := json.Marshal(map[string]string{s: s})
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		w := terminal.New(&b).JSON()
		for chunk := range chunks(data, 1+int(uint(size)%7)) {
			if n, err := w.Write(chunk); n != len(chunk) || err != nil {
				t.Fatal(n, err)
			}
		}
		for _, r := range b.String() {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
				t.Fatalf("%q has %U", b.String(), r)
			}
		}
		var was, is map[string]string
		if err := errors.Join(json.Unmarshal(data, &was), json.Unmarshal(b.Bytes(), &is)); err != nil || fmt.Sprint(was) != fmt.Sprint(is) {
			t.Fatalf("%q became %q (%v)", was, is, err)
		}
	})
}

func chunks(b []byte, size int) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 0 {
			n := min(size, len(b))
			if !yield(b[:n]) {
				return
			}
			b = b[n:]
		}
	}
}

func TestALogIsPlainInEveryFormat(t *testing.T) {
	for _, format := range []string{"as made", "text", "colours", "json"} {
		t.Run(format, func(t *testing.T) {
			var b bytes.Buffer
			l := terminal.NewLog(&b)
			switch format {
			case "text":
				terminal.FormatText(l, nil)
			case "colours":
				terminal.FormatText(l, terminal.New(&b))
			case "json":
				terminal.FormatJSON(l)
			}
			l.WithFields(logrus.Fields{"file": hostile, "names": []string{hostile}, "at": named{hostile}, "n": 7}).
				WithError(errors.New(hostile)).Warn(hostile)
			line, ended := strings.CutSuffix(b.String(), "\n")
			if !ended {
				t.Fatalf("no line: %q", b.String())
			}
			if format == "colours" { // logrus itself writes SGR only
				line = strings.NewReplacer("\x1b[33m", "", "\x1b[0m", "").Replace(line)
			}
			if export.Plain(line) != line || !strings.Contains(line, "owned") {
				t.Errorf("the line steers: %q", line)
			}
			var entry struct{ Msg, File string }
			if format == "json" && (json.Unmarshal([]byte(line), &entry) != nil || entry.File != strings.ToValidUTF8(hostile, "\ufffd")) {
				t.Errorf("the value is %q, want what was logged", entry.File)
			}
		})
	}
}
