package export

import (
	"errors"
	"time"
)

// NotBefore is the time before which Coupa does not want to be asked again, where an error says so. It is further away
// than its call would wait.
func NotBefore(err error) (at time.Time, ok bool) {
	var later interface {
		error
		NotBefore() time.Time
	}
	if !errors.As(err, &later) {
		return time.Time{}, false
	}
	at = later.NotBefore()
	return at, !at.IsZero()
}
