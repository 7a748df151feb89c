package feed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/hr2coupa/hr2coupa/export"
)

// small are bounds so low that short inputs cross all of them.
var small = sizes{record: 64, block: 150, rows: 3}

func write(t testing.TB, name string, data string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func zip(t testing.TB, data string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(data))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// dump returns a feed as lines of text: "line [values]" or "line rule", the latter with " lost" at its end where the
// rest was lost.
func dump(t testing.TB, f *Feed) []string {
	t.Helper()
	var got []string
	var rec export.Record
	seq := 0
	err := f.Chunks(func(c export.Chunk) error {
		if c.Seq() != seq {
			t.Fatalf("chunk %d comes as number %d", c.Seq(), seq)
		}
		seq++
		n := 0
		for ; c.Next(&rec); n++ {
			got = append(got, show(t, f, &rec))
		}
		if n > f.sizes.rows {
			t.Fatalf("chunk of %d records, want at most %d", n, f.sizes.rows)
		}
		c.Release()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func show(t testing.TB, f *Feed, rec *export.Record) string {
	t.Helper()
	if rec.Header != f.Headers()[rec.File] {
		t.Fatalf("record of line %d has another header", rec.Line)
	}
	if rec.Fault == nil {
		vals := make([]string, len(rec.Values))
		for i, v := range rec.Values {
			vals[i] = strings.Clone(v)
			if rec.Missing != nil && rec.Missing[i] {
				vals[i] = "<missing>"
			}
		}
		return fmt.Sprintf("%d %q", rec.Line, vals)
	}
	if want := (export.Origin{File: f.Files()[rec.File].Name, Line: rec.Line}); rec.Fault.Origin != want {
		t.Fatalf("fault of %v, want %v", rec.Fault.Origin, want)
	}
	s := fmt.Sprintf("%d %s", rec.Line, rec.Fault.Rule)
	if rec.Fault.Field != "" {
		s += " " + rec.Fault.Field
	}
	if rec.Lost {
		s += " lost"
	}
	return s
}

func TestRecords(t *testing.T) {
	long := strings.Repeat("x", 70)
	huge := strings.Repeat("x", 400)
	for _, tt := range []struct {
		name, file, data string
		o                Options
		z                sizes
		want             []string
	}{
		{name: "plain", data: "a,b\n01,x\n2, y \n", want: []string{`2 ["01" "x"]`, `3 ["2" " y "]`}},
		{name: "no last line end", data: "a,b\n1,2", want: []string{`2 ["1" "2"]`}},
		{name: "CRLF", data: "a,b\r\n1,2\r\n3,\"4\"\r\n5,6\r", want: []string{`2 ["1" "2"]`, `3 ["3" "4"]`, `4 ["5" "6"]`}},
		{name: "line breaks and doubled quotes", data: "a,b\n1,\"x\r\ny\"\"z\"\"\"\n2,\"\"\n", want: []string{`2 ["1" "x\ny\"z\""]`, `4 ["2" ""]`}},
		{name: "blank lines", data: "\n\r\na,b\n\n1,2\n\r\n\n3,4\n\n", want: []string{`5 ["1" "2"]`, `8 ["3" "4"]`}},
		{name: "only a header", data: "a,b\n"},
		{name: "header without line end", data: "a,b"},
		{name: "one column", data: "a\n1\n", want: []string{`2 ["1"]`}},
		{name: "header over two lines", data: "a,\"b\nc\"\n1,2\n", want: []string{`3 ["1" "2"]`}},
		{name: "blanks around names", data: " a ,\" b\"\n1,2\n", o: Options{Key: "a"}, want: []string{`2 ["1" "2"]`}},
		{name: "tab", data: "a\tb\n1,5\t2\n", want: []string{`2 ["1,5" "2"]`}},
		{name: "tsv with commas in names", file: "x.tsv", data: "a, or z\tb\n1\t2\n", want: []string{`2 ["1" "2"]`}},
		{name: "bar", data: "a|b\n1|2\n", want: []string{`2 ["1" "2"]`}},
		{name: "the key decides the delimiter", data: "id;x,y,z\n1;2\n", o: Options{Key: "id"}, want: []string{`2 ["1" "2"]`}},
		{name: "given delimiter", data: "a^b\n1^2\n", o: Options{Delimiter: "^"}, want: []string{`2 ["1" "2"]`}},

		{name: "ragged", data: "a,b\n1\n1,2,3,4\n1,2\n\"1\",2,3\n,\n", want: []string{"2 ragged", "3 ragged", `4 ["1" "2"]`, "5 ragged", `6 ["" ""]`}},
		{name: "broken quotes", data: "a,b\n1,x\"y\n2,\"x\"y\n3,\"x\"\"\"y\n4,\"z\"\n", want: []string{"2 quote", "3 quote", "4 quote", `5 ["4" "z"]`}},
		{name: "two quotes that are not a field's", data: "a,b\n1,x\"y\"\n2,z\n", want: []string{"2 quote", `3 ["2" "z"]`}},
		{name: "odd quotes in an unquoted field", data: "a,b\n1,5\" nail\n2,x\n3,y\n", want: []string{"2 quote", `3 ["2" "x"]`, `4 ["3" "y"]`}},
		{name: "a forgotten quote swallows nothing", data: "a,b\n1,\"Bob\n2,Ann\n3,Cy\n\"4\",\"Dee\"\n5,Eve\n",
			want: []string{"2 quote", `3 ["2" "Ann"]`, `4 ["3" "Cy"]`, `5 ["4" "Dee"]`, `6 ["5" "Eve"]`}},
		{name: "quote broken on a later line", data: "a,b\n1,\"x\ny\"z\n2,w\n", want: []string{"2 quote", "3 quote", `4 ["2" "w"]`}},
		{name: "never closed", data: "a,b\n1,2\n3,\"x\n4,5\n6,7\n", want: []string{`2 ["1" "2"]`, "3 unclosed quote lost"}},
		{name: "never closed within bounds", z: small, data: "a,b\n1,2\n3,\"x\n" + strings.Repeat("4,5\n", 40) + "6,\"7\"\n", want: []string{`2 ["1" "2"]`, "3 unclosed quote lost"}},
		{name: "NUL", data: "a,b\n1,\x00\n2,\"\x00\n\"\n3,4\n", want: []string{"2 nul", "3 nul", `5 ["3" "4"]`}},
		{name: "not UTF-8", data: "a,b\n1,J\xf6rg\n\"\xff\n\",x\n2,Zoë\n", want: []string{"2 encoding", "3 encoding", `5 ["2" "Zoë"]`}},
		{name: "too long, in the block", z: small, data: "a,b\n1," + long + "\n2,3\n", want: []string{"2 too long", `3 ["2" "3"]`}},
		{name: "too long, over blocks", z: small, data: "a,b\n0,0\n1," + huge + "\n2,3\n", want: []string{`2 ["0" "0"]`, "3 too long", `4 ["2" "3"]`}},
		{name: "too long and the last", z: small, data: "a,b\n1," + huge, want: []string{"2 too long"}},
		{name: "too long and perhaps open", z: small, data: "a,b\n1,\"" + huge + "\n2,3\n", want: []string{"2 too long lost"}},
		{name: "too long behind a quoted field", z: small, data: "a,b\n\"1\n\"," + long + "\n2,3\n", want: []string{"2 too long lost"}},
		{name: "just short enough", z: small, data: "a,b\n1," + strings.Repeat("x", 61) + "\n2,3\n", want: []string{`2 ["1" "` + strings.Repeat("x", 61) + `"]`, `3 ["2" "3"]`}},

		{name: "BOM", data: "\xef\xbb\xbfa,b\n1,ë\n", o: Options{Key: "a", Encoding: "windows-1252"}, want: []string{`2 ["1" "ë"]`}},
		{name: "valid UTF-8 wins over the configured", data: "a,b\n1,ë\n", o: Options{Encoding: "windows-1252"}, want: []string{`2 ["1" "ë"]`}},
		{name: "configured", data: "a,b\n1,J\xf6rg\n2,\x80\n", o: Options{Encoding: "windows-1252"}, want: []string{`2 ["1" "Jörg"]`, `3 ["2" "€"]`}},
		{name: "configured UTF-8", data: "a,b\n1,J\xf6rg\n", o: Options{Encoding: "UTF-8"}, want: []string{"2 encoding"}},
		{name: "bytes the charset lacks", data: "a,b\n1,\x81\x20\n2,x\n", o: Options{Encoding: "shift_jis"}, want: []string{"2 encoding", `3 ["2" "x"]`}},
		{name: "UTF-16 without a mark", data: utf16(t, unicode.LittleEndian, unicode.IgnoreBOM, "a,b\n1,Zoe\n"), o: Options{Encoding: "utf-16le"}, want: []string{`2 ["1" "Zoe"]`}},
		{name: "UTF-16LE", data: utf16(t, unicode.LittleEndian, unicode.UseBOM, "a;b\n1;Zoë\n"), want: []string{`2 ["1" "Zoë"]`}},
		{name: "UTF-16BE", data: utf16(t, unicode.BigEndian, unicode.UseBOM, "a;b\n1;Zoë\n"), want: []string{`2 ["1" "Zoë"]`}},
		{name: "gzip", file: "x.csv.gz", data: zip(t, "a,b\n1,2\n"), want: []string{`2 ["1" "2"]`}},
		{name: "gzip by its bytes", data: zip(t, "\xef\xbb\xbfa,b\n1,2\n") + zip(t, "3,4\n"), want: []string{`2 ["1" "2"]`, `3 ["3" "4"]`}},
		{name: "gzip in a charset", file: "x.csv.gz", data: zip(t, "a,b\n1,J\xf6rg\n"), o: Options{Encoding: "latin1"}, want: []string{`2 ["1" "Jörg"]`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file == "" {
				tt.file = "x.csv"
			}
			if tt.z.block == 0 {
				tt.z = sizes{record: maxRecord, block: blockSize, rows: 2}
			}
			f, err := openSized([]string{write(t, tt.file, tt.data)}, tt.o, tt.z)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				if d := cmp.Diff(tt.want, dump(t, f)); d != "" {
					t.Error(d)
				}
			}
		})
	}
}

func utf16(t testing.TB, e unicode.Endianness, b unicode.BOMPolicy, s string) string {
	t.Helper()
	out, err := unicode.UTF16(e, b).NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestJSONLines(t *testing.T) {
	o := Options{Key: "id", Fields: []string{"name", "id", "x"}}
	for _, tt := range []struct{ name, line, want string }{
		{"text", `{"id":"007","name":" Zoë ","x":""}`, `["007" " Zoë " ""]`},
		{"numbers keep their text", `{"id":0012e0,"name":1}`, "json"},
		{"number", ` { "id" : 1.50e+3 , "name" : -0 , "x" : 9007199254740993 } `, `["1.50e+3" "-0" "9007199254740993"]`},
		{"booleans", `{"id":true,"name":false}`, `["true" "false" "<missing>"]`},
		{"null is blank", `{"id":null,"name":null}`, `["" "" "<missing>"]`},
		{"empty object", `{}`, `["<missing>" "<missing>" "<missing>"]`},
		{"list", `{"id":["a", "b c" ],"name":[],"x":[""]}`, `["a,b c" "" ""]`},
		{"list with a comma", `{"x":["a,b"]}`, "json x"},
		{"list with an escaped comma", `{"x":["a\u002cb"]}`, "json x"},
		{"list of numbers", `{"x":[1]}`, "json x"},
		{"list in a list", `{"x":[["a"]]}`, "json x"},
		{"object", `{"x":{"a":1}}`, "json x"},
		{"unwanted values", `{"o":{"id":"no","a":["}",{}]},"l":[1,[2]],"n":-1e5,"t":true,"s":"\"}","id":"1"}`, `["1" "<missing>" "<missing>"]`},
		{"escapes", `{"i\u0064":"\u00e9\ud83d\ude00\"\\\n","name":"\ufffd"}`, `["é😀\"\\\n" "�" "<missing>"]`},
		{"half a surrogate pair", `{"id":"\ud83d"}`, "json id"},
		{"NUL escape", `{"id":"a\u0000"}`, "nul id"},
		{"NUL byte", "{\"id\":\"a\x00\"}", "nul"},
		{"not UTF-8", "{\"id\":\"\xff\"}", "encoding"},
		{"twice", `{"id":"1","id":"1"}`, "json id"},
		{"not an object", `["id"]`, "json"},
		{"cut off", `{"id":"1"`, "json"},
		{"two on a line", `{"id":"1"}{"id":"2"}`, "json"},
		{"comma too many", `{"id":"1",}`, "json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f, err := Open([]string{write(t, "x.jsonl", " \n"+tt.line+"\r\n{\"id\":\"next\"}")}, o)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff([]string{"2 " + tt.want, `3 ["next" "<missing>" "<missing>"]`}, dump(t, f)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestJSONLinesHeaderAndEmptyFile(t *testing.T) {
	f, err := Open([]string{write(t, "x.ndjson.gz", zip(t, ""))}, Options{Key: "id", Fields: []string{"a", "id", "a"}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"id", "a"}, f.Headers()[0].Fields); d != "" {
		t.Error(d)
	}
	if got := dump(t, f); got != nil {
		t.Errorf("records of an empty file: %q", got)
	}
}

func TestTakeEndsThePass(t *testing.T) {
	f, err := Open([]string{write(t, "x.csv", "a,b\n1,2\n3,4\n")}, Options{ChunkRows: 1})
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	n := 0
	err = f.Chunks(func(export.Chunk) error { n++; return enough })
	if err != enough || n != 1 {
		t.Errorf("%d chunks, then %v", n, err)
	}
}

// TestCharsetWhole: every byte of windows-1252 is decoded as in x/text.
func TestCharsetWhole(t *testing.T) {
	var all []byte
	for c := 0xa0; c <= 0xff; c++ {
		all = append(all, byte(c))
	}
	want, err := charmap.Windows1252.NewDecoder().Bytes(all)
	if err != nil {
		t.Fatal(err)
	}
	f, err := openSized([]string{write(t, "x.csv", "a\n"+string(all)+"\n")}, Options{Encoding: "windows-1252"}, sizes{record: 400, block: 500, rows: 1})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{fmt.Sprintf("2 %q", []string{string(want)})}, dump(t, f)); d != "" {
		t.Error(d)
	}
}
