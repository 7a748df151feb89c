package feed

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestLineEnd: only the last record of a file without a line end at its end is marked, and the file's LineEnd agrees.
func TestLineEnd(t *testing.T) {
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("id,name\n1,a\n2,b")
	if err != nil {
		t.Fatal(err)
	}
	many := "id,name\n" + strings.Repeat("1,a\n", 40)
	tests := []struct {
		name, file, data string
		want             export.LineEnd
	}{
		{"ended", "a.csv", "id,name\n1,a\n2,b\n", export.LineEnded},
		{"ended by CRLF", "a.csv", "id,name\r\n1,a\r\n2,b\r\n", export.LineEnded},
		{"open", "a.csv", "id,name\n1,a\n2,b", export.LineOpen},
		{"half a CRLF", "a.csv", "id,name\r\n1,a\r\n2,b\r", export.LineOpen},
		{"an empty line behind", "a.csv", "id,name\n1,a\n\n", export.LineEnded},
		{"half an empty line behind", "a.csv", "id,name\r\n1,a\r\n\r", export.LineEnded},
		{"quoted", "a.csv", "id,name\n1,a\n2,\"b\"", export.LineOpen},
		{"quoted over lines", "a.csv", "id,name\n1,a\n2,\"b\nc\"", export.LineOpen},
		{"quoted over lines, ended", "a.csv", "id,name\n1,a\n2,\"b\nc\"\n", export.LineEnded},
		{"ragged", "a.csv", "id,name\n1,a\n2", export.LineOpen},
		{"a broken quote", "a.csv", "id,name\n1,a\n2,\"b\"x", export.LineOpen},
		{"a quote that is not closed", "a.csv", "id,name\n1,a\n2,\"b\n", ""},
		{"too long", "a.csv", "id,name\n1,a\n2," + strings.Repeat("x", 400), export.LineOpen},
		{"too long, ended", "a.csv", "id,name\n1,a\n2," + strings.Repeat("x", 400) + "\n", export.LineEnded},
		{"many chunks", "a.csv", many + "2,b", export.LineOpen},
		{"many chunks, ended", "a.csv", many, export.LineEnded},
		{"a header alone", "a.csv", "id,name", ""},
		{"a header alone, ended", "a.csv", "id,name\n", ""},
		{"gzip", "a.csv.gz", zip(t, "id,name\n1,a\n2,b"), export.LineOpen},
		{"gzip, ended", "a.csv.gz", zip(t, "id,name\n1,a\n2,b\n"), export.LineEnded},
		{"UTF-16", "a.csv", utf16, export.LineOpen},
		{"JSON Lines", "a.jsonl", `{"id":"1"}` + "\n" + `{"id":"2"}`, export.LineOpen},
		{"JSON Lines, ended", "a.jsonl", `{"id":"1"}` + "\n" + `{"id":"2"}` + "\n", export.LineEnded},
		{"JSON Lines, blanks behind", "a.jsonl", `{"id":"1"}` + "\n  ", export.LineEnded},
		{"half an object", "a.jsonl", `{"id":"1"}` + "\n" + `{"id":"2`, export.LineOpen},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := openSized([]string{write(t, tt.file, tt.data)}, Options{Key: "id"}, small)
			if err != nil {
				t.Fatal(err)
			}
			for pass := range 2 {
				var marks []bool
				var rec export.Record
				err := f.Chunks(func(c export.Chunk) error {
					for c.Next(&rec) {
						marks = append(marks, rec.Open)
					}
					c.Release()
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				want := make([]bool, len(marks))
				if tt.want == export.LineOpen {
					want[len(want)-1] = true
				}
				if fmt.Sprint(marks) != fmt.Sprint(want) {
					t.Errorf("pass %d: marks %v, want %v", pass, marks, want)
				}
				if got := f.Files()[0].LineEnd; got != tt.want {
					t.Errorf("pass %d: the file is %q, want %q", pass, got, tt.want)
				}
			}
		})
	}
}
