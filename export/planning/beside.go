package planning

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/baseline"
)

// Beside is a held run that a plan leaves as it is. The plan takes up none of the records that the held run keeps. It
// keeps no records itself, since at most one run keeps records: people who would have to wait are quarantined instead.
type Beside struct {
	Run   string            // the held run
	Keeps *baseline.Waiting // the people of its records
}

// ReadBeside reads the people of a planner's feed, which is the records that a held run keeps.
func ReadBeside(ctx context.Context, p *Planner, run string) (*Beside, error) {
	keeps := &baseline.Waiting{Keys: map[string]string{}, Logins: map[string]string{}}
	login := slices.Index(p.Mapping.Columns(), export.ColumnLogin)
	type who struct{ key, login string }
	err := parallel(ctx, p, func(w *worker, c export.Chunk) (people []who, err error) {
		err = p.each(w, c, func(rec *export.Record, person string, m export.RowMapper) error {
			if m == nil && person == "" {
				return fmt.Errorf("read the records that run %s keeps: %s:%d: %s", run, w.file(rec), rec.Line, rec.Fault.Message)
			}
			one := who{key: strings.Clone(person)}
			if login >= 0 && m != nil {
				cell, _ := m.MapColumn(rec, login) // a mapping fault is reported when the record is planned again
				one.login = strings.Clone(alike.FoldLogin(cell.SetText()))
			}
			people = append(people, one)
			return nil
		})
		return people, err
	}, func(people []who) error {
		for _, one := range people {
			keeps.Keys[one.key], keeps.Logins[one.login] = run, run
		}
		return nil
	})
	return &Beside{run, keeps}, err
}

// beside returns why a row may not be sent while a held run stays: an earlier record of its person is kept, or is in a
// part without a verdict.
func (e *encoder) beside(one *rowDraft) []export.Fault {
	b := e.p.Beside
	if _, kept := b.Keeps.Behind(one.key, "", e.text(one, e.login)); kept {
		return []export.Fault{{Origin: one.row.Origin, Rule: "held", Message: fmt.Sprintf("run %s is held and keeps a record of this person, which may be newer or older", b.Run)}}
	}
	if part, waits := e.behind(one); waits {
		return []export.Fault{{Origin: one.row.Origin, Rule: "held", Message: fmt.Sprintf("part %s has an earlier row of this person and no verdict, and nothing more can wait while run %s is held", part, b.Run)}}
	}
	return nil
}
