package wiring

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/progress"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

// Env is what every command works with: the world as arguments, and the flags that all commands have.
type Env struct {
	Getenv func(string) string
	Stdin  io.Reader
	Stdout *terminal.Out
	Stderr *terminal.Out
	Now    func() time.Time
	Log    *logrus.Logger
	By     export.Operator // who has started the program
	Seams  Seams           // for tests that come between a start and its far ends; empty in the program
	HTTP   *http.Client    // for a job's calls to Coupa if they are to be recorded; nil: the clients' own

	Config     *config.Config // as it was read last; nil before that, and if it could not be read
	ConfigFile string
	JSON       bool
	All        bool // every row is shown, not only the first of each kind
	LogFormat  string
	LogLevel   string

	Progress *progress.Progress // shows on a terminal what is waited for; nil elsewhere
	Result   *OutState          // stdout of the program; nil if the results of a start go elsewhere
	Apart    bool               // starts have a ledger of their own, besides that of the nightly job
}

// Load reads the config; all its faults come in one error.
func Load(ctx context.Context, env *Env, opt config.Options) (*config.Config, error) {
	c, faults := config.Load(ctx, env.ConfigFile, config.OSEnv(env.Getenv), opt)
	env.Config = c
	faults = append(faults, noticeFaults(c)...)
	if err := ConfigError(faults); err != nil {
		return nil, err
	}
	Warn(env, c)
	return c, nil
}

// Warn logs the warnings of a config.
func Warn(env *Env, c *config.Config) {
	for _, w := range c.Warnings {
		export.LogHints(env.Log, w.Hint).Warn(w.Error())
	}
}

// ConfigError joins the faults of a config into one error of usage (2); nil if there are none.
func ConfigError(faults []config.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	return &exit.Error{Code: export.ExitUsage, Err: errors.Join(errs...)}
}

// Wait begins something that may take longer than a second, and that done ends. A terminal shows what it is and how far: the step
// with the context that it returns tells that (howfar).
func (env *Env) Wait(ctx context.Context, what string) (_ context.Context, done func()) {
	return env.Progress.Begin(ctx, what)
}

// CanAsk reports whether a person at a terminal can be asked.
func CanAsk(env *Env) bool {
	in, ok := env.Stdin.(io.Writer) // a terminal can be written to
	return ok && terminal.IsTerminal(in) && env.Stderr.IsTerminal()
}

// Version is set by the Makefile at link time.
var Version = "dev"

// Revision returns the commit that the program was built from, "unknown revision" if the build does not know it.
func Revision() string {
	info, _ := debug.ReadBuildInfo()
	if info != nil {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				return s.Value[:12]
			}
		}
	}
	return "unknown revision"
}
