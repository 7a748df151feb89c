package undo

import (
	"cmp"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// dropped is what an undo of a drop knows beside: a file by hand calls its people by a key of Coupa's, and a plan needs HR's.
type dropped struct {
	keys map[string]string // by login in lower case: HR's key of whoever the ledger knows
}

// newDropped returns it for the people whom the ledger knows.
func newDropped(people *baseline.KnownPeople) *dropped {
	d := &dropped{make(map[string]string, people.Len())}
	people.All(func(key string, p export.Person) {
		if p.Login != "" {
			d.keys[strings.ToLower(p.Login)] = key
		}
	})
	return d
}

// asking are the columns by which a user of Coupa's is found among HR's people.
var asking = []string{export.ColumnNumber, export.ColumnLogin, export.ColumnEmail}

// key returns HR's key of a user. It is the one that the ledger has, or else one of Coupa's own values: of these only one from
// which the mapping makes what Coupa holds. ok is false where there is none: a row of such a key would be another person's.
func (d *dropped) key(u *Undo, user export.User) (key string, ok bool) {
	login := textOf(user, export.ColumnLogin)
	keys := []string{d.keys[strings.ToLower(login)]}
	for _, column := range asking {
		keys = append(keys, textOf(user, column))
	}
	if !change.Names(u.pipe) { // the columns that say who it is are not made of the key
		return cmp.Or(keys[0], "Coupa id "+user.ID), true // a log may have a key, and not a login
	}
	for _, key := range keys {
		if key != "" && change.Leads(u.pipe, u.env.Now(), key, func(column string, c export.Cell) bool { return holdsCell(user, column, c) }) {
			return key, true
		}
	}
	return "", false
}

// holdsCell reports whether Coupa holds a cell of a user as the mapping makes it.
func holdsCell(user export.User, column string, c export.Cell) bool {
	if column == export.ColumnID {
		return c.Text == user.ID
	}
	e, _ := coupa.Element(column)
	held, shown := user.Value(e)
	return shown && holds(export.ElementCell{Element: e, Cell: c}, held)
}

func textOf(user export.User, column string) string {
	e, _ := coupa.Element(column)
	held, _ := user.Value(e)
	return held.Text
}

// merged joins the rows of a person whom several files of a drop have changed: all of them were compared with what Coupa held
// before the first.
func merged(people []person) (out []person) {
	at := map[string]int{}
	for _, p := range people {
		ref := p.ref()
		n, again := at[ref]
		if !again {
			at[ref] = len(out)
			out = append(out, p)
			continue
		}
		for _, c := range p.cells {
			out[n].sent(c)
		}
	}
	return out
}

// sent adds a cell that was sent behind the others.
func (p *person) sent(c export.CellChange) {
	for i := range p.cells {
		if p.cells[i].Column == c.Column {
			p.cells[i].New = c.New
			return
		}
	}
	p.cells = append(p.cells, c)
}

// ref returns what stands for a person while Coupa is asked. The key does not: several files may call different people the same.
func (p *person) ref() string {
	if p.id != "" {
		return "id " + p.id
	}
	return "login " + strings.ToLower(p.login)
}
