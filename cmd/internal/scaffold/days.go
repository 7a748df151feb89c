package scaffold

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
)

// leaveNames are what HR systems call the day on which a person leaves, as templates.Plain writes names.
var leaveNames = []string{
	"terminationdate", "dateoftermination", "termdate", "enddate", "employmentenddate", "contractenddate", "leavedate", "leavingdate", "dateofleaving",
	"exitdate", "lastday", "lastworkingday", "lastdayofwork", "separationdate", "austrittsdatum", "austritt",
}

// dayLayouts are the forms of a day that init knows, as a config and as Go write them. Those with a month that could be a day
// are told apart by the days behind the twelfth.
var dayLayouts = [][2]string{{"YYYY-MM-DD", "2006-01-02"}, {"DD.MM.YYYY", "02.01.2006"}, {"DD/MM/YYYY", "02/01/2006"}, {"MM/DD/YYYY", "01/02/2006"}, {"YYYYMMDD", "20060102"}}

// leaves is a proposal for feed.leaves.
type leaves struct {
	Expr string // of YAML
	Why  ground
}

// findLeaves proposes the field with the day on which a person leaves: one with a name for it whose values are days of one form.
func (p *proposal) findLeaves() *leaves {
	for _, f := range p.sample.fields {
		name := strings.NewReplacer(" ", "", "_", "", "-", "").Replace(templates.Plain(f.name))
		if p.used[f.name] || f.filled == 0 || !slices.Contains(leaveNames, name) {
			continue
		}
		var fit []string
		for _, l := range dayLayouts {
			if f.share(func(v string) bool { _, err := time.Parse(l[1], v); return err == nil }) == 1 {
				fit = append(fit, l[0])
			}
		}
		if len(fit) == 0 {
			continue
		}
		p.used[f.name] = true
		found := &leaves{Expr: yamlText(f.name), Why: p.why("by its name", f)}
		if fit[0] != dayLayouts[0][0] {
			found.Expr = fmt.Sprintf("{column: %s, layout: %s}", quoted(f.name), fit[0])
		}
		if len(fit) > 1 {
			found.Why = undecided(found.Why.text + "; is the day or the month first? No value says so: " + strings.Join(fit, " or "))
		}
		return found
	}
	return nil
}

// fewestOfAll is how many people a file must have before it can look like one with everybody.
const fewestOfAll = 20

// everybody says why a file may be a snapshot; "" where nothing speaks for it. One file cannot prove it: a file of changes has each
// person once, too, and people who are missing in it would be missed for good.
func (p *proposal) everybody() string {
	if p.sample.records < fewestOfAll || len(p.key.values) != p.sample.records || p.key.filled != p.sample.records {
		return ""
	}
	return fmt.Sprintf("each of the %s read is of another person. Is every file everybody, and not only who has changed? One file cannot say so.", export.Plural(p.sample.records, "record"))
}
