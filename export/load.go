package export

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Verdict is the result of one load; the ledger stores the word.
type Verdict string

const (
	VerdictOK          Verdict = "ok"          // done, no errors, creates within plan
	VerdictPartial     Verdict = "partial"     // done with row errors
	VerdictEmpty       Verdict = "empty"       // done, and no row was processed
	VerdictFailed      Verdict = "failed"      // failed, stopped, or a header error
	VerdictStalled     Verdict = "stalled"     // no verdict within load.wait
	VerdictByHand      Verdict = "by hand"     // a person decided: settle, or run --again
	VerdictUnconfirmed Verdict = "unconfirmed" // load.via: [archive] alone: picked up, and no way to ask for a verdict
)

// Verdicts returns every verdict.
func Verdicts() []Verdict {
	return []Verdict{VerdictOK, VerdictPartial, VerdictEmpty, VerdictFailed, VerdictStalled, VerdictByHand, VerdictUnconfirmed}
}

// Load is Coupa's processing of one part (a data file source), whichever way it was read. Counters that the source does
// not show are -1.
type Load struct {
	ID        string
	Via       string // api, page or archive
	FileName  string // mangled: _Incoming_Users_<name>
	FileSize  int64  // file-file-size; -1 unknown
	Status    string // as Coupa spelled it
	CreatedAt time.Time
	Processed int
	Created   int
	Updated   int
	Errors    []LoadError
	ErrorsN   int    // number of errors where only the number is known (page); -1 unknown, else >= len(Errors)
	Result    string // result-text
	PickedUp  bool   // archive evidence: the file left the drop folder
}

// LoadError is one upload error of a load.
type LoadError struct {
	Type        string // UploadRowError or UploadHeaderError
	Row         int    // as Coupa counts; 0 unknown
	FirstColumn string
	Field       string // Coupa's internal attribute name
	Value       string
	Messages    []string
}

// Header reports whether the error is about the file's header and not about a row.
func (e LoadError) Header() bool { return strings.Contains(strings.ToLower(e.Type), "header") }

// LoadStatus returns a status in one spelling: case, blanks, hyphens and underscores do not count (data_file_sources:
// listed Done, Failed, Submitted to Resque ...; real payloads are lower case).
func LoadStatus(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "").Replace(strings.ToLower(strings.TrimSpace(s)))
}

// LoadQuery names the load of one part.
type LoadQuery struct {
	Name  string    // the part's name, as renamed into the drop folder
	Size  int64     // bytes sent
	Since time.Time // no load created before this is ours
	ID    string    // once known, the load is found by it
	Until time.Time // where Coupa asks to be left alone for longer than this, the call fails at once; zero: the source's own limit
}

// Mangled returns the name under which Coupa lists an SFTP load: the path with underscores for slashes (DataFileSources
// API Example Calls; the Users form is inferred from the LookupValues one).
func Mangled(folder, name string) string {
	return strings.ReplaceAll("/"+strings.Trim(folder, "/")+"/"+name, "/", "_")
}

// LoadSource is one way to read the load of a part. It is asked repeatedly; it retries by itself.
type LoadSource interface {
	// Via returns api, page or archive.
	Via() string
	// Check proves, before anything is sent, that this way of asking works. If not, its error is a *NotDeliveredError.
	Check(ctx context.Context) error
	// Ask returns the load of a part, nil while there is none. A load of another size, where no other has the name,
	// shows that the file was torn. A *NotDeliveredError means that asking again is of no use.
	Ask(ctx context.Context, q LoadQuery) (*Load, error)
}

// Judge turns a load into a verdict. final is false while Coupa is still at work or the status is unknown.
func Judge(l *Load) (v Verdict, final bool) {
	header := false
	for _, e := range l.Errors {
		header = header || e.Header()
	}
	switch LoadStatus(l.Status) {
	case "done":
		errs := max(l.ErrorsN, len(l.Errors))
		switch {
		case header:
			return VerdictFailed, true
		case errs > 0:
			return VerdictPartial, true
		case l.Processed <= 0 && max(l.Created, 0)+max(l.Updated, 0) == 0 && (l.Processed == 0 || l.Created == 0 && l.Updated == 0):
			return VerdictEmpty, true
		}
		return VerdictOK, true
	case "failed", "stopped":
		return VerdictFailed, true
	}
	if header {
		return VerdictFailed, true
	}
	return "", false
}

// KnownStatus reports whether a status that is not final is in Coupa's list.
func KnownStatus(s string) bool {
	switch LoadStatus(s) {
	case "done", "failed", "stopped", "retrying", "loading", "submittedtoresque", "pending", "uploading", "paused", "sample":
		return true
	}
	return false
}

// statusForm is the form of Coupa's statuses: Submitted to Resque, done, pending_approval.
var statusForm = regexp.MustCompile(`^[A-Za-z][a-z]*([ _-][a-z]+)*$`)

// StatusWord returns a status in a form for logs and notices. A text without the form of a status may be anything:
// pages have columns in other places, and some of them name people.
func StatusWord(s string) string {
	s = strings.TrimSpace(s)
	if KnownStatus(s) || len(s) <= 40 && statusForm.MatchString(s) {
		return s
	}
	return "something that is no status"
}

// String returns id, status and source of the load, for logs.
func (l *Load) String() string { return fmt.Sprintf("load %s (%s, via %s)", l.ID, l.Status, l.Via) }
