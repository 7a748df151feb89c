package feed

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/causes"
)

// refused returns the row of a record, or of several records of one person.
func refused(line int, key string, records int, why string) export.RowResult {
	return export.RowResult{Origin: export.Origin{File: "x.csv", Line: line}, Key: key, Lines: records, Outcome: export.Quarantined, Faults: export.Faults{{Message: why}}}
}

// words returns a catalogue with one message.
func words(t *testing.T) *causes.Finder {
	t.Helper()
	c, err := causes.New([]causes.Tail{{Text: "x", Cause: export.Cause{Name: "x", Todo: "do it", Owner: "HR"}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// excerptOf opens a file and returns the excerpt of rows.
func excerptOf(t *testing.T, file, data string, o Options, rows ...export.RowResult) string {
	t.Helper()
	f, err := openSized([]string{write(t, file, data)}, o, sizes{record: 68, block: 150, rows: 3}) // the header of an excerpt is that long
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	n, err := f.Excerpt(&b, rows, words(t))
	if err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, r := range rows {
		want += r.Lines
	}
	if n != want {
		t.Errorf("%d records, want %d", n, want)
	}
	return b.String()
}

func TestExcerpt(t *testing.T) {
	latin := func(s string) string {
		out, err := charmap.Windows1252.NewEncoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	wide, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("id;name\r\n1;Wolff\r\n2;Weiß\r\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, file, data string
		o                Options
		rows             []export.RowResult
		want             string
	}{
		{
			name: "quotes and line breaks in values, byte for byte", data: "id,name\n1,a\n2,\"say \"\"hi\"\"\nthere\"\n\n3,\"plain\"\n4,z",
			rows: []export.RowResult{refused(3, "2", 1, `Name: holds "hi", it says`), refused(6, "3", 1, "x"), refused(7, "4", 1, "y")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"3\",\"Name: holds \"\"hi\"\", it says\",\"\",\"\",2,\"say \"\"hi\"\"\nthere\"\n\"6\",\"x\",\"do it\",\"HR\",3,\"plain\"\n\"7\",\"y\",\"\",\"\",4,z\n",
		},
		{
			name: "CRLF and a quoted header behind blank lines", data: "\r\n\"id\",name\r\n1,\"a\r\nb\"\r\n2,c\r\n",
			rows: []export.RowResult{refused(3, "1", 1, "x")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,\"id\",name\r\n\"3\",\"x\",\"do it\",\"HR\",1,\"a\r\nb\"\r\n",
		},
		{
			name: "all records of a person", data: "id,name\n1,a\n2,b\n1,c\n3,d\n1,e\n",
			rows: []export.RowResult{refused(6, "1", 3, "x")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"2\",\"x\",\"do it\",\"HR\",1,a\n\"4\",\"x\",\"do it\",\"HR\",1,c\n\"6\",\"x\",\"do it\",\"HR\",1,e\n",
		},
		{
			name: "only this record of a person", data: "id,name\n1,a\n1\n", rows: []export.RowResult{refused(3, "", 1, "has 1 field")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"3\",\"has 1 field\",\"\",\"\",1\n",
		},
		{
			name: "broken and open quotes swallow nothing", data: "id,name\n1,\"a\"b\n2,\"open\n3,\"x\"\n4,\"lost\n5,e\n",
			rows: []export.RowResult{refused(2, "", 1, "q"), refused(3, "", 1, "q"), refused(4, "3", 1, "q"), refused(5, "", 1, "q")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"2\",\"q\",\"\",\"\",1,\"a\"b\n\"3\",\"q\",\"\",\"\",2,\"open\n\"4\",\"q\",\"\",\"\",3,\"x\"\n\"5\",\"q\",\"\",\"\",4,\"lost\n",
		},
		{
			name: "too long", data: "id,name\n1," + strings.Repeat("a", 200) + "\n2,b\n",
			rows: []export.RowResult{refused(2, "", 1, "is over"), refused(3, "2", 1, "x")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"2\",\"is over\",\"\",\"\"\n\"3\",\"x\",\"do it\",\"HR\",2,b\n",
		},
		{
			name: "gzip", file: "x.csv.gz", data: zip(t, "id,name\n1,a\n2,b\n"), rows: []export.RowResult{refused(3, "2", 1, "x")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"3\",\"x\",\"do it\",\"HR\",2,b\n",
		},
		{
			name: "windows-1252 becomes UTF-8", data: latin("id,näme\n1,Weiß\n2,Müller\n"), o: Options{Encoding: "windows-1252"},
			rows: []export.RowResult{refused(3, "2", 1, "x")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,näme\n\"3\",\"x\",\"do it\",\"HR\",2,Müller\n",
		},
		{
			name: "bytes that are not UTF-8 stay as they are", data: "id,name\n1,Wei\xdf\n", rows: []export.RowResult{refused(2, "", 1, "is not valid UTF-8")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"2\",\"is not valid UTF-8\",\"\",\"\",1,Wei\xdf\n",
		},
		{
			name: "bytes outside the configured charset leave the record to be filled in", data: "id,name\n1,\xff\x20\n2,b\n", o: Options{Encoding: "shift_jis"},
			rows: []export.RowResult{refused(2, "", 1, "x")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"2\",\"x\",\"do it\",\"HR\"\n",
		},
		{
			name: "UTF-16 keeps a mark, and its own delimiter", data: wide, rows: []export.RowResult{refused(3, "2", 1, "x")},
			want: "\ufeffhr2coupa_line;hr2coupa_reason;hr2coupa_fix;hr2coupa_owner;id;name\r\n\"3\";\"x\";\"do it\";\"HR\";2;Weiß\r\n",
		},
		{
			name: "TSV", file: "x.tsv", data: "id\tname\n1\ta,b\n", rows: []export.RowResult{refused(2, "1", 1, "x, y")},
			want: "hr2coupa_line\thr2coupa_reason\thr2coupa_fix\thr2coupa_owner\tid\tname\n\"2\"\t\"x, y\"\t\"\"\t\"\"\t1\ta,b\n",
		},
		{
			name: "an excerpt of an older program's excerpt", data: "hr2coupa_line,hr2coupa_reason,id,name\n\"9\",\"old,\nolder\",1,a\n\"11\",\"is over\"\n12\n",
			rows: []export.RowResult{refused(2, "1", 1, "new"), refused(4, "", 1, "ragged"), refused(5, "", 1, "ragged")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"2\",\"new\",\"\",\"\",1,a\n\"4\",\"ragged\",\"\",\"\"\n\"5\",\"ragged\",\"\",\"\"\n",
		},
		{
			name: "an excerpt of an excerpt", data: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"9\",\"old\",\"do\",\"HR, IT\",1,a\n\"11\",\"is over\",\"\",\"\"\n",
			rows: []export.RowResult{refused(2, "1", 1, "x"), refused(3, "", 1, "ragged")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"2\",\"x\",\"do it\",\"HR\",1,a\n\"3\",\"ragged\",\"\",\"\"\n",
		},
		{
			name: "HR has such a field itself", data: "id,hr2coupa_line\n1,a\n", rows: []export.RowResult{refused(2, "1", 1, "x")},
			want: "hr2coupa_line_,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,hr2coupa_line\n\"2\",\"x\",\"do it\",\"HR\",1,a\n",
		},
		{
			name: "a reason of several lines", data: "id,name\n1,a\n", rows: []export.RowResult{refused(2, "1", 1, "one\r\ntwo\u202e")},
			want: "hr2coupa_line,hr2coupa_reason,hr2coupa_fix,hr2coupa_owner,id,name\n\"2\",\"one  two \",\"\",\"\",1,a\n",
		},
		{
			name: "JSON Lines", file: "x.jsonl", data: "{\"id\": \"1\", \"b\":[1]}\n \n{\"id\":2}\r\n{ }\nrubbish\n{\"id\":\"3\"\n{\"id\":\"2\",\"name\":\"é\\u00e9\"}",
			rows: []export.RowResult{refused(1, "1", 1, `say "x"`), refused(7, "2", 2, "y"), refused(4, "", 1, "nobody"), refused(5, "", 1, "json"), refused(6, "", 1, "json")},
			want: `{"hr2coupa_line":1,"hr2coupa_reason":"say \"x\"","hr2coupa_fix":"","hr2coupa_owner":"","id": "1", "b":[1]}` + "\n" +
				`{"hr2coupa_line":3,"hr2coupa_reason":"y","hr2coupa_fix":"","hr2coupa_owner":"","id":2}` + "\r\n" +
				`{"hr2coupa_line":4,"hr2coupa_reason":"nobody","hr2coupa_fix":"","hr2coupa_owner":"" }` + "\n" +
				`{"hr2coupa_line":5,"hr2coupa_reason":"json","hr2coupa_fix":"","hr2coupa_owner":""} rubbish` + "\n" +
				`{"hr2coupa_line":6,"hr2coupa_reason":"json","hr2coupa_fix":"","hr2coupa_owner":""} {"id":"3"` + "\n" +
				`{"hr2coupa_line":7,"hr2coupa_reason":"y","hr2coupa_fix":"","hr2coupa_owner":"","id":"2","name":"é\u00e9"}` + "\n",
		},
		{
			name: "an excerpt of JSON Lines", file: "x.ndjson", data: "{\"hr2coupa_line\":7,\"hr2coupa_reason\":\"a\\\"}\",\"id\":\"1\"}\n{\"hr2coupa_line\":8,\"hr2coupa_reason\":\"a\"}\n",
			rows: []export.RowResult{refused(1, "1", 1, "x"), refused(2, "", 1, "nobody")},
			want: `{"hr2coupa_line":1,"hr2coupa_reason":"x","hr2coupa_fix":"do it","hr2coupa_owner":"HR","id":"1"}` + "\n" + `{"hr2coupa_line":2,"hr2coupa_reason":"nobody","hr2coupa_fix":"","hr2coupa_owner":""}` + "\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.file == "" {
				tt.file = "x.csv"
			}
			tt.o.Key = "id"
			got := excerptOf(t, tt.file, tt.data, tt.o, tt.rows...)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestExcerptIsFeed reads excerpts as feeds: good records come out as they went in, bad ones are refused again.
func TestExcerptIsFeed(t *testing.T) {
	const data = "id,name\n1,\"a\"b\n2,\"open\n3,\"say \"\"x\"\"\ny\"\n4,d,e\n5,=1+1\n6,\"lost\n7,never read\n"
	rows := []export.RowResult{refused(2, "", 1, "q"), refused(3, "", 1, `a "q"`), refused(4, "3", 1, "q"), refused(6, "", 1, "q"), refused(7, "5", 1, "q"), refused(8, "", 1, "q")}
	o := Options{Key: "id"}
	first := excerptOf(t, "x.csv", data, o, rows...)
	second := excerptOf(t, "x.csv", first, o,
		refused(2, "", 1, "q"), refused(3, "", 1, "q"), refused(4, "3", 1, "q"), refused(6, "", 1, "q"), refused(7, "5", 1, "q"), refused(8, "", 1, "q"))
	for _, text := range []string{first, second} {
		f, err := openSized([]string{write(t, "x.csv", text)}, o, sizes{record: 120, block: 250, rows: 3})
		if err != nil {
			t.Fatal(err)
		}
		var rec export.Record
		var got []string
		err = f.Chunks(func(c export.Chunk) error {
			defer c.Release()
			for c.Next(&rec) {
				if rec.Fault != nil {
					got = append(got, rec.Fault.Rule)
					continue
				}
				got = append(got, strings.Join(rec.Values[len(leadFields):], "|"))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{ruleQuote, ruleQuote, "3|say \"x\"\ny", ruleRagged, "5|=1+1", ruleUnclosed}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s\n%s", text, diff)
		}
	}
}

func TestExcerptOfOneFile(t *testing.T) {
	f, err := Open([]string{write(t, "a.csv", "id\n1\n"), write(t, "b.csv", "id\n1\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Excerpt(&bytes.Buffer{}, nil, words(t)); err == nil {
		t.Error("an excerpt of two files was made")
	}
}

// TestExcerptHoldsNoFormula: none of our cells is a formula; HR's cells are as HR wrote them.
func TestExcerptHoldsNoFormula(t *testing.T) {
	got := excerptOf(t, "u.csv", "id,name\n1,=1+1\n", Options{}, export.RowResult{Origin: export.Origin{Line: 2}, Lines: 1, Faults: export.Faults{{Message: "=HYPERLINK(\"x\")"}}})
	if !strings.Contains(got, "\"'=HYPERLINK(\"\"x\"\")\"") || !strings.Contains(got, "1,=1+1\n") {
		t.Errorf("%s", got)
	}
}

// TestInert: words of Coupa or HR are never a formula in our own columns.
func TestInert(t *testing.T) {
	for _, tt := range []struct{ cell, want string }{
		{`=HYPERLINK("http://x","y")`, `'=HYPERLINK("http://x","y")`},
		{"+1", "'+1"}, {"-1", "'-1"}, {"@SUM(A1)", "'@SUM(A1)"}, {" =1", "' =1"}, {"\t=1", "'\t=1"}, {"＝1", "'＝1"},
		{"Login: =1 is taken", "Login: =1 is taken"}, {"", ""}, {"12", "12"}, {"it's", "it's"},
	} {
		if got := export.Inert(tt.cell); got != tt.want {
			t.Errorf("%q became %q, want %q", tt.cell, got, tt.want)
		}
	}
}
