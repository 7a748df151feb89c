// Package delivery takes the parts of a recorded plan to their verdicts, one recorded move at a time. Runner drives them:
// deliver stages and renames files over SFTP, api has a PartWriter write the parts of the API route, await asks Coupa what
// became of each, by the ways of load.via; verdict settles a part by its load, and join finds the row that an error of
// Coupa belongs to. The table of moves is export.PartState; every move is in the ledger before the next one begins, so
// that a start after a crash knows what may have happened.
package delivery
