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

// RunEnds lists every end that a ledger may have recorded.
func RunEnds() []RunEnd {
	return []RunEnd{
		EndOK, EndNothing, EndPartial, EndNotDelivered, EndFailed, EndEmpty, EndStalled, EndInDoubt, EndUnfinished, EndWaiting,
		EndNotAwaited, EndUnconfirmed, EndHeld, EndFault, EndInterrupted, EndNotPlanned, EndAdopted, EndNewLedger,
	}
}

// RunVerdict is what a run came to, and what became later of the records that it kept for the next plan.
type RunVerdict struct {
	End  RunEnd
	Kept Ending // the zero Ending where it kept none, or keeps them
}

// String is the verdict in words.
func (v RunVerdict) String() string {
	if v.Kept == (Ending{}) {
		return string(v.End)
	}
	return string(v.End) + ", " + v.Kept.String()
}

// MarshalText writes the words.
func (v RunVerdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Ending is why something counts no more: records that a run kept for the next plan, or an approval. One field is set.
type Ending struct {
	GivenUpBy string // a person
	PlannedBy string // the run that planned the records again
	UsedBy    string // the run that went because of the approval
}

// String says it in words, "" for what still counts.
func (e Ending) String() string {
	switch {
	case e.GivenUpBy != "":
		return "given up by " + e.GivenUpBy
	case e.PlannedBy != "":
		return "planned again by run " + e.PlannedBy
	case e.UsedBy != "":
		return "used by run " + e.UsedBy
	}
	return ""
}

// MarshalText writes the words.
func (e Ending) MarshalText() ([]byte, error) { return []byte(e.String()), nil }
