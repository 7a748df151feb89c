// Package prospect has what a plan depends on beside feed and config: which files were seen, what the ledger remembers, what
// Coupa says of the people, the route that the plan takes, and the plan that somebody has saved before. Prepare finds it out
// and makes the planner of it. Nothing is sent and nothing is recorded.
package prospect
