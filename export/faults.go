package export

import (
	"fmt"
	"strings"
)

// Fault says what is wrong with one record, row or file, or what a row waits for. Our own messages never quote a cell's
// value, so that they may stand in a log; they end with what to do where there is a way out.
type Fault struct {
	Origin  Origin `json:"origin,omitzero"`
	Field   string `json:"field,omitempty"` // the HR field or Coupa column, "" for the whole record
	Rule    string `json:"rule"`            // a short stable word: ragged, required, length, unique ...; RuleCoupa; see RuleOld
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`  // what to do, where the message does not say it
	Owner   string `json:"owner,omitempty"` // whose task it is, where the config names somebody
}

// Rules of faults whose messages are not ours.
const (
	// RuleCoupa is that of Coupa's words, which may quote a cell. Where Coupa names what they are about, Field is Coupa's
	// own name for it, and the words say it as well.
	RuleCoupa = "coupa"
	// RuleOld is that of a text from before faults were stored one by one. It may hold several.
	RuleOld = ""
)

// Hints returns what to do.
func (f Fault) Hints() []string { return []string{f.Hint} }

func (f Fault) Error() string {
	if f.Field == "" {
		return fmt.Sprintf("%s: %s", f.Origin, f.Message)
	}
	return fmt.Sprintf("%s: %s: %s", f.Origin, f.Field, f.Message)
}

// ours reports whether the message is one of this program's.
func (f Fault) ours() bool { return f.Rule != RuleCoupa && f.Rule != RuleOld }

// Text is the fault in words, for readers who know the row: an origin is told only where the fault is about another record.
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

// Faults say why a row did not reach Coupa, or not as it was sent: our broken rules or Coupa's messages, each by itself. A
// fault that is about the row's own record has no Origin.
type Faults []Fault

// between stands between the faults of a row in words. Some messages have it inside, too.
const between = "; "

// Text is all of them in words.
func (fs Faults) Text() string {
	if len(fs) == 1 {
		return fs[0].Text()
	}
	texts := make([]string, len(fs))
	for i, f := range fs {
		texts[i] = f.Text()
	}
	return strings.Join(texts, between)
}

// Owner is whom the config names for the row; "" for nobody.
func (fs Faults) Owner() string {
	for _, f := range fs {
		if f.Owner != "" {
			return f.Owner
		}
	}
	return ""
}

// About makes them the faults of the row at an origin: those that are about its own record lose their Origin. It changes fs.
func (fs Faults) About(row Origin) Faults {
	for i := range fs {
		if fs[i].Origin == row {
			fs[i].Origin = Origin{}
		}
	}
	return fs
}

// MarshalText is how JSON results have them: in words.
func (fs Faults) MarshalText() ([]byte, error) { return []byte(fs.Text()), nil }

// CoupaFaults are messages of Coupa's, each by itself. about is what Coupa says they are about, where it does.
func CoupaFaults(about string, messages ...string) Faults {
	fs := make(Faults, len(messages))
	for i, m := range messages {
		fs[i] = Fault{Field: about, Rule: RuleCoupa, Message: m}
	}
	return fs
}

// Protection is a rule of the config by which a person is never changed.
type Protection struct {
	Why   string // in words
	Owner string // whom it names, "" for nobody
}

// ColumnNames are names of columns in the order of the mapping.
type ColumnNames []string

// Text is all of them in words. No name of a column has a comma.
func (n ColumnNames) Text() string { return strings.Join(n, ", ") }

// MarshalText is how JSON results have them: in words.
func (n ColumnNames) MarshalText() ([]byte, error) { return []byte(n.Text()), nil }
