package coupa

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/hr2coupa/hr2coupa/export"
)

// First makes the first look-up of a start, which proves that users can be read at all. Like Check it gives up soon,
// since nothing has been sent yet and a person may be waiting for the error. Its error is an *export.NotDeliveredError,
// unless ctx ended or the answer itself is of no use.
func (u *Users) First(ctx context.Context, look func(context.Context) error) error {
	err := look(u.client.wire.hasty(ctx))
	if e, ok := errors.AsType[*Error](err); ok && e.Status == 0 && e.hope == none {
		return err
	}
	return unusable(u.client.wire.base, err)
}

// Asked returns the number of look-ups so far: pages of users, by whatever key. A call that was tried again counts
// once.
func (u *Users) Asked() int { return int(u.asked.Load()) }

// Highest returns the highest number of a user; 0 where there are no users.
func (u *Users) Highest(ctx context.Context) (uint64, error) {
	users, err := u.query(ctx, url.Values{"order_by": {"id"}, "dir": {"desc"}, "limit": {"1"}, "fields": {fieldsOf(nil)}}, nil)
	if err != nil || len(users) == 0 {
		return 0, err
	}
	return strconv.ParseUint(users[0].ID, 10, 63)
}

// After reads one page of all users, by ascending id: those with an id above after and at most through; a through of 0
// means no end. more reports whether others may follow. It pages by id, since paging by offset would skip a user when
// an earlier one is deleted.
func (u *Users) After(ctx context.Context, after, through uint64, want []export.Element) (users []export.User, more bool, err error) {
	q := url.Values{
		"order_by": {"id"}, "dir": {"asc"}, "limit": {strconv.Itoa(pageSize)}, "fields": {fieldsOf(want)},
		"id[gt]": {strconv.FormatUint(after, 10)},
	}
	if through > 0 {
		q.Set("id[lt_or_eq]", strconv.FormatUint(through, 10))
	}
	if users, err = u.query(ctx, q, want); err != nil {
		return nil, false, err
	}
	last := after
	for _, user := range users {
		id, err := strconv.ParseUint(user.ID, 10, 63)
		if err != nil || id <= last || through > 0 && id > through {
			return nil, false, &Error{Op: "GET " + usersPath, Status: http.StatusOK, Msg: "the users in the answer are not those by ascending id that were asked for"}
		}
		last = id
	}
	return users, len(users) >= pageSize, nil
}
