package watch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/notices"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// amiss is one thing that is wrong with the drop folder or a file of it, and that no run of a file reports.
type amiss struct {
	err      error // what is wrong, with what to do as its hint
	since    time.Time
	event    bool // it has happened, and is no state that may pass
	reported bool // a notice said so
}

// wrong remembers what is wrong and logs it once. No notice says what passes within the first pause of a retry, such as a
// file that its writer still holds.
func (w *watcher) wrong(key concern, err error) { w.remember(key, false, err) }

// happened remembers what has happened; a notice says so at once.
func (w *watcher) happened(key concern, err error) { w.remember(key, true, err) }

func (w *watcher) remember(key concern, event bool, err error) {
	if w.amiss[key] == nil {
		w.amiss[key] = &amiss{err: err, since: w.env.Now(), event: event}
		w.warn(err)
	}
}

func (w *watcher) warn(err error) { export.LogHints(w.env.Log, export.HintsOf(err)...).Warn(err) }

// lasts reports whether something has been wrong for so long that people have to know.
func (w *watcher) lasts(key concern) bool {
	a := w.amiss[key]
	return a != nil && (a.event || w.o.Once || w.env.Now().Sub(a.since) >= w.o.Retry)
}

// gone forgets what is wrong with files that are no longer in the folder.
func (w *watcher) gone(names map[string]bool) {
	maps.DeleteFunc(w.amiss, func(key concern, _ *amiss) bool { return key.what == claiming && !names[key.name] })
}

// concern is the subject of something that is wrong.
type concern struct{ what, name string }

// order puts entries about the same subject together.
func (c concern) order(d concern) int {
	return cmp.Or(cmp.Compare(c.what, d.what), cmp.Compare(c.name, d.name))
}

// What can be wrong.
const (
	claiming     = "claim"  // a file that cannot be claimed, by its name
	setAside     = "aside"  // a file that could not be claimed, by its name in .hr2coupa/failed
	answering    = "answer" // a claim that cannot be finished, by its id
	putApart     = "apart"  // results that stay with the claim, by its id
	lateWriter   = "late"   // a file that its writer wrote to after it was claimed, by the claim's id
	noClaims     = "claims" // the folder of claims
	folderUnseen = "unseen" // the drop folder
)

// state returns what notices say about the folder now. Each start by cron meets the same faults again: it reports as new
// only what has happened, and the rest once a day.
func (w *watcher) state() *notify.Folder {
	f := &notify.Folder{}
	add := func(err error) {
		f.Facts = append(f.Facts, err.Error())
		for _, h := range export.HintsOf(err) {
			if !slices.Contains(f.Hints, h) {
				f.Hints = append(f.Hints, h)
			}
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(w.amiss), concern.order) {
		if a := w.amiss[key]; w.lasts(key) {
			add(a.err)
			f.Fresh = f.Fresh || !a.reported && (a.event || !w.o.Once)
		}
	}
	for _, name := range w.folder.failed() {
		if w.amiss[concern{setAside, name}] != nil {
			continue
		}
		add(export.Hint(fmt.Errorf("%s could not be claimed and is in .hr2coupa/failed", name), "drop it under another name, and clear that folder"))
	}
	return f
}

// reportFolder sends a notice if something is wrong and no notice said so, once a day while it stays wrong, and when all is well
// again. If another start holds the ledger, it tries again later.
func (w *watcher) reportFolder(ctx context.Context) {
	now, f := w.env.Now(), w.state()
	wrong := len(f.Facts) > 0
	if ctx.Err() != nil || now.Before(w.tryAt) || !wrong && !w.reported || wrong && !w.unreported() && now.Before(w.due) {
		return
	}
	if !w.notify(ctx, f) {
		w.tryAt = now.Add(w.o.Retry)
		return
	}
	w.reported, w.due = wrong, now.Add(24*time.Hour)
	maps.DeleteFunc(w.amiss, func(key concern, a *amiss) bool {
		a.reported = a.reported || w.lasts(key)
		return a.reported && a.event
	})
}

// unreported reports whether something is wrong that no notice of this start has reported.
func (w *watcher) unreported() bool {
	for key, a := range w.amiss {
		if !a.reported && w.lasts(key) {
			return true
		}
	}
	return false
}

// notice reports what is wrong as a start of its own, without a run. It returns whether that needs no other try.
func (w *watcher) notice(ctx context.Context, f *notify.Folder) bool {
	cfg, err := wiring.Load(ctx, w.env, config.Options{NeedSecrets: true, FeedGiven: true})
	if err != nil {
		export.LogHints(w.env.Log, export.HintsOf(err)...).Errorf("notices: %v", err)
		return true
	}
	t := notices.New(w.env, cfg, "watch", true) // it is no heartbeat and no figure of the nightly job
	t.Folder = f
	t.End(ctx, export.ExitOK, nil)
	return len(t.Targets) == 0 || !errors.Is(t.Recorded, notices.ErrNotYet)
}

// pathless returns an error of a file without its path. The path may be as long as the file system allows, and logs and
// notices name the file already.
func pathless(err error) error {
	if link, ok := errors.AsType[*os.LinkError](err); ok {
		return fmt.Errorf("%s: %w", link.Op, link.Err)
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("%s: %w", path.Op, path.Err)
	}
	return err
}

// unclaimed handles a file that cannot be claimed. Each look tries again, since its writer may hold it, while other files
// go on. If that does not help, the file is set aside, so that no later file waits for it.
func (w *watcher) unclaimed(g glance, err error) {
	w.count(export.ExitFault)
	if errors.As(err, new(*noClaimsError)) {
		w.wrong(concern{what: noClaims}, w.again(err))
		return
	}
	key := concern{claiming, g.name}
	w.wrong(key, export.Hint(fmt.Errorf("%s cannot be claimed and is not taken: %w", g.name, pathless(err)), "rename it to a short name, and let this user move it"))
	if !w.lasts(key) && !errors.Is(err, syscall.ENAMETOOLONG) {
		return
	}
	name, failed := w.folder.putAside(g)
	if failed != nil {
		return
	}
	delete(w.amiss, key)
	w.happened(concern{setAside, name}, export.Hint(fmt.Errorf("%s could not be claimed (%w) and was moved to .hr2coupa/failed/%s", g.name, pathless(err), name), "drop it under another name, and clear that folder"))
}

// clear puts away the folder of a claim that has no file to run.
func (w *watcher) clear(c claim) {
	err := c.sick
	if err == nil {
		err = w.folder.finish(c)
	}
	if err == nil {
		delete(w.amiss, concern{answering, c.id})
		return
	}
	w.wrong(concern{answering, c.id}, export.Hint(fmt.Errorf(".hr2coupa/claimed/%s cannot be read or moved: %w", c.id, pathless(err)), "move it out of there"))
	w.count(export.ExitFault)
}

// unseen reports once that the folder cannot be read, and goes on: a network share may come back. With --once it ends the watch.
func (w *watcher) unseen(err error) error {
	if w.o.Once {
		w.wrong(concern{what: folderUnseen}, err)
		return err
	}
	w.wrong(concern{what: folderUnseen}, w.again(err))
	return nil
}

// again adds that the folder will be looked at again.
func (w *watcher) again(err error) error {
	return export.Hint(err, "the watcher looks again every %s", w.o.Poll)
}
