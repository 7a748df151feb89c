// Package instance is what an instance of Coupa holds: its users, the references that exist, and the list of loads. It has the
// rules by which a row of a file or a body of the API becomes a user. It knows nothing of SFTP and HTTP.
package instance

import (
	"io"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// firstLoad is one less than the id of the first load. Ids of loads look like Coupa's.
const firstLoad = 1000

// Instance is what an instance of Coupa holds, with the clock and the switches that all sides of the twin share.
type Instance struct {
	Board *switchboard.Board
	Users *Users
	Loads *Loads
	Log   logrus.FieldLogger

	clock func() time.Time
}

// New returns an instance with the users and references of seed, which may be nil. Its clock is wrong if a switch says so.
func New(seed io.Reader, board *switchboard.Board, clock func() time.Time, log logrus.FieldLogger) (*Instance, error) {
	s, err := readSeed(seed)
	if err != nil {
		return nil, err
	}
	in := &Instance{Board: board, Loads: &Loads{nextID: firstLoad}, Log: log, clock: clock}
	if in.Users, err = newUsers(s, board, in.Now); err != nil {
		return nil, err
	}
	return in, nil
}

// Now returns the time by the clock of the instance.
func (in *Instance) Now() time.Time { return in.clock().Add(in.Board.Get().Skew()) }

// Spoils reports whether a bad answer is due: it is switched on, its time has come, and it has not yet occurred as often as
// it should.
func (in *Instance) Spoils(answer string) bool {
	if answer == "normal" || in.Board.Get().AnswerFrom == "pickup" && !in.Loads.any() {
		return false
	}
	return in.Board.Strikes()
}
