package export

import "strings"

// RoleRules are what a feed may not do with roles. Roles are matched by their whole names, without case.
type RoleRules struct {
	Never          func(role string) bool // no row gives it to a person who does not hold it
	Ask            func(role string) bool // a row that gives it holds the run
	ProtectHolders bool                   // people who hold a role of Never are not changed
}

// Rules of a row that is held back because of a role.
const (
	RuleRole       = "role"        // it would give a role of Never
	RuleRoleHolder = "role holder" // the person holds a role of Never
	RuleRoleLeaver = "role leaver" // such a person has left, and is still active
)

// Forbidden returns the first role of a list of names that roles.never keeps back, and that the person does not hold. known is
// false where it is not known what they hold: then every name counts.
func (r *RoleRules) Forbidden(names string, held Value, known bool) (role string, forbidden bool) {
	has := map[string]bool{}
	if known {
		for _, name := range held.List {
			has[FoldText(name)] = true
		}
	}
	for _, name := range SplitNames(names) {
		if !has[FoldText(name)] && r.Never(name) {
			return name, true
		}
	}
	return "", false
}

// Asked reports whether a row gives a role for which a person has to be asked.
func (r *RoleRules) Asked(gained []string) bool {
	for _, name := range gained {
		if r.Ask(name) {
			return true
		}
	}
	return false
}

// Holds returns the first role of Never that a person holds, where such people are protected.
func (r *RoleRules) Holds(held Value) (role string, holds bool) {
	if !r.ProtectHolders {
		return "", false
	}
	for _, name := range held.List {
		if name = strings.TrimSpace(name); r.Never(name) {
			return name, true
		}
	}
	return "", false
}
