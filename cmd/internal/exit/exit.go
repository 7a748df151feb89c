package exit

import (
	"errors"
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// Error carries the code a command ends with.
type Error struct {
	Code int
	Err  error
}

func (e *Error) Error() string { return e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// Ended ends a command whose verdict is no 0 although nothing went wrong with the command itself. All that is to be
// said has been said.
type Ended struct{ Code int }

func (e *Ended) Error() string { return fmt.Sprintf("ended with exit code %d", e.Code) }

// With is how a command ends: with its error, else with the code of its verdict.
func With(code int, err error) error {
	if err == nil && code != export.ExitOK {
		return &Ended{code}
	}
	return err
}

// Usage is an error that ends with 2.
func Usage(format string, args ...any) error {
	return &Error{export.ExitUsage, fmt.Errorf(format, args...)}
}

// NoRun is the error for a run that the ledger does not know.
func NoRun(id string) error {
	return export.Hint(Usage("the ledger knows no run %q", id), "hr2coupa status lists the runs")
}

// Code finds the code for an error that ended a command.
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

// Ends are how commands ended, by their code, where there was nothing to report yet.
var Ends = map[int]export.RunEnd{
	export.ExitFault: export.EndFault, export.ExitUsage: export.EndUsage, export.ExitNotDelivered: export.EndNotDelivered, export.ExitLocked: export.EndLocked,
	export.ExitHeld: export.EndHeld, export.ExitFeed: export.EndFeedUnusable, export.ExitInterrupted: export.EndInterrupted,
}

// errInterrupted is the cause of a context that ended by a signal.
var ErrInterrupted = errors.New("interrupted")

// Said is an error without the word that the line already begins with.
func Said(err error) string {
	var not *export.NotDeliveredError
	if errors.As(err, &not) {
		return not.Msg
	}
	return err.Error()
}
