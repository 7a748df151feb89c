package show

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"sync"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

//go:embed page.html planpage.html runpage.html reconcilepage.html
var pageFiles embed.FS

// pagePieces are the pieces of all pages. They escape every value for the place where it stands. Only a start that writes a page
// parses them.
var pagePieces = sync.OnceValue(func() *template.Template { return template.Must(template.ParseFS(pageFiles, "*.html")) })

// pageKind is what is shown on a page. It is on every page, and by it such a page is known.
type pageKind string

const (
	planPageKind pageKind = "hr2coupa plan"
	runPageKind  pageKind = "hr2coupa run"
)

// mark returns the line that every page of the kind has.
func (k pageKind) mark() string { return `<meta name="generator" content="` + string(k) + `">` }

// MayWritePage returns an error if path is there and is no page of a plan: --html does not overwrite it.
func MayWritePage(path string) error {
	return mayReplace("plan --html", path, "a page of a plan", planPageKind.mark())
}

// mayReplace returns an error if path is there and does not begin with something that has the mark. The option names the path.
func mayReplace(option, path, what, mark string) error {
	return prospect.MayReplace(option, path, what, func() (bool, error) {
		f, err := regular.Open(path)
		if err != nil {
			return false, err
		}
		defer f.Close()
		begin, err := io.ReadAll(io.LimitReader(f, 1<<10))
		return bytes.Contains(begin, []byte(mark)), err
	})
}

// tempFile is the name of a file that is being written.
const tempFile = ".hr2coupa-*.tmp"

// replacePage writes a page, for its owner alone (0600), since it holds personal data.
func replacePage(path string, write func(*pageWriter)) error {
	err := disk.Replace(path, tempFile, func(w io.Writer) error {
		p := &pageWriter{w: w}
		write(p)
		return p.err
	})
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// pageWriter writes the pieces of a page one after another, and remembers the first error.
type pageWriter struct {
	w   io.Writer
	err error
}

func (p *pageWriter) piece(name string, data any) {
	if p.err == nil {
		p.err = pagePieces().ExecuteTemplate(p.w, name, data)
	}
}

// top begins a page: the style and the head that all pages share.
func (p *pageWriter) top(kind pageKind, title string) {
	p.piece("top", map[string]any{"Kind": kind, "Title": title})
}

// plain returns texts without what would mislead a reader. html/template escapes them; this is about characters that turn
// the direction of a text, hide it or control a terminal.
func plain(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = export.Plain(text)
	}
	return out
}
