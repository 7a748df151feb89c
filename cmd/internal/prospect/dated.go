package prospect

import (
	"context"
	"errors"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

// now returns the time that decides which days have come: that of a saved plan, whenever it is applied, else the start.
func (a *Ask) now() time.Time {
	if a.Expect != nil {
		return a.Expect.MadeAt
	}
	return a.Started
}

// effective returns from when records hold; nil where the config does not say it.
func (a *Ask) effective() *planning.Effective {
	field, zoneField := a.Pipe.Mapping.From()
	if field == "" {
		return nil
	}
	return &planning.Effective{Field: field, ZoneField: zoneField, Zone: a.Pipe.Config.Feed.EffectiveZone, Now: a.now(), Day: a.Pipe.Mapping.DayFrom}
}

// dated finds out which records that wait for their day the new records replace, and which of the others the plan takes up. whole is
// true where the new files are everybody. A plan beside a held run takes up none: what came earlier must not be sent after it.
func (d *draft) dated(ctx context.Context, whole bool) error {
	a, o := d.ask, d.out
	if len(o.dated) == 0 && (o.Kept == nil || a.effective() == nil) {
		return nil
	}
	replaced := map[export.Origin]export.DatedChange{}
	if (d.fresh != nil || o.Kept != nil) && a.Typed == nil && !a.Again {
		var err error
		if replaced, err = planning.ReadReplaced(ctx, d.planner(a.Pipe.Sheet, nil), o.dated, whole && d.fresh != nil && a.Pipe.Config.Feed.Snapshot, a.who()); err != nil {
			return err
		}
	}
	o.replaced, o.changes = replaced, map[int64]export.DatedChange{}
	var come []export.DatedRecord
	for _, r := range o.dated {
		change, is := replaced[r.Origin]
		if is {
			o.changes[r.ID] = change
			r.Fields = change.Left
		}
		if r.Fields == nil || o.Beside != nil || !r.Due(a.now()) {
			continue
		}
		come = append(come, r)
		o.changes[r.ID] = export.DatedChange{Taken: true}
	}
	if come != nil {
		o.come = &ledger.Come{Records: come, Fields: append(a.Pipe.Mapping.Fields(), a.Pipe.Config.Feed.Key)}
	}
	return nil
}

// who returns the fields from which the columns come that every row needs.
func (a *Ask) who() (fields []string) {
	for _, column := range []string{export.ColumnLogin, export.ColumnEmail, export.ColumnFirstName, export.ColumnLastName, a.Pipe.Key} {
		fields = append(fields, a.Pipe.Mapping.Reads(column)...)
	}
	return fields
}

// Come returns how many records the plan takes up since their day has come.
func (o *Outlook) Come() int {
	if o.come == nil {
		return 0
	}
	return len(o.come.Records)
}

// nothingDelivered takes the error of opening the feed apart: HR has delivered nothing, which does not keep back what is to be sent on
// this day anyway, or the start cannot go on. A person who has named files means these.
func (a *Ask) nothingDelivered(err error) (*export.UnusableFeedError, error) {
	noFeed, ok := errors.AsType[*export.UnusableFeedError](err)
	if !ok || !noFeed.Missing && !noFeed.Stale || len(a.Files) > 0 || a.Alone || a.Again || a.Replan {
		return nil, err
	}
	return noFeed, nil
}

// keysCome returns the keys of the people of whom a record has waited for a day that has come.
func (o *Outlook) keysCome(now time.Time) (keys []string) {
	for i := range o.dated {
		if o.dated[i].Due(now) {
			keys = append(keys, o.dated[i].Key)
		}
	}
	return keys
}
