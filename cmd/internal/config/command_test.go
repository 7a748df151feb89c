//go:build unix

package config

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestRunCommand(t *testing.T) {
	run := OSEnv(nil).Run
	out, err := run(t.Context(), []string{"sh", "-c", "echo secret; echo noise >&2"}, nil)
	if err != nil || string(out) != "secret\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := run(t.Context(), []string{"sh", "-c", "exit 3"}, nil); whyCommand(err) != "it ended with exit status 3" {
		t.Error(whyCommand(err))
	}
	if _, err := run(t.Context(), []string{"/no/such/program"}, nil); whyCommand(err) != "the program was not found" {
		t.Error(whyCommand(err))
	}
	if _, err := run(t.Context(), []string{"sh", "-c", "head -c 70000 /dev/zero"}, nil); whyCommand(err) != "it gave more than 65536 bytes" {
		t.Error(whyCommand(err))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := run(ctx, []string{"sh", "-c", "exec sleep 60"}, nil); whyCommand(err) != "no answer within 10s" {
		t.Error(whyCommand(err))
	}
}

// A FIFO that the command opens and its children inherit has an end as soon as all of them are gone.
func TestNothingThatACommandStartedLivesOn(t *testing.T) {
	for name, c := range map[string]struct {
		script, out, why string
		interrupt        bool
	}{
		"interrupted":              {script: "sleep 600 & wait", why: "interrupted", interrupt: true},
		"interrupted, output held": {script: "sleep 600 & sleep 600", why: "interrupted", interrupt: true},
		"command done":             {script: "sleep 600 >/dev/null & echo secret", out: "secret\n"},
		"command done, output held": {
			script: "sleep 600 & echo secret", why: "it ended, and something that it had started kept its output open",
		},
		"command failed": {script: "sleep 600 >/dev/null & exit 3", why: "it ended with exit status 3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fifo := filepath.Join(t.TempDir(), "alive")
			if err := syscall.Mkfifo(fifo, 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			gone := make(chan error, 1)
			go func() {
				alive, err := os.Open(fifo) // waits for the command
				if err != nil {
					gone <- err
					return
				}
				defer alive.Close()
				if c.interrupt {
					cancel()
				}
				alive.SetReadDeadline(time.Now().Add(time.Minute))
				_, err = io.Copy(io.Discard, alive)
				gone <- err
			}()
			out, err := runCommand(ctx, []string{"sh", "-c", "exec 3>" + fifo + "; " + c.script}, nil)
			if why := ""; err != nil {
				if why = whyCommand(err); why != c.why {
					t.Errorf("it failed with %q, want %q", why, c.why)
				}
			} else if c.why != "" || string(out) != c.out {
				t.Errorf("it gave %q, want %q and the failure %q", out, c.out, c.why)
			}
			if err := <-gone; err != nil {
				t.Errorf("something that it had started lives on: %v", err)
			}
		})
	}
}

// A command sees every variable except those that a key of the config reads a secret from.
func TestACommandSeesNoOtherSecret(t *testing.T) {
	for _, name := range []string{"COUPA_CLIENT_SECRET", "WEBHOOK_SECRET", "HOOK_URL", "VAULT_TOKEN"} {
		t.Setenv(name, "value-of-"+name)
	}
	src := replaced(t, "{env: COUPA_SFTP_PASSWORD}", `{command: [sh, -c, "test -n \"$PATH\" && env | grep value-of-"]}`) + `
coupa: {client_id: x, client_secret: {env: COUPA_CLIENT_SECRET}, scopes: [core.integration.read]}
notify:
  - {webhook: {url: {env: HOOK_URL}, format: json, secret: {env: WEBHOOK_SECRET}}}
`
	c, faults := Parse(t.Context(), at, []byte(src), OSEnv(os.Getenv), all)
	for _, f := range faults {
		if !strings.HasPrefix(f.Path, "notify") {
			t.Error(f)
		}
	}
	if c == nil || c.SFTP.Password.Reveal() != "VAULT_TOKEN=value-of-VAULT_TOKEN" {
		t.Fatalf("the command saw %q", c.SFTP.Password.Reveal())
	}
}
