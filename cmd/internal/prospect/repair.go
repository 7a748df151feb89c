package prospect

import (
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/export"
)

// repairs makes the plan one of a repair, if it is one: its records are those of the repair, or of the saved plan that holds it. Coupa
// is asked about its people wherever the comparison has asked it. Where it has not, what the ledger confirmed once says nothing of
// them, and their rows are sent whatever that was.
func (a *Ask) repairs() {
	if a.Expect != nil {
		a.Repair = a.Expect.Repair
	}
	if a.Repair == nil {
		return
	}
	a.Typed = a.Repair.Feed(a.Pipe)
	if a.Repair.Asks {
		a.Pipe.Config.Preflight = true
		return
	}
	a.Full = true
}

// savedPath returns the path of a file as a saved plan has it. What is in no file has none that is a place.
func savedPath(f export.FeedFile) (string, error) {
	if change.Repairs(export.Origin{File: f.Name}) {
		return f.Path, nil
	}
	return filepath.Abs(f.Path)
}
