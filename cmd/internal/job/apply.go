package job

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// MovedError says why a saved plan is not applied (exit 2). Nothing was sent.
type MovedError struct {
	path string
	what []string
}

func (e *MovedError) Error() string { return strings.Join(e.Lines(), "\n") }

// Lines are the error's own: each thing that has moved stands on one.
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

// Apply is a run with one question more: is it what was planned?
func Apply(ctx context.Context, env *wiring.Env, path string, noWait bool) (*Started, error) {
	begun := env.Now().UTC()
	saved, err := prospect.ReadPlan(path)
	if err != nil {
		return nil, exit.Usage("read the plan %s: %w", path, err)
	}
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{NeedSecrets: true, FeedGiven: true})
	if err != nil {
		return nil, err
	}
	return Start(ctx, env, pipe.Config, "apply", false, func(j *Job) (*export.Report, error) {
		j.command = "run" // what it plans is a run like any other
		j.runner.NoWait = noWait
		return j.apply(ctx, pipe, path, saved, begun)
	})
}

func (j *Job) apply(ctx context.Context, pipe *wiring.Pipeline, path string, saved *prospect.SavedPlan, started time.Time) (*export.Report, error) {
	if done, err := j.trust(ctx, pipe, RunOptions{}); done != nil || err != nil {
		return done, err
	}
	if done, err := j.resume(ctx); done != nil || err != nil {
		return done, err
	}
	seen, err := j.seen(saved.Feed)
	if err != nil {
		return nil, err
	}
	if len(seen) == len(saved.Feed) && len(seen) > 0 {
		if done, err := j.heldReport(seen); done != nil || err != nil {
			return done, err
		}
		return j.seenReport(seen, false, started), nil
	}
	out, err := prospect.LookInto(j.ledger, started)
	if err != nil {
		return nil, err
	}
	if prospect.GoesBeside(pipe, out, paths(saved.Feed), true, nil) {
		if err := out.Leave(ctx, pipe, started); err != nil {
			return nil, err
		}
	}
	what, err := j.moved(saved, pipe, out, seen)
	if err != nil {
		return nil, err
	}
	if len(what) > 0 {
		return nil, &exit.Error{Code: export.ExitUsage, Err: &MovedError{path, what}}
	}
	if started, err = j.free(started); err != nil {
		return nil, err
	}
	planner, err := plannerOf(pipe, saved, out, started)
	if err != nil {
		return nil, err
	}
	if err := prospect.ChooseRoute(ctx, pipe, planner); err != nil {
		return nil, err
	}
	if j.checked, err = prospect.Preflight(ctx, j.env, pipe, planner, out, j.wires.Client); err != nil {
		return nil, err
	}
	plan, what, err := other(ctx, saved, planner, pipe, out)
	if err != nil {
		return nil, err
	}
	if what != nil {
		return nil, &exit.Error{Code: export.ExitUsage, Err: &MovedError{path, what}}
	}
	j.people = len(out.People)
	if len(saved.Feed) == 0 || out.Beside != nil {
		if done, err := j.unrecorded(plan, out, started); done != nil || err != nil {
			return done, err
		}
	}
	whole := pipe.IsFeed(paths(saved.Feed))
	return j.carryOut(ctx, planner, whole, out.Judge(pipe.Config, whole))
}

// heldReport is that of the run that holds a plan's records; nil where none does.
func (j *Job) heldReport(seen []export.SeenFile) (*export.Report, error) {
	for _, f := range seen {
		if f.RunState != export.RunHeld {
			continue
		}
		rec, _, err := j.ledger.Run(f.Run)
		if err != nil {
			return nil, err
		}
		return export.ReadReport(j.ledger, rec)
	}
	return nil, nil
}

// seen gives those of the files that a run has planned, other than one that was held.
func (j *Job) seen(files []export.FeedFile) (seen []export.SeenFile, err error) {
	for _, f := range files {
		old, ok, err := j.ledger.Seen(f.Name)
		if err != nil {
			return nil, err
		}
		if ok && prospect.Known(old, f) {
			seen = append(seen, old)
		}
	}
	return seen, nil
}

// moved tells what is not as it was when the plan was saved; nil where all of it is.
func (j *Job) moved(saved *prospect.SavedPlan, pipe *wiring.Pipeline, out *prospect.Outlook, seen []export.SeenFile) (what []string, err error) {
	for _, f := range seen { // not all of them: what is left is another plan
		what = append(what, fmt.Sprintf("feed: %s was planned by run %s since", f.Name, f.Run))
	}
	for _, f := range saved.Feed {
		what = append(what, feedMoved(f)...)
	}
	state, err := j.stateMoved(saved, prospect.StateOf(out))
	if err != nil {
		return nil, err
	}
	config, err := prospect.Digests(pipe)
	if err != nil {
		return nil, err
	}
	what = append(what, state...)
	what = append(what, configMoved(saved.Config, config)...)
	if saved.Layout != prospect.LayoutHash() {
		what = append(what, fmt.Sprintf("layout: this hr2coupa (%s) knows other columns of Coupa's than the one that made the plan (%s)", wiring.Version, saved.Program))
	}
	return what, nil
}

// feedMoved looks at the bytes alone: what a file that has moved would be as a feed does not matter.
func feedMoved(was export.FeedFile) []string {
	is, err := HashFile(was.Path)
	switch {
	case err != nil:
		return []string{fmt.Sprintf("feed: %s cannot be read any more: %v", was.Name, err)}
	case is.SHA256 == was.SHA256:
		return nil
	case is.Size != was.Size:
		return []string{fmt.Sprintf("feed: %s has other bytes: %d of them, and had %d", was.Name, is.Size, was.Size)}
	}
	return []string{fmt.Sprintf("feed: %s has other bytes, as many as before", was.Name)}
}

// HashFile reads a file for its size and hash.
func HashFile(path string) (export.FeedFile, error) {
	f, err := regular.Open(path)
	if err != nil {
		return export.FeedFile{}, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	return export.FeedFile{Path: path, Size: n, SHA256: hex.EncodeToString(h.Sum(nil))}, err
}

// stateMoved tells that the ledger knows something else, and which runs have been at work since.
func (j *Job) stateMoved(saved *prospect.SavedPlan, now prospect.SavedState) ([]string, error) {
	if saved.State == now {
		return nil, nil
	}
	what := fmt.Sprintf("state: the ledger knows %s and knew %d", words.Persons(now.People), saved.State.People)
	if now.People == saved.State.People {
		what = fmt.Sprintf("state: the ledger knows something else about its %s", words.Persons(now.People))
	}
	runs, err := j.ledger.Runs(wiring.AllRuns)
	if err != nil {
		return nil, err
	}
	var since []string
	for _, r := range runs {
		if r.Ended.After(saved.MadeAt) || r.Started.After(saved.MadeAt) {
			since = append(since, r.ID)
		}
	}
	if len(since) > 0 {
		what += "; at work since: run " + words.Few(since)
	}
	return []string{what}, nil
}

// configMoved names the values that differ.
func configMoved(was, is map[string]string) []string {
	paths := map[string]bool{}
	for path, digest := range was {
		paths[path] = is[path] != digest
	}
	for path, digest := range is {
		paths[path] = was[path] != digest
	}
	maps.DeleteFunc(paths, func(_ string, moved bool) bool { return !moved })
	if len(paths) == 0 {
		return nil
	}
	return []string{"config: " + words.Few(slices.Sorted(maps.Keys(paths)))}
}

// plannerOf plans the files of a saved plan again, whatever their age: it was looked at when the plan was made.
func plannerOf(p *wiring.Pipeline, saved *prospect.SavedPlan, out *prospect.Outlook, started time.Time) (*planning.Planner, error) {
	if len(saved.Feed) == 0 {
		return prospect.NewPlanner(p, nil, out, started), nil
	}
	f, err := feed.Open(paths(saved.Feed), p.FeedOptions())
	if err != nil {
		return nil, err
	}
	planner := prospect.NewPlanner(p, f, out, started)
	if p.IsFeed(paths(saved.Feed)) {
		planner.Cut = prospect.CutFeeds(p, f, out)
	}
	return planner, nil
}

func paths(files []export.FeedFile) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = f.Path
	}
	return out
}

// other plans anew and tells in what where that comes to something else than was saved. Feed, state and config are the
// same, so that it is the program that has moved.
func other(ctx context.Context, saved *prospect.SavedPlan, p *planning.Planner, pipe *wiring.Pipeline, out *prospect.Outlook) (plan *export.Plan, what []string, err error) {
	sink := prospect.SavingTo(&prospect.Nowhere{})
	if plan, err = p.Build(ctx, sink); err != nil {
		return nil, nil, err
	}
	now, err := sink.Saved(plan, pipe, out)
	if err != nil {
		return nil, nil, err
	}
	now.MadeAt, now.Program, now.Limits = saved.MadeAt, saved.Program, saved.Limits // not part of what is done
	was, err := saved.Encode()
	if err != nil {
		return nil, nil, err
	}
	is, err := now.Encode()
	if err != nil || bytes.Equal(was, is) {
		return plan, nil, err
	}
	if pipe.Config.Preflight || prospect.ByAPI(p) {
		return plan, []string{fmt.Sprintf("Coupa: what it holds makes %s of the same feed, state and config, and made %s; or the saved plan was edited",
			now.Summary(), saved.Summary())}, nil
	}
	return plan, []string{fmt.Sprintf("program: hr2coupa %s makes %s of the same feed, state and config, and %s made %s; or the saved plan was edited",
		wiring.Version, now.Summary(), saved.Program, saved.Summary())}, nil
}
