package dbfile

import (
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const busyTimeout = 10 * time.Second

// pragmas are settings that SQLite keeps for a connection and not in the file.
func pragmas() []string {
	return []string{
		"synchronous = FULL",
		"foreign_keys = ON",
		"trusted_schema = OFF",
		"secure_delete = ON",
		"temp_store = MEMORY", // sorting must not leave personal data in /tmp
		"cache_size = -16384", // KiB
		"journal_size_limit = 4194304",
	}
}

// Prepare sets what SQLite keeps for a connection. A connection waits for another program that writes.
func Prepare(c *sqlite.Conn) error {
	c.SetBusyTimeout(busyTimeout)
	for _, p := range pragmas() {
		if err := sqlitex.ExecuteTransient(c, "PRAGMA "+p, nil); err != nil {
			return err
		}
	}
	return nil
}
