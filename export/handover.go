package export

// HandOver is who of a feed still reports to whom has left.
type HandOver struct {
	Compared int      `json:"compared"` // people of the feed who stay and name an approver
	Leavers  []Leaver `json:"leavers"`  // those to whom people of the feed report, by login
}

// Leaver is an approver who is inactive, or becomes so by the plan.
type Leaver struct {
	Login   string         `json:"login"`
	Key     string         `json:"key,omitempty"` // "" where the feed does not have the person
	Origin  Origin         `json:"origin,omitzero"`
	From    HandOverSource `json:"from"`
	Reports []Follower     `json:"reports"` // in the order of the feed
}

// HandOverSource is who says that an approver is inactive.
type HandOverSource string

// These are the sources.
const (
	ByFeed   HandOverSource = "feed"
	ByCoupa  HandOverSource = "coupa"
	ByLedger HandOverSource = "ledger" // was last sent as inactive
)

// Follower is a person of the feed who has a leaver as approver.
type Follower struct {
	Key    string `json:"key"`
	Login  string `json:"login"`
	Origin Origin `json:"origin"`
}

// Reports returns how many people report to the leavers.
func (h *HandOver) Reports() int {
	n := 0
	for i := range h.Leavers {
		n += len(h.Leavers[i].Reports)
	}
	return n
}
