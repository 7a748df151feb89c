package job

import (
	"context"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// verifier wires the comparison of what was sent with what Coupa shows.
func (j *Job) verifier(users *coupa.Users) *directory.Verifier {
	return &directory.Verifier{
		Ledger: j.ledger, Users: users, Key: j.key, Filter: users.DefaultFilter, Element: coupa.Element, Decode: wiring.PartCells,
		Workers: users.Workers(), Rate: j.cfg.Coupa.Rate, Now: j.env.Now, Log: j.env.Log,
	}
}

// readBack reads back what is settled of a run and was not read back yet, in this start or in one that was interrupted
// before it came to that; nil if there is nothing to read. If Coupa cannot be asked, no outcome changes.
func (j *Job) readBack(ctx context.Context, run string) (*export.ReadBack, error) {
	parts, err := j.ledger.Parts(run)
	if err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(directory.Readable(parts), func(p export.Part) bool { return !p.ReadBack.IsZero() })
	if len(parts) == 0 {
		return nil, nil
	}
	if !j.cfg.Verify { // what Coupa has accepted without an error counts as confirmed
		if err := j.countAccepted(parts); err != nil {
			return nil, err
		}
	}
	switch lost := j.runner.Lost(); {
	case !j.cfg.Verify && j.cfg.Line("verify") > 0:
		return &export.ReadBack{Why: "verify is off"}, nil
	case !j.cfg.Verify:
		return &export.ReadBack{Why: "coupa.scopes has no " + config.ScopeRead}, nil
	case lost != nil:
		return &export.ReadBack{Why: lost.Error(), Hint: export.HintText(lost)}, nil
	}
	ctx, done := j.env.Wait(ctx, "reading people back: calls")
	defer done()
	return j.verifier(j.wires.Client.Users()).Run(ctx, parts)
}

// countAccepted records that what Coupa has accepted of parts counts as confirmed. It does not ask Coupa.
func (j *Job) countAccepted(parts []export.Part) error {
	v := &directory.Verifier{Ledger: j.ledger, Key: j.key, Element: coupa.Element, Decode: wiring.PartCells}
	return v.Accept(parts)
}

// manyCalls is the number of calls above which a plan announces them.
const manyCalls = 20

// readBackAhead returns, in words, how many calls will read parts back, and how long they take; "" for few, or if no part
// is read back.
func readBackAhead(cfg *config.Config, parts []export.Part) string {
	calls := 0
	for _, p := range parts {
		calls += directory.Calls(p.Rows)
	}
	if !cfg.Verify || calls <= manyCalls {
		return ""
	}
	return directory.Ahead(calls, cfg.Coupa.Rate)
}
