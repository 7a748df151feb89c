package prospect

import (
	"context"
	"errors"
	"fmt"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// preflightAnswers are Coupa's answers about the people of a plan, and what follows for their rows: Coupa's Id is their key,
// and rows are completed.
type preflightAnswers struct {
	*directory.Preflight
	calls   int // that asked it
	mapping export.Mapping
	sheet   *layout.Sheet
}

// Element returns where Coupa's users hold a column, and whether they do.
func (*preflightAnswers) Element(column string) (export.Element, bool) { return coupa.Element(column) }

// preflight asks Coupa about each person that a plan would send a row for; nil if no one is to be asked about. It plans once
// to learn who they are. If Coupa cannot be asked, that is an error.
func (d *draft) preflight(ctx context.Context, env *wiring.Env, sheet *layout.Sheet) (*preflightAnswers, error) {
	byAPI := sheet.Route() == export.ByAPI
	if d.ask.Alone || !d.ask.Pipe.Config.Preflight && !byAPI {
		return nil, nil
	}
	a, err := d.questions(sheet)
	if err != nil {
		return nil, &exit.Error{Code: export.ExitUsage, Err: err}
	}
	client, err := d.ask.client(env)
	if err != nil {
		return nil, err
	}
	users := client.Users()
	a.Users, a.All, a.First, a.Workers, a.Log = users, users, users.First, users.Workers(), env.Log
	look := d.planner(sheet, nil)
	look.Mapping, look.Sheet, look.Notes = d.known().Over(a.mapping), a.sheet, a.Note
	if !look.Trusting {
		look.Compare = nil
	}
	reading, done := env.Wait(ctx, "reading the feed: records")
	_, err = look.Build(reading, &nowhere{})
	done()
	if err != nil {
		return nil, err
	}
	if a.People() == 0 {
		return a, nil
	}
	ctx, done = env.Wait(ctx, "looking up people in Coupa: calls")
	defer done()
	if err := a.Ask(ctx); err != nil {
		return nil, Unasked(ctx, err, byAPI, a.Match != nil)
	}
	a.calls = users.Asked()
	return a, nil
}

// questions returns answers that are still to come.
func (d *draft) questions(sheet *layout.Sheet) (a *preflightAnswers, err error) {
	pipe := d.ask.Pipe
	a = &preflightAnswers{mapping: planning.WithID(d.mapping())}
	a.Preflight = &directory.Preflight{
		Key: pipe.Key, Match: pipe.Match, Columns: a.mapping.Columns(), Also: pipe.Mapping.Held(), Element: coupa.Element, Whole: true, Rate: pipe.Config.Coupa.Rate,
		Adopt:     directory.Adoptions(pipe.Config.Identity),
		Leaving:   change.IsGone,
		Least:     d.out.People.Len(),
		MayCreate: wiring.MayCreate(pipe.Config, d.out.People.Len()) || approvedCreates(d.out) > 0,
	}
	o := pipe.Options
	o.Columns, o.Checked, o.Route = a.mapping.Columns(), true, sheet.Route()
	a.sheet, err = layout.New(o)
	return a, err
}

// client returns the client that asks Coupa. A command without a job has none yet, so one is built.
func (a *Ask) client(env *wiring.Env) (*coupa.Client, error) {
	if a.Client != nil {
		return a.Client, nil
	}
	client, err := coupa.NewClient(wiring.CoupaConfig(a.Pipe.Config), env.Log)
	if err != nil {
		return nil, &exit.Error{Code: export.ExitUsage, Err: err}
	}
	a.Client = client // one client keeps the rate
	return client, nil
}

// LastResort says what goes without Coupa's answers, and at what price.
const LastResort = "the next run asks again, and sends what was not sent; only if that cannot wait: preflight: off sends without asking, " +
	"and a person whom Coupa does not find by the key becomes a second account"

// Unasked returns the error that nothing was sent, since Coupa could not be asked first.
func Unasked(ctx context.Context, err error, byAPI, matched bool) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if _, crashed := errors.AsType[*export.Crash](err); crashed { // a fault of ours, not of Coupa
		return err
	}
	not, ok := errors.AsType[*export.NotDeliveredError](err)
	if !ok {
		not = &export.NotDeliveredError{What: export.NoPreflight, Msg: err.Error(), Err: err}
		err = not
	}
	switch {
	case byAPI:
		return fmt.Errorf("look up people in Coupa before anything is written: %w", err)
	case matched, not.What == export.NoToken: // no row is about anybody without Coupa's answer; and no load is asked about without a token
		return fmt.Errorf("look up people in Coupa before anything is sent: %w", err)
	}
	return export.Hint(fmt.Errorf("look up people in Coupa before anything is sent: %w", err), "%s", LastResort)
}

// approvedCreates returns up to how many creates an approval allows.
func approvedCreates(out *Outlook) (most int) {
	for _, a := range out.Approved {
		most = max(most, a.Ceilings[export.CreatesLimit])
	}
	return most
}
