package coupa

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	pageSize  = 50             // the API returns at most 50 records at once (Querying Options)
	findPages = 5              // a part's name is unique, so we never expect more pages
	floorGap  = 24 * time.Hour // loads created up to this long before the plan are considered: clocks and zones may differ
	clockSkew = 5 * time.Minute
)

// API reads loads from /api/data_file_sources.
type API struct {
	client *Client

	mu   sync.Mutex
	told map[string]bool // subjects already warned about, by load id
}

// Loads returns the view of the API that answers what became of a part.
func (c *Client) Loads() *API { return &API{client: c, told: map[string]bool{}} }

// Via returns the name of this way of asking in load.via and in Load.Via.
func (a *API) Via() string { return "api" }

// Check calls Client.Check.
func (a *API) Check(ctx context.Context) error { return a.client.Check(ctx) }

// Ask returns the load of one part as it stands now, found by its file name, or by q.ID where that is known; nil where
// there is none yet. It returns a load of another size only where none with the part's size is listed. An
// *export.NotDeliveredError means that asking this way is of no use. An *Error means that this call failed;
// Error.Temporary reports whether the next may succeed.
func (a *API) Ask(ctx context.Context, q export.LoadQuery) (*export.Load, error) {
	ctx = patient(ctx, q.Until)
	if q.ID != "" {
		return a.follow(ctx, q)
	}
	return a.find(ctx, q)
}

// follow reads one load by its id: a bare object.
func (a *API) follow(ctx context.Context, q export.LoadQuery) (*export.Load, error) {
	list, err := a.client.loads(ctx, loadsPath+"/"+url.PathEscape(q.ID), nil)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return list[0], nil
}

// find asks by the end of the file name, which works however an instance spells the folder, and chooses among the
// answers here. The resource is heavy, so the window of time is kept small (DataFileSources API Example Calls).
func (a *API) find(ctx context.Context, q export.LoadQuery) (*export.Load, error) {
	query := url.Values{
		"file_file_name[ends_with]": {"_" + q.Name},
		"created_at[gt_or_eq]":      {stamp(q.Since.Add(-floorGap))},
		"order_by":                  {"created_at"},
		"dir":                       {"desc"},
		"limit":                     {strconv.Itoa(pageSize)},
	}
	var found []*export.Load
	for page := range findPages {
		if page > 0 {
			query.Set("offset", strconv.Itoa(page*pageSize))
		}
		list, err := a.client.loads(ctx, loadsPath, query)
		if err != nil {
			return nil, err
		}
		found = append(found, list...)
		if len(list) < pageSize {
			break
		}
	}
	found = slices.DeleteFunc(found, func(l *export.Load) bool { return !a.ours(l, q) })
	whole := slices.DeleteFunc(slices.Clone(found), func(l *export.Load) bool { return torn(l, q) })
	if len(whole) == 0 { // then torn loads are all that was found
		whole = found
	}
	return choose(whole, export.Mangled(a.client.folder, q.Name), q.Since), nil
}

// torn reports whether a load has another size than the part.
func torn(l *export.Load, q export.LoadQuery) bool {
	return q.Size > 0 && l.FileSize >= 0 && l.FileSize != q.Size
}

// ours reports whether a load can be the part's. A load of our name with another size is logged once: no other program
// makes such names, so a person should look.
func (a *API) ours(l *export.Load, q export.LoadQuery) bool {
	switch {
	case l.FileName == "":
		a.warn("", "check the instance's default response filters for data file sources", "coupa: the list of loads comes without file-file-name")
		return false
	case !ourName(l.FileName, a.client.folder, q.Name):
		return false
	case !l.CreatedAt.IsZero() && l.CreatedAt.Before(q.Since.Add(-floorGap)):
		return false
	case torn(l, q):
		a.warn(l.ID, "", "coupa: load %s has the name of part %s, but %d bytes, not the %d sent, so no verdict is taken from it", l.ID, q.Name, l.FileSize, q.Size)
	}
	return true
}

// warn logs a warning once for each subject, however often the list is asked for.
func (a *API) warn(subject, hint, format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.told[subject] {
		a.told[subject] = true
		export.LogHints(a.client.wire.log, hint).Warnf(format, args...)
	}
}

// ourName reports whether a load's file name is a part's. A bare name without a folder is not: Coupa keeps such a name
// for an upload on the screen, so a person has uploaded the part by hand.
func ourName(file, folder, name string) bool {
	return file == export.Mangled(folder, name) || strings.HasSuffix(file, "_"+name)
}

// choose picks the part's load among several of its name. The exact name comes before a name that only ends so. Then
// comes the earliest load created at or after since, less five minutes for clocks that differ: the first one is our
// delivery, a later one is a repetition by a person. Then comes the latest before that, then one without a time.
func choose(found []*export.Load, mangled string, since time.Time) *export.Load {
	if len(found) == 0 {
		return nil
	}
	floor := since.Add(-clockSkew)
	rank := func(l *export.Load) int {
		switch {
		case l.CreatedAt.IsZero():
			return 2
		case l.CreatedAt.Before(floor):
			return 1
		}
		return 0
	}
	return slices.MinFunc(found, func(x, y *export.Load) int {
		byTime := x.CreatedAt.Compare(y.CreatedAt)
		if rank(x) == 1 {
			byTime = -byTime
		}
		return cmp.Or(boolRank(x.FileName != mangled)-boolRank(y.FileName != mangled), rank(x)-rank(y), byTime, strings.Compare(x.ID, y.ID))
	})
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}
