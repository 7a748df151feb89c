package coupa

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

const user281 = usersPath + "/281"

func put281(t *testing.T, c *Client) (export.User, error) {
	t.Helper()
	return c.Users().Update(t.Context(), "281", []export.ElementCell{cell(t, "Email", "j.doe@example.com"), cell(t, "Last Name", "Doe")})
}

// TestUpdateFaults drives one PUT through every kind of answer and checks the result and the number of calls.
func TestUpdateFaults(t *testing.T) {
	good := reply{status: 200, kind: asXML, body: `<user><id>281</id><lastname>Doe</lastname><email>j.doe@example.com</email></user>`}
	bad := func(status int, kind, body string) reply { return reply{status: status, kind: kind, body: body} }
	refusals := "Email j.doe@example.com has already been taken; Segment 1 - Cost Center can't be blank."
	for _, tc := range []struct {
		name    string
		script  []reply
		calls   int
		what    string // of *export.NotDeliveredError
		refused int    // status of *export.RefusedError
		text    string // in the error
		says    string // Coupa's words in the refusal
		temp    bool   // of *Error
	}{
		{name: "good", script: []reply{good}, calls: 1},
		{name: "JSON where XML was asked for", script: []reply{bad(200, asJSON, `{"id":"281","lastname":"Doe"}`)}, calls: 1},
		{name: "400 XML", script: []reply{bad(400, asXML, payload(t, "user-errors.xml"))}, calls: 1, refused: 400, text: "PUT /api/users/281: 400: refused", says: refusals},
		{name: "422 JSON", script: []reply{bad(422, asJSON, payload(t, "user-errors.json"))}, calls: 1, refused: 422, text: "422: refused", says: refusals},
		{name: "JSON said to be XML", script: []reply{bad(400, "text/plain", payload(t, "user-errors.json"))}, calls: 1, refused: 400, text: "400: refused", says: refusals},
		{name: "400 bare string", script: []reply{bad(400, asJSON, `{"errors":"Doe is no name"}`)}, calls: 1, refused: 400, text: "400: refused", says: "Doe is no name"},
		{name: "400 another resource", script: []reply{bad(400, asJSON, `{"errors":{"base":["no"],"address":"street"}}`)}, calls: 1, refused: 400, text: "400: refused", says: "street; no"},
		{name: "406 empty", script: []reply{bad(406, asXML, "")}, calls: 1, refused: 406, text: "406: refused", says: "an empty answer"},
		{name: "409 page", script: []reply{bad(409, asHTML, "<html>Doe</html>")}, calls: 1, refused: 409, text: "409: refused", says: "a web page, perhaps from a proxy"},
		{name: "403 for this user", script: []reply{bad(403, asXML, "<errors><error>You may not edit Doe</error></errors>")}, calls: 1, refused: 403, text: "403: refused", says: "You may not edit Doe"},
		{name: "403 for all", script: []reply{bad(403, asXML, "<errors><error>Insufficient scope</error></errors>")}, calls: 1, what: "scope", text: "(core.user.write)"},
		{name: "403 for all, by header", script: []reply{{status: 403, head: map[string]string{"WWW-Authenticate": `Bearer error="insufficient_scope"`}}}, calls: 1, what: "scope", text: "core.user.write"},
		{name: "404 no such id", script: []reply{bad(404, asXML, noneXML)}, calls: 1, refused: 404, text: "404: refused", says: "No results match your search criteria."},
		{name: "404 wrong address", script: []reply{bad(404, asHTML, "<html></html>")}, calls: 1, what: "address", text: "is not there"},
		{name: "401 once", script: []reply{bad(401, asXML, ""), good}, calls: 2},
		{name: "401 twice", script: []reply{bad(401, asXML, "")}, calls: 2, what: "token", text: "refuses a new token"},
		{name: "429", script: []reply{bad(429, "", ""), good}, calls: 2},
		{name: "500", script: []reply{bad(500, asXML, "<errors><error>Doe</error></errors>"), good}, calls: 2},
		{name: "500 for ever, saying the row back", script: []reply{bad(500, asXML, "<errors><error>Email J.Doe@example.com of Doe</error></errors>")}, calls: 8, text: "PUT /api/users/281: 500: Internal Server Error", temp: true},
		{name: "403 for all, saying the row back", script: []reply{bad(403, asXML, "<errors><error>No scope to edit Doe</error></errors>")}, calls: 1, what: "scope", text: "(403: Forbidden)"},
		{name: "502 for ever", script: []reply{bad(502, asHTML, "<html>Doe</html>")}, calls: 8, text: "PUT /api/users/281: 502: a web page", temp: true},
		{name: "time-out once", script: []reply{{hang: true}, good}, calls: 2},
		{name: "cut", script: []reply{{status: 200, kind: asXML, body: "<user><id>", cut: true}, good}, calls: 2},
		{name: "truncated for ever", script: []reply{bad(200, asJSON, `{"id":28`)}, calls: 3, text: "ends too early", temp: true},
		{name: "empty for ever", script: []reply{bad(200, asXML, "")}, calls: 3, text: "it is empty", temp: true},
		{name: "web page", script: []reply{bad(200, asHTML, "<html></html>")}, calls: 1, what: "address", text: "a web page instead of data"},
		{name: "redirect", script: []reply{{status: 302, head: map[string]string{"Location": "/api/users/282"}}}, calls: 1, what: "address", text: "redirects to"},
		{name: "another user", script: []reply{bad(200, asXML, `<user><id>282</id></user>`)}, calls: 1, text: "the answer is about another user"},
		{name: "two users", script: []reply{bad(200, asJSON, `[{"id":281},{"id":282}]`)}, calls: 1, text: "the answer holds 2 users"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			withFar(t, tc.script, func(t *testing.T, f *far) {
				f.on(user281, tc.script...)
				c, hook := f.client(t)
				got, err := put281(t, c)
				quiet(t, err, hook)
				if n := len(f.requests(user281)); n != tc.calls {
					t.Errorf("%d calls, want %d", n, tc.calls)
				}
				nd, _ := errors.AsType[*export.NotDeliveredError](err)
				refused, _ := errors.AsType[*export.RefusedError](err)
				e, _ := errors.AsType[*Error](err)
				switch {
				case tc.text == "":
					if err != nil || got.Values["lastname"].Text != "Doe" {
						t.Errorf("got %v, %v", got, err)
					}
				case err == nil || !contains(bothFields(err), tc.text) || contains(bothFields(err), "Doe"):
					t.Errorf("got %v, want %s", err, tc.text)
				case tc.what != "" && (nd == nil || nd.What.String() != tc.what), tc.refused != 0 && (refused == nil || refused.Status != tc.refused):
					t.Errorf("got %T %v", err, err)
				case tc.what == "" && tc.refused == 0 && (e == nil || e.Temporary() != tc.temp):
					t.Errorf("got %T %v", err, err)
				}
				if refused != nil && strings.Join(refused.Messages, "; ") != tc.says {
					t.Errorf("the messages are %q", refused.Messages)
				}
			})
		})
	}
}

// TestUpdateAsks: one PUT on the wire, in both formats.
func TestUpdateAsks(t *testing.T) {
	for format, body := range map[string]string{
		"xml":  `<?xml version="1.0" encoding="UTF-8"?>` + "\n<user><email>j.doe@example.com</email><lastname>Doe</lastname></user>",
		"json": `{"email":"j.doe@example.com","lastname":"Doe"}`,
	} {
		f := newFar(t)
		f.on(user281, reply{status: 200, kind: asJSON, body: `{"id":281}`})
		c, hook := f.client(t, func(c *Config) { c.Format = format })
		got, err := put281(t, c)
		if err != nil || len(got.Values) != 0 {
			t.Fatal(got, err)
		}
		r := f.requests(user281)[0]
		if r.Method != http.MethodPut || f.bodies[1] != body || r.Header.Get("Content-Type") != "application/"+format || r.Header.Get("Accept") != "application/"+format {
			t.Errorf("%s %v %s", r.Method, r.Header, f.bodies[1])
		}
		if got := r.URL.Query().Get("fields"); got != `["id","email","lastname"]` {
			t.Errorf("fields %s", got)
		}
		// The answer shows neither element: that is logged, once for each, and never taken for an empty value.
		if _, err := put281(t, c); err != nil {
			t.Fatal(err)
		}
		var told []string
		for _, e := range hook.AllEntries() {
			if contains(e.Message, "lack") {
				told = append(told, fmt.Sprint(e.Message, "; ", e.Data[export.HintField]))
			}
		}
		if len(told) != 4 || !contains(told[0], "response filters") { // put281 makes a new view each time
			t.Errorf("%d warnings: %q", len(told), told)
		}
		quiet(t, nil, hook)
	}
	f := newFar(t)
	c, _ := f.client(t)
	for _, id := range []string{"", "0", "-1", "281/../1", "jdoe"} {
		if _, err := c.Users().Update(t.Context(), id, []export.ElementCell{cell(t, "Last Name", "Doe")}); err == nil {
			t.Errorf("id %q is sent", id)
		}
	}
	if len(f.seen) != 0 {
		t.Errorf("%d requests", len(f.seen))
	}
}

// TestCreateOnce: whatever happens to the answer, no second account is created.
func TestCreateOnce(t *testing.T) {
	made := reply{status: 201, kind: asXML, body: `<user><id>300</id><login>new</login></user>`}
	there := reply{status: 200, kind: asXML, body: `<users type="array"><user><id>300</id><login>NEW</login></user></users>`}
	none := reply{status: 404, kind: asXML, body: noneXML}
	taken := reply{status: 422, kind: asXML, body: `<errors><error>Login has already been taken</error></errors>`}
	lost := reply{status: 201, kind: asXML, body: "<user>", cut: true}
	for _, tc := range []struct {
		name   string
		script []reply
		posts  int
		gets   int
		ok     bool
	}{
		{"good", []reply{made}, 1, 0, true},
		{"refused", []reply{taken}, 1, 0, false},
		{"429 is no doubt", []reply{{status: 429}, made}, 2, 0, true},
		{"401 is no doubt", []reply{{status: 401}, made}, 2, 0, true},
		{"lost, but made", []reply{lost, there}, 1, 1, true},
		{"lost, not made", []reply{lost, none, made}, 2, 1, true},
		{"answer unreadable", []reply{{status: 201, kind: asXML}, there}, 1, 1, true},
		{"500, not made", []reply{{status: 500}, none, made}, 2, 1, true},
		{"lost, made late", []reply{lost, none, taken, there}, 2, 2, true},
		{"lost, and another's", []reply{lost, none, taken, none}, 2, 2, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFar(t)
			f.on(usersPath, tc.script...)
			c, _ := f.client(t)
			got, err := c.Users().Create(t.Context(), []export.ElementCell{cell(t, "Login", "new"), cell(t, "Last Name", "Roe")})
			if (err == nil) != tc.ok || tc.ok && got.ID != "300" {
				t.Errorf("got %v, %v", got, err)
			}
			n := map[string]int{}
			for _, r := range f.requests(usersPath) {
				n[r.Method]++
				if r.Method == http.MethodGet && r.URL.Query().Get("login") != "new" {
					t.Errorf("asked for %s", r.URL.RawQuery)
				}
			}
			if n[http.MethodPost] != tc.posts || n[http.MethodGet] != tc.gets {
				t.Errorf("%v, want %d and %d", n, tc.posts, tc.gets)
			}
		})
	}
	f := newFar(t)
	c, _ := f.client(t)
	if _, err := c.Users().Create(t.Context(), []export.ElementCell{cell(t, "Last Name", "Roe")}); err == nil || len(f.seen) != 0 {
		t.Errorf("got %v", err)
	}
}

// TestBatches: forty-nine values a call, none twice, one with a comma or outer blanks alone, and no endless address.
func TestBatches(t *testing.T) {
	var many []string
	for i := range 120 {
		many = append(many, fmt.Sprintf("user%03d", i))
	}
	sizes := func(batches [][]string) (out []int) {
		for _, b := range batches {
			out = append(out, len(b))
		}
		return out
	}
	for want, values := range map[string][]string{
		"[]":         {"", " "},
		"[49 49 22]": many,
		"[2]":        {"a", "b", "A", "", "b"},
		"[1 1 2]":    {"a", "Doe, Jane", " b", "c"},
	} {
		if got := fmt.Sprint(sizes(batches(values))); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	long := strings.Repeat("ü", 255)
	var wide []string
	for i := range 10 {
		wide = append(wide, fmt.Sprint(long, i))
	}
	if got := fmt.Sprint(sizes(batches(wide))); got != "[1 1 1 1 1 1 1 1 1 1]" {
		t.Errorf("long values: %s", got)
	}
}

// TestFindUsersAsks: odd logins arrive as they are.
func TestFindUsersAsks(t *testing.T) {
	odd := []string{"a+b", "50%", "o'neil", `"q"`, "x/y?z&w=#1", "müller", "加藤"}
	f := newFar(t)
	f.on(usersPath, reply{status: 200, kind: asJSON, body: `[]`})
	c, _ := f.client(t)
	by := must(t, "Employee Number")[0]
	if got, err := c.Users().Find(t.Context(), by, append(odd, "Doe, Jane"), must(t, "User Role Names")); err != nil || got != nil {
		t.Fatal(got, err)
	}
	r := f.requests(usersPath)
	if len(r) != 2 || r[0].URL.Query().Get("employee_number") != "Doe, Jane" || r[1].URL.Query().Get("employee_number[in]") != strings.Join(odd, ",") {
		t.Errorf("%d requests: %v", len(r), r[0].URL)
	}
	if q := r[1].URL.Query(); q.Get("fields") != `["id",{"roles":["name"]},"employee-number"]` || q.Get("limit") != "50" || len(q) != 3 {
		t.Errorf("%v", q)
	}
	for _, bad := range []string{"Department", "User Role Names"} {
		if _, err := c.Users().Find(t.Context(), must(t, bad)[0], odd, nil); err == nil {
			t.Errorf("looked up by %s", bad)
		}
	}
}

// TestFindAsksOnce: a look-up of as many values as one call takes has an answer that needs no second page.
func TestFindAsksOnce(t *testing.T) {
	var asked, users []string
	for i := range export.LookUp {
		asked = append(asked, fmt.Sprint("user", i+1))
		users = append(users, fmt.Sprintf(`{"id":%d,"login":"user%[1]d"}`, i+1))
	}
	f := newFar(t)
	f.on(usersPath, reply{status: 200, kind: asJSON, body: "[" + strings.Join(users, ",") + "]"})
	c, _ := f.client(t)
	found, err := c.Users().Find(t.Context(), must(t, "Login")[0], asked, nil)
	if calls := len(f.requests(usersPath)); err != nil || len(found) != export.LookUp || calls != 1 {
		t.Errorf("%d found by %d calls, %v", len(found), calls, err)
	}
}

// TestFindTrustsNoAnswer: the filter may be ignored or lax, pages may overlap, and an answer may lack the key.
func TestFindTrustsNoAnswer(t *testing.T) {
	page := func(from, to int) reply {
		var users []string
		for i := from; i < to; i++ {
			users = append(users, fmt.Sprintf(`{"id":%d,"login":"user%d"}`, i, i))
		}
		return reply{status: 200, kind: asJSON, body: "[" + strings.Join(users, ",") + "]"}
	}
	by := must(t, "Login")[0]
	for _, tc := range []struct {
		name   string
		asked  []string
		script []reply
		ids    string
		text   string
	}{
		{"found", []string{"USER3"}, []reply{page(3, 4)}, "3", ""},
		{"a stranger beside", []string{"user3"}, []reply{page(3, 5)}, "3", ""},
		{"all of a small instance", []string{"user3"}, []reply{page(1, 40)}, "3", ""},
		{"the second page", []string{"user60"}, []reply{page(1, 51), page(50, 80)}, "60", ""},
		{"the same on two pages", []string{"user50"}, []reply{page(1, 51), page(50, 80)}, "50", ""},
		{"two for one value", []string{"jdoe"}, []reply{{status: 200, kind: asJSON, body: `[{"id":1,"login":"jdoe"},{"id":2,"login":"JDOE"}]`}}, "1 2", ""},
		{"filter ignored", []string{"user3"}, []reply{page(1, 51)}, "", "seems to ignore the filter"},
		{"twice, the same", []string{"user3"}, []reply{{status: 200, kind: asJSON, body: `[{"id":3,"login":"user3"},{"id":3,"login":"user3"}]`}}, "3", ""},
		{"one id, two users", []string{"user3", "user4"}, []reply{{status: 200, kind: asJSON, body: `[{"id":3,"login":"user3"},{"id":3,"login":"user4"}]`}}, "", "list Coupa id 3 twice, with different values"},
		{"one id in two spellings", []string{"user3", "user4"}, []reply{{status: 200, kind: asJSON, body: `[{"id":3,"login":"user3"},{"id":"003","login":"user4"}]`}}, "", "list Coupa id 3 twice"},
		{"one id, a stranger", []string{"user3"}, []reply{{status: 200, kind: asJSON, body: `[{"id":3,"login":"user3"},{"id":3,"login":"user4"}]`}}, "", "list Coupa id 3 twice"},
		{"one id on two pages", []string{"user3"}, []reply{page(1, 51), {status: 200, kind: asJSON, body: `[{"id":3,"login":"user80"}]`}}, "", "list Coupa id 3 twice"},
		{"one id in two look-ups", []string{"user3", "a,b"}, []reply{{status: 200, kind: asJSON, body: `[{"id":3,"login":"user3"}]`}, {status: 200, kind: asJSON, body: `[{"id":3,"login":"a,b"}]`}}, "", "list Coupa id 3 twice"},
		{"asked for in the second look-up, listed in the first", []string{"a,b", "user3"}, []reply{page(3, 4), page(3, 4)}, "3", ""},
		{"id 0", []string{"user3"}, []reply{{status: 200, kind: asJSON, body: `[{"id":0,"login":"user3"}]`}}, "", "a user with an id that is not a number above 0"},
		{"id 0 of a stranger", []string{"user3"}, []reply{{status: 200, kind: asJSON, body: `[{"id":3,"login":"user3"},{"id":"00","login":"user4"}]`}}, "", "a user with an id that is not a number above 0"},
		{"a negative id", []string{"user3"}, []reply{{status: 200, kind: asJSON, body: `[{"id":-3,"login":"user3"}]`}}, "", "a user with an id that is not a number above 0"},
		{"a word for an id", []string{"user3"}, []reply{{status: 200, kind: asXML, body: `<users type="array"><user><id>three</id><login>user3</login></user></users>`}}, "", "a user with an id that is not a number above 0"},
		{"no id", []string{"user3"}, []reply{{status: 200, kind: asJSON, body: `[{"login":"user3"}]`}}, "", "not a user with an id"},
		{"no key in it", []string{"user3"}, []reply{{status: 200, kind: asJSON, body: `[{"id":1}]`}}, "", "lacks login, by which users are looked up"},
		{"failed look-up", []string{"user3"}, []reply{{status: 400, kind: asJSON, body: `{"errors":"login is not a valid attribute"}`}}, "", "GET /api/users: 400: Bad Request"},
		{"failed look-up, saying the value back", []string{"user3"}, []reply{{status: 400, kind: asJSON, body: `{"errors":"USER3 is no login"}`}}, "", "GET /api/users: 400: Bad Request"},
		{"wrong address", []string{"user3"}, []reply{{status: 404, kind: asXML, body: "<errors><error>Not available</error></errors>"}}, "", "is not there"},
		{"scope", []string{"user3"}, []reply{{status: 403}}, "", "(core.user.read)"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFar(t)
			f.on(usersPath, tc.script...)
			c, _ := f.client(t)
			found, err := c.Users().Find(t.Context(), by, tc.asked, nil)
			var ids []string
			for _, u := range found {
				ids = append(ids, u.ID)
			}
			if strings.Join(ids, " ") != tc.ids || (err != nil) != (tc.text != "") || err != nil && !contains(bothFields(err), tc.text) {
				t.Errorf("got %v, %v", ids, err)
			}
		})
	}
}

// TestRetryAfterHoldsAllWorkers: all workers obey what Coupa asks of one.
func TestRetryAfterHoldsAllWorkers(t *testing.T) {
	f := newFar(t)
	f.on(usersPath, reply{status: 404, kind: asXML, body: noneXML})
	c, _ := f.client(t, func(c *Config) { c.TokenSettle = -1 })
	if err := c.Users().Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := f.clock.Now()
	c.wire.hold(7 * time.Second)
	if err := c.Users().Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if waited := f.at[len(f.at)-1].Sub(before); waited < 7*time.Second {
		t.Errorf("another worker waited %s", waited)
	}
}

// TestQueryIsEncoded: a plus is no blank on the wire.
func TestQueryIsEncoded(t *testing.T) {
	f := newFar(t)
	f.on(usersPath, reply{status: 200, kind: asJSON, body: `[]`})
	c, _ := f.client(t)
	if _, err := c.Users().Find(t.Context(), must(t, "Email")[0], []string{"a+b%c@x.example"}, nil); err != nil {
		t.Fatal(err)
	}
	raw := f.requests(usersPath)[0].URL.RawQuery
	if !contains(raw, "email="+url.QueryEscape("a+b%c@x.example")) || contains(raw, "a+b") {
		t.Error(raw)
	}
}
