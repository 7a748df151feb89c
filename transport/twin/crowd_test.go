package twin

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
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

// moved is a part that gives n people of a crowd a new e-mail address.
func moved(from, n int) string {
	var b strings.Builder
	b.WriteString("Employee Number,Login,Email,First Name,Last Name,Approver Login\n")
	for i := range n {
		fmt.Fprintf(&b, "%07d,u%d,new%d@example.com,Ada,L%d,u%d\n", from+i, from+i, from+i, from+i, i%50)
	}
	return b.String()
}

// A row costs the same however many people there are: nobody else is looked at but those who show a changed manager.
func TestRowsAmongManyPeople(t *testing.T) {
	const people = 20_000
	tw, l := loadBareOf(t, crowd(people), moved(100, maxRows))
	if l.Updated != maxRows || tw.users.looked > 0 {
		t.Errorf("%d rows changed somebody (%s), looking at %d others; want %d and none", l.Updated, l.ResultText, tw.users.looked, maxRows)
	}
	tw, l = loadBareOf(t, crowd(people), moved(7, 1))
	if l.Updated != 1 || tw.users.looked != people/100-1 {
		t.Errorf("a manager with %d reports: looked at %d", people/100-1, tw.users.looked)
	}
	if u, _ := tw.users.getLogin("u107"); u["manager"].(Record).Text("email") != "new7@example.com" {
		t.Errorf("who reports to them shows %v", u["manager"])
	}
}

// A question that names keys looks at those who have them, and answers as one that looks at all does.
func TestQuestionsAmongManyPeople(t *testing.T) {
	const people = 5_000
	tw, _ := loadBareOf(t, crowd(people), "")
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
		q, err := parseQuery(values, tw.users.known, false)
		if err != nil {
			t.Fatal(err)
		}
		tw.users.looked = 0
		got := tw.users.list(q, true)
		if len(got) != want || tw.users.looked > 3 {
			t.Errorf("%s: %d people, looked at %d; want %d", query, len(got), tw.users.looked, want)
		}
		all := slices.DeleteFunc(tw.users.all(), func(r Record) bool {
			return slices.ContainsFunc(q.conditions, func(c condition) bool { return !c.holds(r, true) })
		})
		if !reflect.DeepEqual(got, all) {
			t.Errorf("%s: %d people, and by looking at all of them %d", query, len(got), len(all))
		}
	}
}

// The site answers while a part is being loaded, which holds the pick-up clock: the load is seen at work.
func TestSiteAnswersWhileLoading(t *testing.T) {
	tw, err := Start(t.Context(), Options{Switches: Switches{PickUp: "manual", PickUpInterval: time.Hour}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tw.Close() })
	j := &job{twin: tw, load: tw.loads.add(&Load{Name: "f.csv"}), data: []byte(header + "\nu,u@example.com,U,Ser\n")}
	tw.pickMu.Lock()
	defer tw.pickMu.Unlock()
	if !j.begin(tw.now()) {
		t.Fatal("there are no rows")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, tw.URL()+"/data_sources", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", tw.PageCookie())
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || !strings.Contains(strings.ToLower(string(body)), "loading") {
		t.Errorf("%d, %v: %.300s; want a load that is at work", answer.StatusCode, err, body)
	}
}

// BenchmarkLoadAmong200k loads a part of 5,000 people among 200,000.
func BenchmarkLoadAmong200k(b *testing.B) {
	tw, _ := loadBareOf(b, crowd(200_000), "")
	var n int
	for b.Loop() {
		n++
		data := strings.ReplaceAll(moved(maxRows*(n%30), maxRows), "new", fmt.Sprintf("n%d-", n))
		l := tw.loads.add(&Load{Name: "f.csv"})
		runTogether([]*job{{twin: tw, load: l, data: []byte(data)}}, tw.now())
		if l.Updated != maxRows {
			b.Fatal(l.ResultText, len(l.Errors))
		}
	}
}
