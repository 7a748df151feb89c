package export

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCellChange(t *testing.T) {
	element := func(column string, kind ElementKind) Element {
		return Element{Column: column, Path: column, Kind: kind}
	}
	login, email, number := element(ColumnLogin, KindFold), element(ColumnEmail, KindFold), element(ColumnNumber, KindFold)
	status, roles, name := element(ColumnStatus, KindStatus), element("User Role Names", KindNames), element(ColumnLastName, KindText)
	set := func(text string) Cell { return Cell{Text: text, State: Set} }
	text := func(s string) Value { return Value{Text: s} }
	names := func(s ...string) Value { return Value{List: s} }
	for _, c := range []struct {
		what  string
		e     Element
		cell  Cell
		held  Value
		known bool
		want  string // the kind; "" where nothing changes
		gains int
		loses int
	}{
		{"an equal text", name, set("Wolff"), text("Wolff "), true, "", 0, 0},
		{"another text", name, set("Roe"), text("Wolff"), true, "other", 0, 0},
		{"a text where there is none", name, set("Roe"), Value{}, true, "filled", 0, 0},
		{"an absent cell", name, Cell{}, text("Wolff"), true, "", 0, 0},
		{"a text of which nothing is known", name, set("Roe"), Value{}, false, "other", 0, 0},
		{"another login", login, set("wroe"), text("wwolff"), true, "login", 0, 0},
		{"a login in capitals", login, set("WWOLFF"), text("wwolff"), true, "case", 0, 0},
		{"an e-mail address in another case", email, set("W@a.example"), text("w@a.example"), true, "case", 0, 0},
		{"another e-mail address", email, set("x@a.example"), text("w@a.example"), true, "email", 0, 0},
		{"a first e-mail address", email, set("x@a.example"), Value{}, true, "filled", 0, 0},
		{"another number", number, set("2"), text("1"), true, "number", 0, 0},
		{"an unknown login", login, set("wroe"), Value{}, false, "login", 0, 0},
		{"active to inactive", status, set(StatusInactive), text("true"), true, "deactivation", 0, 0},
		{"inactive already", status, set(StatusInactive), text("false"), true, "", 0, 0},
		{"inactive to active", status, set(StatusActive), text("false"), true, "reactivation", 0, 0},
		{"no status to active", status, set(StatusActive), Value{}, true, "reactivation", 0, 0},
		{"inactive of whom nothing is known", status, set(StatusInactive), Value{}, false, "deactivation", 0, 0},
		{"active of whom nothing is known", status, set(StatusActive), Value{}, false, "other", 0, 0},
		{"the same roles in another order", roles, set("User, Buyer"), names("Buyer", "User"), true, "", 0, 0},
		{"a role more", roles, set("User, Buyer"), names("User"), true, "role_given", 1, 0},
		{"a role less", roles, set("User"), names("User", "Buyer"), true, "role_taken", 0, 1},
		{"a role for another", roles, set("User, Admin"), names("User", "Buyer"), true, "role_taken", 1, 1},
		{"all roles removed", roles, Cell{State: Clear}, names("User"), true, "role_taken", 0, 1},
		{"no roles, and none removed", roles, Cell{State: Clear}, names(), true, "", 0, 0},
		{"roles of which nothing is known", roles, set("User"), Value{}, false, "role_taken", 1, 0},
	} {
		d, changes := ElementCell{c.e, c.cell}.Change(c.held, c.known)
		got := ""
		if changes {
			got = d.Kind.String()
		}
		if got != c.want || len(d.Gained) != c.gains || len(d.Lost) != c.loses {
			t.Errorf("%s: %q, gains %q, loses %q", c.what, got, d.Gained, d.Lost)
		}
	}
}

func TestChiefKind(t *testing.T) {
	of := func(kinds ...ChangeKind) (s ChangeKinds) {
		for _, k := range kinds {
			s = s.With(k)
		}
		return s
	}
	for want, sets := range map[ChangeKind][]ChangeKinds{
		ChangeCreate:       {of(ChangeCreate)},
		ChangeDeactivation: {of(ChangeOther, ChangeDeactivation, ChangeLogin, ChangeUnchecked)},
		ChangeReactivation: {of(ChangeReactivation, ChangeRoleGiven)},
		ChangeLogin:        {of(ChangeLogin), of(ChangeEmail, ChangeOther), of(ChangeNumber)},
		ChangeUnchecked:    {of(ChangeUnchecked, ChangeEmail)},
		ChangeOther:        {of(ChangeOther), of(ChangeRoleTaken), of(ChangeFilled), of(ChangeCase)},
	} {
		for _, s := range sets {
			if got := s.Chief(); got != want {
				t.Errorf("%v: %s, want %s", s.List(), got, want)
			}
		}
	}
}

func TestChangeWords(t *testing.T) {
	for _, k := range ChangeKindsInOrder() {
		var back ChangeKind
		text, err := k.MarshalText()
		if err == nil {
			err = back.UnmarshalText(text)
		}
		if err != nil || back != k {
			t.Errorf("%q is read as %q: %v", text, back, err)
		}
	}
	if d := cmp.Diff([]ChangeKind{ChangeCreate, ChangeCase}, ChangeKinds(0).With(ChangeCase).With(ChangeCreate).List()); d != "" {
		t.Error(d)
	}
	for want, set := range map[string]ChangeKinds{`[]`: 0, `["login","other"]`: ChangeKinds(0).With(ChangeOther).With(ChangeLogin)} {
		if got, err := set.MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("%s, %v, want %s", got, err, want)
		}
	}
	if new(ChangeKind).UnmarshalText([]byte("renaming")) == nil {
		t.Error("an unknown word is taken")
	}
}
