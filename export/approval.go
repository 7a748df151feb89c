package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Approval is a person's word that a held run may go beyond the limits of the config. It only records ceilings and an
// expiry: the next run plans everything afresh, and goes if it is within them.
type Approval struct {
	Run      string         `json:"run"` // the held run it was given for
	By       string         `json:"by"`
	At       time.Time      `json:"at"`
	Expires  time.Time      `json:"expires"`
	Ceilings map[string]int `json:"ceilings"` // by the limit's key in the config: deactivations, columns.Approver Login; shrink: any number
	Ended    Ending         `json:"ended,omitzero"`
}

// String tells the ceilings, in the order of their names.
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

// ApproveCommand is what to type where what holds a run is meant.
func ApproveCommand(run string, held []Breach) string {
	command := "hr2coupa approve " + run
	for _, b := range held {
		command += b.option()
	}
	return command + " --expires 24h --by NAME"
}
