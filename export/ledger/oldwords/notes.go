package oldwords

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Ledgers from before notes.sql have a sentence where a part has notes now, with what to do at its end.

// oldNote is such a sentence, with a group for each field of its PartNote.
type oldNote struct {
	kind export.NoteKind
	form *regexp.Regexp
	way  string // what to do, as it ended then; $load stands for the load
}

func oldForm(kind export.NoteKind, form, way string) oldNote {
	behind := strings.ReplaceAll(regexp.QuoteMeta(way), `\$load`, `(?P<load>.+)`)
	return oldNote{kind, regexp.MustCompile(`^(?s:` + form + behind + `)$`), way}
}

// noVerdict is an old sentence about a part that waits for a verdict.
func noVerdict(kind export.NoteKind, form string) oldNote {
	return oldForm(kind, form+`(?: (?P<after>\S+) after it was sent|; load\.wait \((?P<wait>\S+)\) is over before that, so it is not waited for|`+
		`; it was recorded as sent at (?P<sent>\S+), which is still to come, so the wait began with this start)`, "; the next run asks again")
}

// oldNotes are all such sentences.
var oldNotes = sync.OnceValue(func() []oldNote {
	return []oldNote{
		oldForm(export.NoteTaken, `a file of this name lies in the drop folder already`, "; look at it, then settle the part"),
		oldForm(export.NoteNowhere, `written directly, interrupted, and seen nowhere`, ": look in Coupa, then settle the part"),
		oldForm(export.NoteCut, `written directly and interrupted: (?P<has>\d+) of (?P<of>\d+) bytes lie in the drop folder`, "; remove the file or finish it, then settle the part"),
		noVerdict(export.NoteNotAnswered, `asking about its load failed \((?P<because>.*)\)`),
		noVerdict(export.NoteNotListed, `Coupa does not list its load`),
		noVerdict(export.NotePickedUp, `Coupa has picked it up, and asking about its load failed \((?P<because>.*)\)`),
		noVerdict(export.NotePickedUp, `Coupa has picked it up and does not list its load`),
		noVerdict(export.NoteOtherSize, `Coupa's load (?P<load>.+) is of (?P<has>\d+) bytes and the part has (?P<of>\d+): a torn or foreign file`),
		noVerdict(export.NoteStatus, `Coupa says "(?P<status>.*)" of its load`),
		noVerdict(export.NoteNoWay, `no way of load\.via can be asked any more`),
		oldForm(export.NoteOpenRows, `(?P<has>\d+) of (?P<of>\d+) rows have no answer yet(?: \((?P<because>.*)\))?`, "; the next run goes on with them"),
		oldForm(export.NoteNotAsked, `picked up; Coupa was not asked for a verdict \(load\.via: \[archive\]\)`, ""),
		oldForm(export.NoteFailed, `Coupa's load (?P<status>\S*) and says no more`, "; see load $load in Coupa"),
		oldForm(export.NoteFailed, `Coupa's load (?P<status>[^ :]*): (?P<words>.*)`, ""),
		oldForm(export.NoteEmpty, `Coupa loaded the file and processed no row of it`, ""),
		oldForm(export.NoteLoose, `Coupa reports (?P<has>\d+) row errors that fit no row of ours`, "; see load $load in Coupa"),
		oldForm(export.NoteUnsure, `Coupa's answer about load (?P<load>.+) does not say whether rows were refused`, "; look at it in Coupa"),
		oldForm(export.NoteFirstCell, `Coupa's error for row (?P<has>\d+) bears the first cell of row (?P<of>\d+) of the part \((?P<origin>.*)\); the first cell was taken`, ""),
		oldForm(export.NoteRowNumber, `Coupa's error for row (?P<has>\d+) bears no first cell that names one row; its row number was taken \((?P<origin>.*)\)`, ""),
		oldForm(export.NoteSettled, `settled as (?P<outcome>\w+) by (?P<by>.*)`, ""),
		oldForm(export.NoteAgain, `in doubt; taken as not applied by run --again`, ""),
		oldForm(export.NoteSent, `it was sent already, says Coupa or the mark beside the config`, ""),
	}
})

// read reads a sentence into fields. ok is false where they do not give it again word for word.
func (o oldNote) read(sentence string) (n export.PartNote, ok bool) {
	m := o.form.FindStringSubmatch(sentence)
	if m == nil {
		return n, false
	}
	n.Kind = o.kind
	for i, name := range o.form.SubexpNames() {
		if m[i] == "" {
			continue
		}
		switch name { // what cannot be read is found below
		case "has":
			n.Has, _ = strconv.ParseInt(m[i], 10, 64)
		case "of":
			n.Of, _ = strconv.ParseInt(m[i], 10, 64)
		case "load":
			n.Load = m[i]
		case "status":
			n.Status = m[i]
		case "because":
			n.Because = m[i]
		case "words":
			n.Words = []string{m[i]}
		case "origin":
			n.Origin, _ = originOf(m[i] + ": ")
		case "outcome":
			n.Outcome = export.Outcome(m[i])
		case "by":
			n.By = m[i]
		case "after":
			n.After, _ = time.ParseDuration(m[i])
		case "wait":
			n.Wait, _ = time.ParseDuration(m[i])
		case "sent":
			n.Sent, _ = time.Parse(time.RFC3339, m[i])
		}
	}
	return n, n.String()+strings.ReplaceAll(o.way, "$load", n.Load) == sentence
}

func readOldNote(sentence string) (n export.PartNote, ok bool) {
	for _, o := range oldNotes() {
		if n, ok := o.read(sentence); ok {
			return n, true
		}
	}
	return n, false
}

// Before several notes stood about one part, and what stood between them.
const (
	oldDisagree = "first cell and row number of Coupa's errors disagree: "
	oldRow      = "Coupa's error for row "
)

// Notes reads all that was said of a part. What cannot be read stays one text.
func Notes(text string) export.PartNotes {
	if n, ok := readOldNote(text); ok {
		return export.Noted(n)
	}
	whole := export.Noted(export.PartNote{Text: text})
	first, rest, ok := strings.Cut(text, oldDisagree)
	if !ok {
		return whole
	}
	var notes export.PartNotes
	add := func(sentence string) {
		n, read := readOldNote(sentence)
		notes, ok = append(notes, n), ok && read
	}
	if first, several := strings.CutSuffix(first, "; "); several {
		add(first)
	} else if first != "" {
		return whole
	}
	for i, sentence := range strings.Split(rest, "; "+oldRow) {
		if i > 0 {
			sentence = oldRow + sentence
		}
		add(sentence)
	}
	if !ok {
		return whole
	}
	return notes
}
