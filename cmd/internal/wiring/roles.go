package wiring

import (
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// RoleRules returns what a feed may not do with roles; nil where it may do anything.
func RoleRules(cfg *config.Config) *export.RoleRules {
	if len(cfg.Roles.Never)+len(cfg.Roles.Ask) == 0 {
		return nil
	}
	return &export.RoleRules{Never: anyOf(cfg.Roles.Never), Ask: anyOf(cfg.Roles.Ask), ProtectHolders: cfg.Roles.ProtectHolders}
}

// anyOf returns whether a name matches one of the patterns, without case.
func anyOf(globs []string) func(name string) bool {
	patterns := make([]protectPattern, len(globs))
	for i, glob := range globs {
		patterns[i] = newProtectPattern(glob)
	}
	return func(name string) bool {
		name = alike.ToLower(name)
		return slices.ContainsFunc(patterns, func(p protectPattern) bool { return p.match(name) })
	}
}
