package export

import "time"

// NoticeKind is the subject of a notice; the config's notify[].on names the kinds.
type NoticeKind string

const (
	NoticeFailed     NoticeKind = "failed"     // no feed, not delivered, a load that came to nothing, a fault of the program
	NoticePartial    NoticeKind = "partial"    // rows that Coupa refused or shows otherwise; an alarm about creates
	NoticeHeld       NoticeKind = "held"       // a run stopped by a limit
	NoticeStalled    NoticeKind = "stalled"    // no verdict in time, in doubt, or waiting behind such a part
	NoticeQuarantine NoticeKind = "quarantine" // rows held back by us
)

// NoticeKinds returns every kind, the most urgent first.
func NoticeKinds() []NoticeKind {
	return []NoticeKind{NoticeFailed, NoticeHeld, NoticeStalled, NoticePartial, NoticeQuarantine}
}

// Incident is one thing that is wrong, from the start that first met it until one that ends without it.
type Incident struct {
	Kind   NoticeKind
	Cause  string // distinguishes it from others of its kind: our own word, never a text of HR's or Coupa's
	Owner  string // the owner of the task, where a rule of the config names one
	Begun  time.Time
	Last   time.Time // time of the latest start that met it
	Run    string    // the first run that had it; "" where none was planned
	Starts int       // number of starts that have met it
	Told   time.Time // when a notice last reported it
	Ended  time.Time // zero while it is open
}

// Notice is one message to one target, in the outbox until it is sent.
type Notice struct {
	ID       int64
	Target   string // the target's name in the config of the start that made it
	Message  []byte // JSON, read by the room that made it
	Made     time.Time
	Attempts int
	Error    string // error of the last attempt; no personal data, no secret
}
