package export_test

import (
	"encoding/json"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestNoteKinds: every kind has words, which say nothing of what to do.
func TestNoteKinds(t *testing.T) {
	seen := map[string]export.NoteKind{}
	for _, k := range export.NoteKinds() {
		n := export.PartNote{Kind: k, Load: "7"}
		text := n.String()
		if text == string(k) || seen[text] != "" {
			t.Errorf("%q reads %q, like %q", k, text, seen[text])
		}
		seen[text] = k
	}
	later := export.Noted(export.PartNote{Kind: "of a later program"})
	if later.Text() != "of a later program" || later.Hint() != "" {
		t.Errorf("%q, %q", later.Text(), later.Hint())
	}
}

// TestPartInJSON: a part shows its notes as one text, and what to do about them beside it, once.
func TestPartInJSON(t *testing.T) {
	got, err := json.Marshal(export.Part{Name: "a.csv", State: export.Stalled, Notes: export.PartNotes{
		{Kind: export.NoteStatus, Status: "loading", After: 1e9}, {Kind: export.NoteNotListed}, {Text: "as before"},
	}})
	const want = `"note":"Coupa says \"loading\" of its load 1s after it was sent; Coupa does not list its load; as before","hint":"the next run asks again"}`
	if n := len(got) - len(want); err != nil || n < 0 || string(got[n:]) != want {
		t.Errorf("%s, %v", got, err)
	}
}
