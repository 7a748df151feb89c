package progress

import (
	"context"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/howfar"
)

// stages is how many steps of its way a part has taken: staged, delivered, settled.
var stages = map[export.PartState]int{
	export.Staged: 1, export.Renaming: 1, export.Delivered: 2, export.Loading: 2, export.Stalled: 3, export.InDoubt: 3, export.Settled: 3,
}

// steps is the length of that way.
const steps = 3

// Parts shows how far the parts of a run are.
type Parts struct {
	p    *Progress
	ctx  context.Context // of the wait, to which it tells how far it is
	end  func()
	at   map[string]int
	of   int
	done int
}

// NewParts returns what shows nothing until Start.
func NewParts(p *Progress) *Parts { return &Parts{p: p, end: func() {}} }

// Start shows these parts, instead of those before.
func (s *Parts) Start(parts []export.Part) {
	s.end()
	if len(parts) == 0 {
		return
	}
	s.at, s.of, s.done = map[string]int{}, steps*len(parts), 0
	s.ctx, s.end = s.p.Begin(context.Background(), "sending "+export.Plural(len(parts), "part"))
}

// Advance shows the state of a part.
func (s *Parts) Advance(part export.Part) {
	if s.at == nil {
		return
	}
	if d := stages[part.State] - s.at[part.Name]; d > 0 {
		s.at[part.Name] += d
		s.done += d
	}
	s.p.Now(string(part.State) + " " + part.Name)
	howfar.Tell(s.ctx, s.done, s.of)
}

// Done ends it.
func (s *Parts) Done() { s.end(); s.end, s.at = func() {}, nil }
