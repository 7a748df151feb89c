package drop

import (
	"context"
	"errors"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Archive asks the SFTP server itself: a file that has left the drop folder was picked up. It never returns a verdict.
type Archive struct {
	Dial func(context.Context) (export.Session, error)
	s    export.Session
}

// Via returns the name of this way of asking in load.via.
func (*Archive) Via() string { return "archive" }

// Check returns nil and proves nothing: delivery opens the same connection a moment later.
func (*Archive) Check(context.Context) error { return nil }

// Ask returns a load without a verdict where the file was picked up, and nil where it is still in the drop folder.
func (a *Archive) Ask(ctx context.Context, q export.LoadQuery) (*export.Load, error) {
	if a.s == nil {
		s, err := a.Dial(ctx)
		if err != nil {
			return nil, passing(err)
		}
		a.s = s
	}
	seen, err := a.s.Look(ctx, q.Name)
	if err != nil {
		a.Close()
		return nil, passing(err)
	}
	if seen.Archived || !seen.Folder && !seen.Temp {
		return &export.Load{Via: "archive", FileSize: -1, Processed: -1, Created: -1, Updated: -1, ErrorsN: -1, PickedUp: true}, nil
	}
	return nil, nil
}

// MakeWay dials for a delivery. It first closes the connection for asking, since some servers allow an account only one
// connection. Such a server may take a moment to notice, so a dial that it ended before the login is repeated once.
func (a *Archive) MakeWay(dial func(context.Context) (export.Session, error)) func(context.Context) (export.Session, error) {
	return func(ctx context.Context) (export.Session, error) {
		open := a.s != nil
		a.Close()
		s, err := dial(ctx)
		var not *export.NotDeliveredError
		if !open || !errors.As(err, &not) || not.What != export.Unreachable {
			return s, err
		}
		select {
		case <-time.After(noticing):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		return dial(ctx)
	}
}

// noticing is how long we wait for a server to notice that a connection has ended.
const noticing = time.Second

// passing turns the error of a lost or silent connection into one that does not end this way of asking: the next
// question dials again.
func passing(err error) error {
	var not *export.NotDeliveredError
	if errors.As(err, &not) && not.What.Passing() {
		return export.WithHintsOf(errors.New(err.Error()), err)
	}
	return err
}

// Close ends the connection for asking.
func (a *Archive) Close() {
	if a.s != nil {
		a.s.Close() // the session only reads; nothing is lost with the connection
		a.s = nil
	}
}
