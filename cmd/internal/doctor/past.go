package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/trust"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// past compares the ledger with what was sent, by Coupa's list of loads and by the mark beside the config.
func (d *doctor) past(ctx context.Context) {
	if d.blind("past", "instance", "production", "coupa", "ledger") {
		return
	}
	cfg := d.pipe.Config
	d.mark()
	var lists []wiring.Lister
	if d.token && d.via("api") {
		lists = append(lists, d.client.Loads())
	}
	if d.via("page") {
		if p, err := coupa.NewPage(d.coupa(), d.env.Log); err == nil { // the check of the page reports an error
			lists = append(lists, p)
		}
	}
	var l wiring.History = noHistory{}
	if wiring.LedgerExists(cfg.Ledger) {
		opened, err := wiring.OpenLedger(d.env, cfg.Ledger)
		if err != nil {
			return // reported with the ledger
		}
		defer opened.Close() // only read from
		l = opened
	}
	s, err := trust.Suspect(ctx, cfg, l, lists, d.env.Now(), true)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		d.fail(export.ExitFault, "past", err)
	case s.Grave() && s.Why != "" && cfg.HoldUnknown:
		d.fail(export.ExitHeld, "past", export.Hint(s.Err(), trust.WhatToDo))
	case len(s.Unknown) > 0 && s.Why == "":
		d.warn("past", export.Hint(fmt.Errorf("Coupa has %s of the last 7 days that this ledger does not know: %s", export.Plural(len(s.Unknown), "hr2coupa file"), words.SomeOf(s.Unknown)), //nolint:staticcheck // Coupa is a name
			"find out whether this ledger is a copy, or whether another one has sent them: its mark is not beside this config"))
	case s.Grave():
		d.warn("past", export.Hint(s.Err(), trust.WhatToDo))
	case s.Unasked != nil:
		d.ok("past", "the ledger is not behind its mark; Coupa's list of loads was not read: %s", exit.Said(s.Unasked))
	default:
		d.ok("past", "Coupa has no hr2coupa file of the last 7 days that the ledger does not know")
	}
}

// mark checks whether a run would notice that the ledger has gone back to an older state.
func (d *doctor) mark() {
	cfg := d.pipe.Config
	for _, path := range trust.ReadMarks(cfg).Broken {
		d.warn("mark", export.Hint(fmt.Errorf("%s cannot be read", path), "remove it: the next run writes it again"))
	}
	if err := trust.CanMark(cfg); err != nil {
		d.warn("mark", export.Hint(fmt.Errorf("the mark that shows how far the ledger has come cannot be written, so a ledger restored from a backup would not be noticed (%w)", regular.Cause(err)),
			"create %s for this user: install -o USER -m 644 /dev/null %[1]s", trust.MarkPlaces(cfg)[0]))
	}
}

// noHistory is a ledger that does not exist yet.
type noHistory struct{}

func (noHistory) Water(time.Time) (export.Water, error) { return export.Water{}, nil }

func (noHistory) Unknown(names []string) ([]string, error) { return names, nil }
