package differences_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/export"
)

// row returns a row of a person with changed columns; a kind for each.
func row(key string, cells ...export.CellChange) export.RowResult {
	c := &export.PersonChange{Against: export.AgainstCoupa, Cells: cells}
	return export.RowResult{Key: key, Origin: export.Origin{File: "users.csv", Line: len(key)}, Kinds: c.Kinds(), Change: c}
}

func cell(column string, kind export.ChangeKind) export.CellChange {
	return export.CellChange{Column: column, Kind: kind, Old: "old " + column, New: "new " + column, Known: true}
}

func fill(t *testing.T, s *differences.Store, rows ...export.RowResult) {
	t.Helper()
	for _, r := range rows {
		if !s.Wants(&r) {
			continue
		}
		p := differences.Person{Origin: r.Origin, Key: r.Key, Columns: map[string]string{"Email": "x@acme.example"}, Kinds: r.Kinds, Change: r.Change, Completed: export.ColumnNames{"Email", "Last Name"}}
		if err := s.Add(&p, 1); err != nil {
			t.Fatal(err)
		}
	}
}

func keys(s *differences.Store, most int) (out []string) {
	for p := range s.All(most, func(int64) string { return "part" }) {
		out = append(out, p.Key)
	}
	return out
}

func mixed() []export.RowResult {
	unknown := export.RowResult{Key: "unknown", Kinds: export.ChangeKinds(0).With(export.ChangeUnchecked)}
	return []export.RowResult{
		row("other", cell("Title", export.ChangeOther)), unknown, row("new", cell("Login", export.ChangeCreate)),
		row("mail", cell("Email", export.ChangeEmail), cell("Title", export.ChangeOther)), row("leaver", cell("Status", export.ChangeDeactivation)),
		row("second leaver", cell("Status", export.ChangeDeactivation)), row("back", cell("Status", export.ChangeReactivation)),
	}
}

func TestStoreReturnsPeopleInTheOrderOfAnApprover(t *testing.T) {
	s := &differences.Store{Keep: math.MaxInt}
	fill(t, s, mixed()...)
	if got, want := keys(s, 100), []string{"leaver", "second leaver", "mail", "new", "back", "other", "unknown"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := keys(s, 2); len(got) != 2 || s.Matched() != 7 {
		t.Errorf("got %q of %d people, want 2 of 7", got, s.Matched())
	}
	for p := range s.All(3, func(int64) string { return "part" }) {
		if p.Part != "part" || p.Completed.Text() != "Email, Last Name" || len(p.Change.Cells) == 0 || p.Change.Cells[0].Known != true {
			t.Errorf("read back as %+v", p)
		}
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestOnlySelectsByKindAndByColumn(t *testing.T) {
	for word, want := range map[string]string{
		"": "leaver second leaver mail new back other unknown", "creates": "new", "deactivations": "leaver second leaver", "reactivations": "back", "renames": "mail", "roles": "",
		"Title": "mail other", "email": "mail", "STATUS": "leaver second leaver back", // the e-mail of the unknown person is completed, and not HR's
	} {
		only, err := differences.ReadOnly(word, []string{"Title", "Email", "Status"})
		if err != nil {
			t.Fatal(err)
		}
		s := &differences.Store{Keep: 1, Only: only}
		fill(t, s, mixed()...)
		matched := s.Matched()
		s = &differences.Store{Keep: 10, Only: only}
		fill(t, s, mixed()...)
		if got := strings.Join(keys(s, 10), " "); got != want || matched != s.Matched() || matched != len(keys(s, 10)) {
			t.Errorf("--only %q: %q, %d and %d matched; want %q", word, got, matched, s.Matched(), want)
		}
	}
	only, _ := differences.ReadOnly("case", nil)
	s := &differences.Store{Keep: 10, Only: only}
	fill(t, s, mixed()...)
	capitals := cell(export.ColumnLogin, export.ChangeCase)
	for _, r := range []export.RowResult{
		{Key: "capitals", Kinds: export.ChangeKinds(0).With(export.ChangeCase), Change: &export.PersonChange{Cells: []export.CellChange{capitals}}}, {Key: "equal"},
	} {
		if err := s.AddUnsent(&r); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(s, 10); !slices.Equal(got, []string{"capitals"}) || s.Matched() != 1 {
		t.Errorf("--only case: %q", got)
	}
	if _, err := differences.ReadOnly("people", []string{"Title"}); err == nil {
		t.Error("a wrong word is taken")
	}
}

func TestStoreOfManyPeopleIsOnDisk(t *testing.T) {
	s := &differences.Store{Keep: math.MaxInt}
	const n = 20_000
	for i := range n {
		fill(t, s, row(fmt.Sprint("P", i), cell("Title", export.ChangeOther)))
	}
	fill(t, s, mixed()[4])
	got := keys(s, n+1)
	if len(got) != n+1 || got[0] != "leaver" || got[1] != "P0" || got[n] != fmt.Sprint("P", n-1) {
		t.Errorf("%d people, the first are %q", len(got), got[:3])
	}
	s.Restart()
	if got := keys(s, 5); got != nil || s.Matched() != 0 {
		t.Errorf("after a restart it has %q", got)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
