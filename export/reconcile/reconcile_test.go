package reconcile

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// heap is a Store in memory.
type heap struct{ records [][]byte }

func (h *heap) Add(record []byte) (int64, error) {
	h.records = append(h.records, slices.Clone(record))
	return int64(len(h.records) - 1), nil
}

func (h *heap) Read(place int64, into []byte) ([]byte, error) {
	return append(into[:0], h.records[place]...), nil
}

var testElements = []export.Element{
	{Column: export.ColumnNumber, Path: "employee-number", Kind: export.KindFold},
	{Column: export.ColumnLogin, Path: "login", Kind: export.KindFold},
	{Column: export.ColumnStatus, Path: "active", Kind: export.KindStatus},
	{Column: export.ColumnRoles, Path: "roles[].name", Kind: export.KindNames},
	{Column: "Department", Path: "department.name", Kind: export.KindText},
	{Column: export.ColumnEmail, Path: "email", Kind: export.KindFold},
}

// lastDay as Options.At says that of the first person the last day has come.
var lastDay = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

// side makes a comparison of people (number|login|status|roles|department, and perhaps |email) and users (id|number|login|active|roles|department|email);
// a ~ is a value that is absent, or not shown.
func side(t *testing.T, o Options, people, users []string) *Comparison {
	t.Helper()
	o.Columns, o.Mapped, o.Key, o.People, o.Users = testElements, len(testElements), export.ColumnNumber, &heap{}, &heap{}
	c := New(o)
	for i, text := range people {
		p := Person{Origin: export.Origin{File: "feed.csv", Line: i + 2}}
		for _, cell := range strings.Split(text, "|") {
			state := export.Set
			if cell == "~" {
				cell, state = "", export.Absent
			}
			p.Cells = append(p.Cells, export.Cell{Text: cell, State: state})
		}
		for len(p.Cells) < len(testElements) {
			p.Cells = append(p.Cells, export.Cell{State: export.Absent})
		}
		p.Key = p.Cells[0].Text
		p.Ended = i == 0 && o.At.Equal(lastDay)
		if _, err := c.AddPerson(p); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range users {
		addUser(t, c, text)
	}
	return c
}

func addUser(t *testing.T, c *Comparison, text string) {
	t.Helper()
	cells := strings.Split(text, "|")
	u := export.User{ID: cells[0], Values: map[string]export.Value{}}
	for i, cell := range cells[1:] {
		switch e := testElements[i]; {
		case cell == "~":
		case e.Kind == export.KindNames:
			u.Values[e.Path] = export.Value{List: export.SplitNames(cell)}
		default:
			u.Values[e.Path] = export.Value{Text: cell}
		}
	}
	if err := c.AddUser(u); err != nil {
		t.Fatal(err)
	}
}

// told compares and returns a line for each finding.
func told(t *testing.T, p *Pairing) (lines []string, r *Result) {
	t.Helper()
	r, err := p.Compare(func(f *Finding) error {
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s", f.Key, f.ID, f.Class))
		if f.Doubt != "" {
			line += fmt.Sprintf(" %s %s%v", f.Doubt, f.Column, f.Others)
		}
		line += " " + string(f.Reason)
		if f.Whose != "" {
			line += " of " + f.Whose
		}
		for _, c := range f.Cells {
			line += fmt.Sprintf(" %s:%s/%s", c.Column, c.New, c.Old)
		}
		lines = append(lines, strings.Join(strings.Fields(line), " "))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines, r
}

// TestCompare: each person and each user has one class, by the equality of reading back.
func TestCompare(t *testing.T) {
	byNumber := Options{Match: []string{export.ColumnNumber, export.ColumnLogin}}
	next := Options{Match: []string{export.ColumnNumber, export.ColumnLogin}, Next: true}
	bots := Options{Match: byNumber.Match, Protects: func(_, login string) bool { return strings.HasPrefix(login, "bot") }}
	mail := Options{Match: []string{export.ColumnEmail}, Next: true}
	ended, endedNext := byNumber, next // of the first person the last day has come
	ended.At, endedNext.At = lastDay, lastDay
	exact := Options{Match: byNumber.Match, ExactCase: true}
	for name, tt := range map[string]struct {
		o             Options
		people, users []string
		want          []string
		agree         bool
	}{
		"equal but for case, order of a list, and blanks":                            {byNumber, []string{"7|A.B|active|Buyer, User|Legal "}, []string{"1|7|a.b|true|User,Buyer| Legal|"}, nil, true},
		"null and empty are alike":                                                   {byNumber, []string{"7|a|active||"}, []string{"1|7|a|true|||"}, nil, true},
		"what HR does not say cannot differ":                                         {byNumber, []string{"7|~|~|~|~"}, []string{"1|7|a|true|User|Legal|"}, nil, true},
		"one spelling of Unicode and another":                                        {byNumber, []string{"7|a|active||Bu\u0308ro"}, []string{"1|7|a|true||B\u00fcro|"}, nil, true},
		"case, where it counts":                                                      {exact, []string{"7|A|active||"}, []string{"1|7|a|true|||"}, []string{"7 1 differs Login:A/a"}, false},
		"two values":                                                                 {byNumber, []string{"7|a|active|User|Legal"}, []string{"1|7|a|true|Buyer|Finance|"}, []string{"7 1 differs User Role Names:User/Buyer Department:Legal/Finance"}, false},
		"a leaver who is active outweighs other columns":                             {byNumber, []string{"7|a|inactive||Legal"}, []string{"1|7|a|true||Finance|"}, []string{"7 1 leaver_active Status:inactive/active Department:Legal/Finance"}, false},
		"a joiner who is inactive":                                                   {byNumber, []string{"7|a|active||"}, []string{"1|7|a|false|||"}, []string{"7 1 joiner_inactive Status:active/inactive"}, false},
		"missing":                                                                    {byNumber, []string{"7|a|active||"}, nil, []string{"7 missing"}, false},
		"a leaver without a user is shut out":                                        {byNumber, []string{"7|a|inactive||"}, nil, []string{"7 leaver_gone"}, true},
		"missing, and another user has the login":                                    {byNumber, []string{"7|a|active||"}, []string{"1|8|a|true|||"}, []string{"7 missing other_has Login[1]", "1 only_in_coupa"}, false},
		"a leaver whose login another number has":                                    {byNumber, []string{"7|a|inactive||"}, []string{"1|8|a|true|||"}, []string{"7 unclear other_has Login[1]", "1 only_in_coupa"}, false},
		"the next column pairs":                                                      {next, []string{"7|a|active||"}, []string{"1||a|true|||"}, []string{"7 1 differs Employee Number:7/"}, false},
		"the next column pairs only those without":                                   {byNumber, []string{"~|a|active||"}, []string{"1|8|a|true|||"}, nil, true},
		"not shown is not equal":                                                     {byNumber, []string{"7|a|active||Legal"}, []string{"1|7|a|true||~|"}, []string{"7 1 unclear not_shown Department[] Department:Legal/"}, false},
		"several users":                                                              {byNumber, []string{"7|a|active||"}, []string{"1|7|a|true|||", "2|7|b|true|||"}, []string{"7 unclear several_have Employee Number[1 2]"}, false},
		"two people, one user":                                                       {next, []string{"7|a|active||", "8|a|active||"}, []string{"1|7|a|true|||"}, []string{"8 1 unclear taken_twice Login[] of 7"}, false},
		"two people who both look like one user":                                     {next, []string{"~|a|active||", "~|A|active||"}, []string{"1|7|a|true|||"}, []string{"1 unclear taken_twice Login[]", "1 unclear taken_twice Login[]"}, false},
		"the ended record comes first, and the account is the other's":               {next, []string{"8|a|inactive||", "7|b|active||"}, []string{"1|7|a|true|||"}, []string{"8 1 handed_over of 7", "7 1 differs Login:b/a"}, false},
		"and where both agree in all else":                                           {mail, []string{"8|b|inactive|||x@acme.example", "7|a|active|||X@acme.example"}, []string{"1|7|a|true|||x@acme.example"}, []string{"8 1 handed_over of 7"}, true},
		"the one who has not ended has no number":                                    {next, []string{"8|a|inactive||", "~|a|active||"}, []string{"1||a|true|||"}, []string{"8 1 handed_over"}, true},
		"the user still has the number of the ended one":                             {next, []string{"8|c|inactive||", "7|a|active||"}, []string{"1|8|a|true|||"}, []string{"8 1 unclear taken_twice Employee Number[] of 7", "7 1 differs Employee Number:7/8"}, false},
		"two have not ended, and one of them has the number":                         {next, []string{"9|a|inactive||", "8|a|active||", "7|a|active||"}, []string{"1|7|a|true|||"}, []string{"9 1 handed_over of 7", "8 1 unclear taken_twice Login[] of 7"}, false},
		"all have ended, and the number of one is the user's":                        {next, []string{"8|a|inactive||", "7|a|inactive||"}, []string{"1|7|a|true|||"}, []string{"8 1 handed_over of 7", "7 1 leaver_active Status:inactive/active"}, false},
		"all have ended, and the number is of none":                                  {next, []string{"8|a|inactive||", "7|a|inactive||"}, []string{"1||a|true|||"}, []string{"8 1 unclear taken_twice Login[]", "7 1 unclear taken_twice Login[]"}, false},
		"a leaver whose login is in use by another person of HR's":                   {byNumber, []string{"7|a|inactive||", "8|a|active||"}, []string{"1|8|a|true|||"}, []string{"7 handed_over of 8"}, true},
		"whose last day has come, while the status waits":                            {ended, []string{"7|a|active||", "8|a|active||"}, []string{"1|8|a|true|||"}, []string{"7 handed_over of 8"}, true},
		"and without a user or an heir":                                              {ended, []string{"7|a|active||"}, nil, []string{"7 missing"}, false},
		"the account of whose last day has come is the other's":                      {endedNext, []string{"7|a|active||", "8|a|active||"}, []string{"1|8|a|true|||"}, []string{"7 1 handed_over of 8"}, true},
		"and whose address a user has whom HR does not know":                         {byNumber, []string{"7|a|inactive|||x@acme.example", "8|a|active||"}, []string{"1|8|a|true|||", "2|9|b|true|||x@acme.example"}, []string{"7 unclear other_has Email[2]", "2 only_in_coupa"}, false},
		"users whom HR does not know":                                                {byNumber, nil, []string{"10|10|y|true|||", "9|9|x|true|||", "8|8|z|false|||"}, []string{"8 only_inactive", "9 only_in_coupa", "10 only_in_coupa"}, false},
		"an inactive user whom HR does not know agrees":                              {byNumber, []string{"7|a|active||"}, []string{"1|7|a|true|||", "8|8|z|false|||"}, []string{"8 only_inactive"}, true},
		"a status that is blank in Coupa is not inactive":                            {byNumber, []string{"7|a|inactive||"}, []string{"1|7|a||||"}, []string{"7 1 unclear not_shown Status[] Status:inactive/"}, false},
		"nor is one in a word that is not known":                                     {byNumber, []string{"7|a|inactive||"}, []string{"1|7|a|Aktiv|||"}, []string{"7 1 unclear not_shown Status[] Status:inactive/"}, false},
		"a user whose status is not known may be active":                             {byNumber, []string{"7|a|active||"}, []string{"1|7|a|true|||", "2|8|b|Aktiv|||"}, []string{"2 only_in_coupa"}, false},
		"a leaver whose login two others have, the second active":                    {byNumber, []string{"7|a|inactive||"}, []string{"1|8|a|false|||", "2|9|A|true|||"}, []string{"7 unclear other_has Login[1 2]", "1 only_inactive", "2 only_in_coupa"}, false},
		"a leaver whose address an active user has, and whose login an inactive one": {byNumber, []string{"7|a|inactive|||x@acme.example"}, []string{"1|8|a|false|||", "2|9|b|true|||X@acme.example"}, []string{"7 unclear other_has Email[2]", "1 only_inactive", "2 only_in_coupa"}, false},
		"protected, by what Coupa holds":                                             {bots, []string{"7|a|active||", "9|c|active||"}, []string{"1|7|bot|true|||", "2|8|bot2|true|||", "3|9|c|true|||"}, []string{"7 1 left_out protected", "1 left_out protected", "2 left_out protected"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			p, slow := side(t, tt.o, tt.people, tt.users).Pair(), side(t, tt.o, tt.people, tt.users).Pair()
			clear(slow.masks.people) // every cell is compared
			for range 2 {            // the second time is like the first
				got, r := told(t, p)
				if each, _ := told(t, slow); !slices.Equal(got, each) {
					t.Errorf("by looks %q, by cells %q", got, each)
				}
				if !slices.Equal(got, tt.want) || r.Agrees() != tt.agree {
					t.Errorf("got %q, agree %v; want %q, %v", got, r.Agrees(), tt.want, tt.agree)
				}
			}
		})
	}
}

// TestLeaveOut: who is left out is no difference, on neither side, and the sums have them.
func TestLeaveOut(t *testing.T) {
	c := side(t, Options{Match: []string{export.ColumnNumber}}, []string{"7|a|active||"}, []string{"1|7|a|true|||", "2|8|b|true|||", "3|9|c|true|||"})
	c.LeaveOut("8", Quarantined)
	c.LeaveOut("9", Protected)
	c.LeaveOut("", Quarantined)
	got, r := told(t, c.Pair())
	if !slices.Equal(got, []string{"2 left_out person_out", "3 left_out protected"}) || r.Agrees() || r.HR.Read != 4 || r.HR.Compared != 1 || !maps.Equal(r.HR.LeftOut, map[Reason]int{Quarantined: 2, Protected: 1}) {
		t.Errorf("%q, HR %+v", got, r.HR)
	}
	if r.Coupa.Read != 3 || r.Coupa.Compared != 1 || !maps.Equal(r.Coupa.LeftOut, map[Reason]int{PersonOut: 1, Protected: 1}) {
		t.Errorf("Coupa %+v", r.Coupa)
	}
}

// TestAgreement: who is left out on purpose is no difference, and a record that says nothing certain may be anybody's. Where
// nobody is compared, nothing agrees.
func TestAgreement(t *testing.T) {
	for name, tt := range map[string]struct {
		people []string
		out    []Reason
		agree  bool
	}{
		"excluded or protected":  {[]string{"7|a|active||"}, []Reason{Excluded, Protected}, true},
		"quarantined":            {[]string{"7|a|active||"}, []Reason{Excluded, Quarantined}, false},
		"nobody is compared":     {nil, []Reason{Excluded}, false},
		"nobody is in HR at all": {nil, nil, false},
	} {
		users := []string{"1|9|z|false|||"}
		if tt.people != nil {
			users = append(users, "2|7|a|true|||")
		}
		c := side(t, Options{Match: []string{export.ColumnNumber}}, tt.people, users)
		for _, why := range tt.out {
			c.LeaveOut("", why)
		}
		if _, r := told(t, c.Pair()); r.Agrees() != tt.agree {
			t.Errorf("%s: agree %v", name, r.Agrees())
		}
	}
}

// TestLeftOutTwice: of several reasons for one key the gravest counts, in whatever order they come, and active users are counted.
func TestLeftOutTwice(t *testing.T) {
	for _, whys := range [][]Reason{{Excluded, Quarantined}, {Quarantined, Excluded}} {
		c := side(t, Options{Match: []string{export.ColumnNumber}}, []string{"7|a|active||"}, []string{"1|7|a|true|||", "2|8|b|true|||"})
		for _, why := range whys {
			c.LeaveOut("8", why)
		}
		if _, r := told(t, c.Pair()); !maps.Equal(r.Coupa.LeftOut, map[Reason]int{PersonOut: 1}) || !maps.Equal(r.Active, map[Reason]int{PersonOut: 1}) {
			t.Errorf("%v: %v, active %v", whys, r.Coupa.LeftOut, r.Active)
		}
	}
}

// TestOtherKey: where HR's keys are not the numbers that Coupa has, the key of a person who is left out names no user: the user
// with that number is another one.
func TestOtherKey(t *testing.T) {
	c := side(t, Options{Match: []string{export.ColumnNumber}}, nil, []string{"1|E7|a|true|||", "2|8|b|true|||"})
	p := Person{Key: "7", Cells: make([]export.Cell, len(testElements))}
	p.Cells[0] = export.Cell{Text: "E7", State: export.Set}
	if ok, err := c.AddPerson(p); !ok || err != nil {
		t.Fatal(ok, err)
	}
	c.LeaveOut("8", Excluded)
	if got, r := told(t, c.Pair()); !slices.Equal(got, []string{"2 only_in_coupa"}) || !r.Other {
		t.Errorf("%q, other %v", got, r.Other)
	}
}

// TestDoubles: users with one value in a column of their own look like one person; protected ones may share it.
func TestDoubles(t *testing.T) {
	o := Options{Match: []string{export.ColumnNumber}, Protects: func(_, login string) bool { return strings.HasPrefix(login, "bot") }}
	c := side(t, o, nil, []string{"2|2|b|false|||X@acme.example", "1|1|a|false|||x@acme.example", "3|3|bot|true|||x@acme.example", "4|4|bot1|true|||y@acme.example", "5|5|bot2|true|||y@acme.example"})
	_, r := told(t, c.Pair())
	if len(r.Doubles) != 1 || r.Doubles[0].Column != export.ColumnEmail || r.Doubles[0].Users != 2 || !slices.Equal(r.Doubles[0].IDs, []string{"1", "2"}) || r.Agrees() {
		t.Errorf("%+v", r.Doubles)
	}
}

// TestCounts: every column is counted, a doubt gives way to a difference, doubles alone are one, a protected user stays out where
// several have a number, and who is protected by what Coupa holds is left out as protected.
func TestCounts(t *testing.T) {
	o := Options{Match: []string{export.ColumnNumber}, Protects: func(_, login string) bool { return strings.HasPrefix(login, "bot") }}
	c := side(t, o, []string{"7|a|active|User|Legal", "8|x|active||", "9|y|active||", "5|n|active||Legal"},
		[]string{"1|7|a|true|~|Finance|", "2|8|bot1|true|||", "3|9|bot2|true|||", "4|9|y|true|||", "5|5|n|true||~|"})
	got, r := told(t, c.Pair())
	want := []string{"7 1 differs User Role Names:User/ Department:Legal/Finance", "8 2 left_out protected", "9 unclear several_have Employee Number[3 4]", "5 5 unclear not_shown Department[] Department:Legal/", "2 left_out protected", "3 left_out protected"}
	if !slices.Equal(got, want) || !maps.Equal(r.Columns, map[string]int{"Department": 1}) || !maps.Equal(r.Unshown, map[string]int{"Department": 1, export.ColumnRoles: 1}) {
		t.Errorf("%q, columns %v, not shown %v", got, r.Columns, r.Unshown)
	}
	if !maps.Equal(r.HR.LeftOut, map[Reason]int{Protected: 1}) || !maps.Equal(r.Coupa.LeftOut, map[Reason]int{Protected: 2}) || r.Coupa.Compared != 3 {
		t.Errorf("HR %+v, Coupa %+v", r.HR, r.Coupa)
	}
	c = side(t, o, []string{"7|a|active||", "8|b|active||"}, []string{"1|7|a|true|||x@acme.example", "2|8|b|true|||x@acme.example"})
	if got, r := told(t, c.Pair()); got != nil || r.Agrees() {
		t.Errorf("two users with one address agree: %q", got)
	}
}

// TestForget: a side that is told anew leaves nothing behind.
func TestForget(t *testing.T) {
	c := side(t, Options{Match: []string{export.ColumnNumber}}, []string{"7|a|active||"}, []string{"1|7|a|true|||"})
	c.LeaveOut("7", Quarantined)
	c.Forget()
	if got, r := told(t, c.Pair()); !slices.Equal(got, []string{"1 only_in_coupa"}) || r.HR.Read != 0 {
		t.Errorf("%q, HR %+v", got, r.HR)
	}
}

// TestCheck: sums that do not add up are a fault of ours, never a result.
func TestCheck(t *testing.T) {
	c := side(t, Options{Match: []string{export.ColumnNumber}}, []string{"7|a|active||"}, []string{"1|7|a|true|||"})
	p := c.Pair()
	_, r := told(t, p)
	for name, spoil := range map[string]func(*Result){
		"compared": func(r *Result) { r.HR.Compared++ }, "read": func(r *Result) { r.HR.Read++ },
		"users compared": func(r *Result) { r.Coupa.Compared++ }, "users read": func(r *Result) { r.Coupa.Read++ },
	} {
		bad := *r
		spoil(&bad)
		if err := (&walk{Pairing: p, r: &bad}).check(); err == nil {
			t.Errorf("%s: one too many is no error", name)
		}
	}
}

// TestUnseen: only who has no user is asked for, and a user who comes twice counts once.
func TestUnseen(t *testing.T) {
	c := side(t, Options{Match: []string{export.ColumnNumber, export.ColumnLogin}}, []string{"7|a|active||", "8|b|active||", "~|c|active||"}, []string{"1|7|a|true|||"})
	p := c.Pair()
	var asked []string
	if err := p.Unseen(func(e export.Element, value string) { asked = append(asked, e.Column+"="+value) }); err != nil {
		t.Fatal(err)
	}
	if want := []string{"Employee Number=8", "Login=c"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	for _, text := range []string{"2|8|b|true|||", "2|8|b|true|||", "1|7|a|true|||"} {
		addUser(t, c, text)
	}
	got, r := told(t, c.Pair())
	if want := []string{"missing"}; !slices.Equal(got, want) || r.Coupa.Read != 2 {
		t.Errorf("%q, %+v", got, r.Coupa)
	}
}

// TestHash: the hash of a side does not depend on the order in which it comes, nor on how equal values are written, and
// another value gives another hash.
func TestHash(t *testing.T) {
	hashes := func(people, users []string) [2]string {
		_, r := told(t, side(t, Options{Match: []string{export.ColumnNumber}}, people, users).Pair())
		return [2]string{r.HR.Hash, r.Coupa.Hash}
	}
	one := hashes([]string{"7|a|active|x,y|", "8|b|active||"}, []string{"1|7|a|true|x,y||", "2|8|b|true|||"})
	if again := hashes([]string{"8|b|active||", "7|A|active|y,x|"}, []string{"2|8|b|true|||", "1|7|a|true|y,x||"}); one != again {
		t.Error("another order has another hash")
	}
	other := hashes([]string{"7|a|active|x,y|", "8|b|inactive||"}, []string{"1|7|a|true|x,y||", "2|8|b|false|||"})
	if one[0] == other[0] || one[1] == other[1] {
		t.Error("another value has the same hash")
	}
	if nothing, empty := hashes([]string{"7|a|~||"}, nil), hashes([]string{"7|a|||"}, nil); nothing[0] == empty[0] {
		t.Error("a value that HR does not say has the hash of one that is empty")
	}
}

// TestFields: headers of an export are known where Coupa documents them, and no other is guessed.
func TestFields(t *testing.T) {
	columns := []string{"Login", "First Name", "Default Address Street 1", "Purchasing User", "Expense User", "Sso Identifier", "Limit Showing of DataTable Views", "Approval Limit", "Department"}
	for header, want := range map[string]Field{
		"Login": {Column: "Login"}, " LOGIN * ": {Column: "Login"}, "Firstname": {Column: "First Name"}, "Default Address Street1": {Column: "Default Address Street 1"},
		"Purchasing License": {Column: "Purchasing User"}, "Expense License": {Column: "Expense User"}, "Sourcing License": {}, "Driving License": {},
		"Single Sign-on ID": {Column: "Sso Identifier"}, "Limited Data Table Viewing": {Column: "Limit Showing of DataTable Views"},
		"Approval Limit Amount": {Column: "Approval Limit", Part: "amount"}, "Cost Center": {Column: "Department"}, "Dept": {}, "": {},
	} {
		got, err := Fields([]string{header}, columns, map[string]string{"Cost Center": "Department"})
		if err != nil || got[0] != want {
			t.Errorf("%q: %+v, %v; want %+v", header, got, err, want)
		}
	}
	if _, err := Fields([]string{"Login", "login*"}, columns, nil); err == nil {
		t.Error("two fields about one column are no error")
	}
}

// TestValues: a limit in three fields is one value, and a list is one.
func TestValues(t *testing.T) {
	fields := []Field{{Column: "Approval Limit", Part: "name"}, {Column: "Approval Limit", Part: "amount"}, {Column: "Approval Limit", Part: "currency.code"}, {Column: export.ColumnRoles}, {}}
	elements := map[string]export.Element{"Approval Limit": {Column: "Approval Limit", Path: "approval-limit", Kind: export.KindLimit}, export.ColumnRoles: testElements[3]}
	o := Options{Columns: []export.Element{elements["Approval Limit"], testElements[3]}, Mapped: 2, People: &heap{}, Users: &heap{}}
	c := New(o)
	if err := c.Lines(fields).Add([]string{"", "500.0", "usd", "a, b", "x"}); err != nil {
		t.Fatal(err)
	}
	record, _ := o.Users.Read(c.users[0].place, nil)
	u := c.readUser(record)
	cells := []export.ElementCell{
		{Element: elements["Approval Limit"], Cell: export.Cell{State: export.Set, Text: "500.00 USD"}}, {Element: testElements[3], Cell: export.Cell{State: export.Set, Text: "b,a"}},
	}
	for _, o := range export.Compare(cells, u) {
		if o.Verdict != export.CellConfirmed {
			t.Errorf("%s: %s", o, o.Coupa)
		}
	}
}

// TestCauses: what was last confirmed says which side has changed a cell since, whatever form Coupa shows it in.
func TestCauses(t *testing.T) {
	key, err := baseline.NewHashKey(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	confirmed := baseline.NewStore(1)
	hashes := func(cells ...string) (out string) {
		for i, text := range cells {
			sum, _ := key.Hash(testElements[i], export.Cell{State: export.Set, Text: text})
			out += string(binary.BigEndian.AppendUint64(nil, uint64(sum)))
		}
		return out
	}
	columns := func() (names []string, err error) {
		for _, e := range testElements[:5] {
			names = append(names, e.Column)
		}
		return names, nil
	}
	if err := confirmed.Add("7", "shape", columns, hashes("7", "a", "active", "User,Buyer", "Legal")); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 30, 9, 30, 0, 0, time.UTC)
	o := Options{
		Match: []string{export.ColumnNumber}, Key: export.ColumnNumber, Confirmed: confirmed, HashKey: key, At: at,
		Sent: func(key string) bool { return key == "7" || key == "8" }, Ours: func(_, login string) bool { return login == "once" },
	}
	for name, tt := range map[string]struct {
		person, user string
		cause        string
	}{
		"HR":                         {"7|a|active|User,Buyer|Sales", "1|7|A|true|Buyer,User|Legal|", "Department hr_changed"},
		"Coupa":                      {"7|a|active|User,Buyer|Legal", "1|7|a|true|Buyer,User|Sales|", "Department coupa_changed"},
		"both":                       {"7|a|active|User,Buyer|Sales", "1|7|a|true|Buyer,User|Finance|", "Department both_changed"},
		"a list of Coupa's":          {"7|a|active|User,Buyer|Legal", "1|7|a|true|Admin|Legal|", "User Role Names coupa_changed"},
		"emptied in Coupa":           {"7|a|active|User,Buyer|Legal", "1|7|a|true|Buyer,User||", "Department coupa_changed"},
		"deactivated in HR":          {"7|a|inactive|User,Buyer|Legal", "1|7|a|true|Buyer,User|Legal|", "Status hr_changed"},
		"deactivated in Coupa":       {"7|a|active|User,Buyer|Legal", "1|7|a|false|Buyer,User|Legal|", "Status coupa_changed"},
		"a person never sent":        {"9|a|active||Legal", "1|9|a|true||Sales|", "Department never_sent"},
		"sent and never confirmed":   {"8|a|active||Legal", "1|8|a|true||Sales|", "Department unconfirmed"},
		"a user who is gone":         {"7|a|active||", "1|8|b|true|||", "missing coupa_changed"},
		"a user who was never there": {"9|a|active||", "1|8|b|true|||", "missing never_sent"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			r, err := side(t, o, []string{tt.person}, []string{tt.user}).Pair().Compare(func(f *Finding) error {
				for _, c := range f.Cells {
					got += c.Column + " " + string(c.Cause)
				}
				if f.Class == Missing {
					got = "missing " + string(f.Cause)
				}
				return nil
			})
			if err != nil || got != tt.cause {
				t.Errorf("%q, %v", got, err)
			}
			if len(r.Causes) != len(r.Columns) {
				t.Errorf("%v of %v", r.Causes, r.Columns)
			}
		})
	}
	p := side(t, o, nil, []string{"1|8|once|true|||", "2|9|never|false|||"}).Pair()
	_, r := told(t, p)
	if r.Only[OnlyActive][OnceOurs] != 1 || r.Only[OnlyInactive][Never] != 1 {
		t.Errorf("%v", r.Only)
	}
}

// TestHours: of a leaver who is active the hours since the termination are told, below 0 where the day is ahead.
func TestHours(t *testing.T) {
	at := time.Date(2026, 11, 30, 9, 30, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		left time.Time
		want string
	}{
		"two days ago": {at.Add(-57*time.Hour - time.Minute), "57"}, "ahead": {at.Add(30 * time.Minute), "-1"}, "not said": {time.Time{}, "none"},
	} {
		t.Run(name, func(t *testing.T) {
			c := side(t, Options{Match: []string{export.ColumnNumber}, At: at}, nil, []string{"1|7|a|true|||"})
			cells := []export.Cell{{State: export.Set, Text: "7"}, {State: export.Set, Text: "a"}, {State: export.Set, Text: "inactive"}, {}, {}}
			for len(cells) < c.o.Mapped {
				cells = append(cells, export.Cell{})
			}
			if _, err := c.AddPerson(Person{Key: "7", Cells: cells, Left: tt.left}); err != nil {
				t.Fatal(err)
			}
			got := "none"
			if _, err := c.Pair().Compare(func(f *Finding) error {
				if f.Hours != nil {
					got = fmt.Sprint(*f.Hours)
				}
				return nil
			}); err != nil || got != tt.want {
				t.Errorf("%s, %v", got, err)
			}
		})
	}
}

// TestWaiting: a record that holds from a later day on is left out; its user who is active already is early, but not where the person
// was sent once.
func TestWaiting(t *testing.T) {
	o := Options{Match: []string{export.ColumnNumber}, Ours: func(key, _ string) bool { return key == "9" }}
	c := side(t, o, []string{"7|a|active||"}, []string{"1|7|a|true|||", "2|8|b|true|||", "3|9|c|true|||", "4|10|d|false|||"})
	for _, key := range []string{"7", "8", "9", "10", "11"} {
		c.Wait(key, "2026-12-15")
	}
	c.Wait("8", "2026-12-01")
	p := c.Pair()
	for range 2 {
		got, r := told(t, p)
		if !slices.Equal(got, []string{"8 2 joiner_early", "3 left_out waiting", "4 left_out waiting"}) || r.Agrees() || r.HR.LeftOut[Waiting] != 6 || r.OnlyUsers() != 1 {
			t.Errorf("%q, HR %+v, %d users", got, r.HR, r.OnlyUsers())
		}
	}
}

// TestRolesOfLeavers: roles that a run takes out of the row of somebody who is inactive are no difference.
func TestRolesOfLeavers(t *testing.T) {
	o := Options{Match: []string{export.ColumnNumber}, Roles: &export.RoleRules{Never: func(role string) bool { return role == "Admin" }}}
	people := []string{"7|a|inactive|Admin,User|", "8|b|inactive|Buyer|", "9|c|active|Admin|", "10|d|inactive|Admin|"}
	users := []string{"1|7|a|false|||", "2|8|b|false|||", "3|9|c|true|||", "4|10|d|false|Admin,User||"}
	got, _ := told(t, side(t, o, people, users).Pair())
	want := []string{"8 2 differs User Role Names:Buyer/", "9 3 differs User Role Names:Admin/", "10 4 differs User Role Names:Admin/Admin,User"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
