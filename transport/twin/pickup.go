package twin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// pickUps is the state of the pick-up clock, guarded by Twin.pickMu.
type pickUps struct {
	pending []*job          // taken, not loaded yet
	taken   map[string]bool // names that stay in the drop folder until they are loaded
}

// PickUp lets the pick-up clock tick once: it takes what lies in the drop folder and loads what is due.
// With load-time 0 everything taken is loaded when it returns; a longer load-time is served by a later
// PickUp, or by the next request, once the clock has reached it.
func (t *Twin) PickUp() {
	t.pickMu.Lock()
	defer t.pickMu.Unlock()
	t.take()
	t.loadDue()
}

// settleDue brings the loads up to date before somebody looks at them.
func (t *Twin) settleDue() {
	t.pickMu.Lock()
	defer t.pickMu.Unlock()
	t.loadDue()
}

// glance is settleDue for a call from outside, which waits for no load that another one has begun: it sees that load at work.
func (t *Twin) glance() {
	if t.pickMu.TryLock() {
		defer t.pickMu.Unlock()
		t.loadDue()
	}
}

// noticed takes what has just got its name, where Coupa is that quick.
func (t *Twin) noticed(pickup string) {
	if pickup == "instant" || pickup == "eager" {
		t.PickUp()
	}
}

// tick runs the clock until ctx ends.
func (t *Twin) tick(ctx context.Context) {
	ticker := time.NewTicker(t.sw.Load().PickUpInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if t.sw.Load().PickUp == "auto" {
				t.PickUp()
			}
		}
	}
}

// take turns every file of the drop folder that Coupa would see into a pending load, in the order of names.
func (t *Twin) take() {
	names, err := t.tree.dropped()
	if err != nil {
		t.log.WithError(err).Error("drop folder cannot be read")
		return
	}
	for _, name := range names {
		if t.visible(name) && !t.picks.taken[name] {
			t.takeOne(name)
		}
	}
}

func (t *Twin) visible(name string) bool {
	if strings.HasPrefix(name, ".") && t.sw.Load().Dotted == "ignored" {
		return false
	}
	return t.sw.Load().Suffix == "any" || strings.HasSuffix(strings.ToLower(name), ".csv")
}

// takeOne moves the file out of the folder (or marks it, where the archive comes after) and reads what it holds at
// this moment: a writer that is not done loses the rest, as it would with Coupa.
func (t *Twin) takeOne(name string) {
	open := t.tree.openForWriting(name)
	var data []byte
	var err error
	if t.sw.Load().ArchiveTime == "before" {
		if err = t.tree.archiveFile(name); err == nil {
			data, err = t.tree.readArchived(name)
		}
	} else {
		data, err = t.tree.readDropped(name)
		t.picks.taken[name] = err == nil
	}
	if err != nil {
		t.log.WithError(err).Warn("a file of the drop folder could not be taken; the next pick-up tries again")
		return
	}
	now := t.now()
	t.addCompany(name, now)
	sum := sha256.Sum256(data)
	load := t.loads.add(&Load{Name: name, FileName: "_Incoming_Users_" + name, Status: "pending", CreatedBy: sftpLogin,
		PickedUp: now, Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]), StillOpen: open})
	t.picks.pending = append(t.picks.pending, &job{twin: t, load: load, data: data})
	t.log.WithField("load", load.ID).WithField("bytes", len(data)).Info("file picked up")
}

// addCompany puts the loads beside ours in the list that make looking one up by name less easy.
func (t *Twin) addCompany(name string, now time.Time) {
	if t.sw.Load().RepeatedNames == yes {
		at := now.Add(-time.Hour)
		t.loads.add(&Load{Name: name, FileName: "_Incoming_Users_" + name, Status: "done", CreatedBy: sftpLogin, ArchivedSize: -1,
			PickedUp: at, Started: at, Ended: at, Size: 61, ResultText: resultText(0, 0, 0)})
	}
	if t.sw.Load().ScreenLoads == yes {
		t.loads.add(&Load{Name: name, FileName: name, Status: "sample", CreatedBy: screenLogin, PickedUp: now, Size: 61, ArchivedSize: -1})
	}
}

// loadDue loads every pending file whose time has come, one after another or taking turns.
func (t *Twin) loadDue() {
	now := t.now()
	var due, rest []*job
	for _, j := range t.picks.pending {
		if t.sw.Load().endless() || j.load.PickedUp.Add(t.sw.Load().LoadTime).After(now) {
			t.showProgress(j, now)
			rest = append(rest, j)
			continue
		}
		due = append(due, j)
	}
	t.picks.pending = rest
	if t.sw.Load().Order == "parallel" {
		runTogether(due, now)
	} else {
		runInTurn(due, now)
	}
	for _, j := range due {
		t.leaveDropFolder(j.load.Name)
	}
}

// showProgress says loading in the second half of the time, and for ever where loads are stuck.
func (t *Twin) showProgress(j *job, now time.Time) {
	sw := t.sw.Load()
	if sw.endless() || now.Sub(j.load.PickedUp) >= sw.LoadTime/2 {
		t.loads.change(j.load, func(l *Load) {
			l.Status = "loading"
			if sw.LoadOutcome == "odd" {
				l.Status = "reticulating"
			}
			if l.Started.IsZero() {
				l.Started = now
			}
		})
	}
}

// endless tells whether loads begin and never end.
func (s *Switches) endless() bool { return s.LoadOutcome == "stuck" || s.LoadOutcome == "odd" }

func runInTurn(jobs []*job, now time.Time) {
	for _, j := range jobs {
		runTogether([]*job{j}, now)
	}
}

// runTogether takes a row of each file in turn: a repeatable stand-in for loading in parallel.
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

func (t *Twin) leaveDropFolder(name string) {
	if t.sw.Load().ArchiveTime != "after" {
		return
	}
	if err := t.tree.archiveFile(name); err != nil {
		t.log.WithError(err).Error("a loaded file could not be archived")
		return
	}
	delete(t.picks.taken, name)
}
