package wiring

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
)

// columnNames returns the columns that a config can name: those of the layout, and its custom ones.
func columnNames(cfg *config.Config) (names []string) {
	for _, c := range layout.Columns() {
		names = append(names, c.Name)
	}
	return append(names, cfg.Layout.Custom...)
}

// asksBy are the columns by which Coupa is asked about people, whatever the config says.
var asksBy = []string{export.ColumnID, export.ColumnNumber, export.ColumnLogin, export.ColumnEmail}
