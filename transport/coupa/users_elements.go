package coupa

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// The API treats these columns specially.
const (
	removeColumn  = "Remove Default Address"
	notifyColumn  = "Generate Password And Notify User"
	segmentPrefix = "Default Account Code Segment-"
)

// elementName matches names that XML allows for an element.
var elementName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^custom-fields\.[\p{L}_][\p{L}\p{N}_-]*$`)
})

// ID returns the element of Coupa's own number.
func ID() export.Element {
	return export.Element{Column: "Id", Path: "id", Kind: export.KindInteger}
}

// Element returns the element where the API shows a column of the users import; ok is false where it shows none, and
// for card data, which is never asked for. A name that is no column of the table is a custom field: its element is
// derived from the prompt name, since only the instance knows the true one.
func Element(column string) (e export.Element, ok bool) {
	table := templates.UsersColumns()
	i := slices.IndexFunc(table, func(c templates.Column) bool { return c.Name == column })
	if i < 0 {
		name := strings.ToLower(strings.Join(strings.Fields(column), "-"))
		return export.Element{Column: column, Path: "custom-fields." + name, Kind: export.KindCustom}, true
	}
	c := table[i]
	if column == removeColumn {
		return export.Element{Column: column, Path: "default-address", Kind: export.KindRemoval}, true
	}
	if c.API == "" || c.Sensitive {
		return export.Element{}, false
	}
	return export.Element{Column: column, Path: c.API, Kind: elementKind(c), Empty: emptyWord(c)}, true
}

// Shown returns the element of a column in a file of users, which may show more than the API; ok is false for card data, which
// is never read.
func Shown(column string) (e export.Element, ok bool) {
	if e, ok = Element(column); ok {
		return e, true
	}
	table := templates.UsersColumns()
	c := table[slices.IndexFunc(table, func(c templates.Column) bool { return c.Name == column })]
	return export.Element{Column: column, Path: "file." + column, Kind: elementKind(c), Empty: emptyWord(c)}, !c.Sensitive
}

// Writable returns why a column cannot be sent on the API route; nil where it can.
func Writable(column string) error {
	e, ok := Element(column)
	switch {
	case !ok:
		return export.Hint(fmt.Errorf("column %q cannot be sent by API: Coupa's users have no element for it", column), "remove it from mapping.columns, or use route: csv")
	case e.Path == "id":
		return fmt.Errorf("column %q cannot be sent by API: the number is Coupa's own, and only finds the user", column)
	case e.Kind == export.KindCustom && !elementName().MatchString(e.Path):
		return export.Hint(fmt.Errorf("column %q cannot be sent by API: no element name can be made of it", column), "use route: csv")
	case strings.HasPrefix(column, segmentPrefix):
		return export.Hint(fmt.Errorf("column %q cannot be sent by API: only a whole account code works there", column), "map Default Account Code")
	}
	return nil
}

func elementKind(c templates.Column) export.ElementKind {
	switch {
	case c.API == "active":
		return export.KindStatus
	case c.Name == notifyColumn:
		return export.KindAction
	case strings.HasSuffix(c.API, ".login"), c.API == "login", c.API == "employee-number":
		return export.KindFold
	}
	switch c.Type {
	case templates.TypeBoolean:
		return export.KindBool
	case templates.TypeInteger:
		return export.KindInteger
	case templates.TypeList:
		return export.KindNames
	case templates.TypePhone:
		return export.KindPhone
	case templates.TypeLimit:
		return export.KindLimit
	case templates.TypeEmail, templates.TypeEnum, templates.TypeLocale, templates.TypeCurrency, templates.TypeCountry:
		return export.KindFold
	}
	return export.KindText
}

// emptyWord returns the word that empties a cell on the CSV route; another column removes an address.
func emptyWord(c templates.Column) string {
	if c.List {
		return c.Clear
	}
	return ""
}

// parts returns the names of the parts of an object that is one value; nil for every other kind.
func parts(e export.Element) []string {
	switch e.Kind {
	case export.KindPhone:
		return []string{"country-code", "area-code", "number", "extension"}
	case export.KindLimit:
		return []string{"name", "amount", "currency.code"}
	case export.KindRemoval:
		return []string{"id"}
	}
	return nil
}
