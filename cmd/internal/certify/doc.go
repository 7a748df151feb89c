// Package certify plays Coupa's published scenarios for integrations of users, on a twin or on a test instance, and writes
// down what was seen of each step.
package certify
