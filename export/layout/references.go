package layout

import (
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// ruleReference is the rule of values that are not in the list of names that a column refers to.
const ruleReference = "reference"

// TakesNames returns why a column cannot be looked up in a list of names; nil for one that can, and for custom columns.
func TakesNames(column string) error {
	c, _ := Lookup(column)
	switch {
	case column == managerColumn:
		return export.Hint(fmt.Errorf("column %q names people, of whom there is no list", column), "remove it")
	case c.Unique, c.Sensitive, c.Required, kinds[c.Type] == kindEmail, kinds[c.Type] == kindPhone, kinds[c.Type] == kindInteger, len(c.Allowed) > 0 && !c.Open:
		return export.Hint(fmt.Errorf("the values of column %q are no names of something in Coupa", column), "remove it")
	}
	return nil
}

// refer gives the column its list. Blanks around a name do not count: they are no part of it in Coupa, nor in a list of names.
func (c *columnRules) refer(names Names, loose bool) {
	c.says.names, c.tidied = names, true
	if loose {
		if c.kind == kindFree {
			c.kind = kindUnique
		}
		return
	}
	if c.refs = true; c.kind == kindFree { // else no rule would look at a text without strange characters
		c.kind = kindRef
	}
}

// refers adds a fault for each name of a cell that is not in the column's list.
func (c *columnRules) refers(text string, faults *rowFaults) {
	switch {
	case c.kind == kindLimit && isMoney(text): // else it is the name of an approval limit
	case c.kind != kindList:
		c.look(text, faults)
	default:
		for name := range strings.SplitSeq(text, ",") {
			c.look(name, faults)
		}
	}
}

func (c *columnRules) look(name string, faults *rowFaults) {
	names := c.says.names
	if names.Has(name) {
		return
	}
	f := export.Fault{Origin: faults.origin, Field: c.name, Rule: ruleReference, Message: "is not in the list " + names.Title(), Value: export.AtStake(c.name, name)}
	if near := names.Near(name); near != "" {
		f.Message = `is like "` + near + `", but not in the list ` + names.Title()
	}
	faults.list = append(faults.list, f)
}

// isMoney reports whether text is an amount, a blank and a currency.
func isMoney(text string) bool {
	at := len(text) - 4
	return at > 0 && text[at] == ' ' && isAmount(text[:at])
}
