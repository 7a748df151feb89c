package export

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is what is wrong with one record, row or file, or what a row waits for. Our own messages never quote a cell's
// value, so they may be logged; Hint has what to do.
type Fault struct {
	Origin  Origin `json:"origin,omitzero"`
	Field   string `json:"field,omitempty"` // the HR field or Coupa column, "" for the whole record
	Rule    string `json:"rule"`            // a short stable word: ragged, required, length, unique ...; RuleCoupa; see RuleOld
	Message string `json:"message"`
	// Value is what the row has in Field, shortened, where that is known. It is for results: neither Error nor Text has it,
	// so that no log does.
	Value string `json:"value,omitempty"`
	Hint  string `json:"hint,omitempty"`  // what to do, where the message does not already say it
	Owner string `json:"owner,omitempty"` // owner of the task, where the config names one
}

// These rules mark faults with messages that are not ours.
const (
	// RuleCoupa marks Coupa's words, which may quote a cell. Where Coupa names a field, Field is Coupa's own name for
	// it, and the words contain it as well.
	RuleCoupa = "coupa"
	// RuleOld marks a text from before faults were stored one by one. It may hold several faults.
	RuleOld   = ""
	RuleKnown = "known" // what an override of the config does; see export/known
)

// Hints returns what to do.
func (f Fault) Hints() []string { return []string{f.Hint} }

// Error returns the fault with its place and field, without the hint.
func (f Fault) Error() string {
	if f.Field == "" {
		return fmt.Sprintf("%s: %s", f.Origin, f.Message)
	}
	return fmt.Sprintf("%s: %s: %s", f.Origin, f.Field, f.Message)
}

// Ours reports whether the message is one of this program's.
func (f Fault) Ours() bool { return f.Rule != RuleCoupa && f.Rule != RuleOld }

// Text returns the fault in words, for readers who know the row: it names an origin only where the fault is about
// another record.
func (f Fault) Text() string {
	text := f.Message
	if f.Field != "" && f.Rule != RuleCoupa {
		text = f.Field + ": " + text
	}
	if f.Origin != (Origin{}) {
		text = f.Origin.String() + ": " + text
	}
	return text
}

// Faults are the reasons why a row did not reach Coupa, or not as it was sent: our broken rules or Coupa's messages,
// one by one. A fault about the row's own record has no Origin.
type Faults []Fault

// BetweenFaults separates the faults of a row in words. Some messages contain it, too.
const BetweenFaults = "; "

// Text returns all faults in words.
func (fs Faults) Text() string {
	if len(fs) == 1 {
		return fs[0].Text()
	}
	texts := make([]string, len(fs))
	for i, f := range fs {
		texts[i] = f.Text()
	}
	return strings.Join(texts, BetweenFaults)
}

// Hint returns what to do, as far as the faults say it.
func (fs Faults) Hint() string {
	var hints []string
	for _, f := range fs {
		if f.Hint != "" {
			hints = add(hints, []string{f.Hint})
		}
	}
	return strings.Join(hints, BetweenFaults)
}

// Owner returns the owner that the config names for the row; "" where it names none.
func (fs Faults) Owner() string {
	for _, f := range fs {
		if f.Owner != "" {
			return f.Owner
		}
	}
	return ""
}

// About turns fs into the faults of the row at an origin: faults about the row's own record lose their Origin. It
// changes fs.
func (fs Faults) About(row Origin) Faults {
	for i := range fs {
		if fs[i].Origin == row {
			fs[i].Origin = Origin{}
		}
	}
	return fs
}

// MarshalText returns the text of Text, which JSON results show.
func (fs Faults) MarshalText() ([]byte, error) { return []byte(fs.Text()), nil }

// Stake sets in faults the values of the fields that they name. fields are the names of cells. Where Coupa names no field, its
// words often begin with one.
func (fs Faults) Stake(fields []string, cell func(i int) string) {
	for i := range fs {
		f := &fs[i]
		at := slices.Index(fields, f.Field)
		if f.Rule == RuleCoupa && f.Field == "" {
			for n, name := range fields { // the longest: Approval Limit begins as Approval Limit Currency does
				if f.Begins(name) && (at < 0 || len(name) > len(fields[at])) {
					at = n
				}
			}
		}
		if at >= 0 && f.Value == "" { // else a rule about one name of a list has said which
			f.Field, f.Value = fields[at], AtStake(fields[at], cell(at))
		}
	}
}

// Begins reports whether the message begins with a field's name.
func (f Fault) Begins(name string) bool {
	return name != "" && len(f.Message) > len(name) && f.Message[len(name)] == ' ' && strings.EqualFold(f.Message[:len(name)], name)
}

// AtStake returns a value as faults keep it: its beginning, and nothing of what is on a card.
func AtStake(field, value string) string {
	const most = 40
	if strings.HasPrefix(strings.ToLower(field), "pcard") {
		return ""
	}
	runes := 0
	for at := range value {
		if runes++; runes > most {
			return value[:at] + "…"
		}
	}
	return strings.Clone(value)
}

// CoupaFaults returns messages of Coupa as faults, one by one. about is the field that Coupa names, if any.
func CoupaFaults(about string, messages ...string) Faults {
	fs := make(Faults, len(messages))
	for i, m := range messages {
		fs[i] = Fault{Field: about, Rule: RuleCoupa, Message: m}
	}
	return fs
}

// Protection is a rule of the config that excludes a person from every change.
type Protection struct {
	Why   string // in words
	Owner string // owner that the rule names, "" for none
}

// ColumnNames are names of columns in the order of the mapping.
type ColumnNames []string

// Text returns the names, separated by commas. No name of a column has a comma.
func (n ColumnNames) Text() string { return strings.Join(n, ", ") }

// MarshalText returns the text of Text, which JSON results show.
func (n ColumnNames) MarshalText() ([]byte, error) { return []byte(n.Text()), nil }
