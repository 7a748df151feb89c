package farend

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"time"
)

// HarmMode is one way in which a web server means harm.
type HarmMode struct {
	Name  string
	Says  string // how it is done, for the docs
	serve func(w http.ResponseWriter, r *http.Request)
	spoil func(*http.Response) error // of the answer of the server behind, in place of serve
}

// asMuch is what is sent of a body that has no end, where no side hangs up: a little less than a client may read.
const asMuch = 31 << 20

// HarmModes are all of them. What an answer to one resource looks like is in its name.
func HarmModes() []HarmMode {
	const load, user = `{"id":1,"status":"done","upload-errors":[{}`, `[{"id":1,"roles":[{}`
	return []HarmMode{
		body("errors, JSON", "31 MB of `\"upload-errors\": [{},{},…]`", jsonType, load, `,{}`),
		body("errors, XML", "31 MB of `<upload-error/>`", xmlType, `<data-file-source><id>1</id><upload-errors type="array">`, `<upload-error/>`),
		body("list, JSON", "31 MB of `[{},{},…]`", jsonType, `[{}`, `,{}`),
		body("list, XML", "31 MB of `<x/>` in a list", xmlType, `<x type="array">`, `<x/>`),
		body("roles, JSON", "31 MB of `\"roles\": [{},{},…]`", jsonType, user, `,{}`),
		body("roles, XML", "31 MB of `<role/>`", xmlType, `<users type="array"><user><id>1</id><roles type="array">`, `<role/>`),
		body("deep, JSON", "31 MB of `[[[…`", jsonType, ``, `[`),
		body("deep, XML", "31 MB of `<a><a><a>…` in a user or a load", xmlType, `<x type="array">`, `<a>`),
		body("value", "a text of 31 MB", jsonType, `{"id":"`, `x`),
		body("spaces", "31 MB of spaces", jsonType, `{`, ` `),
		body("attributes", "31 MB of attributes in one tag", xmlType, `<x type="array"`, ` b="c"`),
		endlessly("endless", "text that never ends", jsonType, `[{"id":1},"`),
		body("formatting", "100 KB: 400 elements `<b>` that are never closed, and paragraphs, to each of which they belong", htmlType, formatting()+pageTable, ``),
		body("cells", "31 MB of `<td>`", htmlType, `<table>`, `<td>`),
		body("tables", "31 MB of `<table>` in one another", htmlType, ``, `<table><tr><td>`),
		body("elements", "31 MB of `<div>` in one another", htmlType, pageTable, `<div>`),
		body("tag", "31 MB of attributes in one tag of a page", htmlType, `<a`, ` b=c`),
		body("script", "a script of 31 MB", htmlType, `<script>`, `x`),
		endlessly("endless page", "a page that never ends", htmlType, `<html>`),
		{Name: "links", Says: "each page leads to itself as the next one", serve: pageOfLinks},
		{Name: "gzip bomb", Says: "10 MB that are 10 GB when unpacked", serve: gzipBomb},
		{Name: "header", Says: "one header of 9 MB", serve: header(1, 9<<20)},
		{Name: "headers", Says: "300,000 headers", serve: header(300_000, 8)},
		{Name: "early hints", Says: "`103 Early Hints` again and again, and no answer", serve: hints},
		{Name: "redirects", Says: "redirects to itself in a circle", serve: redirects},
		{Name: "drip", Says: "one byte after the other, and long pauses", serve: drip},
		{Name: "large refusal", Says: "500 with 31 MB of `{\"errors\": [{},{},…]}`", serve: refusal(http.StatusInternalServerError)},
		{Name: "large 422", Says: "422 with 31 MB of `{\"errors\": [{},{},…]}`", serve: refusal(http.StatusUnprocessableEntity)},
		{Name: "large token", Says: "31 MB of `{\"a\": [{},{},…]}` in place of a token", serve: flood(http.StatusOK, jsonType, `{"a":[{}`, `,{}`, asMuch)},
		{Name: "numbers", Says: "id, row, size and counters of 30 digits", serve: numbers},
		{Name: "twice", Says: "every entry of a good list twice", spoil: rewrite(twice)},
		{Name: "BOM", Says: "a byte order mark before a good answer", spoil: rewrite(func(_ http.Header, b []byte) []byte { return append([]byte("\ufeff"), b...) })},
		{Name: "content type", Says: "a good answer called `image/png`", spoil: rewrite(func(h http.Header, b []byte) []byte { h.Set("Content-Type", "image/png"); return b })},
		{Name: "web page type", Says: "a good answer called `text/html`", spoil: rewrite(func(h http.Header, b []byte) []byte { h.Set("Content-Type", "text/html"); return b })},
		{Name: "charset", Says: "a good answer in XML that says it is in ISO-8859-1", spoil: rewrite(latin1)},
		{Name: "bytes", Says: "a good answer with a byte in it that is no UTF-8", spoil: rewrite(func(_ http.Header, b []byte) []byte {
			return bytes.ReplaceAll(bytes.ReplaceAll(b, []byte(`"status":"`), []byte("\"status\":\"\xfc")), []byte("<status>"), []byte("<status>\xfc"))
		})},
	}
}

const (
	jsonType = "application/json; charset=utf-8"
	xmlType  = "application/xml; charset=utf-8"
	htmlType = "text/html; charset=utf-8"

	pageTable = `<table><tr><th>File</th><th>Status</th></tr></table>`
)

// StartHarm brings up a web server that answers what hit says in a mode's way, and has a good one answer the rest.
func StartHarm(mode, behind string, hit func(*http.Request) bool) (*httptest.Server, error) {
	good, err := url.Parse(behind)
	if err != nil {
		return nil, err
	}
	for _, m := range HarmModes() {
		if m.Name != mode {
			continue
		}
		proxy := httputil.NewSingleHostReverseProxy(good)
		spoiler := httputil.NewSingleHostReverseProxy(good)
		spoiler.ModifyResponse = m.spoil
		return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case !hit(r):
				proxy.ServeHTTP(w, r)
			case m.serve != nil:
				m.serve(w, r)
			default:
				spoiler.ServeHTTP(w, r)
			}
		})), nil
	}
	return nil, fmt.Errorf("no mode %q", mode)
}

func body(name, says, media, begin, then string) HarmMode {
	return HarmMode{Name: name, Says: says, serve: flood(http.StatusOK, media, begin, then, asMuch)}
}

// endlessly never ends its body: whoever reads on has it until they hang up.
func endlessly(name, says, media, begin string) HarmMode {
	return HarmMode{Name: name, Says: says, serve: flood(http.StatusOK, media, begin, "x", 1<<62)}
}

func flood(status int, media, begin, then string, most int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		n, err := io.WriteString(w, begin)
		if then == "" {
			return
		}
		chunk := strings.Repeat(then, 1+(64<<10)/len(then))
		for err == nil && n < most {
			_, err = io.WriteString(w, chunk)
			n += len(chunk)
		}
	}
}

// formatting are elements that a browser opens again in every paragraph.
func formatting() string {
	var b strings.Builder
	b.WriteString("<p>")
	for n := range 400 {
		fmt.Fprintf(&b, "<b id=%d>", n)
	}
	for b.Len() < 100<<10 {
		b.WriteString("x</p><p>")
	}
	return b.String()
}

func refusal(status int) func(http.ResponseWriter, *http.Request) {
	return flood(status, jsonType, `{"errors":[{}`, `,{}`, asMuch)
}

// gzipBomb packs a text of blanks: a thousand times larger than what is sent of it.
func gzipBomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	w.Header().Set("Content-Encoding", "gzip")
	z, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	chunk := bytes.Repeat([]byte(" "), 1<<20)
	for n := 0; err == nil && n < 10<<10; n++ {
		_, err = z.Write(chunk)
	}
}

func header(count, size int) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		value := strings.Repeat("x", size)
		for n := range count {
			w.Header().Set(fmt.Sprintf("X-%d", n), value)
		}
	}
}

func hints(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Link", "</x>; rel=preload")
	for r.Context().Err() == nil {
		w.WriteHeader(http.StatusEarlyHints)
	}
}

func redirects(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, r.URL.RequestURI(), http.StatusFound)
}

func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", jsonType)
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	for {
		if _, err := io.WriteString(w, " "); err != nil {
			return
		}
		w.(http.Flusher).Flush()
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		}
	}
}

func pageOfLinks(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", htmlType)
	fmt.Fprintf(w, `%s<a rel="next" href="%s">next</a>`, pageTable, r.URL.RequestURI())
}

// numbers says that the load that is looked for has ended.
func numbers(w http.ResponseWriter, r *http.Request) {
	const many = "123456789012345678901234567890"
	w.Header().Set("Content-Type", jsonType)
	name := "_Incoming_Users" + r.URL.Query().Get("file_file_name[ends_with]")
	fmt.Fprintf(w, `[{"id":%[1]s,"file-file-name":%[2]q,"file-file-size":%[1]s,"status":"done","records-count":%[1]s,"upload-errors-count":1e400,
		"upload-errors":[{"type":"UploadRowError","row":%[1]s,"field-errors":["no"]}]}]`, many, name)
}

func twice(_ http.Header, b []byte) []byte {
	const begin, end = "<data-file-source>", "</data-file-source>"
	from, to := bytes.Index(b, []byte(begin)), bytes.LastIndex(b, []byte(end))
	if from < 0 || to < 0 {
		return b
	}
	to += len(end)
	return bytes.Join([][]byte{b[:from], b[from:to], b[from:to], b[to:]}, nil)
}

func latin1(_ http.Header, b []byte) []byte {
	_, rest, ok := bytes.Cut(b, []byte("?>"))
	if !ok {
		rest = b
	}
	return append([]byte(`<?xml version="1.0" encoding="ISO-8859-1"?>`), rest...)
}

// rewrite changes a good answer.
func rewrite(change func(http.Header, []byte) []byte) func(*http.Response) error {
	return func(r *http.Response) error {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		b = change(r.Header, b)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(b)), int64(len(b))
		r.Header.Set("Content-Length", fmt.Sprint(len(b)))
		return nil
	}
}
