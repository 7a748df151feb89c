package coupa

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

// FuzzPageTable: the content of a table is read as it is shown, whether its rows and cells are closed or not.
func FuzzPageTable(f *testing.F) {
	f.Add("a.csv\tDone\nb.csv\tFailed", true)
	f.Add("<b>a</b>\t&amp;\t x  y \n\t", false)
	f.Add("_Incoming_Users_x.csv\tDone\t3", false)
	f.Fuzz(func(t *testing.T, text string, closed bool) {
		tr, td := "</tr>", "</td>"
		if !closed {
			tr, td = "", ""
		}
		var page strings.Builder
		page.WriteString("<p>Loads<table><tr><th>File<th>Status<tbody>")
		var want [][]string
		for line := range strings.SplitSeq(text, "\n") {
			page.WriteString("<tr>")
			var row []string
			for cell := range strings.SplitSeq(line, "\t") {
				page.WriteString("<td>" + html.EscapeString(cell) + td)
				row = append(row, strings.Join(strings.Fields(cell), " "))
			}
			page.WriteString(tr)
			want = append(want, row)
		}
		doc, err := readSheet(strings.NewReader(page.String()+"</table>"), &url.URL{})
		if err != nil {
			t.Skip() // no page has as much
		}
		tb := findTable(doc, loadColumn, colFile, colStatus)
		if tb == nil {
			t.Fatal("the table was not found")
		}
		var got [][]string
		for _, cells := range tb.rows {
			var row []string
			for _, c := range cells {
				row = append(row, strings.Join(strings.Fields(c.text), " "))
			}
			got = append(got, row)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
	})
}

// FuzzLoadList: a list of loads reads the same in JSON and in XML.
func FuzzLoadList(f *testing.F) {
	f.Add("4711", partMangled, "done", "3 rows processed, creating 1 new rows and updating 2 rows.", "j.doe", "Email is not allowed", int64(2), uint8(3))
	f.Add("", "", "", "", "", "", int64(0), uint8(0))
	f.Add("99999999999999999999", "x", "]]>", "<a>&amp;", "\"", "é", int64(-1), uint8(49))
	f.Fuzz(func(t *testing.T, id, file, status, result, value, message string, row int64, n uint8) {
		for _, s := range []string{id, file, status, result, value, message} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > 0xd7ff }) {
				t.Skip() // XML cannot express it
			}
		}
		type object = map[string]any
		var list []object
		var x strings.Builder
		x.WriteString(`<data-file-sources type="array">`)
		for i := range int(n) {
			e := object{"type": "UploadRowError", "row": row, "value": value, "field-errors": []string{message, message}}
			list = append(list, object{"id": id, "file-file-name": file, "status": status, "result-text": result, "upload-errors-count": i, "upload-errors": []any{e}})
			fmt.Fprintf(&x, "<data-file-source><id>%s</id><file-file-name>%s</file-file-name><status>%s</status><result-text>%s</result-text><upload-errors-count>%d</upload-errors-count>",
				escaped(id), escaped(file), escaped(status), escaped(result), i)
			fmt.Fprintf(&x, `<upload-errors type="array"><upload-error><type>UploadRowError</type><row>%d</row><value>%s</value><field-errors type="array"><field-error>%s</field-error><field-error>%s</field-error></field-errors></upload-error></upload-errors></data-file-source>`,
				row, escaped(value), escaped(message), escaped(message))
		}
		x.WriteString("</data-file-sources>")
		j, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		var got [2][]*export.Load
		for i, a := range []*answer{jsonAnswer(string(j)), xmlAnswer(x.String())} {
			if got[i], err = readLoads(a); err != nil {
				t.Fatal(err)
			}
			for _, l := range got[i] {
				check(t, l)
			}
		}
		if len(got[0]) != int(n) {
			t.Errorf("%d loads, want %d", len(got[0]), n)
		}
		if d := cmp.Diff(got[0], got[1]); d != "" {
			t.Error(d)
		}
	})
}

func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // into memory
	return b.String()
}
