package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// DropOptions are the files of a manual drop, and what its flags allow.
type DropOptions struct {
	Files      []string
	Again      bool
	AllowEmpty bool
	NoWait     bool
}

// ready is one checked file on its way.
type ready struct {
	file  export.FeedFile
	data  []byte
	sheet *layout.Ready
}

// Drop sends files that are Coupa's users CSVs already, as they are. With one fault in one file nothing is sent (9).
func Drop(ctx context.Context, env *wiring.Env, o DropOptions) (*Started, error) {
	begun := env.Now().UTC()
	cfg, err := wiring.Load(ctx, env, config.Options{NeedSecrets: true, NoFeed: true, Route: config.RouteCSV})
	if err != nil {
		return nil, err
	}
	files, err := readyFiles(cfg, o)
	if err != nil {
		return nil, err
	}
	return Start(ctx, env, cfg, Work{Command: "drop", NoWait: o.NoWait, Do: func(j *Job, earlier []*export.Report) (*export.Report, error) {
		return j.drop(ctx, files, o, earlier, begun)
	}})
}

func (j *Job) drop(ctx context.Context, files []ready, o DropOptions, earlier []*export.Report, started time.Time) (*export.Report, error) {
	if !o.Again {
		if done, err := j.droppedBefore(files, earlier); done != nil || err != nil {
			return done, err
		}
	}
	people, err := j.ledger.People()
	if err != nil {
		return nil, err
	}
	kinds, err := j.dropKinds()
	if err != nil {
		return nil, err
	}
	if err := j.withinLimits(files, kinds, people, started); err != nil {
		return nil, err
	}
	if err := j.untouchable(files, started); err != nil {
		return nil, err
	}
	if err := j.runner.Check(ctx); err != nil {
		return nil, err
	}
	id, err := j.planDrop(files, kinds, started)
	if err != nil {
		return nil, err
	}
	back, err := j.send(ctx, id)
	if err != nil {
		return nil, err
	}
	return j.report(id, findings{people: people, back: back})
}

// readyFiles reads and checks every file; it returns all faults of all files at once.
func readyFiles(cfg *config.Config, o DropOptions) ([]ready, error) {
	var out []ready
	var faults []error
	paths := map[string]string{}
	for _, path := range o.Files {
		data, err := readReady(path)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		sum := sha256.Sum256(data)
		r := ready{data: data, file: export.FeedFile{Path: path, Name: filepath.Base(path), Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}}
		if other, ok := paths[r.file.SHA256]; ok {
			faults = append(faults, export.Hint(fmt.Errorf("%s: the same bytes as %s", path, other), "name it once"))
		}
		paths[r.file.SHA256] = path
		sheet, bad := layout.CheckReady(r.file.Name, data, layout.ReadyOptions{
			Custom: cfg.Layout.Custom, CardReason: cfg.Layout.AllowCardData, AllowEmpty: o.AllowEmpty,
			AllowNotify: wiring.MayCreate(cfg, math.MaxInt32),
			MaxRows:     cfg.Layout.MaxRows, MaxBytes: cfg.Layout.MaxBytes,
		})
		for _, f := range bad {
			faults = append(faults, f)
		}
		r.sheet = sheet
		out = append(out, r)
	}
	if len(faults) > 0 {
		return nil, &exit.Error{Code: export.ExitFeed, Err: errors.Join(append(faults, errors.New("nothing was sent"))...)}
	}
	return out, nil
}

// readReady reads one file, a little beyond what a part may be, so that too large is reported as such.
func readReady(path string) ([]byte, error) {
	stat, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, export.Hint(fmt.Errorf("%s: there is no such file", path), "check its name")
	case err != nil:
		return nil, unreadable(path, err)
	case stat.IsDir():
		return nil, export.Hint(fmt.Errorf("%s: is a folder", path), "name the files in it, such as %s", filepath.Join(path, "users.csv"))
	}
	const most = 4 * layout.MaxBytes
	data, err := regular.Read(path, most)
	var kind *regular.KindError
	var size *regular.SizeError
	switch {
	case errors.As(err, &kind):
		return nil, export.Hint(fmt.Errorf("%s: %w", path, kind), "write the rows to a file first")
	case errors.As(err, &size):
		return nil, export.Hint(fmt.Errorf("%s: more than %d bytes, and Coupa takes at most %d in one file", path, most, layout.MaxBytes), "split it")
	case err != nil:
		return nil, unreadable(path, err)
	}
	return data, nil
}

func unreadable(path string, err error) error {
	return export.Hint(fmt.Errorf("%s: cannot be read: %w", path, regular.Cause(err)), "give this user the right to read it")
}

// droppedBefore refuses bytes that were sent before and names the load they became.
//
// If this start has just finished that load, the same command was only repeated: done is the report that says so.
func (j *Job) droppedBefore(files []ready, earlier []*export.Report) (done *export.Report, err error) {
	var faults []error
	repeated := 0
	for _, f := range files {
		old, ok, err := j.ledger.SeenBytes(f.file.SHA256)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if slices.ContainsFunc(earlier, func(r *export.Report) bool { return r.Run == old.Run }) {
			repeated++
			continue
		}
		parts, err := j.ledger.Parts(old.Run)
		if err != nil {
			return nil, err
		}
		became := "run " + old.Run
		for _, p := range parts {
			if p.SHA256 == f.file.SHA256 {
				became = fmt.Sprintf("%s in run %s, load %s, %s", p.Name, old.Run, words.Dash(p.LoadID), p.State)
			}
		}
		faults = append(faults, export.Hint(fmt.Errorf("%s: the same bytes were dropped before, as %s", f.file.Name, became), "--again sends them once more"))
	}
	if len(faults) > 0 {
		return nil, &exit.Error{Code: export.ExitUsage, Err: errors.Join(faults...)}
	}
	if repeated == len(files) {
		done = EmptyReport(export.EndSeen, j.env.Now().UTC())
		for _, f := range files {
			done.Files = append(done.Files, f.file)
		}
		return done, nil
	}
	return nil, nil
}

// untouchable refuses files with people who must not be changed, or not yet, each with its line.
func (j *Job) untouchable(files []ready, now time.Time) error {
	waiting, err := j.ledger.Waiting()
	if err != nil {
		return err
	}
	protects := wiring.Guard(j.cfg, now)
	var faults []error
	code := export.ExitFeed
	for _, f := range files {
		for _, r := range f.sheet.Rows {
			at := export.Origin{File: f.file.Name, Line: r.Line}
			if protects != nil {
				if by := protects(r.Key, r.Login, ""); by != nil {
					faults = append(faults, fmt.Errorf("%s: %s", at, by.Why))
				}
			}
			if part, ok := waiting.Behind("", r.First, r.Login); ok {
				code = export.ExitStalled
				faults = append(faults, export.Hint(fmt.Errorf("%s: an earlier row of this person is in part %s, which has no verdict yet", at, part), "drop the file again once that part has one"))
			}
		}
	}
	if len(faults) > 0 {
		return &exit.Error{Code: code, Err: errors.Join(append(faults, errors.New("nothing was sent"))...)}
	}
	return nil
}

// planDrop writes the files into the ledger as they are, each as one part and, since they may build on each other, one
// wave.
func (j *Job) planDrop(files []ready, kinds *dropKinds, started time.Time) (string, error) {
	run, err := j.ledger.BeginRun(export.RunRecord{Command: "drop", Started: started})
	if err != nil {
		return "", err
	}
	tx, err := j.ledger.Plan(run.ID)
	if err != nil {
		return "", err
	}
	defer tx.Rollback()
	var seen []export.FeedFile
	hashes := make([]string, len(files))
	for i, f := range files {
		hashes[i] = f.file.SHA256
	}
	batch := planning.BatchHash(hashes)
	input := 0
	for i, f := range files {
		part := export.Part{
			Name: export.PartName(run.Started, batch, i+1, len(files), export.ByCSV), UserName: f.file.Name, Wave: i + 1,
			Rows: len(f.sheet.Rows), Size: f.file.Size, SHA256: f.file.SHA256, State: export.Planned, Planned: run.Started,
			Columns: export.CarriedColumns(f.sheet.Columns),
		}
		if part.ID, err = tx.AddPart(part, f.data); err != nil {
			return "", err
		}
		for n, r := range f.sheet.Rows {
			input++
			row := export.RowResult{
				Part: part.ID, PartRow: n + 1, Origin: export.Origin{File: f.file.Name, Line: r.Line}, Lines: 1,
				Key: r.Key, First: r.First, Login: r.Login, Outcome: export.Pending, Kinds: kinds.of(f.sheet, &f.sheet.Rows[n]),
			}
			if err := tx.AddRow(row); err != nil {
				return "", err
			}
		}
		seen = append(seen, f.file)
	}
	return run.ID, tx.Commit(export.PlanSum{Files: seen, Input: input})
}
