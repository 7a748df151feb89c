package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
)

// heldConfig holds every night.
func heldConfig() [][2]string { return [][2]string{{"limits.updates", "{count: 0}"}} }

// holdFirst has a first night held, and has HR write the second one over it.
func (g *theatre) holdFirst() error {
	first := strings.NewReplacer("Archer", "Abel", "Baker", "Bell", "Carter", "Cole", "CARTER", "COLE").Replace(twoWaves)
	if err := os.WriteFile(g.path("feed.csv"), []byte(first), 0o600); err != nil {
		return err
	}
	e, err := g.start(&tap{}, g.work()...)
	if err != nil || e.code != export.ExitHeld {
		return errors.Join(err, fmt.Errorf("the first night ended with %d, want %d", e.code, export.ExitHeld))
	}
	if g.held, err = g.keeps(); err != nil || g.held == nil {
		return errors.Join(err, errors.New("the first night keeps nothing"))
	}
	return os.WriteFile(g.path("feed.csv"), []byte(twoWaves), 0o600)
}

// letGo has the second night held whatever blow it met, checks what is kept of both, and raises the limit.
func (g *theatre) letGo() error {
	e, err := g.start(&tap{}, g.work()...)
	if err != nil || e.code != export.ExitHeld {
		return errors.Join(err, fmt.Errorf("the second night ended with %d, want %d", e.code, export.ExitHeld))
	}
	k, err := g.keeps()
	if err != nil || k == nil {
		return errors.Join(err, errors.New("the second night keeps nothing"))
	}
	if names := k.From(0).Names(); k.Records != g.held.Records || len(names) != 1 || names[0] != "feed.csv@"+k.Run || k.Run == g.held.Run {
		return fmt.Errorf("%d records of %v are kept, want the %d of the second night", k.Records, names, g.held.Records)
	}
	if err := g.replaced(g.held.Run, k.Run); err != nil {
		return err
	}
	g.config.remove("limits.updates")
	return os.WriteFile(g.path("hr2coupa.yaml"), g.config.yaml(), 0o600)
}

// replaced checks that every row of a run names the record of the other run that replaced it: they have the same lines.
func (g *theatre) replaced(run, by string) error {
	l, err := sqlite.Open(sqlite.Options{Dir: g.ledger, Now: g.clock})
	if err != nil {
		return err
	}
	defer l.Close()
	return l.Rows(run, func(r export.RowResult) error {
		if want := fmt.Sprintf("replaced by feed.csv@%s:%d, a newer record of this person", by, r.Origin.Line); r.Faults.Text() != want {
			return fmt.Errorf("run %s: %s: %s, want %s", run, r.Origin, r.Faults.Text(), want)
		}
		return nil
	})
}
