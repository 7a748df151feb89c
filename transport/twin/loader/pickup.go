// Package loader is the pick-up clock and the loader: it takes files from the drop folder, loads their rows into the instance,
// and keeps the list of loads up to date.
package loader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/transport/twin/folders"
	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// Loader picks up files and loads them.
type Loader struct {
	in   *instance.Instance
	tree *folders.Tree

	mu      sync.Mutex
	pending []*job          // taken, not loaded yet
	taken   map[string]bool // names that stay in the drop folder until they are loaded
}

// New returns a loader that takes files from the tree: regularly while Run runs, and when PickUp is called.
func New(in *instance.Instance, tree *folders.Tree) *Loader {
	return &Loader{in: in, tree: tree, taken: map[string]bool{}}
}

// PickUp takes the files of the drop folder and loads those that are due.
func (l *Loader) PickUp() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.take()
	l.loadDue()
}

// Settle brings the loads up to date.
func (l *Loader) Settle() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.loadDue()
}

// Glance is Settle for a request from outside. It does not wait for a load that is running, so that the request sees it
// running.
func (l *Loader) Glance() {
	if l.mu.TryLock() {
		defer l.mu.Unlock()
		l.loadDue()
	}
}

// Run picks up files at the interval of the switch until ctx ends.
func (l *Loader) Run(ctx context.Context) {
	ticker := time.NewTicker(l.in.Board.Get().PickUpInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if l.in.Board.Get().PickUp == "auto" {
				l.PickUp()
			}
		}
	}
}

// take makes a pending load of every file in the drop folder that Coupa would see, in the order of names.
func (l *Loader) take() {
	names, err := l.tree.Dropped()
	if err != nil {
		l.in.Log.WithError(err).Error("drop folder cannot be read")
		return
	}
	for _, name := range names {
		if l.visible(name) && !l.taken[name] {
			l.takeOne(name)
		}
	}
}

func (l *Loader) visible(name string) bool {
	if strings.HasPrefix(name, ".") && l.in.Board.Get().Dotted == "ignored" {
		return false
	}
	return l.in.Board.Get().Suffix == "any" || strings.HasSuffix(strings.ToLower(name), ".csv")
}

// takeOne moves the file out of the folder, or marks it if it is archived after its load, and reads what it holds at this
// moment. A writer that has not finished loses the rest, as it would with Coupa.
func (l *Loader) takeOne(name string) {
	open := l.tree.OpenForWriting(name)
	var data []byte
	var err error
	if l.in.Board.Get().ArchiveTime == "before" {
		if err = l.tree.ArchiveFile(name); err == nil {
			data, err = l.tree.ReadArchived(name)
		}
	} else {
		data, err = l.tree.ReadDropped(name)
		l.taken[name] = err == nil
	}
	if err != nil {
		l.in.Log.WithError(err).Warn("a file of the drop folder could not be taken; the next pick-up tries again")
		return
	}
	now := l.in.Now()
	l.addCompany(name, now)
	sum := sha256.Sum256(data)
	load := l.in.Loads.Add(&instance.Load{Name: name, FileName: "_Incoming_Users_" + name, Status: "pending", CreatedBy: instance.SFTPLogin,
		PickedUp: now, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), StillOpen: open})
	l.pending = append(l.pending, &job{in: l.in, load: load, data: data})
	l.in.Log.WithField("load", load.ID).WithField("bytes", len(data)).Info("file picked up")
}

// addCompany adds the loads to the list that make it harder to find ours by name.
func (l *Loader) addCompany(name string, now time.Time) {
	if l.in.Board.Get().RepeatedNames == switchboard.Yes {
		at := now.Add(-time.Hour)
		l.in.Loads.Add(&instance.Load{Name: name, FileName: "_Incoming_Users_" + name, Status: "done", CreatedBy: instance.SFTPLogin, ArchivedSize: -1,
			PickedUp: at, Started: at, Ended: at, Size: 61, ResultText: instance.ResultText(0, 0, 0)})
	}
	if l.in.Board.Get().ScreenLoads == switchboard.Yes {
		l.in.Loads.Add(&instance.Load{Name: name, FileName: name, Status: "sample", CreatedBy: instance.ScreenLogin, PickedUp: now, Size: 61, ArchivedSize: -1})
	}
}

// loadDue loads every pending file whose time has come, one after another or in turns.
func (l *Loader) loadDue() {
	now := l.in.Now()
	var due, rest []*job
	for _, j := range l.pending {
		if l.in.Board.Get().Endless() || j.load.PickedUp.Add(l.in.Board.Get().LoadTime).After(now) {
			l.showProgress(j, now)
			rest = append(rest, j)
			continue
		}
		due = append(due, j)
	}
	l.pending = rest
	if l.in.Board.Get().Order == "parallel" {
		runTogether(due, now)
	} else {
		runInTurn(due, now)
	}
	for _, j := range due {
		l.leaveDropFolder(j.load.Name)
	}
}

// showProgress sets the status to loading in the second half of the load time, and for ever if loads are stuck.
func (l *Loader) showProgress(j *job, now time.Time) {
	sw := l.in.Board.Get()
	if sw.Endless() || now.Sub(j.load.PickedUp) >= sw.LoadTime/2 {
		l.in.Loads.Change(j.load, func(load *instance.Load) {
			load.Status = "loading"
			if sw.LoadOutcome == "odd" {
				load.Status = "reticulating"
			}
			if load.Started.IsZero() {
				load.Started = now
			}
		})
	}
}

func runInTurn(jobs []*job, now time.Time) {
	for _, j := range jobs {
		runTogether([]*job{j}, now)
	}
}

// runTogether loads a row of each file in turn, as a repeatable stand-in for loading in parallel.
func runTogether(jobs []*job, now time.Time) {
	var running []*job
	for _, j := range jobs {
		if j.begin(now) {
			running = append(running, j)
		}
	}
	for len(running) > 0 {
		var still []*job
		for _, j := range running {
			if j.step() {
				still = append(still, j)
				continue
			}
			j.finish(now)
		}
		running = still
	}
}

func (l *Loader) leaveDropFolder(name string) {
	if l.in.Board.Get().ArchiveTime != "after" {
		return
	}
	if err := l.tree.ArchiveFile(name); err != nil {
		l.in.Log.WithError(err).Error("a loaded file could not be archived")
		return
	}
	delete(l.taken, name)
}
