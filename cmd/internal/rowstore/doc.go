// Package rowstore keeps the rows of a plan that go into no part: a few in memory, many in a file. It also reads the lines
// of a part back.
package rowstore
