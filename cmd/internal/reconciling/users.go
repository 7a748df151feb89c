package reconciling

import (
	"context"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// Users is Coupa's side alone: all users, by API or from a Users export.
type Users struct {
	sides *sides
	file  *usersFile // nil: by API
}

// OpenUsers finds out which columns of the mapping Coupa's side shows. o.Export and o.Named say where it is; doing is what
// the users are read for, for the error of a side that cannot be read: rebuild.
func OpenUsers(env *wiring.Env, pipe *wiring.Pipeline, o Options, doing string) (*Users, error) {
	u := &Users{sides: &sides{env: env, o: o, pipe: pipe, doing: doing, res: &Result{At: env.Now().UTC().Truncate(time.Second), Headers: []string{}}}}
	if o.Export != "" {
		file, err := u.sides.openFile()
		if err != nil {
			return nil, u.sides.notRead(err)
		}
		u.file = file
	}
	for _, name := range append([]string{export.ColumnID, export.ColumnLogin, export.ColumnEmail, export.ColumnNumber, export.ColumnStatus}, pipe.Options.Columns...) {
		if e, why := u.sides.element(name, u.file); why == "" && !u.shows(name) {
			e.Column = name
			u.sides.elements = append(u.sides.elements, e)
		} else if why != "" && slices.Contains(pipe.Options.Columns, name) && !slices.Contains(u.sides.res.Left, LeftColumn{name, why}) {
			u.sides.res.Left = append(u.sides.res.Left, LeftColumn{name, why})
		}
	}
	return u, nil
}

func (u *Users) shows(column string) bool {
	_, ok := u.Element(column)
	return ok
}

// Element returns where a user shows a column; ok is false where users do not show it.
func (u *Users) Element(column string) (e export.Element, ok bool) {
	for _, e := range u.sides.elements {
		if e.Column == column {
			return e, true
		}
	}
	return export.Element{}, false
}

// Left returns the columns that users do not show, with the reason.
func (u *Users) Left() []LeftColumn { return u.sides.res.Left }

// KeyColumn returns the column that has the key of HR's records as it is; "" where none has.
func (u *Users) KeyColumn() string { return u.sides.keyColumn() }

// Read passes every user to take, each once. An error of exit code 4 says that they were not read to the end.
func (u *Users) Read(ctx context.Context, take func(export.User) error) error {
	u.sides.take = take
	if u.file != nil {
		elements := map[string]export.Element{}
		for _, e := range u.sides.elements {
			elements[e.Column] = e
		}
		return u.sides.readFile(ctx, u.file, func(cells []string) error {
			user := export.User{Values: reconcile.Values(cells, u.file.fields, elements)}
			user.ID = user.Values[coupa.ID().Path].Text
			return take(user)
		})
	}
	return u.sides.readAPI(ctx)
}

// Calls returns how many calls have read the users.
func (u *Users) Calls() int { return u.sides.res.Calls }

// File returns the name of the file that they were read from; "": by API.
func (u *Users) File() string {
	if u.sides.res.Export == nil {
		return ""
	}
	return u.sides.res.Export.Name
}
