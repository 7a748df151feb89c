package twin

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/pages"
)

func page(t *testing.T, client *http.Client, address string) (*http.Response, *goquery.Document) {
	t.Helper()
	resp, err := client.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	doc, err := goquery.NewDocumentFromReader(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, doc
}

func heads(doc *goquery.Document) string {
	return strings.Join(doc.Find("thead th").Map(func(_ int, s *goquery.Selection) string { return s.Text() }), "|")
}

func TestPages(t *testing.T) {
	r := start(t, Options{})
	r.load(header + ",Approver Login\njdoe,jdoe@example.com,<b>J</b>,Doe,\n\"<i>x\",x@example.com,X,Y,nobody\n")
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar}

	resp, doc := page(t, browser, r.URL()+"/data_sources")
	if resp.Request.URL.Path != "/login" || doc.Find("form input[type=password]").Length() != 1 {
		t.Fatalf("without a cookie: %s", resp.Request.URL)
	}
	form := func(password string) *http.Response {
		resp, err := browser.PostForm(r.URL()+"/login", url.Values{"login": {pages.User}, "password": {password}, "next": {"https://elsewhere.example.com"}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	if resp := form("wrong"); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("wrong password: %d", resp.StatusCode)
	}
	if resp := form(pages.Password); resp.StatusCode != 200 || resp.Request.URL.String() != r.URL()+"/data_sources" {
		t.Errorf("login leads to %s", resp.Request.URL)
	}

	_, doc = page(t, browser, r.URL()+"/")
	if got := heads(doc); got != "ID|File Name|Type|Status|Created At|Created By|Result|Errors" {
		t.Errorf("heads %s", got)
	}
	cells := doc.Find("tbody td").Map(func(_ int, s *goquery.Selection) string { return strings.TrimSpace(s.Text()) })
	if len(cells) != 8 || cells[1] != "_Incoming_Users_users.csv" || cells[3] != "done" || cells[5] != instance.SFTPLogin ||
		cells[6] != "2 rows processed, creating 0 new rows and updating 1 rows." || cells[7] != "1" {
		t.Errorf("cells %q", cells)
	}
	link, _ := doc.Find("tbody a").Attr("href")
	_, doc = page(t, browser, r.URL()+link)
	if got := heads(doc); got != "Row|First Column|Field|Value|Error" {
		t.Errorf("heads %s", got)
	}
	cells = doc.Find("tbody td").Map(func(_ int, s *goquery.Selection) string { return s.Text() })
	if strings.Join(cells, "|") != "2|<i>x|manager_id|nobody|Manager unable to find matching manager." {
		t.Errorf("cells %q", cells)
	}
	if resp, _ := page(t, browser, r.URL()+"/data_sources/7"); resp.StatusCode != 404 {
		t.Errorf("unknown load: %d", resp.StatusCode)
	}
}

func TestPageCookie(t *testing.T) {
	r := start(t, Options{PageCookie: "sess=abc"})
	for cookie, want := range map[string]int{"sess=abc": 200, "sess=stale": 302, "": 302} {
		req, _ := http.NewRequest("GET", r.URL()+"/data_sources", nil)
		req.Header.Set("Cookie", cookie)
		if status, _ := do(t, req); status != want {
			t.Errorf("%q: %d", cookie, status)
		}
	}
}

func TestPagesAreCut(t *testing.T) {
	r := start(t, Options{}, "suffix=any")
	for i := range 51 {
		if err := write(r.client(), "/Incoming/Users/f"+string(rune('A'+i)), header+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	r.PickUp()
	get := func(query string) int {
		req, _ := http.NewRequest("GET", r.URL()+"/data_sources"+query, nil)
		req.Header.Set("Cookie", r.PageCookie())
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		doc, err := goquery.NewDocumentFromReader(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return doc.Find("tbody tr").Length()
	}
	if first, second := get(""), get("?page=2"); first != 50 || second != 1 {
		t.Errorf("%d and %d loads", first, second)
	}
}
