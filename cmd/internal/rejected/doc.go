// Package rejected writes the rows of a run that need a person into files for people: HR's own records, each with why it did
// not reach Coupa. They are in the folder of the ledger, which no feed is read from. Only this user may read them.
package rejected
