package certify

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// accounts are the users that the scenarios are about.
type accounts struct {
	login, email string
	absent       string // a login that no user has
	taken        string // the mention name of another user; "" if none is known
	currency     string
}

// newEmail returns the address that HR sets on Coupa's page.
func (a accounts) newEmail() string {
	local, domain, _ := strings.Cut(a.email, "@")
	return local + "_new_email@" + domain
}

// scenario is one of Coupa's published user scenarios. One without cases is not published.
type scenario struct {
	number, title string
	cases         []scenarioCase
}

// scenarioCase is one record of HR's, with what Coupa's page wants to see when it is played.
type scenarioCase struct {
	accounts accounts
	record   map[string]string // by HR's field
	creates  bool              // a user is to be created
	steps    []step
}

// step is one thing that the page asks for.
type step struct {
	asks  string
	check func(*caseResult) stepResult
}

// hrFields are the columns of the feed that is written for each case.
var hrFields = []string{
	"login", "email", "first_name", "last_name", "status", "purchasing", "expense", "sourcing", "inventory", "currency", "approver", "mention", "roles",
}

// hrFile returns a feed of one record.
func hrFile(record map[string]string) []byte {
	cells := make([]string, len(hrFields))
	for i, f := range hrFields {
		cells[i] = record[f]
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.WriteAll([][]string{hrFields, cells}) // a write to a buffer does not fail
	return b.Bytes()
}

// closing is the number of the clean-up that certify itself does after the scenarios.
const closing = "end"

// scenarios returns Coupa's User Integration Scenarios with the values of its pages, as far as they are published.
func scenarios(route string, c accounts) []scenario {
	// every row of a user has these
	person := func(email, last string, more ...string) map[string]string {
		r := map[string]string{"login": c.login, "email": email, "first_name": "USER", "last_name": last}
		for i := 0; i < len(more); i += 2 {
			r[more[i]] = more[i+1]
		}
		return r
	}
	before := func(more ...string) map[string]string { return person(c.email, "TEST", more...) }
	changed := func(more ...string) map[string]string { return person(c.newEmail(), "test new lastname", more...) }

	refused := changed("mention", c.taken)
	if c.taken == "" {
		refused = changed("approver", c.absent)
	}
	r := stepsBy(route)
	play := func(record map[string]string, steps ...[]step) scenarioCase {
		return scenarioCase{accounts: c, record: record, steps: slices.Concat(steps...)}
	}
	create := play(
		before("status", "active", "purchasing", "Yes", "expense", "Yes", "sourcing", "No", "inventory", "No", "currency", c.currency),
		r.create,
		values("Login", c.login, "Email", c.email, "First Name", "USER", "Last Name", "TEST", "Status", "active", "Purchasing User", "Yes",
			"Expense User", "Yes", "Sourcing User", "No", "Inventory User", "No", "Default Currency", c.currency),
	)
	create.creates = true
	return []scenario{
		{"1.1", "Create a User", []scenarioCase{create}},
		{"1.2", "Modify a User", []scenarioCase{
			play(changed(), r.modify, values("Last Name", "test new lastname", "Email", c.newEmail())),
			play(refused, r.refuse, errorReported, asBefore("Last Name", "test new lastname", "Email", c.newEmail())),
		}},
		{"1.3", "", nil},
		{"1.4", "Deactivate a User", []scenarioCase{play(changed("status", "inactive"), r.modify, values("Status", "inactive"))}},
		{"1.5", "Reactivate a User", []scenarioCase{play(changed("status", "active"), r.modify, values("Status", "active"))}},
		{"1.6", "Add a Role to a User", []scenarioCase{play(changed("roles", "User,Buyer"), r.modify, values("User Role Names", "User,Buyer"))}},
		{"1.7", "Remove a Role from a User", []scenarioCase{play(changed("roles", "User"), r.remove, values("User Role Names", "User"))}},
		{"1.8", "Check Error Handling on Users", []scenarioCase{play(r.absent(c), r.unknown, errorReported, []step{noneCreated})}},
		{closing, "The user is left inactive", []scenarioCase{play(changed("status", "inactive"), values("Status", "inactive"))}},
	}
}

// routeSteps are what the pages ask for on one route, up to the validation in Coupa.
type routeSteps struct {
	create, modify, remove []step
	refuse                 []step                           // a change that Coupa refuses
	unknown                []step                           // an update of a user who does not exist
	absent                 func(accounts) map[string]string // HR's record of that user
}

func stepsBy(route string) routeSteps {
	if route == config.RouteAPI {
		return apiSteps()
	}
	return csvSteps()
}

// csvSteps returns the steps of the CSV route: a file of the change in /Incoming/Users, the scheduled job, its load. A row that
// matches no user would create one, so the row of the user who does not exist has another user's address: Coupa refuses it.
func csvSteps() routeSteps {
	sent, refused := sentByCSV(), refusedByCSV()
	return routeSteps{
		create: append(slices.Clone(sent), madeByCSV()), modify: append(slices.Clone(sent), loadedByCSV()), remove: append(slices.Clone(sent), loadedByCSV()),
		refuse: refused, unknown: append([]step{noSuchUser}, refused...),
		absent: func(c accounts) map[string]string {
			return map[string]string{"login": c.absent, "email": c.newEmail(), "first_name": "USER", "last_name": "NOBODY"}
		},
	}
}

func sentByCSV() []step {
	return []step{
		{"a CSV file of the change is written", func(s *caseResult) stepResult {
			if s.part == nil {
				return s.notSent()
			}
			return pass("%s: %s of %s, %d bytes: %s", s.part.Name, export.Plural(s.part.Rows, "row"), s.feed, s.part.Size, strings.Join(s.columns, ", "))
		}},
		{"the file is in /Incoming/Users", func(s *caseResult) stepResult {
			for _, m := range s.moves {
				if m.To == export.Delivered {
					return pass("renamed into %s at %s, after its temporary file was complete", s.folder, m.At.UTC().Format(time.RFC3339))
				}
			}
			return s.notSent()
		}},
		{"the scheduled job picks it up", func(s *caseResult) stepResult {
			if s.part == nil || s.part.LoadID == "" {
				return fail("no load of this file is known; %s", s.why())
			}
			return pass("load %s is of this file and has its size (via %s)", s.part.LoadID, s.part.Via)
		}},
	}
}

func loadedByCSV() step {
	return step{"the load succeeds", func(s *caseResult) stepResult {
		if verdict := s.verdict(); verdict != export.VerdictOK {
			return fail("verdict %s; %s", words.Dash(string(verdict)), s.rowsSaid())
		}
		if s.part.Created > 0 {
			return fail("%d created by load %s: Coupa took the row for a new user", s.part.Created, s.part.LoadID)
		}
		return pass("load %s: ok, %s updated, none created", s.part.LoadID, orUnknown(s.part.Updated))
	}}
}

func madeByCSV() step {
	return step{"the load succeeds and creates the user", func(s *caseResult) stepResult {
		u, there := s.before[s.accounts.login]
		switch verdict := s.verdict(); {
		case verdict != export.VerdictOK:
			return fail("verdict %s; %s", words.Dash(string(verdict)), s.rowsSaid())
		case there:
			return s.wasThere(u)
		case s.part.Created < 0:
			return unseen("load %s: ok; Coupa does not say how many it has created", s.part.LoadID)
		case s.part.Created != 1:
			return fail("load %s: ok, and %d created", s.part.LoadID, s.part.Created)
		}
		return pass("load %s: ok, 1 created; no user had this login before", s.part.LoadID)
	}}
}

func refusedByCSV() []step {
	return []step{
		{"Coupa refuses the change", func(s *caseResult) stepResult {
			switch verdict := s.verdict(); {
			case verdict != export.VerdictPartial:
				return fail("verdict %s", words.Dash(string(verdict)))
			case s.code != export.ExitPartial:
				return fail("load %s: partial, and the run ended with %d", s.part.LoadID, s.code)
			}
			return pass("load %s: partial; the run ended with 3", s.part.LoadID)
		}},
		{"the refusal is logged", func(s *caseResult) stepResult { return s.logged(`verdict=partial`) }},
	}
}

// errorReported are the steps about an error, by either route.
var errorReported = []step{
	{"the error's text is kept, with HR's line", func(s *caseResult) stepResult {
		if s.rep == nil || s.rep.Rows.Len() != 1 || len(s.rep.Rows.First().Faults) == 0 {
			return fail("the report has no reason")
		}
		r := s.rep.Rows.First()
		return pass("%s %s: %s", r.Origin, r.Outcome, r.Faults.Text())
	}},
	{"people are notified", notified},
}

// notified looks for the notice: at certify's own receiver, else in the log line that names the targets.
func notified(s *caseResult) stepResult {
	switch {
	case !s.ownReceiver && s.targets == 0:
		return unseen("the config has no target for notices: notify")
	case !s.ownReceiver:
		return s.logged(`info: notices sent to `)
	}
	for _, m := range s.notices {
		for _, i := range m.Items {
			if i.Stage != notify.Recovered && s.rep != nil && m.Run == s.rep.Run {
				return pass("a signed notice of run %s arrived: %s", m.Run, i.Title())
			}
		}
	}
	return fail("no notice of it arrived")
}

var noSuchUser = step{"a user who does not exist is to be updated", func(s *caseResult) stepResult {
	if _, ok := s.before[s.accounts.absent]; ok || s.lookUpErr != nil {
		return fail("it is not known whether a user has the login %s", s.accounts.absent)
	}
	return pass("no Coupa user has the login %s", s.accounts.absent)
}}

var noneCreated = step{"no user is created from it", func(s *caseResult) stepResult {
	if s.lookUpErr != nil {
		return unseen("%v", s.lookUpErr)
	}
	if u, ok := s.after[s.accounts.absent]; ok {
		return fail("%s is Coupa id %s now; make it inactive there", s.accounts.absent, u.ID)
	}
	return pass("no Coupa user has the login %s", s.accounts.absent)
}}

// values is the validation in Coupa that every page ends with: the user is read back, column by column. A value that was
// there before proves nothing.
func values(want ...string) []step {
	return []step{{"the values are validated in Coupa", func(s *caseResult) stepResult {
		got := s.holds(want)
		if got.Result == resultPass && s.matches(s.before, want) {
			return unseen("%s; but it was so before", got.Evidence)
		}
		return got
	}}}
}

// asBefore is the validation after a change that was refused.
func asBefore(want ...string) []step {
	return []step{{"the user in Coupa is as before", func(s *caseResult) stepResult { return s.holds(want) }}}
}

// holds compares what Coupa shows of the user with want, which is column, value, column, value and so on.
func (s *caseResult) holds(want []string) stepResult {
	if s.lookUpErr != nil {
		return unseen("%v", s.lookUpErr)
	}
	u, ok := s.after[s.accounts.login]
	if !ok {
		return fail("no Coupa user has the login %s", s.accounts.login)
	}
	var right, wrong, hidden []string
	for _, o := range export.Compare(cellsWanted(want), u) {
		switch o.Verdict {
		case export.CellConfirmed:
			right = append(right, fmt.Sprintf("%s %q", o.Column, want[2*len(right)+1]))
		case export.CellDrifted:
			wrong = append(wrong, fmt.Sprintf("%s is %q", o.Column, o.Coupa))
		case export.CellUnknown:
			hidden = append(hidden, o.Column)
		}
	}
	switch {
	case wrong != nil:
		return fail("Coupa id %s: %s", u.ID, strings.Join(wrong, ", "))
	case hidden != nil:
		return unseen("Coupa id %s: this instance does not show %s", u.ID, strings.Join(hidden, ", "))
	}
	return pass("Coupa id %s: %s", u.ID, strings.Join(right, ", "))
}

// matches reports whether the user was there with all these values.
func (s *caseResult) matches(users map[string]export.User, want []string) bool {
	u, ok := users[s.accounts.login]
	return ok && !slices.ContainsFunc(export.Compare(cellsWanted(want), u), func(o export.CellOutcome) bool { return o.Verdict != export.CellConfirmed })
}

func cellsWanted(want []string) (cells []export.ElementCell) {
	for pair := range slices.Chunk(want, 2) {
		e, _ := coupa.Element(pair[0])
		cells = append(cells, export.ElementCell{Element: e, Cell: export.Cell{Text: pair[1], State: export.Set}})
	}
	return cells
}

func (s *caseResult) verdict() export.Verdict {
	if s.part == nil {
		return ""
	}
	return s.part.Verdict
}

func (s *caseResult) wasThere(u export.User) stepResult {
	return unseen("the user was there already (Coupa id %s), and Coupa deletes no user; another --login shows it", u.ID)
}

func (s *caseResult) notSent() stepResult { return fail("nothing was sent: %s", s.why()) }

// rowsSaid says why rows were not applied.
func (s *caseResult) rowsSaid() string {
	var said []string
	if s.rep != nil {
		for r := range s.rep.Rows.All() {
			if len(r.Faults) > 0 {
				said = append(said, fmt.Sprintf("%s %s: %s", r.Origin, r.Outcome, r.Faults.Text()))
			}
		}
	}
	if said == nil {
		return s.why()
	}
	return strings.Join(said, "; ")
}

// logged looks for a line of the run's log that contains phrase.
func (s *caseResult) logged(phrase string) stepResult {
	if i := slices.IndexFunc(s.log, func(line string) bool { return strings.Contains(line, phrase) }); i >= 0 {
		return pass("log: %s", s.log[i])
	}
	return fail("no line of the log contains %q", phrase)
}

func orUnknown(n int) string {
	if n < 0 {
		return "an unknown number"
	}
	return fmt.Sprint(n)
}
