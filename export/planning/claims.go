package planning

import (
	"context"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

type claim struct {
	person string
	origin export.Origin
}

// resolve compares the suspicious values themselves: hashes may collide, and two records of one person may agree.
func (p *Planner) resolve(ctx context.Context, s *survey) error {
	cols := s.cols
	s.claims = make([]map[string][]claim, len(cols))
	for i := range cols {
		s.claims[i] = map[string][]claim{}
	}
	type found struct {
		col     int
		value   string // "" withdraws an earlier claim of this person
		person  string
		several bool
		origin  export.Origin
	}
	last := make([]map[string]found, len(cols)) // for people with several records: the claim of the last one
	for i := range last {
		last[i] = map[string]found{}
	}
	err := parallel(ctx, p, func(w *worker, c export.Chunk) ([]found, error) {
		var out []found
		var buf [128]byte
		err := p.each(w, c, func(rec *export.Record, person string, m export.RowMapper) error {
			if m == nil {
				return nil
			}
			several := s.records(person) > 1
			for i, col := range cols {
				c, fault := m.MapColumn(rec, col)
				if fault != nil || c.State == export.Absent || c.State == export.Clear && !several {
					continue
				}
				if _, ok := s.suspects[i][hashFold(s.seed, c.Text, buf[:0])]; !ok && !several {
					continue
				}
				out = append(out, found{i, fold(c.Text), strings.Clone(person), several, export.Origin{File: w.file(rec), Line: rec.Line}})
			}
			return nil
		})
		return out, err
	}, func(got []found) error {
		for _, f := range got {
			if f.several {
				last[f.col][f.person] = f
				continue
			}
			s.claims[f.col][f.value] = append(s.claims[f.col][f.value], claim{f.person, f.origin})
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i := range last {
		for _, f := range last[i] {
			if f.value == "" {
				continue
			}
			s.claims[i][f.value] = append(s.claims[i][f.value], claim{f.person, f.origin})
		}
		for v, cs := range s.claims[i] {
			if len(cs) < 2 {
				delete(s.claims[i], v)
				continue
			}
			slices.SortFunc(cs, func(a, b claim) int {
				if c := strings.Compare(a.origin.File, b.origin.File); c != 0 {
					return c
				}
				return a.origin.Line - b.origin.Line
			})
		}
	}
	return nil
}

// conflicts returns faults for the unique columns in which another person claims the same value as row.
func (s *survey) conflicts(row *export.Row, person string, names []string) []export.Fault {
	if s.claims == nil {
		return nil
	}
	var faults []export.Fault
	for i, col := range s.cols {
		if len(s.claims[i]) == 0 || row.Cells[col].State != export.Set {
			continue
		}
		for _, c := range s.claims[i][fold(row.Cells[col].Text)] {
			if c.person != person {
				faults = append(faults, export.Fault{Origin: row.Origin, Field: names[col], Rule: "unique", Message: "the same value stands at " + c.origin.String() + " for another person"})
				break
			}
		}
	}
	return faults
}
