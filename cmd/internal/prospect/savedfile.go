package prospect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// maxPlan bounds what is read of a saved plan: a million quarantined rows take a third of it.
const maxPlan = 1 << 30

const planOnce = "plan again: hr2coupa plan -o FILE"

var errNoPlan = export.Hint(errors.New("it is not a saved plan"), "hr2coupa plan -o FILE writes one")

// ReadPlan reads a saved plan back. Nothing of it is repeated in errors: it may be any file.
func ReadPlan(path string) (*SavedPlan, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPlan+1))
	if err != nil {
		return nil, err
	}
	var head struct {
		Format int `json:"hr2coupa_plan"`
	}
	switch err := json.Unmarshal(data, &head); {
	case len(data) > maxPlan, err != nil, head.Format == 0:
		return nil, errNoPlan
	case head.Format != planFormat:
		return nil, export.Hint(fmt.Errorf("it is of format %d, and this hr2coupa (%s) knows format %d", head.Format, wiring.Version, planFormat), planOnce)
	}
	s := &SavedPlan{path: path}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil || len(s.Feed)+s.State.Kept == 0 {
		return nil, export.Hint(errors.New("it is damaged"), planOnce)
	}
	return s, nil
}

// MayWritePlan returns an error if path is there and is no saved plan, such as a feed: -o does not overwrite it.
func MayWritePlan(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && wiring.Exists(filepath.Dir(path)):
		return nil
	case err != nil:
		return exit.Usage("plan -o: %w", err)
	case !info.Mode().IsRegular():
		return export.Hint(exit.Usage("plan -o: %s is not an ordinary file", path), "give the name of a new file")
	}
	if _, err := ReadPlan(path); errors.Is(err, errNoPlan) {
		return export.Hint(exit.Usage("plan -o: %s exists and is not a saved plan, so it is not overwritten", path), "give another name")
	}
	return nil
}

// writePlan writes a saved plan: 0600, since it holds personal data.
func writePlan(path string, s *SavedPlan) (err error) {
	data, err := s.encode()
	if err == nil {
		err = Replace(path, func(w io.Writer) error { _, err := w.Write(data); return err })
	}
	if err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	return nil
}

// Replace writes a file that only its owner may read (0600): under a temporary name, which is renamed when all is written. What
// was at path before stays until then.
func Replace(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".hr2coupa-plan-*.tmp") // created with mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name()) // the first error is returned
		}
	}()
	err = write(f)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	return err
}

// Save writes the noted plan to a file that only its owner may read (0600). limits are those that would hold it.
func (s *Saving) Save(path string, plan *export.Plan, limits []export.Breach, now time.Time) error {
	saved, err := s.Plan(plan)
	if err != nil {
		return err
	}
	saved.MadeAt = now.UTC().Truncate(time.Second)
	for _, b := range limits {
		saved.Limits = append(saved.Limits, b.String())
	}
	return writePlan(path, saved)
}
