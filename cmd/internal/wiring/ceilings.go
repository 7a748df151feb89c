package wiring

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// ApprovalCeilings returns up to which amounts a feed may raise what people may approve; nil where that is up to HR.
func ApprovalCeilings(cfg *config.Config) *export.ApprovalCeilings {
	if cfg.Limits.ApprovalLimits == nil {
		return nil
	}
	limits := map[string]bool{}
	for _, c := range templates.UsersColumns() {
		limits[c.Name] = c.Type == templates.TypeLimit
	}
	return &export.ApprovalCeilings{Max: cfg.Limits.ApprovalLimits, Column: func(column string) bool { return limits[column] }}
}
