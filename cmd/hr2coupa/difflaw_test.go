package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// diffColumns are the mapped columns of the law, with the place of each in a user of Coupa's API. The table is written out here,
// so that the law does not lean on the program's own table.
var diffColumns = map[string][]string{
	"Login": {"login"}, "Email": {"email"}, "First Name": {"firstname"}, "Last Name": {"lastname"}, "Employee Number": {"employee-number"},
	"Status": {"active"}, "Department": {"department", "name"}, "Sso Identifier": {"sso-identifier"}, "Approver Login": {"manager", "login"},
	"User Role Names": {"roles"}, "Content Groups": {"content-groups"},
}

var diffLists = []string{"User Role Names", "Content Groups"}

// looks is how a user looks: the value of each column, as one text. Texts are without outer blanks and in NFC, and lists are
// sorted: what is equal for Coupa's readers has the same text.
type looks map[string]string

// looksOf reads a user of the twin.
func looksOf(u twin.Record) looks {
	l := looks{}
	for column, path := range diffColumns {
		switch {
		case slices.Contains(diffLists, column):
			l[column] = sortedList(u.Names(path[0]))
		case column == "Status":
			l[column] = map[bool]string{true: "active", false: "inactive"}[u.Text("active") == "true"]
		default:
			l[column] = norm.NFC.String(strings.TrimSpace(u.Text(path...)))
		}
	}
	return l
}

func sortedList(names []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(names))), ",")
}

// rest returns a user without what the columns of the law show, and without what Coupa derives from them.
func rest(u twin.Record) string {
	u = u.Clone()
	for _, path := range diffColumns {
		delete(u, path[0])
	}
	for _, derived := range []string{"fullname", "updated-at"} {
		delete(u, derived)
	}
	return fmt.Sprint(u)
}

// seen is all that the twin shows of one user.
type seenUser struct {
	looks   looks
	manager string // the id
	rest    string
}

func snapshot(tw *twin.Twin) map[string]seenUser {
	all := map[string]seenUser{}
	for _, u := range tw.Users() {
		all[u.Text("id")] = seenUser{looksOf(u), u.Text("manager", "id"), rest(u)}
	}
	return all
}

// cellDiff is a cell that changes. New users have no old values.
type cellDiff struct{ Old, New string }

// diff is what changes: by Coupa's id, or by login for new users, and by column.
type diff map[string]map[string]cellDiff

func (d diff) put(user, column string, c cellDiff) {
	if d[user] == nil {
		d[user] = map[string]cellDiff{}
	}
	d[user][column] = c
}

// happened compares two snapshots. planned says which cells a plan has named: the login of a manager who gets another one
// changes for all their reports, which is a change of the manager alone, unless HR's rows of the reports say it too.
func happened(before, after map[string]seenUser, planned diff) (diff, error) {
	d := diff{}
	for id, was := range before {
		is, ok := after[id]
		if !ok || is.rest != was.rest {
			return nil, fmt.Errorf("user %s: something that is not mapped has changed, or the user is gone:\n%s\n%s", id, was.rest, is.rest)
		}
		for column := range diffColumns {
			_, named := planned[id][column]
			if was.looks[column] == is.looks[column] || column == "Approver Login" && was.manager == is.manager && !named {
				continue
			}
			d.put(id, column, cellDiff{was.looks[column], is.looks[column]})
		}
	}
	for id, is := range after {
		if _, ok := before[id]; ok {
			continue
		}
		user := "new " + is.looks["Login"]
		for column, text := range is.looks {
			_, named := planned[user][column]
			ofCoupa := column == "User Role Names" && text == "User" && !named // Coupa gives a new user this role (Create a User)
			if text != "" && !ofCoupa {
				d.put(user, column, cellDiff{"", text})
			}
		}
	}
	return d, nil
}

// kinds counts the people of a diff by kind, by chief kind and by column, as the words of plan --json have them.
func (d diff) kinds() (kinds, chief, columns map[string]int) {
	kinds, chief, columns = map[string]int{}, map[string]int{}, map[string]int{}
	for user, cells := range d {
		of := map[string]bool{}
		for column, c := range cells {
			columns[column]++
			for _, k := range kindsOf(strings.HasPrefix(user, "new "), column, c) {
				of[k] = true
			}
		}
		for k := range of {
			kinds[k]++
		}
		chief[chiefOf(of)]++
	}
	return kinds, chief, columns
}

func kindsOf(isNew bool, column string, c cellDiff) []string {
	list := slices.Contains(diffLists, column)
	switch {
	case isNew:
		return []string{"create"}
	case column == "Status":
		return []string{map[string]string{"inactive": "deactivation", "active": "reactivation"}[c.New]}
	case list:
		return listKinds(strings.Split(c.Old, ","), strings.Split(c.New, ","))
	case c.Old == "":
		return []string{"filled"}
	case column == "Login" || column == "Email":
		if strings.EqualFold(c.Old, c.New) {
			return []string{"case"}
		}
		return []string{strings.ToLower(column)}
	case column == "Employee Number":
		return []string{"number"}
	}
	return []string{"other"}
}

func listKinds(old, now []string) (kinds []string) {
	without := func(a, b []string) bool {
		return slices.ContainsFunc(a, func(name string) bool { return name != "" && !slices.Contains(b, name) })
	}
	if without(old, now) {
		kinds = append(kinds, "role_taken")
	}
	if without(now, old) {
		kinds = append(kinds, "role_given")
	}
	return kinds
}

func chiefOf(kinds map[string]bool) string {
	for _, k := range []string{"create", "deactivation", "reactivation"} {
		if kinds[k] {
			return k
		}
	}
	if kinds["login"] || kinds["email"] || kinds["number"] {
		return "login"
	}
	return "other"
}

// shownPlan is what plan --json prints, as much of it as the law needs.
type shownPlan struct {
	Checked bool
	Changes map[string]int
	Chief   map[string]int
	Changed map[string]int
	People  []struct {
		Key    string
		Change export.PersonChange
	}
	Rows []struct{ Key string } // quarantined
}

// diff returns what the plan says would change. What differs in case alone is not sent, unless case is exact.
func (p *shownPlan) diff(exact bool) diff {
	d := diff{}
	for _, one := range p.People {
		user, isNew := one.Change.CoupaID, false
		if isNew = user == ""; isNew {
			i := slices.IndexFunc(one.Change.Cells, func(c export.CellChange) bool { return c.Column == "Login" })
			user = "new " + one.Change.Cells[i].New
		}
		for _, c := range one.Change.Cells {
			if c.Kind == export.ChangeCase && !exact {
				continue
			}
			d.put(user, c.Column, cellDiff{shownText(c.Column, c.Old), shownText(c.Column, c.New)})
		}
	}
	return d
}

func shownText(column, text string) string {
	if slices.Contains(diffLists, column) {
		return sortedList(export.SplitNames(norm.NFC.String(text)))
	}
	return norm.NFC.String(strings.TrimSpace(text))
}

// employee is a person of the law, as HR's feed or Coupa has them, by column.
type employee map[string]string

// drawn are the values of a world.
var (
	firstNames  = rapid.SampledFrom([]string{"Ann", "Bob", "Zoë", "Zoe\u0308", "Łukasz"})
	departments = rapid.SampledFrom([]string{"", "Legal", "Finance", "Öl", "O\u0308l"})
	roleLists   = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"User", "Buyer", "Auditor"}), 0, 3, rapid.ID[string])
	groupLists  = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Everyone", "Zürich"}), 0, 2, rapid.ID[string])
	statuses    = rapid.SampledFrom([]string{"active", "active", "active", "inactive"})
	bosses      = rapid.SampledFrom([]string{"", "boss.one", "boss.two"})
)

// drawPerson draws who person n is, in Coupa or in HR.
func drawPerson(t *rapid.T, n int) employee {
	who := strconv.Itoa(n)
	return employee{
		"person": "P" + who, "Login": "user" + who, "Email": "user" + who + "@acme.example", "Employee Number": "E" + who,
		"First Name": firstNames.Draw(t, "first name"), "Last Name": "Last" + who, "Status": statuses.Draw(t, "status"),
		"Department": departments.Draw(t, "department"), "Sso Identifier": rapid.SampledFrom([]string{"", "sso" + who}).Draw(t, "sso"),
		"Approver Login": bosses.Draw(t, "approver"), "User Role Names": strings.Join(roleLists.Draw(t, "roles"), ","),
		"Content Groups": strings.Join(groupLists.Draw(t, "groups"), ","),
	}
}

// atNight returns what HR's feed says of a person whom Coupa has: some columns are drawn anew, and of some only the form.
func atNight(t *rapid.T, n int, was employee) employee {
	now, other := maps.Clone(was), drawPerson(t, n)
	for _, column := range slices.Sorted(maps.Keys(diffColumns)) {
		switch rapid.SampledFrom([]string{"", "", "", "", "form", "draw", "draw", "blank", "new"}).Draw(t, column) {
		case "form":
			now[column] = anotherForm(t, column, now[column])
		case "draw":
			now[column] = other[column]
		case "blank":
			now[column] = ""
		case "new":
			now[column] = anew(t, column, now[column])
		}
	}
	return now
}

// anotherForm returns a value in a form that is equal for Coupa, or differs in case alone.
func anotherForm(t *rapid.T, column, text string) string {
	switch {
	case slices.Contains(diffLists, column):
		return strings.Join(rapid.Permutation(strings.Split(text, ",")).Draw(t, "order"), ", ")
	case column == "Login", column == "Email":
		return strings.ToUpper(text)
	case len(diffColumns[column]) == 2: // what is referred to must exist as it is written
		return text
	}
	return " " + norm.NFD.String(text) + " "
}

// anew returns a value that nobody has had, of a column that names a person, or somebody else's.
func anew(t *rapid.T, column, text string) string {
	n := strconv.Itoa(rapid.IntRange(1, diffPeople+3).Draw(t, "whose"))
	switch column {
	case "Login":
		return rapid.SampledFrom([]string{"renamed" + n, "user" + n}).Draw(t, "login")
	case "Email":
		return rapid.SampledFrom([]string{"renamed" + n + "@acme.example", "user" + n + "@acme.example", "no address"}).Draw(t, "e-mail")
	case "Employee Number":
		return rapid.SampledFrom([]string{"N" + n, "E" + n}).Draw(t, "number")
	case "Sso Identifier":
		return rapid.SampledFrom([]string{"-", "other" + n, "other" + n}).Draw(t, "sso")
	case "User Role Names":
		return "User,Site Admin"
	case "Last Name":
		return "Other" + n
	}
	return text
}

// diffPeople is the number of people: few, so that they get in each other's way.
const diffPeople = 5

// diffWorld is one draw: what Coupa has, what HR says, and how the program is set up.
type diffWorld struct {
	users, feed []employee
	config      [][2]string
	switches    []string
	exact       bool
}

func drawWorld(t *rapid.T) (w diffWorld) {
	for n := 1; n <= diffPeople; n++ {
		one := drawPerson(t, n)
		where := rapid.SampledFrom([]string{"both", "both", "both", "Coupa", "HR"}).Draw(t, "where")
		if where != "HR" {
			if rapid.IntRange(0, 5).Draw(t, "administrator") == 0 {
				one["User Role Names"] = "Site Admin,User"
			}
			w.users = append(w.users, one)
		}
		if where == "both" {
			one = atNight(t, n, one)
		}
		if where != "Coupa" {
			w.feed = append(w.feed, one)
		}
		if len(w.feed) > 0 && rapid.IntRange(0, 9).Draw(t, "again") == 0 { // a second record of somebody
			w.feed = append(w.feed, atNight(t, n, w.feed[len(w.feed)-1]))
		}
	}
	w.feed = rapid.Permutation(w.feed).Draw(t, "order of the feed")
	w.exact = rapid.Bool().Draw(t, "case counts")
	w.config = append(drawSetting(t), [2]string{"layout.case", map[bool]string{true: "exact", false: "fold"}[w.exact]})
	w.switches = []string{"put-lists=" + rapid.SampledFrom([]string{"add", "replace"}).Draw(t, "lists of a PUT")}
	return w
}

// drawSetting draws the road, and how people are found in Coupa.
func drawSetting(t *rapid.T) [][2]string {
	return [][2]string{
		{"route", rapid.SampledFrom([]string{"csv", "api"}).Draw(t, "route")},
		{"layout.match", rapid.SampledFrom([]string{
			"[employee_number]", "[login]", "[employee_number, login, email]", "[login, employee_number]", "[email, employee_number]",
		}).Draw(t, "match")},
		{"layout.max_rows", rapid.SampledFrom([]string{"2", "5000"}).Draw(t, "rows of a part")},
	}
}

// seedOf returns what the twin begins with.
func (w *diffWorld) seedOf() ([]byte, error) {
	users := []any{
		map[string]any{"id": 1, "login": "boss.one", "email": "boss.one@acme.example", "firstname": "Boss", "lastname": "One", "employee-number": "B1", "active": true},
		map[string]any{"id": 2, "login": "boss.two", "email": "boss.two@acme.example", "firstname": "Boss", "lastname": "Two", "employee-number": "B2", "active": true},
	}
	for i, one := range w.users {
		u := map[string]any{"id": i + 3, "active": one["Status"] == "active"}
		for column, path := range diffColumns {
			switch text := one[column]; {
			case column == "Status" || text == "":
			case slices.Contains(diffLists, column):
				var names []any
				for name := range strings.SplitSeq(text, ",") {
					names = append(names, map[string]any{"name": name})
				}
				u[path[0]] = names
			case len(path) == 2:
				u[path[0]] = map[string]any{path[1]: text}
			default:
				u[path[0]] = text
			}
		}
		users = append(users, u)
	}
	return json.Marshal(map[string]any{
		"users": users, "departments": []string{"Legal", "Finance", "Öl", "O\u0308l"}, "roles": []string{"User", "Buyer", "Auditor", "Site Admin"},
		"content-groups": []string{"Everyone", "Zürich"},
	})
}

// diffStage is where a world is played.
type diffStage struct {
	dir    string
	twin   *twin.Twin
	config *section
	log    bytes.Buffer
}

// fields are HR's names of the columns.
func fieldOf(column string) string { return strings.ReplaceAll(strings.ToLower(column), " ", "_") }

func newDiffStage(dir string, w *diffWorld) (*diffStage, error) {
	seed, err := w.seedOf()
	if err != nil {
		return nil, err
	}
	sw, err := switchboard.Parse(append([]string{"pickup=instant", "rate=none"}, w.switches...))
	if err != nil {
		return nil, err
	}
	s := &diffStage{dir: dir}
	if s.twin, err = twin.Start(context.Background(), twin.Options{Switches: sw, Password: plantedPassword, ClientSecret: plantedSecret, Users: bytes.NewReader(seed)}); err != nil {
		return nil, err
	}
	config := defaultConfig()
	s.config = config
	config.remove("mapping.columns")
	for _, kv := range append([][2]string{
		{"instance", s.twin.URL()}, {"sftp.address", s.twin.SFTPAddr()}, {"sftp.host_key", `"` + s.twin.HostKeyFingerprint() + `"`},
		{"feed.files", fmt.Sprintf("[%q]", filepath.Join(dir, "feed.jsonl"))}, {"feed.key", "person"}, {"feed.min_records", "0"}, {"ledger", filepath.Join(dir, "ledger")},
		{"coupa.scopes", "[core.integration.read, core.user.read, core.user.write]"}, {"preflight", "api"}, {"load.poll", "1ms"}, {"coupa.rate", "25"},
		{"limits", "{creates: unlimited, deactivations: unlimited, reactivations: unlimited, logins: unlimited, emails: unlimited, numbers: unlimited, roles_taken: unlimited}"},
	}, w.config...) {
		config.set(kv[0], kv[1])
	}
	for column := range diffColumns {
		expr := fieldOf(column)
		switch {
		case slices.Contains(diffLists, column):
			expr = "replace(" + expr + ")"
		case column == "Sso Identifier":
			expr = fmt.Sprintf(`if(%s == "-", clear(), %[1]s)`, expr)
		}
		config.set("mapping.columns."+column, expr)
	}
	return s, errors.Join(os.WriteFile(filepath.Join(dir, "hr2coupa.yaml"), config.yaml(), 0o600), os.WriteFile(filepath.Join(dir, "feed.jsonl"), w.lines(), 0o600))
}

// lines returns HR's feed.
func (w *diffWorld) lines() []byte {
	var b bytes.Buffer
	for _, one := range w.feed {
		record := map[string]string{"person": one["person"]}
		for column := range diffColumns {
			record[fieldOf(column)] = one[column]
		}
		line, err := json.Marshal(record)
		if err != nil {
			panic(err) // texts
		}
		fmt.Fprintf(&b, "%s\n", line)
	}
	return b.Bytes()
}

// start starts the program and returns its exit code and what it printed, which is read into to.
func (s *diffStage) start(to any, args ...string) (int, error) {
	secrets := map[string]string{"COUPA_SFTP_PASSWORD": plantedPassword, "COUPA_CLIENT_SECRET": plantedSecret}
	var out bytes.Buffer
	fmt.Fprintf(&s.log, "--- %s\n", strings.Join(args, " "))
	env := newApp(func(name string) string { return secrets[name] }, strings.NewReader(""), &out, &s.log)
	code := execute(context.Background(), env, append([]string{"-c", filepath.Join(s.dir, "hr2coupa.yaml"), "--json"}, args...))
	fmt.Fprintf(&s.log, "exit %d\n", code)
	if args[0] == "run" {
		fmt.Fprintf(&s.log, "%s\n", out.String())
	}
	err := json.Unmarshal(out.Bytes(), to)
	if code != export.ExitOK && code != export.ExitPartial && code != export.ExitFailed {
		err = errors.Join(fmt.Errorf("%s ended with %d", args[0], code), err)
	}
	return code, err
}

// play plans, runs, and compares what the plan has said with what has happened.
func (s *diffStage) play(exact bool) error {
	before := snapshot(s.twin)
	var plan shownPlan
	var run printed
	if _, err := s.start(&plan, "plan"); err != nil {
		return err
	}
	if _, err := s.start(&run, "run"); err != nil {
		return err
	}
	if n := run.Counts["rejected"] + run.Counts["drifted"] + run.Counts["pending"]; n > 0 {
		return fmt.Errorf("%d records did not arrive as they were planned: %v", n, run.Counts)
	}
	said := plan.diff(exact)
	is, err := happened(before, snapshot(s.twin), said)
	if err != nil {
		return err
	}
	if d := cmp.Diff(is, said); d != "" {
		return fmt.Errorf("what happened (-) is not what the plan said (+):\n%s", d)
	}
	if err := counts(&plan, is); err != nil {
		return err
	}
	return s.nothingLeft(&plan)
}

// counts compares the counts of a plan with those of a diff. What differs in case alone may be counted and not sent.
func counts(plan *shownPlan, is diff) error {
	kinds, chief, columns := is.kinds()
	if kinds["case"] == 0 {
		delete(plan.Changes, "case")
	}
	if d := cmp.Diff([]map[string]int{kinds, chief, columns}, []map[string]int{plan.Changes, plan.Chief, plan.Changed}); d != "" {
		return fmt.Errorf("what happened, counted (-), is not what the plan has counted (+):\n%s", d)
	}
	return nil
}

// nothingLeft plans the same feed anew, and runs it: nothing would change, and nothing is sent. Only who was quarantined before may
// change now, if the login that the row asks for has become free.
func (s *diffStage) nothingLeft(before *shownPlan) error {
	loads, writes := len(s.twin.Loads()), s.writes()
	var plan shownPlan
	if _, err := s.start(&plan, "run", "--replan", "--dry-run"); err != nil {
		return err
	}
	for _, one := range plan.People {
		if !slices.ContainsFunc(before.Rows, func(r struct{ Key string }) bool { return r.Key == one.Key }) {
			return fmt.Errorf("%s would change once more: %v", one.Key, plan.diff(true))
		}
	}
	if len(plan.People) > 0 {
		return nil
	}
	var again printed
	if _, err := s.start(&again, "run", "--replan"); err != nil {
		return err
	}
	if len(s.twin.Loads()) != loads || s.writes() != writes {
		return fmt.Errorf("the second run has sent something: %v", again.Counts)
	}
	return nil
}

// writes returns how many calls may have written users.
func (s *diffStage) writes() (n int) {
	for _, c := range s.twin.Calls() {
		if c.Method != "GET" {
			n++
		}
	}
	return n
}

// diffWorlds is how many worlds are played side by side: most of their time they wait for coupa.rate.
const diffWorlds = 6

// TestPlanIsWhatHappens draws what Coupa has and what HR says, and compares what a plan shows with what a run does to Coupa:
// person by person, cell by cell, and counted by kind.
func TestPlanIsWhatHappens(t *testing.T) {
	t.Parallel()
	eachWorld(t, drawWorld, (*diffWorld).play)
}

// eachWorld draws worlds and plays several side by side, each in a folder of its own. play returns what is wrong; "" if all is as
// it should be.
func eachWorld[W any](t *testing.T, draw func(*rapid.T) W, play func(w *W, dir string) string) {
	dir := t.TempDir()
	var n atomic.Int64
	worlds := rapid.SliceOfN(rapid.Custom(draw), diffWorlds, diffWorlds)
	rapid.Check(t, func(t *rapid.T) {
		all := worlds.Draw(t, "worlds")
		said := make([]string, len(all))
		var wg sync.WaitGroup
		for i := range all {
			wg.Go(func() { said[i] = play(&all[i], filepath.Join(dir, strconv.FormatInt(n.Add(1), 10))) })
		}
		wg.Wait()
		for _, text := range said {
			if text != "" {
				t.Fatal(text)
			}
		}
	})
}

// play plays a world in a new folder; see staged.
func (w *diffWorld) play(dir string) string {
	return w.staged(dir, func(s *diffStage) error { return s.play(w.exact) })
}

// staged plays a law on a stage in a new folder. It returns what is wrong, with the world and all that the program said; "" if all is
// as it should be.
func (w *diffWorld) staged(dir string, law func(*diffStage) error) string {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err.Error()
	}
	defer os.RemoveAll(dir)
	s, err := newDiffStage(dir, w)
	if err != nil {
		return err.Error()
	}
	defer s.twin.Close()
	if err := law(s); err != nil {
		return fmt.Sprintf("%v\n%v %v\n%s%s", err, w.config, w.switches, w.lines(), s.log.String())
	}
	return ""
}
