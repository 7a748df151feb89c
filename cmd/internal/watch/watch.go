package watch

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// Options are the flags of watch.
type Options struct {
	Still, Poll, Retry time.Duration
	Once               bool
}

// errLeave ends a watch that has nothing under way.
var errLeave = errors.New("asked to stop between two files")

// Watch takes the files of a drop folder, one after the other, until ctx ends or, with Once, until those that are there are done.
// Its error carries the worst code of all files.
func Watch(ctx context.Context, env *wiring.Env, dir string, o Options) error {
	w, err := newWatcher(ctx, env, dir, o)
	if err != nil {
		return err
	}
	err = w.watch(ctx)
	if errors.Is(err, errLeave) {
		if o.Once {
			return exit.ErrInterrupted
		}
		env.Log.Info("asked to stop; no file is being processed")
		return nil
	}
	return exit.With(export.WorstExit(w.codes...), err)
}

// newWatcher finds what can be wrong before the first file comes.
func newWatcher(ctx context.Context, env *wiring.Env, dir string, o Options) (*watcher, error) {
	dir, err := filepath.Abs(dir) // the ledger stores paths
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, export.Hint(exit.Usage("%s is not a folder that can be read", dir), "create it, and let this user write to it")
	}
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{NeedSecrets: true, FeedGiven: true})
	if err != nil {
		return nil, err
	}
	for _, p := range pipe.Config.Feed.Files {
		if p, err := filepath.Abs(p); err == nil && filepath.Dir(p) == dir {
			env.Log.WithField(export.HintField, "name another folder there").Warn("feed.files of the config names files of the drop folder: hr2coupa run would read half-written files, and results too")
		}
	}
	l, err := wiring.OpenLedger(env, pipe.Config.Ledger)
	if err != nil {
		return nil, err
	}
	defer l.Close() // only read from
	open, err := l.Incidents()
	if err != nil {
		return nil, err
	}
	owner, err := ownerOf(pipe.Config.Ledger, rand.Text)
	if err != nil {
		return nil, err
	}
	w := &watcher{
		env: env, o: o, folder: &dropFolder{dir: dir, owner: owner, now: env.Now}, ledger: pipe.Config.Ledger,
		said: map[string]bool{}, later: map[string]*postponed{}, amiss: map[concern]*amiss{}, apart: map[string]bool{},
		reported: slices.ContainsFunc(open, notify.OfFolder),
	}
	w.looks.still = o.Still
	w.run, w.notify = w.main, w.notice
	if err := w.folder.prepare(); err != nil {
		return nil, err
	}
	return w, w.recent(l)
}

// watcher is one start of the program at work on a drop folder.
type watcher struct {
	env      *wiring.Env
	o        Options
	folder   *dropFolder
	ledger   string
	looks    looks
	run      func(ctx context.Context, path string) (*export.Report, error) // the main job
	said     map[string]bool                                                // what is logged once
	later    map[string]*postponed                                          // by claim id, claims without a verdict
	amiss    map[concern]*amiss                                             // what is wrong with the folder and its files
	apart    map[string]bool                                                // claims whose results the folder cannot take
	late     []*finished                                                    // finished files that may still be written to
	reported bool                                                           // a notice has said that something is wrong
	due      time.Time                                                      // when the notice is sent again
	tryAt    time.Time                                                      // when a notice that could not be recorded is tried again
	notify   func(ctx context.Context, f *notify.Folder) bool               // reports whether the notice needs no other try
	codes    []int
}

// postponed says when a claim without a verdict is tried again.
type postponed struct {
	run   string
	pause time.Duration
	due   time.Time
}

// main runs the main job on a claimed file. The report is that of the run which planned the file, now or earlier.
func (w *watcher) main(ctx context.Context, path string) (*export.Report, error) {
	var s *job.Started
	err := export.Guard(func() (err error) { // one file must not end the watch over all of them
		s, err = job.Run(ctx, w.env, job.RunOptions{Files: []string{path}, Claim: true, Answered: w.claimed})
		return err
	})
	if s == nil {
		return nil, err
	}
	rep, code := s.Rep, exit.Code(err)
	if err == nil {
		code = rep.Exit
	}
	s.Notifier.End(ctx, code, err) // each file is a start of its own to those who get notices
	show.Unread(w.env, rep)
	if rep == nil {
		return nil, err
	}
	resumed := rep.Resumed
	w.hasten(resumed)
	if err == nil {
		if rep, err = w.own(path, rep); err != nil {
			return nil, err
		}
	}
	rep.Resumed = w.others(resumed)
	for _, r := range rep.Resumed {
		rep.Exit = export.WorstExit(rep.Exit, r.Exit)
		for _, f := range r.RejectedFiles {
			w.env.Log.WithFields(logrus.Fields{"run": r.Run, "records": f.Records}).Warnf("an earlier run has records that did not reach Coupa: %s", f.Path)
		}
	}
	return rep, err
}

// hasten makes claims due now if another start has finished their run: each start asks about all that is open.
func (w *watcher) hasten(resumed []*export.Report) {
	for _, r := range resumed {
		for _, l := range w.later {
			if l.run == r.Run && !slices.ContainsFunc(r.Parts, isOpen) {
				l.due = w.env.Now()
			}
		}
	}
}

// watch looks, takes what is ready, and waits. Newer data about a person must not overtake older data: nothing is taken
// before a file that could not be delivered, and while a file has no verdict its people wait.
func (w *watcher) watch(ctx context.Context) error {
	began, pause := time.Time{}, time.Duration(0)
	for {
		looked := w.env.Now()
		open, stuck, err := w.round(ctx)
		w.reportFolder(ctx)
		if err != nil {
			return err
		}
		if began.IsZero() { // counts from the end of the first round, which may have waited for the run of an earlier claim
			began = w.env.Now()
		}
		if w.o.Once && (stuck || open == 0 || looked.Sub(began) >= w.o.Still) {
			return nil
		}
		wait := w.o.Poll
		if pause = doublePause(pause, w.o.Retry, 12*w.o.Retry); !stuck {
			pause = 0
		} else {
			wait = pause
			w.env.Log.Warnf("next try in %s; later files wait for it", wait)
		}
		if err := w.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// doublePause returns the next pause: first, then twice the last one, at most most.
func doublePause(pause, first, most time.Duration) time.Duration {
	return min(max(first, 2*pause), most)
}

func (w *watcher) sleep(ctx context.Context, d time.Duration) error {
	_, done := w.env.Wait(ctx, "waiting for files")
	defer done()
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return errLeave
	}
}

// round finishes what is claimed, then what is ready. open is how many files are not still yet; stuck reports whether one
// has to be tried again.
func (w *watcher) round(ctx context.Context) (open int, stuck bool, err error) {
	mine, others, err := w.folder.claims()
	if err != nil {
		return 0, false, w.unseen(err)
	}
	if others > 0 {
		w.once("others", export.Hint(fmt.Errorf("a watcher with another ledger has claimed %s: that one answers them", export.Plural(others, "file")),
			"if that watcher will not run again, move the files in %s back", w.folder.claimed()))
	}
	w.lookAgain()
	for _, c := range mine {
		if l := w.later[c.id]; l != nil && w.env.Now().Before(l.due) {
			continue
		}
		if c.name == "" {
			w.clear(c)
			continue
		}
		if stuck, err := w.work(ctx, c); stuck || err != nil {
			return 0, stuck, err
		}
	}
	found, strange, names, err := w.folder.list()
	if err != nil {
		return 0, false, w.unseen(err)
	}
	delete(w.amiss, concern{what: folderUnseen})
	w.gone(names)
	for _, name := range strange {
		if kindOf(name) == feedName {
			w.wrong(concern{claiming, name}, export.Hint(fmt.Errorf("%s is not taken: it is not a regular file, and links are not followed", name), "put the file itself there"))
			continue
		}
		w.once(name, export.Hint(fmt.Errorf("%s is not taken: it is not a regular file with the name of a feed", name), "name a feed .csv, .tsv, .jsonl or .ndjson, with .gz after it if it is gzipped, and use no link"))
	}
	ready, waiting := w.looks.next(w.env.Now(), found)
	for _, g := range ready {
		if stuck, err := w.take(ctx, g); stuck || err != nil {
			return len(waiting), stuck, err
		}
	}
	return len(waiting), false, nil
}

func (w *watcher) once(key string, err error) {
	if !w.said[key] {
		w.said[key] = true
		w.warn(err)
	}
}

// count remembers the code of a file for the end of --once.
func (w *watcher) count(code int) {
	if w.o.Once {
		w.codes = append(w.codes, code)
	}
}

// take claims a file and runs it to its end.
func (w *watcher) take(ctx context.Context, g glance) (stuck bool, err error) {
	if ctx.Err() != nil {
		return false, errLeave
	}
	c, won, err := w.folder.claim(g)
	if err != nil {
		w.unclaimed(g, err)
		return false, nil
	}
	delete(w.amiss, concern{what: noClaims})
	delete(w.amiss, concern{claiming, g.name})
	if !won {
		return false, nil
	}
	w.env.Log.WithFields(logrus.Fields{"file": c.name, "claim": c.id}).Info("taken from the drop folder")
	if now, _, err := w.folder.glance(c); err == nil && !now.same(g) && !g.marked {
		if err := w.quiet(ctx, c); err != nil {
			return false, err
		}
	}
	return w.work(ctx, c)
}

// quiet waits until a file that was written to while it was claimed is still again: its writer may hold it open.
func (w *watcher) quiet(ctx context.Context, c claim) error {
	l := looks{still: w.o.Still}
	for {
		g, _, err := w.folder.glance(c)
		if err != nil {
			return nil // the run reports what is wrong
		}
		if ready, _ := l.next(w.env.Now(), []glance{g}); len(ready) > 0 {
			return nil
		}
		if err := w.sleep(ctx, w.o.Poll); err != nil {
			return err
		}
	}
}

// work runs a claimed file and writes its result. stuck reports whether it stays claimed and nothing may be taken before it.
func (w *watcher) work(ctx context.Context, c claim) (stuck bool, err error) {
	if ctx.Err() != nil {
		return false, errLeave
	}
	aside, err := w.folder.setAside(c)
	if err != nil {
		w.keepApart(c, err)
	}
	if aside {
		w.env.Log.WithField("file", c.name).Infof("results of an earlier file of that name were moved to %s", w.folder.own("done", c.id, "earlier"))
	}
	read, _, _ := w.folder.glance(c) // the attempt reports what is wrong with it
	rep, err := w.attempt(ctx, c)
	if errors.Is(err, exit.ErrInterrupted) || errors.Is(err, errLeave) {
		return false, err
	}
	if _, _, gone := w.folder.glance(c); errors.Is(gone, fs.ErrNotExist) {
		return false, nil // another watcher with this ledger has finished it
	}
	res := w.result(c, rep, err)
	res.read = read
	if err := w.write(ctx, c, res); err != nil {
		return w.trouble(c, res, err), nil
	}
	delete(w.amiss, concern{answering, c.id})
	w.count(res.Exit)
	w.schedule(c, res)
	return !res.final && !res.waits(), w.print(c, res)
}

// schedule sets when a claim without a verdict is tried again.
func (w *watcher) schedule(c claim, res *outcome) {
	if !res.waits() {
		delete(w.later, c.id)
		return
	}
	pause := w.postpone(c, res)
	w.env.Log.WithField("file", c.name).Warnf("no verdict yet, next look in %s; later files go on, except for its people", pause)
}

// postpone makes a claim wait, longer each time.
func (w *watcher) postpone(c claim, res *outcome) time.Duration {
	l := &postponed{run: res.Run}
	if before := w.later[c.id]; before != nil {
		l.pause = before.pause
	}
	l.pause = doublePause(l.pause, w.o.Retry, 12*w.o.Retry)
	l.due = w.env.Now().Add(l.pause)
	w.later[c.id] = l
	return l.pause
}

// trouble handles a claim that could not be answered or put away; the next round tries again. stuck reports whether later
// files must wait for it. They need not if nothing of it is left to send.
func (w *watcher) trouble(c claim, res *outcome, err error) (stuck bool) {
	export.LogHints(w.env.Log.WithField("file", c.name), export.HintsOf(err)...).Error(err)
	w.count(export.ExitFault)
	w.wrong(concern{answering, c.id}, fmt.Errorf("%s was taken, but its results cannot be written or it cannot be moved; it stays in .hr2coupa/claimed/%s until the next try: %w", c.name, c.id, pathless(err)))
	if !res.final && !res.waits() {
		return true
	}
	w.postpone(c, res)
	return false
}

// keepApart leaves the results of a claim with its file if the drop folder has no place for them.
func (w *watcher) keepApart(c claim, err error) {
	if !w.apart[c.id] {
		w.apart[c.id] = true
		w.happened(concern{putApart, c.id}, export.Hint(fmt.Errorf("the results of %s cannot be put into the drop folder: %w", c.name, pathless(err)), "they will be beside it in .hr2coupa/done/%s once it is finished", c.id))
	}
}

// attempt runs a claimed file once no other start holds the lock.
func (w *watcher) attempt(ctx context.Context, c claim) (*export.Report, error) {
	logged := false
	for pause := time.Duration(0); ; {
		if _, regular, err := w.folder.glance(c); err != nil {
			return nil, err
		} else if !regular {
			return nil, export.Hint(&export.UnusableFeedError{File: c.name, Why: "is not a regular file"}, "put the file itself there: links are not followed")
		}
		rep, err := w.run(ctx, w.folder.path(c))
		var locked *export.LockedError
		if !errors.As(err, &locked) {
			return rep, err
		}
		if !logged {
			logged = true
			w.env.Log.WithField("file", c.name).Infof("waiting: another run holds the lock: %s", locked.Holder)
		}
		pause = doublePause(pause, w.o.Poll, 15*w.o.Poll)
		if err := w.sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}
