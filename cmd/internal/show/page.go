package show

import (
	"bufio"
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

//go:embed page.html planpage.html runpage.html
var pageFiles embed.FS

// pagePieces are the pieces of all pages. They escape every value for the place where it stands.
var pagePieces = template.Must(template.ParseFS(pageFiles, "*.html"))

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
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && wiring.Exists(filepath.Dir(path)):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return exit.NoFolder(option, path)
	case err != nil:
		return exit.Usage("%s: %w", option, err)
	case !info.Mode().IsRegular():
		return export.Hint(exit.Usage("%s: %s is not an ordinary file", option, path), "give the name of a new file")
	}
	f, err := regular.Open(path)
	if err != nil {
		return exit.Usage("%s: %w", option, err)
	}
	defer f.Close()
	begin, err := io.ReadAll(io.LimitReader(f, 1<<10))
	if err != nil {
		return exit.Usage("%s: %w", option, err)
	}
	if !bytes.Contains(begin, []byte(mark)) {
		return export.Hint(exit.Usage("%s: %s exists and is not %s, so it is not overwritten", option, path, what), "give another name")
	}
	return nil
}

// replacePage writes a page, for its owner alone (0600), since it holds personal data.
func replacePage(path string, write func(*pageWriter)) error {
	err := prospect.Replace(path, func(w io.Writer) error {
		p := &pageWriter{w: bufio.NewWriterSize(w, 64<<10)}
		write(p)
		return errors.Join(p.err, p.w.Flush())
	})
	if err != nil {
		return fmt.Errorf("write the page: %w", err)
	}
	return nil
}

// pageWriter writes the pieces of a page one after another, and remembers the first error.
type pageWriter struct {
	w   *bufio.Writer
	err error
}

func (p *pageWriter) piece(name string, data any) {
	if p.err == nil {
		p.err = pagePieces.ExecuteTemplate(p.w, name, data)
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
