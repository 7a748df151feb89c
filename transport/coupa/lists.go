package coupa

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/hr2coupa/hr2coupa/export"
)

// List is a list of names that Coupa's API can be asked for.
type List struct {
	Of      string // in words: departments
	path    string
	single  string // the element of one entry; plural is the list's
	plural  string
	element string // with the name
}

// Listed returns the list of the names that a column takes; ok is false where no page of Coupa's documents one. Roles are the best
// known of those: integrators disagree on whether they can be listed at all.
func Listed(column string) (l List, ok bool) {
	l, ok = lists[column]
	return l, ok
}

// The lists are those of Coupa's pages on reference data ("Departments API", "Content Groups API", "User Groups API", "Currencies API", "Address API").
var lists = map[string]List{
	"Department":                    {"departments", "/api/departments", "department", "departments", "name"},
	"Content Groups":                {"content groups", "/api/business_groups", "business-group", "business-groups", "name"},
	"Groups":                        {"user groups", "/api/user_groups", "user-group", "user-groups", "name"},
	"Default Currency":              {"currencies", "/api/currencies", "currency", "currencies", "code"},
	"Default Address Location Code": {"addresses", "/api/addresses", "address", "addresses", "location-code"},
}

// ScopeLists is the scope that is assumed to open the lists: no page says it of each.
const ScopeLists = "core.common.read"

// Names reads a whole list by ascending id, with at most so many names. A list that is not read to its end, or is empty, is an
// error: what it lacks would be taken for unknown. Entries without a name are left out. Its error is an
// *export.NotDeliveredError, unless ctx ended.
func (c *Client) Names(ctx context.Context, l List, most int) ([]string, error) {
	names, err := c.names(ctx, l, most)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusOK {
		return nil, notDelivered(export.NoPreflight, e, "%s: %s", c.wire.base, e).WithHint("%s", cmp.Or(e.Hint, "give the names as a file"))
	}
	return names, unusable(c.wire.base, err)
}

func (c *Client) names(ctx context.Context, l List, most int) (names []string, err error) {
	want := []export.Element{{Path: l.element, Column: l.element}}
	wrong := func(format string, args ...any) error {
		return &Error{Op: "GET " + l.path, Status: http.StatusOK, Msg: fmt.Sprintf(format, args...)}
	}
	for last, more := uint64(0), true; more; {
		q := url.Values{"order_by": {"id"}, "dir": {"asc"}, "limit": {strconv.Itoa(pageSize)}, "fields": {fieldsOf(want)}, "id[gt]": {strconv.FormatUint(last, 10)}}
		var page []export.User
		err := c.get(ctx, l.path, q, func(a *answer) (err error) {
			if err = c.wire.judge(a); err == nil {
				page, err = readEntries(a, l.single, l.plural, want)
			}
			return err
		})
		if err != nil && !errors.Is(err, errNoResults) {
			return nil, err
		}
		for _, entry := range page {
			id, err := strconv.ParseUint(entry.ID, 10, 63)
			if err != nil || id <= last {
				return nil, wrong("the %s in the answer are not those by ascending id that were asked for", l.Of)
			}
			v, shown := entry.Values[l.element]
			if !shown {
				return nil, &Error{Op: "GET " + l.path, Status: http.StatusOK, Msg: "the answer does not show the " + l.element + " of " + l.Of, Hint: "look at the API response filters"}
			}
			if last = id; v.Text != "" {
				names = append(names, v.Text)
			}
		}
		if len(names) > most {
			return nil, wrong("there are more than %d %s", most, l.Of)
		}
		more = err == nil && len(page) >= pageSize
	}
	if len(names) == 0 {
		return nil, wrong("Coupa shows no %s, so that every row would be unknown", l.Of)
	}
	return names, nil
}

func isList(path string) bool {
	for _, l := range lists {
		if l.path == path {
			return true
		}
	}
	return false
}
