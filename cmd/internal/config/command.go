package config

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"time"
)

// runCommand discards standard error: helpers print hints there, and some print the secret. All processes that the command
// has started end with it, even if the command itself has ended before.
func runCommand(ctx context.Context, argv, hidden []string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out limitedBuffer
	cmd.Stdout = &out
	cmd.Env = without(os.Environ(), hidden)
	cmd.WaitDelay = time.Second // a process that left the group may keep the pipe open; we do not wait for it
	err := runGroup(cmd)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, err
	case out.over:
		return nil, errTooLarge
	}
	return out.buf.Bytes(), nil
}

// without returns an environment without the variables named.
func without(environ, names []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.ContainsFunc(names, func(hidden string) bool {
			return name == hidden || runtime.GOOS == "windows" && strings.EqualFold(name, hidden)
		})
	})
}

// limitedBuffer keeps the first maxSecret bytes and remembers whether there were more.
type limitedBuffer struct {
	buf  bytes.Buffer
	over bool
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if keep := maxSecret - b.buf.Len(); len(p) > keep {
		b.buf.Write(p[:keep])
		b.over = true
		return len(p), nil
	}
	return b.buf.Write(p)
}
