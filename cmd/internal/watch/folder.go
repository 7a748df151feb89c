package watch

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// dropFolder is a folder into which people and programs put feeds.
//
// A file is claimed by renaming it into a folder of its own, DIR/.hr2coupa/claimed/ID, where it keeps its name: a feed is
// known by its name and its bytes. ID is the time and the owner, which is the watcher's ledger: a watcher with another ledger
// could not know what was sent. Once its result is written, that folder is renamed to DIR/.hr2coupa/done/ID. So claimed has
// exactly what is still to be done, whichever watcher was killed at whatever moment. Nothing is ever deleted.
type dropFolder struct {
	dir   string
	owner string
	now   func() time.Time
}

// claim is a feed that this watcher's ledger has claimed.
type claim struct {
	id   string
	name string // "" where nothing is left to run: its folder is only to be put away
	sick error  // why its folder cannot be read, nil if it can
}

func (d *dropFolder) own(parts ...string) string {
	return filepath.Join(append([]string{d.dir, ".hr2coupa"}, parts...)...)
}

func (d *dropFolder) claimed(parts ...string) string {
	return d.own(append([]string{"claimed"}, parts...)...)
}

// path returns where the claimed feed is.
func (d *dropFolder) path(c claim) string { return d.claimed(c.id, c.name) }

// donePath returns where the feed is once it is finished.
func (d *dropFolder) donePath(c claim) string { return d.own("done", c.id, c.name) }

// claimOf returns the id of the claim that has this path.
func claimOf(path string) string { return filepath.Base(filepath.Dir(path)) }

func (d *dropFolder) prepare() error {
	if err := errors.Join(os.MkdirAll(d.claimed(), 0o700), os.MkdirAll(d.own("done"), 0o700)); err != nil {
		return fmt.Errorf("create the folders for claimed and finished files: %w", err)
	}
	return nil
}

// list looks into the folder once. It follows neither links nor folders.
func (d *dropFolder) list() (feeds []glance, strange []string, names map[string]bool, err error) {
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("read the drop folder: %w", err)
	}
	names = map[string]bool{}
	for _, e := range entries {
		names[e.Name()] = true
	}
	for _, e := range entries {
		kind := kindOf(e.Name())
		if kind == passedName || e.IsDir() {
			continue
		}
		if kind == strangeName || !e.Type().IsRegular() {
			strange = append(strange, e.Name())
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue // taken away between the two looks
		}
		if err != nil {
			return nil, nil, nil, fmt.Errorf("read the status of a file in the drop folder: %w", err)
		}
		feeds = append(feeds, glance{name: e.Name(), size: info.Size(), changed: info.ModTime(), marked: names[e.Name()+markerEnding]})
	}
	return feeds, strange, names, nil
}

// claims returns the unfinished claims of this ledger, oldest first, and the number of files that watchers with other
// ledgers have claimed. A claim folder that cannot be read does not keep the others from being returned.
func (d *dropFolder) claims() (mine []claim, others int, err error) {
	entries, err := os.ReadDir(d.claimed())
	if err != nil {
		return nil, 0, fmt.Errorf("read the claimed files: %w", err)
	}
	for _, e := range entries {
		name, err := feedIn(d.claimed(e.Name()))
		switch {
		case errors.Is(err, fs.ErrNotExist): // another watcher has just finished it
		case err == nil && !strings.HasSuffix(e.Name(), "-"+d.owner):
			others++
		default: // without a file: another watcher was faster, or this one was killed before its rename
			mine = append(mine, claim{id: e.Name(), name: name, sick: err})
		}
	}
	return mine, others, nil
}

// feedIn returns the name of the feed in a claim's folder, "" if there is none.
func feedIn(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if kindOf(e.Name()) == feedName {
			return e.Name(), nil
		}
	}
	return "", err
}

// claim takes a file out of the folder, its marker first: a marker left behind would vouch for the next file of that
// name. The first to rename the file wins; won is false if it is gone.
func (d *dropFolder) claim(g glance) (c claim, won bool, err error) {
	c = claim{name: g.name}
	if c.id, err = d.newID(); err != nil {
		return c, false, &noClaimsError{err}
	}
	if g.marked {
		_, err = renameIfThere(filepath.Join(d.dir, g.name+markerEnding), d.claimed(c.id, g.name+markerEnding))
	}
	if err == nil {
		won, err = renameIfThere(filepath.Join(d.dir, g.name), d.path(c))
	}
	if err != nil {
		d.undo(c, g)
		return c, false, fmt.Errorf("claim %s: %w", g.name, err)
	}
	if !won {
		return c, false, d.finish(c)
	}
	return c, true, errors.Join(syncDir(d.dir), syncDir(d.claimed(c.id)))
}

// undo restores a file that could not be claimed, with the marker that says it is whole.
func (d *dropFolder) undo(c claim, g glance) {
	if g.marked {
		os.Rename(d.claimed(c.id, g.name+markerEnding), filepath.Join(d.dir, g.name+markerEnding)) // without a marker it has to be still first
	}
	os.Remove(d.claimed(c.id)) // else the next look puts it away
}

// noClaimsError says that no file can be claimed, whatever its name.
type noClaimsError struct{ err error }

// Error names the cause.
func (e *noClaimsError) Error() string { return fmt.Sprintf("no file can be claimed: %v", e.err) }

// Unwrap returns the cause.
func (e *noClaimsError) Unwrap() error { return e.err }

// putAside moves a file that cannot be claimed out of the folder, under a name that is short and not taken there.
func (d *dropFolder) putAside(g glance) (name string, err error) {
	if err := os.MkdirAll(d.own("failed"), 0o700); err != nil {
		return "", err
	}
	for _, name := range []string{g.name, shortName(g, d.now())} {
		if wiring.Exists(d.own("failed", name)) {
			continue
		}
		ok, err := renameIfThere(filepath.Join(d.dir, g.name), d.own("failed", name))
		if ok {
			return name, errors.Join(syncDir(d.dir), syncDir(d.own("failed")))
		}
		if err == nil {
			return "", fs.ErrNotExist
		}
	}
	return "", fmt.Errorf("it cannot be moved to %s either", d.own("failed"))
}

// failed returns the names of the files that could not be claimed and wait for a person.
func (d *dropFolder) failed() (names []string) {
	entries, err := os.ReadDir(d.own("failed"))
	if err != nil { // there is none, or another check reports the fault
		return nil
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// claimTime is the form of a claim's id, before its owner.
const claimTime = "20060102T150405.000000Z"

// newID creates the folder of a claim under an id that no claim has had.
func (d *dropFolder) newID() (string, error) {
	for at := d.now().UTC(); ; at = at.Add(time.Microsecond) {
		id := at.Format(claimTime) + "-" + d.owner
		if _, err := os.Lstat(d.own("done", id)); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return "", err // no id would be free
		}
		if err := os.Mkdir(d.claimed(id), 0o700); !errors.Is(err, fs.ErrExist) {
			return id, err
		}
	}
}

// renameIfThere renames a file; it returns false if the file is gone.
func renameIfThere(from, to string) (bool, error) {
	err := os.Rename(from, to)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// glance looks at a claimed feed. It does not follow a link that was put in the feed's place.
func (d *dropFolder) glance(c claim) (g glance, regular bool, err error) { return lookAt(d.path(c)) }

func lookAt(path string) (g glance, regular bool, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return g, false, err
	}
	return glance{name: info.Name(), size: info.Size(), changed: info.ModTime()}, info.Mode().IsRegular(), nil
}

// setAside moves the results of an earlier file of that name to the claim, once: what is in the folder afterwards is
// about this file. found reports whether there were any.
func (d *dropFolder) setAside(c claim) (found bool, err error) {
	aside := d.claimed(c.id, "earlier")
	if wiring.Exists(aside) {
		return false, nil
	}
	half := aside + ".tmp"
	if err := os.MkdirAll(half, 0o700); err != nil {
		return false, fmt.Errorf("move earlier results of %s out of the way: %w", c.name, err)
	}
	for _, name := range []string{ResultName(c.name), rejected.Name(c.name)} {
		ok, err := renameIfThere(filepath.Join(d.dir, name), filepath.Join(half, name))
		if err != nil {
			return false, fmt.Errorf("move earlier results of %s out of the way: %w", c.name, err)
		}
		found = found || ok
	}
	if err := os.Rename(half, aside); err != nil && !wiring.Exists(aside) { // otherwise a watcher with the same ledger was faster
		return false, fmt.Errorf("move earlier results of %s out of the way: %w", c.name, err)
	}
	return found, nil
}

// overtaken reports whether a later file of the same name was claimed. The results beside it are about that file; the results
// of the earlier one stay with its claim.
func (d *dropFolder) overtaken(c claim) (bool, error) {
	for _, dir := range []string{d.claimed(), d.own("done")} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return false, fmt.Errorf("look for a later %s: %w", c.name, err)
		}
		for _, e := range entries {
			if e.Name() > c.id && wiring.Exists(filepath.Join(dir, e.Name(), c.name)) {
				return true, nil
			}
		}
	}
	return false, nil
}

// publish writes a result into a folder, whole or not at all. Only this user may read it, since it holds personal data.
func (d *dropFolder) publish(c claim, dir, name string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(d.claimed(c.id), ".result-*.tmp") // created with 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name()) // the failure is reported already
		}
	}()
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, name)); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return syncDir(dir)
}

// finish puts a claim away. If it is gone, another watcher has put it away.
func (d *dropFolder) finish(c claim) error {
	if os.Remove(d.claimed(c.id)) == nil {
		return nil // there was nothing to keep
	}
	if _, err := renameIfThere(d.claimed(c.id), d.own("done", c.id)); err != nil {
		return fmt.Errorf("put %s away: %w", c.id, err)
	}
	os.Remove(d.own("done", c.id, "earlier")) // if it is empty; not before, since a claim that stays was set aside already
	os.Remove(d.own("done", c.id))
	return errors.Join(syncDir(d.claimed()), syncDir(d.own("done")))
}

// syncDir makes the names in a folder durable if the system can: network shares often cannot.
func syncDir(dir string) error {
	f, err := os.Open(dir) // own file: the folder we renamed in
	if err != nil {
		return fmt.Errorf("sync a folder: %w", err)
	}
	_ = f.Sync()
	return f.Close()
}

// ownerOf returns the name of a ledger among the watchers of a folder; its first use creates it.
func ownerOf(ledger string, random func() string) (string, error) {
	path := filepath.Join(ledger, "watch.id")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // own file: of the ledger
	if err == nil {
		_, err = f.WriteString(strings.ToLower(random()[:8]) + "\n")
		err = errors.Join(err, f.Sync(), f.Close())
	} else if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	if err != nil {
		return "", fmt.Errorf("read the name of this ledger among watchers: %w", err)
	}
	data, err := os.ReadFile(path) // own file: of the ledger
	if err != nil {
		return "", fmt.Errorf("read the name of this ledger among watchers: %w", err)
	}
	id := strings.TrimSpace(string(data))
	if len(id) != 8 || strings.ContainsAny(id, `/\`) {
		return "", export.Hint(fmt.Errorf("%s does not hold the 8 letters that were written to it", path), "remove it if no claimed file is left in a drop folder")
	}
	return id, nil
}
