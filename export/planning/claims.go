package planning

import (
	"context"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

type claim struct {
	person string
	origin export.Origin
	ended  bool // HR says that the person is to be inactive
}

// claimed is a value that a record claims in a unique column.
type claimed struct {
	col    int
	value  string // folded; "" withdraws an earlier claim of this person
	claim  claim
	absent bool // the record leaves the column open
}

// claiming are the claims of one record. For a person with one record they are only the suspicious ones.
type claiming struct {
	of     *ofSeveral // nil for a person with one record
	person string
	claims []claimed
}

// resolve compares the suspicious values themselves: hashes may collide, and two records of one person may agree.
func (p *Planner) resolve(ctx context.Context, s *survey) error {
	s.claims = make([]map[string][]claim, len(s.cols))
	last := make([]map[string]claimed, len(s.cols)) // for people with several records: the claim of the last one
	for i := range s.cols {
		s.claims[i], last[i] = map[string][]claim{}, map[string]claimed{}
	}
	latest := func(records ...claiming) {
		for _, c := range records {
			for _, f := range c.claims {
				if !f.absent {
					last[f.col][c.person] = f
				}
			}
		}
	}
	unpicked := map[string][]claiming{} // by person with several records, one of which the mapping prefers
	err := parallel(ctx, p, func(w *worker, c export.Chunk) (out []claiming, err error) {
		err = p.each(w, c, func(rec *export.Record, person string, m export.RowMapper) error {
			if m != nil {
				if c := p.claiming(w, s, rec, person, m, export.Origin{File: w.file(rec), Line: rec.Line}, w.from.day); len(c.claims) > 0 {
					out = append(out, c)
				}
			}
			return nil
		})
		return out, err
	}, func(got []claiming) error {
		for _, c := range got {
			switch {
			case c.of == nil:
				for _, f := range c.claims {
					s.claims[f.col][f.value] = append(s.claims[f.col][f.value], f.claim)
				}
			case p.Several == export.SeveralPrefer:
				unpicked[c.person] = append(unpicked[c.person], c)
			default:
				latest(c)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, records := range unpicked {
		latest(preferredOf(records)...)
	}
	for i := range last {
		for _, f := range last[i] {
			if f.value != "" {
				s.claims[i][f.value] = append(s.claims[i][f.value], f.claim)
			}
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

// claiming returns what a record claims.
func (p *Planner) claiming(w *worker, s *survey, rec *export.Record, person string, m export.RowMapper, origin export.Origin, day string) claiming {
	out := claiming{}
	var buf [128]byte
	ended := s.ends(rec, m) || p.left(w.leaveDay(rec))
	several := s.records(person) > 1
	for i, col := range s.cols {
		c, fault := m.MapColumn(rec, col)
		absent := fault != nil || c.State == export.Absent
		if _, suspect := s.suspects[i][hashFold(s.seed, c.Text, buf[:0])]; several || suspect && !absent && c.State != export.Clear {
			if out.person == "" {
				out.person = strings.Clone(person)
			}
			out.claims = append(out.claims, claimed{i, foldTidy(c.Text), claim{out.person, origin, ended}, absent})
		}
	}
	if several {
		out.of = p.ofSeveral(rec, origin, m, day)
	}
	return out
}

// foldTidy returns the form in which values that must be unique are compared.
func foldTidy(text string) string { return fold(alike.Tidy(text)) }

// preferredOf returns the records of a person that the rule picks, or all where it picks none: then the person is quarantined.
func preferredOf(records []claiming) []claiming {
	of := make([]*ofSeveral, len(records))
	for i := range records {
		of[i] = records[i].of
	}
	taken, faults := prefer(of)
	if faults != nil {
		return records
	}
	out := make([]claiming, 0, len(taken))
	for _, i := range taken {
		out = append(out, records[i])
	}
	return out
}

// ends reports whether a record is about a person who is to be inactive.
func (s *survey) ends(rec *export.Record, m export.RowMapper) bool {
	if s.status < 0 {
		return false
	}
	c, fault := m.MapColumn(rec, s.status)
	return fault == nil && saysInactive(c)
}

// saysInactive reports whether a cell of the column Status makes its person inactive.
func saysInactive(status export.Cell) bool {
	return strings.EqualFold(strings.TrimSpace(status.SetText()), export.StatusInactive)
}

// conflicts returns faults for the unique columns in which another person claims the same value as row. paired is true where each of
// them is about two records, of which at least one has ended: it is for Coupa's answers to say whose account it is.
func (s *survey) conflicts(row *export.Row, person string, names []string) (faults []export.Fault, paired bool) {
	if s.claims == nil {
		return nil, false
	}
	paired = true
	for i, col := range s.cols {
		if len(s.claims[i]) == 0 || row.Cells[col].State != export.Set {
			continue
		}
		for _, c := range s.claims[i][foldTidy(row.Cells[col].Text)] {
			if c.person != person {
				faults = append(faults, export.Fault{Origin: row.Origin, Field: names[col], Rule: "unique", Message: "the same value stands at " + c.origin.String() + " for another person"})
				paired = paired && s.pairs(s.claims[i][foldTidy(row.Cells[col].Text)])
				break
			}
		}
	}
	return faults, paired && len(faults) > 0
}

// pairs reports whether claims are those of two people, of whom at least one has ended.
func (*survey) pairs(claims []claim) bool {
	return len(claims) == 2 && (claims[0].ended || claims[1].ended)
}
