package coupa

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	pagePath   = "/data_sources"
	listPages  = 5   // pages of the list that are read: new loads come first
	errorPages = 120 // pages of one load's errors: 5,000 rows, 50 a page, and some more
)

// staleCookie is the error where a login comes in place of a page.
func (p *Page) staleCookie() error {
	return notDelivered(export.NoCookie, nil, "the cookie is stale or incomplete").
		WithHint("log in to %s with a browser, copy the whole Cookie header of a request to /data_sources, and set coupa.page_cookie to it", p.wire.base)
}

// Page reads loads from the web page /data_sources with the cookie of a logged-in user. The columns of that page are
// not documented: they are found by the words of their header. A page with tables but without columns for file and
// status is refused, not guessed at. A page without any table is an empty list. It may be used by several goroutines.
type Page struct {
	wire   *wire
	cookie export.Secret
	folder string

	noTable sync.Once // logs once that the page has no table
}

// NewPage checks a config and returns a reader; it sends nothing. Its error names every fault of the config.
func NewPage(c Config, log logrus.FieldLogger) (*Page, error) {
	c = c.withDefaults()
	w, err := newWire(c, log)
	cookie := strings.TrimSpace(c.PageCookie.Reveal())
	if len(cookie) > 7 && strings.EqualFold(cookie[:7], "cookie:") { // the cookie was copied with the name of its header
		cookie = strings.TrimSpace(cookie[7:])
	}
	switch {
	case cookie == "":
		err = errors.Join(err, export.Hint(errors.New("coupa.page_cookie: missing"), "log in with a browser and copy the whole Cookie header"))
	case strings.ContainsFunc(cookie, func(r rune) bool { return r < ' ' || r == 0x7f }):
		err = errors.Join(err, export.Hint(errors.New("coupa.page_cookie: has a line break or a control character"), "copy the Cookie header alone, in one line"))
	}
	if err != nil {
		return nil, err
	}
	return &Page{wire: w, cookie: export.NewSecret(cookie), folder: c.Folder}, nil
}

// Via returns the name of this way of asking in load.via and in Load.Via.
func (p *Page) Via() string { return "page" }

// Check proves address and cookie, and that the page has a table that can be read. Its error is an
// *export.NotDeliveredError, unless ctx ended.
func (p *Page) Check(ctx context.Context) error {
	_, _, err := p.list(p.wire.checking(ctx), pagePath, nil)
	return unusable(p.wire.base, err)
}

// Ask returns the load of one part as it stands now, found by its file name (and by q.ID among several); nil where the
// first pages of the list do not show it. It reads the errors of a load that has ended from the load's own page; where
// that page shows none, only ErrorsN is known. It returns the same kinds of error as API.Ask.
func (p *Page) Ask(ctx context.Context, q export.LoadQuery) (*export.Load, error) {
	var found []*export.Load
	links := map[*export.Load]string{}
	path, query := pagePath, url.Values(nil)
	ctx = patient(ctx, q.Until)
	for range listPages {
		t, next, err := p.list(ctx, path, query)
		if err != nil {
			return nil, err
		}
		for _, tr := range t.rows {
			r := tableRow{t.at, tr}
			if l := p.match(r, q); l != nil {
				found, links[l] = append(found, l), r.link()
			}
		}
		if len(found) > 0 || next == nil {
			break
		}
		path, query = next.Path, next.Query()
	}
	l := choose(found, export.Mangled(p.folder, q.Name), q.Since)
	if i := slices.IndexFunc(found, func(l *export.Load) bool { return q.ID != "" && l.ID == q.ID }); i >= 0 {
		l = found[i]
	}
	if l == nil {
		return nil, nil
	}
	return l, p.errors(ctx, l, links[l])
}

// match returns the load of a row where it is the part's, else nil.
func (p *Page) match(r tableRow, q export.LoadQuery) *export.Load {
	names := r.names()
	i := slices.IndexFunc(names, func(n string) bool { return ourName(n, p.folder, q.Name) })
	if i < 0 {
		return nil
	}
	l := r.load(names[i])
	switch {
	case !l.CreatedAt.IsZero() && l.CreatedAt.Before(q.Since.Add(-floorGap)):
		return nil
	case q.Size > 0 && l.FileSize >= 0 && l.FileSize != q.Size:
		return nil
	}
	return l
}

// errors reads the errors of a load that has ended, unless the list says that there are none.
func (p *Page) errors(ctx context.Context, l *export.Load, link string) error {
	if _, final := export.Judge(l); !final || l.ErrorsN == 0 || link == "" {
		return nil
	}
	next, seen := resolve(p.wire.base.JoinPath(pagePath), link), map[string]bool{}
	for len(seen) < errorPages && next != nil && !seen[next.String()] {
		seen[next.String()] = true
		doc, err := p.get(ctx, next.Path, next.Query())
		if err != nil {
			return err
		}
		t := findTable(doc, errorColumn, colErrors)
		if t == nil || len(t.at) < 2 {
			p.wire.log.WithField("load", l.ID).Debug("coupa: the load's page has no table of errors that can be read")
			break
		}
		for _, tr := range t.rows {
			if e := (tableRow{t.at, tr}).loadError(); len(e.Messages) > 0 {
				l.Errors = append(l.Errors, e)
			}
		}
		l.ErrorsN = max(l.ErrorsN, len(l.Errors))
		next = doc.next
	}
	return nil
}

// list reads one page of the list and the link to the next one.
func (p *Page) list(ctx context.Context, path string, query url.Values) (*pageTable, *url.URL, error) {
	doc, err := p.get(ctx, path, query)
	if err != nil {
		return nil, nil, err
	}
	t := findTable(doc, loadColumn, colFile, colStatus)
	switch {
	case t == nil && len(doc.tables) == 0: // this is how the list looks before the first load
		p.noTable.Do(func() {
			p.wire.log.WithField(export.HintField, "look at the page in a browser if the list is not empty").Info("coupa: /data_sources shows no table at all, which is taken for an empty list")
		})
		return &pageTable{}, nil, nil
	case t == nil:
		return nil, nil, notDelivered(export.NoAddress, nil, "%s%s has no table with a file and a status column", p.wire.base, path).
			WithHint("look at it in a browser: if this release of Coupa shows it differently, use load.via: [api]")
	}
	return t, doc.next, nil
}

// get reads one page. A login page instead is an *export.NotDeliveredError.
func (p *Page) get(ctx context.Context, path string, query url.Values) (*sheet, error) {
	var doc *sheet
	err := p.wire.retry(ctx, func(ctx context.Context) error {
		head := http.Header{"Accept": {"text/html"}, "Cookie": {p.cookie.Reveal()}, "User-Agent": {"hr2coupa"}}
		return p.wire.once(ctx, request{method: http.MethodGet, path: path, query: query}, head, func(a *answer) (err error) {
			doc, err = p.read(a)
			return err
		})
	})
	return doc, err
}

func (p *Page) read(a *answer) (*sheet, error) {
	switch s := a.status; {
	case s >= 300 && s < 400, s == http.StatusUnauthorized, loginPath(a.url.Path):
		return nil, p.staleCookie()
	case s == http.StatusForbidden:
		return nil, notDelivered(export.NoCookie, nil, "the user of the cookie may not see %s%s (403)", p.wire.base, a.path).WithHint("use the cookie of a user who may")
	case s == http.StatusNotFound:
		return nil, notDelivered(export.NoAddress, nil, "%s%s is not there (404)", p.wire.base, a.path).WithHint(checkURL)
	case s != http.StatusOK:
		return nil, a.fail(problem(a), p.wire.now())
	}
	if len(bytes.TrimSpace(a.body)) == 0 {
		return nil, &Error{Op: a.op(), Status: a.status, Msg: "the page is empty", hope: garbled}
	}
	doc, err := readSheet(a.all(), a.url)
	if err != nil {
		return nil, unreadable(a, "it is not a web page", err)
	}
	if doc.password && len(doc.tables) == 0 {
		return nil, p.staleCookie()
	}
	return doc, nil
}

// resolve returns a link as an absolute address; nil where it leads to another host, since the cookie is not for that
// host.
func resolve(from *url.URL, href string) *url.URL {
	u, err := from.Parse(href)
	if err != nil || u.Scheme != from.Scheme || u.Host != from.Host {
		return nil
	}
	return u
}
