package export

// RunEnd is how a run ended, or a start that planned nothing; the ledger stores the word.
type RunEnd string

// How a run ends that has planned something.
const (
	EndOK           RunEnd = "ok"
	EndNothing      RunEnd = "nothing to do"
	EndPartial      RunEnd = "partial"
	EndNotDelivered RunEnd = "not delivered"
	EndFailed       RunEnd = "failed" // as VerdictFailed of a load
	EndEmpty        RunEnd = "empty"  // as VerdictEmpty of a load
	EndStalled      RunEnd = "stalled"
	EndInDoubt      RunEnd = "in doubt"
	EndUnfinished   RunEnd = "unfinished"
	EndWaiting      RunEnd = "waiting" // people of it wait behind a part without a verdict
	EndNotAwaited   RunEnd = "delivered, not awaited"
	EndUnconfirmed  RunEnd = "picked up, unconfirmed"
	EndHeld         RunEnd = "held"
	EndFault        RunEnd = "fault"
	EndInterrupted  RunEnd = "interrupted"
	EndResumable    RunEnd = "interrupted; hr2coupa run goes on with it" // never recorded: nothing is recorded of a run that was killed
)

// How a start ends that sends nothing.
const (
	EndNotPlanned   RunEnd = "not planned"
	EndSeen         RunEnd = "seen"    // every file was planned before
	EndRefused      RunEnd = "refused" // a limit would hold it, and a run is held already; or a saved plan does not fit any more
	EndAdopted      RunEnd = "adopted"
	EndNewLedger    RunEnd = "new ledger"
	EndUnknownFiles RunEnd = "unknown files"
	EndUsage        RunEnd = "usage"
	EndLocked       RunEnd = "locked"
	EndFeedUnusable RunEnd = "feed unusable"
)

// RunVerdict is what a run came to, and what became later of the records that it kept for the next plan.
type RunVerdict struct {
	End RunEnd
}

// String is the verdict in words.
func (v RunVerdict) String() string { return string(v.End) }

// MarshalText writes the words.
func (v RunVerdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }
