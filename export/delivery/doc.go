// Package delivery takes the parts of a recorded plan to their verdicts, one recorded move at a time. Runner drives
// them: deliver stages and renames files over SFTP. api has a PartWriter write the parts of the API route. await asks
// for the load of each part, by the ways of load.via. verdict settles a part by its load, and join finds the row of an
// error of Coupa. The table of moves is export.PartState. Every move is in the ledger before the next one begins, so
// that a start after a crash knows what may have happened.
package delivery
