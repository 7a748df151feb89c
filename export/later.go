package export

import (
	"errors"
	"time"
)

// NotBefore returns the time before which Coupa does not want to be asked again, where an error has one. It is later
// than the call would have waited.
func NotBefore(err error) (at time.Time, ok bool) {
	var later interface {
		error
		NotBefore() time.Time
	}
	if !errors.As(err, &later) {
		return at, false
	}
	return later.NotBefore(), !later.NotBefore().IsZero()
}
