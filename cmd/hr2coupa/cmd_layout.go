package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

func layoutCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "layout [TEMPLATE.csv]",
		Short: "print the columns, or compare the instance's own template with the built-in layout",
		Long: `Layout prints the columns of Coupa's users import as hr2coupa knows them. With the CSV template
that the instance itself offers (Users, Load from file, CSV template) it prints how the two differ:
columns that the instance lacks must not be mapped, columns that it has besides are custom fields
(layout.custom). It ends with 3 if they differ.`,
		Example: "  hr2coupa layout\n  hr2coupa layout users_template.csv",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return printLayout(env)
			}
			return compareLayout(env, cmd, args[0])
		},
	}
}

func printLayout(env *wiring.Env) error {
	columns := layout.Columns()
	if env.JSON {
		return show.JSON(env, columns)
	}
	w := env.Stdout.Text()
	rows := [][]string{{"COLUMN", "TYPE", "LENGTH", "MARKS", "API"}}
	for _, c := range columns {
		length := "-"
		if c.MaxLength > 0 {
			length = fmt.Sprint(c.MaxLength)
		}
		rows = append(rows, []string{c.Name, string(c.Type), length, words.Dash(columnMarks(c)), words.Dash(c.API)})
	}
	w.Table(rows)
	w.Printf("  %s\n", export.Plural(len(columns), "column"))
	return w.Err()
}

func columnMarks(c layout.Column) string {
	var m []string
	for _, x := range []struct {
		on   bool
		word string
	}{
		{c.Required, "required"}, {c.Unique, "unique"}, {c.List, "list: replaced"}, {c.BlankDangerous, "blank is dangerous"},
		{c.Sensitive, "card data"}, {c.Refused, "never sent"},
	} {
		if x.on {
			m = append(m, x.word)
		}
	}
	return strings.Join(m, ", ")
}

func compareLayout(env *wiring.Env, cmd *cobra.Command, path string) error {
	var custom []string
	if cmd.Flags().Changed("config") || wiring.Exists(env.ConfigFile) {
		cfg, err := wiring.Load(cmd.Context(), env, config.Options{NoFeed: true})
		if err != nil {
			return err
		}
		custom = cfg.Layout.Custom
	}
	f, err := regular.Open(path)
	if err != nil {
		return exit.Usage("%s: %w", path, exit.Unread(err))
	}
	defer f.Close() // only read from
	d, err := layout.Compare(f, custom)
	if err != nil {
		return exit.Usage("%s: %w", path, err)
	}
	code := export.ExitOK
	if !d.Same() {
		code = export.ExitPartial
	}
	if env.JSON {
		return exit.With(code, show.JSON(env, d))
	}
	w := env.Stdout.Text()
	printDiff(w, d)
	return exit.With(code, w.Err())
}

func printDiff(w *terminal.Text, d layout.Diff) {
	if d.Same() {
		w.Printf("the template has exactly the columns hr2coupa knows\n")
	}
	for _, l := range []struct {
		title string
		names []string
	}{
		{"Missing in the template: do not map these for this instance", d.Missing},
		{"Unknown to hr2coupa: custom fields go into layout.custom", d.Unknown},
		{"Twice in the template", d.Duplicate},
		{"Starred in the template: the star is no part of the name", d.Starred},
		{"In another order: no harm, columns go by name", d.Moved},
	} {
		if len(l.names) == 0 {
			continue
		}
		w.Printf("%s (%d)\n", l.title, len(l.names))
		w.Lines("  ", l.names...)
	}
}
