// Package oldwords reads the sentences of ledgers that earlier versions wrote, in which facts were stored as text. A ledger
// that migrates calls it; nothing else does.
package oldwords

import (
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/hr2coupa/hr2coupa/export"
)

// oldLimits are all sentences about a limit that ever existed.
var oldLimits = sync.OnceValue(func() (forms struct{ limit, shrink *regexp.Regexp }) {
	forms.limit = regexp.MustCompile(`^limits\.(.+) allows (\d+) \((\d+) people known\) and the plan has (\d+); raise the limit if this is meant$`)
	forms.shrink = regexp.MustCompile(`^limits\.shrink allows a feed to be (\S+) % smaller than the last one, which had (\d+) records, and this one has (\d+); is it whole\?$`)
	return forms
})

// Breaches reads the limits that hold a run: a sentence each, one a line.
func Breaches(text string) (held []export.Breach) {
	for sentence := range strings.SplitSeq(text, "\n") {
		held = append(held, oldBreach(sentence))
	}
	return held
}

// oldBreach reads such a sentence into fields. A sentence that the fields do not reproduce word for word stays as it
// is.
func oldBreach(sentence string) export.Breach {
	var b export.Breach
	if m := oldLimits().shrink.FindStringSubmatch(sentence); m != nil {
		percent, _ := strconv.ParseFloat(m[1], 64) // a number that cannot be read is found below
		b = export.Breach{Limit: export.ShrinkLimit, Percent: percent, Known: number(m[2]), Has: number(m[3])}
	} else if m := oldLimits().limit.FindStringSubmatch(sentence); m != nil {
		b = export.Breach{Limit: m[1], Allows: number(m[2]), Known: number(m[3]), Has: number(m[4])}
	}
	if b.Limit == "" || b.String()+oldWayOut(b) != sentence {
		return export.Breach{Text: sentence}
	}
	return b
}

// oldWayOut is what such a sentence ended with.
func oldWayOut(b export.Breach) string {
	if b.Limit == export.ShrinkLimit {
		return "; is it whole?"
	}
	return "; raise the limit if this is meant"
}

func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}
