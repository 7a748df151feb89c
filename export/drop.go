package export

import (
	"context"
	"errors"
)

// Sighting is where a part was seen on the SFTP server.
type Sighting struct {
	Temp     bool  // its temporary is there: the rename has not happened
	TempSize int64 // valid with Temp
	Folder   bool  // it lies in the drop folder under its name, not yet picked up
	Size     int64 // valid with Folder
	Archived bool  // it lies in an archive folder: Coupa has taken it
	Blind    bool  // no archive folder could be read, so that "not archived" means nothing
}

// Evidence of a rename: neither is a fault by itself.
var (
	ErrExists = errors.New("a file of that name is already in the drop folder")
	ErrGone   = errors.New("the temporary file is no longer there")
)

// Session is one connection to the drop folder. Parts go one after another over it. A session that returned an error
// other than ErrExists or ErrGone must be closed and not used again.
type Session interface {
	// Temp is the full path of a part's temporary: the receipt.
	Temp(name string) string
	// Stage writes the temporary, closes it and compares its size; on an error it removes what it made. It may be
	// repeated: it begins anew.
	Stage(ctx context.Context, name string, data []byte) error
	// Commit renames the temporary, as Temp named it when it was written, to its name in the drop folder, never over an
	// existing file. ErrExists and ErrGone are evidence. After any other error the rename may or may not have happened;
	// a temporary that lies where the session would not write it is one, and nothing is renamed then.
	Commit(ctx context.Context, name, temp string) error
	// Write writes the final name directly (sftp.direct). After an error a torn file may be there.
	Write(ctx context.Context, name string, data []byte) error
	// Look tells where the part can be seen now.
	Look(ctx context.Context, name string) (Sighting, error)
	Close() error
}
