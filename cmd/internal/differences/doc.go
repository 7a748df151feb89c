// Package differences keeps what a plan would change of each person: it selects people by the kind of their change, stores
// as many as are asked for without holding them in memory, and compares the people of two plans.
package differences
