package twin

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/loader"
)

func TestKeyPrecedence(t *testing.T) {
	// nonum has no employee number: the row's number matches no user.
	row := "0999,nonum,nonum@example.com,Changed,Number\n"
	r := start(t, Options{})
	if l := r.load("Employee Number," + header + "\n" + row); l.Updated != 0 || !strings.Contains(messages(l), "Login has already been taken") {
		t.Errorf("number first: %+v %s", l, messages(l))
	}
	r = start(t, Options{}, "key-precedence=id,login,employee-number")
	if l := r.load("Employee Number," + header + "\n" + row); l.Updated != 1 || r.user("nonum").Text("employee-number") != "0999" {
		t.Errorf("login first: %+v %s", l, messages(l))
	}
	// Two keys that name two people.
	row = "0200,jdoe,third@example.com,Who,Is It\n"
	r = start(t, Options{})
	if l := r.load("Employee Number," + header + "\n" + row); messages(l) != "1 login: Login has already been taken" {
		t.Errorf("number first: %s", messages(l))
	}
	r = start(t, Options{}, "key-precedence=id,login,employee-number")
	if l := r.load("Employee Number," + header + "\n" + row); messages(l) != "1 employee_number: Employee Number has already been taken" {
		t.Errorf("login first: %s", messages(l))
	}
	// Id decides before both and changes everything.
	r = start(t, Options{})
	if l := r.load("Id,Employee Number," + header + "\n281,0101,jd,jd@example.com,J,D\n"); l.Updated != 1 || r.user("jd").Text("id") != "281" {
		t.Errorf("id: %+v", l)
	}
}

func TestLoginCase(t *testing.T) {
	content := "Login,Email,First Name,Last Name\nJDOE,other@example.com,Jane,Doe\n"
	if l := start(t, Options{}).load(content); l.Updated != 1 || l.Created != 0 {
		t.Errorf("fold: %+v", l)
	}
	if l := start(t, Options{}, "login-case=exact").load(content); l.Created != 1 {
		t.Errorf("exact: %+v", l)
	}
}

func TestEmptyCell(t *testing.T) {
	content := "Login,Email,First Name,Last Name,Employee Number,Department,User Role Names,Account Security Type\njdoe,jdoe@example.com,Jane,Doe,,,,\n"
	for mode, want := range map[string]string{
		"keep":  "0100 IT User,Buyer 0",
		"clear": "   0",
	} {
		r := start(t, Options{}, "empty-cell="+mode)
		r.load(content)
		u := r.user("jdoe")
		got := strings.Join([]string{u.Text("employee-number"), u.Text("department", "name"), strings.Join(u.Names("roles"), ","), u.Text("account-security-type")}, " ")
		if got != want {
			t.Errorf("%s: %q, want %q", mode, got, want)
		}
	}
	if l := start(t, Options{}, "empty-cell=error").load(content); len(l.Errors) != 4 || l.Updated != 0 {
		t.Errorf("error: %s", messages(l))
	}
}

func TestNullWord(t *testing.T) {
	seed := `[{"login":"jdoe","email":"j@example.com","firstname":"J","lastname":"D","content-groups":[{"name":"World"}]}]`
	content := header + ",Content Groups\njdoe,j@example.com,J,D,--NULL--\n"
	if l := start(t, Options{Users: strings.NewReader(seed)}).load(content); len(l.Errors) != 1 {
		t.Errorf("roles: %+v", l)
	}
	r := start(t, Options{Users: strings.NewReader(seed)}, "null-word=lists")
	if l := r.load(content); len(l.Errors) != 0 || len(r.user("jdoe").Names("content-groups")) != 0 {
		t.Errorf("lists: %s", messages(l))
	}
}

func TestCounting(t *testing.T) {
	content := header + "\ncorrupt\njdoe,jdoe@example.com,Jane,Doe\nboss,boss@example.com,New,Ss\n"
	for switches, want := range map[string]string{
		"":                           "2 rows processed, creating 0 new rows and updating 2 rows.",
		"corrupt-rows-processed=yes": "3 rows processed, creating 0 new rows and updating 2 rows.",
		"unchanged-counted=no":       "2 rows processed, creating 0 new rows and updating 1 rows.",
		"corrupt-rows-processed=yes unchanged-counted=no": "3 rows processed, creating 0 new rows and updating 1 rows.",
	} {
		if l := start(t, Options{}, strings.Fields(switches)...).load(content); l.ResultText != want {
			t.Errorf("%s: %s", switches, l.ResultText)
		}
	}
}

func TestRowBase(t *testing.T) {
	for _, base := range []string{"0", "1", "2"} {
		if l := start(t, Options{}, "row-base="+base).load(header + "\ncorrupt\n"); !strings.HasPrefix(messages(l), base+" -: Row corrupt") {
			t.Errorf("base %s: %s", base, messages(l))
		}
	}
}

func TestOrder(t *testing.T) {
	files := func(r *rig) {
		r.put("b.csv", header+",Approver Login\nreport,report@example.com,Re,Port,head\n")
		r.put("a.csv", header+"\nother,other@example.com,O,Ther\nhead,head@example.com,He,Ad\n")
		r.PickUp()
	}
	r := start(t, Options{})
	files(r)
	if u := r.user("report"); u.Text("manager", "login") != "head" {
		t.Error("alphanumeric: the file of the manager did not come first")
	}
	r = start(t, Options{}, "order=parallel")
	files(r)
	if _, ok := r.User("report"); ok || !strings.Contains(messages(r.Loads()[1]), "Manager unable to find") {
		t.Error("parallel: the report found a manager that was not there yet")
	}
}

func TestArchive(t *testing.T) {
	for place, folder := range map[string]string{"incoming-archive": "/Incoming/Archive/Users", "archive-incoming": "/Archive/Incoming/Users"} {
		for _, when := range []string{"before", "after"} {
			clock := &fakeClock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
			r := start(t, Options{Now: clock.now}, "archive-place="+place, "archive-time="+when, "load-time=10s")
			r.put("a.csv", header+"\njdoe,jdoe@example.com,Jane,Doe\n")
			r.PickUp()
			_, err := r.client().Stat(folder + "/a.csv")
			if archived := err == nil; archived != (when == "before") {
				t.Errorf("%s %s: archived while loading: %v", place, when, archived)
			}
			r.PickUp() // must not take the file a second time
			clock.at = clock.at.Add(time.Minute)
			if l := r.Loads(); len(l) != 1 || l[0].Status != "done" {
				t.Errorf("%s %s: %+v", place, when, l)
			}
			if _, err := r.client().Stat(folder + "/a.csv"); err != nil {
				t.Errorf("%s %s: %v", place, when, err)
			}
			if left, _ := r.client().ReadDir("/Incoming/Users"); len(left) != 0 {
				t.Errorf("%s %s: %d files left", place, when, len(left))
			}
		}
	}
}

func TestWhichNamesArePickedUp(t *testing.T) {
	for switches, want := range map[string]string{
		"":                         "a.csv",
		"dotted=picked":            ".d.csv a.csv",
		"suffix=any":               "a.csv b.part",
		"dotted=picked suffix=any": ".c .d.csv a.csv b.part",
	} {
		r := start(t, Options{}, strings.Fields(switches)...)
		for _, name := range []string{"a.csv", "b.part", ".c", ".d.csv"} {
			if err := write(r.client(), "/Incoming/Users/"+name, header+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		r.PickUp()
		var got []string
		for _, l := range r.Loads() {
			got = append(got, l.Name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v", switches, got)
		}
	}
}

func TestFileLimits(t *testing.T) {
	var rows strings.Builder
	rows.WriteString(header + "\n")
	for i := range loader.MaxRows {
		fmt.Fprintf(&rows, "user%d,user%d@example.com,U,Ser\n", i, i)
	}
	if l := start(t, Options{}).load(rows.String()); l.Created != loader.MaxRows {
		t.Errorf("5,000 rows: %s %s", l.Status, l.ResultText)
	}
	rows.WriteString("onemore,onemore@example.com,U,Ser\n")
	if l := start(t, Options{}).load(rows.String()); l.Status != "failed" || l.Processed != 0 {
		t.Errorf("5,001 rows: %+v", l.Status)
	}
	if l := start(t, Options{}, "file-limits=load").load(rows.String()); l.Created != loader.MaxRows+1 {
		t.Errorf("5,001 rows, loaded: %s", l.ResultText)
	}
	big := header + "\njdoe,jdoe@example.com,Jane,\"" + strings.Repeat("x", loader.MaxBytes) + "\"\n"
	if l := start(t, Options{}).load(big); l.Status != "failed" {
		t.Errorf("8 MB: %s", l.Status)
	}
}

func TestLoadOutcome(t *testing.T) {
	content := header + "\njdoe,jdoe@example.com,Changed,Doe\n"
	for outcome, want := range map[string]string{"failed": "failed ", "stuck": "loading ", "empty": "done " + instance.ResultText(0, 0, 0)} {
		r := start(t, Options{}, "load-outcome="+outcome)
		if l := r.load(content); l.Status+" "+l.ResultText != want || len(r.Applied()) != 0 || r.user("jdoe").Text("firstname") != "Jane" {
			t.Errorf("%s: %+v", outcome, l)
		}
	}
}

// Delay and duration follow the twin's clock; asking brings a load up to date.
func TestListDelayAndLoadTime(t *testing.T) {
	clock := &fakeClock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
	r := start(t, Options{Now: clock.now}, "list-delay=10s", "load-time=40s")
	r.load(header + "\njdoe,jdoe@example.com,Changed,Doe\n")
	token := r.token()
	ask := func() string {
		_, body := r.call(token, "GET", `/api/data_file_sources?fields=["status"]`, "json", "")
		return strings.TrimSpace(body)
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{{0, "[]"}, {10 * time.Second, `[{"status":"pending"}]`}, {10 * time.Second, `[{"status":"loading"}]`}, {20 * time.Second, `[{"status":"done"}]`}} {
		clock.at = clock.at.Add(step.after)
		if got := ask(); got != step.want {
			t.Errorf("at %v: %s, want %s", clock.at, got, step.want)
		}
	}
	if r.user("jdoe").Text("firstname") != "Changed" {
		t.Error("the row was not stored")
	}
}

func TestHowLoadsAreShown(t *testing.T) {
	content := header + "\njdoe,jdoe@example.com,Changed,Doe\n"
	show := func(switches ...string) string {
		r := start(t, Options{}, switches...)
		r.load(content)
		_, body := r.call(r.token(), "GET", "/api/data_file_sources?file_file_name[ends_with]=users.csv&order_by=id", "json", "")
		return body
	}
	if body := show(); strings.Count(body, `"file-file-name"`) != 1 || !strings.Contains(body, `"status":"done"`) || !strings.Contains(body, `"records-updated":1`) {
		t.Error(body)
	}
	if body := show("status-case=title"); !strings.Contains(body, `"status":"Done"`) {
		t.Error(body)
	}
	if body := show("counters=no"); strings.Contains(body, "records-") {
		t.Error(body)
	}
	if body := show("repeated-names=yes"); strings.Count(body, `"file-file-name":"_Incoming_Users_users.csv"`) != 2 || !strings.Contains(body, "0 rows processed") {
		t.Error(body)
	}
	if body := show("screen-loads=yes"); !strings.Contains(body, `"file-file-name":"users.csv"`) || !strings.Contains(body, `"status":"sample"`) {
		t.Error(body)
	}
}

// TestSet: a switch turned while the twin runs counts at once, faults are counted from there, and what shapes the servers
// stays as it was.
func TestSet(t *testing.T) {
	r := start(t, Options{})
	for _, bad := range []string{"algorithms=old", "home=/home/coupa", "nosuch=1", "rename=maybe"} {
		if err := r.Set(bad); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	c := r.client()
	put := func(name string) error {
		f, err := c.Create("/Incoming/Users/" + name)
		if err != nil {
			return err
		}
		return f.Close()
	}
	if err := put("a.csv"); err != nil {
		t.Fatal(err)
	}
	if err := r.Set("rename=denied", "fault-times=1"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rename("/Incoming/Users/a.csv", "/Incoming/Users/b.csv"); err == nil {
		t.Error("the fault does not occur")
	}
	if err := c.Rename("/Incoming/Users/a.csv", "/Incoming/Users/b.csv"); err != nil {
		t.Errorf("the fault occurs more often than it should: %v", err)
	}
	if err := r.Set("rename=denied"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rename("/Incoming/Users/b.csv", "/Incoming/Users/a.csv"); err == nil {
		t.Error("faults are not counted from 0 again")
	}
}
