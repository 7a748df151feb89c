package ledger

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// Rebuild is the Command of a run in which the ledger has learned from Coupa what is there.
const Rebuild = "state rebuild"

// Words are the words that a column may hold.
type Words struct {
	Table, Column string
	Known         []string
}

// AllWords lists every column that holds words of a closed list.
func AllWords() []Words {
	return []Words{
		{"runs", "state", words(export.RunWorking, export.RunHeld, export.RunOpen, export.RunEnded)},
		{"runs", "verdict", append(words(export.RunEnds()...), "")},
		{"parts", "state", words(export.PartStates()...)},
		{"parts", "verdict", append(words(export.Verdicts()...), "")},
		{"parts", "route", words(export.ByCSV, export.ByAPI)},
		{"moves", "from_state", append(words(export.PartStates()...), "")},
		{"moves", "to_state", words(export.PartStates()...)},
		{"rows", "outcome", words(export.Outcomes()...)},
		{"feed_files", "line_end", append(words(export.LineEnds()...), "")},
		{"approvals", "void", append(words(export.Voids()...), "")},
		{"incidents", "kind", words(export.NoticeKinds()...)},
	}
}

func words[W ~string](list ...W) []string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return out
}

// CheckOutcome returns an error for an outcome that no sum would count.
func CheckOutcome(o export.Outcome) error {
	switch o {
	case export.Applied, export.Unchanged, export.Excluded, export.Held, export.Quarantined, export.Rejected, export.Drifted, export.Pending:
		return nil
	}
	return fmt.Errorf("%q is not an outcome", o)
}
