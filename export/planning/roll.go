package planning

import (
	"context"
	"hash/maphash"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Present is who is in a snapshot.
type Present struct {
	Records    int            // of HR's
	Superseded int            // records that earlier plans have kept of older snapshots
	New        []string       // people who are no members yet
	Back       []string       // members who were missing
	Unread     *export.Origin // of the first record that names no person for certain; nil: there is none

	seed   maphash.Seed
	people []uint64        // their hashes, in order
	kept   map[string]bool // people of records that earlier plans have kept, of other files
}

// Has reports whether a person is in the snapshot. Excluded and quarantined records count.
func (p *Present) Has(key string) bool {
	_, found := slices.BinarySearch(p.people, hash(p.seed, key))
	return found
}

// Kept reports whether an earlier plan has kept a record of a person that this one goes on with.
func (p *Present) Kept(key string) bool { return p.kept[key] }

// CallRoll reads a planner's feed for the people who are in it. A record whose key is not certain may be anyone's.
func CallRoll(ctx context.Context, p *Planner, members *baseline.Members) (*Present, error) {
	own := *p
	own.Where, own.Effective = nil, nil // whoever is excluded is there, and so is whoever waits for a day
	p = &own
	type found struct {
		Present
		keys []string // of kept records
	}
	all := &Present{seed: maphash.MakeSeed(), kept: map[string]bool{}}
	err := parallel(ctx, p, func(w *worker, c export.Chunk) (f found, err error) {
		f.people = make([]uint64, 0, w.records)
		err = p.each(w, c, func(rec *export.Record, person string, m export.RowMapper) error {
			switch {
			case rec.Kept && w.superseded(rec):
				f.Superseded++
			case rec.Kept:
				f.keys = append(f.keys, strings.Clone(person))
			case m == nil:
				if f.Records++; f.Unread == nil {
					f.Unread = &export.Origin{File: w.file(rec), Line: rec.Line}
				}
			default:
				f.Records++
				f.people = append(f.people, hash(all.seed, person))
				if since, ok := members.Of(person); !ok {
					f.New = append(f.New, strings.Clone(person))
				} else if since != 0 {
					f.Back = append(f.Back, strings.Clone(person))
				}
			}
			return nil
		})
		w.records = f.Records
		return f, err
	}, func(f found) error {
		all.Records, all.Superseded = all.Records+f.Records, all.Superseded+f.Superseded
		all.New, all.Back, all.people = append(all.New, f.New...), append(all.Back, f.Back...), append(all.people, f.people...)
		if all.Unread == nil {
			all.Unread = f.Unread
		}
		for _, key := range f.keys {
			all.kept[key] = true
		}
		return nil
	})
	slices.Sort(all.people)
	return all, err
}

// superseded reports whether a record that was kept is of a snapshot that is older than that of the plan.
func (w *worker) superseded(rec *export.Record) bool {
	return rec.Kept && w.p.Superseded != nil && w.p.Superseded(w.file(rec))
}

// bySuperseded is the reason of a record that was kept of an older snapshot.
var bySuperseded = notYet("superseded", "the record was kept of an older snapshot, and a newer one has come", "")
