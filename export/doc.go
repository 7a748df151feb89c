// Package export has the nouns, states and small contracts of the way from HR's feed to Coupa, and imports no other
// package of the project. The rooms below it do the work and know only this package:
//
//	HR's files                     Coupa
//	    |                            ^
//	    v                            | SFTP or REST (transport/drop, transport/coupa)
//	  feed -> mapping -> layout      |
//	    \        |        /          |
//	     v       v       v           |
//	        planning  --------->  delivery --> verdicts of loads
//	            |        ^           |
//	            v        |           v
//	          ledger: every plan and every move, before the next one
//	                     ^
//	                     |
//	        directory: users looked up before, written by API, read back
//
// A change record (Record) becomes cells (Cell) of a Row, a row becomes a line of a Part, and every record ends as
// exactly one Outcome. Left of the ledger the same input always yields the same bytes; right of it one recorded move
// happens at a time.
package export
