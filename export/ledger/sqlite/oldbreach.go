package sqlite

import (
	"regexp"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Ledgers from before verdicts.sql store the limits that hold a run as sentences, one a line. These are all sentences
// that ever existed.
var (
	oldLimit  = regexp.MustCompile(`^limits\.(.+) allows (\d+) \((\d+) people known\) and the plan has (\d+); raise the limit if this is meant$`)
	oldShrink = regexp.MustCompile(`^limits\.shrink allows a feed to be (\S+) % smaller than the last one, which had (\d+) records, and this one has (\d+); is it whole\?$`)
)

// oldBreach reads such a sentence into fields. A sentence that the fields do not reproduce word for word stays as it
// is.
func oldBreach(sentence string) export.Breach {
	var b export.Breach
	if m := oldShrink.FindStringSubmatch(sentence); m != nil {
		percent, _ := strconv.ParseFloat(m[1], 64) // a number that cannot be read is found below
		b = export.Breach{Limit: export.ShrinkLimit, Percent: percent, Known: number(m[2]), Has: number(m[3])}
	} else if m := oldLimit.FindStringSubmatch(sentence); m != nil {
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

// withOldBreaches registers the SQL function with which verdicts.sql turns old sentences into a list.
func withOldBreaches(c *sqlite.Conn) error {
	return c.CreateFunction("breaches", &sqlite.FunctionImpl{
		NArgs: 1, Deterministic: true,
		Scalar: func(_ sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
			var held []export.Breach
			for sentence := range strings.SplitSeq(args[0].Text(), "\n") {
				held = append(held, oldBreach(sentence))
			}
			text, err := ledger.EncodeBreaches(held)
			return sqlite.TextValue(text), err
		},
	})
}
