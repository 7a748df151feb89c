// Package dbfile is the file of a ledger in SQLite: its layouts, in the order they were released, the way from an older
// one to the newest, the first bytes that tell a damaged file, and the connections to it. It knows no run and no person.
package dbfile
