package planning

import (
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	sayRole   = "would give the role %s, which roles.never keeps back"
	sayHolder = "holds the role %s, which roles.never keeps back, and is not changed"
	sayLeaver = "an administrator has left and is still active: the person holds the role %s, which roles.never keeps back, and is not changed"
)

// giving returns the fault of a row that would give a role of roles.never. A row that also deactivates its person loses the
// cell alone: a leaver must not stay active because of it.
func (c *comparer) giving(one *rowDraft, status int) *export.Fault {
	if c.p.Roles == nil || c.roles < 0 {
		return nil
	}
	cell := &one.row.Cells[c.roles]
	if cell.State != export.Set {
		return nil
	}
	said := export.ElementCell{Element: c.elements[c.roles], Cell: *cell}
	held, known := c.held(one.key)
	role, forbidden := c.p.Roles.Forbidden(cell.Text, held, known)
	if !forbidden || !known && c.was(c.confirmed(one.key), said) == wasEqual {
		return nil
	}
	if !c.p.AsIs && status >= 0 && one.row.Cells[status].Text == export.StatusInactive {
		*cell = export.Cell{}
		return nil
	}
	return &export.Fault{Origin: one.row.Origin, Field: export.ColumnRoles, Rule: export.RuleRole, Message: fmt.Sprintf(sayRole, role)}
}

// held returns the roles that a person holds now. A new user holds none.
func (c *comparer) held(key string) (held export.Value, known bool) {
	if c.p.Answers == nil {
		return held, false
	}
	u, found := c.user(key)
	if !found {
		return held, true
	}
	e, _ := c.p.Compare(export.ColumnRoles)
	return u.Value(e)
}

// holding returns the fault of a row that would change a person who holds a role of roles.never.
func (c *comparer) holding(one *rowDraft, cmp comparison) *export.Fault {
	if c.p.Roles == nil || cmp.equal || cmp.change == nil || cmp.change.Against != export.AgainstCoupa {
		return nil
	}
	held, _ := c.held(one.key)
	role, holds := c.p.Roles.Holds(held)
	if !holds {
		return nil
	}
	f := &export.Fault{Origin: one.row.Origin, Rule: export.RuleRoleHolder, Message: fmt.Sprintf(sayHolder, role), Owner: export.OwnerIT}
	if cmp.kinds.Has(export.ChangeDeactivation) {
		f.Rule, f.Message = export.RuleRoleLeaver, fmt.Sprintf(sayLeaver, role)
	}
	return f
}

// asks returns a comparison that also says whether the row gives a role for which a person has to be asked.
func (c *comparer) asks(one *rowDraft, cmp comparison) comparison {
	if c.p.Roles == nil || c.roles < 0 || cmp.equal {
		return cmp
	}
	gained := export.SplitNames(one.row.Cells[c.roles].SetText())
	if held, known := c.held(one.key); known {
		has := export.NameSet(held.List)
		gained = slices.DeleteFunc(gained, func(name string) bool { return has[name] })
	} else if !cmp.kinds.Has(export.ChangeRoleTaken) && !cmp.kinds.Has(export.ChangeRoleGiven) {
		return cmp // the ledger knows that the roles are as they were
	}
	if c.p.Roles.Asked(gained) {
		cmp.kinds = cmp.kinds.With(export.ChangeRoleAsked)
	}
	return cmp
}
