package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

func notifyCmd(env *wiring.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "notify",
		Short: "notices about what is wrong: notify test",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q", args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error {
			return export.Hint(exit.Usage("notify: a command is missing"), "hr2coupa notify test sends a test notice")
		},
	}
	test := &cobra.Command{
		Use:   "test",
		Short: "send a test notice to each target of notify, and ping the heartbeat",
		Long: `Test sends one notice to each target of the config and pings heartbeat.url as after a success. For each it
prints whether it was accepted; it ends with 1 if one was not. It needs no ledger and remembers nothing.`,
		Example: "  hr2coupa notify test",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return notifyTest(cmd.Context(), env) },
	}
	strictArgs(test)
	c.AddCommand(test)
	return c
}

// tested is the result of one test notice.
type tested struct {
	Target string `json:"target"`
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"`
	Hint   string `json:"hint,omitempty"`
}

func notifyTest(ctx context.Context, env *wiring.Env) error {
	cfg, err := wiring.Load(ctx, env, config.Options{NeedSecrets: true, NoFeed: true})
	if err != nil {
		return err
	}
	texts, err := wiring.NoticeTexts(cfg)
	if err != nil {
		return err
	}
	list := wiring.Targets(cfg, texts)
	beats := !cfg.Heartbeat.URL.IsZero()
	if len(list) == 0 && !beats {
		return export.Hint(exit.Usage("%s has neither notify nor heartbeat, so no notice is sent", cfg.File), "add a target under notify")
	}
	m := notify.Example(notify.Test, wiring.HostOf(cfg.Instance), wiring.Hostname(), env.Now().In(cfg.Feed.TimeZone))
	results := make([]tested, len(list))
	var all export.Group
	for i, t := range list {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, wiring.SendingTime)
			defer cancel()
			m := m
			m.ID = fmt.Sprintf("test-%d-%d", m.At.UnixNano(), i)
			results[i] = triedTo(t.To, t.To.Send(ctx, m))
		})
	}
	all.Wait()
	if beats {
		h := &notify.Heartbeat{URL: cfg.Heartbeat.URL}
		results = append(results, triedTo(h, h.Ping(ctx, notify.Success, "hr2coupa notify test")))
	}
	return printTested(env, results)
}

func triedTo(to fmt.Stringer, err error) tested {
	if err != nil {
		return tested{Target: to.String(), Error: err.Error(), Hint: export.HintText(err)}
	}
	return tested{Target: to.String(), OK: true}
}

func printTested(env *wiring.Env, results []tested) error {
	code := export.ExitOK
	var rows [][]string
	for _, r := range results {
		word := "ok"
		if !r.OK {
			word, code = "FAILED: "+r.Error, export.ExitFault
		}
		rows = append(rows, []string{r.Target, word})
		if r.Hint != "" {
			rows = append(rows, []string{"", "hint: " + r.Hint})
		}
	}
	if env.JSON {
		return exit.With(code, show.JSON(env, struct {
			Exit    int      `json:"exit"`
			Targets []tested `json:"targets"`
		}{code, results}))
	}
	w := env.Stdout.Text()
	w.Table(rows)
	return exit.With(code, w.Err())
}
