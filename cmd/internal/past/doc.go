// Package past shows runs as the ledger has them: a list of the newest, one in full, and one as a page. It only reads.
package past
