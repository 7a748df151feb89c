package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

func (a *app) verifyCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "verify RUN",
		Short: "read a run's people back from Coupa and compare every cell that was sent",
		Long: `Verify asks Coupa's API for everybody of whom the run has an applied row, 50 a call, and compares every
cell that was sent. A row of which Coupa shows another value is drifted from then on, also in the ledger;
one that drifted and is right now is applied. It needs the scope core.user.read.`,
		Example: "  hr2coupa verify 20261124T020000Z",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.verify(cmd.Context(), args[0])
		},
	}
}

// verified is what reading a run back came to.
type verified struct {
	Run       string         `json:"run"`
	Exit      int            `json:"exit"`
	Rows      int            `json:"rows"`      // read back
	Pruned    int            `json:"pruned"`    // rows of which the ledger does not know any more what was sent
	Confirmed int            `json:"confirmed"` // cells
	Drifted   int            `json:"drifted"`
	Unknown   int            `json:"unknown"` // not shown by this instance
	NotRead   []string       `json:"not_read,omitempty"`
	Drift     []export.Drift `json:"drift"`
}

// perCall is how many users one call gives (API Calls: at most 50 records).
const perCall = 50

func (a *app) verify(ctx context.Context, run string) error {
	cfg, err := a.load(ctx, config.Options{NeedSecrets: true, NoFeed: true})
	if err != nil {
		return err
	}
	client, err := coupa.NewClient(coupaConfig(cfg), a.log)
	if err != nil {
		return &exitError{export.ExitUsage, err}
	}
	if !ledgerExists(cfg.Ledger) {
		return usage("there is no ledger in %s yet: nothing has run with this config", cfg.Ledger)
	}
	j, err := a.job(ctx, cfg, "verify")
	if err != nil {
		return err
	}
	defer j.close()
	rec, ok, err := j.ledger.Run(run)
	if err != nil {
		return err
	}
	if !ok {
		return usage("the ledger knows no run %q; hr2coupa status lists them", run)
	}
	res, err := j.readBack(ctx, rec, client.Users())
	if err != nil {
		return err
	}
	if _, err := j.report1(rec.ID, nil, true); err != nil { // it stands otherwise now
		return err
	}
	a.code = res.Exit
	if a.json {
		return a.printJSON(res)
	}
	return a.printVerified(res)
}

// readBack goes through a run part by part, so that memory does not grow with it.
func (j *job) readBack(ctx context.Context, rec export.RunRecord, users *coupa.Users) (*verified, error) {
	parts, err := j.ledger.Parts(rec.ID)
	if err != nil {
		return nil, err
	}
	parts = slices.DeleteFunc(parts, func(p export.Part) bool { return p.State != export.Settled })
	j.foretell(parts)
	if err := users.Check(ctx); err != nil {
		return nil, err
	}
	res := &verified{Run: rec.ID, Drift: []export.Drift{}}
	for _, p := range parts {
		rows, err := j.sentRows(p, res)
		if err != nil {
			return nil, err
		}
		back, err := export.VerifyRows(ctx, users, rows)
		if err != nil {
			return nil, err
		}
		if err := j.ledger.Verified(p.ID, back.Rows); err != nil {
			return nil, err
		}
		res.Rows += len(rows)
		res.Confirmed += back.Cells[export.CellConfirmed]
		res.Drifted += back.Cells[export.CellDrifted]
		res.Unknown += back.Cells[export.CellUnknown]
		res.Drift = append(res.Drift, back.Drift...)
	}
	if len(res.Drift) > 0 {
		res.Exit = export.ExitPartial
	}
	return res, nil
}

// foretell says how long it will take before it begins.
func (j *job) foretell(parts []export.Part) {
	calls := 0
	for _, p := range parts {
		calls += (p.Rows + perCall - 1) / perCall
	}
	seconds := math.Ceil(float64(calls) / j.cfg.Coupa.Rate)
	j.a.log.Infof("reading back: at most %s, about %s at coupa.rate %g", plural(calls, "call"), time.Duration(seconds)*time.Second, j.cfg.Coupa.Rate)
}

// sentRows gives the applied and drifted rows of a part with the cells that Coupa got, as far as its API shows them.
func (j *job) sentRows(p export.Part, res *verified) ([]export.SentRow, error) {
	rows := map[int]export.RowResult{}
	err := j.ledger.PartRows(p.ID, func(r export.RowResult) error {
		if r.Outcome == export.Applied || r.Outcome == export.Drifted {
			rows[r.PartRow] = r
		}
		return nil
	})
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	data, err := j.ledger.Bytes(p)
	if errors.Is(err, fs.ErrNotExist) {
		res.Pruned += len(rows)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var header []export.Element
	var shown []bool
	var out []export.SentRow
	n := 0
	err = layout.Decode(data, func(l layout.Line) bool {
		if header == nil {
			header, shown = elements(l.Cells, res)
			return true
		}
		n++
		if row, ok := rows[n]; ok {
			out = append(out, export.SentRow{Row: row, Cells: elementCells(header, shown, l.Cells)})
		}
		return true
	})
	switch {
	case err != nil:
		return nil, fmt.Errorf("read part %s back from the spool: %w; please report this", p.Name, err)
	case len(out) != len(rows):
		return nil, fmt.Errorf("part %s has %d of its %d applied rows in the spool; please report this", p.Name, len(out), len(rows))
	case !shown[0]:
		return nil, usage("part %s has %s as its first column, and nobody can be found by it", p.Name, header[0].Column)
	}
	return out, nil
}

// elements finds the columns that the API shows, and notes the others once.
func elements(columns []string, res *verified) (header []export.Element, shown []bool) {
	header, shown = make([]export.Element, len(columns)), make([]bool, len(columns))
	for i, c := range columns {
		if header[i], shown[i] = coupa.Element(c); !shown[i] {
			header[i].Column = c
			if !slices.Contains(res.NotRead, c) {
				res.NotRead = append(res.NotRead, c)
			}
		}
	}
	return header, shown
}

// elementCells gives those of a line; an empty one says nothing and is not compared.
func elementCells(header []export.Element, shown []bool, line []string) []export.ElementCell {
	var out []export.ElementCell
	for i, text := range line {
		if !shown[i] {
			continue
		}
		c := export.ElementCell{Element: header[i], Cell: export.Cell{Text: text, State: export.Set}}
		if text == "" {
			c.Cell.State = export.Absent
		}
		out = append(out, c)
	}
	return out
}

func (a *app) printVerified(r *verified) error {
	w := &errWriter{w: a.stdout}
	fmt.Fprintf(w, "run %s, read back from Coupa\n\nCells\n  %d of %s = %d confirmed + %d drifted + %d not shown\n", r.Run,
		r.Confirmed+r.Drifted+r.Unknown, plural(r.Rows, "row"), r.Confirmed, r.Drifted, r.Unknown)
	if r.Unknown > 0 {
		fmt.Fprintln(w, "  not shown: this instance leaves these elements out of its answers (API response filter), or its version lacks them")
	}
	if r.Pruned > 0 {
		fmt.Fprintf(w, "  %s not read back: what was sent has been pruned from the ledger\n", plural(r.Pruned, "row"))
	}
	for _, c := range r.NotRead {
		fmt.Fprintf(w, "  %s: Coupa's API does not show it\n", c)
	}
	if len(r.Drift) > 0 {
		fmt.Fprintf(w, "\nDrifted: Coupa shows another value (%s)\n", plural(len(r.Drift), "cell"))
		var rows [][]string
		for _, d := range r.Drift[:min(len(r.Drift), shownRows)] {
			rows = append(rows, []string{d.Origin.String(), dash(clean(d.Key)), d.Column, "sent " + inQuotes(d.Sent), "Coupa: " + inQuotes(d.Held)})
		}
		table(w, rows)
		if more := len(r.Drift) - shownRows; more > 0 {
			fmt.Fprintf(w, "  and %d more: see --json\n", more)
		}
	}
	return w.err
}

func inQuotes(s string) string { return `"` + clean(s) + `"` }
