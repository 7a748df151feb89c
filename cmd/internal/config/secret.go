package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

const secretHint = "use {env: NAME}, {file: PATH} or {command: [PROGRAM, ARGUMENT]}"

// Names that a message may quote if the variable is not set. Anything else may be the secret itself, put in the wrong place.
var quotable = regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`)

// secret reads one secret. None of its messages quotes what the config holds or what came back, because a secret
// may stand where its source should: the line is enough.
func (s *section) secret(key string) export.Secret {
	s.quiet = true
	v := s.take(key)
	if v == nil {
		return export.Secret{}
	}
	if v.kind != kindMapping {
		v.fault("literal secret", secretHint)
		return export.Secret{}
	}
	if len(v.entries) != 1 || !slices.Contains([]string{"env", "file", "command"}, v.entries[0].key) {
		v.fault("a secret has exactly one source", secretHint)
		return export.Secret{}
	}
	source := v.entries[0].value
	var got string
	var ok bool
	switch v.entries[0].key {
	case "env":
		got, ok = v.fromEnv(source)
	case "file":
		got, ok = v.fromFile(source)
	case "command":
		got, ok = v.fromCommand(source)
	}
	if !ok || !v.r.opt.NeedSecrets {
		return export.Secret{}
	}
	return export.NewSecret(got)
}

// later checks the form of a secret now and reads it when it is asked for, in every command. nil: the key was not given.
func (s *section) later(key string) func() (export.Secret, error) {
	if !s.has(key) {
		s.know(key)
		return nil
	}
	asked := s.r.opt.NeedSecrets
	s.r.opt.NeedSecrets = false
	s.secret(key)
	s.r.opt.NeedSecrets = asked
	return func() (export.Secret, error) {
		own := *s.r
		own.opt.NeedSecrets, own.faults, own.lines = true, nil, map[string]int{}
		got := (&section{r: &own, path: s.path, line: s.line, node: s.node}).secret(key)
		if len(own.faults) > 0 {
			return got, own.faults[0]
		}
		return got, nil
	}
}

func (v *setting) fromEnv(source *node) (string, bool) {
	if source.kind != kindText || source.text == "" {
		v.fault("env must name an environment variable", secretHint)
		return "", false
	}
	if !v.r.opt.NeedSecrets {
		return "", true
	}
	got := v.r.env.Getenv(source.text)
	if got == "" {
		name := "the environment variable named here"
		if quotable.MatchString(source.text) {
			name = "the environment variable " + source.text
		}
		v.fault(name+" is not set or empty", "set it for the user that runs hr2coupa")
		return "", false
	}
	return got, true
}

func (v *setting) fromFile(source *node) (string, bool) {
	if source.kind != kindText || source.text == "" || strings.ContainsAny(source.text, "\r\n\x00") {
		v.fault("file must name a file", secretHint)
		return "", false
	}
	if !v.r.opt.NeedSecrets {
		return "", true
	}
	data, mode, err := v.r.env.read(v.r.file(source.text), maxSecret)
	switch {
	case err != nil:
		v.fault("cannot read the secret's file: "+regular.Cause(err).Error(), "relative paths begin at "+v.r.dir)
		return "", false
	case openToOthers(mode):
		v.fault("the secret's file can be read by others", "allow only its owner to read it: chmod 600")
		return "", false
	}
	return v.trimmed(data, "file")
}

func openToOthers(mode fs.FileMode) bool {
	return runtime.GOOS != "windows" && mode.Perm()&0o007 != 0 // Windows has no such bits: every file would show them
}

func (v *setting) fromCommand(source *node) (string, bool) {
	argv := make([]string, 0, len(source.items))
	for _, item := range source.items {
		if item.kind == kindText {
			argv = append(argv, item.text)
		}
	}
	if len(argv) == 0 || len(argv) != len(source.items) || argv[0] == "" {
		v.fault("command must be a list of texts: a program and its arguments", "no shell is used; put numbers into quotes")
		return "", false
	}
	if !v.r.opt.NeedSecrets {
		return "", true
	}
	if strings.ContainsRune(argv[0], filepath.Separator) {
		argv[0] = inPlace(v.r.file(argv[0]))
	}
	ctx, cancel := context.WithTimeout(v.r.ctx, commandTimeout)
	defer cancel()
	data, err := v.r.env.Run(ctx, argv, v.r.secretVariables())
	if err == nil && len(data) > maxSecret {
		err = errTooLarge
	}
	if err != nil {
		v.fault("the secret's command returned nothing: "+whyCommand(err), "run it by hand as the user that runs hr2coupa")
		return "", false
	}
	return v.trimmed(data, "command")
}

// inPlace keeps a program's path a path: ./fetch beside hr2coupa.yaml has become fetch, which would be looked for in PATH.
func inPlace(program string) string {
	if filepath.IsAbs(program) {
		return program
	}
	return "." + string(filepath.Separator) + program
}

// secretVariables returns the names of the environment variables that the config reads secrets from. A command that fetches
// one secret does not see the others; what it needs itself (PATH, HOME, VAULT_TOKEN) it sees.
func (r *reader) secretVariables() []string {
	if r.variables == nil {
		r.variables = []string{}
		r.root.variables(&r.variables)
	}
	return r.variables
}

// whyCommand has its own words for every error: the originals name the program or quote its output.
func whyCommand(err error) string {
	var exit *exec.ExitError
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", commandTimeout)
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case errors.Is(err, errTooLarge):
		return fmt.Sprintf("it gave more than %d bytes", maxSecret)
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return "the program was not found"
	case errors.Is(err, exec.ErrWaitDelay):
		return "it ended, and something that it had started kept its output open"
	case errors.As(err, &exit):
		return "it ended with " + exit.ProcessState.String()
	}
	return "it could not be run"
}

// trimmed removes one line break at the end: editors and commands add it.
func (v *setting) trimmed(data []byte, source string) (string, bool) {
	got := strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	if got == "" {
		v.fault("the secret's "+source+" is empty", "")
		return "", false
	}
	return got, true
}
