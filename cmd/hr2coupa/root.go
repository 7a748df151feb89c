package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/cmd/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

// app is what every command works with: the world as arguments, and the flags all of them have.
type Env struct {
	getenv func(string) string
	stdin  io.Reader
	stdout *terminal.Out
	stderr *terminal.Out
	now    func() time.Time
	log    *logrus.Logger
	seams  seams        // of tests that come between a start and its far ends; none in the program
	http   *http.Client // of a job's calls to Coupa, where somebody wants to see them; nil: the room's own

	config    string
	json      bool
	logFormat string
	logLevel  string

	result *outState // of stdout as the program has it; nil where the results of a start go elsewhere
	apart  bool      // starts have a ledger of their own, beside that of the nightly job
}

// errInterrupted is the cause of a context that ended by a signal.
var errInterrupted = errors.New("interrupted")

// exitError carries the code a command ends with.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// endedError ends a command whose verdict is no 0 although nothing went wrong with the command itself. All that is to be
// said has been said.
type endedError struct{ code int }

func (e *endedError) Error() string { return fmt.Sprintf("ended with exit code %d", e.code) }

// endWith is how a command ends: with its error, else with the code of its verdict.
func endWith(code int, err error) error {
	if err == nil && code != export.ExitOK {
		return &endedError{code}
	}
	return err
}

func usage(format string, args ...any) error {
	return &exitError{export.ExitUsage, fmt.Errorf(format, args...)}
}

// run is the whole program: everything it needs comes in, the exit code goes out.
func Main(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	env := newApp(getenv, stdin, stdout, stderr)
	defer outlivePipes()()
	ctx, stop := interruptible(ctx, env.log)
	defer stop()
	return execute(ctx, env, args)
}

func newApp(getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) *Env {
	out := &outState{}
	return &Env{
		getenv: getenv, stdin: stdin, stdout: terminal.New(&resultOut{stdout, out}), stderr: terminal.New(stderr), now: time.Now, log: terminal.NewLog(stderr), result: out,
	}
}

// execute runs the command that args name and gives its exit code.
func execute(ctx context.Context, env *Env, args []string) int {
	root := rootCmd(env)
	root.SetArgs(args)
	root.SetIn(env.stdin)
	root.SetOut(env.stdout.Words())
	root.SetErr(env.stderr.Words())
	return finish(env, export.Guard(func() error { return root.ExecuteContext(ctx) }))
}

// finish tells the error that ended a command, if one did, and returns the exit code, also where the telling crashes.
func finish(env *Env, err error) int {
	code := export.ExitOK
	crashed := export.Guard(func() error { code = tellFailure(env, err); return nil })
	if crashed != nil {
		tellLines(env, crashed)
		logStack(env, crashed)
		return export.ExitFault
	}
	return code
}

// fail tells the error that ended a command, and gives its code. With --json there is an object on stdout then too: the
// bad nights are those that somebody looks for.
func tellFailure(env *Env, err error) int {
	if err == nil {
		return export.ExitOK
	}
	if ended, ok := err.(*endedError); ok {
		return ended.code
	}
	code, told := exitCode(err), err
	if errors.Is(err, errInterrupted) {
		code, told = export.ExitInterrupted, errors.New("interrupted; the ledger is sound, and the next run goes on from here")
	}
	tellLines(env, told)
	logStack(env, err)
	if env.json && env.result != nil && !env.result.wrote {
		rep := emptyReport(failures[code], env.now().UTC())
		rep.Exit, rep.Why = code, export.PlainText(told)
		if errors.As(err, new(*movedError)) {
			rep.Verdict = "refused"
		}
		_ = printJSON(env, rep) // the error that counts has been told already
	}
	return code
}

// tellLines writes each line of an error to stderr. In a log of JSON a line that is indented, such as a caret, stays with
// the line that it explains.
func tellLines(env *Env, err error) {
	lines := export.PlainLines(err)
	if env.logFormat != "json" {
		env.stderr.Text().Lines("hr2coupa: ", lines...)
		return
	}
	for len(lines) > 0 {
		entry := lines[0]
		for lines = lines[1:]; len(lines) > 0 && strings.HasPrefix(lines[0], " "); lines = lines[1:] {
			entry += "\n" + lines[0]
		}
		env.log.Error(entry)
	}
}

// logStack writes where the program crashed, if that is what ended it.
func logStack(env *Env, err error) {
	crash, ok := errors.AsType[*export.Crash](err)
	if !ok {
		return
	}
	if env.logFormat == "json" {
		env.log.WithField("stack", crash.Stack).Error(reportCrash)
		return
	}
	w := env.stderr.Text()
	w.Lines("hr2coupa:   at ", crash.Stack...)
	w.Printf("hr2coupa: %s\n", reportCrash)
}

const reportCrash = "this is a fault of hr2coupa: report it with the lines above, which hold no data; the next start goes on from here"

// failures names the codes of commands that ended before there was anything to report.
var failures = map[int]string{
	export.ExitFault: "fault", export.ExitUsage: "usage", export.ExitNotDelivered: "not delivered", export.ExitLocked: "locked",
	export.ExitHeld: "held", export.ExitFeed: "feed unusable", export.ExitInterrupted: "interrupted",
}

// interruptible ends the context at the first signal, so that a run finishes its record and leaves. The second signal
// finds no handler and kills.
func interruptible(ctx context.Context, log logrus.FieldLogger) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	export.Go(func() {
		select {
		case <-signals:
			signal.Stop(signals)
			log.Warn("interrupted: finishing the record; a second signal kills")
			cancel(errInterrupted)
		case <-done:
		}
	}, cancel)
	return ctx, func() { signal.Stop(signals); close(done); cancel(nil) }
}

// exitCode finds the code for an error that ended a command.
func exitCode(err error) int {
	var exit *exitError
	var ended *endedError
	var feed *export.UnusableFeedError
	var locked *export.LockedError
	var not *export.NotDeliveredError
	switch {
	case errors.As(err, &exit):
		return exit.code
	case errors.As(err, &ended):
		return ended.code
	case errors.As(err, &feed):
		return export.ExitFeed
	case errors.As(err, &locked):
		return export.ExitLocked
	case errors.As(err, &not):
		return export.ExitNotDelivered
	}
	return export.ExitFault
}

const exitHelp = `
Exit codes:
  0    all applied, or nothing to do
  1    unexpected fault, or sums that do not add up
  2    usage or config
  3    partial: rows quarantined, rejected or drifted; an alarm about creates
  4    not delivered: host key, login, folder, permission, token, scope or cookie
  5    stalled or in doubt: no verdict in time; or a list that a call has emptied is not filled again
  6    load failed or empty
  7    another run holds the lock
  8    held by a limit, or by ledger_unknown: hold
  9    feed unusable: missing, empty, stale or unreadable
  130  interrupted, state sound
`

func rootCmd(env *Env) *cobra.Command {
	version := false
	root := &cobra.Command{
		Use:           "hr2coupa",
		Short:         "what HR knows about a person reaches Coupa, provably, every night",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			return setLog(env)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return printVersion(env)
			}
			cmd.SetOut(env.stderr.Words())
			_ = cmd.Help() // writes to stderr; there is nobody to tell if that fails
			return usage("a command is missing; try: hr2coupa demo")
		},
	}
	root.SetHelpTemplate(root.HelpTemplate() + exitHelp)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage("%w", err) })
	root.Flags().BoolVar(&version, "version", false, "print the version")
	f := root.PersistentFlags()
	f.StringVarP(&env.config, "config", "c", "hr2coupa.yaml", "config file")
	f.BoolVar(&env.json, "json", false, "print the result as JSON")
	f.StringVar(&env.logFormat, "log-format", "text", "log on stderr as text or json")
	f.StringVar(&env.logLevel, "log-level", "", "error, warn, info or debug (default info; warn on a terminal)")
	root.AddCommand(runCmd(env), planCmd(env), applyCmd(env), exportCmd(env), dropCmd(env), watchCmd(env), settleCmd(env), approveCmd(env), statusCmd(env), explainCmd(env), verifyCmd(env), ledgerCmd(env), notifyCmd(env), layoutCmd(env), doctorCmd(env), initCmd(env), twinCmd(env), demoCmd(env), certifyCmd(env), versionCmd(env))
	for _, c := range root.Commands() {
		strictArgs(c)
	}
	root.Args = knownCommand
	return root
}

// later are the commands of the contract that this version does not have.
var later = []string{"reconcile"}

// knownCommand tells a command of the contract that is not built yet from a misspelt one.
func knownCommand(_ *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case slices.Contains(later, args[0]):
		return usage("%s is not built yet in this version; hr2coupa --help lists what is", args[0])
	}
	return usage("unknown command %q; hr2coupa --help lists them", args[0])
}

// strictArgs makes a wrong number of arguments a usage error (2) like every other one.
func strictArgs(c *cobra.Command) {
	check := c.Args
	if check == nil {
		return
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usage("%s: %w; see hr2coupa %s --help", cmd.Name(), err, cmd.Name())
		}
		return nil
	}
}

func setLog(env *Env) error {
	switch env.logFormat {
	case "text":
		terminal.FormatText(env.log, env.stderr.IsTerminal())
	case "json":
		terminal.FormatJSON(env.log)
	default:
		return usage("--log-format is text or json, not %q", env.logFormat)
	}
	if env.logLevel == "" {
		env.logLevel = "info"
		if env.stderr.IsTerminal() {
			env.logLevel = "warn"
		}
	}
	level, err := logrus.ParseLevel(env.logLevel)
	if err != nil {
		return usage("--log-level is error, warn, info or debug, not %q", env.logLevel)
	}
	env.log.SetLevel(level)
	return nil
}

// load reads the config; all its faults come in one error.
func Load(ctx context.Context, env *Env, opt config.Options) (*config.Config, error) {
	c, faults := config.Load(ctx, env.config, config.OSEnv(env.getenv), opt)
	faults = append(faults, noticeFaults(c)...)
	if err := configError(faults); err != nil {
		return nil, err
	}
	Warn(env, c)
	return c, nil
}

func Warn(env *Env, c *config.Config) {
	for _, w := range c.Warnings {
		env.log.Warn(w.Error())
	}
}

func configError(faults []config.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	errs := make([]error, len(faults))
	for i, f := range faults {
		errs[i] = f
	}
	return &exitError{export.ExitUsage, errors.Join(errs...)}
}
