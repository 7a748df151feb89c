package spreadsheet_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export/spreadsheet"
)

func known(name string) bool {
	return slices.Contains([]string{"Login", "Email", "Last Name", "Star *"}, name)
}

// utf16 returns a text as Excel's "Unicode Text" has it; big: the other byte order.
func unicodeText(text string, big bool) string {
	var b strings.Builder
	for _, u := range utf16.Encode([]rune("\ufeff" + text)) {
		two := []byte{byte(u), byte(u >> 8)}
		if big {
			slices.Reverse(two)
		}
		b.Write(two)
	}
	return b.String()
}

func TestConvert(t *testing.T) {
	t.Parallel()
	const head, row = "Login,Email,Last Name\n", "zoe,zoe@acme.example,Zoë\n"
	for name, c := range map[string]struct{ data, want, changes string }{
		"as it should be":      {head + row, head + row, `null`},
		"nothing":              {"", "", `null`},
		"a mark":               {"\ufeff" + head + row, head + row, `[{"kind":"byte_order_mark"}]`},
		"semicolons":           {"Login;Email;Last Name\r\nzoe;z@x;\"A;\"\"B\"\"\"\r\n", "Login,Email,Last Name\r\nzoe,z@x,\"A;\"\"B\"\"\"\r\n", `[{"kind":"delimiter","was":";","is":","}]`},
		"a broken quote":       {"Login;Last Name\nzoe;Z, Jr.\nann; A,\"\n", "", `{3 has a broken quote}`},
		"values with commas":   {"Login;Last Name\nzoe;Z, Jr.\nann;\"A, B\"\nbo; C,", "Login,Last Name\nzoe,\"Z, Jr.\"\nann,\"A, B\"\nbo,\" C,\"", `[{"kind":"delimiter","was":";","is":",","quoted":2}]`},
		"tabs":                 {"Login\tLast Name\nzoe\t Z \n", "Login,Last Name\nzoe, Z \n", `[{"kind":"delimiter","was":"\t","is":","}]`},
		"a semicolon in names": {"Login,Email;Last Name\n", "Login,Email;Last Name\n", `null`},
		"no header":            {"zoe;z@x\n", "zoe;z@x\n", `null`},
		"stars and blanks":     {"Login*, Email ,\"Last Name *\",Star *,Firstname*\n Login*,x,y\n", "Login,Email,Last Name,Star *,Firstname*\n Login*,x,y\n", `[{"kind":"header","was":"Login*","is":"Login"},{"kind":"header","was":" Email ","is":"Email"},{"kind":"header","was":"Last Name *","is":"Last Name"}]`},
		"an empty line first":  {"\nLogin*,Email\nLogin*,x\n", "\nLogin,Email\nLogin*,x\n", `[{"kind":"header","was":"Login*","is":"Login"}]`},
		"a line in a value":    {"Login;Last Name\r\nzoe;\"A\r\nB;\"\r\n", "Login,Last Name\r\nzoe,\"A\r\nB;\"\r\n", `[{"kind":"delimiter","was":";","is":","}]`},
		"Windows-1252":         {"Login,Last Name\nzoe,Zo\xeb \x80\nann,A\nbo,\xdf\xff\n", "Login,Last Name\nzoe,Zoë €\nann,A\nbo,ßÿ\n", `[{"kind":"encoding","was":"Windows-1252","is":"UTF-8","assumed":true,"lines":[2,4]}]`},
		"not even that":        {"Login\nZo\xeb\n\x8d\n", "", `{3 is neither UTF-8 nor Windows-1252 (byte 0x8D)}`},
		"no text":              {"Login\nZo\xeb\x00\n", "", `{2 is neither UTF-8 nor Windows-1252 (byte 0x00)}`},
		"two encodings":        {"Login\nZoë\nZo\xeb\n", "", `{3 is not valid UTF-8, and line 2 has}`},
		"a mark that lies":     {"\ufeffLogin\nZo\xeb\n", "", `{2 is not valid UTF-8, and the file begins with the mark of UTF-8}`},
		"Unicode text":         {unicodeText("Login\tLast Name\r\nzoe\tZoë 𐍈\r\n", false), "Login,Last Name\r\nzoe,Zoë 𐍈\r\n", `[{"kind":"encoding","was":"UTF-16","is":"UTF-8"},{"kind":"delimiter","was":"\t","is":","}]`},
		"the other order":      {unicodeText(head+row, true), head + row, `[{"kind":"encoding","was":"UTF-16","is":"UTF-8"}]`},
		"cut off":              {unicodeText(head, false) + "x", "", `{0 is cut off in the middle of a character of UTF-16}`},
		"half a character":     {unicodeText(head+"𐍈", false)[:2*len(head)+4], "", `{2 is not valid UTF-16}`},
		"an open quote":        {"Login;Last Name\nzoe;\"Z\n", "", `{2 has a broken quote}`},
		"a workbook":           {"PK\x03\x04\xff", "PK\x03\x04\xff", `null`},
		"an old workbook":      {"\xd0\xcf\x11\xe0\xff", "\xd0\xcf\x11\xe0\xff", `null`},
	} {
		out, changes, err := spreadsheet.Convert([]byte(c.data), known)
		if wrong, ok := strings.CutPrefix(c.changes, "{"); ok {
			fault, isOne := errors.AsType[*spreadsheet.FaultError](err)
			line, message, _ := strings.Cut(strings.TrimSuffix(wrong, "}"), " ")
			if got, _ := json.Marshal(fault); !isOne || !strings.HasPrefix(fault.Message, message) || !strings.Contains(string(got), `"Line":`+line) {
				t.Errorf("%s: %v, want %s", name, err, c.changes)
			}
			continue
		}
		got, _ := json.Marshal(changes)
		if err != nil || string(out) != c.want || string(got) != strings.ReplaceAll(c.changes, "\t", `\t`) {
			t.Errorf("%s: %v\n%q, want\n%q\n%s, want\n%s", name, err, out, c.want, got, c.changes)
		}
	}
}

// TestValuesStay: whatever the values are, and whatever they are separated by, a reader of the converted file finds them as they were.
func TestValuesStay(t *testing.T) {
	t.Parallel()
	value := rapid.StringOfN(rapid.SampledFrom([]rune("ab,;\t\"\n é*€ ")), 0, 6, -1)
	rapid.Check(t, func(t *rapid.T) {
		delimiter := rapid.SampledFrom([]rune(",;\t")).Draw(t, "delimiter")
		want := [][]string{{"Login", "Email", "Last Name"}}
		for range rapid.IntRange(0, 5).Draw(t, "rows") {
			want = append(want, []string{"x" + value.Draw(t, "login"), value.Draw(t, "email"), value.Draw(t, "name")})
		}
		var data bytes.Buffer
		w := csv.NewWriter(&data)
		w.Comma, w.UseCRLF = delimiter, rapid.Bool().Draw(t, "crlf")
		if err := w.WriteAll(want); err != nil {
			t.Fatal(err)
		}
		out, _, err := spreadsheet.Convert(data.Bytes(), known)
		if err != nil {
			t.Fatal(err)
		}
		got, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
		if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%v: got %q, want %q", err, got, want)
		}
		again, changes, err := spreadsheet.Convert(out, known)
		if err != nil || changes != nil || !bytes.Equal(again, out) {
			t.Fatalf("it is converted once more: %v, %v", changes, err)
		}
	})
}
