package planning

import (
	"context"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Everybody maps every record of a planner's feed and passes some of its cells to take, in order: those of columns, "" where a cell is not
// set. Whoever is excluded by a condition or waits for a day is among them. Records that cannot be read are left out.
func Everybody(ctx context.Context, p *Planner, columns []int, take func(key string, texts []string)) error {
	own := *p
	own.Where, own.Effective = nil, nil
	p = &own
	type person struct {
		key   string
		texts []string
	}
	n := len(p.Mapping.Columns())
	return parallel(ctx, p, func(w *worker, c export.Chunk) (people []person, err error) {
		cells := make([]export.Cell, n)
		err = p.each(w, c, func(rec *export.Record, key string, m export.RowMapper) error {
			if m == nil {
				return nil
			}
			m.Map(rec, cells) // its faults are told where the row is built
			one := person{key: strings.Clone(key)}
			for _, i := range columns {
				text := ""
				if cells[i].State == export.Set {
					text = strings.Clone(cells[i].Text)
				}
				one.texts = append(one.texts, text)
			}
			people = append(people, one)
			return nil
		})
		return people, err
	}, func(people []person) error {
		for _, one := range people {
			take(one.key, one.texts)
		}
		return nil
	})
}
