package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// Free space on the ledger's disk, in bytes: a run writes the bytes of its parts and the database's log.
const (
	littleRoom = 1 << 30
	tooLittle  = 64 << 20
)

// ledger checks the folder of the ledger as a whole, and its disk. It creates nothing.
func (d *doctor) ledger(context.Context) {
	if d.blind("ledger", "ledger") {
		return
	}
	dir := d.pipe.Config.Ledger
	if _, err := os.Stat(filepath.Join(dir, "ledger.db")); err != nil {
		d.newLedger(dir)
		d.namedKey()
		return
	}
	checked, err := wiring.CheckLedger(d.env, dir)
	if err != nil {
		d.fail(export.ExitFault, "ledger", err)
		return
	}
	for _, f := range checked.Findings {
		d.fail(export.ExitFault, "ledger", f)
	}
	if len(checked.Findings) == 0 {
		d.ok("ledger", "%s is sound: %s, %s, %d people", dir, export.Plural(checked.Runs, "run"), export.Plural(checked.Parts, "part"), checked.People)
		d.lock(dir)
		d.key(dir)
		d.ahead(dir)
		d.unfilled(dir)
	}
	d.room(dir)
}

// key checks that the key of the ledger's hashes is the one that they were made with. It makes none.
func (d *doctor) key(dir string) {
	l, err := wiring.OpenLedger(d.env, dir)
	if err != nil { // the line about the ledger reports it
		return
	}
	defer l.Close() // only read from
	key, err := wiring.LedgerKey(d.pipe.Config, l)
	switch {
	case err != nil:
		d.fail(export.ExitFault, "key", err)
	case key.IsZero(): // no start has recorded one yet
		d.namedKey()
	}
}

// namedKey checks that the first start can read the key that the config names.
func (d *doctor) namedKey() {
	if err := wiring.NamedKey(d.pipe.Config); err != nil {
		d.fail(export.ExitFault, "key", err)
	}
}

// ahead looks for times in the ledger that lie in the future.
func (d *doctor) ahead(dir string) {
	l, err := wiring.OpenLedger(d.env, dir)
	if err != nil { // the line about the ledger reports it
		return
	}
	defer l.Close()
	switch ahead, err := l.Ahead(d.env.Now()); {
	case err != nil:
		d.fail(export.ExitFault, "times", err)
	case !ahead.Latest.IsZero():
		d.warn("times", export.Hint(fmt.Errorf("the ledger has times up to %s, which are in the future: this machine's clock was ahead then, or is behind now. "+
			"Waits count from each start, and an approval given then does not count", ahead.Latest.UTC().Format(time.RFC3339)),
			"set this machine's clock by NTP, and give such approvals again"))
	}
}

// mostNamed is how many people a doctor names.
const mostNamed = 10

// unfilled looks for people whose list a call has emptied and not filled again.
func (d *doctor) unfilled(dir string) {
	l, err := wiring.OpenLedger(d.env, dir)
	if err != nil { // the line about the ledger reports it
		return
	}
	defer l.Close()
	people, err := wiring.Unfilled(l)
	if err != nil {
		d.fail(export.ExitFault, "lists", err)
	}
	for i, u := range people {
		if i == mostNamed {
			d.fail(export.ExitStalled, "lists", export.Hint(fmt.Errorf("and %s more", words.Persons(len(people)-i)), "hr2coupa status names them"))
			return
		}
		d.fail(export.ExitStalled, "lists", export.Hint(fmt.Errorf("person %s: %s", u.Who(), u.Says()), "%s", u.ToDo()))
	}
}

// newLedger checks the place where the first run will create the ledger.
func (d *doctor) newLedger(dir string) {
	at, err := closest(dir)
	if err == nil {
		err = disk.Writable(at)
	}
	if err != nil {
		d.fail(export.ExitFault, "ledger", export.Hint(fmt.Errorf("there is no ledger in %s, and none can be created: %w", dir, regular.Cause(err)),
			"let this user write there, or set ledger to another folder"))
		return
	}
	d.ok("ledger", "there is none yet; the first run creates %s", dir)
	d.room(at)
}

// closest returns the folder itself, or the nearest one above it that exists.
func closest(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for {
		info, err := os.Stat(dir)
		switch {
		case err == nil && info.IsDir():
			return dir, nil
		case err == nil:
			return "", &fs.PathError{Op: "open", Path: dir, Err: errors.New(dir + " is not a folder")}
		case !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir:
			return "", err
		}
		dir = filepath.Dir(dir)
	}
}

func (d *doctor) lock(dir string) {
	l, err := wiring.OpenLedger(d.env, dir)
	if err != nil {
		d.fail(export.ExitFault, "lock", err)
		return
	}
	defer l.Close() // only read from
	busy, err := l.Busy()
	switch {
	case err != nil:
		d.fail(export.ExitFault, "lock", err)
	case busy:
		d.warn("lock", export.Hint(errors.New("a run is at work, and a second one would end with 7"), "hr2coupa status shows it, and %s names it", filepath.Join(dir, "lock")))
	default:
		d.ok("lock", "free")
	}
}

func (d *doctor) room(dir string) {
	free, err := disk.FreeBytes(dir)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
	case err != nil:
		d.warn("disk", fmt.Errorf("its free space cannot be read: %w", err))
	default:
		judged, code := roomLevel(free)
		room := fmt.Errorf("%d MB free for the ledger", free>>20)
		if judged != levelOK {
			room = export.Hint(room, "free some space: otherwise a run ends with 1")
		}
		d.add(judged, code, "disk", room)
	}
}

func roomLevel(free uint64) (level, int) {
	switch {
	case free < tooLittle:
		return levelFail, export.ExitFault
	case free < littleRoom:
		return levelWarn, export.ExitOK
	}
	return levelOK, export.ExitOK
}

// feed opens the files as a run would, and compares the mapping with each header.
func (d *doctor) feed(context.Context) {
	if d.blind("feed", "feed", "mapping", "layout") {
		return
	}
	p := d.pipe
	if len(p.Config.Feed.Files) == 0 {
		d.ok("feed", "feed.files is not set: files are named on the command line")
		return
	}
	f, err := p.Open(p.Config.Feed.Files, d.env.Now().UTC())
	if err != nil {
		d.fail(exit.Code(err), "feed", err)
		return
	}
	files := f.Files()
	for i, h := range f.Headers() {
		if _, err := p.Mapping.On(d.env.Now()).Bind(h); err != nil {
			d.fail(export.ExitFeed, "feed", fmt.Errorf("%s: %w", files[i].Name, err))
			return
		}
	}
	age := "of unknown age"
	if newest, ok := newestOf(files); ok {
		since := d.env.Now().Sub(newest)
		if since < -clockTolerance {
			d.warn("feed", export.Hint(fmt.Errorf("the newest file has a time %s in the future, so feed.max_age proves nothing about it", (-since).Round(time.Minute)),
				"correct HR's clock or this machine's"))
		}
		age = max(since, 0).Round(time.Minute).String() + " old"
	}
	d.ok("feed", "%s, the newest %s; the header has every column that the mapping reads", export.Plural(len(files), "file"), age)
}

func newestOf(files []export.FeedFile) (newest time.Time, ok bool) {
	var times []time.Time
	for _, f := range files {
		if info, err := os.Stat(f.Path); err == nil {
			times = append(times, info.ModTime())
		}
	}
	if len(times) == 0 {
		return time.Time{}, false
	}
	return slices.MaxFunc(times, func(a, b time.Time) int { return cmp.Compare(a.UnixNano(), b.UnixNano()) }), true
}
