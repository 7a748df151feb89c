package templates

import (
	"strings"
	"testing"
)

// Every cause is told in full, once, with its first message.
func TestCauses(t *testing.T) {
	told := map[string]bool{}
	tails := map[string]bool{}
	for i, raw := range must(parseTable(causesTable, parseCause)) {
		if raw.Tail == "" || raw.Name == "" || tails[strings.ToLower(raw.Tail)] {
			t.Errorf("line %d: tail %q, cause %q: empty, or there before", i+2, raw.Tail, raw.Name)
		}
		tails[strings.ToLower(raw.Tail)] = true
		texts := raw.Meaning != "" && raw.Todo != "" && raw.Owner != ""
		none := raw.Meaning+raw.Todo+raw.Owner == ""
		if first := !told[raw.Name]; first && !texts || !first && !none {
			t.Errorf("line %d: meaning, todo and owner of %q stand with its first message, all three, and nowhere else", i+2, raw.Name)
		}
		told[raw.Name] = true
	}
	for _, c := range Causes() {
		if c.Meaning == "" || c.Todo == "" || c.Owner == "" {
			t.Errorf("%q has no texts", c.Tail)
		}
	}
	if len(told) < 25 {
		t.Errorf("%d causes; were some lost?", len(told))
	}
}
