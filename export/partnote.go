package export

import (
	"fmt"
	"strings"
	"time"
)

// NoteKind is the kind of a PartNote. The ledger stores the word.
type NoteKind string

const (
	NoteTaken   NoteKind = "taken"   // a file of its name lies in the drop folder already
	NoteNowhere NoteKind = "nowhere" // its direct write was interrupted, and it is seen nowhere
	NoteCut     NoteKind = "cut"     // its direct write was interrupted: Has of Of bytes lie in the drop folder

	// These are why a part waits for a verdict.
	NoteNotAnswered NoteKind = "not answered" // asking about its load failed, Because
	NoteNotListed   NoteKind = "not listed"   // Coupa does not list its load
	NotePickedUp    NoteKind = "picked up"    // and not listed, or asking about its load failed, Because
	NoteOtherSize   NoteKind = "other size"   // the Load of its name is of Has bytes, and the part of Of
	NoteStatus      NoteKind = "status"       // Coupa's Status of its load is not final
	NoteNoWay       NoteKind = "no way"       // no way of load.via can be asked any more
	NoteOpenRows    NoteKind = "open rows"    // on the API route: Has of Of rows have no answer, Because of the last failure

	NoteNotAsked  NoteKind = "not asked"  // picked up, and load.via has no way to ask for a verdict
	NoteFailed    NoteKind = "failed"     // the Load has this Status, and Words are Coupa's, if any
	NoteEmpty     NoteKind = "empty"      // Coupa loaded the file and processed no row of it
	NoteLoose     NoteKind = "loose"      // Has row errors of the Load fit no row
	NoteUnsure    NoteKind = "unsure"     // the answer about the Load does not say whether rows were refused
	NoteFirstCell NoteKind = "first cell" // the error for Coupa's row Has was taken for row Of, at Origin, by its first cell
	NoteRowNumber NoteKind = "row number" // the error for Coupa's row Has was taken for the row at Origin by its number

	NoteSettled NoteKind = "settled" // By a person, as Outcome
	NoteAgain   NoteKind = "again"   // in doubt, and run --again takes it as not applied
	NoteSent    NoteKind = "sent"    // it was sent already: the ledger is older than that
)

// NoteKinds returns every kind of a PartNote.
func NoteKinds() []NoteKind {
	return []NoteKind{
		NoteTaken, NoteNowhere, NoteCut,
		NoteNotAnswered, NoteNotListed, NotePickedUp, NoteOtherSize, NoteStatus, NoteNoWay, NoteOpenRows,
		NoteNotAsked, NoteFailed, NoteEmpty, NoteLoose, NoteUnsure, NoteFirstCell, NoteRowNumber,
		NoteSettled, NoteAgain, NoteSent,
	}
}

// PartNote is a reason why a part is in its state, with the values that its Kind names. It holds no personal data, except
// where Words of Coupa's quote a cell.
type PartNote struct {
	Kind    NoteKind `json:"kind,omitempty"`
	Load    string   `json:"load,omitempty"` // id
	Status  string   `json:"status,omitempty"`
	Has     int64    `json:"has,omitempty"`
	Of      int64    `json:"of,omitempty"`
	Because string   `json:"because,omitempty"` // an error of a call
	Words   []string `json:"words,omitempty"`
	Origin  Origin   `json:"origin,omitzero"`
	Outcome Outcome  `json:"outcome,omitempty"`
	By      string   `json:"by,omitempty"`

	// One of these says of a part that waits for a verdict why it waits no longer in this start.
	After time.Duration `json:"after,omitempty"` // so long after it was sent
	Wait  time.Duration `json:"wait,omitempty"`  // load.wait, which is over before Coupa may be asked again
	Sent  time.Time     `json:"sent,omitzero"`   // the time of its sending, which is still to come

	// Text is the sentence that an earlier program stored; then the other fields are unknown.
	Text string `json:"text,omitempty"`
}

// String returns what is so, in words.
func (n PartNote) String() string {
	if n.Kind == "" {
		return n.Text
	}
	text := n.words()
	switch {
	case n.After != 0:
		text += fmt.Sprintf(" %s after it was sent", n.After)
	case n.Wait != 0:
		text += fmt.Sprintf("; load.wait (%s) is over before that, so it is not waited for", n.Wait)
	case !n.Sent.IsZero():
		text += fmt.Sprintf("; it was recorded as sent at %s, which is still to come, so the wait began with this start", n.Sent.UTC().Format(time.RFC3339))
	}
	return text
}

func (n PartNote) words() string {
	switch n.Kind {
	case NoteTaken:
		return "a file of this name lies in the drop folder already"
	case NoteNowhere:
		return "written directly, interrupted, and seen nowhere"
	case NoteCut:
		return fmt.Sprintf("written directly and interrupted: %d of %d bytes lie in the drop folder", n.Has, n.Of)
	case NoteNotAsked:
		return "picked up; Coupa was not asked for a verdict (load.via: [archive])"
	case NoteFailed:
		if len(n.Words) == 0 {
			return fmt.Sprintf("Coupa's load %s and says no more", n.Status)
		}
		return fmt.Sprintf("Coupa's load %s: %s", n.Status, strings.Join(n.Words, BetweenFaults))
	case NoteEmpty:
		return "Coupa loaded the file and processed no row of it"
	case NoteLoose:
		return fmt.Sprintf("Coupa reports %d row errors that fit no row of ours", n.Has)
	case NoteUnsure:
		return fmt.Sprintf("Coupa's answer about load %s does not say whether rows were refused", n.Load)
	case NoteFirstCell:
		return fmt.Sprintf("Coupa's error for row %d bears the first cell of row %d of the part (%s); the first cell was taken", n.Has, n.Of, n.Origin)
	case NoteRowNumber:
		return fmt.Sprintf("Coupa's error for row %d bears no first cell that names one row; its row number was taken (%s)", n.Has, n.Origin)
	case NoteSettled:
		return fmt.Sprintf("settled as %s by %s", n.Outcome, n.By)
	case NoteAgain:
		return "in doubt; taken as not applied by run --again"
	case NoteSent:
		return "it was sent already, says Coupa or the mark beside the config"
	}
	return n.waits()
}

// waits returns why a part has no verdict.
func (n PartNote) waits() string {
	switch n.Kind {
	case NoteNotAnswered:
		return fmt.Sprintf("asking about its load failed (%s)", n.Because)
	case NoteNotListed:
		return "Coupa does not list its load"
	case NotePickedUp:
		if n.Because != "" {
			return fmt.Sprintf("Coupa has picked it up, and asking about its load failed (%s)", n.Because)
		}
		return "Coupa has picked it up and does not list its load"
	case NoteOtherSize:
		return fmt.Sprintf("Coupa's load %s is of %d bytes and the part has %d: a torn or foreign file", n.Load, n.Has, n.Of)
	case NoteStatus:
		return fmt.Sprintf("Coupa says %q of its load", n.Status)
	case NoteNoWay:
		return "no way of load.via can be asked any more"
	case NoteOpenRows:
		if n.Because != "" {
			return fmt.Sprintf("%d of %d rows have no answer yet (%s)", n.Has, n.Of, n.Because)
		}
		return fmt.Sprintf("%d of %d rows have no answer yet", n.Has, n.Of)
	}
	return string(n.Kind) // a word of a later program
}

// Hint returns what to do; "" for nothing, and where Text says it.
func (n PartNote) Hint() string {
	switch n.Kind {
	case NoteTaken:
		return "look at it, then settle the part"
	case NoteNowhere:
		return "look in Coupa, then settle the part"
	case NoteCut:
		return "remove the file or finish it, then settle the part"
	case NoteNotAnswered, NoteNotListed, NotePickedUp, NoteOtherSize, NoteStatus, NoteNoWay:
		return "the next run asks again"
	case NoteOpenRows:
		return "the next run goes on with them"
	case NoteFailed:
		if len(n.Words) > 0 {
			return ""
		}
		return "see load " + n.Load + " in Coupa"
	case NoteLoose, NoteUnsure:
		return "see load " + n.Load + " in Coupa"
	}
	return ""
}

// PartNotes are the reasons why a part is in its state.
type PartNotes []PartNote

// Noted returns one reason.
func Noted(n PartNote) PartNotes { return PartNotes{n} }

// Text returns all reasons in words, "" for none.
func (ns PartNotes) Text() string {
	texts := make([]string, len(ns))
	for i, n := range ns {
		texts[i] = n.String()
	}
	return strings.Join(texts, BetweenFaults)
}

// Hint returns what to do, "" for nothing.
func (ns PartNotes) Hint() string {
	var hints []string
	for _, n := range ns {
		if h := n.Hint(); h != "" {
			hints = add(hints, []string{h})
		}
	}
	return strings.Join(hints, BetweenFaults)
}

// Faults returns the reason of the part's rows.
func (ns PartNotes) Faults() Faults {
	if len(ns) == 0 {
		return nil
	}
	return Faults{{Rule: "part", Message: ns.Text(), Hint: ns.Hint()}}
}

// MarshalText returns the text of Text, which JSON results show.
func (ns PartNotes) MarshalText() ([]byte, error) { return []byte(ns.Text()), nil }
