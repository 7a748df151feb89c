package twin

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

const people = `{
 "users": [
  {"id": 281, "login": "jdoe", "email": "jdoe@example.com", "firstname": "Jane", "lastname": "Doe", "employee-number": "0100",
   "active": true, "roles": [{"name": "User"}, {"name": "Buyer"}], "department": {"name": "IT"}, "default-currency": {"code": "EUR"}},
  {"id": 282, "login": "boss", "email": "boss@example.com", "firstname": "Bo", "lastname": "Ss", "employee-number": "0200", "roles": [{"name": "User"}]},
  {"id": 283, "login": "nonum", "email": "nonum@example.com", "firstname": "No", "lastname": "Number", "manager": {"login": "boss"}}
 ],
 "departments": ["IT", "Sales"], "content-groups": ["World"], "currencies": ["EUR", "USD"], "custom-fields": ["School Name"]
}`

// rig is a started twin and the ways in.
type rig struct {
	*Twin
	t     *testing.T
	files *sftp.Client // once client has been asked for it
}

// start brings a twin up with manual pick-up and the switches given as name=value.
func start(t *testing.T, opt Options, switches ...string) *rig {
	t.Helper()
	sw, err := switchboard.Parse(append([]string{"pickup=manual", "rate=none"}, switches...))
	if err != nil {
		t.Fatal(err)
	}
	opt.Switches = sw
	if opt.Users == nil {
		opt.Users = strings.NewReader(people)
	}
	tw, err := Start(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := tw.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &rig{Twin: tw, t: t}
}

func (r *rig) dial(auth ...ssh.AuthMethod) (*ssh.Client, error) {
	if auth == nil {
		auth = []ssh.AuthMethod{ssh.Password("coupa")}
	}
	return ssh.Dial("tcp", r.SFTPAddr(), &ssh.ClientConfig{User: "coupa", Auth: auth, HostKeyCallback: ssh.FixedHostKey(r.sftp.HostKey())})
}

func (r *rig) client() *sftp.Client {
	r.t.Helper()
	if r.files != nil {
		return r.files
	}
	conn, err := r.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { conn.Close() })
	if r.files, err = sftp.NewClient(conn); err != nil {
		r.t.Fatal(err)
	}
	return r.files
}

// put writes a file under a dotted name and renames it, as the drop does.
func (r *rig) put(name, content string) {
	r.t.Helper()
	tmp := path.Join("/Incoming/Users", ".tmp-"+name)
	if err := write(r.client(), tmp, content); err != nil {
		r.t.Fatal(err)
	}
	if err := r.client().Rename(tmp, path.Join("/Incoming/Users", name)); err != nil {
		r.t.Fatal(err)
	}
}

func write(c *sftp.Client, name, content string) error {
	f, err := c.Create(name)
	if err != nil {
		return err
	}
	if _, err := f.Write([]byte(content)); err != nil {
		return err
	}
	return f.Close()
}

// load puts one file, picks it up and returns its load.
func (r *rig) load(content string) instance.Load {
	r.t.Helper()
	r.put("users.csv", content)
	r.PickUp()
	loads := r.Loads()
	return loads[len(loads)-1]
}

func (r *rig) token(scopes ...string) string {
	r.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"twin"}, "client_secret": {"twin-secret"}, "scope": {strings.Join(scopes, " ")}}
	resp, err := http.PostForm(r.URL()+"/oauth2/token", form)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.AccessToken == "" || answer.ExpiresIn != 86399 {
		r.t.Fatalf("token: %d, expires %d, %v", resp.StatusCode, answer.ExpiresIn, err)
	}
	return answer.AccessToken
}

// call makes one API call; kind is json, xml or "" for no Accept header.
func (r *rig) call(token, method, target, kind, body string) (int, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), method, r.URL()+target, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if kind != "" {
		req.Header.Set("Accept", "application/"+kind)
		req.Header.Set("Content-Type", "application/"+kind)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

func (r *rig) user(login string) payload.Record {
	r.t.Helper()
	u, ok := r.User(login)
	if !ok {
		r.t.Fatalf("no user %s", login)
	}
	return u
}

func messages(l instance.Load) string {
	var all []string
	for _, e := range l.Errors {
		field := "-"
		if e.Field != nil {
			field = *e.Field
		}
		row := "-"
		if e.Row != nil {
			row = fmt.Sprint(*e.Row)
		}
		all = append(all, row+" "+field+": "+strings.Join(e.Messages, ", "))
	}
	return strings.Join(all, "\n")
}

type fakeClock struct{ at time.Time }

func (c *fakeClock) now() time.Time { return c.at }

const header = "Login,Email,First Name,Last Name"

func TestLoadFromDropToBothFormats(t *testing.T) {
	r := start(t, Options{})
	r.put("Users_1.csv", "Employee Number,Login,Email,First Name,Last Name,Department\n"+
		"0100,jdoe2,jdoe@example.com,Jané,\"O\"\"Hara, the 2nd\",Sales\n"+
		"0300,new,new@example.com,Ne,W,IT\n"+
		"0200,boss,jdoe@example.com,Bo,Ss,Nowhere\n"+
		"broken,row\n")
	r.PickUp()

	if u := r.user("jdoe2"); u.Text("id") != "281" || u.Text("lastname") != `O"Hara, the 2nd` || u.Text("department", "name") != "Sales" {
		t.Errorf("user 281 is %v", u)
	}
	token := r.token()
	status, body := r.call(token, "GET", "/api/data_file_sources?file_file_name[ends_with]=Users_1.csv", "xml", "")
	var list struct {
		Loads []struct {
			ID     int    `xml:"id"`
			Name   string `xml:"file-file-name"`
			Status string `xml:"status"`
			Result string `xml:"result-text"`
			By     string `xml:"created-by>login"`
			Errors []struct {
				Row    string   `xml:"row"`
				First  string   `xml:"first-column"`
				Field  string   `xml:"field-with-error"`
				Errors []string `xml:"field-errors>field-error"`
			} `xml:"upload-errors>upload-error"`
		} `xml:"data-file-source"`
	}
	if err := xml.Unmarshal([]byte(body), &list); err != nil || status != 200 || len(list.Loads) != 1 {
		t.Fatalf("%d %v\n%s", status, err, body)
	}
	l := list.Loads[0]
	if l.Name != "_Incoming_Users_Users_1.csv" || l.Status != "done" || l.By != instance.SFTPLogin || l.Result != "3 rows processed, creating 1 new rows and updating 1 rows." {
		t.Errorf("load: %+v", l)
	}
	if len(l.Errors) != 3 || l.Errors[0].First != "0200" || l.Errors[0].Field != "department_id" || l.Errors[0].Row != "3" ||
		l.Errors[0].Errors[0] != "Department unable to find matching department." ||
		l.Errors[1].Errors[0] != "Email has already been taken" || l.Errors[2].Errors[0] != "Row corrupt or invalid." {
		t.Errorf("errors: %+v", l.Errors)
	}

	status, body = r.call(token, "GET", fmt.Sprintf("/api/data_file_sources/%d", l.ID), "json", "")
	var one map[string]any
	if err := json.Unmarshal([]byte(body), &one); err != nil || status != 200 {
		t.Fatalf("%d %v", status, err)
	}
	if one["records-created"] != 1.0 || one["status"] != "done" || len(one["upload-errors"].([]any)) != 3 {
		t.Errorf("json: %v", one)
	}
	if applied := r.Applied(); len(applied) != 2 || applied[0].Key != "0100" || applied[0].Row != 1 || !applied[1].Created {
		t.Errorf("applied: %+v", applied)
	}
	if loads := r.Loads(); loads[0].Torn() || loads[0].ArchivedSize != loads[0].Size || loads[0].Rows != 4 {
		t.Errorf("load: %+v", loads[0])
	}
	if _, err := r.client().Stat("/Incoming/Archive/Users/Users_1.csv"); err != nil {
		t.Errorf("archive: %v", err)
	}
}

// A file that its writer holds open is taken as it is, and the twin can show it.
func TestTornFileIsTakenAndShown(t *testing.T) {
	r := start(t, Options{})
	f, err := r.client().Create("/Incoming/Users/torn.csv")
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte(header + "\njdoe,jdoe@example.com,Torn,\"Do"))
	r.PickUp()
	f.Write([]byte("e\"\n"))
	f.Close()
	l := r.Loads()[0]
	if !l.Torn() || !l.StillOpen || l.ArchivedSize <= l.Size {
		t.Errorf("load: %+v", l)
	}
	if l.Processed != 0 || !strings.Contains(messages(l), "Row corrupt") {
		t.Errorf("load: %+v", l)
	}
}

func TestHeaderErrorIsDoneWithoutResult(t *testing.T) {
	for name, head := range map[string]string{"unknown": "Login,Foo", "starred": "Login,Email*", "byte order mark": "\ufeffLogin,Email", "twice": "Login,Login", "case": "login,Email"} {
		t.Run(name, func(t *testing.T) {
			r := start(t, Options{})
			l := r.load(head + "\njdoe,x@example.com\n")
			if l.Status != "done" || l.ResultText != "" || !l.Started.IsZero() || l.Errors[0].Type != "UploadHeaderError" || len(r.Applied()) != 0 {
				t.Errorf("load: %+v", l)
			}
			_, body := r.call(r.token(), "GET", "/api/data_file_sources", "xml", "")
			if !strings.Contains(body, "<field-errors>Column header ") || !strings.Contains(body, `<row nil="true"/>`) || !strings.Contains(body, `<result-text nil="true"/>`) {
				t.Error(body)
			}
		})
	}
}

func TestRules(t *testing.T) {
	long := strings.Repeat("x", 41)
	tests := map[string]struct{ head, row, want string }{
		"too long":       {header, "jdoe,jdoe@example.com," + long + ",Doe", "1 firstname: First Name is too long (maximum is 40 characters)"},
		"too short":      {header, "x,x@example.com,X,Y", "1 login: Login is too short (minimum is 2 characters)"},
		"blank":          {header, "jdoe,,Jane,Doe", "1 email: Email can't be blank"},
		"missing":        {"Login,Email", "newby,n@example.com", "1 firstname: First Name can't be blank\n1 lastname: Last Name can't be blank"},
		"email":          {header, "jdoe,jdoe,Jane,Doe", "1 email: Email is invalid"},
		"boolean":        {header + ",Expense User", "jdoe,jdoe@example.com,Jane,Doe,maybe", "1 expense_user: Expense User is not included in the list"},
		"yes or no only": {header + ",Receive Coupa Emails", "jdoe,jdoe@example.com,Jane,Doe,true", "1 receive_coupa_emails: Receive Coupa Emails is not included in the list"},
		"status":         {header + ",Status", "jdoe,jdoe@example.com,Jane,Doe,Active", "1 active: Status is not included in the list"},
		"role":           {header + ",User Role Names", "jdoe,jdoe@example.com,Jane,Doe,\"User,King\"", "1 roles: Roles unable to find matching roles."},
		"manager":        {header + ",Approver Login", "jdoe,jdoe@example.com,Jane,Doe,nobody", "1 manager_id: Manager unable to find matching manager."},
		"currency":       {header + ",Default Currency", "jdoe,jdoe@example.com,Jane,Doe,XXX", "1 default_currency_id: Default currency unable to find matching default currency."},
		"limit":          {header + ",Approval Limit", "jdoe,jdoe@example.com,Jane,Doe,much", "1 approval_limit: Approval Limit unable to find matching approval limit."},
		"locale":         {header + ",Default Locale", "jdoe,jdoe@example.com,Jane,Doe,xx", "1 default_locale: Default Locale is not included in the list"},
		"phone":          {header + ",Phone Work", "jdoe,jdoe@example.com,Jane,Doe,call me", "1 phone_work: Phone Work is invalid"},
		"unknown id":     {"Id," + header, "999,jdoe,jdoe@example.com,Jane,Doe", "1 id: Id unable to find matching id."},
		"number by login": {header + ",Employee Number", "jdoe,jdoe@example.com,Jane,Doe,999",
			"1 login: Login has already been taken\n1 email: Email has already been taken"},
		"utf-8":      {header, "jdoe,jdoe@example.com,Jane,D\xffoe", "1 -: Row corrupt or invalid."},
		"cells":      {header, "jdoe,jdoe@example.com,Jane", "1 -: Row corrupt or invalid."},
		"bare quote": {header, `jdoe,jdoe@example.com,Ja"ne,Doe`, "1 -: Row corrupt or invalid."},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := start(t, Options{})
			before := r.user("jdoe")
			l := r.load(tt.head + "\n" + tt.row + "\n")
			if got := messages(l); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if len(r.Applied()) != 0 || fmt.Sprint(r.user("jdoe")) != fmt.Sprint(before) {
				t.Error("a refused row changed something")
			}
		})
	}
}

func TestGoodValues(t *testing.T) {
	r := start(t, Options{})
	l := r.load(header + ",Status,Expense User,Approver Login,User Role Names,Phone Work,Approval Limit,Invoice Approval Limit,School Name,Default Address City,Remove Default Address,Pcard Number\n" +
		"jdoe,jdoe@example.com,Jane,Doe,inactive,Y,boss,\"Admin,User\",+49 301-234-5678,1000.00 USD,5.00 EUR,Hogwarts,Paris,Yes,4111\n")
	if len(l.Errors) > 0 {
		t.Fatal(messages(l))
	}
	u := r.user("jdoe")
	for _, c := range []struct {
		path []string
		want string
	}{
		{[]string{"active"}, "false"}, {[]string{"expense-user"}, "true"}, {[]string{"manager", "login"}, "boss"},
		{[]string{"phone-work", "country-code"}, "49"}, {[]string{"requisition-approval-limit", "amount"}, "1000.00"},
		{[]string{"invoice-approval-limit", "currency", "code"}, "EUR"}, {[]string{"custom-fields", "school-name"}, "Hogwarts"},
		{[]string{"default-address", "city"}, ""}, {[]string{"pcard", "number"}, ""},
	} {
		if got := u.Text(c.path...); got != c.want {
			t.Errorf("%v is %q, want %q", c.path, got, c.want)
		}
	}
	if got := strings.Join(u.Names("roles"), ","); got != "Admin,User" {
		t.Errorf("roles %s", got)
	}
	r.load("Login,Email,First Name,Last Name,User Role Names\njdoe,jdoe@example.com,Jane,Doe,--NULL--\n")
	if got := r.user("jdoe").Names("roles"); len(got) != 0 {
		t.Errorf("roles %v after --NULL--", got)
	}
}

// The manager that a user shows follows the manager's new login.
func TestManagerLoginFollows(t *testing.T) {
	r := start(t, Options{})
	r.load("Employee Number," + header + "\n0200,chief,boss@example.com,Bo,Ss\n")
	if got := r.user("nonum").Text("manager", "login"); got != "chief" {
		t.Errorf("manager %s", got)
	}
}

func TestSeedFaults(t *testing.T) {
	for _, seed := range []string{`{"users":[{}]}`, `{"kings":[]}`, `[{"login":"aa"},{"login":"AA"}]`, `7`, `[`, `[1]`, `{"roles":[1]}`} {
		if tw, err := Start(t.Context(), Options{Users: strings.NewReader(seed)}); err == nil {
			tw.Close()
			t.Errorf("seed %s was taken", seed)
		}
	}
}

func TestConfigSnippetHoldsNoSecret(t *testing.T) {
	r := start(t, Options{Password: "pw-7f1", ClientSecret: "cs-7f1"})
	s := r.ConfigSnippet()
	if strings.Contains(s, "7f1") || strings.Contains(s, r.PageCookie()) || !strings.Contains(s, r.HostKeyFingerprint()) {
		t.Error(s)
	}
	if r.Env()["COUPA_SFTP_PASSWORD"] != "pw-7f1" {
		t.Error("secret is not in Env")
	}
}

// The clock of the twin takes files by itself.
func TestAutomaticPickUp(t *testing.T) {
	sw, err := switchboard.Parse([]string{"pickup-interval=1ms"})
	if err != nil {
		t.Fatal(err)
	}
	tw, err := Start(t.Context(), Options{Users: strings.NewReader(people), Switches: sw})
	if err != nil {
		t.Fatal(err)
	}
	defer tw.Close()
	r := &rig{Twin: tw, t: t}
	r.put("auto.csv", header+"\njdoe,jdoe@example.com,Auto,Doe\n")
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); len(tw.Applied()) == 0; {
		select {
		case <-deadline:
			t.Fatal("nothing was picked up")
		case <-tick.C:
		}
	}
}
