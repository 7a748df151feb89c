package wiring

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// Keyed is a ledger whose hashes are made with a key.
type Keyed interface {
	KeyMark() (string, error)
	NewKey(mark, by string) error
}

// maxKey is how many bytes the file of a key has at most.
const maxKey = 64 << 10

// KeyError reports that the key of a ledger's hashes is lost or another one, so that every baseline is unknown.
type KeyError struct {
	Where string // where the key was looked for
	Err   error  // why it cannot be had; nil: it is another key
}

// Error returns what is wrong with the key.
func (e *KeyError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("every baseline is unknown: %s is not the key that the hashes of the ledger were made with", e.Where)
	}
	return fmt.Sprintf("every baseline is unknown: the key of the ledger's hashes cannot be read: %s: %v", e.Where, e.Err)
}

// Hints returns what to do.
func (e *KeyError) Hints() []string {
	return append(export.HintsOf(e.Err), "put the key back; a backup of the ledger has it, unless ledger_key names another place",
		"if the key is lost for good: hr2coupa ledger new-key --by NAME forgets what was confirmed and begins anew, and the next run sends everyone once")
}

// Unwrap returns why the key cannot be had, or nil.
func (e *KeyError) Unwrap() error { return e.Err }

// LedgerKey returns the key of a ledger's hashes; its error is a *KeyError where the ledger has hashes of another key or its key is
// lost. Nothing is made or recorded: for a ledger without a key it is zero.
func LedgerKey(cfg *config.Config, l interface{ KeyMark() (string, error) }) (baseline.HashKey, error) {
	mark, err := l.KeyMark()
	if err != nil || mark == "" {
		return baseline.HashKey{}, err
	}
	key, err := readKey(cfg)
	if err != nil {
		return baseline.HashKey{}, &KeyError{keyPlace(cfg), err}
	}
	if key.Mark() != mark {
		return baseline.HashKey{}, &KeyError{Where: keyPlace(cfg)}
	}
	return key, nil
}

// NamedKey returns an error where the config names a key of the ledger's hashes that the first start could not use.
func NamedKey(cfg *config.Config) error {
	if cfg.LedgerKey == nil {
		return nil
	}
	if _, err := readKey(cfg); err != nil {
		return fmt.Errorf("read the key of the ledger's hashes: %s: %w", keyPlace(cfg), err)
	}
	return nil
}

// UseKey is LedgerKey for a start that has the lock. The first one of a ledger records which key it is, and makes one where the
// config names none. A key is never made for a ledger that has hashes.
func UseKey(cfg *config.Config, l Keyed) (baseline.HashKey, error) {
	key, err := LedgerKey(cfg, l)
	if err != nil || !key.IsZero() {
		return key, err
	}
	return NewKey(cfg, l, "")
}

// NewKey makes every baseline unknown, and records the key of the config as the one that hashes are made with from now on. It
// makes the ledger's own file where the config names no key and there is none.
func NewKey(cfg *config.Config, l Keyed, by string) (baseline.HashKey, error) {
	if cfg.LedgerKey == nil {
		if err := makeKey(ledger.OSDisk{}, keyPlace(cfg)); err != nil {
			return baseline.HashKey{}, fmt.Errorf("make the key of the ledger's hashes: %w", err)
		}
	}
	key, err := readKey(cfg)
	if err != nil {
		return baseline.HashKey{}, fmt.Errorf("read the key of the ledger's hashes: %s: %w", keyPlace(cfg), err)
	}
	return key, l.NewKey(key.Mark(), by)
}

// keyPlace names where the key is; where the config names no place, that is a path.
func keyPlace(cfg *config.Config) string {
	if cfg.LedgerKey != nil {
		return fmt.Sprintf("%s:%d: ledger_key", cfg.File, cfg.Line("ledger_key"))
	}
	return filepath.Join(cfg.Ledger, ledger.KeyFile)
}

func readKey(cfg *config.Config) (baseline.HashKey, error) {
	if cfg.LedgerKey != nil {
		text, err := cfg.LedgerKey()
		if fault, ok := errors.AsType[config.Fault](err); ok {
			return baseline.HashKey{}, export.Hint(errors.New(fault.Message), "%s", fault.Hint)
		}
		if err != nil {
			return baseline.HashKey{}, err
		}
		return baseline.NewHashKey(text.Reveal())
	}
	data, err := regular.Read(keyPlace(cfg), maxKey)
	if errors.Is(err, fs.ErrNotExist) {
		return baseline.HashKey{}, errors.New("there is no such file")
	}
	if err != nil {
		return baseline.HashKey{}, regular.Cause(err)
	}
	return baseline.NewHashKey(string(data))
}

// makeKey makes a file with a random key, whole or not at all, unless it is there.
func makeKey(disk ledger.Disk, path string) error {
	if Exists(path) {
		return nil
	}
	var key [32]byte
	if _, err := rand.Read(key[:]); err != nil {
		return err
	}
	temp := path + ".new"
	if err := disk.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a start that was killed
		return err
	}
	f, err := disk.Create(temp)
	if err != nil {
		return err
	}
	_, err = f.Write([]byte(hex.EncodeToString(key[:]) + "\n"))
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, disk.Remove(temp))
	}
	return errors.Join(disk.Rename(temp, path), disk.SyncDir(filepath.Dir(path)))
}
