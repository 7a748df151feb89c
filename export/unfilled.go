package export

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Unfilled is a person with lists that a call has emptied, or may have emptied, and no read has shown filled since. It
// holds personal data.
type Unfilled struct {
	Run     string              `json:"run"`
	Part    string              `json:"part"`
	State   PartState           `json:"state"` // state of the part
	PartRow int                 `json:"part_row"`
	Row     RowResult           `json:"row"`
	CoupaID string              `json:"coupa_id"`
	Lists   map[string][]string `json:"lists"` // the lists by column, with the names they held before
	Empty   bool                `json:"empty"` // Coupa was just asked and shows them empty

	PartID int64 `json:"-"`
}

// Columns returns the columns of the lists, sorted.
func (u Unfilled) Columns() []string { return slices.Sorted(maps.Keys(u.Lists)) }

// Only returns u with only these of its lists.
func (u Unfilled) Only(columns []string) Unfilled {
	held := u.Lists
	u.Lists = map[string][]string{}
	for _, column := range columns {
		u.Lists[column] = held[column]
	}
	return u
}

// Who returns the person's name for reports: HR's key and Coupa's number.
func (u Unfilled) Who() string {
	return fmt.Sprintf("%s (Coupa id %s)", cmp.Or(u.Row.Key, u.Row.Origin.String()), u.CoupaID)
}

// Stand returns what is recorded where a person has confirmed that the lists are as they should be.
func (u Unfilled) Stand(by string) (filled Unfilled, says string) {
	return u.Only(nil), strings.Join(u.Columns(), ", ") + " stand as they should in Coupa, says " + by
}

// Says returns what is with the lists: for reports.
func (u Unfilled) Says() string {
	was := "was emptied by a call, or may have been,"
	if u.Empty {
		was = "is empty"
	}
	var texts []string
	for _, column := range u.Columns() {
		texts = append(texts, fmt.Sprintf("%s %s and held %s", column, was, strings.Join(u.Lists[column], ", ")))
	}
	return strings.Join(texts, "; ")
}

// ToDo returns what fills the lists again.
func (u Unfilled) ToDo() string {
	if u.State.Final() {
		return fmt.Sprintf("hr2coupa settle %s rejected --by NAME puts back what it held", u.Part)
	}
	return "hr2coupa run goes on with this row"
}

// FillCells returns the cells that restore what lists have held.
func FillCells(held map[string][]string, columns []string, element func(string) (Element, bool)) (cells []ElementCell) {
	for _, column := range columns {
		if e, ok := element(column); ok && len(held[column]) > 0 {
			cells = append(cells, ElementCell{e, Cell{Text: strings.Join(held[column], ","), State: Set}})
		}
	}
	return cells
}

// EmptyIn returns the lists among columns that a user still lacks: those that are shown empty and, with unshown, those
// that are not shown.
func EmptyIn(columns []string, shown User, unshown bool, element func(string) (Element, bool)) (empty []string) {
	for _, column := range columns {
		e, ok := element(column)
		held, known := shown.Value(e)
		if !ok || !known && unshown || known && len(NameSet(held.List)) == 0 {
			empty = append(empty, column)
		}
	}
	return empty
}
