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

// cast is who the scenarios are about.
type cast struct {
	login, email string
	nobody       string // a login that nobody has
	taken        string // the mention name of somebody else; "" where none is known
	currency     string
}

// newEmail is what the page has HR change the address to.
func (c cast) newEmail() string {
	local, domain, _ := strings.Cut(c.email, "@")
	return local + "_new_email@" + domain
}

// scenario is one of Coupa's published user scenarios. One without acts is not published.
type scenario struct {
	number, title string
	acts          []scenarioAct
}

// scenarioAct is one record of HR's, and what Coupa's page wants seen when it is played.
type scenarioAct struct {
	cast    cast
	record  map[string]string // by HR's field
	creates bool              // somebody is to be made
	steps   []step
}

// step is one thing that the page asks for.
type step struct {
	asks string
	see  func(*scene) sight
}

// hrFields are those of the feed that is made for each act.
var hrFields = []string{
	"login", "email", "first_name", "last_name", "status", "purchasing", "expense", "sourcing", "inventory", "currency", "approver", "mention", "roles",
}

// hrFile is a feed of one record.
func hrFile(record map[string]string) []byte {
	cells := make([]string, len(hrFields))
	for i, f := range hrFields {
		cells[i] = record[f]
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.WriteAll([][]string{hrFields, cells}) // a buffer takes everything
	return b.Bytes()
}

// closing is the number of what certify does itself after the scenarios.
const closing = "end"

// scenarios are Coupa's User Integration Scenarios, with the values of its pages, as far as they are published.
func scenarios(route string, c cast) []scenario {
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
		refused = changed("approver", c.nobody)
	}
	r := stepsBy(route)
	play := func(record map[string]string, steps ...[]step) scenarioAct {
		return scenarioAct{cast: c, record: record, steps: slices.Concat(steps...)}
	}
	create := play(
		before("status", "active", "purchasing", "Yes", "expense", "Yes", "sourcing", "No", "inventory", "No", "currency", c.currency),
		r.create,
		values("Login", c.login, "Email", c.email, "First Name", "USER", "Last Name", "TEST", "Status", "active", "Purchasing User", "Yes",
			"Expense User", "Yes", "Sourcing User", "No", "Inventory User", "No", "Default Currency", c.currency),
	)
	create.creates = true
	return []scenario{
		{"1.1", "Create a User", []scenarioAct{create}},
		{"1.2", "Modify a User", []scenarioAct{
			play(changed(), r.modify, values("Last Name", "test new lastname", "Email", c.newEmail())),
			play(refused, r.refuse, errorTold, asBefore("Last Name", "test new lastname", "Email", c.newEmail())),
		}},
		{"1.3", "", nil},
		{"1.4", "Deactivate a User", []scenarioAct{play(changed("status", "inactive"), r.modify, values("Status", "inactive"))}},
		{"1.5", "Reactivate a User", []scenarioAct{play(changed("status", "active"), r.modify, values("Status", "active"))}},
		{"1.6", "Add a Role to a User", []scenarioAct{play(changed("roles", "User,Buyer"), r.modify, values("User Role Names", "User,Buyer"))}},
		{"1.7", "Remove a Role from a User", []scenarioAct{play(changed("roles", "User"), r.remove, values("User Role Names", "User"))}},
		{"1.8", "Check Error Handling on Users", []scenarioAct{play(r.nobody(c), r.unknown, errorTold, []step{nobodyMade})}},
		{closing, "The user is left inactive", []scenarioAct{play(changed("status", "inactive"), values("Status", "inactive"))}},
	}
}

// routeSteps are what the pages ask for on one route, up to the validation in Coupa.
type routeSteps struct {
	create, modify, remove []step
	refuse                 []step                       // a change that Coupa does not take
	unknown                []step                       // an update of somebody who does not exist
	nobody                 func(cast) map[string]string // HR's record of him
}

func stepsBy(route string) routeSteps {
	if route == config.RouteAPI {
		return apiSteps()
	}
	return csvSteps()
}

// csvSteps are those of the CSV route: a file of the change, in /Incoming/Users, the scheduled job, its load. A row that
// matches nobody would make a user; the one of somebody who does not exist has the address of another, which is refused.
func csvSteps() routeSteps {
	sent, refused := sentByCSV(), refusedByCSV()
	return routeSteps{
		create: append(slices.Clone(sent), madeByCSV()), modify: append(slices.Clone(sent), loadedByCSV()), remove: append(slices.Clone(sent), loadedByCSV()),
		refuse: refused, unknown: append([]step{nobodyThere}, refused...),
		nobody: func(c cast) map[string]string {
			return map[string]string{"login": c.nobody, "email": c.newEmail(), "first_name": "USER", "last_name": "NOBODY"}
		},
	}
}

func sentByCSV() []step {
	return []step{
		{"a CSV file of the change is made", func(s *scene) sight {
			if s.part == nil {
				return s.notSent()
			}
			return pass("%s: %s of %s, %d bytes: %s", s.part.Name, words.Plural(s.part.Rows, "row"), s.feed, s.part.Size, strings.Join(s.columns, ", "))
		}},
		{"the file lies in /Incoming/Users", func(s *scene) sight {
			for _, m := range s.moves {
				if m.To == export.Delivered {
					return pass("renamed into %s at %s, once its temporary was there whole", s.folder, m.At.UTC().Format(time.RFC3339))
				}
			}
			return s.notSent()
		}},
		{"the scheduled job picks it up", func(s *scene) sight {
			if s.part == nil || s.part.LoadID == "" {
				return fail("no load of it is known; %s", s.why())
			}
			return pass("load %s is of this file, and of as many bytes (via %s)", s.part.LoadID, s.part.Via)
		}},
	}
}

func loadedByCSV() step {
	return step{"the load ends well", func(s *scene) sight {
		if verdict := s.verdict(); verdict != export.VerdictOK {
			return fail("verdict %s; %s", words.Dash(string(verdict)), s.rowsSaid())
		}
		if s.part.Created > 0 {
			return fail("%d made by load %s: the row was taken for somebody new", s.part.Created, s.part.LoadID)
		}
		return pass("load %s: ok, %s updated, nobody made", s.part.LoadID, orUnknown(s.part.Updated))
	}}
}

func madeByCSV() step {
	return step{"the load ends well and makes the user", func(s *scene) sight {
		u, there := s.before[s.cast.login]
		switch verdict := s.verdict(); {
		case verdict != export.VerdictOK:
			return fail("verdict %s; %s", words.Dash(string(verdict)), s.rowsSaid())
		case there:
			return s.wasThere(u)
		case s.part.Created < 0:
			return unseen("load %s: ok; Coupa does not say how many it has made", s.part.LoadID)
		case s.part.Created != 1:
			return fail("load %s: ok, and %d made", s.part.LoadID, s.part.Created)
		}
		return pass("load %s: ok, 1 made; nobody had this login before", s.part.LoadID)
	}}
}

func refusedByCSV() []step {
	return []step{
		{"Coupa refuses the change", func(s *scene) sight {
			switch verdict := s.verdict(); {
			case verdict != export.VerdictPartial:
				return fail("verdict %s", words.Dash(string(verdict)))
			case s.code != export.ExitPartial:
				return fail("load %s: partial, and the run ended with %d", s.part.LoadID, s.code)
			}
			return pass("load %s: partial; the run ended with 3", s.part.LoadID)
		}},
		{"that Coupa refuses it is logged", func(s *scene) sight { return s.logged(`verdict=partial`) }},
	}
}

// errorTold is what becomes of an error, whichever way the change went.
var errorTold = []step{
	{"the error's text is kept, with HR's line", func(s *scene) sight {
		if s.rep == nil || s.rep.Rows.Len() != 1 || s.rep.Rows.First().Reason == "" {
			return fail("the report has no reason")
		}
		r := s.rep.Rows.First()
		return pass("%s %s: %s", r.Origin, r.Outcome, r.Reason)
	}},
	{"somebody is notified", notified},
}

// notified looks for the notice: at the receiver that certify has started, else in the diary of who was told.
func notified(s *scene) sight {
	switch {
	case !s.ears && s.targets == 0:
		return unseen("the config names nobody to tell: notify")
	case !s.ears:
		return s.logged(`info: notices sent to `)
	}
	for _, m := range s.heard {
		for _, i := range m.Items {
			if i.Stage != notify.Recovered && s.rep != nil && m.Run == s.rep.Run {
				return pass("a signed notice of run %s arrived: %s", m.Run, i.Title())
			}
		}
	}
	return fail("no notice of it arrived")
}

var nobodyThere = step{"a user who does not exist is to be updated", func(s *scene) sight {
	if _, ok := s.before[s.cast.nobody]; ok || s.blind != nil {
		return fail("it is not known that nobody has the login %s", s.cast.nobody)
	}
	return pass("nobody in Coupa has the login %s", s.cast.nobody)
}}

var nobodyMade = step{"nobody is made of it", func(s *scene) sight {
	if s.blind != nil {
		return unseen("%v", s.blind)
	}
	if u, ok := s.after[s.cast.nobody]; ok {
		return fail("%s is Coupa id %s now; make it inactive there", s.cast.nobody, u.ID)
	}
	return pass("nobody in Coupa has the login %s", s.cast.nobody)
}}

// values is the validation in Coupa that every page ends with: read back, column by column. What was so before shows
// nothing.
func values(want ...string) []step {
	return []step{{"the values are validated in Coupa", func(s *scene) sight {
		held := s.holds(want)
		if held.Result == resultPass && s.matches(s.before, want) {
			return unseen("%s; but so it was before", held.Evidence)
		}
		return held
	}}}
}

// asBefore is the validation after a change that was refused.
func asBefore(want ...string) []step {
	return []step{{"the user in Coupa is as before", func(s *scene) sight { return s.holds(want) }}}
}

// holds compares what Coupa shows of the user with columns and their values, in turn.
func (s *scene) holds(want []string) sight {
	if s.blind != nil {
		return unseen("%v", s.blind)
	}
	u, ok := s.after[s.cast.login]
	if !ok {
		return fail("nobody in Coupa has the login %s", s.cast.login)
	}
	var right, wrong, hidden []string
	for _, o := range export.Compare(cellsWanted(want), u) {
		switch o.Verdict {
		case export.CellConfirmed:
			right = append(right, fmt.Sprintf("%s %q", o.Column, want[2*len(right)+1]))
		case export.CellDrifted:
			wrong = append(wrong, fmt.Sprintf("%s is %q", o.Column, o.Held))
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

// matches tells whether the user was there with all these values.
func (s *scene) matches(users map[string]export.User, want []string) bool {
	u, ok := users[s.cast.login]
	return ok && !slices.ContainsFunc(export.Compare(cellsWanted(want), u), func(o export.CellOutcome) bool { return o.Verdict != export.CellConfirmed })
}

func cellsWanted(want []string) (cells []export.ElementCell) {
	for pair := range slices.Chunk(want, 2) {
		e, _ := coupa.Element(pair[0])
		cells = append(cells, export.ElementCell{Element: e, Cell: export.Cell{Text: pair[1], State: export.Set}})
	}
	return cells
}

func (s *scene) verdict() export.Verdict {
	if s.part == nil {
		return ""
	}
	return s.part.Verdict
}

func (s *scene) wasThere(u export.User) sight {
	return unseen("the user was there already (Coupa id %s), and nobody is deleted in Coupa; another --login shows it", u.ID)
}

func (s *scene) notSent() sight { return fail("nothing was sent: %s", s.why()) }

// rowsSaid is why rows were not applied.
func (s *scene) rowsSaid() string {
	var said []string
	if s.rep != nil {
		for r := range s.rep.Rows.All() {
			if r.Reason != "" {
				said = append(said, fmt.Sprintf("%s %s: %s", r.Origin, r.Outcome, r.Reason))
			}
		}
	}
	if said == nil {
		return s.why()
	}
	return strings.Join(said, "; ")
}

// logged looks for a line of the diary with these words in it.
func (s *scene) logged(phrase string) sight {
	if i := slices.IndexFunc(s.diary, func(line string) bool { return strings.Contains(line, phrase) }); i >= 0 {
		return pass("diary: %s", s.diary[i])
	}
	return fail("no line of the diary says %q", phrase)
}

func orUnknown(n int) string {
	if n < 0 {
		return "an unknown number"
	}
	return fmt.Sprint(n)
}
