package directory

import (
	"context"
	"fmt"
	"strconv"
	"sync"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/howfar"
)

// Lister lists all of Coupa's users, page by page. Its errors are those of export.Directory.
type Lister interface {
	// Highest returns the highest number of a user; 0 where there are no users.
	Highest(ctx context.Context) (uint64, error)
	// After returns users by ascending number: those above after and at most through; a through of 0 means no end. more
	// reports whether others may follow. An answer in another order is an error.
	After(ctx context.Context, after, through uint64, want []export.Element) (users []export.User, more bool, err error)
}

const (
	pageUsers  = 50 // users in a page (Querying Options)
	rangePages = 10 // pages that justify one more worker, since each worker costs a page at its end
)

// pages returns how many pages that many users fill.
func pages(users uint64) int { return int(min(users/pageUsers, 1<<40)) + 1 }

// Everyone reads all of Coupa's users by ascending id, never by offset.
type Everyone struct {
	All     Lister
	Want    []export.Element
	Workers int
	Ahead   func(calls int) // is told how many calls are ahead, before most of them are made
}

// Read passes every user to take, one at a time and in no order. With an error, not all of them were read.
func (e *Everyone) Read(ctx context.Context, take func(export.User) error) error {
	w := &walk{list: e.All, want: e.Want, workers: e.Workers, take: take}
	if err := w.begin(ctx); err != nil {
		return err
	}
	last, more, err := w.page(ctx, 0, 0)
	e.Ahead(w.calls + w.left())
	if err == nil && more {
		err = w.rest(ctx, last)
	}
	return w.end(err)
}

// walk reads all users: first one page, which shows how densely numbers are taken, then the higher numbers in as many
// ranges as there are useful workers. The last range has no end, since new users may be added.
type walk struct {
	list    Lister
	want    []export.Element
	workers int
	take    func(export.User) error // takes a user, under the lock
	enough  func(last uint64) error // ends the walk with its error, under the lock; nil: it goes to the end
	highest uint64                  // when it began

	mu    sync.Mutex
	calls int
	users int
	below uint64 // no user has this number or a lower one
	read  uint64 // numbers above below that have been read
	top   uint64 // the highest number seen
	tell  func() // tells how many users were read
}

// begin asks how far the numbers go.
func (w *walk) begin(ctx context.Context) (err error) {
	w.tell = func() { howfar.Tell(ctx, w.users, 0) }
	w.highest, err = w.list.Highest(ctx)
	w.calls++
	return err
}

// end returns err, or else that the walk has not come to the number that it has to come to.
func (w *walk) end(err error) error {
	if err == nil && w.top < w.highest {
		err = fmt.Errorf("they end with id %d, and %d is there", w.top, w.highest)
	}
	return err
}

// rest reads the users with numbers above last, the end of the first page.
func (w *walk) rest(ctx context.Context, last uint64) error {
	n := uint64(min(max(w.left()/rangePages, 1), max(w.workers, 1)))
	step := (max(w.highest, last) - last) / n
	return atOnce(howfar.Quiet(ctx), w.workers, int(n), func(ctx context.Context, i int) error {
		after, through := last+uint64(i)*step, last+uint64(i+1)*step
		if uint64(i) == n-1 {
			through = 0
		}
		return w.span(ctx, after, through)
	})
}

// span reads the users of one range.
func (w *walk) span(ctx context.Context, after, through uint64) error {
	for {
		last, more, err := w.page(ctx, after, through)
		if err != nil || !more {
			return err
		}
		after = last
		if w.enough == nil {
			continue
		}
		w.mu.Lock()
		err = w.enough(last)
		w.mu.Unlock()
		if err != nil {
			return err
		}
	}
}

// page reads one page.
func (w *walk) page(ctx context.Context, after, through uint64) (last uint64, more bool, err error) {
	users, more, err := w.list.After(ctx, after, through, w.want)
	if err != nil {
		return 0, false, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	last = max(through, after)
	for i, u := range users {
		if err := w.take(u); err != nil {
			return 0, false, err
		}
		w.users++
		id, err := strconv.ParseUint(u.ID, 10, 63)
		if err != nil {
			return 0, false, err
		}
		if w.top = max(w.top, id); more {
			last = id
		}
		if after == 0 && i == 0 {
			w.below = id - 1
		}
	}
	if w.tell != nil {
		w.tell()
	}
	w.read += last - min(max(after, w.below), last)
	return last, more && last != through, nil
}

// left estimates how many pages are still to be read, if numbers are taken as densely as so far. The caller must hold
// the lock while workers run.
func (w *walk) left() int {
	if w.read == 0 || w.highest <= w.below+w.read {
		return 0
	}
	rest := float64(w.highest-w.below-w.read) * float64(w.users) / float64(w.read)
	return int(rest)/pageUsers + 1
}
