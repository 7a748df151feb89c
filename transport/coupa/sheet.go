package coupa

import (
	"errors"
	"io"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// These limits bound what one web page may hold. We do not build a browser's tree of it: 100 KB of unclosed elements
// would make a tree of gigabytes.
const (
	maxTag   = 1 << 20 // bytes of one tag, text or script
	maxCells = 20_000  // cells, rows and tables: a page shows fifty loads, or fifty errors
	maxText  = 4 << 20 // bytes that are kept
	maxIn    = 20      // tables nested in each other
)

// sheet holds what we need of a web page: its tables, the link to the next page, and whether it asks for a password.
type sheet struct {
	tables   []*grid
	next     *url.URL
	password bool
}

// grid is a table. A table that contains others serves only the layout, and its rows are not kept.
type grid struct {
	rows   [][]*gridCell
	layout bool
}

// gridCell is a cell of a table, over span columns.
type gridCell struct {
	span   int
	text   string
	titles []string // its own title, then those of the elements in it
	link   string   // the first link to a load's page
	time   string   // the first machine-readable time
	items  []string // items of the lists in it
}

// sheetReader goes through the tokens of a page. An element ends at its end tag, or where HTML lets that be left out.
type sheetReader struct {
	*sheet
	at    *url.URL
	open  []*openTable // innermost last
	raw   string       // the open element with text that is not shown: script, style
	link  *openLink
	older marked // an element around the link to the next page

	cells, size int
}

// openTable is a table with an end tag still to come.
type openTable struct {
	*grid
	inRow bool
	cell  *openCell
}

type openCell struct {
	*gridCell
	text strings.Builder
	item *strings.Builder
}

type openLink struct {
	href string
	next bool // its attributes mark it as the link to the next page
	text string
}

// marked counts how deeply nested we are in elements of a class.
type marked struct {
	name  string
	depth int
}

// readSheet reads the page at an address.
func readSheet(r io.Reader, at *url.URL) (*sheet, error) {
	s := &sheetReader{sheet: &sheet{}, at: at}
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxTag)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return s.end(z.Err())
		case html.TextToken:
			s.write(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			name, attrs := tag(z)
			s.start(name, attrs)
		case html.EndTagToken:
			name, _ := z.TagName()
			s.close(string(name))
		}
		switch {
		case s.cells > maxCells:
			return nil, tooMuch("the page has more than %d cells", maxCells)
		case s.size > maxText:
			return nil, tooMuch("the page's tables hold more than %d KB", maxText>>10)
		case len(s.open) > maxIn:
			return nil, tooMuch("the page has more than %d tables in one another", maxIn)
		}
	}
}

// end closes what is still open.
func (s *sheetReader) end(err error) (*sheet, error) {
	if errors.Is(err, html.ErrBufferExceeded) {
		return nil, tooMuch("the page has a tag or a text of more than %d KB", maxTag>>10)
	}
	if err != io.EOF { //nolint:errorlint // the page's end, and not that of a broken connection
		return nil, err
	}
	s.endLink()
	for len(s.open) > 0 {
		s.endTable()
	}
	return s.sheet, nil
}

// keptAttributes are the attributes that are read.
var keptAttributes = map[string]bool{"class": true, "colspan": true, "datetime": true, "href": true, "rel": true, "title": true, "type": true}

// tag returns the name and the attributes of a tag; of two of one name the first counts.
func tag(z *html.Tokenizer) (name string, attrs map[string]string) {
	b, more := z.TagName()
	name, attrs = string(b), map[string]string{}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if _, twice := attrs[string(key)]; keptAttributes[string(key)] && !twice {
			attrs[string(key)] = string(value)
		}
	}
	return name, attrs
}

func (s *sheetReader) start(name string, attrs map[string]string) {
	s.older.start(name, attrs)
	switch name {
	case "script", "style":
		s.raw = name
	case "table":
		s.startTable()
	case "tr":
		s.startRow()
	case "td", "th":
		s.startCell(attrs)
	case "a":
		s.startLink(attrs)
	case "input":
		s.password = s.password || strings.EqualFold(attrs["type"], "password")
	case "li":
		if c := s.cell(); c != nil {
			s.endItem(c)
			c.item = &strings.Builder{}
		}
	case "time":
		if c := s.cell(); c != nil && c.time == "" {
			c.time = s.keep(attrs["datetime"])
		}
	}
	if c := s.cell(); c != nil && attrs["title"] != "" {
		c.titles = append(c.titles, s.keep(attrs["title"]))
		s.cells++
	}
}

func (s *sheetReader) close(name string) {
	s.older.end(name)
	switch name {
	case s.raw:
		s.raw = ""
	case "table":
		s.endTable()
	case "tr", "thead", "tbody", "tfoot":
		s.endRow()
	case "td", "th":
		s.endCell()
	case "a":
		s.endLink()
	case "li", "ul", "ol":
		if c := s.cell(); c != nil {
			s.endItem(c)
		}
	}
}

func (s *sheetReader) startTable() {
	s.cells++
	if t := s.table(); t != nil {
		t.layout, t.rows = true, nil
	}
	g := &grid{}
	s.tables = append(s.tables, g)
	s.open = append(s.open, &openTable{grid: g})
}

func (s *sheetReader) endTable() {
	s.endRow()
	if len(s.open) > 0 {
		s.open = s.open[:len(s.open)-1]
	}
}

func (s *sheetReader) startRow() {
	if t := s.table(); t != nil {
		s.endRow()
		s.cells++
		t.inRow = true
		t.rows = append(t.rows, nil)
	}
}

func (s *sheetReader) endRow() {
	s.endCell()
	if t := s.table(); t != nil {
		t.inRow = false
	}
}

func (s *sheetReader) startCell(attrs map[string]string) {
	t := s.table()
	if t == nil {
		return
	}
	s.endCell()
	if !t.inRow {
		s.startRow()
	}
	s.cells++
	t.cell = &openCell{gridCell: &gridCell{span: span(attrs["colspan"])}}
	s.cells += t.cell.span
}

// endCell puts a cell into its row, once for each column.
func (s *sheetReader) endCell() {
	t, c := s.table(), s.cell()
	if c == nil {
		return
	}
	s.endItem(c)
	t.cell = nil
	if t.layout {
		return
	}
	c.gridCell.text = c.text.String()
	row := &t.rows[len(t.rows)-1]
	for range c.span {
		*row = append(*row, c.gridCell)
	}
}

func (s *sheetReader) endItem(c *openCell) {
	if c.item != nil {
		c.items = append(c.items, c.item.String())
		c.item = nil
		s.cells++
	}
}

func (s *sheetReader) startLink(attrs map[string]string) {
	s.endLink()
	href, ok := attrs["href"]
	if !ok {
		return
	}
	s.link = &openLink{href: href, next: hasWord(attrs["rel"], "next") || hasClass(attrs, "next_page") || s.older.depth > 0}
	if c := s.cell(); c != nil && c.link == "" && linkID(href) != "" {
		c.link = s.keep(href)
	}
}

// endLink checks whether a link leads to the next page on this host, by the names and words that such links have.
func (s *sheetReader) endLink() {
	l := s.link
	if s.link = nil; l == nil || s.next != nil {
		return
	}
	first, _, _ := strings.Cut(words(l.text), " ")
	if l.next || first == "next" || first == "older" {
		s.next = resolve(s.at, l.href)
	}
}

// maxLinkText is how many bytes of a link's text are read.
const maxLinkText = 200

// write adds a text to the element that shows it.
func (s *sheetReader) write(text string) {
	if s.raw != "" {
		return
	}
	if s.link != nil && len(s.link.text) < maxLinkText {
		s.link.text += text[:min(len(text), maxLinkText)]
	}
	if c := s.cell(); c != nil {
		c.text.WriteString(s.keep(text))
		if c.item != nil {
			c.item.WriteString(s.keep(text))
		}
	}
}

// keep counts the bytes of a text and returns the text.
func (s *sheetReader) keep(text string) string {
	s.size += len(text)
	return text
}

func (s *sheetReader) table() *openTable {
	if len(s.open) == 0 {
		return nil
	}
	return s.open[len(s.open)-1]
}

func (s *sheetReader) cell() *openCell {
	if t := s.table(); t != nil {
		return t.cell
	}
	return nil
}

// voidElements are the elements of HTML that have no end tag.
var voidElements = map[string]bool{"area": true, "base": true, "br": true, "col": true, "embed": true, "hr": true, "img": true, "input": true, "link": true, "meta": true, "source": true, "track": true, "wbr": true}

func (m *marked) start(name string, attrs map[string]string) {
	switch {
	case m.depth == 0 && name != "a" && !voidElements[name] && hasClass(attrs, "next"):
		m.name, m.depth = name, 1
	case m.depth > 0 && name == m.name:
		m.depth++
	}
}

func (m *marked) end(name string) {
	if m.depth > 0 && name == m.name {
		m.depth--
	}
}

func hasClass(attrs map[string]string, name string) bool { return hasWord(attrs["class"], name) }

// hasWord reports whether an attribute that is a list of words has one.
func hasWord(list, name string) bool {
	for w := range strings.FieldsSeq(list) {
		if w == name {
			return true
		}
	}
	return false
}
