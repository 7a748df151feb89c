package progress

import (
	"github.com/schollz/progressbar/v3"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// Progress shows on a terminal how far the parts of a run are; elsewhere it does nothing. It is also the log's writer
// meanwhile, so that a line of the diary takes the bar's place and the bar comes back below it.
type Progress struct {
	env *wiring.Env
	bar *progressbar.ProgressBar
	at  map[string]int
}

func NewProgress(env *wiring.Env) *Progress { return &Progress{env: env, at: map[string]int{}} }

func (p *Progress) Write(line []byte) (int, error) {
	_ = p.bar.Clear()                        // a bar that cannot be drawn is no fault of the run
	n, err := p.env.Stderr.Raw().Write(line) // raw: a line of the log, which is plain
	_ = p.bar.RenderBlank()
	return n, err
}

// stages is how many steps the bar gives a part: staged, delivered, settled.
var stages = map[export.PartState]int{
	export.Staged: 1, export.Renaming: 1, export.Delivered: 2, export.Loading: 2, export.Stalled: 3, export.InDoubt: 3, export.Settled: 3,
}

func (p *Progress) Start(parts []export.Part) {
	if p.env.JSON || !p.env.Stderr.IsTerminal() || len(parts) == 0 {
		return
	}
	to := p.env.Stderr.Raw() // raw: a bar is drawn with escapes of its own; what it shows is plain
	p.bar = progressbar.NewOptions(3*len(parts), progressbar.OptionSetWriter(to), progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false), progressbar.OptionSetDescription("sending"))
	p.env.Log.SetOutput(p)
}

func (p *Progress) Tell(part export.Part) {
	if p.bar == nil {
		return
	}
	p.bar.Describe(export.Plain(string(part.State) + " " + part.Name))
	if d := stages[part.State] - p.at[part.Name]; d > 0 {
		p.at[part.Name] += d
		_ = p.bar.Add(d)
	}
}

func (p *Progress) Done() {
	if p.bar != nil {
		p.env.Log.SetOutput(p.env.Stderr.Raw()) // raw: the log, which is plain
		_ = p.bar.Finish()
		p.bar = nil
	}
}
