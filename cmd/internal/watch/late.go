package watch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// lateWrites is for how long a finished file is watched: a writer that was slower than --still may hold it open.
const lateWrites = time.Hour

// finished is a finished claim, with its file as the run has read it.
type finished struct {
	claim
	file  export.FeedFile // as the run has read it; without a hash if the run has none
	run   string          // "" where it could not be used
	seen  glance          // the last look that found the file unchanged
	until time.Time
}

func (w *watcher) finished(c claim, res *outcome) *finished {
	f := &finished{claim: c, seen: res.read, run: res.Run, until: w.env.Now().Add(lateWrites)}
	if i := slices.IndexFunc(res.Files, func(f export.FeedFile) bool { return f.Name == c.name }); i >= 0 && res.Files[i].SHA256 != "" {
		f.file, f.seen = res.Files[i], glance{} // the hash is more certain than this look
	}
	return f
}

// recent adds the claims that earlier starts finished and that are still watched.
func (w *watcher) recent(l ledger.Ledger) error {
	entries, err := os.ReadDir(w.folder.own("done"))
	if err != nil {
		return fmt.Errorf("read the finished files: %w", err)
	}
	for _, e := range entries {
		at, err := time.Parse(claimTime, strings.TrimSuffix(e.Name(), "-"+w.folder.owner))
		if err != nil || w.env.Now().Sub(at) > lateWrites || wiring.Exists(w.folder.own("done", e.Name(), lateName)) {
			continue // of another ledger, too old, or reported
		}
		name, err := feedIn(w.folder.own("done", e.Name()))
		if err != nil || name == "" {
			continue
		}
		c := claim{id: e.Name(), name: name}
		seen, ok, err := l.SeenAt(w.folder.path(c))
		if err != nil {
			return err
		}
		if ok {
			w.late = append(w.late, &finished{claim: c, file: seen.FeedFile, run: seen.Run, until: at.Add(lateWrites)})
		}
	}
	return nil
}

// lateName is a file beside a finished feed. It says that people got a notice of a later write to the feed.
const lateName = "written-to-later"

// lookAgain checks whether a program has written to finished files.
func (w *watcher) lookAgain() {
	w.late = slices.DeleteFunc(w.late, func(f *finished) bool {
		if w.env.Now().After(f.until) {
			return true
		}
		now, changed, err := w.changed(f, w.folder.donePath(f.claim))
		if changed {
			err = w.giveBack(f, w.folder.donePath(f.claim), now)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) { // a person has cleared the folder
			w.env.Log.WithField("file", f.name).Errorf("find out whether it was changed: %v", err)
		}
		return changed || err != nil
	})
}

// changed reports whether a file differs from what the run has read.
func (w *watcher) changed(f *finished, path string) (now glance, changed bool, err error) {
	now, isRegular, err := lookAt(path)
	if err != nil || !isRegular || now.same(f.seen) {
		return now, false, err
	}
	if f.file.SHA256 == "" {
		return now, true, nil
	}
	_, sum, err := regular.Sum(path)
	if err != nil || sum != f.file.SHA256 {
		return now, err == nil, err
	}
	f.seen = now
	return now, false, nil
}

// giveBack moves a file that was changed after it was read back into the drop folder, so that it is taken again with
// its present content. If a newer file was planned since, it would overwrite that one's data: people get a notice instead.
func (w *watcher) giveBack(f *finished, path string, now glance) error {
	why, err := w.overtaken(f)
	if err != nil {
		return err
	}
	grown := fmt.Sprintf("%s was changed after it was read (%d bytes now)", f.name, now.size)
	if why == "" {
		if _, err := renameIfThere(path, filepath.Join(w.folder.dir, f.name)); err != nil {
			return fmt.Errorf("put %s back: %w", f.name, err)
		}
		w.warn(export.Hint(fmt.Errorf("%s: it was moved back into the drop folder and is taken again", grown), "have its writer rename it once it is complete, or raise --still"))
		return syncDir(w.folder.dir)
	}
	w.happened(concern{lateWriter, f.id}, export.Hint(fmt.Errorf("%s, and %s: the change is not read and is in .hr2coupa/done/%s", grown, why, f.id),
		"drop what is missing under another name, and have its writer rename files once they are complete"))
	w.count(export.ExitFault)
	return os.WriteFile(filepath.Join(filepath.Dir(path), lateName), nil, 0o600) // own file: of the claim's folder
}

// overtaken says what a file that is moved back would overwrite; "" for nothing. A file that was never planned overwrites nothing.
func (w *watcher) overtaken(f *finished) (why string, err error) {
	if wiring.Exists(filepath.Join(w.folder.dir, f.name)) {
		return "a later file of that name is in the drop folder", nil
	}
	if f.run == "" {
		return "", nil
	}
	mine, _, err := w.folder.claims()
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(mine, func(c claim) bool { return c.name != "" && c.id > f.id }) {
		return "later files were taken since", nil
	}
	l, err := wiring.OpenLedger(w.env, w.ledger)
	if err != nil {
		return "", err
	}
	defer l.Close() // only read from
	last, ok, err := l.Run("")
	if err == nil && ok && last.ID != f.run {
		why = "a later run may have sent newer data of the same people"
	}
	return why, err
}
