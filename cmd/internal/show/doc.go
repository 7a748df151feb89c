// Package show prints results, as text or as JSON, and ends commands: it prints the error, and has the notices sent.
package show
