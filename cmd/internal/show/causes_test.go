package show

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// Every message of the catalogue finds its own cause, and in the middle of others too.
func TestCatalogueFindsItself(t *testing.T) {
	for _, c := range templates.Causes() {
		message := "A Label " + strings.NewReplacer("#", "17", "*", "something or other").Replace(c.Tail) + "."
		const other = "Label no such message"
		for _, faults := range []export.Faults{
			{{Rule: "ours", Message: message}},
			export.CoupaFaults("", message), export.CoupaFaults("", message, other), export.CoupaFaults("", other, message),
			{{Message: message + "; " + other}}, {{Message: other + "; " + message}}, // as one text
		} {
			found, _ := wiring.Causes().Find(faults)
			if len(found) != 1 || found[0].Name != c.Name {
				t.Errorf("%q: %d causes, want %q: %+v", faults, len(found), c.Name, found)
			}
		}
	}
}

// Whoever has a cause for a task can be a target of notices.
func TestOwnersOfCauses(t *testing.T) {
	has := map[string]bool{}
	for _, c := range templates.Causes() {
		has[c.Owner] = true
	}
	if got := slices.Sorted(maps.Keys(has)); !slices.Equal(got, slices.Sorted(slices.Values(export.Owners()))) {
		t.Errorf("templates/causes.csv names %q, export.Owners %q", got, export.Owners())
	}
}

// The table has the cause for which a report gives other advice than to fix rows.
func TestHeldRunIsACause(t *testing.T) {
	if !slices.ContainsFunc(templates.Causes(), func(c templates.Cause) bool { return c.Name == export.CauseHeldRun }) {
		t.Errorf("templates/causes.csv has no cause %q", export.CauseHeldRun)
	}
}

// Every message of ours for which a row is quarantined has a cause: add one with each new rule.
func TestOwnMessagesHaveCauses(t *testing.T) {
	said := 0
	for _, room := range []string{"../../../export", "../../../export/planning", "../../../export/delivery", "../../../export/directory", "../../../export/feed", "../../../export/layout"} {
		for _, m := range messages(t, room) {
			said++
			if _, strange := find(m); len(strange) > 0 {
				t.Errorf("%s: templates/causes.csv has no cause for %q", room, strange)
			}
		}
	}
	if said < 30 {
		t.Errorf("only %d messages were found in the sources", said)
	}
	for _, m := range []string{"Email is invalid; User Role Names (User, Buyer) were put back", "Email is invalid; User Role Names (User) could not be put back, and nobody but you can do it now",
		"settled as rejected by A. Administrator", "in doubt; taken as not applied by run --again"} { // notes of parts
		if _, strange := find(m); len(strange) > 0 {
			t.Errorf("templates/causes.csv has no cause for %q", m)
		}
	}
	if found, _ := find("expression lower(mail): the text is not a date of this layout"); len(found) != 1 {
		t.Error("an error of the mapping has no cause")
	}
}

// find looks for the cause of a message of ours.
func find(message string) ([]*export.Cause, []string) {
	return wiring.Causes().Find(export.Faults{{Field: "Email", Rule: "ours", Message: message}})
}

// messages finds what the sources of a room say of rows: the second member of a breach, the Message of a Fault, the
// constants that are named say…, and the reason with which a row of the API route ends.
func messages(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	add := func(e ast.Expr) {
		if m := example(e); m != "" {
			out = append(out, m)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no sources in %s: %v", dir, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				name, _ := n.Type.(*ast.Ident)
				if name != nil && name.Name == "breach" && len(n.Elts) == 2 {
					add(n.Elts[1])
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Message" {
					add(n.Value)
				}
			case *ast.ValueSpec:
				if strings.HasPrefix(n.Names[0].Name, "say") && len(n.Values) == 1 {
					add(n.Values[0])
				}
			case *ast.CallExpr:
				switch f, ok := n.Fun.(*ast.SelectorExpr); {
				case ok && f.Sel.Name == "fieldFault":
					add(n.Args[2])
				case ok && f.Sel.Name == "end" && len(n.Args) == 4: // of a row that goes by API
					add(n.Args[3])
				}
			}
			return true
		})
	}
	return out
}

// example is a message as it may come out: the text of a literal, of a format with something for each verb, or of a sum
// of both; "" for anything else.
func example(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.BinaryExpr:
		if left := example(e.X); left != "" {
			return left + cmp.Or(example(e.Y), "something")
		}
	case *ast.CallExpr:
		if f, ok := e.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "Sprintf" {
			return strings.NewReplacer("%d", "5", "%s", "something").Replace(example(e.Args[0]))
		}
	}
	return ""
}

// A message that no cause matches, of a row that HR has to fix, is left as it is.
func TestUnknownMessagePasses(t *testing.T) {
	const reason = "Shoe Size must have been measured on a Tuesday."
	rep := Explained(&wiring.Env{}, &export.Report{Rows: export.ListRows(export.RowResult{Outcome: export.Rejected, Lines: 1, Faults: export.Faults{{Message: reason}}})})
	if rep.Rows.First().Faults.Text() != reason || len(rep.Causes) != 1 || rep.Causes[0].Name != export.Unknown || rep.Causes[0].Owner != "" {
		t.Errorf("%+v", rep)
	}
}
