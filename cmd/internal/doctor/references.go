package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// references says which columns are looked up in lists, how long these are, and which columns no list can be asked for.
func (d *doctor) references(ctx context.Context) {
	lists := d.pipe.References
	if d.pipe.AsksLists() && !d.blind("references", "instance", "production", "coupa", "references", "mapping") {
		if !d.token {
			d.warn("references", errNoToken)
			return
		}
		read, doubts, err := d.pipe.AskLists(ctx, d.client)
		if err != nil {
			d.fail(exitOf(err), "references", err)
			return
		}
		for _, err := range doubts { // the row goes all the same
			d.warn("references", err)
		}
		lists = append(lists, read...)
	}
	if unlisted := d.pipe.Unlisted(); len(unlisted) > 0 {
		d.warn("references", export.Hint(fmt.Errorf("not looked up: %s; no page of Coupa's has a call that lists these", words.SomeOf(unlisted)), "give the names as files: references.lists"))
	}
	if len(lists) == 0 {
		return
	}
	says := make([]string, len(lists))
	for i, r := range lists {
		where := r.Title() // of Coupa's departments
		if !strings.HasPrefix(where, "of ") {
			where = "in " + where
		}
		says[i] = fmt.Sprintf("%s: %s %s", r.Column, export.Plural(r.Len(), "name"), where)
	}
	end := ""
	if d.pipe.Config.References.Warn {
		end = "; others only warn"
	}
	d.ok("references", "%s%s", strings.Join(says, ", "), end)
}
