package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

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

// pageElements and pageAttributes are all that a page may have: nothing that loads, runs or submits.
var (
	pageElements = strings.Fields("html head meta title style body h1 h2 h3 p ul li nav a table thead tbody tr th td div span bdi strong br")
	pageAttrs    = strings.Fields("lang charset name content http-equiv class id href scope data-name")
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
