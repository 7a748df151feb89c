package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Approval is a person's permission for a held run to exceed the limits of the config. It only records ceilings and an
// expiry: the next run plans everything again, and is sent if it is within them.
type Approval struct {
	Run      string         `json:"run"` // the held run that was approved
	By       string         `json:"by"`
	At       time.Time      `json:"at"`
	Expires  time.Time      `json:"expires"`
	Ceilings map[string]int `json:"ceilings"` // by the limit's key in the config: deactivations, columns.Approver Login; shrink: any number
	Ended    Ending         `json:"ended,omitzero"`
}

// String returns the ceilings, in the order of their names.
func (a *Approval) String() string {
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(a.Ceilings)) {
		if key == ShrinkLimit {
			parts = append(parts, "a shrunken feed")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s up to %d", key, a.Ceilings[key]))
	}
	return fmt.Sprintf("%s, by %s, until %s", strings.Join(parts, ", "), a.By, a.Expires.UTC().Format(time.RFC3339))
}

// ApproveCommand returns the command that approves a run held by these limits.
func ApproveCommand(run string, held []Breach) string {
	command := "hr2coupa approve " + run
	for _, b := range held {
		command += b.option()
	}
	return command + " --expires 24h --by NAME"
}
