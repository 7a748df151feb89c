package exit

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/hr2coupa/hr2coupa/export"
)

// Error is an error with the exit code that the command ends with.
type Error struct {
	Code int
	Err  error
}

// Error returns the message of the error inside.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error inside.
func (e *Error) Unwrap() error { return e.Err }

// Ended ends a command with a code other than 0 although the command itself did not fail. All that has to be printed
// was printed.
type Ended struct{ Code int }

// Error names the code; no command prints it.
func (e *Ended) Error() string { return fmt.Sprintf("ended with exit code %d", e.Code) }

// With returns err if there is one, else an Ended with the code of the verdict, nil for 0.
func With(code int, err error) error {
	if err == nil && code != export.ExitOK {
		return &Ended{code}
	}
	return err
}

// Usage returns an error that ends the command with code 2.
func Usage(format string, args ...any) error {
	return &Error{export.ExitUsage, fmt.Errorf(format, args...)}
}

// Unread returns the error of a file that a person has named and that cannot be read, with what to do. Its text leaves out the
// name, for a message that has it already.
func Unread(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return export.Hint(errors.New("there is no such file"), "check its name")
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return export.Hint(fmt.Errorf("cannot be read: %w", err), "name a file that this user may read")
}

// NoFolder returns the error (2) for a file that an option names and that cannot be written, since its folder is not there.
func NoFolder(option, path string) error {
	return export.Hint(Usage("%s: there is no folder for %s", option, path), "create it, or name another file")
}

// NoRun returns the error for a run that the ledger does not know; "" is any run.
func NoRun(id string) error {
	if id == "" {
		return export.Hint(Usage("the ledger knows no run yet"), "hr2coupa run begins one")
	}
	return export.Hint(Usage("the ledger knows no run %q", id), "hr2coupa status lists the runs")
}

// Code returns the exit code for an error that ended a command.
func Code(err error) int {
	var exit *Error
	var ended *Ended
	var feed *export.UnusableFeedError
	var locked *export.LockedError
	var not *export.NotDeliveredError
	switch {
	case errors.As(err, &exit):
		return exit.Code
	case errors.As(err, &ended):
		return ended.Code
	case errors.As(err, &feed):
		return export.ExitFeed
	case errors.As(err, &locked):
		return export.ExitLocked
	case errors.As(err, &not):
		return export.ExitNotDelivered
	}
	return export.ExitFault
}

// Ends has, by exit code, how a command ended before there was anything to report.
var Ends = map[int]export.RunEnd{
	export.ExitFault: export.EndFault, export.ExitUsage: export.EndUsage, export.ExitNotDelivered: export.EndNotDelivered, export.ExitLocked: export.EndLocked,
	export.ExitHeld: export.EndHeld, export.ExitFeed: export.EndFeedUnusable, export.ExitInterrupted: export.EndInterrupted,
}

// ErrInterrupted is the cause of a context that a signal ended.
var ErrInterrupted = errors.New("interrupted")

// Said returns the text of an error without the word that the line begins with already.
func Said(err error) string {
	var not *export.NotDeliveredError
	if errors.As(err, &not) {
		return not.Msg
	}
	return err.Error()
}
