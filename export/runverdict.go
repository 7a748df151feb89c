package export

// RunEnd is how a run, or a start that planned nothing, ended; the ledger stores the word.
type RunEnd string

// The ends of a run that has planned something.
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
	EndWaiting      RunEnd = "waiting" // people in it wait for a part without a verdict
	EndNotAwaited   RunEnd = "delivered, not awaited"
	EndUnconfirmed  RunEnd = "picked up, unconfirmed"
	EndHeld         RunEnd = "held"
	EndFault        RunEnd = "fault"
	EndInterrupted  RunEnd = "interrupted"
	EndResumable    RunEnd = "interrupted; hr2coupa run goes on with it" // never recorded: a run that was killed records nothing
)

// The ends of a start that sends nothing.
const (
	EndNotPlanned   RunEnd = "not planned"
	EndSeen         RunEnd = "seen"    // every file was planned before
	EndLate         RunEnd = "late"    // every new file is older than one that was planned before
	EndRefused      RunEnd = "refused" // a limit would hold it, and a run is already held; or a saved plan no longer fits
	EndAdopted      RunEnd = "adopted"
	EndNewLedger    RunEnd = "new ledger"
	EndRebuilt      RunEnd = "rebuilt" // the ledger has learned from Coupa what is there
	EndUnknownFiles RunEnd = "unknown files"
	EndUsage        RunEnd = "usage"
	EndLocked       RunEnd = "locked"
	EndFeedUnusable RunEnd = "feed unusable"
)

// RunEnds returns every end that a ledger may have recorded.
func RunEnds() []RunEnd {
	return []RunEnd{
		EndOK, EndNothing, EndPartial, EndNotDelivered, EndFailed, EndEmpty, EndStalled, EndInDoubt, EndUnfinished, EndWaiting,
		EndNotAwaited, EndUnconfirmed, EndHeld, EndFault, EndInterrupted, EndNotPlanned, EndAdopted, EndNewLedger,
		EndRebuilt,
	}
}

// RunVerdict is how a run ended, and what later happened to the records that it kept for the next plan.
type RunVerdict struct {
	End  RunEnd
	Kept Ending // the zero Ending where it kept none, or still keeps them
}

// String returns the verdict in words.
func (v RunVerdict) String() string {
	if v.Kept == (Ending{}) {
		return string(v.End)
	}
	return string(v.End) + ", " + v.Kept.String()
}

// MarshalText returns the text of String.
func (v RunVerdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Ending is why something no longer counts: records that a run kept for the next plan, or an approval. One field is
// set.
type Ending struct {
	GivenUpBy string // a person
	PlannedBy string // the run that planned the records again
	UsedBy    string // the run that the approval let go
	Void      Void   // why the approval counted for nothing
}

// Void is why an approval counts for nothing where approve.other is set; the ledger stores the word.
type Void string

// The reasons of a void approval.
const (
	VoidSame     Void = "planned by the same person"
	VoidPlanner  Void = "planned by somebody unknown"
	VoidApprover Void = "given by somebody unknown"
)

// Voids returns every reason that a ledger may have recorded.
func Voids() []Void { return []Void{VoidSame, VoidPlanner, VoidApprover} }

// String returns the ending in words, "" for what still counts.
func (e Ending) String() string {
	switch {
	case e.GivenUpBy != "":
		return "given up by " + e.GivenUpBy
	case e.PlannedBy != "":
		return "planned again by run " + e.PlannedBy
	case e.UsedBy != "":
		return "used by run " + e.UsedBy
	case e.Void != "":
		return "does not count: " + string(e.Void)
	}
	return ""
}

// MarshalText returns the text of String.
func (e Ending) MarshalText() ([]byte, error) { return []byte(e.String()), nil }
