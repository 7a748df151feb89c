// Package directory is about the users that Coupa holds. Preflight looks people up before a plan is sent, Writer brings
// rows to Coupa by API and remembers in the ledger what a call may have emptied, and Verifier reads users back and compares
// every cell that was sent. Masker keeps what Coupa says of people out of the log. What Coupa is, is an export.Directory.
package directory
