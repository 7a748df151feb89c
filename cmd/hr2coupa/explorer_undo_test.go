package main

import (
	"errors"
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
)

// undoneRun stands in the command line of a way for the run that is taken back.
const undoneRun = "RUN"

func undoArgs() []string { return []string{"undo", undoneRun, "--json"} }

// undoConfig is byAPIConfig for files. A file empties no mention name, and brings none back that was empty.
func undoConfig() [][2]string {
	return [][2]string{
		{"coupa.scopes", "[core.integration.read, core.user.read]"},
		{"mapping.columns.User Role Names", "replace(roles)"},
	}
}

// runFirst plays the run that is taken back.
func (g *theatre) runFirst() error {
	e, err := g.start(&tap{}, "run", "--json")
	if err != nil || e.code != export.ExitOK {
		return errors.Join(err, fmt.Errorf("the run that is taken back ended with %d: %v", e.code, e.rep.Counts))
	}
	l, err := sqlite.Open(sqlite.Options{Dir: g.ledger, Now: g.clock})
	if err != nil {
		return err
	}
	defer l.Close()
	runs, err := l.Runs(1)
	if err != nil {
		return err
	}
	g.undone = runs[0].ID
	return nil
}

// goOn finishes an undo that is half done, as the refusal to begin it anew says: the next run goes on with it.
func (g *theatre) goOn() error {
	e, err := g.start(&tap{}, "run", "--json")
	if err != nil || e.code != export.ExitOK {
		return errors.Join(err, fmt.Errorf("the run behind an undo that was half done ended with %d", e.code))
	}
	return nil
}

// wanted is what Coupa has in the end, by login.
func (w way) wanted() map[string]string {
	if !w.undo {
		return wanted
	}
	before := map[string]string{ // dan, who was created, can only be deactivated
		"ann": "Abel  true Buyer,User ", "bob": "Baker  true User ", "cyd": "Cooper  true User cc",
		"dan": "Draper  false Buyer,User DanDraper", "eve": "Eden  true User ", "fay": "Fox  true User ",
	}
	if w.config[0][0] != "route" { // ann had no approver, and a file does not take one away
		before["ann"] = "Abel dan true Buyer,User "
	}
	return before
}
