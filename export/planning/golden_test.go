package planning_test

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

var update = flag.Bool("update", false, "write what came out into the golden files")

// plans are goldens of what would be sent, byte for byte. Each is an archive: a comment that says what it shows, then
// lines "option: value" (see golden.option), the mapping, the files of the feed, and the result: sent/<name> is a part,
// "held back" the quarantined rows, "sums" the plan. Run the test with -update to rewrite the result.
const plans = "../../testdata/golden/plan"

func TestPlanGoldens(t *testing.T) {
	found, err := filepath.Glob(filepath.Join(plans, "*.txtar"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no goldens in %s (%v): nothing would be tested", plans, err)
	}
	for _, path := range found {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			g := readGolden(t, path)
			got := txtar.Format(g.archive(g.batch.MustBuild(t)))
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) == string(want) {
				return
			}
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			t.Errorf("got\n%s\nwant\n%s", got, want)
		})
	}
}

// golden is the input half of an archive.
type golden struct {
	batch planningtest.Batch
	given txtar.Archive
	brief bool // parts are shown by their sizes and edges, not whole
}

func readGolden(t *testing.T, path string) *golden {
	t.Helper()
	a, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{batch: planningtest.Batch{Feed: map[string]string{}, Element: coupa.Element}, given: txtar.Archive{Comment: a.Comment}}
	for line := range strings.Lines(string(a.Comment)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && !strings.Contains(name, " ") {
			if err := g.option(name, value); err != nil {
				t.Fatalf("%s: %s: %v", path, name, err)
			}
		}
	}
	for _, f := range a.Files {
		switch name, file := strings.CutPrefix(f.Name, "feed/"); {
		case file:
			g.batch.Feed[name] = string(f.Data)
		case f.Name == "mapping":
			g.batch.Mapping = string(f.Data)
		default:
			continue
		}
		g.given.Files = append(g.given.Files, f)
	}
	return g
}

// option sets one option: key, creates, known ("E1=ann E2=bob"), found in Coupa
// ("E1=id:login:email:first:last:active"), rows and bytes (limits of a part), people (so many are generated), edge
// (5,000 rows of exactly so many bytes).
func (g *golden) option(name, value string) (err error) {
	switch name {
	case "key":
		g.batch.Key = value
	case "creates":
		g.batch.Creates, err = strconv.ParseBool(value)
	case "rows":
		g.batch.MaxRows, err = strconv.Atoi(value)
	case "bytes":
		g.batch.MaxBytes, err = strconv.Atoi(value)
	case "people":
		var n int
		n, err = strconv.Atoi(value)
		g.batch.Feed["users.csv"], g.brief = planningtest.People(n), true
	case "edge":
		var n int
		n, err = strconv.Atoi(value)
		g.batch.Feed["users.csv"], g.brief = edge(n), true
	case "several":
		g.batch.Several = export.Several(value)
	case "prefer":
		g.batch.Several, g.batch.Prefer = export.SeveralPrefer, value
	case "known":
		g.batch.Known = map[string]export.Person{}
		for _, pair := range strings.Fields(value) {
			key, login, _ := strings.Cut(pair, "=")
			g.batch.Known[key] = export.Person{Login: login}
		}
	case "found":
		g.batch.Found = map[string]export.User{}
		for _, pair := range strings.Fields(value) {
			key, held, _ := strings.Cut(pair, "=")
			id, rest, _ := strings.Cut(held, ":")
			u := export.User{ID: id, Values: map[string]export.Value{}}
			for i, text := range strings.Split(rest, ":") {
				e, _ := coupa.Element([]string{"Login", "Email", "First Name", "Last Name", "Status"}[i])
				u.Values[e.Path] = export.Value{Text: text}
			}
			g.batch.Found[key] = u
		}
	default:
		err = fmt.Errorf("is no option")
	}
	return err
}

// cut shows both ends of a long line.
func cut(line string) string {
	if r := []rune(line); len(r) > 200 {
		return string(r[:90]) + "…" + string(r[len(r)-20:])
	}
	return line
}

// edge returns a feed of 5,000 people that makes a part of exactly size bytes, in two columns of long addresses.
func edge(size int) string {
	const n = 5000
	const header = `"Employee Number","Login","Email","First Name","Last Name","Default Address Street 3","Default Address Street 4"` + "\n"
	rest := size - len(header)
	var b strings.Builder
	b.WriteString("id,login,mail,first,last,a,b\n")
	for i := range n {
		line := fmt.Sprintf("E%06d,user%06d,user%06d@example.com,Zoë,O'Neil,", i, i, i)
		fill := rest/(n-i) - len(line) - 14 - 2 // minus the quotes, the last comma and the line break
		rest -= rest / (n - i)
		long := strings.Repeat("ü", fill/4)
		b.WriteString(line + long + "," + strings.Repeat("x", fill-len(long)) + "\n")
	}
	return b.String()
}

// archive returns the input followed by the result.
func (g *golden) archive(k *planningtest.Taken) *txtar.Archive {
	a := g.given
	add := func(name, text string) { a.Files = append(a.Files, txtar.File{Name: name, Data: []byte(text)}) }
	for _, p := range k.Parts {
		if g.brief {
			lines := strings.SplitAfter(string(p.Data), "\n")
			add("sent/"+p.Name, fmt.Sprintf("%d bytes, sha256 %s\n%s%s...\n%s", p.Size, p.SHA256, lines[0], cut(lines[1]), cut(lines[len(lines)-2])))
			continue
		}
		add("sent/"+p.Name, string(p.Data))
	}
	var held strings.Builder
	for _, r := range k.Loose {
		fmt.Fprintf(&held, "%s (%d, key %q): %s\n", r.Origin, r.Lines, r.Key, r.Faults.Text())
	}
	if held.Len() > 0 {
		add("held back", held.String())
	}
	var doubt strings.Builder
	for _, f := range k.Plan.Warnings {
		fmt.Fprintln(&doubt, f.Error())
	}
	if doubt.Len() > 0 {
		add("warnings", doubt.String())
	}
	add("sums", planSums(k))
	return &a
}

func planSums(k *planningtest.Taken) string {
	var b strings.Builder
	p := k.Plan
	fmt.Fprintf(&b, "%d records in = %d to send + %d held back\n", p.Input, p.Records, p.Quarantined)
	fmt.Fprintf(&b, "%d rows in %d parts, %d waves, %d column sets; %d deactivations\n", p.Rows, p.Parts, p.Waves, p.Sets, p.Deactivations)
	for _, part := range k.Parts {
		fmt.Fprintf(&b, "wave %d: %s: %d rows from", part.Wave, cmp.Or(planningtest.PartNumber(part.Name), "no name"), part.Rows)
		for i, r := range part.Lines {
			if i > 0 && i < len(part.Lines)-1 && len(part.Lines) > 10 {
				continue
			}
			fmt.Fprintf(&b, " %s", r.Origin)
			if len(r.Completed) > 0 {
				fmt.Fprintf(&b, " (completed: %s)", strings.Join(r.Completed, ", "))
			}
			if r.Lines > 1 {
				fmt.Fprintf(&b, " (%d records)", r.Lines)
			}
		}
		b.WriteString("\n")
	}
	if k.Plan.Creates+k.Plan.Completed > 0 {
		fmt.Fprintf(&b, "%d rows make new people, %d are completed\n", p.Creates, p.Completed)
	}
	for _, name := range slices.Sorted(maps.Keys(p.Columns)) {
		fmt.Fprintf(&b, "%s: %d rows\n", name, p.Columns[name])
	}
	return b.String()
}
