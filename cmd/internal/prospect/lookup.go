package prospect

import (
	"context"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Wanted is a person to look up in Coupa before anything is planned: by the number that Coupa gave them, or by their login.
type Wanted struct{ Key, ID, Login string }

// LookUp asks Coupa what it holds of people in columns, and returns a function that finds the one user of a key. Nothing is sent
// if Coupa cannot be asked: that is the error. A nil client is made from the config.
func LookUp(ctx context.Context, env *wiring.Env, pipe *wiring.Pipeline, client *coupa.Client, columns []string, people []Wanted) (found func(key string) (export.User, bool), err error) {
	if client, err = (&Ask{Pipe: pipe, Client: client}).client(env); err != nil {
		return nil, err
	}
	users := client.Users()
	f := &directory.Preflight{
		Users: users, All: users, First: users.First, Workers: users.Workers(), Rate: pipe.Config.Coupa.Rate, Log: env.Log,
		Key: export.ColumnLogin, Columns: []string{export.ColumnID, export.ColumnLogin}, Element: coupa.Element, Whole: true,
		MayCreate: true, // who is not there is not found, and that is all
	}
	for _, column := range columns {
		if !slices.Contains(f.Columns, column) {
			f.Columns = append(f.Columns, column)
		}
	}
	for _, p := range people {
		cells := make([]export.Cell, len(f.Columns))
		if cells[0] = (export.Cell{State: export.Set, Text: p.ID}); p.ID == "" {
			cells[1] = export.Cell{State: export.Set, Text: p.Login}
		}
		f.Note(p.Key, &export.Row{Cells: cells})
	}
	if f.People() == 0 {
		return f.Found, nil
	}
	ctx, done := env.Wait(ctx, "looking up people in Coupa: calls")
	defer done()
	if err := f.Ask(ctx); err != nil {
		return nil, Unasked(ctx, err, true, false)
	}
	return f.Found, nil
}
