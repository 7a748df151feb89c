package export

// Cause explains a message in plain words: what it means, what to do, and who owns the task.
type Cause struct {
	Name    string `json:"cause"` // a short stable word
	Meaning string `json:"meaning"`
	Todo    string `json:"todo"`
	Owner   string `json:"owner"` // owner of the task: one of Owners
}

// CauseHeldRun is the cause of rows that wait for a decision on a held run: nothing in them has to be fixed.
const CauseHeldRun = "held run"

// The owners of the task that a cause means.
const (
	OwnerHR    = "HR"
	OwnerIT    = "IT"
	OwnerCoupa = "Coupa admin"
)

// Owners returns every owner that a cause can have.
func Owners() []string { return []string{OwnerHR, OwnerIT, OwnerCoupa} }

// CauseCount is one cause of a run: how many rows and records have it. A row with several causes counts for each.
type CauseCount struct {
	Cause
	Rows    int `json:"rows"`
	Records int `json:"records"`
	// Config has the places in the config, as file:line, where the cause lies; none where it does not lie there.
	Config []string `json:"config,omitempty"`
}

// Unknown is the cause name for rows with a message that has no known cause.
const Unknown = "unknown"
