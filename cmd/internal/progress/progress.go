package progress

import (
	"github.com/schollz/progressbar/v3"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// Progress shows on a terminal how far the parts of a run are; elsewhere it does nothing. Meanwhile it is the log's writer,
// so that a line of the log takes the place of the bar and the bar is drawn again below it.
type Progress struct {
	env *wiring.Env
	bar *progressbar.ProgressBar
	at  map[string]int
}

// NewProgress returns a Progress that draws nothing until Start.
func NewProgress(env *wiring.Env) *Progress { return &Progress{env: env, at: map[string]int{}} }

// Write writes a line of the log above the bar.
func (p *Progress) Write(line []byte) (int, error) {
	_ = p.bar.Clear()                        // a bar that cannot be drawn is no fault of the run
	n, err := p.env.Stderr.Raw().Write(line) // raw: a line of the log, which is plain
	_ = p.bar.RenderBlank()
	return n, err
}

// stages is how many steps of the bar a part has taken: staged, delivered, settled.
var stages = map[export.PartState]int{
	export.Staged: 1, export.Renaming: 1, export.Delivered: 2, export.Loading: 2, export.Stalled: 3, export.InDoubt: 3, export.Settled: 3,
}

// Start draws the bar for these parts, if stderr is a terminal.
func (p *Progress) Start(parts []export.Part) {
	if p.env.JSON || !p.env.Stderr.IsTerminal() || len(parts) == 0 {
		return
	}
	to := p.env.Stderr.Raw() // raw: a bar is drawn with escapes of its own; what it shows is plain
	p.bar = progressbar.NewOptions(3*len(parts), progressbar.OptionSetWriter(to), progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetDescription("sending"))
	p.env.Log.SetOutput(p)
}

// Advance moves the bar on to the state of a part.
func (p *Progress) Advance(part export.Part) {
	if p.bar == nil {
		return
	}
	p.bar.Describe(export.Plain(string(part.State) + " " + part.Name))
	if d := stages[part.State] - p.at[part.Name]; d > 0 {
		p.at[part.Name] += d
		_ = p.bar.Add(d)
	}
}

// Done removes the bar and restores the log's own writer.
func (p *Progress) Done() {
	if p.bar != nil {
		p.env.Log.SetOutput(p.env.Stderr.Raw()) // raw: the log, which is plain
		_ = p.bar.Finish()
		p.bar = nil
	}
}
