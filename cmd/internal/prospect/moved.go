package prospect

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// MovedError is why a saved plan is not applied (exit 2): what it was made of has changed. Nothing was sent.
type MovedError struct {
	path string
	what []string
}

func (e *MovedError) Error() string { return strings.Join(e.Lines(), "\n") }

// Lines returns the lines of the error: each thing that has changed stands on its own.
func (e *MovedError) Lines() []string {
	lines := []string{e.path + " is not applied, and nothing of it was sent: what it was made of has moved"}
	for _, w := range e.what {
		lines = append(lines, "  "+w)
	}
	return lines
}

// Hints returns what to do.
func (e *MovedError) Hints() []string {
	return []string{"look at it again: hr2coupa plan -o " + e.path}
}

// Paths returns the absolute paths of the plan's feed files.
func (s *SavedPlan) Paths() []string {
	out := make([]string, len(s.Feed))
	for i, f := range s.Feed {
		out[i] = f.Path
	}
	return out
}

// planned reports whether all files of a saved plan were planned since; not those of none.
func (s *SavedPlan) planned(seen []export.SeenFile) bool {
	return s != nil && len(seen) > 0 && len(seen) == len(s.Feed)
}

func (s *SavedPlan) moved(what []string) error {
	if len(what) == 0 {
		return nil
	}
	return &exit.Error{Code: export.ExitUsage, Err: &MovedError{s.path, what}}
}

// expected compares what a saved plan was made of with what holds now, section by section.
func (a *Ask) expected(p *Prospect) error {
	was := a.Expect
	if was == nil {
		return nil
	}
	now, err := p.madeOf()
	if err != nil {
		return err
	}
	what := feedMoved(was.Feed, p.Seen)
	for _, f := range p.Late {
		what = append(what, fmt.Sprintf("feed: %s was passed over since, as it is older than %s", f.Name, f.Newer))
	}
	if was.State != now.State {
		state, err := a.stateMoved(now.State)
		if err != nil {
			return err
		}
		if p.learned = state; !was.State.knowsMore(now.State) {
			what = append(what, state)
		}
	}
	what = append(what, configMoved(was.Config, now.Config)...)
	if was.Layout != now.Layout {
		what = append(what, fmt.Sprintf("layout: this hr2coupa (%s) knows other columns of Coupa's than the one that made the plan (%s)", wiring.Version, was.Program))
	}
	return was.moved(what)
}

// feedMoved compares the bytes alone: what a changed file would be as a feed does not matter. If some of the files were
// planned since, what is left is another plan.
func feedMoved(files []export.FeedFile, seen []export.SeenFile) (what []string) {
	for _, f := range seen {
		what = append(what, fmt.Sprintf("feed: %s was planned by run %s since", f.Name, f.Run))
	}
	for _, was := range files {
		if change.Repairs(export.Origin{File: was.Name}) { // its records are in the plan
			continue
		}
		size, sum, err := regular.Sum(was.Path)
		switch {
		case err != nil:
			what = append(what, fmt.Sprintf("feed: %s cannot be read any more: %v", was.Name, err))
		case sum == was.SHA256:
		case size != was.Size:
			what = append(what, fmt.Sprintf("feed: %s has other bytes: %d of them, and had %d", was.Name, size, was.Size))
		default:
			what = append(what, fmt.Sprintf("feed: %s has other bytes, as many as before", was.Name))
		}
	}
	return what
}

// stateMoved returns, in words, that the ledger has changed, and which runs have been at work since.
func (a *Ask) stateMoved(now savedState) (string, error) {
	was := a.Expect.State
	what := fmt.Sprintf("state: the ledger knows %s and knew %d", words.Persons(now.People), was.People)
	if now.People == was.People {
		what = fmt.Sprintf("state: the ledger knows something else about its %s", words.Persons(now.People))
	}
	runs, err := a.Ledger.RunsSince(a.Expect.MadeAt)
	if err != nil {
		return "", err
	}
	since := make([]string, len(runs))
	for i, r := range runs {
		since[i] = r.ID
	}
	if len(since) > 0 {
		what += "; at work since: run " + words.Few(since)
	}
	return what, nil
}

// configMoved returns the names of the values that differ.
func configMoved(was, is map[string]string) []string {
	paths := changed(was, is)
	if len(paths) == 0 {
		return nil
	}
	return []string{"config: " + words.Few(paths)}
}

// Check builds the plan once without recording it. If it differs from the saved one, the error is a *MovedError: feed and config
// are the same by then, so Coupa, the program or what the ledger knows of people has changed. saved is nil if nothing is expected.
func (p *Prospect) Check(ctx context.Context, saved *SavedPlan) (*export.Plan, error) {
	if saved == nil {
		return p.Planner.Build(ctx, &nowhere{})
	}
	sink := p.Saving(&nowhere{})
	defer sink.Close()
	plan, err := p.Planner.Build(ctx, sink)
	if err != nil {
		return plan, err
	}
	now, err := sink.Plan(plan)
	if err != nil {
		return nil, err
	}
	now.MadeAt, now.Program, now.Limits, now.State = saved.MadeAt, saved.Program, saved.Limits, saved.State // not part of what is done
	was, err := saved.encode()
	if err != nil {
		return nil, err
	}
	is, err := now.encode()
	if err != nil || bytes.Equal(was, is) {
		return plan, err
	}
	people, err := peopleMoved(saved, now)
	if err != nil {
		return nil, err
	}
	return nil, saved.moved(append([]string{p.otherwise(saved, now)}, people...))
}

// otherwise returns, in words, that the same feed, state and config make another plan than the saved one.
func (p *Prospect) otherwise(was, is *SavedPlan) string {
	made, before := is.summary(), was.summary()
	switch {
	case p.learned != "" && !p.Checked:
		return p.learned
	case p.Checked && made == before:
		return fmt.Sprintf("Coupa: it holds other values than before, so that %s would change something else, or the saved plan was edited", made)
	case p.Checked:
		return fmt.Sprintf("Coupa: what it holds makes %s of the same feed, state and config, and made %s, or the saved plan was edited", made, before)
	case made == before:
		return fmt.Sprintf("program: hr2coupa %s finds that %s would change something else than %s found, or the saved plan was edited", wiring.Version, made, was.Program)
	}
	return fmt.Sprintf("program: hr2coupa %s makes %s of the same feed, state and config, and %s made %s, or the saved plan was edited", wiring.Version, made, was.Program, before)
}

// movedPeople is how many people an error names.
const movedPeople = 20

// peopleMoved returns, in words, of whom something else would change than the saved plan says, and in which columns. It names
// no value: errors go to logs. plan diff shows them.
func peopleMoved(was, is *SavedPlan) (what []string, err error) {
	c, err := differences.Compare(was.Lines, is.Lines, movedPeople)
	if err != nil || c.Equal() {
		return nil, err
	}
	what = []string{"people: " + c.Sentence()}
	for _, m := range c.People {
		columns := []string{}
		for _, cell := range m.Cells() {
			columns = append(columns, cell.Column)
		}
		what = append(what, fmt.Sprintf("  %s: %s: %s", m.Origin(), m.Word(), words.Dash(strings.Join(columns, ", "))))
	}
	if more := c.Added + c.Gone + c.Changed - len(c.People); more > 0 {
		what = append(what, fmt.Sprintf("  and %d more", more))
	}
	return what, nil
}
