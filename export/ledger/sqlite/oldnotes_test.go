package sqlite

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// oldPartNotes are what programs before notes.sql wrote about parts.
var oldPartNotes = []struct {
	text string
	want export.PartNotes // Text alone: the sentence stays as it is
}{
	{"a file of this name lies in the drop folder already; look at it, then settle the part", export.PartNotes{{Kind: export.NoteTaken}}},
	{"written directly, interrupted, and seen nowhere: look in Coupa, then settle the part", export.PartNotes{{Kind: export.NoteNowhere}}},
	{"written directly and interrupted: 7 of 9000000000 bytes lie in the drop folder; remove the file or finish it, then settle the part",
		export.PartNotes{{Kind: export.NoteCut, Has: 7, Of: 9_000_000_000}}},
	{"asking about its load failed (GET /api/x (y): 500: a; b\nc) 2h0m1s after it was sent; the next run asks again",
		export.PartNotes{{Kind: export.NoteNotAnswered, Because: "GET /api/x (y): 500: a; b\nc", After: 2*time.Hour + time.Second}}},
	{"Coupa does not list its load; load.wait (2h0m0s) is over before that, so it is not waited for; the next run asks again",
		export.PartNotes{{Kind: export.NoteNotListed, Wait: 2 * time.Hour}}},
	{"Coupa has picked it up and does not list its load; it was recorded as sent at 2030-01-02T03:04:05Z, which is still to come, so the wait began with this start; the next run asks again",
		export.PartNotes{{Kind: export.NotePickedUp, Sent: time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)}}},
	{"Coupa has picked it up, and asking about its load failed (lost) 1s after it was sent; the next run asks again",
		export.PartNotes{{Kind: export.NotePickedUp, Because: "lost", After: time.Second}}},
	{"Coupa's load 12 is of 5 bytes and the part has 6: a torn or foreign file 45m0s after it was sent; the next run asks again",
		export.PartNotes{{Kind: export.NoteOtherSize, Load: "12", Has: 5, Of: 6, After: 45 * time.Minute}}},
	{`Coupa says "loading" of its load 45m0s after it was sent; the next run asks again`, export.PartNotes{{Kind: export.NoteStatus, Status: "loading", After: 45 * time.Minute}}},
	{"no way of load.via can be asked any more 3s after it was sent; the next run asks again", export.PartNotes{{Kind: export.NoteNoWay, After: 3 * time.Second}}},
	{"1 of 2 rows have no answer yet; the next run goes on with them", export.PartNotes{{Kind: export.NoteOpenRows, Has: 1, Of: 2}}},
	{"1 of 2 rows have no answer yet (PUT: 500: no); the next run goes on with them", export.PartNotes{{Kind: export.NoteOpenRows, Has: 1, Of: 2, Because: "PUT: 500: no"}}},
	{"picked up; Coupa was not asked for a verdict (load.via: [archive])", export.PartNotes{{Kind: export.NoteNotAsked}}},
	{"Coupa's load failed and says no more; see load 1001 in Coupa", export.PartNotes{{Kind: export.NoteFailed, Status: "failed", Load: "1001"}}},
	{"Coupa's load cancelled: no: such header; see load 1 in Coupa", export.PartNotes{{Kind: export.NoteFailed, Status: "cancelled", Words: []string{"no: such header; see load 1 in Coupa"}}}},
	{"Coupa loaded the file and processed no row of it", export.PartNotes{{Kind: export.NoteEmpty}}},
	{"Coupa reports 3 row errors that fit no row of ours; see load 5 in Coupa", export.PartNotes{{Kind: export.NoteLoose, Has: 3, Load: "5"}}},
	{"Coupa's answer about load 5 does not say whether rows were refused; look at it in Coupa", export.PartNotes{{Kind: export.NoteUnsure, Load: "5"}}},
	{"Coupa reports 3 row errors that fit no row of ours; see load 5 in Coupa; first cell and row number of Coupa's errors disagree: " +
		"Coupa's error for row 3 bears the first cell of row 1 of the part (u (1).csv:2); the first cell was taken; " +
		"Coupa's error for row 4 bears no first cell that names one row; its row number was taken (a:b.csv:5)",
		export.PartNotes{{Kind: export.NoteLoose, Has: 3, Load: "5"}, {Kind: export.NoteFirstCell, Has: 3, Of: 1, Origin: export.Origin{File: "u (1).csv", Line: 2}},
			{Kind: export.NoteRowNumber, Has: 4, Origin: export.Origin{File: "a:b.csv", Line: 5}}}},
	{"first cell and row number of Coupa's errors disagree: Coupa's error for row 4 bears no first cell that names one row; its row number was taken (a.csv:5)",
		export.PartNotes{{Kind: export.NoteRowNumber, Has: 4, Origin: export.Origin{File: "a.csv", Line: 5}}}},
	{"settled as applied by A; of IT: really", export.PartNotes{{Kind: export.NoteSettled, Outcome: export.Applied, By: "A; of IT: really"}}},
	{"in doubt; taken as not applied by run --again", export.PartNotes{{Kind: export.NoteAgain}}},
	{"it was sent already, says Coupa or the mark beside the config", export.PartNotes{{Kind: export.NoteSent}}},

	{"007 of 9 rows have no answer yet; the next run goes on with them", nil},
	{"1 of 99999999999999999999 rows have no answer yet; the next run goes on with them", nil},
	{"Coupa does not list its load 0s after it was sent; the next run asks again", nil},
	{"Coupa does not list its load 60s after it was sent; the next run asks again", nil},
	{"Coupa does not list its load", nil},
	{"x; first cell and row number of Coupa's errors disagree: y", nil},
	{"a first cell and row number of Coupa's errors disagree: Coupa's error for row 4 bears no first cell that names one row; its row number was taken (a.csv:5)", nil},
	{"a note of an older program", nil},
	{`[{"kind":"taken"}]`, nil},
}

// TestNotesBefore: a ledger that has sentences where notes are now says the same of its parts and of their moves.
func TestNotesBefore(t *testing.T) {
	var b strings.Builder
	b.WriteString("INSERT INTO runs (num, id, command, state, started, planned) VALUES (1, 'r', 'run', 'ended', 1, 1);\n")
	for i, o := range oldPartNotes {
		quoted := "'" + strings.ReplaceAll(o.text, "'", "''") + "'"
		fmt.Fprintf(&b, "INSERT INTO parts (id, run, name, user_name, wave, rows, size, sha256, state, temp, planned, note, route) VALUES (%[1]d, 1, '%03[1]d.csv', '', 1, 0, 1, 'x', 'stalled', '', 1, %[2]s, 'csv');\n"+
			"INSERT INTO moves (part, from_state, to_state, at, note) VALUES (%[1]d, 'delivered', 'stalled', 1, %[2]s), (%[1]d, 'stalled', 'stalled', 2, '');\n", i+1, quoted)
	}
	dir := before(t, "notes.sql", b.String())
	l := open(t, dir)
	parts := ledgertest.Must[[]export.Part](t)(l.Parts("r"))
	if len(parts) != len(oldPartNotes) {
		t.Fatalf("%d parts", len(parts))
	}
	for i, o := range oldPartNotes {
		want := o.want
		if want == nil {
			want = export.PartNotes{{Text: o.text}}
		}
		if d := cmp.Diff(want, parts[i].Notes); d != "" {
			t.Errorf("%q: %s", o.text, d)
		}
		if d := cmp.Diff([]export.PartNotes{want, nil}, notesOf(ledgertest.Must[[]ledger.Move](t)(l.Moves(parts[i].ID)))); d != "" {
			t.Errorf("the move of %q: %s", o.text, d)
		}
	}
}

func notesOf(moves []ledger.Move) (notes []export.PartNotes) {
	for _, m := range moves {
		notes = append(notes, m.Notes)
	}
	return notes
}
