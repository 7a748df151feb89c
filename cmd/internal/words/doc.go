// Package words has small words that several rooms print: the first few of many, a dash for nothing.
package words
