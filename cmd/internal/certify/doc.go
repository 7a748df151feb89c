// Package certify plays Coupa's published scenarios for integrations of users, on a twin or on a test instance, and records
// what each step showed.
package certify
