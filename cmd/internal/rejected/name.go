package rejected

import (
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

// Ending is followed by the ending of the feed.
const Ending = ".rejected"

// Name returns the name of the file with the rows of a feed that did not reach Coupa. It is a feed of the same kind.
func Name(feed string) string {
	switch ext := filepath.Ext(strings.TrimSuffix(strings.ToLower(feed), ".gz")); ext {
	case ".jsonl", ".ndjson":
		return NameBeside(feed, Ending+".jsonl")
	case ".tsv":
		return NameBeside(feed, Ending+ext)
	}
	return NameBeside(feed, Ending+".csv")
}

// longestName is how many bytes a name may have on the file systems of Linux, macOS and Windows shares.
const longestName = 255

// NameBeside returns the name of a result of a feed: the feed's with an ending. If that is too long, a hash replaces the
// feed's last letters.
func NameBeside(feed, ending string) string {
	if len(feed)+len(ending) <= longestName {
		return feed + ending
	}
	ending = fmt.Sprintf("~%.6x%s", sha256.Sum256([]byte(feed)), ending)
	cut := longestName - len(ending)
	for cut > 0 && !utf8.RuneStart(feed[cut]) {
		cut--
	}
	return feed[:cut] + ending
}
