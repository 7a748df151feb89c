package coupa_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

const somePeople = `{
"departments": ["Finance", "R&D, \"Nord\""], "roles": ["User", "Buyer", "Admin"], "content-groups": ["EMEA"], "currencies": ["EUR", "USD"],
"approval-limits": ["Level 2"], "custom-fields": ["School Name"],
"users": [
 {"id": 281, "login": "jdoe", "email": "jane@example.com", "firstname": "Jane", "lastname": "Doe", "employee-number": "0100", "active": true,
  "department": {"name": "Finance"}, "manager": {"login": "boss"}, "roles": [{"name": "User"}, {"name": "Buyer"}]},
 {"id": 282, "login": "boss", "email": "boss@example.com", "firstname": "Bo", "lastname": "Ss", "roles": [{"name": "User"}]},
 {"id": 283, "login": "a+b", "email": "a+b@example.com", "firstname": "A", "lastname": "B"},
 {"id": 284, "login": "50% off", "email": "off@example.com", "firstname": "A", "lastname": "B"},
 {"id": 285, "login": "Doe, Jane", "email": "comma@example.com", "firstname": "A", "lastname": "B"},
 {"id": 286, "login": "o'neil/\"x\"", "email": "neil@example.com", "firstname": "A", "lastname": "B"},
 {"id": 287, "login": "müller.łukasz", "email": "m@example.com", "firstname": "A", "lastname": "B"}]}`

// instance is a twin and a client of its users.
func instance(t *testing.T, format string, switches ...string) (*twin.Twin, *coupa.Users, *logtest.Hook) {
	t.Helper()
	sw, err := switchboard.Parse(append([]string{"pickup=manual", "rate=none"}, switches...))
	if err != nil {
		t.Fatal(err)
	}
	tw, err := twin.Start(t.Context(), twin.Options{Users: strings.NewReader(somePeople), Switches: sw})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tw.Close() })
	timeout := time.Minute
	if slices.Contains(switches, "user-fault=late") {
		timeout = 3 * time.Second // an answer that is not late comes within it, on a busy machine too
	}
	log, hook := logtest.NewNullLogger()
	log.SetLevel(logrus.DebugLevel)
	c, err := coupa.NewClient(coupa.Config{
		URL: tw.URL(), ClientID: "twin", ClientSecret: export.NewSecret("twin-secret"), Scopes: []string{"core.user.read", "core.user.write"},
		Format: format, TokenSettle: -1, Rate: 25, Timeout: timeout, Budget: time.Minute,
		Sleep: func(ctx context.Context, d time.Duration) error { // the twin needs no patience
			time.Sleep(min(d, 5*time.Millisecond))
			return ctx.Err()
		},
	}, log)
	if err != nil {
		t.Fatal(err)
	}
	return tw, c.Users(), hook
}

// cellsOf makes cells of "Column=text"; without a text the cell clears.
func cellsOf(t *testing.T, assignments ...string) []export.ElementCell {
	t.Helper()
	var out []export.ElementCell
	for _, a := range assignments {
		column, text, _ := strings.Cut(a, "=")
		e, ok := coupa.Element(column)
		if !ok {
			t.Fatalf("no element for %s", column)
		}
		c := export.ElementCell{Element: e, Cell: export.Cell{Text: text, State: export.Set}}
		if text == "" {
			c.Cell.State = export.Clear
		}
		out = append(out, c)
	}
	return out
}

func elementsOf(cells []export.ElementCell) (out []export.Element) {
	for _, c := range cells {
		out = append(out, c.Element)
	}
	return out
}

// verdicts writes outcomes short: the columns that are not confirmed, with their verdicts.
func verdicts(outcomes []export.CellOutcome) string {
	var out []string
	for _, o := range outcomes {
		if o.Verdict != export.CellConfirmed {
			out = append(out, o.String())
		}
	}
	return strings.Join(out, "; ")
}

func formats(t *testing.T, f func(t *testing.T, format string)) {
	for _, format := range []string{"xml", "json"} {
		t.Run(format, func(t *testing.T) { f(t, format) })
	}
}

// TestUsersFound: the four keys, odd logins, and many at once, over real HTTP.
func TestUsersFound(t *testing.T) {
	formats(t, func(t *testing.T, format string) {
		tw, users, _ := instance(t, format)
		if err := users.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		for column, asked := range map[string][]string{
			"Login": {"JDOE", "a+b", "50% off", "Doe, Jane", `o'neil/"x"`, "müller.łukasz", "nobody", "jdoe"},
			"Email": {"jane@example.com", "a+b@example.com", "off@example.com", "comma@example.com", "neil@example.com", "m@example.com"},
			"Id":    {"281", "283", "284", "285", "286", "287", "9999"},
		} {
			by, _ := coupa.Element(column)
			found, err := users.Find(t.Context(), by, asked, elementsOf(cellsOf(t, "Department", "User Role Names")))
			ids := map[string]bool{}
			for _, u := range found {
				ids[u.ID] = true
			}
			if got := fmt.Sprint(slices.Sorted(maps.Keys(ids))); err != nil || got != "[281 283 284 285 286 287]" || len(found) != 6 {
				t.Errorf("%s: got %s, %v", column, got, err)
			}
		}
		number, _ := coupa.Element("Employee Number")
		found, err := users.Find(t.Context(), number, []string{"0100"}, elementsOf(cellsOf(t, "User Role Names", "Approver Login", "Status", "Phone Work")))
		u, oneErr := export.One(found, number, "0100")
		if err != nil || oneErr != nil {
			t.Fatal(err, oneErr)
		}
		if got := verdicts(export.Compare(cellsOf(t, "User Role Names=Buyer,User", "Approver Login=BOSS", "Status=active", "Phone Work"), u)); got != "" {
			t.Error(got)
		}
		for _, call := range tw.Calls() {
			if call.Method != "GET" || call.Path != "/api/users" {
				t.Errorf("%v", call)
			}
		}
	})
}

// TestUsersChanged: what is written is what Coupa has afterwards, or a verdict says that it is not.
func TestUsersChanged(t *testing.T) {
	for _, tc := range []struct {
		name  string
		cells []string
		want  string
	}{
		{"modify a user", []string{"Last Name=O'Neil & Söhne <x>", "Email=new+1@example.com"}, ""},
		{"deactivate", []string{"Status=inactive"}, ""},
		{"flags and words", []string{"Purchasing User=Yes", "Expense User=No", "Authentication Method=SAML", "Account Security Type=2", "Default Locale=de-AT"}, ""},
		{"clear", []string{"Employee Number", "Department", "Approver Login", "User Role Names", "Middle Name"}, ""},
		{"references", []string{`Department=R&D, "Nord"`, "Approver Login=a+b", "Default Currency=USD"}, ""},
		{"unknown references", []string{"Department=Nowhere", "Approver Login=stranger", "Last Name=Roe"}, "Department: drifted; Approver Login: drifted"},
		{"one more role", []string{"User Role Names=User,Buyer,Admin", "Content Groups=EMEA"}, ""},
		{"unknown role", []string{"User Role Names=User,Buyer,King"}, "User Role Names: drifted"},
		{"phone", []string{"Phone Work=+49 301-234-5678", "Phone Mobile=415-555-0134"}, ""},
		{"limits", []string{"Requisition Approval Limit=500.00 USD", "Invoice Approval Limit=1000 EUR"}, ""},
		{"unknown limit", []string{"Requisition Approval Limit=5 XYZ"}, "Requisition Approval Limit: drifted"},
		{"address", []string{"Default Address Street 1=Main St 1", "Default Address City=Bern"}, ""},
		{"custom field", []string{"School Name=Nord"}, ""},
		{"a message is an action", []string{"Generate Password And Notify User=No", "Last Name=Roe"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			formats(t, func(t *testing.T, format string) {
				tw, users, _ := instance(t, format)
				cells := cellsOf(t, tc.cells...)
				u, err := users.Update(t.Context(), "281", cells)
				if err != nil {
					t.Fatal(err)
				}
				if got := verdicts(export.Compare(cells, u)); got != tc.want {
					t.Errorf("the answer: %s, want %s", got, tc.want)
				}
				found, err := users.Find(t.Context(), coupa.ID(), []string{"281"}, elementsOf(cells))
				if err != nil || len(found) != 1 {
					t.Fatal(found, err)
				}
				if got := verdicts(export.Compare(cells, found[0])); got != tc.want {
					t.Errorf("read back: %s, want %s", got, tc.want)
				}
				if n := len(export.Missing(cells, found[0])); (n == 0) != (tc.want == "") {
					t.Errorf("%d cells are left to write", n)
				}
				if calls := tw.Calls(); len(calls) != 2 || calls[0].Method != "PUT" || calls[0].Path != "/api/users/281" {
					t.Errorf("calls %v", calls)
				}
			})
		})
	}
}

// TestRoleRemoved: a role is removed by two calls, whether the instance adds or replaces. Other changes go with the
// first, so that a refusal removes no role. A crash between the two is repaired by doing it again.
func TestRoleRemoved(t *testing.T) {
	for _, lists := range []string{"add", "replace"} {
		formats(t, func(t *testing.T, format string) {
			tw, users, _ := instance(t, format, "put-lists="+lists)
			read := func() export.User {
				found, err := users.Find(t.Context(), coupa.ID(), []string{"281"}, elementsOf(cellsOf(t, "User Role Names", "Email")))
				if err != nil || len(found) != 1 {
					t.Fatal(found, err)
				}
				return found[0]
			}
			refused := cellsOf(t, "User Role Names=Buyer", "Email=boss@example.com")
			steps := export.UpdateSteps(export.Missing(refused, read()), read())
			if _, err := users.Update(t.Context(), "281", steps[0]); len(steps) != 2 || err == nil {
				t.Fatalf("%d steps, %v", len(steps), err)
			}
			if u, _ := tw.User("jdoe"); len(u.Names("roles")) != 2 {
				t.Errorf("a refusal left the roles %v", u.Names("roles"))
			}
			cells := cellsOf(t, "User Role Names=Buyer", "Email=jane.roe@example.com")
			steps = export.UpdateSteps(export.Missing(cells, read()), read())
			if _, err := users.Update(t.Context(), "281", steps[0]); err != nil {
				t.Fatal(err)
			}
			// Here the program ends. The next run plans the same cells.
			left := export.Missing(cells, read())
			if steps = export.UpdateSteps(left, read()); len(left) != 1 || len(steps) != 1 {
				t.Fatalf("after the crash: %d cells, %d steps", len(left), len(steps))
			}
			if _, err := users.Update(t.Context(), "281", steps[0]); err != nil {
				t.Fatal(err)
			}
			if u, _ := tw.User("jdoe"); fmt.Sprint(u.Names("roles")) != "[Buyer]" || verdicts(export.Compare(cells, read())) != "" {
				t.Errorf("roles %v", u.Names("roles"))
			}
		})
	}
}

// TestSomebodyElse: between the plan and the call another user has changed the same cell.
func TestSomebodyElse(t *testing.T) {
	_, users, _ := instance(t, "xml")
	cells := cellsOf(t, "Department=R&D, \"Nord\"", "Last Name=Roe")
	read := func() export.User {
		found, err := users.Find(t.Context(), coupa.ID(), []string{"281"}, elementsOf(cells))
		if err != nil {
			t.Fatal(err)
		}
		return found[0]
	}
	planned := read()
	if moved := export.Moved(cells, planned, read()); moved != nil {
		t.Errorf("there was no such user: %v", moved)
	}
	if _, err := users.Update(t.Context(), "281", cellsOf(t, "Department", "First Name=Janet")); err != nil {
		t.Fatal(err)
	}
	if moved := export.Moved(cells, planned, read()); fmt.Sprint(moved) != "[Department]" {
		t.Errorf("moved: %v", moved)
	}
}

func TestUserCreated(t *testing.T) {
	formats(t, func(t *testing.T, format string) {
		tw, users, _ := instance(t, format)
		cells := cellsOf(t, "Login=new+1", "Email=new@example.com", "First Name=Ne", "Last Name=W", "Status=active", "Department=Finance", "User Role Names=User,Buyer")
		u, err := users.Create(t.Context(), cells)
		if got := verdicts(export.Compare(cells, u)); err != nil || got != "" {
			t.Fatal(got, err)
		}
		if held, ok := tw.User("new+1"); !ok || held.Text("id") != u.ID {
			t.Error("no user was created")
		}
		_, err = users.Create(t.Context(), cells)
		refused, ok := errors.AsType[*export.RefusedError](err)
		if !ok || refused.Status != 400 || strings.Contains(err.Error(), "new") {
			t.Errorf("a second one: %v", err)
		}
	})
}

// TestUsersFaults: one call in three goes wrong, and so do the first PUT and the first POST. What may pass is done in
// the end, and nothing is done twice; what is final is an error; and neither error nor log names the person.
func TestUsersFaults(t *testing.T) {
	for fault, final := range map[string]bool{
		"401": false, "403": true, "404": true, "406": true, "422": true, "429": false, "429-retry-after": false,
		"500": false, "502-html": false, "late": false, "lost": false, "truncated": false, "other-type": false, "empty": false,
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel() // one of them waits more than it works
			tw, users, hook := instance(t, "json", "user-fault="+fault, "user-fault-every=3")
			find := func() {
				if _, err := users.Find(t.Context(), coupa.ID(), []string{"281"}, nil); err != nil {
					t.Fatal(err)
				}
			}
			find()
			find()
			_, err := users.Update(t.Context(), "281", cellsOf(t, "Last Name=Planted"))
			if _, refused := errors.AsType[*export.RefusedError](err); refused != final || err != nil && !final {
				t.Errorf("got %v", err)
			}
			if u, _ := tw.User("jdoe"); (u.Text("lastname") == "Planted") != (err == nil) {
				t.Errorf("last name %s after %v", u.Text("lastname"), err)
			}
			for len(tw.Calls())%3 != 2 {
				find()
			}
			before := len(tw.Users())
			_, err2 := users.Create(t.Context(), cellsOf(t, "Login=new", "Email=n@example.com", "First Name=Ne", "Last Name=Planted"))
			if n := len(tw.Users()) - before; (err2 != nil) != final || (n == 1) == final {
				t.Errorf("%d accounts were made: %v", n, err2)
			}
			told := []string{fmt.Sprint(err, err2)}
			for _, e := range hook.AllEntries() {
				line, _ := e.String()
				told = append(told, line)
			}
			if all := strings.Join(told, "\n"); strings.Contains(all, "Planted") || strings.Contains(all, "example.com") {
				t.Errorf("it tells of the person: %s", all)
			}
		})
	}
}

// jane is the user 281, asked for by name.
func jane(t *testing.T, users *coupa.Users, want []export.Element) export.User {
	t.Helper()
	found, err := users.Find(t.Context(), coupa.ID(), []string{"281"}, want)
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	return found[0]
}

// TestResponseFilterIsRecognised: an element that an answer lacks is unknown, never empty.
func TestResponseFilterIsRecognised(t *testing.T) {
	formats(t, func(t *testing.T, format string) {
		want := elementsOf(cellsOf(t, "Login", "Department", "User Role Names"))
		_, users, _ := instance(t, format, "shown-elements=id login")
		hidden, err := users.DefaultFilter(t.Context(), jane(t, users, want), want)
		if err != nil || len(hidden) != 2 || hidden[0].Column != "Department" {
			t.Errorf("hidden: %v, %v", hidden, err)
		}
		_, users, _ = instance(t, format)
		if hidden, err := users.DefaultFilter(t.Context(), jane(t, users, want), want); err != nil || hidden != nil {
			t.Errorf("no filter: %v, %v", hidden, err)
		}
		_, users, hook := instance(t, format, "shown-elements=id login", "fields=ignored")
		cells := cellsOf(t, "Last Name=Roe", "Department")
		u, err := users.Update(t.Context(), "281", cells)
		if got := verdicts(export.Compare(cells, u)); err != nil || got != "Last Name: unknown; Department: unknown" {
			t.Errorf("got %s, %v", got, err)
		}
		if hint, _ := hook.LastEntry().Data[export.HintField].(string); len(hook.AllEntries()) != 2 || !strings.Contains(hint, "response filters") {
			t.Errorf("%d log entries, the last with the hint %q", len(hook.AllEntries()), hint)
		}
	})
}

// TestIgnoredFilter: if Coupa answers with all users, the right one is still taken, and none for an unknown login.
func TestIgnoredFilter(t *testing.T) {
	_, users, _ := instance(t, "xml", "user-filter=ignored")
	login, _ := coupa.Element("Login")
	found, err := users.Find(t.Context(), login, []string{"boss", "stranger"}, nil)
	if err != nil || len(found) != 1 || found[0].ID != "282" {
		t.Errorf("got %v, %v", found, err)
	}
}
