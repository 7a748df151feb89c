package ledgertest

import (
	"errors"
	"fmt"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// call is one thing that is written to a ledger.
type call struct {
	name  string
	given func(t *world, l ledger.Ledger) // what the ledger holds before; nil where there is no ledger yet
	do    func(l ledger.Ledger) error
}

// crashStories returns stories that end the program at every step of every call that writes, and that let every such step fail.
func crashStories() (stories []Story) {
	for _, c := range writingCalls {
		stories = append(stories, Story{"crash/" + c.name, func(t *world) { c.crash(t) }}, Story{"fails/" + c.name, func(t *world) { c.fails(t) }})
	}
	return stories
}

// crash checks that, wherever the program ends in the call, all of its effect is there or nothing. After the call has
// returned, all of it must be there. In each case the next program must be able to go on.
func (c call) crash(t *world) {
	before, after := c.whole(t)
	if before == after {
		t.Fatalf("the call changes nothing that can be seen")
	}
	inside := 0
	do := func(l ledger.Ledger) error {
		err := c.do(l)
		if err != nil { // the blow's, in whatever form the database returns it
			inside++
		}
		return err
	}
	steps := func(every int) {
		for at, fell := 1, true; fell; at += every {
			t.each(fmt.Sprintf("ended at step %d", at), func(t *world) {
				c.prepare(t)
				var err error
				if err, fell = t.struck(&Blow{At: at}, do); !fell && err != nil {
					t.Fatal(err)
				}
				c.goOn(t, err == nil, before, after)
			})
		}
	}
	every := everyStep(t.opener)
	if steps(every); inside == 0 && every > 1 { // a short call, whose steps were all passed over
		steps(1)
	}
	if inside == 0 {
		t.Errorf("the program never ended within the call: its backend takes no steps")
	}
	t.each("ended once the call had said that it is done", func(t *world) {
		c.prepare(t)
		if err, _ := t.struck(&Blow{}, c.do); err != nil {
			t.Fatal(err)
		}
		c.goOn(t, true, before, after)
	})
}

// fails checks that a call of which one step fails returns an error, unless all of it is there nevertheless. The program goes on
// after the step, so that an error which the call forgets would leave half of it.
func (c call) fails(t *world) {
	before, after := c.whole(t)
	for at, came := 1, true; came; at += everyStep(t.opener) {
		t.each(fmt.Sprintf("step %d fails", at), func(t *world) {
			c.prepare(t)
			var err error
			if err, came = t.struck(&Blow{At: at, Once: true}, c.do); !came && err != nil {
				t.Fatal(err)
			}
			c.goOn(t, err == nil, before, after)
		})
	}
}

// whole returns pictures of the ledger before and after an undisturbed call.
func (c call) whole(t *world) (before, after string) {
	t.each("whole", func(t *world) {
		c.prepare(t)
		l := t.locked()
		before = picture(t, l)
		OK(t, c.do(l))
		after = picture(t, l)
		t.wantSound()
	})
	return before, after
}

func (c call) prepare(t *world) {
	t.Helper()
	if c.given == nil {
		return
	}
	l := t.open()
	c.given(t, l)
	OK(t, l.Close())
}

// goOn checks what a program left that has ended, and repeats the call where none of its effect is there.
func (c call) goOn(t *world, done bool, before, after string) {
	t.Helper()
	l := t.locked()
	Must[int](t)(l.Sweep())
	got := picture(t, l)
	switch {
	case got == after:
	case done:
		t.Errorf("the call had said that it is done, and not all of it is there (-want +got):\n%s", cmp.Diff(after, got))
	case got != before:
		t.Errorf("half of the call is there (-nothing +got):\n%s\n(-all +got):\n%s", cmp.Diff(before, got), cmp.Diff(after, got))
	default:
		OK(t, c.do(l))
		if d := cmp.Diff(after, picture(t, l)); d != "" {
			t.Errorf("begun again (-want +got):\n%s", d)
		}
	}
	t.wantSound()
	OK(t, Night(l, Begin(t, l, "run"), 2))
	t.wantSound()
}

// struck runs do in a program that meets a blow, or ends right after do where the blow has no step, and reports whether it came to
// that step.
func (w *world) struck(b *Blow, do func(ledger.Ledger) error) (err error, fell bool) {
	w.Helper()
	l, err := w.opener.Open(w.place(b))
	if err == nil {
		var unlock func() error
		if unlock, err = l.Lock("who is struck"); err == nil {
			err = do(l)
			if b.At == 0 {
				b.Fall()
			}
			OK(w, unlock()) // as when the program ends
		}
		if closed := l.Close(); closed != nil && !errors.Is(closed, ErrBlow) {
			w.Errorf("close: %v", closed)
		}
	}
	return err, b.Came()
}

// partOf returns the only part of a run.
func partOf(l ledger.Ledger, run string) (export.Part, error) {
	parts, err := l.Parts(run)
	if err == nil && len(parts) != 1 {
		err = fmt.Errorf("run %s has %d parts", run, len(parts))
	}
	if err != nil {
		return export.Part{}, err
	}
	return parts[0], nil
}
