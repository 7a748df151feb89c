package change

import (
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// repairOf begins the name of a repair in reports and in the ledger, in the place of a feed file's; the time of the comparison
// ends it, so that the same differences may be repaired again another time, and one plan of them only once.
const repairOf = "repair of "

// Repairs reports whether a row is from a repair. A run that has kept it is part of the name.
func Repairs(o export.Origin) bool {
	name, _ := ledger.HomeOf(o.File)
	return strings.HasPrefix(name, repairOf)
}

// Repair is what a comparison of HR and Coupa has left to send: the columns of each person that HR wins. A saved plan has it,
// since no file of HR's says it. It holds personal data.
type Repair struct {
	Name   string `json:"name"`
	Asks   bool   `json:"asks"` // Coupa is asked about these people, whatever preflight says
	People []Back `json:"people"`
}

// NewRepair returns the repair of a comparison that was made at a time.
func NewRepair(at time.Time, asks bool, people []Back) *Repair {
	return &Repair{Name: repairOf + at.UTC().Format("20060102T150405Z"), Asks: asks, People: people}
}

// Feed returns a repair as a feed of one record a person, in Coupa's columns. The same repair is the same bytes.
func (r *Repair) Feed(pipe *wiring.Pipeline) export.Feed {
	return inColumns(pipe, r.Name, "hr2coupa reconcile --repair", r.People)
}

// Carried returns the columns that a record in Coupa's columns always has, since HR's key alone fills them.
func Carried(pipe *wiring.Pipeline) (columns []string) {
	for _, i := range identity(pipe) {
		columns = append(columns, pipe.Mapping.Columns()[i])
	}
	return slices.Clip(columns)
}
