package instance

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// SFTPLogin is the account to which Coupa attributes loads that arrived by SFTP ("DataFileSources API Example Calls").
// ScreenLogin is the account of the twin's uploads from the screen.
const (
	SFTPLogin   = "sftp_integration@coupa.com"
	ScreenLogin = "admin"
)

// UploadError is one entry of a load's upload errors. Nil means nil in Coupa's payload.
type UploadError struct {
	ID          int64
	Type        string // UploadRowError or UploadHeaderError
	Row         *int
	FirstColumn *string
	Field       *string // internal attribute name, not the column's header
	Value       *string
	Messages    []string
}

// Load is one data file source: the processing of one file, with some facts that only the twin knows.
type Load struct {
	ID         int64
	Name       string // in the drop folder
	FileName   string // as Coupa stores it: _Incoming_Users_<name>; screen loads keep the plain name
	Status     string // done, failed, loading, pending or sample; always in lower case here
	ResultText string // "" is nil
	CreatedBy  string
	PickedUp   time.Time
	Started    time.Time // zero: never
	Ended      time.Time

	Size         int64  // bytes read at the pick-up
	SHA256       string // of these bytes, in hex
	ArchivedSize int64  // of the file in the archive now; -1: not there
	StillOpen    bool   // it was open for writing at the pick-up

	Rows, Processed, Created, Updated int // data rows in the file, and Coupa's three counts
	Errors                            []UploadError
}

// Torn reports whether the twin took a file before its writer had finished it.
func (l Load) Torn() bool {
	return l.StillOpen || l.ArchivedSize >= 0 && l.ArchivedSize != l.Size
}

// Applied is one row that the twin stored. It proves what reached Coupa, and how often.
type Applied struct {
	LoadID   int64
	File     string // name in the drop folder
	Row      int    // data row, counted from 1
	Key      string // the first cell
	UserID   int64
	Login    string
	Created  bool
	Changed  bool // the stored user differs from before
	Notified bool // Generate Password And Notify User said yes: Coupa would have sent a mail
}

// Loads is the list of data file sources and the record of applied rows.
type Loads struct {
	mu      sync.Mutex
	loads   []*Load
	applied []Applied
	nextID  int64
	nextErr int64
}

// Add adds a load and gives it an id.
func (ll *Loads) Add(l *Load) *Load {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	ll.nextID++
	l.ID = ll.nextID
	ll.loads = append(ll.loads, l)
	return l
}

// any reports whether a file was ever picked up.
func (ll *Loads) any() bool {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	return len(ll.loads) > 0
}

// Change changes a load with the lock held.
func (ll *Loads) Change(l *Load, how func(*Load)) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	how(l)
}

// RecordRow records a row that a load has stored.
func (ll *Loads) RecordRow(l *Load, a Applied) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	a.LoadID, a.File = l.ID, l.Name
	ll.applied = append(ll.applied, a)
}

// RecordError adds an upload error to a load and gives it an id.
func (ll *Loads) RecordError(l *Load, e UploadError) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	ll.nextErr++
	e.ID = ll.nextErr
	l.Errors = append(l.Errors, e)
}

// All returns copies of all loads, oldest first.
func (ll *Loads) All() []Load {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	loads := make([]Load, len(ll.loads))
	for i, l := range ll.loads {
		loads[i] = *l
		loads[i].Errors = slices.Clone(l.Errors)
	}
	return loads
}

// Applied returns every row that was stored, in order.
func (ll *Loads) Applied() []Applied {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	return slices.Clone(ll.applied)
}

// ResultText is Coupa's sentence ("DataFileSources API Example Calls").
func ResultText(processed, created, updated int) string {
	return fmt.Sprintf("%d rows processed, creating %d new rows and updating %d rows.", processed, created, updated)
}

// Listed returns the loads that the list shows now, oldest first.
func (in *Instance) Listed() []Load {
	if in.Board.Get().LoadOutcome == "unlisted" {
		return nil
	}
	now := in.Now()
	return slices.DeleteFunc(in.Loads.All(), func(l Load) bool {
		return l.PickedUp.Add(in.Board.Get().ListDelay).After(now)
	})
}

// StatusText spells a status as the switch wants it.
func (in *Instance) StatusText(status string) string {
	if in.Board.Get().StatusCase == "title" {
		return payload.Humanize(status)
	}
	return status
}
