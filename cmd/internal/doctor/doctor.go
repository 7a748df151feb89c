package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

type level string

const (
	levelOK   level = "ok"
	levelWarn level = "warn"
	levelFail level = "fail"
)

// finding is one line of a doctor's report.
type finding struct {
	Level level  `json:"level"`
	What  string `json:"what"`
	Says  string `json:"says"`           // what was seen
	Hint  string `json:"hint,omitempty"` // what to do if it is not ok
	Exit  int    `json:"exit"`           // what a run would end with because of it

	lines, hints []string // of Says and Hint
}

// text prints the finding. Lines behind its first are not folded: a caret points into one.
func (f finding) text(w *terminal.Text, width int) {
	const indent = "      "
	w.Lines("", terminal.Fold(fmt.Sprintf("%-4s  %s - %s", f.Level, f.What, f.lines[0]), indent, width)...)
	w.Lines(indent, f.lines[1:]...)
	for _, h := range f.hints {
		w.Lines(indent, terminal.Fold("hint: "+h, "  ", width-len(indent))...)
	}
}

// doctor is one examination. Each check adds its findings and leaves what later checks need.
type doctor struct {
	env      *wiring.Env
	pipe     *wiring.Pipeline // nil if the config could not be read
	faults   []config.Fault
	client   *coupa.Client // nil if it could not be made
	token    bool          // Coupa has issued one
	findings []finding
	print    func(finding)
	waited   func() // ends what a terminal shows of a check that takes long
}

// checks are the checks in their order. The token comes early since a new one is used only after a pause, and the checks
// that need it come late. A new check is one line here.
func (d *doctor) checks() []func(context.Context) {
	return []func(context.Context){
		d.config, d.ledger, d.feed,
		d.clock, d.tokens, d.references, d.sftp, d.loads, d.past, d.users, d.page,
		d.limits, d.notices,
	}
}

// Examine runs all checks and prints the findings. Its error carries the worst code of them.
func Examine(ctx context.Context, env *wiring.Env) error {
	d := &doctor{env: env, findings: []finding{}, print: func(finding) {}, waited: func() {}}
	w, width := env.Stdout.Text(), env.Stdout.Width()
	if !env.JSON {
		d.print = func(f finding) { f.text(w, width) }
	}
	for _, check := range d.checks() {
		d.wait()
		check(ctx)
		d.waited()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if d.pipe == nil {
			break // the fault of the config is all that can be found
		}
	}
	count := map[level]int{}
	var codes []int
	for _, f := range d.findings {
		count[f.Level]++
		codes = append(codes, f.Exit)
	}
	code := worstOf(codes)
	if env.JSON {
		return exit.With(code, show.JSON(env, map[string]any{"verdict": verdictOf(count), "exit": code, "checks": d.findings}))
	}
	w.Printf("\n%d ok, %d warn, %d fail\n", count[levelOK], count[levelWarn], count[levelFail])
	return exit.With(code, w.Err())
}

// worstOf is export.WorstExit with the config before all: with a faulty config a run does not begin.
func worstOf(codes []int) int {
	if slices.Contains(codes, export.ExitUsage) {
		return export.ExitUsage
	}
	return export.WorstExit(codes...)
}

func verdictOf(count map[level]int) level {
	switch {
	case count[levelFail] > 0:
		return levelFail
	case count[levelWarn] > 0:
		return levelWarn
	}
	return levelOK
}

// add adds a finding, with what to do about it if err has a hint.
func (d *doctor) add(l level, code int, what string, err error) {
	f := finding{Level: l, What: what, Says: exit.Said(err), Exit: code, lines: export.PlainLines(err), hints: export.HintsOf(err)}
	if f.Says != err.Error() { // the word before it names what was checked
		f.lines = []string{f.Says}
	}
	f.Hint = strings.Join(f.hints, "\n")
	d.findings = append(d.findings, f)
	d.waited() // else the finding would stand behind it
	d.print(f)
	d.wait()
}

// wait shows on a terminal that a check takes long.
func (d *doctor) wait() { _, d.waited = d.env.Wait(context.Background(), "checking") }

func (d *doctor) ok(what, format string, args ...any) {
	d.add(levelOK, export.ExitOK, what, fmt.Errorf(format, args...))
}

func (d *doctor) warn(what string, err error) { d.add(levelWarn, export.ExitOK, what, err) }

func (d *doctor) fail(code int, what string, err error) { d.add(levelFail, code, what, err) }

// blind warns that a check was left out because the config is faulty in one of these sections.
func (d *doctor) blind(what string, sections ...string) bool {
	for _, f := range d.faults {
		for _, s := range sections {
			if f.Path == s || strings.HasPrefix(f.Path, s+".") || strings.HasPrefix(f.Path, s+"[") {
				d.warn(what, export.Hint(fmt.Errorf("not checked: the config has a fault in %s", f.Path), "fix %s first", f.Path))
				return true
			}
		}
	}
	return false
}

// config reports every fault of the config, the secrets included. It leaves the pipeline for the other checks.
func (d *doctor) config(ctx context.Context) {
	d.pipe, d.faults = wiring.PipelineFaults(ctx, d.env, config.Options{NeedSecrets: true, FeedGiven: true})
	for _, f := range d.faults {
		d.fail(export.ExitUsage, "config", f)
	}
	if d.pipe == nil {
		return
	}
	for _, w := range d.pipe.Config.Warnings {
		d.warn("config", w)
	}
	if len(d.faults) == 0 {
		d.ok("config", "%s: %s, no faults; every secret in it can be read", d.pipe.Config.File, export.Plural(len(d.pipe.Config.Mapping.Columns), "column"))
	}
}
