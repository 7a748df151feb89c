package export

import (
	"context"
	"errors"
)

// Sighting is where a part was seen on the SFTP server.
type Sighting struct {
	Temp     bool  // its temporary exists: the rename has not happened
	TempSize int64 // valid with Temp
	Folder   bool  // it is in the drop folder under its name, not yet picked up
	Size     int64 // valid with Folder
	Archived bool  // it is in an archive folder: Coupa has taken it
	Blind    bool  // no archive folder could be read, so "not archived" means nothing
}

// ErrExists and ErrGone are evidence of a rename; neither is a fault by itself.
var (
	ErrExists = errors.New("a file of that name is already in the drop folder")
	ErrGone   = errors.New("the temporary file is no longer there")
)

// Session is one connection to the drop folder. Parts are sent over it one after another. A session that returned an
// error other than ErrExists or ErrGone must be closed and not used again.
type Session interface {
	// Temp returns the full path of a part's temporary. Its absence later proves the rename.
	Temp(name string) string
	// Stage writes the temporary, closes it and compares its size; on an error it removes the temporary. It may be
	// repeated and then begins again.
	Stage(ctx context.Context, name string, data []byte) error
	// Commit renames the temporary, as Temp named it when it was written, to its name in the drop folder, never over an
	// existing file. ErrExists and ErrGone are evidence. After any other error the rename may or may not have happened.
	// A temp in another folder than the session would use is an error too, and then nothing is renamed.
	Commit(ctx context.Context, name, temp string) error
	// Write writes under the final name directly (sftp.direct). After an error a torn file may be there.
	Write(ctx context.Context, name string, data []byte) error
	// Look returns where the part can be seen now.
	Look(ctx context.Context, name string) (Sighting, error)
	Close() error
}
