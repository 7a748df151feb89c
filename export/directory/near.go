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

// RuleNear is the rule of a row that would create a user, where Coupa has one who is probably meant.
const RuleNear = "near"

// hint is a user who may be meant by a row that matches none.
type hint struct {
	id   string
	text string // behind another reason
	why  string // as the reason against the row
}

// String returns what a hint adds to another reason; of none it is "".
func (h *hint) String() string {
	if h == nil {
		return ""
	}
	return h.text
}

// noteFirst notes a first name, which only [Preflight.Suspect] needs.
func (f *Preflight) noteFirst(person string, row *export.Row) {
	i := slices.Index(f.Columns, export.ColumnFirstName)
	if !f.Suspect || i < 0 {
		return
	}
	if f.firsts == nil {
		f.firsts = map[string]string{}
	}
	f.firsts[strings.Clone(person)] = strings.Clone(row.Cells[i].SetText())
}

// near finds the users who may be meant by rows that match no user: those with the same last name and a similar login. With
// Suspect the first name counts too, and each row is looked at. Else the result is only a hint: a failed look-up loses the
// hint and nothing else.
func (f *Preflight) near(ctx context.Context, unknown []*identity) error {
	by, ok := f.Element(export.ColumnLastName)
	named := those(unknown, func(one *identity) bool {
		return one.says(export.ColumnLastName) != "" && one.says(export.ColumnLogin) != ""
	})
	slices.SortFunc(named, byOrigin)
	if !f.Suspect {
		named = named[:min(len(named), nearPeople*nearCalls)]
	}
	if !ok || len(named) == 0 {
		return nil
	}
	f.Log.Infof("looking for logins near to theirs: at most %s", Ahead((len(named)+nearPeople-1)/nearPeople, f.Rate))
	for some := range slices.Chunk(named, nearPeople) {
		names := make([]string, len(some))
		for i, one := range some {
			names[i] = one.says(export.ColumnLastName)
		}
		found, err := f.Users.Find(ctx, by, names, f.wanted())
		switch {
		case err != nil && f.Suspect:
			return err
		case err != nil:
			f.Log.Debugf("look for near logins: %v", err)
			return nil
		}
		for _, one := range some {
			one.hint = f.hint(one, by, found)
		}
	}
	return nil
}

// hint names the user with the most similar login, by Coupa's number. The login itself is another person's data: the
// hint shows it only where logins are the keys and so are in reports anyway, and not where Discreet is set.
func (f *Preflight) hint(one *identity, by export.Element, found []export.User) *hint {
	loginOf, ok := f.Element(export.ColumnLogin)
	if !ok {
		return nil
	}
	best, least, login, same := export.User{}, max(1, len(one.says(export.ColumnLogin))/3)+1, "", export.User{}
	for _, u := range found {
		last, _ := u.Value(by)
		held, _ := u.Value(loginOf)
		if export.FoldText(last.Text) != export.FoldText(one.says(export.ColumnLastName)) || held.Text == "" {
			continue
		}
		if f.sameFirst(one, u) && (same.ID == "" || compareIDs(u.ID, same.ID) < 0) {
			same = u
		}
		d := alike.Edits(export.FoldText(held.Text), export.FoldText(one.says(export.ColumnLogin)))
		if d < least || d == least && best.ID != "" && compareIDs(u.ID, best.ID) < 0 {
			best, least, login = u, d, held.Text
		}
	}
	switch {
	case best.ID == "" && same.ID == "":
		return nil
	case best.ID == "":
		return &hint{same.ID, fmt.Sprintf(sayNear, same.ID), saySameName}
	case f.Key == export.ColumnLogin && !f.Discreet:
		return &hint{best.ID, fmt.Sprintf(sayNear, best.ID+", login "+login), sayNearLogin}
	}
	return &hint{best.ID, fmt.Sprintf(sayNear, best.ID), sayNearLogin}
}

// sameFirst reports whether a user has the first name of a row, where that counts.
func (f *Preflight) sameFirst(one *identity, u export.User) bool {
	name := export.FoldText(f.firsts[one.person])
	if e, ok := f.Element(export.ColumnFirstName); ok && name != "" {
		held, _ := u.Value(e)
		return export.FoldText(held.Text) == name
	}
	return false
}

func byOrigin(a, b *identity) int {
	return cmp.Or(strings.Compare(a.origin.File, b.origin.File), cmp.Compare(a.origin.Line, b.origin.Line))
}

// compareIDs orders Coupa's numbers.
func compareIDs(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }
