package progress

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rivo/uniseg"
	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/howfar"
)

const (
	patience    = time.Second            // a shorter wait shows nothing
	beat        = 200 * time.Millisecond // between two looks at what is shown
	places      = 20                     // of a bar
	leastPlaces = 8                      // of the words
)

// Progress shows on a terminal what a person waits for. Meanwhile it is the log's writer, so that a line of the log takes the
// place of what is shown, which is drawn again below it. A nil *Progress shows nothing.
type Progress struct {
	to  *terminal.Out
	log *logrus.Logger

	mu    sync.Mutex
	waits []*wait // the last one is shown
	shown string
	was   io.Writer // the log's own writer
	end   chan struct{}
	beats export.Group
}

// wait is a step that may take long.
type wait struct {
	what     string
	done, of int // of is 0 where it is not known
	since    time.Time
}

// New returns what shows progress on stderr, nil where that is no terminal or cannot be drawn on.
func New(stderr *terminal.Out, log *logrus.Logger, getenv func(string) string) *Progress {
	if !stderr.IsTerminal() || getenv("TERM") == "dumb" {
		return nil
	}
	return &Progress{to: stderr, log: log}
}

// Begin begins a wait, which ends with done. The step of the context that it returns tells how far it is (howfar).
func (p *Progress) Begin(ctx context.Context, what string) (_ context.Context, done func()) {
	if p == nil {
		return ctx, func() {}
	}
	w := p.push(what)
	ctx = howfar.Told(ctx, func(done, of int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if of != w.of { // another part of the step
			w.done, w.of = 0, of
		}
		w.done = max(w.done, done)
	})
	return ctx, func() { p.remove(w) }
}

// Now says what the oldest wait has come to.
func (p *Progress) Now(what string) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waits) > 0 {
		p.waits[0].what = export.Plain(what)
	}
}

func (p *Progress) push(what string) *wait {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := &wait{what: export.Plain(what), since: time.Now()}
	if p.waits = append(p.waits, w); len(p.waits) > 1 {
		return w
	}
	p.was, p.end = p.log.Out, make(chan struct{})
	p.log.SetOutput(p)
	end := p.end
	p.beats.Go(func() {
		tick := time.NewTicker(beat)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				p.mu.Lock()
				p.draw()
				p.mu.Unlock()
			case <-end:
				return
			}
		}
	})
	return w
}

// remove ends a wait. With the last one the log gets its own writer back.
func (p *Progress) remove(w *wait) {
	p.mu.Lock()
	p.waits = slices.DeleteFunc(p.waits, func(o *wait) bool { return o == w })
	p.erase()
	if len(p.waits) > 0 || p.was == nil {
		p.mu.Unlock()
		return
	}
	was := p.was
	p.was = nil
	close(p.end)
	p.mu.Unlock()
	p.log.SetOutput(was)
	p.beats.Wait()
}

// Write writes a line of the log above what is shown.
func (p *Progress) Write(line []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.erase()
	n, err := p.to.Raw().Write(line) // raw: a line of the log, which is plain
	p.draw()
	return n, err
}

// draw shows the newest wait. What cannot be drawn is no fault of the work.
func (p *Progress) draw() {
	if len(p.waits) == 0 {
		return
	}
	w := p.waits[len(p.waits)-1]
	took := time.Since(w.since)
	if took < patience {
		return
	}
	if text := w.text(took, p.to.Width()); text != p.shown {
		p.shown = text
		_, _ = io.WriteString(p.to.Raw(), "\r\x1b[K"+text) // raw: it begins the line anew; the text is plain
	}
}

func (p *Progress) erase() {
	if p.shown != "" {
		p.shown = ""
		_, _ = io.WriteString(p.to.Raw(), "\r\x1b[K") // raw: it removes the line
	}
}

// text returns what is shown of a wait, in one line of a terminal of that width; 0 for any.
func (w *wait) text(took time.Duration, width int) string {
	bar, rest := "", ""
	switch {
	case w.of > 0:
		full := places * min(w.done, w.of) / w.of
		bar = "  [" + strings.Repeat("=", full) + strings.Repeat(" ", places-full) + "]"
		rest = fmt.Sprintf("  %s of %s", thousands(w.done), thousands(w.of))
	case w.done > 0:
		rest = "  " + thousands(w.done)
	}
	rest += "  " + took.Truncate(time.Second).String()
	if width == 0 {
		return w.what + bar + rest
	}
	if room := width - 1; uniseg.StringWidth(w.what+bar+rest) > room {
		return terminal.Shorten(w.what, max(room-len(rest), leastPlaces)) + rest
	}
	return w.what + bar + rest
}

// thousands returns a number with commas.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
