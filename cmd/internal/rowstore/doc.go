// Package rowstore keeps the rows of a plan that go into no part, in memory where they are few and else in a file, and reads
// the lines of a part back.
package rowstore
