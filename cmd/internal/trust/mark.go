package trust

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// mark is how far a ledger has come. It is stored outside the ledger, so that a ledger that is restored, lost or replaced
// does not take its mark along. It holds names of parts and no personal data, so that other ledgers' users may read it.
type mark struct {
	Instance string    `json:"instance"`
	Ledger   string    `json:"ledger"` // its folder
	At       time.Time `json:"at"`     // the end of the start that wrote it
	Runs     int64     `json:"runs"`
	Parts    int64     `json:"parts"`
	Sent     []string  `json:"sent"` // parts of the last days
}

const (
	markEnding = ".mark"
	maxMark    = 4 << 20
	Remembered = 8 * 24 * time.Hour // a day more than the list of loads is read back
)

// markSet are the marks beside a config.
type markSet struct {
	own    *mark   // of this config or this ledger, the furthest one; nil if there is none
	others []*mark // of other ledgers that write into the same instance
	Broken []string
}

// MarkPlaces returns where the mark of a config's ledger may be, best place first: beside the config, or else beside the
// ledger's folder, if the config's folder cannot be written to.
func MarkPlaces(cfg *config.Config) []string {
	return []string{cfg.File + markEnding, filepath.Clean(cfg.Ledger) + markEnding}
}

// ReadMarks reads the marks beside a config. It ignores those of another instance.
func ReadMarks(cfg *config.Config) markSet {
	var m markSet
	places := MarkPlaces(cfg)
	beside, _ := filepath.Glob(filepath.Join(escapeGlob(filepath.Dir(cfg.File)), "*"+markEnding)) // Glob fails on a bad pattern only
	for _, path := range append(places, beside...) {
		one, err := readMark(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			if !slices.Contains(m.Broken, path) {
				m.Broken = append(m.Broken, path)
			}
			continue
		}
		switch mine := slices.Contains(places, path) || one.Ledger == ledgerFolder(cfg); {
		case one.Instance != cfg.Instance:
		case mine && (m.own == nil || one.Runs > m.own.Runs):
			m.own = one
		case !mine:
			m.others = append(m.others, one)
		}
	}
	return m
}

func readMark(path string) (*mark, error) {
	data, err := regular.Read(path, maxMark)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 { // an administrator created it for us to write to
		return nil, os.ErrNotExist
	}
	one := &mark{}
	return one, json.Unmarshal(data, one)
}

// WriteMark writes a mark to the first place that can be written to, whole or not at all if its folder allows that.
func WriteMark(cfg *config.Config, water export.Water, now time.Time) error {
	data, err := json.MarshalIndent(mark{
		Instance: cfg.Instance, Ledger: ledgerFolder(cfg), At: now.UTC().Truncate(time.Second), Runs: water.Runs, Parts: water.Parts, Sent: water.Sent,
	}, "", " ")
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range MarkPlaces(cfg) {
		err := replaceFile(path, data)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// replaceFile writes a new file and renames it over the old one, or writes into the old one if nothing else is allowed: an
// administrator may have created it for us in a folder of theirs.
func replaceFile(path string, data []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return overwrite(path, data, err)
	}
	_, err = temp.Write(data)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil { // mounted by itself in a container: it can be written to and not be replaced
		return overwrite(path, data, errors.Join(err, os.Remove(temp.Name())))
	}
	return nil
}

func overwrite(path string, data []byte, why error) error {
	f, err := regular.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return why
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// CanMark returns nil if a mark could be written. It leaves none.
func CanMark(cfg *config.Config) error {
	var why error
	for _, path := range MarkPlaces(cfg) {
		if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
			why = cmp.Or(why, fmt.Errorf("%s is not a file", path))
			continue
		}
		if f, err := regular.OpenFile(path, os.O_WRONLY, 0); err == nil {
			return f.Close()
		}
		err := disk.Writable(filepath.Dir(path))
		if err == nil {
			return nil
		}
		why = cmp.Or(why, fmt.Errorf("%s: %w", path, err))
	}
	return why
}

func ledgerFolder(cfg *config.Config) string {
	dir, err := filepath.Abs(cfg.Ledger)
	if err != nil {
		return cfg.Ledger
	}
	return dir
}

// escapeGlob escapes the special characters of a pattern in a folder's name.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
