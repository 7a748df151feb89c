package coupa

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/hr2coupa/hr2coupa/export"
)

// The documentation says that the web page of the data sources shows the result of a file, but names neither its
// columns nor their order. So a table is recognised by the words of its header, whatever their case, order and
// punctuation.

// pageColumn is the meaning of a header cell.
type pageColumn string

const (
	colID          pageColumn = "id"
	colFile        pageColumn = "file"
	colSize        pageColumn = "size"
	colStatus      pageColumn = "status"
	colCreatedAt   pageColumn = "created at"
	colResult      pageColumn = "result"
	colProcessed   pageColumn = "processed"
	colCreated     pageColumn = "created"
	colUpdated     pageColumn = "updated"
	colErrors      pageColumn = "errors"
	colRow         pageColumn = "row"
	colFirstColumn pageColumn = "first column"
	colField       pageColumn = "field"
	colValue       pageColumn = "value"
	colType        pageColumn = "type"
)

// pageTable is a table of the page with a header that was understood.
type pageTable struct {
	at   map[pageColumn]int
	rows [][]*gridCell
}

// findTable returns the first table that has every wanted column by name.
func findTable(doc *sheet, name func(string) pageColumn, want ...pageColumn) *pageTable {
	for _, g := range doc.tables {
		if t := readTable(g, name, want); t != nil {
			return t
		}
	}
	return nil
}

// readTable takes the first row with all wanted columns as the header, and the rows after it as data.
func readTable(g *grid, name func(string) pageColumn, want []pageColumn) *pageTable {
	for n, cells := range g.rows {
		at := map[pageColumn]int{}
		for i, c := range cells {
			col := name(words(c.text))
			if _, twice := at[col]; col != "" && !twice {
				at[col] = i
			}
		}
		if !slices.ContainsFunc(want, func(w pageColumn) bool { _, ok := at[w]; return !ok }) {
			return &pageTable{at, g.rows[n+1:]}
		}
	}
	return nil
}

// span returns the number of columns that a cell spans.
func span(given string) int {
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 || n > 100 {
		return 1
	}
	return n
}

// words returns a header's text as lower-case words with one blank between them: "File-Name ▲" becomes "file name".
func words(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// loadColumn returns the column of the table of loads that a header stands for.
func loadColumn(h string) pageColumn {
	has := func(s string) bool { return strings.Contains(h, s) }
	switch {
	case h == "":
		return ""
	case h == "id" || h == "data source id" || h == "load id":
		return colID
	case has("error"):
		return colErrors
	case has("size"):
		return colSize
	case has("status"), h == "state":
		return colStatus
	case h == "type" || h == "file type" || h == "content type", has(" by"):
		return ""
	case has("records created"), has("rows created"):
		return colCreated
	case has("records updated"), has("rows updated"):
		return colUpdated
	case has("processed"), h == "records" || h == "rows" || h == "records count":
		return colProcessed
	case has("creat"), has("uploaded"), h == "date":
		return colCreatedAt
	case has("result"), has("summary"), has("message"):
		return colResult
	case has("file"), h == "name", h == "data source":
		return colFile
	}
	return ""
}

// errorColumn returns the column of the table of a load's errors that a header stands for.
func errorColumn(h string) pageColumn {
	has := func(s string) bool { return strings.Contains(h, s) }
	switch {
	case has("first"):
		return colFirstColumn
	case has("type"):
		return colType
	case has("field with"), h == "field", h == "column", h == "attribute":
		return colField
	case has("value"):
		return colValue
	case has("error"), has("message"):
		return colErrors
	case h == "row" || h == "line" || has("row n") || has("line n"):
		return colRow
	}
	return ""
}

// tableRow reads one row of a table.
type tableRow struct {
	at    map[pageColumn]int
	cells []*gridCell
}

func (r tableRow) cell(c pageColumn) *gridCell {
	i, ok := r.at[c]
	if !ok || i >= len(r.cells) {
		return &gridCell{}
	}
	return r.cells[i]
}

// text returns a cell's text as shown, with white space folded as in a browser.
func (r tableRow) text(c pageColumn) string { return strings.Join(strings.Fields(r.cell(c).text), " ") }

// number returns the number that a cell begins with; -1 where there is none.
func (r tableRow) number(c pageColumn) int {
	first, _, _ := strings.Cut(r.text(c), " ")
	return wholeNumber(first)
}

// time returns a cell's time, the machine-readable one where there is one; zero where it has no zone.
func (r tableRow) time(c pageColumn) time.Time {
	if t := instant(r.cell(c).time); !t.IsZero() {
		return t
	}
	return instant(r.text(c))
}

// names returns the texts that may be the file's name: the shown text may be shortened, the title is not.
func (r tableRow) names() []string {
	return trimmed(append([]string{r.text(colFile)}, r.cell(colFile).titles...))
}

// link returns the link to the page of the row's load: the link of its errors, else any other to its own page; "" where
// there is none.
func (r tableRow) link() string {
	for _, c := range append([]*gridCell{r.cell(colErrors)}, r.cells...) {
		if c.link != "" {
			return c.link
		}
	}
	return ""
}

// linkID returns the id in a link to a load's page, /data_sources/4711 with or without more after it; "" for any other
// link.
func linkID(href string) string {
	u, err := url.Parse(href)
	if err != nil {
		return ""
	}
	_, rest, ok := strings.Cut(u.Path, pagePath+"/")
	if !ok {
		return ""
	}
	id, _, _ := strings.Cut(rest, "/")
	if wholeNumber(id) < 0 {
		return ""
	}
	return id
}

// load builds the export.Load of a row of the table of loads. name is the one of its names that was asked for.
func (r tableRow) load(name string) *export.Load {
	l := &export.Load{
		ID: r.text(colID), Via: "page", FileName: name, FileSize: -1, Status: r.text(colStatus),
		CreatedAt: r.time(colCreatedAt), Result: r.text(colResult), ErrorsN: r.number(colErrors),
	}
	if l.ID == "" {
		l.ID = linkID(r.link())
	}
	// A size is usually shown rounded ("12 KB"), so only a plain number counts.
	if size := wholeNumber(r.text(colSize)); size >= 0 {
		l.FileSize = int64(size)
	}
	l.Processed, l.Created, l.Updated = counters(l.Result)
	for c, counter := range map[pageColumn]*int{colProcessed: &l.Processed, colCreated: &l.Created, colUpdated: &l.Updated} {
		if n := r.number(c); n >= 0 {
			*counter = n
		}
	}
	return l
}

// loadError builds the export.LoadError of a row of the table of errors. Without a type, an error that names neither
// row nor first column is about the header.
func (r tableRow) loadError() export.LoadError {
	e := export.LoadError{
		Type: r.text(colType), Row: max(r.number(colRow), 0), FirstColumn: r.text(colFirstColumn),
		Field: r.text(colField), Value: r.text(colValue), Messages: r.messages(),
	}
	switch {
	case e.Type != "":
	case e.Row == 0 && e.FirstColumn == "":
		e.Type = "UploadHeaderError"
	default:
		e.Type = "UploadRowError"
	}
	return e
}

// messages returns the messages of a cell; a list has several.
func (r tableRow) messages() []string {
	if out := trimmed(r.cell(colErrors).items); len(out) > 0 {
		return out
	}
	return trimmed([]string{r.text(colErrors)})
}
