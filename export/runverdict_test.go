package export_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestRunVerdicts: the words of a verdict, in text and in JSON.
func TestRunVerdicts(t *testing.T) {
	for want, v := range map[string]export.RunVerdict{
		"":                                       {},
		"ok":                                     {End: export.EndOK},
		"nothing to do":                          {End: export.EndNothing},
		"picked up, unconfirmed":                 {End: export.EndUnconfirmed},
		"held, given up by A. Person":            {End: export.EndHeld, Kept: export.Ending{GivenUpBy: "A. Person"}},
		"waiting, given up by A":                 {End: export.EndWaiting, Kept: export.Ending{GivenUpBy: "A"}},
		"interrupted, given up by A":             {End: export.EndInterrupted, Kept: export.Ending{GivenUpBy: "A"}},
		"held, planned again by run 20261124T02": {End: export.EndHeld, Kept: export.Ending{PlannedBy: "20261124T02"}},
		"interrupted; hr2coupa run goes on with it": {End: export.EndResumable},
	} {
		if v.String() != want {
			t.Errorf("%+v reads %q, want %q", v, v, want)
		}
		if text, err := json.Marshal(v); err != nil || string(text) != `"`+want+`"` {
			t.Errorf("in JSON %s, %v; want %q", text, err, want)
		}
	}
	if e := (export.Ending{UsedBy: "R"}); e.String() != "used by run R" {
		t.Errorf("an approval reads %q", e)
	}
	counts, err := json.Marshal(export.Approval{})
	if want := `{"run":"","by":"","at":"0001-01-01T00:00:00Z","expires":"0001-01-01T00:00:00Z","ceilings":null}`; err != nil || string(counts) != want {
		t.Errorf("an approval that counts: %s, %v", counts, err)
	}
}

// TestRunEnds: every verdict of a failed load is an end of a run, and an end that is never recorded is not among the
// ledger's words.
func TestRunEnds(t *testing.T) {
	ends := export.RunEnds()
	for _, v := range []export.Verdict{export.VerdictFailed, export.VerdictEmpty, export.VerdictStalled} {
		if !slices.Contains(ends, export.RunEnd(v)) {
			t.Errorf("%q is no end of a run", v)
		}
	}
	for _, never := range []export.RunEnd{"", export.EndResumable, export.EndSeen, export.EndRefused, export.EndUnknownFiles, export.EndLocked} {
		if slices.Contains(ends, never) {
			t.Errorf("%q is never recorded", never)
		}
	}
	slices.Sort(ends)
	if len(slices.Compact(ends)) != len(export.RunEnds()) {
		t.Error("an end stands there twice")
	}
}
