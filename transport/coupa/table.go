package coupa

import (
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/PuerkitoBio/goquery"

	"github.com/hr2coupa/hr2coupa/export"
)

// The web page of the data sources is documented to show what became of a file, but neither its columns nor their order
// are. So a table is known by the words of its header, whatever their case, order and punctuation.

// column is what a header cell stands for.
type column string

const (
	colID          column = "id"
	colFile        column = "file"
	colSize        column = "size"
	colStatus      column = "status"
	colCreatedAt   column = "created at"
	colResult      column = "result"
	colProcessed   column = "processed"
	colCreated     column = "created"
	colUpdated     column = "updated"
	colErrors      column = "errors"
	colRow         column = "row"
	colFirstColumn column = "first column"
	colField       column = "field"
	colValue       column = "value"
	colType        column = "type"
)

// table is a table of the page whose header was understood.
type table struct {
	at   map[column]int
	rows []*goquery.Selection
}

// findTable gives the first table, the innermost ones first looked at, that has every wanted column by name.
func findTable(doc *goquery.Document, name func(string) column, want ...column) *table {
	var found *table
	doc.Find("table").EachWithBreak(func(_ int, t *goquery.Selection) bool {
		if t.Find("table").Length() > 0 { // a table for layout, around others
			return true
		}
		found = readTable(t, name, want)
		return found == nil
	})
	return found
}

// readTable takes the first row with all wanted columns for the header, and the rows behind it for data.
func readTable(t *goquery.Selection, name func(string) column, want []column) *table {
	out := &table{}
	t.Find("tr").Each(func(_ int, tr *goquery.Selection) {
		if out.at != nil {
			out.rows = append(out.rows, tr)
			return
		}
		at := map[column]int{}
		for i, c := range cells(tr) {
			col := name(words(c.Text()))
			if _, twice := at[col]; col != "" && !twice {
				at[col] = i
			}
		}
		for _, w := range want {
			if _, ok := at[w]; !ok {
				return
			}
		}
		out.at = at
	})
	if out.at == nil {
		return nil
	}
	return out
}

// cells gives a row's cells by column; a cell over several columns stands in each.
func cells(tr *goquery.Selection) []*goquery.Selection {
	var out []*goquery.Selection
	tr.ChildrenFiltered("th, td").Each(func(_ int, c *goquery.Selection) {
		span, err := strconv.Atoi(c.AttrOr("colspan", "1"))
		if err != nil || span < 1 || span > 100 {
			span = 1
		}
		for range span {
			out = append(out, c)
		}
	})
	return out
}

// words is a header's text as small words with one blank between them: "File-Name ▲" is "file name".
func words(s string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), " ")
}

// loadColumn names the columns of the table of loads.
func loadColumn(h string) column {
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

// errorColumn names the columns of the table of one load's errors.
func errorColumn(h string) column {
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

// row reads one row of a table.
type row struct {
	at    map[column]int
	cells []*goquery.Selection
}

func (r row) cell(c column) *goquery.Selection {
	i, ok := r.at[c]
	if !ok || i >= len(r.cells) {
		return &goquery.Selection{}
	}
	return r.cells[i]
}

// text is a cell's text as shown, white space folded as a browser does.
func (r row) text(c column) string { return strings.Join(strings.Fields(r.cell(c).Text()), " ") }

// number is the number a cell begins with; -1 where there is none.
func (r row) number(c column) int {
	first, _, _ := strings.Cut(r.text(c), " ")
	return number(first)
}

// time is a cell's time, the machine-readable one where there is one; zero where its zone is not given.
func (r row) time(c column) time.Time {
	if t := instant(r.cell(c).Find("time").AttrOr("datetime", "")); !t.IsZero() {
		return t
	}
	return instant(r.text(c))
}

// names are the texts that may be the file's name: what is shown may be shortened, the title is not.
func (r row) names() []string {
	cell := r.cell(colFile)
	out := []string{r.text(colFile), cell.AttrOr("title", "")}
	cell.Find("[title]").Each(func(_ int, s *goquery.Selection) { out = append(out, s.AttrOr("title", "")) })
	return trimmed(out)
}

// link is where the row's load is shown: the link of its errors, else any to its own page; "" where there is none.
func (r row) link() string {
	hrefs := append([]*goquery.Selection{r.cell(colErrors)}, r.cells...)
	for _, c := range hrefs {
		found := ""
		c.Find("a[href]").EachWithBreak(func(_ int, a *goquery.Selection) bool {
			if href := a.AttrOr("href", ""); linkID(href) != "" {
				found = href
			}
			return found == ""
		})
		if found != "" {
			return found
		}
	}
	return ""
}

// linkID is the id in a link to a load's page, /data_sources/4711 with more or less behind it; "" in any other link.
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
	if number(id) < 0 {
		return ""
	}
	return id
}

// load makes the noun of a row of the table of loads. name is the one of its names that was asked for.
func (r row) load(name string) *export.Load {
	l := &export.Load{
		ID: r.text(colID), Via: "page", FileName: name, FileSize: -1, Status: r.text(colStatus),
		CreatedAt: r.time(colCreatedAt), Result: r.text(colResult), ErrorsN: r.number(colErrors),
	}
	if l.ID == "" {
		l.ID = linkID(r.link())
	}
	// A size is shown rounded more often than not ("12 KB"), so only a plain number is taken.
	if size := number(r.text(colSize)); size >= 0 {
		l.FileSize = int64(size)
	}
	l.Processed, l.Created, l.Updated = counters(l.Result)
	for c, counter := range map[column]*int{colProcessed: &l.Processed, colCreated: &l.Created, colUpdated: &l.Updated} {
		if n := r.number(c); n >= 0 {
			*counter = n
		}
	}
	return l
}

// loadError makes the noun of a row of the table of errors. Without a type, an error that names neither row nor first
// column is about the header.
func (r row) loadError() export.LoadError {
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

// messages splits a cell of several messages where it is a list.
func (r row) messages() []string {
	var out []string
	r.cell(colErrors).Find("li").Each(func(_ int, li *goquery.Selection) { out = append(out, li.Text()) })
	if out = trimmed(out); len(out) > 0 {
		return out
	}
	return trimmed([]string{r.text(colErrors)})
}
