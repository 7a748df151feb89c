package coupa

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

const (
	usersPath = "/api/users"
	batchURL  = 3000 // bytes of the encoded values in one look-up: servers refuse long addresses
	callTime  = 300 * time.Millisecond
)

// Users reads and writes Coupa's users over the REST API.
type Users struct {
	client *Client
	asked  atomic.Int64

	mu   sync.Mutex
	told map[string]bool // elements already warned about because they were missing
}

var _ export.Directory = (*Users)(nil)

// Users returns the view of the API that reads and writes users.
func (c *Client) Users() *Users { return &Users{client: c, told: map[string]bool{}} }

// Workers returns how many calls at once keep the configured rate filled where a call takes 300 ms.
func (u *Users) Workers() int {
	return int(math.Ceil(float64(u.client.wire.limiter.Limit())*callTime.Seconds())) + 1
}

// Check proves with one cheap call that users can be read. Its error is an *export.NotDeliveredError, unless ctx ended.
func (u *Users) Check(ctx context.Context) error {
	_, err := u.query(u.client.wire.checking(ctx), url.Values{"limit": {"1"}, "fields": {fieldsOf(nil)}}, nil)
	return unusable(u.client.wire.base, err)
}

// Find looks users up, export.LookUp values at a time; a value with a comma goes alone, since Coupa would read it as
// two. Users that were not asked for are left out: Coupa may ignore the filter or apply it more loosely than we do.
func (u *Users) Find(ctx context.Context, by export.Element, values []string, want []export.Element) ([]export.User, error) {
	if err := Queryable(by); err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(want, func(e export.Element) bool { return e.Path == by.Path }) {
		want = append(slices.Clone(want), by)
	}
	var found []export.User
	seen := &listed{map[string]export.User{}, map[string]bool{}}
	for _, batch := range batches(values) {
		users, err := u.batch(ctx, by, batch, want, seen)
		if err != nil {
			return nil, err
		}
		found = append(found, users...)
	}
	return found, nil
}

const (
	sayNoID  = "the answer has a %s with an id that is not a number above 0, so the %s is unknown, and nothing of the answer is used"
	doNoID   = "run again, and if it happens again, look for a proxy in front of Coupa, or ask Coupa's support"
	sayTwice = "the answers list Coupa id %s twice, with different values, so it is not known which are right, and none of them is used"
	doTwice  = "run again, since the user may have been changed meanwhile, and if it happens again, look for a proxy in front of Coupa, or ask Coupa's support"
)

// listed holds the users in the answers of one look-up. Pages may overlap, so one user may be listed twice. But two
// users with the same key are refused: data for one would go to the other.
type listed struct {
	byID  map[string]export.User
	found map[string]bool
}

func (l *listed) add(user export.User) error {
	if before, twice := l.byID[user.ID]; twice && !reflect.DeepEqual(before.Values, user.Values) {
		return &Error{Op: "GET " + usersPath, Msg: fmt.Sprintf(sayTwice, user.ID), Hint: doTwice}
	}
	l.byID[user.ID] = user
	return nil
}

// find reports whether a user who was asked for is listed for the first time.
func (l *listed) find(id string) bool {
	defer func() { l.found[id] = true }()
	return !l.found[id]
}

// batches cuts values into look-ups. Each value is asked for once, case aside.
func batches(values []string) [][]string {
	var out [][]string
	var batch []string
	size := 0
	flush := func() {
		if batch != nil {
			out = append(out, batch)
		}
		batch, size = nil, 0
	}
	seen := map[string]bool{}
	for _, v := range values {
		key := fold(v)
		if key == "" || seen[key] {
			continue
		}
		seen[key] = true
		if strings.Contains(v, ",") || v != strings.TrimSpace(v) {
			out = append(out, []string{v})
			continue
		}
		n := len(url.QueryEscape(v)) + len("%2C")
		if len(batch) == export.LookUp || size+n > batchURL {
			flush()
		}
		batch, size = append(batch, v), size+n
	}
	flush()
	return out
}

func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// batch asks for one batch of values, page by page.
func (u *Users) batch(ctx context.Context, by export.Element, values []string, want []export.Element, seen *listed) ([]export.User, error) {
	q := url.Values{"fields": {fieldsOf(want)}, "limit": {strconv.Itoa(pageSize)}}
	if len(values) == 1 {
		q.Set(argument(by), values[0])
	} else {
		q.Set(argument(by)+"[in]", strings.Join(values, ","))
	}
	asked := map[string]bool{}
	for _, v := range values {
		asked[fold(v)] = true
	}
	var found []export.User
	for page := range findPages {
		if page > 0 {
			q.Set("offset", strconv.Itoa(page*pageSize))
		}
		users, err := u.query(ctx, q, want)
		if err != nil {
			return nil, refusedQuery(by, err)
		}
		for _, user := range users {
			key, known := user.Value(by)
			if !known {
				return nil, &Error{Op: "GET " + usersPath, Msg: fmt.Sprintf("the answer lacks %s, by which users are looked up", by.Path), Hint: "check the instance's API response filters for users"}
			}
			if key.Parts != nil {
				return nil, &Error{Op: "GET " + usersPath, Msg: fmt.Sprintf(sayNoText, by.Column), Hint: doOtherMatch}
			}
			if err := seen.add(user); err != nil {
				return nil, err
			}
			if asked[fold(key.Text)] && seen.find(user.ID) {
				found = append(found, user)
			}
		}
		if len(users) < pageSize {
			return found, nil
		}
	}
	// Going on would mean reading the whole list. Stopping here and reporting "no user" could create a second account.
	return nil, &Error{Op: "GET " + usersPath, Msg: fmt.Sprintf(sayIgnores, findPages*pageSize, len(values), by.Column)}
}

// query reads one page of users.
func (u *Users) query(ctx context.Context, q url.Values, want []export.Element) ([]export.User, error) {
	u.asked.Add(1)
	var users []export.User
	err := u.client.get(ctx, usersPath, q, func(a *answer) (err error) {
		if err = u.client.wire.judge(a); err == nil {
			users, err = readUsers(a, want)
		}
		return err
	})
	if errors.Is(err, errNoResults) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, user := range users {
		u.lacking(user, want)
	}
	return users, nil
}

// Whole reads one user with every element that a column of the users import has, and returns these elements. An element
// that the instance does not show is missing, without a warning.
func (u *Users) Whole(ctx context.Context, id string) ([]export.Element, export.User, error) {
	var want []export.Element
	for _, c := range templates.UsersColumns() {
		if e, ok := Element(c.Name); ok && e.Kind != export.KindAction && e.Kind != export.KindRemoval {
			want = append(want, e)
		}
	}
	var found []export.User
	err := u.client.get(ctx, usersPath, url.Values{"id": {id}, "fields": {fieldsOf(want)}}, func(a *answer) (err error) {
		if err = u.client.wire.judge(a); err == nil {
			found, err = readUsers(a, want)
		}
		return err
	})
	if err != nil && !errors.Is(err, errNoResults) {
		return nil, export.User{}, err
	}
	one, err := export.One(found, ID(), id)
	return want, one, err
}

// lacking warns once for each element that was asked for by name and is not in an answer.
func (u *Users) lacking(user export.User, want []export.Element) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, e := range want {
		if _, known := user.Value(e); !known && !u.told[e.Path] && e.Kind != export.KindAction {
			u.told[e.Path] = true
			u.client.wire.log.WithField(export.HintField, "check the instance's API response filters").
				Warnf("coupa: answers about users lack %s (%s) although it is asked for, so what was sent there cannot be confirmed", e.Path, e.Column)
		}
	}
}

// DefaultFilter returns which elements of want the instance leaves out where a call does not ask for them by name: an
// administrator can set such a response filter for each resource (API Response Filters). It reads a user that a look-up
// by name has shown once more.
func (u *Users) DefaultFilter(ctx context.Context, named export.User, want []export.Element) ([]export.Element, error) {
	var bare []export.User
	err := u.client.get(ctx, usersPath, url.Values{"id": {named.ID}}, func(a *answer) (err error) {
		if err = u.client.wire.judge(a); err == nil {
			bare, err = readUsers(a, want)
		}
		return err
	})
	if err != nil && !errors.Is(err, errNoResults) {
		return nil, err
	}
	if len(bare) != 1 || bare[0].ID != named.ID {
		return nil, &Error{Op: "GET " + usersPath, Msg: "the user is not there, so a response filter cannot be looked for"}
	}
	var out []export.Element
	for _, e := range want {
		_, shown := named.Value(e)
		if _, plain := bare[0].Value(e); shown && !plain {
			out = append(out, e)
		}
	}
	return out, nil
}

// Update writes cells to one user with PUT. After an *Error the update may have happened.
func (u *Users) Update(ctx context.Context, id string, cells []export.ElementCell) (export.User, error) {
	if n, err := strconv.ParseUint(id, 10, 63); err != nil || n == 0 {
		return export.User{}, fmt.Errorf("coupa id %q is not a number", id)
	}
	r, err := u.write(http.MethodPut, usersPath+"/"+id, cells)
	if err != nil {
		return export.User{}, err
	}
	var out export.User
	err = u.client.authorised(ctx, r.called(), func(ctx context.Context, token string) error {
		out, err = u.send(ctx, token, r, cells)
		return err
	})
	if err == nil && out.ID != id {
		return export.User{}, &Error{Op: r.op(), Msg: "the answer is about another user"}
	}
	return out, err
}

// Create creates a user with POST. A lost answer may hide a created user: the login is looked up before the next try,
// and after a refusal that follows a lost answer.
func (u *Users) Create(ctx context.Context, cells []export.ElementCell) (export.User, error) {
	login, _ := Element("Login")
	i := slices.IndexFunc(cells, func(c export.ElementCell) bool {
		return c.Element.Path == login.Path && c.Cell.State == export.Set && fold(c.Cell.Text) != ""
	})
	if i < 0 {
		return export.User{}, errors.New("column Login: missing, and no user is created without it")
	}
	r, err := u.write(http.MethodPost, usersPath, cells)
	if err != nil {
		return export.User{}, err
	}
	var out export.User
	doubt := false // a call was sent and its answer was lost
	err = u.client.authorised(ctx, r.called(), func(ctx context.Context, token string) error {
		if doubt {
			var made bool
			if out, made, err = u.made(ctx, login, cells[i].Cell.Text, cells); made || err != nil {
				return err
			}
		}
		out, err = u.send(ctx, token, r, cells)
		lost, ok := errors.AsType[*Error](err)
		doubt = doubt || ok && lost.Status != http.StatusTooManyRequests
		return err
	})
	if _, refused := errors.AsType[*export.RefusedError](err); refused && doubt {
		if found, made, lookErr := u.made(ctx, login, cells[i].Cell.Text, cells); made && lookErr == nil {
			return found, nil
		}
	}
	return out, err
}

// made looks up a user that a lost call may have created.
func (u *Users) made(ctx context.Context, by export.Element, login string, cells []export.ElementCell) (one export.User, made bool, err error) {
	found, err := u.Find(ctx, by, []string{login}, elements(cells))
	if err != nil || len(found) == 0 {
		return one, false, err
	}
	one, err = export.One(found, by, login)
	return one, err == nil, err
}

// write prepares a write; its answer is limited to the elements written.
func (u *Users) write(method, path string, cells []export.ElementCell) (request, error) {
	body, err := userBody(strings.TrimPrefix(u.client.accept, "application/"), cells)
	if err != nil {
		return request{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	name := ""
	if u.client.wire.noIDs && path != usersPath {
		name = usersPath + "/[id]"
	}
	return request{method: method, path: path, name: name, query: url.Values{"fields": {fieldsOf(elements(cells))}}, body: body}, nil
}

// send makes one try of a write.
func (u *Users) send(ctx context.Context, token string, r request, cells []export.ElementCell) (export.User, error) {
	var out export.User
	err := u.client.try(ctx, token, r, func(a *answer) error {
		if refused := refusal(a); refused != nil {
			return refused
		}
		if err := u.client.wire.judge(a); err != nil {
			return err
		}
		users, err := readUsers(a, elements(cells))
		if err == nil && len(users) != 1 {
			err = &Error{Op: a.op(), Status: a.status, Msg: fmt.Sprintf("the answer holds %d users", len(users))}
		}
		if err == nil {
			out = users[0]
			out.Answer = fmt.Sprintf("%s: %d", a.op(), a.status)
			u.lacking(out, elements(cells))
		}
		return err
	})
	return out, err
}

// refusal returns an error where an answer refuses this write only. A missing scope, a wrong address and a passing
// failure are not refusals: judge handles them.
func refusal(a *answer) error {
	said := messages(a)
	switch s := a.status; {
	case s < 400 || transient(s) || s == http.StatusUnauthorized:
		return nil
	case s == http.StatusForbidden && scopeless(a, said):
		return nil
	case s == http.StatusNotFound && len(said) == 0:
		return nil
	}
	if len(said) == 0 {
		said = []string{problem(a)}
	}
	return &export.RefusedError{Op: a.op(), Status: a.status, Messages: said}
}

// scopeless reports whether a 403 is about the client's scopes rather than about this user.
func scopeless(a *answer, said []string) bool {
	return strings.Contains(a.header.Get("WWW-Authenticate"), "insufficient_scope") ||
		slices.ContainsFunc(said, func(text string) bool { return strings.Contains(strings.ToLower(text), "scope") })
}

func elements(cells []export.ElementCell) []export.Element {
	var out []export.Element
	for _, c := range cells {
		if c.Cell.State != export.Absent && c.Element.Kind != export.KindAction {
			out = append(out, c.Element)
		}
	}
	return out
}
