package export

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"strings"

	"github.com/sirupsen/logrus"
)

// PersonField is the field of a log line that names a person. Nothing but a Who may stand there: see GuardLog.
const PersonField = "person"

// Who is how a log names a person. Only this room can make one of a key, so that no line can show more than the config
// allows.
type Who struct{ name string }

func (w Who) String() string               { return w.name }
func (w Who) MarshalText() ([]byte, error) { return []byte(w.name), nil }

// Pseudonyms names people by a keyed hash of HR's key: the same person is called the same by the same ledger, and nobody
// without its key can tell who that is, or try keys until one fits.
type Pseudonyms struct{ key []byte }

// NewPseudonyms makes them of a random key.
func NewPseudonyms(key []byte) Pseudonyms { return Pseudonyms{key} }

// pseudonymMark begins every pseudonym.
const pseudonymMark = "p-"

// pseudonymLetters is how many letters of 5 bits follow: of a million people no two are called the same, but for one time
// in two million.
const pseudonymLetters = 12

// Of returns the pseudonym of a person.
func (p Pseudonyms) Of(key string) Who {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(key))
	sum := strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)))
	return Who{pseudonymMark + sum[:pseudonymLetters]}
}

// IsPseudonym reports whether a text has the form of a pseudonym. A key of HR's may have it too.
func IsPseudonym(text string) bool {
	letters, ok := strings.CutPrefix(text, pseudonymMark)
	return ok && len(letters) == pseudonymLetters && strings.Trim(letters, "abcdefghijklmnopqrstuvwxyz234567") == ""
}

// Naming is how a log names people.
type Naming struct {
	Pseudonyms Pseudonyms
	Discreet   bool                 // privacy: pseudonyms: no key, no number of Coupa's, no words of Coupa's
	Personal   func(RowResult) bool // whether the key of a row is personal data itself, a login or an address; nil: never
}

// Of returns how a log names the person of a row: by HR's key, or by the pseudonym where the config says so and where the
// key itself names somebody; by file and line where there is no key.
func (n Naming) Of(r RowResult) Who {
	if r.Key == "" {
		return Who{r.Origin.String()}
	}
	if n.Discreet || n.Personal != nil && n.Personal(r) {
		return n.Pseudonyms.Of(r.Key)
	}
	return Who{r.Key}
}

// Fields are those of every line about a row.
func (n Naming) Fields(run string, r RowResult) logrus.Fields {
	return logrus.Fields{"run": run, PersonField: n.Of(r), "row": r.Origin.String()}
}

// UserFields adds Coupa's number of a user, where the log may have it.
func (n Naming) UserFields(f logrus.Fields, id string) logrus.Fields {
	if !n.Discreet {
		f["coupa"] = id
	}
	return f
}

// GuardLog makes a logger that shows no person but by a Who: whatever else a line has in its place is left out.
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
