package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// The person meant by a row that matches no user is searched by last name. These limits are people per call and calls
// per plan. Where hundreds of rows match no user, the key is wrong and hints would not help.
const (
	nearPeople = 10
	nearCalls  = 5
)

// near finds the users who may be meant by rows that match no user: those with the same last name and a similar login.
// The result is only a hint: a failed look-up loses the hint and nothing else.
func (f *Preflight) near(ctx context.Context, unknown []*identity) {
	by, ok := f.Element(export.ColumnLastName)
	named := those(unknown, func(one *identity) bool {
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

// hint names the user with the most similar login, by Coupa's number. The login itself is another person's data: the
// hint shows it only where logins are the keys and so are in reports anyway, and not where Discreet is set.
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
		d := alike.Edits(export.FoldText(held.Text), export.FoldText(one.says(export.ColumnLogin)))
		if d < least || d == least && best.ID != "" && compareIDs(u.ID, best.ID) < 0 {
			best, least, login = u, d, held.Text
		}
	}
	switch {
	case best.ID == "":
		return ""
	case f.Key == export.ColumnLogin && !f.Discreet:
		return fmt.Sprintf(sayNear, best.ID+", login "+login)
	}
	return fmt.Sprintf(sayNear, best.ID)
}

func byOrigin(a, b *identity) int {
	return cmp.Or(strings.Compare(a.origin.File, b.origin.File), cmp.Compare(a.origin.Line, b.origin.Line))
}

// compareIDs orders Coupa's numbers.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }
