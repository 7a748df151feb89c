package switchboard

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

func TestEverySwitchIsDocumentedAndParsesItsDefault(t *testing.T) {
	docs := Docs()
	if len(docs) < 30 {
		t.Fatalf("only %d switches", len(docs))
	}
	basis := regexp.MustCompile(`^(documented|disputed|assumed|fault): .{10,}`)
	seen := map[string]bool{}
	for i, doc := range docs {
		spec := switchTable()[i]
		if seen[doc.Name] || !basis.MatchString(doc.Basis) || len(doc.Values) == 0 {
			t.Errorf("%s: doc is %+v", doc.Name, doc)
		}
		seen[doc.Name] = true
		values := append([]string{doc.Default}, doc.Values...)
		if spec.free() {
			values = values[:1]
		}
		for _, value := range values {
			s, err := Parse([]string{doc.Name + "=" + value})
			if err != nil {
				t.Errorf("%s=%s: %v", doc.Name, value, err)
			}
			if err := spec.check(&s); err != nil {
				t.Error(err)
			}
		}
	}
}

// No two lines of the table share a field, and every field has a line.
func TestSwitchTableCoversTheStruct(t *testing.T) {
	var s Switches
	seen := map[any]string{}
	for _, spec := range switchTable() {
		p := spec.field(&s)
		if other, ok := seen[p]; ok {
			t.Errorf("%s and %s share a field", other, spec.name)
		}
		seen[p] = spec.name
		if err := spec.set(&s, spec.def); err != nil {
			t.Error(err)
		}
	}
	if fields := strings.Count(fmt.Sprintf("%+v", s), ":"); fields != len(seen) {
		t.Errorf("%d fields, %d switches", fields, len(seen))
	}
}

func TestParseReportsAllFaults(t *testing.T) {
	_, err := Parse([]string{"order=parallel", "order", "nosuch=1", "row-base=7", "load-time=soon", "rate=-3", "connections=0"})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{`"order": want name=value`, `"nosuch" is unknown`, `row-base: "7"`, `load-time: "soon"`, `rate: "-3"`, "connections: must be more than 0"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
	if _, err := (Switches{Order: "random"}).complete(); err == nil {
		t.Error("a wrong word set in code was taken")
	}
}

// TestPersonalities: each is a set of switches there are, under a name of its own.
func TestPersonalities(t *testing.T) {
	kinds := Personalities()
	if len(kinds) < 12 {
		t.Fatalf("only %d", len(kinds))
	}
	seen := map[string]bool{}
	for _, k := range kinds {
		if _, err := Parse(k.Switches); err != nil || seen[k.Name] || len(k.Switches) == 0 || k.Says == "" {
			t.Errorf("%+v: %v", k, err)
		}
		seen[k.Name] = true
	}
	if _, err := PersonalitySwitches("nosuch"); err == nil || !strings.Contains(err.Error(), "no-rename, ") {
		t.Errorf("a personality that is not there: %v", err)
	}
}
