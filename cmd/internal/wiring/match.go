package wiring

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// matchColumns returns the columns of the elements in layout.match, in their order, and what is wrong with them. The Id
// comes first where the mapping has it: no other element outweighs Coupa's own number. mapped are the columns of the
// mapping; whole is false if not all of them are known.
func matchColumns(cfg *config.Config, mapped []string, whole bool) (columns []string, faults []config.Fault) {
	for _, word := range cfg.Layout.Match {
		column, err := matchColumn(cfg, word)
		switch {
		case err != nil:
		case slices.Contains(columns, column):
			err = fmt.Errorf("%s is named twice", column)
		case !slices.Contains(mapped, column) && whole:
			err = export.Hint(fmt.Errorf("the mapping does not fill %s, so no row has a value to match by", column), "add it to mapping.columns, or remove it here")
		case column == export.ColumnID && len(columns) > 0:
			err = export.Hint(errors.New("the Id is not the first element, and no other outweighs Coupa's own number"), "put it first")
		}
		if err != nil {
			faults = append(faults, cfg.Fault("layout.match", err.Error(), export.HintText(err)))
			continue
		}
		columns = append(columns, column)
	}
	if columns != nil && slices.Contains(mapped, export.ColumnID) && columns[0] != export.ColumnID {
		columns = slices.Insert(columns, 0, export.ColumnID)
	}
	return columns, faults
}

// matchColumn returns the column of an element of Coupa's users: by its name in the API (employee_number), its column
// (Employee Number), or, for a custom field of layout.custom, by its prompt name.
func matchColumn(cfg *config.Config, word string) (string, error) {
	want := elementWord(word)
	column := ""
	for _, c := range layout.Columns() {
		if column == "" && (elementWord(c.Name) == want || elementWord(c.API) == want) {
			column = c.Name
		}
	}
	for _, custom := range cfg.Layout.Custom {
		if column == "" && (elementWord(custom) == want || "custom fields."+elementWord(custom) == want) {
			column = custom
		}
	}
	if column == "" {
		return "", export.Hint(fmt.Errorf("%q is neither an element of Coupa's users nor a custom field of layout.custom", word),
			"use employee_number, login, email or another single text of a user; list a custom field in layout.custom too")
	}
	e, ok := coupa.Element(column)
	if !ok {
		return "", fmt.Errorf("users cannot be looked up by %s: the API has no element for it", column)
	}
	return column, coupa.Queryable(e)
}

// elementWord returns a name without case, and with one blank for each of _, - and blanks.
func elementWord(name string) string {
	name = strings.NewReplacer("_", " ", "-", " ").Replace(strings.ToLower(name))
	return strings.Join(strings.Fields(name), " ")
}

// completed returns the columns that rows need and the mapping lacks: where Coupa decides who a row is about, it completes
// them.
func completed(mapped []string, key string) (columns []string) {
	for _, c := range layout.Columns() {
		if (c.Required || c.Name == key) && !slices.Contains(mapped, c.Name) {
			columns = append(columns, c.Name)
		}
	}
	return columns
}
