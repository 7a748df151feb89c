package config

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/hr2coupa/hr2coupa/export/regular"
)

const (
	maxConfig      = 1 << 20  // bytes of a config file
	maxSecret      = 64 << 10 // bytes of a secret
	commandTimeout = 10 * time.Second
)

// Env is what a config may reach outside itself.
type Env struct {
	// Getenv returns an environment variable, "" if it is not set.
	Getenv func(name string) string
	// Open opens a regular file for reading, and refuses any other.
	Open func(path string) (fs.File, error)
	// Run runs a command without a shell and returns its standard output. The command sees the environment without the
	// variables in hidden. It must stop with ctx, with everything that it has started.
	Run func(ctx context.Context, argv, hidden []string) ([]byte, error)
}

// OSEnv returns the real environment, with the variables of getenv.
func OSEnv(getenv func(string) string) Env {
	return Env{
		Getenv: getenv,
		Open:   func(path string) (fs.File, error) { return regular.Open(path) },
		Run:    runCommand,
	}
}

var errTooLarge = errors.New("it is too large")

// read returns a file's bytes, at most limit of them, and its mode.
func (e Env) read(path string, limit int64) (data []byte, mode fs.FileMode, err error) {
	f, err := e.Open(path)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close() // only read from: nothing is lost
	info, err := f.Stat()
	if err != nil {
		return nil, 0, err
	}
	data, err = regular.All(f, path, limit)
	return data, info.Mode(), err
}
