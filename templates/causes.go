package templates

import (
	_ "embed"
	"slices"
	"sync"
)

//go:embed causes.csv
var causesTable []byte

// Basis says where a message of the causes table was seen.
type Basis string

const (
	BasisDocumented Basis = "documented"    // on a page of Coupa's
	BasisSample     Basis = "sample"        // in a payload that Coupa shows
	BasisRails      Basis = "Rails default" // Coupa's messages read like those of Rails
	BasisAssumed    Basis = "assumed"
	BasisOwn        Basis = "own" // a rule of this program's
)

// Cause is one message and what is behind it. Several messages may have one cause: they then have its texts.
type Cause struct {
	Tail    string // how the message ends; # stands for a number, * for any text
	Name    string // a short stable word
	Meaning string
	Todo    string
	Owner   string // whose task it is: HR, IT or Coupa admin
	Basis   Basis
}

// Causes gives the catalogue of messages.
func Causes() []Cause { return slices.Clone(causes()) }

var causes = sync.OnceValue(func() []Cause {
	table := must(parseTable(causesTable, parseCause))
	first := map[string]Cause{}
	for i, c := range table {
		f, again := first[c.Name]
		if !again {
			first[c.Name] = c
			continue
		}
		table[i].Meaning, table[i].Todo, table[i].Owner = f.Meaning, f.Todo, f.Owner
	}
	return table
})

// parseCause reads one message; the texts of a cause stand with its first one only.
func parseCause(l *line) Cause {
	c := Cause{
		Tail: l.text("tail"), Name: l.text("cause"), Meaning: l.text("meaning"), Todo: l.text("todo"),
		Owner: l.text("owner"), Basis: Basis(l.text("basis")),
	}
	if !slices.Contains([]string{"", "HR", "IT", "Coupa admin"}, c.Owner) {
		l.fail("owner", "is none of HR, IT, Coupa admin")
	}
	if !slices.Contains([]Basis{BasisDocumented, BasisSample, BasisRails, BasisAssumed, BasisOwn}, c.Basis) {
		l.fail("basis", "is not a known one")
	}
	return c
}
