// Package directory is about the users that Coupa holds. Preflight looks people up before a plan is sent. Writer writes
// rows to Coupa by API and records in the ledger what a call may have emptied. Verifier reads users back and compares
// every cell that was sent. Masker keeps personal data in Coupa's messages out of the log. They reach Coupa through an
// export.Directory.
package directory
