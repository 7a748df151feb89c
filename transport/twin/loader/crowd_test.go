package loader

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// crowd is a seed of n people, each with a manager among the first hundred.
func crowd(n int) string {
	users := make([]map[string]any, n)
	for i := range users {
		users[i] = map[string]any{
			"login": fmt.Sprintf("u%d", i), "email": fmt.Sprintf("u%d@example.com", i), "firstname": "Ada", "lastname": fmt.Sprintf("L%d", i),
			"employee-number": fmt.Sprintf("%07d", i), "department": map[string]any{"name": "D1"}, "roles": []any{map[string]any{"name": "User"}},
			"manager": map[string]any{"login": fmt.Sprintf("u%d", i%100)},
		}
	}
	text, err := json.Marshal(users)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// moved is a part with new e-mail addresses for n people of a crowd.
func moved(from, n int) string {
	var b strings.Builder
	b.WriteString("Employee Number,Login,Email,First Name,Last Name,Approver Login\n")
	for i := range n {
		fmt.Fprintf(&b, "%07d,u%d,new%d@example.com,Ada,L%d,u%d\n", from+i, from+i, from+i, from+i, i%50)
	}
	return b.String()
}

// A row costs the same however many people there are: the only others looked at are those who show a changed manager.
func TestRowsAmongManyPeople(t *testing.T) {
	const people = 20_000
	in, l := loadBareOf(t, crowd(people), moved(100, MaxRows))
	if l.Updated != MaxRows || in.Users.Looked() > 0 {
		t.Errorf("%d rows changed a user (%s), looking at %d others; want %d and none", l.Updated, l.ResultText, in.Users.Looked(), MaxRows)
	}
	in, l = loadBareOf(t, crowd(people), moved(7, 1))
	if l.Updated != 1 || in.Users.Looked() != people/100-1 {
		t.Errorf("a manager with %d reports: looked at %d", people/100-1, in.Users.Looked())
	}
	if u, _ := in.Users.GetByLogin("u107"); u["manager"].(payload.Record).Text("email") != "new7@example.com" {
		t.Errorf("who reports to them shows %v", u["manager"])
	}
}

// A query that names keys looks only at those who have them, and returns what a query that looks at all would.
func TestQueriesAmongManyPeople(t *testing.T) {
	const people = 5_000
	in, _ := loadBareOf(t, crowd(people), "")
	for query, want := range map[string]int{
		"employee_number[in]=0000007,0000003, 0004711,no": 3,
		"login=U7":                       1,
		"login[in]=u7,u7,U8":             2,
		"id=0012":                        1,
		"email=u9@example.com":           1,
		"email[in]=u9@example.com&id=10": 1,
		"email=u9@example.com&id=11":     0,
		"login=nobody":                   0,
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		q, err := payload.ParseQuery(values, in.Users.Known, false)
		if err != nil {
			t.Fatal(err)
		}
		before := in.Users.Looked()
		got := in.Users.List(q, true)
		looked := in.Users.Looked() - before
		if len(got) != want || looked > 3 {
			t.Errorf("%s: %d people, looked at %d; want %d", query, len(got), looked, want)
		}
		all := q.Run(in.Users.All(), true)
		if !reflect.DeepEqual(got, all) {
			t.Errorf("%s: %d people, and by looking at all of them %d", query, len(got), len(all))
		}
	}
}

// BenchmarkLoadAmong200k loads a part of 5,000 people among 200,000.
func BenchmarkLoadAmong200k(b *testing.B) {
	in, _ := loadBareOf(b, crowd(200_000), "")
	var n int
	for b.Loop() {
		n++
		data := strings.ReplaceAll(moved(MaxRows*(n%30), MaxRows), "new", fmt.Sprintf("n%d-", n))
		if l := loadText(in, data); l.Updated != MaxRows {
			b.Fatal(l.ResultText, len(l.Errors))
		}
	}
}
