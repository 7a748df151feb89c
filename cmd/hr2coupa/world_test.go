package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/testdata/farend"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// Secrets of the world. No log may ever show one.
const (
	plantedPassword = "planted-sftp-password-7Qx"
	plantedSecret   = "planted-client-secret-8Ry"
	plantedCookie   = "planted-page-cookie-9Sz"
	plantedSMTP     = "planted-smtp-password-1Ta"
	plantedHook     = "planted-webhook-secret-2Ub" // its key, and the end of the address
)

// world is what the commands of one script share: its config, its twin, and what runs beside it.
type world struct {
	dir    string
	config *section
	twin   *twin.Twin
	locked ledger.Ledger
	unlock func() error
	beside *exec.Cmd // started by start, ended by interrupt
	out    *heard    // what it wrote
	log    *heard
	mail   *farend.Mail
	web    *farend.Web
	keys   map[string]bool // HR's keys, if no log may have them; nil if logs may
	shut   []func()        // ends the servers of notices
	seen   struct{ mails, posts int }
}

// heard is a buffer that may be read while a process writes to it.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// files is the world of a script that brings no files of those names itself.
const files = "../../testdata/world"

// setup writes feed, users and config into the script's folder.
func setup(env *testscript.Env) error {
	for _, name := range []string{"feed.csv", "users.json"} {
		path := filepath.Join(env.WorkDir, name)
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		data, err := os.ReadFile(filepath.Join(files, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
	}
	data, err := filepath.Abs(filepath.Dir(files))
	if err != nil {
		return err
	}
	env.Setenv("TESTDATA", data)
	env.Setenv("LIMIT", "") // what a shell evaluates before a command whose memory is bounded
	env.Setenv("MANY", strconv.Itoa(manyRecords))
	if memoryLimits {
		env.Setenv("LIMIT", "ulimit -s 1024 && ulimit -d 389120")
	}
	env.Setenv("TZ", noon(time.Now()))
	env.Setenv("GORACE", "atexit_sleep_ms=0") // else every process of a test with -race waits a second at its end
	env.Setenv("COUPA_SFTP_PASSWORD", plantedPassword)
	env.Setenv("COUPA_CLIENT_SECRET", plantedSecret)
	env.Setenv("COUPA_PAGE_COOKIE", "_coupa_session="+plantedCookie)
	env.Setenv("SMTP_PASSWORD", plantedSMTP)
	env.Setenv("WEBHOOK_SECRET", plantedHook)
	env.Setenv("EVIL", evil)
	w := &world{dir: env.WorkDir, config: defaultConfig()}
	if env.Values[discreetKey{}] != nil {
		w.keys = map[string]bool{}
		w.config.set("privacy", "pseudonyms")
	}
	env.Values[worldKey{}] = w
	env.Defer(w.close)
	if _, err := os.Stat(w.configPath()); !errors.Is(err, fs.ErrNotExist) {
		return err // the script has a config of its own
	}
	return w.writeConfig()
}

// noon returns a zone in which it is about noon and clocks are never changed, so that no story goes over midnight.
func noon(now time.Time) string {
	return fmt.Sprintf("Etc/GMT%+d", now.UTC().Hour()-12) // east of Greenwich is minus in these names
}

func (w *world) configPath() string { return filepath.Join(w.dir, "hr2coupa.yaml") }

// writeConfig replaces the config as a whole: a program beside the story may be reading it.
func (w *world) writeConfig() error {
	half := w.configPath() + ".tmp"
	if err := os.WriteFile(half, w.config.yaml(), 0o600); err != nil {
		return err
	}
	return os.Rename(half, w.configPath())
}

func (w *world) close() {
	if w.beside != nil {
		w.beside.Process.Kill()
		w.beside.Wait()
	}
	if w.unlock != nil {
		w.unlock()
		w.locked.Close()
	}
	if w.twin != nil {
		w.twin.Close()
	}
	for _, shut := range w.shut {
		shut()
	}
}

// start starts a twin, in place of an earlier one, and points the config at it.
func (w *world) start(switches []string) error {
	if w.twin != nil {
		if err := w.twin.Close(); err != nil {
			return err
		}
	}
	sw, err := switchboard.Parse(append([]string{"pickup-interval=20ms", "rate=none"}, switches...))
	if err != nil {
		return err
	}
	users, err := os.Open(filepath.Join(w.dir, "users.json"))
	if err != nil {
		return err
	}
	defer users.Close()
	w.twin, err = twin.Start(context.Background(), twin.Options{
		Users: users, Switches: sw, Password: plantedPassword, ClientSecret: plantedSecret, PageCookie: "_coupa_session=" + plantedCookie,
	})
	if err != nil {
		return err
	}
	w.config.set("instance", w.twin.URL())
	w.config.set("sftp.address", w.twin.SFTPAddr())
	w.config.set("sftp.host_key", `"`+w.twin.HostKeyFingerprint()+`"`)
	return w.writeConfig()
}
