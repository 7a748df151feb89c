package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

func (a *app) notifyCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "notify",
		Short: "notices about what is wrong: notify test",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("unknown command %q", args[0])
			}
			return nil
		},
		RunE: func(*cobra.Command, []string) error { return usage("notify: name what to do: hr2coupa notify test") },
	}
	test := &cobra.Command{
		Use:   "test",
		Short: "send a test notice to each target of notify, and ping the heartbeat",
		Long: `Test sends one notice to each target of the config and pings heartbeat.url as after a success, then says
of each whether it was taken, and ends with 1 where one was not. It needs no ledger and remembers nothing.`,
		Example: "  hr2coupa notify test",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return a.notifyTest(cmd.Context()) },
	}
	strictArgs(test)
	c.AddCommand(test)
	return c
}

// tested is what came of one test notice.
type tested struct {
	Target string `json:"target"`
	OK     bool   `json:"ok"`
	Error  string `json:"error,omitempty"`
}

func (a *app) notifyTest(ctx context.Context) error {
	cfg, err := a.load(ctx, config.Options{NeedSecrets: true, NoFeed: true})
	if err != nil {
		return err
	}
	texts, err := noticeTexts(cfg)
	if err != nil {
		return err
	}
	list := targets(cfg, texts)
	beats := !cfg.Heartbeat.URL.IsZero()
	if len(list) == 0 && !beats {
		return usage("%s has neither notify nor heartbeat: nobody would be told", cfg.File)
	}
	m := notify.Example(notify.Test, hostOf(cfg.Instance), hostname(), a.now().In(cfg.Feed.TimeZone))
	results := make([]tested, len(list))
	var all export.Group
	for i, t := range list {
		all.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, sendingTime)
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
	return a.printTested(results)
}

func triedTo(to fmt.Stringer, err error) tested {
	if err != nil {
		return tested{Target: to.String(), Error: err.Error()}
	}
	return tested{Target: to.String(), OK: true}
}

func (a *app) printTested(results []tested) error {
	code := export.ExitOK
	var rows [][]string
	for _, r := range results {
		word := "ok"
		if !r.OK {
			word, code = "FAILED: "+r.Error, export.ExitFault
		}
		rows = append(rows, []string{r.Target, word})
	}
	if a.json {
		return endWith(code, a.printJSON(struct {
			Exit    int      `json:"exit"`
			Targets []tested `json:"targets"`
		}{code, results}))
	}
	w := a.stdout.Text()
	w.Table(rows)
	return endWith(code, w.Err())
}
