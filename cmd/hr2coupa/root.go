package main

import (
	"context"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/operator"
	"github.com/hr2coupa/hr2coupa/cmd/internal/progress"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// Main is the whole program: all that it needs is an argument, and it returns the exit code.
func Main(ctx context.Context, args []string, getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) int {
	env := newApp(getenv, stdin, stdout, stderr)
	defer wiring.OutlivePipes()()
	ctx, stop := interruptible(ctx, env.Log)
	defer stop()
	return execute(ctx, env, args)
}

func newApp(getenv func(string) string, stdin io.Reader, stdout, stderr io.Writer) *wiring.Env {
	out := &wiring.OutState{}
	return &wiring.Env{
		Getenv: getenv, Stdin: stdin, Stdout: terminal.New(&wiring.ResultOut{To: stdout, OutState: out}).Assume(getenv("COLUMNS")), Stderr: terminal.New(stderr).Assume(getenv("COLUMNS")), Now: time.Now, Log: terminal.NewLog(stderr), Result: out,
		By: operator.Of(getenv),
	}
}

// execute runs the command that args name and returns its exit code.
func execute(ctx context.Context, env *wiring.Env, args []string) int {
	root := rootCmd(env)
	root.SetArgs(args)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout.Words())
	root.SetErr(env.Stderr.Words())
	return show.Finish(env, export.Guard(func() error { return root.ExecuteContext(ctx) }))
}

// interruptible ends the context at the first signal, so that a run finishes its record and ends. The second signal
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
			cancel(exit.ErrInterrupted)
		case <-done:
		}
	}, cancel)
	return ctx, func() { signal.Stop(signals); close(done); cancel(nil) }
}

// helpEnd ends every command's help. The help of a topic, which does nothing, is its text alone.
const helpEnd = `{{if or .Runnable .HasSubCommands}}
Exit codes: hr2coupa help exit-codes
{{end}}`

func rootCmd(env *wiring.Env) *cobra.Command {
	version, colour := false, ""
	root := &cobra.Command{
		Use:           "hr2coupa",
		Short:         "what HR knows about a person reaches Coupa, provably, every night",
		SilenceErrors: true,
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if err := env.Stdout.SetColour(colour, env.Getenv); err != nil {
				return exit.Usage("--color: %w", err)
			}
			return setLog(env)
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if version {
				return printVersion(env)
			}
			cmd.PrintErr(exit.FirstSteps)
			return exit.Usage("a command is missing")
		},
	}
	root.SetHelpTemplate(root.HelpTemplate() + helpEnd)
	root.SetFlagErrorFunc(flagError)
	root.Flags().BoolVar(&version, "version", false, "print the version")
	f := root.PersistentFlags()
	f.StringVarP(&env.ConfigFile, "config", "c", "hr2coupa.yaml", "config file")
	f.BoolVar(&env.JSON, "json", false, "print the result as JSON")
	f.StringVar(&colour, "color", terminal.ColourAuto, "colours in the result: auto, always or never")
	f.StringVar(&env.LogFormat, "log-format", "text", "log on stderr as text or json")
	f.StringVar(&env.LogLevel, "log-level", "", "error, warn, info or debug (default info; warn on a terminal)")
	root.AddCommand(runCmd(env), changeCmd(env), undoCmd(env), planCmd(env), applyCmd(env), exportCmd(env), dropCmd(env), watchCmd(env), settleCmd(env), approveCmd(env), statusCmd(env), calendarCmd(env), reportCmd(env), explainCmd(env), verifyCmd(env), reconcileCmd(env), ledgerCmd(env), stateCmd(env), notifyCmd(env), layoutCmd(env), doctorCmd(env), initCmd(env), twinCmd(env), demoCmd(env), certifyCmd(env), versionCmd(env))
	root.AddCommand(&cobra.Command{Use: "exit-codes", Short: "what each exit code means", Long: exit.Codes})
	for _, c := range root.Commands() {
		strictArgs(c)
	}
	root.Args = knownCommand
	return root
}

// knownCommand returns an error for a misspelt command.
func knownCommand(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return export.Hint(exit.Usage("unknown command %q", args[0]), "hr2coupa --help lists the commands")
}

// strictArgs makes a wrong number of arguments a usage error (2) like every other one.
func strictArgs(c *cobra.Command) {
	check := c.Args
	if check == nil {
		return
	}
	c.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return export.Hint(exit.Usage("%s: %w", cmd.Name(), err), "see %s --help", cmd.CommandPath())
		}
		return nil
	}
}

func setLog(env *wiring.Env) error {
	switch env.LogFormat {
	case "text":
		terminal.FormatText(env.Log, nil)
		if env.Stderr.IsTerminal() {
			terminal.FormatText(env.Log, env.Stderr)
		}
	case "json":
		terminal.FormatJSON(env.Log)
	default:
		return exit.Usage("--log-format is text or json, not %q", env.LogFormat)
	}
	if env.LogLevel == "" {
		env.LogLevel = "info"
		if env.Stderr.IsTerminal() {
			env.LogLevel = "warn"
		}
	}
	level, err := logrus.ParseLevel(env.LogLevel)
	if err != nil {
		return exit.Usage("--log-level is error, warn, info or debug, not %q", env.LogLevel)
	}
	env.Log.SetLevel(level)
	if !env.JSON {
		env.Progress = progress.New(env.Stderr, env.Log, env.Getenv)
	}
	return nil
}
