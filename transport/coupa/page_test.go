package coupa

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

func webPage(body string) reply { return reply{status: 200, kind: asHTML, body: body} }

func TestPage(t *testing.T) {
	f := newFar(t)
	f.on(pagePath, webPage(payload(t, "page.html")))
	f.on(pagePath+"/4711", webPage(payload(t, "page-errors.html")))
	p := f.page(t)
	if err := p.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := rowLoad()
	want.Via, want.FileSize, want.Status = "page", -1, "Done"
	for _, id := range []string{"", "4711", "99"} {
		q := query()
		q.ID = id
		got, err := p.Ask(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); d != "" {
			t.Error(d)
		}
	}
	if c := f.requests(pagePath)[0].Header.Get("Cookie"); c != plantedPage {
		t.Errorf("cookie %q", c)
	}
	q := query()
	q.Name = "Users_other.csv"
	if l, err := p.Ask(t.Context(), q); l != nil || err != nil {
		t.Error(l, err)
	}
}

// TestPageOtherColumns: a page is read that has other words, another order, columns for counters, no time, and an id
// only in a link.
func TestPageOtherColumns(t *testing.T) {
	f := newFar(t)
	f.on(pagePath, webPage(payload(t, "page-other.html")))
	got, err := f.page(t).Ask(t.Context(), query())
	if err != nil {
		t.Fatal(err)
	}
	want := &export.Load{ID: "4740", Via: "page", FileName: partMangled, FileSize: 332, Status: "stopped", Processed: 1204, Created: 3, Updated: 7, ErrorsN: 0}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestPageErrorsOnlyCounted: where the load's own page cannot be read, the number of errors still counts. While the
// load is at work its page is not read.
func TestPageErrorsOnlyCounted(t *testing.T) {
	for _, tc := range []struct {
		status, errors, detail string
		n, visits              int
	}{
		{"Done", "3", "<html>nothing to see</html>", 3, 1},
		{"Done", "", "<html>nothing to see</html>", -1, 1},
		{"Done", "", "<table><tr><th>Row</th><th>Error</th></tr></table>", 0, 1},
		{"Done", "0", "", 0, 0},
		{"Loading", "3", "", 3, 0},
		{"Failed", "", "<table><tr><th>Row</th><th>Error</th></tr><tr><td></td><td>Column header Foo is not valid.</td></tr></table>", 1, 1},
	} {
		f := newFar(t)
		f.on(pagePath, webPage(`<table><tr><th>File</th><th>Status</th><th>Errors</th></tr><tr><td>`+partMangled+`</td><td>`+tc.status+`</td><td><a href="/data_sources/5?a=b">`+tc.errors+`</a></td></tr></table>`))
		f.on(pagePath+"/5", webPage(tc.detail))
		l, err := f.page(t).Ask(t.Context(), query())
		if err != nil || l.ErrorsN != tc.n || len(f.requests(pagePath+"/5")) != tc.visits {
			t.Errorf("%+v: got %v, %v after %d visits", tc, l, err, len(f.requests(pagePath+"/5")))
		}
		if tc.status == "Failed" && (len(l.Errors) != 1 || !l.Errors[0].Header()) {
			t.Errorf("errors %+v", l.Errors)
		}
	}
}

// TestPageLeafs: reading goes on to the next page and does not run in a circle.
func TestPageLeafs(t *testing.T) {
	head := `<table><tr><th>File</th><th>Status</th></tr><tr><td>`
	f := newFar(t)
	f.on(pagePath,
		webPage(head+`_Incoming_Users_other.csv</td><td>Done</td></tr></table><nav><a href="?page=0">Newer loads</a><a href="?page=2">Older loads</a></nav>`),
		webPage(head+`_Incoming_Users_other.csv</td><td>Done</td></tr></table><a rel="next" href="?page=3">3</a>`),
		webPage(head+partMangled+`</td><td>Pending</td></tr></table>`))
	p := f.page(t)
	l, err := p.Ask(t.Context(), query())
	if err != nil || l == nil || l.Status != "Pending" || f.requests(pagePath)[2].URL.RawQuery != "page=3" {
		t.Fatal(l, err)
	}
	f.on(pagePath, webPage(head+`_Incoming_Users_other.csv</td><td>Done</td></tr></table><a class="next_page" href="/data_sources">next</a>`))
	if l, err := p.Ask(t.Context(), query()); l != nil || err != nil || len(f.requests(pagePath)) > 3+listPages {
		t.Error(l, err, len(f.requests(pagePath)))
	}
	// The cookie is sent to no other host.
	f.on(pagePath, webPage(head+`x</td><td>Done</td></tr></table><a rel="next" href="https://elsewhere.invalid/data_sources">next</a>`))
	if l, err := p.Ask(t.Context(), query()); l != nil || err != nil {
		t.Error(l, err)
	}
}

// TestPageEmpty: before the first load the page may show no table.
func TestPageEmpty(t *testing.T) {
	f := newFar(t)
	f.on(pagePath, webPage("<html><p>No file has been loaded yet.</p></html>"))
	p := f.page(t)
	if l, err := p.Ask(t.Context(), query()); l != nil || err != nil {
		t.Error(l, err)
	}
	if err := p.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPageFaults(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script []reply
		what   string // "": an *Error
		text   string
	}{
		{"login page", []reply{webPage(payload(t, "login.html"))}, "cookie", "the cookie is stale"},
		{"redirect to the login", []reply{{status: 302, head: map[string]string{"Location": "/sessions/new"}}}, "cookie", "stale or incomplete\nhint: log in"},
		{"redirect to single sign-on", []reply{{status: 302, head: map[string]string{"Location": "https://idp.invalid/"}}}, "cookie", "the cookie is stale"},
		{"401", []reply{{status: 401}}, "cookie", "the cookie is stale"},
		{"403", []reply{{status: 403}}, "cookie", "may not see"},
		{"404", []reply{{status: 404}}, "address", "is not there"},
		{"no table", []reply{webPage("<html><table><tr><th>File</th></tr></table></html>")}, "address", "no table with a file and a status column"},
		{"500", []reply{{status: 500, kind: asHTML, body: "<html>Oops</html>"}}, "", "500: a web page"},
		{"empty", []reply{webPage("")}, "", "the page is empty"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFar(t)
			f.on(pagePath, tc.script...)
			p := f.page(t)
			_, err := p.Ask(t.Context(), query())
			quiet(t, err, nil)
			nd, ok := errors.AsType[*export.NotDeliveredError](err)
			if err == nil || ok != (tc.what != "") || ok && nd.What.String() != tc.what || !contains(bothFields(err), tc.text) {
				t.Errorf("got %v, want %s: %s", err, tc.what, tc.text)
			}
			if err := p.Check(t.Context()); !isNotDelivered(err) {
				t.Errorf("check: %v", err)
			}
		})
	}
}

// TestPageFollowsRedirects: redirects within the host are followed, as from /data_sources to a page with the same list.
func TestPageFollowsRedirects(t *testing.T) {
	f := newFar(t)
	f.on(pagePath, reply{status: 302, head: map[string]string{"Location": "/data_sources/all"}})
	f.on("/data_sources/all", webPage(payload(t, "page-other.html")))
	if l, err := f.page(t).Ask(t.Context(), query()); err != nil || l == nil {
		t.Fatal(l, err)
	}
	if c := f.requests("/data_sources/all")[0].Header.Get("Cookie"); c != plantedPage {
		t.Errorf("cookie %q", c)
	}
}

func TestColumns(t *testing.T) {
	for in, want := range map[string]pageColumn{
		"ID": colID, "File": colFile, "File Name": colFile, "file-file-name": colFile, "Data File": colFile, "Name": colFile,
		"File Size": colSize, "Type": "", "File Type": "", "Status": colStatus, "STATE": colStatus, "Created At": colCreatedAt, "Created": colCreatedAt,
		"Created By": "", "Result": colResult, "Result Text": colResult, "Errors": colErrors, "# of errors": colErrors, "Upload-Errors": colErrors,
		"Records": colProcessed, "Rows processed": colProcessed, "Records Created": colCreated, "Records Updated": colUpdated, "": "", "Actions": "",
	} {
		if got := loadColumn(words(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]pageColumn{
		"Row": colRow, "Row Number": colRow, "Line": colRow, "First Column": colFirstColumn, "Field": colField, "Field with Error": colField,
		"Value": colValue, "Error": colErrors, "Field Errors": colErrors, "Messages": colErrors, "Error Type": colType, "Status": "",
	} {
		if got := errorColumn(words(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// FuzzPage: reading ends for every page, and the loads read keep the rules.
func FuzzPage(f *testing.F) {
	seeds(f, "html")
	at := &url.URL{Scheme: "https", Host: "acme-test.coupahost.com", Path: pagePath}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, err := readSheet(bytes.NewReader(body), at)
		if err != nil {
			return
		}
		if doc.next != nil && doc.next.Host != at.Host {
			t.Fatalf("the next page is on %s", doc.next.Host)
		}
		if tb := findTable(doc, loadColumn, colFile, colStatus); tb != nil {
			for _, tr := range tb.rows {
				r := tableRow{tb.at, tr}
				check(t, r.load(strings.Join(r.names(), "")))
			}
		}
		if tb := findTable(doc, errorColumn, colErrors); tb != nil {
			for _, tr := range tb.rows {
				if e := (tableRow{tb.at, tr}).loadError(); e.Type == "" || e.Row < 0 {
					t.Fatalf("%+v", e)
				}
			}
		}
	})
}
