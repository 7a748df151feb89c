package prospect

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/mapping"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// persons are the people whom person(...) of a mapping finds: those of the feed, those whose login the ledger knows, and those whom
// Coupa knows by their number.
type persons struct {
	feed   map[string][]string // by key, the parts
	ledger *baseline.KnownPeople
	coupa  map[string][]string

	mu      sync.Mutex
	unknown map[string]bool // whom an expression has named in vain
}

var _ mapping.People = (*persons)(nil)

// Of returns a part of a person.
func (p *persons) Of(key, part string) (string, bool) {
	i := slices.Index(mapping.PersonParts, part)
	if parts, ok := p.feed[key]; ok && parts[i] != "" {
		return parts[i], true
	}
	if part == mapping.PersonParts[0] && p.ledger != nil {
		if known, ok := p.ledger.Of(key); ok && known.Login != "" {
			return known.Login, true
		}
	}
	if parts, ok := p.coupa[key]; ok && parts[i] != "" {
		return parts[i], true
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.unknown[key] = true
	return "", false
}

// partColumns are the columns with the parts of a person.
var partColumns = []string{export.ColumnLogin, export.ColumnEmail, wiring.EmployeeNumber}

// KnowPeople gives the pipeline's mapping the people of a feed, whom person(...) finds then, for a comparison. Coupa is asked for the
// others; where it is not, no expression finds anyone, and the columns that read people cannot be compared.
func KnowPeople(ctx context.Context, env *wiring.Env, pipe *wiring.Pipeline, f export.Feed, now time.Time, ask bool) error {
	if !pipe.Mapping.AsksPeople() {
		return nil
	}
	if !ask {
		pipe.Mapping = pipe.Mapping.With(noOne{})
		return nil
	}
	d := &draft{ask: &Ask{Pipe: pipe, Started: now}, out: &Outlook{}, fresh: f}
	var asks func([]string) (map[string][]string, error)
	if numbered(pipe) {
		asks = func(keys []string) (map[string][]string, error) { return d.askPersons(ctx, env, keys) }
	}
	return knowPeople(ctx, pipe, func() *planning.Planner { return d.planner(pipe.Sheet, nil) }, nil, asks)
}

// noOne says nothing of anyone.
type noOne struct{}

// Of returns nothing.
func (noOne) Of(string, string) (string, bool) { return "", true }

// numbered reports whether HR's key is the number that Coupa finds people by.
func numbered(pipe *wiring.Pipeline) bool {
	return slices.Equal(pipe.Mapping.Reads(wiring.EmployeeNumber), []string{pipe.Config.Feed.Key})
}

// knowPeople gives the pipeline's mapping the people of a planner's feed, whom person(...) finds then. ledger may be nil. ask is called with
// the keys of people whom neither knows, if there are any; nil: no one can be asked.
func knowPeople(ctx context.Context, pipe *wiring.Pipeline, planner func() *planning.Planner, ledger *baseline.KnownPeople, ask func(keys []string) (map[string][]string, error)) error {
	if !pipe.Mapping.AsksPeople() {
		return nil
	}
	who := &persons{feed: map[string][]string{}, ledger: ledger, unknown: map[string]bool{}}
	p := planner()
	p.Only, p.Known = nil, nil // whoever is not planned again, or is left as is, is there all the same
	columns := make([]int, len(partColumns))
	for i, name := range partColumns {
		columns[i] = max(0, slices.Index(p.Mapping.Columns(), name))
	}
	mapped := pipe.Mapping.Columns()
	err := planning.Everybody(ctx, p, columns, func(key string, texts []string) {
		for i, name := range partColumns {
			if !slices.Contains(mapped, name) {
				texts[i] = ""
			}
		}
		key = alike.Tidy(key)
		for i, text := range who.feed[key] { // a record that lacks a part takes nothing from an earlier one
			texts[i] = cmp.Or(texts[i], text)
		}
		who.feed[key] = texts
	})
	if err != nil {
		return err
	}
	pipe.Mapping = pipe.Mapping.With(who)
	if ask == nil {
		return nil
	}
	if err := planning.Everybody(ctx, planner(), nil, func(string, []string) {}); err != nil || len(who.unknown) == 0 {
		return err
	}
	who.coupa, err = ask(slices.Sorted(maps.Keys(who.unknown)))
	return err
}

// persons gives the mapping the people of the feed, of the ledger and, where Coupa is asked and HR's key is the number there, of Coupa.
func (d *draft) persons(ctx context.Context, env *wiring.Env) error {
	pipe := d.ask.Pipe
	if !pipe.Mapping.AsksPeople() {
		return nil
	}
	var ask func([]string) (map[string][]string, error)
	asks := pipe.Config.Preflight || pipe.Sheet.Route() == export.ByAPI || pipe.Few != nil
	if !d.ask.Alone && asks && numbered(pipe) {
		ask = func(keys []string) (map[string][]string, error) { return d.askPersons(ctx, env, keys) }
	}
	ctx, done := env.Wait(ctx, "reading the feed for the people whom it names: records")
	defer done()
	return knowPeople(ctx, pipe, func() *planning.Planner { return d.planner(pipe.Sheet, nil) }, d.out.People, ask)
}

// askPersons asks Coupa for the parts of people by their numbers.
func (d *draft) askPersons(ctx context.Context, env *wiring.Env, numbers []string) (map[string][]string, error) {
	client, err := d.ask.client(env)
	if err != nil {
		return nil, err
	}
	want := make([]export.Element, len(partColumns))
	for i, column := range partColumns {
		want[i], _ = coupa.Element(column)
	}
	users := client.Users()
	var found []export.User
	err = users.First(ctx, func(ctx context.Context) (err error) {
		found, err = users.Find(ctx, want[2], numbers, want)
		return err
	})
	if err != nil {
		return nil, Unasked(ctx, err, d.ask.Pipe.Sheet.Route() == export.ByAPI, false)
	}
	parts := map[string][]string{}
	for _, u := range found {
		texts := make([]string, len(want))
		for i, e := range want {
			v, _ := u.Value(e)
			texts[i] = v.Text
		}
		key := alike.Tidy(texts[2])
		if parts[key] != nil { // it is not known who of them is meant
			texts = make([]string, len(want))
		}
		parts[key] = texts
	}
	return parts, nil
}
