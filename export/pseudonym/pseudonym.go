// Package pseudonym names people in a log as the config allows it.
package pseudonym

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
)

// PersonField is the field of a log line that names a person. Its value must be a Who; see GuardLog.
const PersonField = "person"

// Who is the name of a person in a log. Only this package can make one from a key, so that no line can show more than
// the config allows.
type Who struct{ name string }

// String returns the name as the config allows logs to show it.
func (w Who) String() string { return w.name }

// MarshalText returns the text of String.
func (w Who) MarshalText() ([]byte, error) { return []byte(w.name), nil }

// Pseudonyms names people by a keyed hash of HR's key. One ledger always uses the same pseudonym for a person. Without
// the ledger's key it is impossible to identify the person, or to try keys until one matches.
type Pseudonyms struct{ key []byte }

// NewPseudonyms returns pseudonyms for a random key.
func NewPseudonyms(key []byte) Pseudonyms { return Pseudonyms{key} }

// pseudonymMark begins every pseudonym.
const pseudonymMark = "p-"

// pseudonymLetters is how many letters of 5 bits follow: among a million people two have the same pseudonym once in two
// million times.
const pseudonymLetters = 12

// Of returns the pseudonym of a person.
func (p Pseudonyms) Of(key string) Who {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(key))
	sum := strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)))
	return Who{pseudonymMark + sum[:pseudonymLetters]}
}

// IsPseudonym reports whether a text has the form of a pseudonym. A key of HR's may have that form too.
func IsPseudonym(text string) bool {
	letters, ok := strings.CutPrefix(text, pseudonymMark)
	return ok && len(letters) == pseudonymLetters && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// Naming is how a log names people.
type Naming struct {
	Pseudonyms Pseudonyms
	Discreet   bool                        // privacy: pseudonyms: no key, no number of Coupa's, no words of Coupa's
	Personal   func(export.RowResult) bool // whether the key of a row is personal data itself, a login or an address; nil: never
}

// Of returns the name of a row's person in a log: HR's key, or the pseudonym where the config says so or the key itself
// names the person; file and line where there is no key.
func (n Naming) Of(r export.RowResult) Who {
	if r.Key == "" {
		return Who{r.Origin.String()}
	}
	if n.Discreet || n.Personal != nil && n.Personal(r) {
		return n.Pseudonyms.Of(r.Key)
	}
	return Who{r.Key}
}

// Fields returns the fields of every log line about a row.
func (n Naming) Fields(run string, r export.RowResult) logrus.Fields {
	return logrus.Fields{"run": run, PersonField: n.Of(r), "row": r.Origin.String()}
}

// UserFields adds Coupa's number of a user, where the log may have it.
func (n Naming) UserFields(f logrus.Fields, id string) logrus.Fields {
	if !n.Discreet {
		f["coupa"] = id
	}
	return f
}

// GuardLog makes a logger drop PersonField from every line where its value is not a Who.
func GuardLog(l *logrus.Logger) { l.AddHook(personGuard{}) }

type personGuard struct{}

func (personGuard) Levels() []logrus.Level { return logrus.AllLevels }

func (personGuard) Fire(e *logrus.Entry) error {
	who, there := e.Data[PersonField]
	if _, ok := who.(Who); there && !ok {
		e.Data[PersonField] = Who{"[person]"}
	}
	return nil
}
