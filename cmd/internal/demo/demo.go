// Package demo plays the main job on sample data against a twin of its own.
package demo

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/job"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// story is what the demo must end with: records by outcome, and the code of its run.
var story = struct {
	exit, input int
	by          map[export.Outcome]int
}{
	exit: export.ExitPartial, input: 302,
	by: map[export.Outcome]int{export.Applied: 70, export.Unchanged: 224, export.Quarantined: 7, export.Rejected: 1},
}

// shownPeople is how many people the plan shows: all who leave, and some who are renamed.
const shownPeople = 10

// Play plays the demo in the folder keep, in one of its own where that is "", and prints it.
func Play(ctx context.Context, env *wiring.Env, keep string) error {
	dir, err := filepath.Abs(keep) // relative paths of the config begin at its own folder
	if err != nil {
		return err
	}
	if keep == "" {
		tmp, err := os.MkdirTemp("", "hr2coupa-demo-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(tmp) // only sample data
		dir = tmp
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	for _, name := range []string{"hr2coupa.yaml", "changes.csv", "ledger"} {
		if wiring.Exists(filepath.Join(dir, name)) {
			return export.Hint(exit.Usage("--keep %s: there is a %s already", dir, name), "name an empty folder")
		}
	}
	t, err := twin.Start(ctx, twin.Options{
		Users: bytes.NewReader(templates.DemoUsers()), User: "demo", ClientID: "demo", Now: env.Now,
		Switches: switchboard.Switches{PickUpInterval: 300 * time.Millisecond, LoadTime: 300 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	rep, err := run(ctx, env, dir, t, keep != "")
	if err := errors.Join(err, t.Close()); err != nil {
		return err
	}
	return end(env, rep, keep)
}

// run writes config and feed and runs the main job as any user would. stays says that the folder is still there in the end.
func run(ctx context.Context, env *wiring.Env, dir string, t *twin.Twin, stays bool) (*export.Report, error) {
	if err := lay(dir, t); err != nil {
		return nil, err
	}
	secrets := t.Env()
	own := *env
	own.ConfigFile = filepath.Join(dir, "hr2coupa.yaml")
	own.Getenv = func(name string) string {
		switch name {
		case "DEMO_SFTP_PASSWORD":
			return secrets["COUPA_SFTP_PASSWORD"]
		case "DEMO_COUPA_SECRET":
			return secrets["COUPA_CLIENT_SECRET"]
		}
		return env.Getenv(name)
	}
	if !env.JSON {
		env.Stdout.Printf("A stand-in for Coupa listens on %s and %s\n\nThe plan\n--------\n", t.SFTPAddr(), t.URL())
		res, err := job.Plan(ctx, &own, job.PlanOptions{People: shownPeople})
		if err != nil {
			return nil, err
		}
		if err := cmp.Or(show.Plan(&own, res, show.PlanText{Most: shownPeople}), res.Close()); err != nil {
			return nil, err
		}
		env.Stdout.Printf("\nThe run\n-------\n")
	}
	s, err := job.Run(ctx, &own, job.RunOptions{})
	if err != nil {
		return nil, err
	}
	if !stays {
		s.Rep.RejectedFiles = nil // no one is sent to a file that is gone a moment later
	}
	return s.Rep, show.Report(&own, s.Rep)
}

func lay(dir string, t *twin.Twin) error {
	tpl, err := template.New("config").Parse(string(templates.DemoConfig()))
	if err != nil {
		return fmt.Errorf("demo config: %w", err)
	}
	feed := filepath.Join(dir, "changes.csv")
	var conf bytes.Buffer
	err = tpl.Execute(&conf, map[string]string{
		"Instance": t.URL(), "SFTPAddress": t.SFTPAddr(), "HostKey": t.HostKeyFingerprint(),
		"Ledger": filepath.Join(dir, "ledger"), "Feed": feed,
	})
	if err != nil {
		return fmt.Errorf("demo config: %w", err)
	}
	if err := os.WriteFile(feed, templates.DemoFeed(), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "hr2coupa.yaml"), conf.Bytes(), 0o600)
}

// end compares the result with the story and says what to type next.
func end(env *wiring.Env, rep *export.Report, keep string) error {
	if rep.Exit != story.exit || rep.Counts.Input != story.input || !maps.Equal(nonzero(rep.Counts.By), story.by) {
		return export.Ours(fmt.Errorf("the demo did not end as expected: exit code %d, %s", rep.Exit, show.Sums(rep.Counts)))
	}
	if env.JSON {
		return nil
	}
	w := env.Stdout.Text()
	w.Printf("\nThe result is the expected one. The run itself ended with code %d: some rows\nneed a person.\n", rep.Exit)
	if keep != "" {
		w.Printf("Config, feed and ledger are in %s; hr2coupa status -c %s shows the run again.\n", keep, filepath.Join(keep, "hr2coupa.yaml"))
		return w.Err()
	}
	w.Printf(`
On your own data
  hr2coupa init users.csv           a config and a mapping, from your feed
  hr2coupa twin --users users.json  a twin to rehearse with, and its config
  hr2coupa plan -c hr2coupa.yaml    what would change; sends nothing
  hr2coupa run -c hr2coupa.yaml     the main job
`)
	return w.Err()
}

func nonzero(m map[export.Outcome]int) map[export.Outcome]int {
	out := maps.Clone(m)
	maps.DeleteFunc(out, func(_ export.Outcome, n int) bool { return n == 0 })
	return out
}
