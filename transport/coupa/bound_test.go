package coupa

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// repeating is a body that begins with one text and repeats another forever.
type repeating struct {
	text, then string
}

func (r *repeating) Read(p []byte) (int, error) {
	if r.text == "" {
		r.text = strings.Repeat(r.then, 1+4096/len(r.then))
	}
	n := copy(p, r.text)
	r.text = r.text[n:]
	return n, nil
}

// longAnswer returns an answer with a body that is longer than its kept beginning.
func longAnswer(t *testing.T, media string, body io.Reader) *answer {
	t.Helper()
	a := &answer{status: 200, url: &url.URL{}, header: http.Header{"Content-Type": {media}}}
	if err := a.begin(&stream{from: body, left: maxBody}); err != nil {
		t.Fatal(err)
	}
	return a
}

// TestAnswersAreBounded: an answer with more than any answer of Coupa is refused and not asked for again.
func TestAnswersAreBounded(t *testing.T) {
	asLoads := func(a *answer) error { _, err := readLoads(a); return err }
	asUsers := func(a *answer) error { _, err := readUsers(a, must(t, "Login", "User Role Names")); return err }
	asPage := func(a *answer) error {
		_, err := (&Page{wire: &wire{base: &url.URL{}}}).read(a)
		return err
	}
	for name, tc := range map[string]struct {
		read  func(*answer) error
		media string
		body  io.Reader
		want  string
	}{
		"errors without end, JSON": {asLoads, asJSON, &repeating{`{"id":1,"upload-errors":[{}`, `,{}`}, "more than 50000 errors"},
		"errors without end, XML":  {asLoads, asXML, &repeating{`<data-file-source><id>1</id><upload-errors>`, `<upload-error/>`}, "more than 50000 errors"},
		"long errors":              {asLoads, asJSON, &repeating{`[{"id":1,"upload-errors":[{}`, `,{"value":"` + strings.Repeat("x", 9000) + `"}`}, "errors are longer than 8192 KB"},
		"loads without end, JSON":  {asLoads, asJSON, &repeating{`[{}`, `,{}`}, "more than 500 loads"},
		"loads without end, XML":   {asLoads, asXML, &repeating{`<data-file-sources>`, `<data-file-source/>`}, "more than 500 loads"},
		"elements without end":     {asLoads, asJSON, &repeating{`{"x":[0`, `,0`}, "more than 50000 elements"},
		"long texts":               {asLoads, asJSON, &repeating{`{"x":[0`, `,"` + strings.Repeat("x", 60_000) + `"`}, "entries is longer than 1024 KB"},
		"a text without end":       {asLoads, asJSON, &repeating{`{"id":"`, `x`}, "longer than 256 KB"},
		"a blank without end":      {asLoads, asJSON, &repeating{`{"id":1}`, ` `}, "longer than 256 KB"},
		"a tag without end":        {asLoads, asXML, &repeating{`<data-file-source`, ` a="b"`}, "longer than 256 KB"},
		"a comment without end":    {asLoads, asXML, &repeating{`<data-file-source><!--`, `<>`}, "longer than 256 KB"},
		"CDATA without end":        {asLoads, asXML, &repeating{`<data-file-source><id><![CDATA[`, `<a>`}, "longer than 256 KB"},
		"pieces of CDATA":          {asLoads, asXML, &repeating{`<data-file-source><id>`, `<![CDATA[aaaaaaaaaaaaaaaaaaaaaaa]]>`}, "longer than 1024 KB"},
		"deep, XML":                {asLoads, asXML, &repeating{`<data-file-source>`, `<a>`}, "nested deeper than 40 levels"},
		"deep, JSON":               {asLoads, asJSON, &repeating{``, `[`}, "nested deeper than 40 levels"},
		"users without end":        {asUsers, asJSON, &repeating{`[{"id":1}`, `,{"id":1}`}, "more than 500 users"},
		"roles without end, JSON":  {asUsers, asJSON, &repeating{`[{"id":1,"roles":[{}`, `,{}`}, "more than 50000 elements"},
		"roles without end, XML":   {asUsers, asXML, &repeating{`<users><user><id>1</id><roles>`, `<role/>`}, "more than 50000 elements"},
		"a user of many roles":     {asUsers, asJSON, strings.NewReader(`[{"id":1,"login":"x","roles":["a"` + strings.Repeat(`,"a"`, 9000) + `]}]`), "of one user is longer than 256 KB"},
		"users of many roles":      {asUsers, asJSON, &repeating{`[{"id":1}`, `,{"id":1,"login":"` + strings.Repeat("x", 100_000) + `"}`}, "of its users is longer than 2048 KB"},
		"deep, users":              {asUsers, asXML, &repeating{`<users>`, `<user>`}, "nested deeper than 40 levels"},
		"cells without end":        {asPage, asHTML, &repeating{`<table>`, `<td>`}, "more than 20000 cells"},
		"wide cells":               {asPage, asHTML, &repeating{`<table>`, `<td colspan=100>`}, "more than 20000 cells"},
		"rows without end":         {asPage, asHTML, &repeating{`<table>`, `<tr>`}, "more than 20000 cells"},
		"tables without end":       {asPage, asHTML, &repeating{``, `<table></table>`}, "more than 20000 cells"},
		"titles without end":       {asPage, asHTML, &repeating{`<table><td>`, `<b title="x">`}, "more than 20000 cells"},
		"items without end":        {asPage, asHTML, &repeating{`<table><td>`, `<li>`}, "more than 20000 cells"},
		"tables in tables":         {asPage, asHTML, &repeating{``, `<table><tr><td>`}, "more than 20 tables in one another"},
		"a cell without end":       {asPage, asHTML, &repeating{`<table><td>`, `<b>word</b>`}, "hold more than 4096 KB"},
		"a script without end":     {asPage, asHTML, &repeating{`<script>`, `x`}, "more than 1024 KB"},
		"a tag of attributes":      {asPage, asHTML, &repeating{`<a`, ` b=c`}, "more than 1024 KB"},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.read(longAnswer(t, tc.media, tc.body))
			e, ok := errors.AsType[*Error](err)
			if !ok || e.Temporary() || !strings.Contains(e.Msg, tc.want) || !strings.HasPrefix(e.Msg, "the answer is refused: ") {
				t.Errorf("got %v, want a refusal with %q", err, tc.want)
			}
		})
	}
}

// TestLongPageIsRead: a long page that does no harm is read. Unclosed elements, scripts, attributes and spaces cost
// nothing.
func TestLongPageIsRead(t *testing.T) {
	list := `<table><tr><th>File</th><th>Status</th></tr><tr><td>a.csv</td><td>Done</td></tr></table>`
	for _, between := range []string{`<b><i><font color=red>`, `<div>`, `<a href=x>`, `</table>`, `</td></tr>`, `<!-- x -->`, `<script>a<b</script>`, `<br title="x">`} {
		body := strings.Repeat(between, 100_000) + list + strings.Repeat(between, 100_000)
		doc, err := readSheet(strings.NewReader(body), &url.URL{})
		if err != nil {
			t.Errorf("%s: %v", between, err)
			continue
		}
		if tb := findTable(doc, loadColumn, colFile, colStatus); tb == nil || len(tb.rows) != 1 || (tableRow{tb.at, tb.rows[0]}).text(colStatus) != "Done" {
			t.Errorf("%s: %+v", between, tb)
		}
	}
}

// TestLoadOfManyErrors: a load of the largest part with two errors a row, some of them long, is read.
func TestLoadOfManyErrors(t *testing.T) {
	for format, text := range map[string][3]string{
		asJSON: {`[{"id":1,"status":"done","upload-errors":[{}`, `,{"row":7,"value":"%s","field-errors":["no"]}`, `]}]`},
		asXML:  {`<data-file-source><id>1</id><status>done</status><upload-errors type="array"><upload-error/>`, "\n  <upload-error><row>7</row><value>%s</value><field-errors><field-error>no</field-error></field-errors></upload-error>", `</upload-errors></data-file-source>`},
	} {
		var b strings.Builder
		b.WriteString(text[0])
		for range 10_000 {
			fmt.Fprintf(&b, text[1], strings.Repeat("v", 500))
		}
		b.WriteString(text[2])
		loads, err := readLoads(longAnswer(t, format, strings.NewReader(b.String())))
		if err != nil || len(loads) != 1 || loads[0].ErrorsN != 10_001 || loads[0].Errors[10_000].Row != 7 || len(loads[0].Errors[10_000].Value) != 500 {
			t.Errorf("%s: %v", format, err)
		}
	}
}

// TestOnlyUTF8: names read in another encoding would be wrong names.
func TestOnlyUTF8(t *testing.T) {
	for body, want := range map[string]string{
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><users><user><id>1</id><login>m\xfcller</login></user></users>": "not in UTF-8",
		"<?xml version=\"1.0\" encoding=\"utf-8\"?><users><user><id>1</id><login>m\xfcller</login></user></users>":      "not in UTF-8",
		"[{\"id\":1,\"login\":\"m\xfcller\"}]": "not in UTF-8",
		"<?xml version=\"1.0\" encoding=\"us-ascii\"?><users><user><id>1</id><login>muller</login></user></users>": "",
		"\ufeff[{\"id\":1,\"login\":\"müller\"}]": "",
	} {
		_, err := readUsers(longAnswer(t, "", strings.NewReader(body)), must(t, "Login"))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(bothFields(err), want) {
			t.Errorf("%q: got %v, want %q", body, err, want)
		}
	}
}

// TestRefusalsAreCut: a refusal is cut to a length that people read: not 64 KB, and not all of its ten thousand texts.
func TestRefusalsAreCut(t *testing.T) {
	many := `{"errors":["` + strings.Repeat(`no","`, 9000) + `"]}`
	if said := messages(jsonAnswer(many)); len(said) != maxSaid+1 || said[maxSaid] != "(8980 more)" {
		t.Errorf("%d texts, the last %q", len(said), said[len(said)-1])
	}
	long := `{"errors":["` + strings.Repeat("ü", 9000) + `"]}`
	if said := messages(jsonAnswer(long)); len(said) != 1 || said[0] != strings.Repeat("ü", maxWords/2)+"..." {
		t.Errorf("%d texts, the first of %d bytes", len(said), len(said[0]))
	}
}

// TestLongAnswers: an answer with a connection that breaks after its beginning is lost and is asked for again. An
// answer above the limit is not.
func TestLongAnswers(t *testing.T) {
	body := `[{"id":1,"upload-errors":[{"value":"` + strings.Repeat("x", headBody) + `"}`
	f := newFar(t)
	f.on(loadsPath, reply{status: 200, kind: asJSON, body: body, cut: true}, reply{status: 200, kind: asJSON, body: body + "]}]"})
	c, _ := f.client(t)
	l, err := c.loads(t.Context(), loadsPath, nil)
	if err != nil || len(l) != 1 || len(l[0].Errors) != 1 || len(f.requests(loadsPath)) != 2 {
		t.Errorf("got %v, %v after %d requests", l, err, len(f.requests(loadsPath)))
	}
	f.on(loadsPath, reply{status: 200, kind: asJSON, body: `{"id":1` + strings.Repeat(`,"a":"`+strings.Repeat("x", 200)+`"`, 2000) + "}"})
	c.wire.maxBody = 300_000
	if _, err := c.loads(t.Context(), loadsPath, nil); err == nil || !strings.Contains(bothFields(err), "larger than 300000 bytes") {
		t.Errorf("got %v", err)
	}
}

// TestLongHeader: a header is refused long before the library's own limit of ten megabytes.
func TestLongHeader(t *testing.T) {
	f := newFar(t)
	f.on(loadsPath, reply{status: 200, kind: asJSON, body: "[]", head: map[string]string{"X-Long": strings.Repeat("x", 2*maxHeader)}})
	c, _ := f.client(t, func(c *Config) { c.Budget = -1 })
	if _, err := c.loads(t.Context(), loadsPath, nil); err == nil || !strings.Contains(bothFields(err), "exceeded") {
		t.Errorf("got %v", err)
	}
}
