package config

import "cmp"

// Wins says which side is right about a column in which HR and Coupa differ.
type Wins string

// The words of reconcile.repair. The first is the default.
const (
	WinsAsk   Wins = "ask"   // a person decides
	WinsHR    Wins = "hr"    // HR's value is sent
	WinsCoupa Wins = "coupa" // the value stays as Coupa has it
)

// everyColumn stands for the columns that reconcile.repair does not name.
const everyColumn = "*"

// Repair says which side wins where both differ: reconcile --repair plans only what HR wins.
type Repair struct {
	All     Wins // "" is ask; of columns that have no word of their own, and of people who are missing in Coupa
	Columns map[string]Wins
}

// Of returns which side wins in a column.
func (r Repair) Of(column string) Wins {
	if w, ok := r.Columns[column]; ok {
		return w
	}
	return cmp.Or(r.All, WinsAsk)
}

// repair reads which side wins. A column that the mapping does not fill is a fault: nothing of it is ever compared.
func repair(s *section, m Mapping) (r Repair) {
	wins := func(key string) Wins {
		return Wins(s.oneOf(key, string(WinsAsk), string(WinsHR), string(WinsCoupa)))
	}
	if w := wins(everyColumn); w != WinsAsk {
		r.All = w
	}
	for _, c := range m.Columns {
		if s.has(c.Name) {
			if r.Columns == nil {
				r.Columns = map[string]Wins{}
			}
			r.Columns[c.Name] = wins(c.Name)
		}
		s.know(c.Name)
	}
	s.done()
	return r
}
