package job

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/prospect"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// Export plans a feed and writes its parts to the folder dir. Nothing is sent or recorded.
func Export(ctx context.Context, env *wiring.Env, files []string, dir string) (*Planned, error) {
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{FeedGiven: len(files) > 0, Route: config.RouteCSV})
	if err != nil {
		return nil, err
	}
	pipe.Unhashed = !env.JSON // nothing is recorded, and no hash is shown
	now := env.Now().UTC()
	p, err := prospect.Prepare(ctx, env, prospect.Ask{Pipe: pipe, Started: now, Files: files, Alone: true})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, export.Hint(fmt.Errorf("create the folder for the parts: %w", err), "name another folder with -d")
	}
	out := &partDir{dir: dir, names: map[int64]string{}}
	defer out.sweep() // after a failure, whose error says enough
	sink := newPlanSink(out)
	planning, done := env.Wait(ctx, "planning: records")
	res, err := sink.build(planning, p, "", now)
	done()
	if err != nil {
		sink.close()
		return nil, err
	}
	return res, nil
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
