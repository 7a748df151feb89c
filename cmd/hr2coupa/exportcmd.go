package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
)

func exportCmd(env *Env) *cobra.Command {
	var dir string
	c := &cobra.Command{
		Use:     "export [FILE…] -d DIR",
		Short:   "only write the Coupa CSV parts to a folder",
		Long:    `Export maps and checks the feed and writes the parts to a folder. It sends nothing, records nothing and needs no secrets.`,
		Example: "  hr2coupa export -d /tmp/parts users-20261124.csv",
		RunE: func(cmd *cobra.Command, args []string) error {
			if dir == "" {
				return usage("export needs -d DIR, the folder to write to")
			}
			res, err := Export(cmd.Context(), env, args, dir)
			if err != nil {
				return err
			}
			if env.json {
				return endWith(res.Exit, cmp.Or(printJSONRows(env, res, res.store.all()), res.store.close()))
			}
			return endWith(res.Exit, cmp.Or(printExport(env, res, dir, res.store.all()), res.store.close()))
		},
	}
	c.Flags().StringVarP(&dir, "dir", "d", "", "folder for the parts; it is made if it is missing")
	return c
}

// export writes the parts of a feed to a folder.
func Export(ctx context.Context, env *Env, files []string, dir string) (res *planned, err error) {
	pipe, err := readPipeline(ctx, env, config.Options{FeedGiven: len(files) > 0, Route: config.RouteCSV})
	if err != nil {
		return nil, err
	}
	pipe.unhashed = !env.json // nothing is recorded, and nobody is told a hash
	now := env.now().UTC()
	feed, err := pipe.open(pipe.patterns(files), now)
	if err != nil {
		return nil, err
	}
	known, _, _, err := recall(env, pipe.cfg, nil, now, false)
	if err != nil {
		return nil, err
	}
	only := &outlook{people: known.people, approved: known.approved, lastFeed: known.lastFeed, lineEnds: known.lineEnds} // the given files, whoever waits
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for the parts: %w", err)
	}
	out := &partDir{dir: dir, names: map[int64]string{}}
	defer out.sweep() // after a failure, which tells enough
	sink := newPlanSink(out)
	defer func() {
		if err != nil {
			sink.rows.close()
		}
	}()
	planner := pipe.planner(feed, only, now)
	if pipe.isFeed(files) {
		planner.Cut = pipe.cut(feed, only)
	}
	plan, err := planner.Build(ctx, sink)
	if err != nil {
		return nil, err
	}
	res = sink.result(plan, pipe)
	res.Limits = only.judge(pipe.cfg, pipe.isFeed(files))(plan)
	res.judge()
	return res, nil
}

func printExport(env *Env, r *planned, dir string, rows iter.Seq[export.RowResult]) error {
	w := env.stdout.Text()
	w.Printf("Records\n  %d in = %d written + %d quarantined\n", r.Input, r.ToSend, r.Quarantined)
	for _, l := range r.Limits {
		w.Printf("  a run would be HELD: %s\n", l)
	}
	rowsText(w, rows, group{"Quarantined: held back by hr2coupa, mend them in HR", became(export.Quarantined), shownRows, "see --json"})
	w.Printf("\nWritten to %s\n", dir)
	for _, p := range r.Parts {
		w.Printf("  %s  %s, %d bytes\n", p.Name, plural(p.Rows, "row"), p.Size)
	}
	return w.Err()
}

// partDir writes parts under a temporary name until their number, and so their name, is known.
type partDir struct {
	dir   string
	names map[int64]string // temporaries that still lie there
}

func (d *partDir) write(id int64, data []byte) error {
	path := filepath.Join(d.dir, fmt.Sprintf(".hr2coupa-%d-%d.tmp", os.Getpid(), id))
	d.names[id] = path
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return fmt.Errorf("write a part: %w", err)
	}
	return nil
}

func (d *partDir) name(id int64, name string) error {
	if err := os.Rename(d.names[id], filepath.Join(d.dir, name)); err != nil {
		return fmt.Errorf("name a part: %w", err)
	}
	delete(d.names, id)
	return nil
}

// sweep removes what lies there under temporary names.
func (d *partDir) sweep() error {
	var errs []error
	for id, path := range d.names {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
		delete(d.names, id)
	}
	return errors.Join(errs...)
}
