// Package job is one start of the program at work: Start takes the lock, resumes what earlier starts have left, does the
// work of a command, and records the notices to send. Run, Apply, Drop and Verify are such works; Plan and Export are the
// pure half of Run with other sinks. Nothing in here prints: what a command shows is a result that this package returns.
package job
