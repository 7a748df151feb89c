package drop

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
	"unicode"

	"github.com/pkg/sftp"

	"github.com/hr2coupa/hr2coupa/export"
)

// fault returns the error for "nothing can be sent": the obstacle, what is wrong, and the cause or nil. A text from the
// server is cut and shown without escapes.
func fault(what export.Obstacle, cause error, format string, args ...any) *export.NotDeliveredError {
	for i, arg := range args {
		switch arg := arg.(type) {
		case error:
			args[i] = shown(arg.Error())
		case string:
			args[i] = shown(arg)
		}
	}
	return &export.NotDeliveredError{What: what, Msg: fmt.Sprintf(format, args...), Err: cause}
}

// longest is how many bytes of a text from the server are shown.
const longest = 500

// shown returns a text that is safe to print: characters that steer a terminal are replaced, and a long text is cut.
func shown(text string) string {
	cut := text[:min(len(text), longest)]
	cut = strings.ReplaceAll(cut, "\n", "; ")
	cut = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '?'
		}
		return r
	}, strings.ToValidUTF8(cut, "?"))
	if len(text) > longest {
		return fmt.Sprintf("%s… (%d bytes)", cut, len(text))
	}
	return cut
}

func silent(address string, limit time.Duration) error {
	return fault(export.NoAnswer, nil, "no byte of SFTP from %s for %s while an answer was due, connection closed", address, limit).
		WithHint("run again, and ask the server's operator if it happens again")
}

func endless(address string, limit time.Duration) error {
	return fault(export.NoAnswer, nil, "%s answered, but did not finish within %s, connection closed", address, limit).
		WithHint("run again, ask the server's operator if it happens again, or raise sftp.operation if the server is known to be slow")
}

func lostConnection(address string, cause error) error {
	return fault(export.Unreachable, cause, "the connection to %s broke (%v)", address, cause).
		WithHint("run again, and check the network or ask the server's operator if it happens again")
}

// stopped returns the error of a cancelled context: it matches both context.Canceled (or DeadlineExceeded) and the
// cause.
func stopped(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != ctx.Err() { //nolint:errorlint // is there a cause of its own?
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}

// refused turns the server's refusal about a file into a fault; an error that is no answer stays as it is.
func refused(verb, file string, err error) error {
	var status *sftp.StatusError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return noFolder(path.Dir(file), err)
	case errors.Is(err, fs.ErrPermission):
		return fault(export.NoPermission, err, "the server does not allow us to %s %s", verb, file).
			WithHint("ask for the right to %s files in %s, or correct sftp.folder or sftp.staging", verb, path.Dir(file))
	case errors.As(err, &status):
		return fault(export.NoFolder, err, "the server refuses to %s %s (%v), which may be a full disk or quota, or something it cannot do", verb, file, err).
			WithHint("make room there, or ask its operator")
	}
	return err
}

func noFolder(dir string, err error) error {
	return fault(export.NoFolder, err, "there is no folder %s on the server", dir).
		WithHint("correct sftp.folder or sftp.staging (folders differ per Coupa instance)")
}

// isAnswer reports whether an error is a refusal by the server and not a broken connection.
func isAnswer(err error) bool {
	var status *sftp.StatusError
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.As(err, &status)
}
