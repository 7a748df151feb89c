package prospect

import (
	"runtime"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// NewPlanner plans what is new of a feed, after what is kept; fresh is nil where nothing is new.
func NewPlanner(p *wiring.Pipeline, fresh export.Feed, out *Outlook, now time.Time) *planning.Planner {
	pl := &planning.Planner{
		Feed: out.feed(fresh), Mapping: p.Mapping, Sheet: p.Sheet, Key: p.Config.Feed.Key,
		MaxRows: p.Config.Layout.MaxRows, MaxSize: p.Config.Layout.MaxBytes, Workers: runtime.GOMAXPROCS(0),
		Started: now, MinRecords: p.Config.Feed.MinRecords,
		MayCreate: wiring.MayCreate(p.Config, len(out.People)), Waiting: out.waiting, Beside: out.Beside, Joined: out.joined(),
		Protects: wiring.Guard(p.Config, now),
	}
	if fresh == nil {
		pl.MinRecords = 0
	}
	if out.People != nil {
		pl.Known = out.People.known
	}
	return pl
}

// CheckPeople makes a planner whose people were looked up write Coupa's Id as the key, and complete rows.
func CheckPeople(p *wiring.Pipeline, pl *planning.Planner) (err error) {
	pl.Mapping, pl.Element = planning.WithID(pl.Mapping), coupa.Element
	o := p.Options
	o.Columns, o.Checked, o.Route = pl.Mapping.Columns(), true, pl.Sheet.Route()
	pl.Sheet, err = layout.New(o)
	return err
}

// knower is what the ledger knows about people, by key.
type knower map[string]export.Person

func (k knower) known(key string) (export.Person, bool) { p, ok := k[key]; return p, ok }
