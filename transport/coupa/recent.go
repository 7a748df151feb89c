package coupa

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// recentPages bounds how much of the list is read: several ledgers of a large company load some hundred files a week.
const recentPages = 40

// Recent returns the loads created since a time with word in their file name, newest first. It returns the same kinds
// of error as Ask.
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
	a.client.wire.log.Warnf("coupa: more than %d loads of files with %s in their names since %s, of which only the latest are read", recentPages*pageSize, word, stamp(since))
	return found, nil
}

// Recent is API.Recent for the first pages of the list. It also returns a load that shows no time.
func (p *Page) Recent(ctx context.Context, word string, since time.Time) ([]*export.Load, error) {
	var found []*export.Load
	ctx = p.wire.checking(ctx)
	path, query := pagePath, url.Values(nil)
	for range listPages {
		t, next, err := p.list(ctx, path, query)
		if err != nil {
			return nil, unusable(p.wire.base, err)
		}
		for _, tr := range t.rows {
			r := tableRow{t.at, tr}
			names := r.names()
			i := slices.IndexFunc(names, func(n string) bool { return strings.Contains(n, word) })
			if at := r.time(colCreatedAt); i >= 0 && (at.IsZero() || !at.Before(since)) {
				found = append(found, r.load(names[i]))
			}
		}
		if next == nil {
			break
		}
		path, query = next.Path, next.Query()
	}
	return found, nil
}
