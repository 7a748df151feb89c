package differences

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
)

// Only selects people by what changes of them. The zero value selects all.
type Only struct {
	word   string             // as it is printed; "" for all
	kinds  export.ChangeKinds // any of them; none: by column
	column string
}

var onlyWords = []struct {
	word  string
	kinds []export.ChangeKind
}{
	{"creates", []export.ChangeKind{export.ChangeCreate}},
	{"deactivations", []export.ChangeKind{export.ChangeDeactivation}},
	{"reactivations", []export.ChangeKind{export.ChangeReactivation}},
	{"renames", []export.ChangeKind{export.ChangeLogin, export.ChangeNumber, export.ChangeEmail}},
	{"roles", []export.ChangeKind{export.ChangeRoleTaken, export.ChangeRoleGiven}},
	{"case", []export.ChangeKind{export.ChangeCase}},
}

// ReadOnly returns the selection that a word names: a kind of change, or one of the mapped columns in any case. "" selects
// all. Any other word is a usage error that names the words.
func ReadOnly(word string, columns []string) (Only, error) {
	if word == "" {
		return Only{}, nil
	}
	var words []string
	for _, w := range onlyWords {
		if w.word == word {
			o := Only{word: word}
			for _, k := range w.kinds {
				o.kinds = o.kinds.With(k)
			}
			return o, nil
		}
		words = append(words, w.word)
	}
	if i := slices.IndexFunc(columns, func(c string) bool { return strings.EqualFold(c, word) }); i >= 0 {
		return Only{word: columns[i], column: columns[i]}, nil
	}
	return Only{}, export.Hint(exit.Usage("--only: %q is neither a kind of change nor a mapped column", word),
		"use one of %s, or a column: %s", strings.Join(words, ", "), strings.Join(slices.Sorted(slices.Values(columns)), ", "))
}

// String returns the word; "" where all are selected.
func (o Only) String() string { return o.word }

// All reports whether no one is left out.
func (o Only) All() bool { return o.word == "" }

// row reports whether the person of a row is selected; sure is false where that depends on the row's cells.
func (o Only) row(r *export.RowResult) (matches, sure bool) {
	switch {
	case o.All():
		return true, true
	case o.column == "":
		return r.Kinds&o.kinds != 0, true
	case r.Change == nil:
		return false, false
	}
	return r.Change.Has(o.column), true
}

// Unsent reports whether a person is selected of whom nothing is sent: it takes a selection of what is shown and not sent.
func (o Only) Unsent(r *export.RowResult) bool {
	return o.kinds.Has(export.ChangeCase) && r.Kinds.Has(export.ChangeCase) && r.Change != nil
}

// Matches reports whether a person is selected. Of people of whom nothing is known, each column that is sent may change.
func (o Only) Matches(p *Person) bool {
	matches, sure := o.row(&export.RowResult{Kinds: p.Kinds, Change: p.Change})
	if sure {
		return matches
	}
	return p.Columns[o.column] != "" && !slices.Contains(p.Completed, o.column)
}

// Describe returns a sentence about how many people are selected.
func (o Only) Describe(n int) string {
	if o.column != "" {
		return fmt.Sprintf("only people whose %s changes (--only): %d", o.column, n)
	}
	return fmt.Sprintf("only %s (--only): %d", o.word, n)
}
