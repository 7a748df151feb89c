package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Field is the column of the users import that a field of Coupa's users export is about.
type Field struct {
	Column string // "" where it is not known
	Part   string // of a value that the export shows in several fields: see export.Value.Parts
}

// renamed are the documented headers of the export that differ from the import's in more than blanks and case.
var renamed = map[string]Field{
	"single sign-on id":          {Column: "Sso Identifier"},
	"limited data table viewing": {Column: "Limit Showing of DataTable Views"},
	"approval limit name":        {Column: approvalLimit, Part: "name"},
	"approval limit amount":      {Column: approvalLimit, Part: "amount"},
	"approval limit currency":    {Column: approvalLimit, Part: "currency.code"},
}

const approvalLimit = "Approval Limit"

// The export calls the flag of a licence Purchasing License where the import calls it Purchasing User (User Export).
const license, licensed = " license", " user"

// Fields returns what the headers of a users export are about. columns are those of the import, with custom fields; named are
// headers that a person has given a column. Case, blanks and an asterisk at the end do not count. An error says that two
// headers are about one column.
func Fields(headers, columns []string, named map[string]string) ([]Field, error) {
	known := make(map[string]string, len(columns))
	for _, c := range columns {
		known[bare(c)] = c
	}
	told := make(map[string]string, len(named))
	for header, column := range named {
		told[bare(header)] = column
	}
	fields := make([]Field, len(headers))
	for i, h := range headers {
		f := fieldOf(h, known, told)
		if f.Column != "" && !slices.Contains(columns, f.Column) {
			f = Field{}
		}
		if f.Column != "" {
			if k := slices.Index(fields[:i], f); k >= 0 {
				return nil, export.Hint(fmt.Errorf("fields %d and %d of the header are both about %s", k+1, i+1, f.Column), "remove one from a copy of the export")
			}
		}
		fields[i] = f
	}
	return fields, nil
}

func fieldOf(header string, known, told map[string]string) Field {
	name := bare(header)
	if column, ok := told[name]; ok {
		return Field{Column: column}
	}
	if column, ok := known[name]; ok {
		return Field{Column: column}
	}
	words := strings.ToLower(strings.Join(strings.Fields(header), " "))
	if f, ok := renamed[words]; ok {
		return f
	}
	if of, ok := strings.CutSuffix(words, license); ok {
		return Field{Column: known[bare(of+licensed)]}
	}
	return Field{}
}

// bare returns a header without what does not count.
func bare(header string) string {
	return strings.ToLower(strings.Join(strings.Fields(strings.TrimSuffix(strings.TrimSpace(header), "*")), ""))
}

// Values returns what a line of a users export holds at each element. fields are those of its cells, and elements those of
// the columns.
func Values(cells []string, fields []Field, elements map[string]export.Element) map[string]export.Value {
	values := make(map[string]export.Value, len(fields))
	for i, f := range fields {
		e, ok := elements[f.Column]
		if !ok || i >= len(cells) {
			continue
		}
		text := strings.TrimSpace(cells[i])
		v := values[e.Path]
		switch {
		case f.Part != "":
			if v.Parts == nil {
				v.Parts = map[string]string{}
			}
			v.Parts[f.Part] = strings.Clone(text)
		case e.Kind == export.KindNames:
			v.List = export.SplitNames(strings.Clone(text))
		default:
			v.Text = strings.Clone(text)
		}
		values[e.Path] = v
	}
	return values
}

// Lines reads the lines of a users export into a comparison.
type Lines struct {
	c      *Comparison
	fields []Field
	to     [][]int // of each field, the columns that its element fills
	id     int
}

// Lines returns a reader of lines whose cells are about fields.
func (c *Comparison) Lines(fields []Field) *Lines {
	l := &Lines{c: c, fields: fields, to: make([][]int, len(fields)), id: c.column(export.ColumnID)}
	for f, of := range fields {
		at := c.column(of.Column)
		if at < 0 || c.o.Columns[at].Path == "" {
			continue
		}
		for i, e := range c.o.Columns {
			if e.Path == c.o.Columns[at].Path {
				l.to[f] = append(l.to[f], i)
			}
		}
	}
	return l
}

// Add adds the user of a line. Its texts may be reused afterwards.
func (l *Lines) Add(cells []string) error {
	s := l.c.scratch()
	defer l.c.pool.Put(s)
	clear(s.held)
	for f, to := range l.to {
		if f >= len(cells) {
			break
		}
		text := strings.TrimSpace(cells[f])
		for _, i := range to {
			v := &s.held[i]
			v.known = true
			switch part := l.fields[f].Part; {
			case part != "":
				if v.Parts == nil {
					v.Parts = map[string]string{}
				}
				v.Parts[part] = text
			case l.c.o.Columns[i].Kind == export.KindNames:
				v.List = export.SplitNames(text)
			default:
				v.Text = text
			}
		}
	}
	id := ""
	if l.id >= 0 {
		id = s.held[l.id].Text
	}
	return l.c.addUser(s, id)
}
