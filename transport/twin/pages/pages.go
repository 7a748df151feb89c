// Package pages serves what an administrator sees of the twin in a browser: the login, and the list of loads at /data_sources.
package pages

import (
	"crypto/subtle"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

//go:embed *.html
var pageFiles embed.FS

// The login of the pages in a browser.
const (
	User     = "admin"
	Password = "coupa"
)

// pages serves /login and /data_sources.
type pages struct {
	in     *instance.Instance
	cookie http.Cookie
	views  map[string]*template.Template
}

// Add adds the pages to a site. A request with the cookie, name=value, needs no login.
func Add(site *http.ServeMux, in *instance.Instance, cookie string) {
	name, value, _ := strings.Cut(cookie, "=")
	p := &pages{in: in, cookie: http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}, views: map[string]*template.Template{}}
	for _, view := range []string{"login", "loads", "load"} {
		p.views[view] = template.Must(template.ParseFS(pageFiles, "layout.html", view+".html"))
	}
	site.HandleFunc("GET /login", p.loginForm)
	site.HandleFunc("POST /login", p.login)
	site.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/data_sources", http.StatusFound) })
	site.HandleFunc("GET /data_sources", p.signedIn(p.loads))
	site.HandleFunc("GET /data_sources/{id}", p.signedIn(p.load))
}

func (p *pages) show(w http.ResponseWriter, status int, view string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := p.views[view].ExecuteTemplate(w, "layout", data); err != nil {
		p.in.Log.WithError(err).WithField("page", view).Warn("page not written")
	}
}

type loginView struct {
	Title, Next string
	Wrong       bool
}

func (p *pages) loginForm(w http.ResponseWriter, r *http.Request) {
	p.show(w, http.StatusOK, "login", loginView{Title: "Sign in", Next: localPath(r.URL.Query().Get("next"))})
}

// login sets the session cookie and redirects to a path of this site.
func (p *pages) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	next := localPath(r.PostFormValue("next"))
	if r.PostFormValue("login") != User || r.PostFormValue("password") != Password {
		p.show(w, http.StatusUnauthorized, "login", loginView{Title: "Sign in", Next: next, Wrong: true})
		return
	}
	http.SetCookie(w, &p.cookie)
	http.Redirect(w, r, next, http.StatusSeeOther)
}

func localPath(next string) string {
	if strings.HasPrefix(next, "/data_sources") {
		return next
	}
	return "/data_sources"
}

// signedIn redirects requests without the cookie to the login.
func (p *pages) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p.spoil(w, r) {
			return
		}
		c, err := r.Cookie(p.cookie.Name)
		if err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(p.cookie.Value)) != 1 {
			http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusFound)
			return
		}
		next(w, r)
	}
}

type loadView struct {
	instance.Load
	Shown   string // the status as the switch spells it
	Created string
}

type loadsView struct {
	Title        string
	Loads        []loadView
	Total        int
	Newer, Older int // page numbers; 0: none
	First, Last  int
}

// loads shows 50 loads a page, the newest first.
func (p *pages) loads(w http.ResponseWriter, r *http.Request) {
	all := p.in.Listed()
	slices.Reverse(all)
	page := 1
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 1 && n <= 1+len(all)/payload.PageSize {
		page = n
	}
	from := (page - 1) * payload.PageSize
	to := min(from+payload.PageSize, len(all))
	v := loadsView{Title: "Data Sources", Total: len(all), First: from + 1, Last: to, Newer: page - 1}
	if to < len(all) {
		v.Older = page + 1
	}
	for _, l := range all[from:to] {
		v.Loads = append(v.Loads, p.view(l))
	}
	p.show(w, http.StatusOK, "loads", v)
}

func (p *pages) view(l instance.Load) loadView {
	return loadView{Load: l, Shown: p.in.StatusText(l.Status), Created: l.PickedUp.Format(time.DateTime + " -07:00")}
}

// errorView is one row of the table of a load's errors; messages of one field are joined.
type errorView struct {
	Row, FirstColumn, Field, Value, Error string
}

type oneView struct {
	Title string
	Load  loadView
	Rows  []errorView
}

// load shows one load with its upload errors.
func (p *pages) load(w http.ResponseWriter, r *http.Request) {
	id, _ := payload.ParseInt(r.PathValue("id"))
	all := p.in.Listed()
	i := slices.IndexFunc(all, func(l instance.Load) bool { return l.ID == id })
	if i < 0 {
		http.NotFound(w, r)
		return
	}
	v := oneView{Title: fmt.Sprintf("Data Source %d", id), Load: p.view(all[i])}
	for _, e := range all[i].Errors {
		row := errorView{FirstColumn: text(e.FirstColumn), Field: text(e.Field), Value: text(e.Value), Error: strings.Join(e.Messages, "; ")}
		if e.Row != nil {
			row.Row = strconv.Itoa(*e.Row)
		}
		v.Rows = append(v.Rows, row)
	}
	p.show(w, http.StatusOK, "load", v)
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// spoil sends a bad answer if one is due, and reports whether it did.
func (p *pages) spoil(w http.ResponseWriter, r *http.Request) bool {
	answer := p.in.Board.Get().PageAnswer
	if !p.in.Spoils(answer) {
		return false
	}
	switch answer {
	case "login":
		http.Redirect(w, r, "/login", http.StatusFound)
	case "empty":
		w.WriteHeader(http.StatusOK)
	case "strange":
		bare(w, http.StatusOK, "<table><tr><th>Colour</th><th>Taste</th></tr><tr><td>red</td><td>sweet</td></tr></table>")
	default:
		status, err := strconv.Atoi(answer)
		if err != nil {
			status = http.StatusInternalServerError
		}
		bare(w, status, http.StatusText(status))
	}
	return true
}

// bare sends a page without anything of Coupa's.
func bare(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte("<html><body>" + body + "</body></html>\n"))
}
