package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// references says which columns are looked up in lists, and how long these are.
func (d *doctor) references(context.Context) {
	if len(d.pipe.References) == 0 {
		return
	}
	says := make([]string, len(d.pipe.References))
	for i, r := range d.pipe.References {
		says[i] = fmt.Sprintf("%s: %s in %s", r.Column, export.Plural(r.Len(), "name"), r.Title())
	}
	end := ""
	if d.pipe.Config.References.Warn {
		end = "; others only warn"
	}
	d.ok("references", "%s%s", strings.Join(says, ", "), end)
}
