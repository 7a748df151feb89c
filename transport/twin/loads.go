package twin

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// sftpLogin is the account to which Coupa attributes loads that came by SFTP
// ("DataFileSources API Example Calls"); screenLogin the one of the twin's screen uploads.
const (
	sftpLogin   = "sftp_integration@coupa.com"
	screenLogin = "admin"
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

// Load is one data file source: the processing of one file, and what the twin alone knows of it.
type Load struct {
	ID         int64
	Name       string // as it lay in the drop folder
	FileName   string // as Coupa stores it: _Incoming_Users_<name>; screen loads keep the bare name
	Status     string // done, failed, loading, pending, sample: lower case whatever the switch shows
	ResultText string // "" is nil
	CreatedBy  string
	PickedUp   time.Time
	Started    time.Time // zero: never
	Ended      time.Time

	Size         int64  // bytes taken at the pick-up
	SHA256       string // of these bytes, in hex
	ArchivedSize int64  // of the file in the archive now; -1: not there
	StillOpen    bool   // somebody held it open for writing at the pick-up

	Rows, Processed, Created, Updated int // data rows in the file; and the three counts of Coupa
	Errors                            []UploadError
}

// Torn tells whether the twin took a file that its writer had not finished.
func (l Load) Torn() bool {
	return l.StillOpen || l.ArchivedSize >= 0 && l.ArchivedSize != l.Size
}

// Applied is one row that the twin stored: the proof of what reached Coupa, and how often.
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

// loadList is the list of data file sources and the record of applied rows.
type loadList struct {
	mu      sync.Mutex
	loads   []*Load
	applied []Applied
	nextID  int64
	nextErr int64
}

func (ll *loadList) add(l *Load) *Load {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	ll.nextID++
	l.ID = ll.nextID
	ll.loads = append(ll.loads, l)
	return l
}

// any tells whether a file was ever picked up.
func (ll *loadList) any() bool {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	return len(ll.loads) > 0
}

// change alters a load with the lock held.
func (ll *loadList) change(l *Load, how func(*Load)) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	how(l)
}

func (ll *loadList) recordRow(l *Load, a Applied) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	a.LoadID, a.File = l.ID, l.Name
	ll.applied = append(ll.applied, a)
}

func (ll *loadList) recordError(l *Load, e UploadError) {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	ll.nextErr++
	e.ID = ll.nextErr
	l.Errors = append(l.Errors, e)
}

func (ll *loadList) copyLoads() []Load {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	loads := make([]Load, len(ll.loads))
	for i, l := range ll.loads {
		loads[i] = *l
		loads[i].Errors = slices.Clone(l.Errors)
	}
	return loads
}

func (ll *loadList) copyApplied() []Applied {
	ll.mu.Lock()
	defer ll.mu.Unlock()
	return slices.Clone(ll.applied)
}

// resultText is Coupa's sentence ("DataFileSources API Example Calls").
func resultText(processed, created, updated int) string {
	return fmt.Sprintf("%d rows processed, creating %d new rows and updating %d rows.", processed, created, updated)
}

// listed gives the loads that the list shows at the time, oldest first.
func (t *Twin) listed(now time.Time) []Load {
	if t.sw.Load().LoadOutcome == "unlisted" {
		return nil
	}
	return slices.DeleteFunc(t.loads.copyLoads(), func(l Load) bool {
		return l.PickedUp.Add(t.sw.Load().ListDelay).After(now)
	})
}

// statusText spells a status as the switch wants it.
func (t *Twin) statusText(status string) string {
	if t.sw.Load().StatusCase == "title" {
		return humanize(status)
	}
	return status
}

// record is the load as the API shows it ("Data File Sources API").
func (t *Twin) record(l Load) Record {
	r := Record{
		"id": l.ID, "type": "BackgroundCsvFileLoad", "source-for": "User", "status": t.statusText(l.Status),
		"created-at": stamp(l.PickedUp), "updated-at": stamp(latest(l.PickedUp, l.Started, l.Ended)),
		"start-time": stampOrNil(l.Started), "end-time": stampOrNil(l.Ended),
		"file-file-name": l.FileName, "file-content-type": "text/csv", "file-file-size": fmt.Sprint(l.Size),
		"result-text": textOrNil(l.ResultText), "progress": int64(l.Processed),
		"created-by": creator(l.CreatedBy), "updated-by": creator(l.CreatedBy),
	}
	errs := make([]any, 0, len(l.Errors))
	for _, e := range l.Errors {
		errs = append(errs, e.record())
	}
	r["upload-errors"] = errs
	if t.sw.Load().Counters == yes {
		r["records-count"], r["records-created"] = int64(l.Processed), int64(l.Created)
		r["records-updated"], r["upload-errors-count"] = int64(l.Updated), int64(len(l.Errors))
	}
	return r
}

func creator(login string) Record {
	if login == sftpLogin {
		return Record{"id": int64(93), "login": login, "email": login, "firstname": "sFTP", "lastname": "Integration"}
	}
	return Record{"id": int64(1), "login": login, "email": login + "@example.com", "firstname": "Ada", "lastname": "Admin"}
}

// record shows field-errors as a list for a row and as plain text for a header, as the samples do.
func (e UploadError) record() Record {
	r := Record{"id": e.ID, "type": e.Type, "row": nil, "first-column": deref(e.FirstColumn),
		"field-with-error": deref(e.Field), "value": deref(e.Value)}
	if e.Row != nil {
		r["row"] = int64(*e.Row)
	}
	if e.Type == "UploadHeaderError" {
		r["field-errors"] = e.Messages[0]
		return r
	}
	list := make([]any, len(e.Messages))
	for i, m := range e.Messages {
		list[i] = m
	}
	r["field-errors"] = list
	return r
}

func deref(p *string) any {
	if p == nil {
		return nil
	}
	return *p
}

func textOrNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func stampOrNil(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return stamp(at)
}

func latest(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }
