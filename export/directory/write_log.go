package directory

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"maps"
	"slices"

	"github.com/hr2coupa/hr2coupa/export"
)

// wordless replaces Coupa's words in the log where they cannot be masked.
const wordless = "its words are in the report"

// logText returns the text of a write's error for the log. For a refusal it holds Coupa's words, which Coupa's own
// scenario of error handling looks for, with known data of the person and every login and e-mail address masked. For
// any other failure it holds status and cause.
func (j *writing) logText(ctx context.Context, w export.Write, r export.RowResult, err error) string {
	no, ok := errors.AsType[*export.RefusedError](err)
	if !ok || len(no.Messages) == 0 {
		return err.Error()
	}
	if j.Naming.Discreet {
		return no.Error() + "; " + wordless
	}
	about, err := j.personal(ctx, w, r)
	if err == nil {
		err = j.knowLogins()
	}
	if err != nil {
		return fmt.Sprintf("%v; %s, since what they may say of people is not known (%v)", no, wordless, err)
	}
	m := Masker{About: about, Login: j.logins.has}
	return fmt.Sprintf("%s: %d: %s", no.Op, no.Status, m.MaskAll(no.Messages))
}

// personal returns all known data of the person of a row: what is sent, what Coupa held when the plan was made, what a
// call has emptied, and what Coupa holds now, also in columns that are not sent.
func (j *writing) personal(ctx context.Context, w export.Write, r export.RowResult) ([]export.ElementCell, error) {
	row := j.cells[r.PartRow-1]
	about := j.sendable(row)
	for _, c := range slices.Clone(about) {
		about = append(about, elementCells(c.Element, row.Was[c.Element.Path])...)
		about = append(about, elementCells(c.Element, export.Value{List: w.Emptied[c.Element.Column]})...)
	}
	if w.CoupaID == "" || j.Whole == nil {
		return about, nil
	}
	elements, user, err := j.Whole(ctx, w.CoupaID)
	if err != nil {
		return nil, err
	}
	for _, e := range elements {
		about = append(about, elementCells(e, user.Values[e.Path])...)
	}
	return about, nil
}

// elementCells returns cells of all values that Coupa holds at an element.
func elementCells(e export.Element, v export.Value) (cells []export.ElementCell) {
	texts := append([]string{v.Text}, v.List...)
	for _, part := range slices.Sorted(maps.Keys(v.Parts)) {
		texts = append(texts, v.Parts[part])
	}
	for _, text := range texts {
		if text != "" {
			cells = append(cells, export.ElementCell{Element: e, Cell: export.Cell{Text: text, State: export.Set}})
		}
	}
	return cells
}

// loginSet holds hashes, not logins: it lives as long as the start, and there may be a million.
type loginSet struct {
	seed   maphash.Seed
	hashes map[uint64]struct{}
}

func (s *loginSet) add(login string) {
	s.hashes[maphash.String(s.seed, export.FoldText(plain(login)))] = struct{}{}
}

func (s *loginSet) has(word string) bool {
	_, ok := s.hashes[maphash.String(s.seed, export.FoldText(word))]
	return ok
}

// knowLogins reads the ledger's logins at the first refusal of a part.
func (j *writing) knowLogins() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.logins != nil {
		return nil
	}
	known := &loginSet{maphash.MakeSeed(), map[uint64]struct{}{}}
	if err := j.Ledger.Logins(known.add); err != nil {
		return err
	}
	j.logins = known
	return nil
}
