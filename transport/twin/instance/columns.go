package instance

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// column is one column of the users import as the loader and the API see it. The layout table says what it may hold, and
// the path says where the value is in the user's record.
type column struct {
	templates.Column
	path   []string // element names; for lists only the list
	attr   string   // Coupa's internal attribute name, as in upload errors
	label  string   // what messages begin with
	hidden bool     // it has no known API element: stored, never shown
}

// newColumn derives the paths and names. A list element is written "roles[].name" in the table.
func newColumn(c templates.Column) *column {
	col := &column{Column: c, label: c.Name, hidden: c.API == ""}
	element := c.API
	if element == "" {
		element = strings.ToLower(strings.NewReplacer(" ", "-", "/", "-").Replace(c.Name))
	}
	element, _, _ = strings.Cut(element, "[]")
	col.path = strings.Split(element, ".")
	col.attr = payload.Underscores(col.path[len(col.path)-1])
	if col.reference() {
		col.label = payload.Humanize(col.path[0])
		col.attr = payload.Underscores(col.path[0]) + "_id"
	}
	if c.List {
		col.label = payload.Humanize(col.path[0])
		col.attr = payload.Underscores(col.path[0])
	}
	return col
}

// customColumn is a mapped custom field: its header is the prompt name in English ("Getting Started" with flat files).
func customColumn(prompt string) *column {
	element := strings.ToLower(strings.ReplaceAll(prompt, " ", "-"))
	return &column{
		Column: templates.Column{Name: prompt, Type: templates.TypeString},
		path:   []string{"custom-fields", element}, attr: payload.Underscores(element), label: prompt,
	}
}

// reference reports whether a value must name something that exists in the instance.
func (c *column) reference() bool {
	return c.Type == templates.TypeRef || c.Type == templates.TypeCurrency
}

// key is the element by which a reference is named: name, code, login or location-code.
func (c *column) key() string {
	if c.List {
		return "name"
	}
	return c.path[len(c.path)-1]
}

func (c *column) manager() bool { return c.path[0] == "manager" }

// userColumns returns the instance's columns: the documented layout and its custom fields.
func userColumns(custom []string) []*column {
	layout := templates.UsersColumns()
	cols := make([]*column, 0, len(layout)+len(custom))
	for _, c := range layout {
		cols = append(cols, newColumn(c))
	}
	for _, prompt := range custom {
		cols = append(cols, customColumn(prompt))
	}
	return cols
}

// columnNamed finds a column by its exact header; no page says that case is ignored.
func columnNamed(cols []*column, header string) *column {
	i := slices.IndexFunc(cols, func(c *column) bool { return c.Name == header })
	if i < 0 {
		return nil
	}
	return cols[i]
}

// columnsAt returns the columns under an element of the API.
func columnsAt(cols []*column, element string) []*column {
	var found []*column
	for _, c := range cols {
		if !c.hidden && c.path[0] == element {
			found = append(found, c)
		}
	}
	return found
}
