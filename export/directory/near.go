package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// Who may be meant by a row that matches nobody is looked for by last name: so many people a call, and so many calls a
// plan. Where hundreds match nobody the key is wrong, and hints would not help.
const (
	nearPeople = 10
	nearCalls  = 5
)

// near finds who may be meant by rows that match nobody: users of the same last name whose login is much the same. It is
// for a hint: a look-up that fails costs no more than that.
func (f *Preflight) near(ctx context.Context, nobody []*identity) {
	by, ok := f.Element(export.ColumnLastName)
	named := those(nobody, func(one *identity) bool {
		return one.says(export.ColumnLastName) != "" && one.says(export.ColumnLogin) != ""
	})
	slices.SortFunc(named, byOrigin)
	named = named[:min(len(named), nearPeople*nearCalls)]
	if !ok || len(named) == 0 {
		return
	}
	f.Log.Infof("looking for logins near to theirs: at most %s", Ahead((len(named)+nearPeople-1)/nearPeople, f.Rate))
	for some := range slices.Chunk(named, nearPeople) {
		names := make([]string, len(some))
		for i, one := range some {
			names[i] = one.says(export.ColumnLastName)
		}
		found, err := f.Users.Find(ctx, by, names, f.wanted())
		if err != nil {
			f.Log.Debugf("look for near logins: %v", err)
			return
		}
		for _, one := range some {
			one.hint = f.hint(one, by, found)
		}
	}
}

// hint names the user whose login is nearest, by Coupa's number. Its login is somebody else's personal data: it is told
// only where logins are the keys, and so stand in reports anyway.
func (f *Preflight) hint(one *identity, by export.Element, found []export.User) string {
	loginOf, ok := f.Element(export.ColumnLogin)
	if !ok {
		return ""
	}
	best, least, login := export.User{}, max(1, len(one.says(export.ColumnLogin))/3)+1, ""
	for _, u := range found {
		last, _ := u.Value(by)
		held, _ := u.Value(loginOf)
		if export.FoldText(last.Text) != export.FoldText(one.says(export.ColumnLastName)) || held.Text == "" {
			continue
		}
		d := export.Edits(export.FoldText(held.Text), export.FoldText(one.says(export.ColumnLogin)))
		if d < least || d == least && best.ID != "" && compareIDs(u.ID, best.ID) < 0 {
			best, least, login = u, d, held.Text
		}
	}
	switch {
	case best.ID == "":
		return ""
	case f.Key == export.ColumnLogin:
		return fmt.Sprintf(sayNear, best.ID+", login "+login)
	}
	return fmt.Sprintf(sayNear, best.ID)
}

func byOrigin(a, b *identity) int {
	return cmp.Or(strings.Compare(a.origin.File, b.origin.File), cmp.Compare(a.origin.Line, b.origin.Line))
}

// compareIDs orders Coupa's numbers.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }
