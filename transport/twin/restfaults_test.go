package twin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// TestUserFaults: every fault answers as it is called, and only every so many-th call.
func TestUserFaults(t *testing.T) {
	want := map[string]struct {
		status int
		text   string
	}{
		"401": {401, "not active yet"}, "403": {403, "may not"}, "404": {404, "No results"}, "406": {406, "Not acceptable"},
		"422": {422, "<error>Email is invalid</error>"}, "422-bare": {422, "<![CDATA["}, "422-other-type": {422, `{"errors":{"user":["Email is invalid"`}, "429": {429, "Rate limit"}, "429-retry-after": {429, "Rate limit"},
		"500": {500, "wrong"}, "502-html": {502, "<html>"}, "truncated": {200, "<email>"}, "other-type": {200, `"login":"jdoe"`}, "empty": {200, ""},
	}
	for _, fault := range docOf(t, "user-fault").Values {
		tt, ok := want[fault]
		if !ok {
			continue // none, and those without an answer: the client's tests have them
		}
		r := start(t, Options{}, "user-fault="+fault, "user-fault-every=2")
		token := r.token()
		target := "/api/users/281?fields=[%22login%22,%22email%22]"
		if status, _ := r.call(token, "GET", target, "xml", ""); status != 200 {
			t.Errorf("%s: the first call gets %d", fault, status)
		}
		if status, body := r.call(token, "GET", target, "xml", ""); status != tt.status || !strings.Contains(body, tt.text) {
			t.Errorf("%s: %d %s", fault, status, body)
		}
		if calls := r.Calls(); len(calls) != 2 || calls[1].Path != "/api/users/281" {
			t.Errorf("%s: %v", fault, calls)
		}
	}
}

// TestUserFaultAt: a fault strikes the calls that are meant, and so often.
func TestUserFaultAt(t *testing.T) {
	calls := map[string][3]string{
		"get list": {"GET", "/api/users?login=jdoe", ""}, "get by id": {"GET", "/api/users?id=281", ""}, "get one": {"GET", "/api/users/281", ""},
		"put": {"PUT", "/api/users/281", `{"lastname":"Roe"}`}, "post": {"POST", "/api/users", `{"login":"n","email":"n@example.com","firstname":"N","lastname":"N"}`},
	}
	for at, want := range map[string][]string{
		"all": {"get by id", "get list", "get one", "post", "put"}, "get": {"get by id", "get list", "get one"}, "look": {"get by id", "get one"},
		"put": {"put"}, "post": {"post"},
	} {
		r := start(t, Options{})
		token := r.token()
		var struck []string
		for _, name := range slices.Sorted(maps.Keys(calls)) {
			c := calls[name]
			if err := r.Set("user-fault=500", "user-fault-at="+at, "fault-times=1"); err != nil {
				t.Fatal(err)
			}
			if status, _ := r.call(token, c[0], c[1], "json", c[2]); status == 500 {
				struck = append(struck, name)
				if status, _ := r.call(token, c[0], c[1], "json", c[2]); status == 500 {
					t.Errorf("%s: %s: struck more than once", at, name)
				}
			}
		}
		if !slices.Equal(struck, want) {
			t.Errorf("%s: %v, want %v", at, struck, want)
		}
	}
}

func TestResponseFilter(t *testing.T) {
	r := start(t, Options{}, "shown-elements=id login")
	token := r.token()
	for target, want := range map[string]string{
		"/api/users/281":                      `{"id":281,"login":"jdoe"}`,
		"/api/users?login=jdoe":               `[{"id":281,"login":"jdoe"}]`,
		`/api/users?login=jdoe&fields=["id"]`: `[{"id":281}]`,
	} {
		if _, body := r.call(token, "GET", target, "json", ""); strings.TrimSpace(body) != want {
			t.Errorf("%s: %s", target, body)
		}
	}
	r = start(t, Options{}, "shown-elements=id", "fields=ignored", "user-filter=ignored")
	if _, body := r.call(r.token(), "GET", `/api/users?login=jdoe&fields=["login"]`, "json", ""); strings.TrimSpace(body) != `[{"id":281},{"id":282},{"id":283}]` {
		t.Error(body)
	}
}

// TestSavedParts: an empty part goes, a part that is not named stays, and a new user gets the role User.
func TestSavedParts(t *testing.T) {
	r := start(t, Options{})
	token := r.token()
	r.call(token, "PUT", "/api/users/281", "xml", "<user><default-address><street1>Main St 1</street1><city>Bern</city></default-address></user>")
	r.call(token, "PUT", "/api/users/281", "xml", "<user><default-address><street1/></default-address></user>")
	u := r.user("jdoe")
	if u.Text("default-address", "street1") != "" || u.Text("default-address", "city") != "Bern" {
		t.Errorf("%v", u["default-address"])
	}
	r.call(token, "POST", "/api/users", "json", `{"login":"new","email":"n@example.com","firstname":"Ne","lastname":"W"}`)
	if got := fmt.Sprint(r.user("new").Names("roles")); got != "[User]" {
		t.Errorf("roles of a new user: %s", got)
	}
}

func docOf(t *testing.T, name string) switchboard.Doc {
	t.Helper()
	for _, doc := range switchboard.Docs() {
		if doc.Name == name {
			return doc
		}
	}
	t.Fatalf("no switch %s", name)
	return switchboard.Doc{}
}
