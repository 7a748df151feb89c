package delivery_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// gaps returns the pauses between the calls of a source.
func gaps(s *source) []time.Duration {
	var out []time.Duration
	for i := 1; i < len(s.asked); i++ {
		out = append(out, s.asked[i].Sub(s.asked[i-1]))
	}
	return out
}

// TestStalledAfterWait: the pause grows while nothing moves, never beyond four times load.poll, and the part is stalled
// when load.wait is up, not a poll later.
func TestStalledAfterWait(t *testing.T) {
	for _, wait := range []time.Duration{wait, wait + 7*time.Second, poll / 2} {
		synctest.Test(t, func(t *testing.T) {
			src := &source{via: "api", answer: always("loading")}
			g := newRig(src)
			g.change = func(r *delivery.Runner) { r.Wait = wait }
			g.part("a", 1)
			r := g.mustDrive(t)
			g.want(t, "a", export.Stalled, `"loading"`, "the next run asks again")
			g.wantMoves(t, "a staged, a renaming, a delivered, a loading, a stalled")
			p := g.ledger.parts["a"]
			if took := time.Since(p.Sent); took != wait || p.Verdict != export.VerdictStalled || r.Lost() != nil {
				t.Errorf("stalled after %s, verdict %q, lost %v; want %s", took, p.Verdict, r.Lost(), wait)
			}
			checkGaps(t, gaps(src))
		})
	}
}

func checkGaps(t *testing.T, all []time.Duration) {
	t.Helper()
	longest := time.Duration(0)
	for i, gap := range all {
		if gap > 4*poll {
			t.Errorf("pause %d is %s, more than four times load.poll", i, gap)
		}
		if i < 10 && i < len(all)-1 && gap != poll {
			t.Errorf("pause %d is %s; a load that is quick is seen after load.poll", i, gap)
		}
		longest = max(longest, gap)
	}
	if len(all) > 30 && longest != 4*poll {
		t.Errorf("the longest pause is %s; it never grew to four times load.poll", longest)
	}
}

// TestPollingQuickensAgain: as soon as one part moves, the others are asked about often again.
func TestPollingQuickensAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := since(time.Hour, "loading", "done")
		src := &source{via: "api"}
		src.answer = func(q export.LoadQuery) (*export.Load, error) {
			if q.Name == "a" {
				return first(q)
			}
			return exporttest.Load("loading", nil), nil
		}
		g := newRig(src)
		g.part("a", 1)
		g.part("b", 1)
		g.mustDrive(t)
		g.want(t, "a", export.Settled)
		g.want(t, "b", export.Stalled)
		var last time.Time
		for i, q := range src.for_ {
			if q.Name == "a" {
				last = src.asked[i]
			}
		}
		next := time.Duration(0)
		for _, at := range src.asked {
			if at.After(last) {
				next = at.Sub(last)
				break
			}
		}
		if next != poll {
			t.Errorf("after a part moved the next question came %s later, want %s", next, poll)
		}
	})
}

// TestStalledIsAskedOnce: the next run asks once and does not wait a second time.
func TestStalledIsAskedOnce(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer func(export.LoadQuery) (*export.Load, error)
		wait   time.Duration
		state  export.PartState
		took   time.Duration
		asked  int
	}{
		{"nobody knows it", nil, wait, export.Stalled, 0, 1},
		{"still loading", always("loading"), wait, export.Stalled, 0, 1},
		{"done meanwhile", always("done"), wait, export.Settled, 0, 1},
		{"done meanwhile, with everything refused", always("failed"), wait, export.Settled, 0, 1},
		{"nobody knows it, and load.wait was raised", nil, 2 * wait, export.Stalled, 0, 1},
		{"loading, and load.wait was raised: waited for until then", always("loading"), wait + 25*time.Minute, export.Stalled, 22 * time.Minute, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				src := &source{via: "api", answer: c.answer}
				g := newRig(src)
				g.change = func(r *delivery.Runner) { r.Wait = c.wait }
				g.part("a", 1)
				g.set("a", func(p *export.Part) { p.State, p.Sent = export.Stalled, time.Now().Add(-wait-3*time.Minute) })
				began := time.Now()
				g.mustDrive(t)
				g.want(t, "a", c.state)
				if took := time.Since(began); took != c.took || c.asked > 0 && len(src.asked) != c.asked {
					t.Errorf("took %s and %d questions, want %s and %d", took, len(src.asked), c.took, c.asked)
				}
			})
		})
	}
}

// later is the error of a call to which Coupa answered with a time before which it wants no call.
type later struct{ at time.Time }

func (l later) Error() string        { return "429; left alone until " + l.at.UTC().Format(time.RFC3339) }
func (l later) NotBefore() time.Time { return l.at }

// TestCoupaAsksToBeLeftAlone: a source is not asked before the time that Coupa has named. Where that time is after
// load.wait for every source, the run does not wait.
func TestCoupaAsksToBeLeftAlone(t *testing.T) {
	for _, c := range []struct {
		name  string
		alone time.Duration
		other *source // another source in load.via
		state export.PartState
		asked int // calls of the source that must wait
		took  time.Duration
		says  string
	}{
		{"for less than load.wait", 30 * time.Minute, nil, export.Settled, 2, 30 * time.Minute, ""},
		{"for longer than load.wait", wait + time.Second, nil, export.Stalled, 1, 0, "load.wait (2h0m0s) is over before that, so it is not waited for / hint: the next run asks again"},
		{"on one way of two", wait + time.Second, &source{via: "page", answer: since(10*time.Minute, "loading", "done")}, export.Settled, 1, 10 * time.Minute, ""},
		{"on one way of two, and the other does not know", wait + time.Second, &source{via: "archive"}, export.Stalled, 1, wait, "left alone until "},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				src := &source{via: "api"}
				src.answer = func(q export.LoadQuery) (*export.Load, error) {
					if got := q.Until.Sub(began); len(src.asked) == 1 && got != wait {
						t.Errorf("it may wait for %s", got)
					}
					if at := began.Add(c.alone); time.Now().Before(at) {
						return nil, later{at}
					}
					return exporttest.Load("done", nil), nil
				}
				sources := []*source{src}
				if c.other != nil {
					sources = append(sources, c.other)
				}
				g := newRig(sources...)
				g.part("a", 1)
				g.mustDrive(t)
				g.want(t, "a", c.state, c.says)
				if took := time.Since(began).Truncate(time.Minute); took != c.took || len(src.asked) != c.asked {
					t.Errorf("took %s and %d questions, want %s and %d", took, len(src.asked), c.took, c.asked)
				}
			})
		})
	}
}

// TestUnknownStatusIsWaitedOut: a status that is not in Coupa's list is no verdict.
func TestUnknownStatusIsWaitedOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(&source{via: "api", answer: since(10*time.Minute, "Waiting for Godot", "Done")})
		g.part("a", 1)
		began := time.Now()
		g.mustDrive(t)
		g.want(t, "a", export.Settled)
		if p := g.ledger.parts["a"]; p.Verdict != export.VerdictOK || time.Since(began) < 10*time.Minute {
			t.Errorf("verdict %q after %s", p.Verdict, time.Since(began))
		}
	})
}

// TestLoadOfAnotherFile: a load under our name with another size is not of our bytes, and its verdict does not count.
func TestLoadOfAnotherFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(&source{via: "api", answer: func(export.LoadQuery) (*export.Load, error) {
			return exporttest.Load("done", func(l *export.Load) { l.FileSize = 40 }), nil
		}})
		g.part("a", 1)
		g.mustDrive(t)
		g.want(t, "a", export.Stalled, "40 bytes", "100")
		wantRows(t, g, "a", export.Pending, export.Pending, export.Pending)
	})
}

// TestSourcesInOrder: the sources of load.via are asked in their order until one knows the load. A load id is used only
// with the source it came from, and the search begins a day before the plan.
func TestSourcesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var order []string
		api := &source{via: "api"}
		page := &source{via: "page", answer: since(time.Minute, "loading", "done")}
		archive := &source{via: "archive"}
		g := newRig(api, page, archive)
		for _, s := range g.sources {
			answer := s.answer
			s.answer = func(q export.LoadQuery) (*export.Load, error) {
				order = append(order, s.via)
				if answer == nil {
					return nil, nil
				}
				return answer(q)
			}
		}
		g.part("a", 1)
		planned := time.Now()
		g.mustDrive(t)
		if p := g.ledger.parts["a"]; p.Via != "page" || p.LoadID != "1" || p.Verdict != export.VerdictOK {
			t.Errorf("got %+v", p)
		}
		for i, via := range order {
			if want := []string{"api", "page"}[i%2]; via != want {
				t.Fatalf("asked %v", order)
			}
		}
		first := export.LoadQuery{Name: "a", Size: 100, Since: planned.Add(-24 * time.Hour)}
		second := first
		second.ID = "1"
		until := cmpopts.IgnoreFields(export.LoadQuery{}, "Until")
		if d := cmp.Diff([]export.LoadQuery{first, second}, page.for_[:2], until); d != "" {
			t.Errorf("the page: %s", d)
		}
		if d := cmp.Diff(first, api.for_[1], until); d != "" {
			t.Errorf("the API is asked by an id of the page: %s", d)
		}
	})
}

// TestSourceThatFails: after a passing error a source is asked again at the next poll; after a NotDeliveredError it is
// not asked again.
func TestSourceThatFails(t *testing.T) {
	stale := &export.NotDeliveredError{What: export.NoCookie, Msg: "stale; log in and copy it again"}
	broken := func(err error) func(export.LoadQuery) (*export.Load, error) {
		return func(export.LoadQuery) (*export.Load, error) { return nil, err }
	}
	t.Run("the other way goes on", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			passing, final := &source{via: "api", answer: broken(errWire)}, &source{via: "page", answer: broken(fmt.Errorf("ask: %w", stale))}
			g := newRig(final, passing, &source{via: "archive", answer: since(time.Minute, "loading", "done")})
			g.part("a", 1)
			r := g.mustDrive(t)
			g.want(t, "a", export.Settled)
			if len(final.asked) != 1 || len(passing.asked) < 2 || r.Lost() != nil {
				t.Errorf("asked %d and %d times, lost %v", len(final.asked), len(passing.asked), r.Lost())
			}
		})
	})
	t.Run("nobody is left", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			g := newRig(&source{via: "api", answer: broken(stale)}, &source{via: "page", answer: broken(stale)})
			g.part("a", 1)
			g.part("b", 1)
			g.part("c", 2)
			began := time.Now()
			r := g.mustDrive(t)
			if r.Lost() == nil || r.Undelivered() != nil || time.Since(began) != 0 {
				t.Errorf("lost %v, undelivered %v, after %s", r.Lost(), r.Undelivered(), time.Since(began))
			}
			g.want(t, "a", export.Stalled, "can be asked any more")
			g.want(t, "b", export.Stalled)
			g.want(t, "c", export.Planned)
		})
	})
}

// TestCheck: one working source is enough; without one nothing is sent. A source that works again is asked again.
func TestCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bad := &export.NotDeliveredError{What: export.NoToken, Msg: "refused"}
		api, page := done(), &source{via: "page", answer: always("loading")}
		g := newRig(api, page)
		g.part("a", 1)
		r := g.runner()
		api.check, page.check = bad, bad
		if err := r.Check(t.Context()); !errors.Is(err, bad) {
			t.Errorf("nobody can be asked: got %v", err)
		}
		archive := &source{via: "archive", answer: pickedUp}
		if err := newRig(api, archive).runner().Check(t.Context()); !errors.Is(err, bad) {
			t.Errorf("only the archive can be asked, which gives no verdict: got %v", err)
		}
		if err := newRig(archive).runner().Check(t.Context()); err != nil {
			t.Errorf("the archive alone is as agreed: got %v", err)
		}
		api.check, page.check = bad, nil
		r = g.runner()
		if err := r.Check(t.Context()); err != nil {
			t.Errorf("the page can be asked: got %v", err)
		}
		api.check = nil
		if err := r.Check(t.Context()); err != nil {
			t.Error(err)
		}
		if err := r.Drive(t.Context(), []export.Part{g.ledger.parts["a"]}); err != nil {
			t.Fatal(err)
		}
		if p := g.ledger.parts["a"]; p.Via != "api" {
			t.Errorf("asked via %q, and the API is well again", p.Via)
		}
	})
}

func pickedUp(export.LoadQuery) (*export.Load, error) {
	return exporttest.Load("", func(l *export.Load) { l.PickedUp = true }), nil
}

// TestArchiveAlone: the archive alone can only show that the file was taken; where another source exists this is no
// verdict.
func TestArchiveAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newRig(&source{via: "archive", answer: pickedUp})
		g.part("a", 1)
		g.mustDrive(t)
		g.want(t, "a", export.Settled, "picked up")
		if p := g.ledger.parts["a"]; p.Verdict != export.VerdictUnconfirmed || p.Via != "archive" {
			t.Errorf("got %+v", p)
		}
		wantRows(t, g, "a", export.Pending, export.Pending, export.Pending)
	})
	synctest.Test(t, func(t *testing.T) {
		g := newRig(&source{via: "api"}, &source{via: "archive", answer: pickedUp})
		g.part("a", 1)
		g.mustDrive(t)
		g.want(t, "a", export.Stalled, "picked it up", "does not list")
	})
}

func TestNoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := done()
		g := newRig(src)
		g.change = func(r *delivery.Runner) { r.NoWait = true }
		g.part("a", 1)
		g.part("b", 1)
		g.mustDrive(t)
		g.want(t, "a", export.Delivered)
		g.want(t, "b", export.Delivered)
		if len(src.asked) != 0 {
			t.Errorf("asked %d times", len(src.asked))
		}
	})
}

// TestWaves: a wave is sent when every part of the wave before has a verdict, whatever it is. While a part has none,
// the later waves of that run are not sent, and other runs go on.
func TestWaves(t *testing.T) {
	rig := func(first string) *rig {
		src := &source{via: "api"}
		src.answer = func(q export.LoadQuery) (*export.Load, error) {
			if q.Name == "a" {
				return exporttest.Load(first, nil), nil
			}
			return exporttest.Load("done", nil), nil
		}
		g := newRig(src)
		g.part("a", 1)
		g.part("b", 1)
		g.part("c", 2)
		g.part("d", 3)
		g.part("e", 1)
		g.set("e", func(p *export.Part) { p.Run = "2" })
		return g
	}
	for _, first := range []string{"done", "failed"} {
		synctest.Test(t, func(t *testing.T) {
			g := rig(first)
			g.mustDrive(t)
			g.wantMoves(t, "a staged, a renaming, a delivered, b staged, b renaming, b delivered, a settled, b settled, "+
				"c staged, c renaming, c delivered, c settled, d staged, d renaming, d delivered, d settled, "+
				"e staged, e renaming, e delivered, e settled")
		})
	}
	synctest.Test(t, func(t *testing.T) {
		g := rig("loading")
		g.mustDrive(t)
		g.want(t, "a", export.Stalled)
		g.want(t, "b", export.Settled)
		g.want(t, "c", export.Planned)
		g.want(t, "d", export.Planned)
		g.want(t, "e", export.Settled)
		if len(g.server.folder) != 3 {
			t.Errorf("%d files were sent", len(g.server.folder))
		}
	})
	synctest.Test(t, func(t *testing.T) { // the state in doubt is no verdict either
		g := rig("done")
		g.server.folder["a"] = 1
		g.mustDrive(t)
		g.want(t, "a", export.InDoubt)
		g.want(t, "c", export.Planned)
	})
}

func wantRows(t *testing.T, g *rig, part string, want ...export.Outcome) {
	t.Helper()
	var got []export.Outcome
	for _, r := range g.ledger.rows[part] {
		got = append(got, r.Outcome)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("rows of part %s: %s", part, d)
	}
}

// TestRowsOfALoad: the outcomes of rows by what a load reports, and what stays open.
func TestRowsOfALoad(t *testing.T) {
	const yes, no, open = export.Applied, export.Rejected, export.Pending
	second := refusal(2, "a2", "Email is invalid")
	for _, c := range []struct {
		name    string
		load    *export.Load
		verdict export.Verdict
		rows    []export.Outcome
		reason  string // of row 2
		note    string
	}{
		{"done", exporttest.Load("Done", exporttest.Counters(3, 1, 2)), export.VerdictOK, []export.Outcome{yes, yes, yes}, "", ""},
		{"done, and nothing said of errors", exporttest.Load("Done", exporttest.Mum), export.VerdictPartial, []export.Outcome{open, open, open},
			"does not say", "does not say"},
		{"nothing said of errors, and fewer rows counted than sent", exporttest.Load("Done", func(l *export.Load) { exporttest.Counters(-1, 0, 2)(l); exporttest.Mum(l) }),
			export.VerdictPartial, []export.Outcome{open, open, open}, "does not say", "does not say"},
		{"nothing said of errors, and every row counted", exporttest.Load("Done", func(l *export.Load) { exporttest.Counters(-1, 1, 2)(l); exporttest.Mum(l) }),
			export.VerdictOK, []export.Outcome{yes, yes, yes}, "", ""},
		{"one refused", exporttest.Load("Done", exporttest.Refused(second)), export.VerdictPartial, []export.Outcome{yes, no, yes}, "Email is invalid", ""},
		{"one refused twice", exporttest.Load("Done", exporttest.Refused(second, second)), export.VerdictPartial, []export.Outcome{yes, no, yes},
			"Email is invalid; Email is invalid", ""},
		{"more refused than told", exporttest.Load("Done", func(l *export.Load) { exporttest.Refused(second)(l); l.ErrorsN = 2 }), export.VerdictPartial,
			[]export.Outcome{open, no, open}, "Email is invalid", "1 row errors that fit no row"},
		{"an error of a row that is not ours", exporttest.Load("Done", exporttest.Refused(second, refusal(9, "q", "x"))), export.VerdictPartial,
			[]export.Outcome{open, no, open}, "Email is invalid", "1 row errors that fit no row"},
		{"only the number of errors", exporttest.Load("Done", func(l *export.Load) { l.ErrorsN = 2 }), export.VerdictPartial,
			[]export.Outcome{open, open, open}, "2 row errors", "2 row errors"},
		{"no row was processed", exporttest.Load("Done", exporttest.Counters(0, 0, 0)), export.VerdictEmpty, []export.Outcome{no, no, no}, "processed no row", "processed no row"},
		{"failed", exporttest.Load("Failed", func(l *export.Load) { l.Result = "Unable to parse file" }), export.VerdictFailed,
			[]export.Outcome{no, no, no}, "Unable to parse file", "failed: Unable to parse file"},
		{"a header error", exporttest.Load("Done", exporttest.Refused(exporttest.HeaderError, exporttest.HeaderError)), export.VerdictFailed, []export.Outcome{no, no, no}, "Unknown column", "Unknown column"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newRig(&source{via: "api", answer: func(export.LoadQuery) (*export.Load, error) { return c.load, nil }})
				g.part("a", 1)
				g.mustDrive(t)
				g.want(t, "a", export.Settled, c.note)
				p := g.ledger.parts["a"]
				if p.Verdict != c.verdict || p.Created != c.load.Created || p.Updated != c.load.Updated || p.LoadID != "1" {
					t.Errorf("got %+v, want verdict %s", p, c.verdict)
				}
				wantRows(t, g, "a", c.rows...)
				if got := g.ledger.rows["a"][1].Faults.Text(); !strings.Contains(got, c.reason) {
					t.Errorf("reason %q, want %q", got, c.reason)
				}
			})
		})
	}
}
