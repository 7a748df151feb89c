package twin

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
	"github.com/hr2coupa/hr2coupa/transport/twin/restapi"
)

func TestToken(t *testing.T) {
	r := start(t, Options{})
	ask := func(id, secret, basic string, form url.Values) (int, string) {
		if id != "" {
			form.Set("client_id", id)
			form.Set("client_secret", secret)
		}
		req, _ := http.NewRequest("POST", r.URL()+"/oauth2/token", strings.NewReader(form.Encode()))
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if basic != "" {
			req.SetBasicAuth("twin", basic)
		}
		return do(t, req)
	}
	tests := map[string]struct {
		id, secret, basic, grant, scope string
		status                          int
		want                            string
	}{
		"form":          {"twin", "twin-secret", "", "client_credentials", "core.user.read", 200, `"scope":"core.user.read"`},
		"basic":         {"", "", "twin-secret", "client_credentials", "", 200, `"expires_in":86399`},
		"wrong secret":  {"twin", "no", "", "client_credentials", "", 401, "invalid_client"},
		"wrong basic":   {"", "", "no", "client_credentials", "", 401, "invalid_client"},
		"unknown scope": {"twin", "twin-secret", "", "client_credentials", "core.user.read core.king", 400, "invalid_scope"},
		"grant":         {"twin", "twin-secret", "", "password", "", 400, "unsupported_grant_type"},
	}
	for name, tt := range tests {
		status, body := ask(tt.id, tt.secret, tt.basic, url.Values{"grant_type": {tt.grant}, "scope": {tt.scope}})
		if status != tt.status || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}

func do(t *testing.T, req *http.Request) (int, string) {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var b strings.Builder
	if err := resp.Write(&b); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, b.String()
}

func TestTokenLifeSettlingAndScopes(t *testing.T) {
	clock := &fakeClock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	r := start(t, Options{Now: clock.now}, "token-settle=5s")
	token := r.token("core.user.read")
	want := func(what string, status int, target string) {
		t.Helper()
		if got, body := r.call(token, "GET", target, "json", ""); got != status {
			t.Errorf("%s: %d %s", what, got, body)
		}
	}
	want("unsettled", 401, "/api/users")
	clock.at = clock.at.Add(5 * time.Second)
	want("settled", 200, "/api/users")
	want("scope", 403, "/api/data_file_sources")
	if got, _ := r.call(token, "PUT", "/api/users/281", "json", `{}`); got != 403 {
		t.Errorf("write with a read scope: %d", got)
	}
	if got, _ := r.call("nonsense", "GET", "/api/users", "json", ""); got != 401 {
		t.Errorf("nonsense: %d", got)
	}
	clock.at = clock.at.Add(25 * time.Hour)
	want("dead", 401, "/api/users")
}

func TestLoadScopeAndGivenScopes(t *testing.T) {
	r := start(t, Options{}, "load-scope=core.common.read")
	if got, _ := r.call(r.token("core.integration.read"), "GET", "/api/data_file_sources", "json", ""); got != 403 {
		t.Errorf("integration: %d", got)
	}
	if got, _ := r.call(r.token("core.common.read"), "GET", "/api/data_file_sources", "json", ""); got != 200 {
		t.Errorf("common: %d", got)
	}
	r = start(t, Options{}, "scopes=core.user.read")
	if got, _ := r.call(r.token(), "GET", "/api/data_file_sources", "json", ""); got != 403 {
		t.Errorf("not given: %d", got)
	}
}

func TestNothingFound(t *testing.T) {
	r := start(t, Options{})
	token := r.token()
	for _, target := range []string{"/api/users?login=nobody", "/api/data_file_sources"} {
		if status, body := r.call(token, "GET", target, "xml", ""); status != 404 || !strings.Contains(body, "<error>No results match your search criteria.</error>") {
			t.Errorf("xml: %d %s", status, body)
		}
		if status, body := r.call(token, "GET", target, "json", ""); status != 200 || strings.TrimSpace(body) != "[]" {
			t.Errorf("json: %d %s", status, body)
		}
	}
	if status, _ := r.call(token, "DELETE", "/api/users/281", "json", ""); status != 404 {
		t.Errorf("delete: %d", status)
	}
	if status, body := r.call(token, "GET", "/api/users/281", "", ""); status != 200 || !strings.HasPrefix(body, "<?xml") {
		t.Errorf("no Accept: %d %s", status, body)
	}
}

func TestUserQueries(t *testing.T) {
	r := start(t, Options{})
	token := r.token()
	tests := map[string]string{
		"":                                     "281 282 283",
		"login=JDOE":                           "281",
		"employee-number=0100":                 "281",
		"employee_number[in]=0100,0200":        "281 282",
		"login[not_in]=jdoe,boss":              "283",
		"login[contains]=o":                    "281 282 283",
		"login[starts_with]=no":                "283",
		"email[ends_with]=@example.com":        "281 282 283",
		"manager[login]=boss":                  "283",
		"roles[name]=Buyer":                    "281",
		"roles[name][in]=Buyer,User":           "281 282",
		"employee_number[blank]=true":          "283",
		"employee_number[blank]=false":         "281 282",
		"id[gt]=281&id[lt_or_eq]=282":          "282",
		"id[not_eq]=282":                       "281 283",
		"status=active&limit=2":                "281 282",
		"status=inactive":                      "",
		"offset=1&limit=1":                     "282",
		"order_by=login&dir=desc":              "283 281 282",
		"created_at[gt]='2015-04-16+22:00:00'": "281 282 283",
		"created_at[lt]=2015-04-16T22:00:00Z":  "",
	}
	for query, want := range tests {
		_, body := r.call(token, "GET", "/api/users?"+query+`&fields=["id"]`, "json", "")
		got := strings.Trim(strings.NewReplacer(`{"id":`, "", "}", "", ",", " ", "[", "", "]", "").Replace(strings.TrimSpace(body)), " ")
		if got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	if status, _ := r.call(token, "GET", "/api/users?shoe_size=43", "json", ""); status != 400 {
		t.Errorf("unknown attribute: %d", status)
	}
	_, body := r.call(token, "GET", `/api/users?login=jdoe&fields=["login",{"roles":["name"]},{"department":["name"]}]`, "json", "")
	if want := `[{"department":{"name":"IT"},"login":"jdoe","roles":[{"name":"User"},{"name":"Buyer"}]}]`; strings.TrimSpace(body) != want {
		t.Errorf("fields: %s", body)
	}
	if _, body := r.call(token, "GET", "/api/users?return_object=limited&limit=1", "json", ""); strings.TrimSpace(body) != `[{"id":281}]` {
		t.Errorf("limited: %s", body)
	}
}

func TestUnknownFilterIgnored(t *testing.T) {
	r := start(t, Options{}, "unknown-filter=ignore")
	if _, body := r.call(r.token(), "GET", `/api/users?shoe_size=43&fields=["id"]`, "json", ""); strings.Count(body, "id") != 3 {
		t.Error(body)
	}
}

// TestNotQueryable: a custom field that the instance maps can be queried, unless the switch says that an element cannot.
func TestNotQueryable(t *testing.T) {
	people := `{"custom-fields": ["School Name"], "users": [{"login": "jdoe", "custom-fields": {"school-name": "Nord"}}, {"login": "boss"}]}`
	for switches, want := range map[string][4]int{
		"not-queryable=none": {1, 1, 1, -1},
		"not-queryable=sso-identifier custom-fields.school-name": {-1, -1, 1, -1},
		"not-queryable=login custom-fields":                      {-1, -1, -1, -1},
	} {
		r := start(t, Options{Users: strings.NewReader(people)}, switches)
		token := r.token()
		for i, query := range []string{"custom_fields[school_name]=nord", "custom-fields[school-name][in]=nord,x", "login=jdoe", "custom_fields[shoe_size]=43"} {
			status, body := r.call(token, "GET", "/api/users?"+query+`&fields=["id"]`, "json", "")
			got := strings.Count(body, "id")
			if status != 200 {
				got = -1
			}
			if got != want[i] {
				t.Errorf("%s: %s: %d %s", switches, query, status, body)
			}
		}
	}
}

func TestPagesOfFifty(t *testing.T) {
	var users []string
	for i := range 60 {
		users = append(users, fmt.Sprintf(`{"login":"user%02d"}`, i))
	}
	r := start(t, Options{Users: strings.NewReader("[" + strings.Join(users, ",") + "]")})
	token := r.token()
	for target, want := range map[string]int{"/api/users": 50, "/api/users?offset=50": 10, "/api/users?limit=100": 50} {
		if _, body := r.call(token, "GET", target, "json", ""); strings.Count(body, `"login":"user`) != want {
			t.Errorf("%s: %d users", target, strings.Count(body, `"login":"user`))
		}
	}
}

func TestPut(t *testing.T) {
	tests := map[string]struct {
		kind, body string
		status     int
		check      func(payload.Record) string
		want       string
	}{
		"xml":              {"xml", "<user><lastname>Röe</lastname><email>new@example.com</email></user>", 200, func(u payload.Record) string { return u.Text("fullname") + u.Text("email") }, "Jane Röenew@example.com"},
		"json":             {"json", `{"lastname":"Roe","employee_number":"0101"}`, 200, func(u payload.Record) string { return u.Text("lastname") + u.Text("employee-number") }, "Roe0101"},
		"role added":       {"xml", "<user><roles><role><name>Admin</name></role></roles></user>", 200, func(u payload.Record) string { return fmt.Sprint(u.Names("roles")) }, "[User Buyer Admin]"},
		"roles cleared":    {"xml", "<user><roles/></user>", 200, func(u payload.Record) string { return fmt.Sprint(u.Names("roles")) }, "[]"},
		"roles cleared js": {"json", `{"roles":[]}`, 200, func(u payload.Record) string { return fmt.Sprint(u.Names("roles")) }, "[]"},
		"reference":        {"xml", "<user><department><name>Sales</name></department></user>", 200, func(u payload.Record) string { return u.Text("department", "name") }, "Sales"},
		"no such one":      {"json", `{"department":{"name":"Nowhere"},"manager":{"login":"nobody"}}`, 200, func(u payload.Record) string { return u.Text("department", "name") }, "IT"},
		"manager by id":    {"json", `{"manager":{"id":282}}`, 200, func(u payload.Record) string { return u.Text("manager", "login") }, "boss"},
		"cleared":          {"xml", `<user><department nil="true"/><employee-number></employee-number></user>`, 200, func(u payload.Record) string { return u.Text("department", "name") + u.Text("employee-number") }, ""},
		"deactivated":      {"xml", "<user><active>false</active></user>", 200, func(u payload.Record) string { return u.Text("active") }, "false"},
		"phone":            {"json", `{"phone-work":{"country-code":"49","area-code":"301","number":"234-5678"}}`, 200, func(u payload.Record) string { return u.Text("phone-work", "number") }, "234-5678"},
		"taken":            {"xml", "<user><email>boss@example.com</email></user>", 400, func(u payload.Record) string { return u.Text("email") }, "jdoe@example.com"},
		"blank":            {"json", `{"lastname":""}`, 400, func(u payload.Record) string { return u.Text("lastname") }, "Doe"},
		"broken":           {"xml", "<user><lastname>", 400, func(u payload.Record) string { return u.Text("lastname") }, "Doe"},
		"read-only":        {"json", `{"id":7,"fullname":"X","shoe-size":43}`, 200, func(u payload.Record) string { return u.Text("fullname") }, "Jane Doe"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := start(t, Options{})
			status, body := r.call(r.token(), "PUT", "/api/users/281", tt.kind, tt.body)
			if status != tt.status {
				t.Errorf("%d %s", status, body)
			}
			u, _ := r.in.Users.Get(281)
			if got := tt.check(u); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestPutErrorsAndShapes(t *testing.T) {
	r := start(t, Options{})
	token := r.token()
	if _, body := r.call(token, "PUT", "/api/users/281", "xml", "<user><email>boss@example.com</email></user>"); !strings.Contains(body, "<errors>\n  <error>Email has already been taken</error>") {
		t.Error(body)
	}
	if _, body := r.call(token, "PUT", "/api/users/281", "json", `{"email":"boss@example.com"}`); strings.TrimSpace(body) != `{"errors":{"user":["Email has already been taken"]}}` {
		t.Error(body)
	}
	if status, body := r.call(token, "PUT", "/api/users/281?return_object=none", "json", `{"lastname":"Roe"}`); status != 200 || body != "" {
		t.Errorf("%d %q", status, body)
	}
	if status, _ := r.call(token, "PUT", "/api/users/9999", "json", `{"lastname":"Roe"}`); status != 404 {
		t.Errorf("unknown id: %d", status)
	}
	r = start(t, Options{}, "put-lists=replace")
	r.call(r.token(), "PUT", "/api/users/281", "json", `{"roles":[{"name":"Admin"}]}`)
	if got := fmt.Sprint(r.user("jdoe").Names("roles")); got != "[Admin]" {
		t.Errorf("replace: %s", got)
	}
}

func TestPost(t *testing.T) {
	r := start(t, Options{})
	token := r.token()
	status, body := r.call(token, "POST", "/api/users", "xml", "<user><login>new</login><email>n@example.com</email><firstname>Ne</firstname><lastname>W</lastname></user>")
	if status != 201 || !strings.Contains(body, `<id type="integer">284</id>`) || !strings.Contains(body, "<mention-name>NeW</mention-name>") {
		t.Errorf("%d %s", status, body)
	}
	if status, body := r.call(token, "POST", "/api/users", "json", `{"login":"bare"}`); status != 400 || !strings.Contains(body, "Email can't be blank") {
		t.Errorf("%d %s", status, body)
	}
}

func TestRateLimit(t *testing.T) {
	r := start(t, Options{}, "rate=1")
	token := r.token()
	refused := 0
	for range restapi.RateBurst + 10 {
		if status, _ := r.call(token, "GET", "/api/users/281", "json", ""); status == 429 {
			refused++
		}
	}
	if refused == 0 {
		t.Error("no request was refused")
	}
}

func TestAPIOffAndSlow(t *testing.T) {
	r := start(t, Options{}, "api=off", "api-latency=1ms")
	status, body := r.call(r.token(), "GET", "/api/data_file_sources", "xml", "")
	if status != 404 || strings.Contains(body, "No results") {
		t.Errorf("%d %s", status, body)
	}
}

func TestNeitherXMLNorJSON(t *testing.T) {
	r := start(t, Options{})
	req, _ := http.NewRequest("GET", r.URL()+"/api/users", nil)
	req.Header.Set("Accept", "text/csv")
	if status, _ := do(t, req); status != 406 {
		t.Errorf("%d", status)
	}
}
