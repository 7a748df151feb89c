// Package job is one start of the program at work: Start takes the lock, resumes what earlier starts have left, does the
// work of a command, and writes down what is to be told. Run, Apply, Drop and Verify are such works; Plan and Export are
// the pure half of Run with other sinks. Nothing in here prints: what a command shows is a result that it returns.
package job
