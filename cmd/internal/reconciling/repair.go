package reconciling

import "github.com/hr2coupa/hr2coupa/export"

// Repair is what a comparison leaves to send, and what it does not. No value of a person is in it; the saved plan has them.
type Repair struct {
	Plan        string         `json:"plan"`                  // the file that it is saved to; "": there is nothing to send, and none is written
	People      int            `json:"people"`                // of whom something is in the plan
	Missing     int            `json:"missing"`               // of them, those who are missing in Coupa
	Columns     map[string]int `json:"columns"`               // values of HR's that are in the plan, by column; none of those who are missing
	Left        map[string]int `json:"left_as_in_coupa"`      // values that stay, by column
	LeftMissing int            `json:"left_missing"`          // people who are missing in Coupa, and stay so
	Ask         map[string]int `json:"to_decide"`             // values that a person decides about, by column
	Undecided   []Undecided    `json:"to_decide_people"`      // those of these values, and people who are in no plan
	OnlyInCoupa int            `json:"only_in_coupa"`         // users whom HR does not know: no repair touches them
	Rows        int            `json:"plan_rows"`             // of the plan, that would be sent
	Quarantined int            `json:"plan_quarantined"`      // of the plan: a rule does not let them go
	Unchanged   int            `json:"plan_unchanged"`        // Coupa has had HR's value by the time of the plan
	Limits      []string       `json:"plan_limits,omitempty"` // those that would hold it
	Checked     bool           `json:"plan_checked"`          // Coupa was asked about its people
}

// Undecided is a person of whom something is not in a repair, since a person has to decide.
type Undecided struct {
	Key     string        `json:"key"`
	Origin  export.Origin `json:"origin"`
	Why     Open          `json:"why"`
	Columns []string      `json:"columns,omitempty"`
}

// Open is why something is left to a person.
type Open string

// The reasons.
const (
	OpenAsk      Open = "ask"       // reconcile.repair says ask of these columns
	OpenMissing  Open = "missing"   // the person is missing in Coupa, and reconcile.repair does not say hr of "*"
	OpenDoubt    Open = "doubt"     // the comparison itself is in doubt about the person
	OpenIdentity Open = "identity"  // the column says who the person is, HR does not win it, and Coupa has no value there
	OpenUnshown  Open = "not_shown" // Coupa does not show what it has there
)
