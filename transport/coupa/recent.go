package coupa

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// recentPages bounds how much of the list is read: several ledgers of a large company load some hundred files a week.
const recentPages = 40

// Recent lists the loads created since a time whose file name has the word in it, newest first. Errors are those of Ask.
func (a *API) Recent(ctx context.Context, word string, since time.Time) ([]*export.Load, error) {
	query := url.Values{
		"file_file_name[contains]": {word},
		"created_at[gt_or_eq]":     {stamp(since)},
		"order_by":                 {"created_at"},
		"dir":                      {"desc"},
		"limit":                    {strconv.Itoa(pageSize)},
	}
	ctx = a.client.wire.checking(ctx)
	var found []*export.Load
	for page := range recentPages {
		query.Set("offset", strconv.Itoa(page*pageSize))
		list, err := a.client.loads(ctx, loadsPath, query)
		if err != nil {
			return nil, unusable(a.client.wire.base, err)
		}
		found = append(found, list...)
		if len(list) < pageSize {
			return found, nil
		}
	}
	a.client.wire.log.Warnf("coupa: more than %d loads of files with %s in their names since %s; only the latest are looked at", recentPages*pageSize, word, stamp(since))
	return found, nil
}
