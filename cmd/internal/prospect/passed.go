package prospect

import (
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// PassedOver returns the files of which a start sends nothing, since they were planned before.
func PassedOver(seen []export.SeenFile, again, replan bool) (names []string) {
	for _, f := range seen {
		if !replan && (!again || f.Left() == 0) || replan && !Anew(f) {
			names = append(names, f.Name)
		}
	}
	return names
}

// Finished returns the files that a start with other records has passed over, but those whose run has kept records: these may be
// in this very plan.
func Finished(seen []export.SeenFile, again, replan bool) []string {
	kept := func(f export.SeenFile) bool { return f.Kept }
	return PassedOver(slices.DeleteFunc(slices.Clone(seen), kept), again, replan)
}

// ChangedSince returns a line for each config that seen files were planned with and that is not that of now.
func ChangedSince(seen []export.SeenFile, now map[string]string) (lines []string) {
	files := map[string][]string{}
	var order []string
	for _, f := range seen {
		what := Since(f, now)
		if len(what) == 0 || !Anew(f) {
			continue
		}
		key := words.Few(what)
		if files[key] == nil {
			order = append(order, key)
		}
		files[key] = append(files[key], export.Plain(f.Name))
	}
	for _, what := range order {
		lines = append(lines, fmt.Sprintf("mapping or config have changed since the plan of %s: %s", words.Few(files[what]), what))
	}
	return lines
}
