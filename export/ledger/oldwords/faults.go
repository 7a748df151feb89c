package oldwords

import (
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Ledgers from before facts.sql say in one text why a row stands as it does: "; " between the faults, which some of them have
// inside too. Where a fault begins is known only of those about a column of the run's mapping.

// Faults takes such a text apart before each fault about one of the columns. What the parts do not give again word for
// word stays whole.
func Faults(text string, columns []string) export.Faults {
	var faults export.Faults
	for piece := range strings.SplitSeq(text, "; ") {
		f, about := oldFault(piece, columns)
		if !about && len(faults) > 0 {
			faults[len(faults)-1].Message += "; " + piece
			continue
		}
		faults = append(faults, f)
	}
	if faults.Text() != text {
		return export.Faults{{Rule: export.RuleOld, Message: text}}
	}
	return faults
}

// oldFault reads the beginning of a fault: "Column: message", with "file:line: " before it where it is about an earlier
// record.
func oldFault(piece string, columns []string) (f export.Fault, about bool) {
	for _, column := range columns {
		before, message, found := strings.Cut(piece, column+": ")
		if !found {
			continue
		}
		f = export.Fault{Field: column, Rule: export.RuleOld, Message: message}
		if before == "" {
			return f, true
		}
		if f.Origin, found = originOf(before); found {
			return f, true
		}
	}
	return export.Fault{Rule: export.RuleOld, Message: piece}, false
}

// originOf reads "file:line: ".
func originOf(text string) (o export.Origin, ok bool) {
	text, ok = strings.CutSuffix(text, ": ")
	at := strings.LastIndexByte(text, ':')
	if !ok || at < 0 {
		return o, false
	}
	o.File = text[:at]
	line, err := strconv.Atoi(text[at+1:])
	o.Line = line
	return o, err == nil && line > 0 && o.File != ""
}
