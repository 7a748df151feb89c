package planning

import (
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// raises returns a comparison that also says whether the row raises what its person may approve above the ceilings.
func (c *comparer) raises(one *rowDraft, cmp comparison) comparison {
	if c.p.Ceilings == nil || cmp.kinds == 0 {
		return cmp
	}
	u, found := c.user(one.key)
	for i, cell := range one.row.Cells {
		e := c.elements[i]
		text := strings.TrimSpace(cell.SetText())
		if text == "" || one.completed.Has(i) || !c.p.Ceilings.Column(e.Column) || cmp.change != nil && !cmp.change.Has(e.Column) {
			continue
		}
		held, known := u.Value(e)
		if c.p.Ceilings.Above(text, held, found && known && e.Path != "") {
			cmp.kinds = cmp.kinds.With(export.ChangeApprovalLimit)
		}
	}
	return cmp
}
