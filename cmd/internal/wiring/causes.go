package wiring

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/causes"
	"github.com/hr2coupa/hr2coupa/templates"
)

// Causes finds what is behind a row's messages. Its table is part of the program: a broken one is a bug, found by a test.
var Causes = sync.OnceValue(func() *causes.Finder {
	var tails []causes.Tail
	for _, c := range templates.Causes() {
		tails = append(tails, causes.Tail{Text: c.Tail, Cause: export.Cause{Name: c.Name, Meaning: c.Meaning, Todo: c.Todo, Owner: c.Owner}})
	}
	c, err := causes.New(tails)
	if err != nil {
		panic("templates: causes: " + err.Error())
	}
	return c
})

// Causes finds what is behind a row's messages, and where in the config that was read last a cause lies.
func (env *Env) Causes() *causes.Finder {
	if env.Config == nil {
		return Causes()
	}
	return CausesIn(env.Config)
}

// CausesIn is Causes with the places in a config.
func CausesIn(cfg *config.Config) *causes.Finder {
	return Causes().At(func(f export.Fault, k *export.Cause) (places []string) {
		for _, line := range linesOf(cfg, f, k) {
			if line > 0 { // else the config has the default
				places = append(places, fmt.Sprintf("%s:%d", cfg.File, line))
			}
		}
		return places
	})
}

// linesOf returns the lines of a config that a fault with a cause comes from: a key of the config, or the column of the mapping and
// the tables that it uses.
func linesOf(cfg *config.Config, f export.Fault, k *export.Cause) []int {
	switch {
	case f.Rule == export.RuleRole || f.Rule == "protected": // the config is as it should be
		return nil
	case k.Name == "characters":
		return []int{cfg.Line("feed.encoding")}
	case cfg.Line(f.Field) > 0: // a condition: feed.where
		return []int{cfg.Line(f.Field)}
	}
	for _, c := range cfg.Mapping.Columns {
		if c.Name != f.Field && !(f.Rule == export.RuleCoupa && namesColumn(f, c.Name)) {
			continue
		}
		lines := []int{c.Line}
		for _, t := range cfg.Mapping.Tables {
			if strings.Contains(c.Expr, `"`+t.Name+`"`) || strings.Contains(c.Expr, "'"+t.Name+"'") {
				lines = append(lines, t.Line)
			}
		}
		return slices.Compact(lines)
	}
	return nil
}

// namesColumn reports whether Coupa's words are about a column: Coupa has names of its own for them, and quotes a header as it is.
func namesColumn(f export.Fault, column string) bool {
	return f.Begins(column) || strings.Contains(f.Message, `"`+column+`"`) || strings.Contains(f.Message, "header "+column+" ")
}
