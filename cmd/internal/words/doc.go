// Package words has the small words of sentences that several rooms say: one or many, a few of many, nothing.
package words
