package coupa

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestAfter: users are read by ascending id, never by offset, and an answer in another order is an error.
func TestAfter(t *testing.T) {
	page := func(ids ...int) reply {
		var users []string
		for _, id := range ids {
			users = append(users, fmt.Sprintf(`{"id":%d,"login":"user%[1]d"}`, id))
		}
		return reply{status: 200, kind: asJSON, body: "[" + strings.Join(users, ",") + "]"}
	}
	full := make([]int, pageSize)
	for i := range full {
		full[i] = 8 + i
	}
	for _, tt := range []struct {
		name           string
		after, through uint64
		answer         reply
		users          int
		more           bool
		asks, text     string
	}{
		{name: "the first page", answer: page(full...), users: 50, more: true, asks: "dir=asc&fields=%5B%22id%22%2C%22login%22%5D&id%5Bgt%5D=0&limit=50&order_by=id"},
		{name: "the last page of a range", after: 7, through: 90, answer: page(8, 90), users: 2, asks: "dir=asc&fields=%5B%22id%22%2C%22login%22%5D&id%5Bgt%5D=7&id%5Blt_or_eq%5D=90&limit=50&order_by=id"},
		{name: "nobody", after: 7, answer: reply{status: 404, kind: asXML, body: "<errors><error>No results match your search criteria.</error></errors>"}},
		{name: "somebody from before", after: 8, answer: page(8, 9), text: "not those by ascending id"},
		{name: "somebody from behind", after: 7, through: 8, answer: page(8, 9), text: "not those by ascending id"},
		{name: "not in order", after: 7, answer: page(9, 8), text: "not those by ascending id"},
		{name: "twice", after: 7, answer: page(8, 8), text: "not those by ascending id"},
		{name: "a failed call", answer: reply{status: 400, kind: asJSON, body: `{"errors":"id is not a valid attribute"}`}, text: "GET /api/users: 400: Bad Request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFar(t)
			f.on(usersPath, tt.answer)
			c, _ := f.client(t)
			users, more, err := c.Users().After(t.Context(), tt.after, tt.through, must(t, "Login"))
			if len(users) != tt.users || more != tt.more || (err == nil) != (tt.text == "") || err != nil && !strings.Contains(bothFields(err), tt.text) {
				t.Errorf("%d users, more %v, %v", len(users), more, err)
			}
			if asks := f.requests(usersPath)[0].URL.RawQuery; tt.asks != "" && asks != tt.asks {
				t.Errorf("asks %s", asks)
			}
		})
	}
}

func TestHighest(t *testing.T) {
	for body, want := range map[string]uint64{`[{"id":4711}]`: 4711, `[]`: 0} {
		f := newFar(t)
		f.on(usersPath, reply{status: 200, kind: asJSON, body: body})
		c, _ := f.client(t)
		users := c.Users()
		got, err := users.Highest(t.Context())
		if q := f.requests(usersPath)[0].URL.RawQuery; got != want || err != nil || users.Asked() != 1 || q != "dir=desc&fields=%5B%22id%22%5D&limit=1&order_by=id" {
			t.Errorf("got %d, %v by %d calls, %s", got, err, users.Asked(), q)
		}
	}
}

// TestFirst: the first look-up reports an obstacle as a check does, and a fault of an answer as any other look-up does.
func TestFirst(t *testing.T) {
	by := must(t, "Login")[0]
	for name, tt := range map[string]struct {
		script []reply
		text   string
		lost   bool
	}{
		"found":         {script: []reply{{status: 200, kind: asJSON, body: `[{"id":1,"login":"jdoe"}]`}}},
		"down":          {script: []reply{{status: 500, kind: asXML, body: "<errors><error>Oops</error></errors>"}}, text: "Server Error\nhint: check coupa.url and the network, or try again later", lost: true},
		"no scope":      {script: []reply{{status: 403}}, text: "(core.user.read), and add it to coupa.scopes", lost: true},
		"not the users": {script: []reply{{status: 200, kind: asJSON, body: `[{"id":1}]`}}, text: "looked up\nhint: check the instance's API response filters for users"},
	} {
		f := newFar(t)
		f.on(usersPath, tt.script...)
		c, _ := f.client(t)
		users := c.Users()
		err := users.First(t.Context(), func(ctx context.Context) error {
			_, err := users.Find(ctx, by, []string{"jdoe"}, nil)
			return err
		})
		_, lost := errors.AsType[*export.NotDeliveredError](err)
		if lost != tt.lost || (err == nil) != (tt.text == "") || err != nil && !strings.HasSuffix(bothFields(err), tt.text) {
			t.Errorf("%s: %v, nobody can be asked: %v", name, err, lost)
		}
	}
}
