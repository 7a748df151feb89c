package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// evilNames are names that would be markup, lead somewhere else, or turn the direction of a text.
var evilNames = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "https://evil.example/", "O'Brien & Søn", "</td></table><a href=//e>", "{{.Key}}", "a\u202eb",
}

// evilWorld has a person for each evil name, one more who would be created, and one whose row is quarantined.
func evilWorld() *diffWorld {
	w := &diffWorld{config: [][2]string{{"limits.logins", "{count: 1}"}, {"limits.creates", "{count: 1}"}}}
	person := func(n, last string) employee {
		return employee{
			"person": "P" + n, "Login": "user" + n, "Email": "user" + n + "@acme.example", "Employee Number": "E" + n,
			"First Name": "Ann", "Last Name": last, "Status": "active",
		}
	}
	for i, name := range evilNames {
		was := person(string(rune('1'+i)), "Before")
		now := person(string(rune('1'+i)), name)
		now["Login"] = "renamed" + string(rune('1'+i))
		now["Department"] = "Legal"
		w.users, w.feed = append(w.users, was), append(w.feed, now)
	}
	w.feed = append(w.feed, person("8", "New"), person("9", "<b>No</b> address"))
	w.feed[len(w.feed)-1]["Email"] = "<b>no address</b>"
	return w
}

// TestPlanPage parses the page of a plan: it needs nothing from elsewhere, runs nothing, and shows every person with every cell,
// and every limit that counts.
func TestPlanPage(t *testing.T) {
	t.Parallel()
	s, err := newDiffStage(t.TempDir(), evilWorld())
	if err != nil {
		t.Fatal(err)
	}
	defer s.twin.Close()
	page := filepath.Join(s.dir, "plan.html")
	var plan shownPlan
	if code, err := s.start(&plan, "plan", "--html", page); code != export.ExitHeld {
		t.Fatalf("plan ended with %d, want held: %v\n%s", code, err, s.log.String())
	}
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	needsNothing(t, root)
	showsEveryone(t, root, &plan)
	for _, row := range []string{"logins holds the plan 1 0 7 7", "creates", "deactivations", "roles_taken"} {
		if !slices.ContainsFunc(texts(root, "tr", ""), func(text string) bool { return strings.HasPrefix(text, row) }) {
			t.Errorf("no limit %q on the page: %q", row, texts(root, "tr", ""))
		}
	}
}

// evilReport is a report that has the text in every place where a page shows a text.
func evilReport(text string) *export.Report {
	at := time.Date(2026, 11, 24, 2, 0, 0, 0, time.UTC)
	note := export.PartNote{Kind: export.NoteFailed, Load: text, Status: text, Words: []string{text}}
	row := func(o export.Outcome) export.RowResult {
		return export.RowResult{
			Part: 1, Origin: export.Origin{File: text, Line: 2}, Lines: 2, Key: text, Outcome: o,
			Faults: export.Faults{{Field: text, Message: text}}, Kinds: export.ChangeKinds(0).With(export.ChangeLogin), Counted: []string{"columns." + text},
		}
	}
	rep := &export.Report{
		Run: "20261124T020000Z", Command: "run", State: export.RunHeld, Exit: export.ExitHeld, Verdict: export.RunVerdict{End: export.EndHeld, Kept: export.Ending{GivenUpBy: text}},
		Counts: export.Counts{Input: 14, By: map[export.Outcome]int{}}, Files: []export.FeedFile{{Name: text}}, Alarms: []string{text}, Why: text, Hint: text, HeldFile: text,
		Held: []export.Breach{{Limit: "columns." + text, Has: 2}, {Text: text}}, Started: at,
		Parts: []export.Part{
			{ID: 1, Name: text, UserName: text, State: export.Stalled, LoadID: text, Via: text, Notes: export.PartNotes{note}, Planned: at, Sent: at},
			{ID: 2, Name: text, State: export.InDoubt, Planned: at},
		},
		PlannedBy: export.Operator{UID: text, User: text, Sudo: text},
		Approved:  []export.Approval{{Run: text, By: text, Ceilings: map[string]int{"columns." + text: 1}}},
		Unfilled:  []export.Unfilled{{Run: text, Part: text, CoupaID: text, Row: row(export.Pending), Lists: map[string][]string{text: {text}}}},
	}
	for _, o := range export.Outcomes() {
		rep.Counts.By[o] = 2
		if o == export.Applied || o == export.Unchanged {
			continue
		}
		if err := rep.Rows.Add(row(o)); err != nil {
			panic(err)
		}
	}
	if err := rep.NameHeld(); err != nil {
		panic(err)
	}
	return rep
}

// TestRunPage parses the page of a run in which every text is evil: it needs nothing from elsewhere, runs nothing, hides nothing,
// and shows the text where it belongs.
func TestRunPage(t *testing.T) {
	t.Parallel()
	for _, name := range evilNames {
		page := filepath.Join(t.TempDir(), "run.html")
		rep := evilReport(name)
		if _, err := show.WriteRunPage(&wiring.Env{Now: func() time.Time { return rep.Started.Add(time.Hour) }}, page, rep, rep.Started.Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		text := document(t, page)
		root, err := html.Parse(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		needsNothing(t, root)
		if strings.ContainsRune(text, '\u202e') {
			t.Errorf("%q turns the direction of a text", name)
		}
		seen := map[string]int{}
		for _, tag := range []string{"h1", "p", "li", "tr"} {
			for _, content := range texts(root, tag, "") {
				if strings.Contains(content, strings.Join(strings.Fields(export.Plain(name)), " ")) {
					seen[tag]++
				}
			}
		}
		// h1: the verdict; p: alarm, two limits, why, its hint, and the file of the held; li: file, planner, approval and what to do next;
		// tr: a limit, a person without a list, five groups of rows, two parts
		for tag, least := range map[string]int{"h1": 1, "p": 6, "li": 5, "tr": 9} {
			if seen[tag] < least {
				t.Errorf("%q stands in %d %s, want %d or more:\n%s", name, seen[tag], tag, least, text)
			}
		}
	}
}

// pageElements and pageAttributes are all that a page may have: nothing that loads, runs or submits.
var (
	pageElements = strings.Fields("html head meta title style body h1 h2 h3 p ul li nav a table thead tbody tr th td div span bdi strong br")
	pageAttrs    = strings.Fields("lang charset name content http-equiv class id href scope data-name aria-hidden")
)

// needsNothing checks that a page has none but these elements and attributes, and that its links lead to itself.
func needsNothing(t *testing.T, root *html.Node) {
	t.Helper()
	ids := map[string]bool{}
	var links []string
	guarded := false
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && !slices.Contains(pageElements, n.Data) {
			t.Errorf("the page has an element %s", n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case !slices.Contains(pageAttrs, a.Key):
				t.Errorf("the page has an attribute %s=%q", a.Key, a.Val)
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href":
				links = append(links, a.Val)
			case a.Key == "content":
				guarded = guarded || strings.HasPrefix(a.Val, "default-src 'none'")
			}
		}
		if n.Type == html.ElementNode && n.Data == "style" && strings.Contains(content(n), "url(") {
			t.Error("the style loads something")
		}
	}
	for _, link := range links {
		if id, inside := strings.CutPrefix(link, "#"); !inside || !ids[id] {
			t.Errorf("a link leads to %q", link)
		}
	}
	if !guarded || len(links) == 0 {
		t.Errorf("guarded: %v, %d links", guarded, len(links))
	}
}

// showsEveryone compares the people of a page with those of plan --json: each once, with all cells.
func showsEveryone(t *testing.T, root *html.Node, plan *shownPlan) {
	t.Helper()
	people := texts(root, "div", "person")
	if len(people) != len(plan.People) || len(people) != len(evilNames)+1 {
		t.Errorf("%d people on the page, %d in the plan", len(people), len(plan.People))
	}
	for _, one := range plan.People {
		i := slices.IndexFunc(people, func(text string) bool { return strings.Contains(text, " "+one.Key+" ") })
		if i < 0 {
			t.Errorf("%s is not on the page", one.Key)
			continue
		}
		for _, c := range one.Change.Cells {
			if cell := c.Column + " " + arrow(c); !strings.Contains(people[i], export.Plain(cell)) {
				t.Errorf("%s: no %q in %q", one.Key, cell, people[i])
			}
		}
	}
	if rows := strings.Join(texts(root, "tr", ""), "\n"); !strings.Contains(rows, "P9 Email: is not an e-mail address") {
		t.Errorf("the quarantined row is not on the page:\n%s", rows)
	}
}

// arrow is what a page shows of a cell with one value.
func arrow(c export.CellChange) string {
	switch {
	case c.Kind == export.ChangeCreate:
		return c.New
	case c.Old == "":
		return "(none) → " + c.New
	}
	return c.Old + " → " + c.New
}

// texts returns the text of each element of a page with that name and class, with single blanks.
func texts(root *html.Node, name, class string) (out []string) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && n.Data == name && (class == "" || slices.Contains(n.Attr, html.Attribute{Key: "class", Val: class})) {
			out = append(out, content(n))
		}
	}
	return out
}

func content(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
		if c.Type == html.ElementNode { // cells and blocks are apart from each other
			b.WriteString(" ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
