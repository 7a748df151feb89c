package directory_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// TestAdoptLaw: whatever is adopted, people of the feed who may go have accounts of their own, nobody gets a second account while
// one has their login, and an account goes over only where no sound record has its number.
func TestAdoptLaw(t *testing.T) {
	adopted, handed := 0, 0
	columns := []string{export.ColumnNumber, export.ColumnLogin, export.ColumnEmail, export.ColumnStatus}
	for seed := range uint64(400) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		size := 2 + rnd.IntN(6)
		some := func(what string, of int) string { return fmt.Sprintf("%s%d", what, rnd.IntN(of)) }
		r := &register{columns: columns}
		taken := map[string]bool{}
		for range size {
			u := map[string]string{export.ColumnNumber: some("n", size*2), export.ColumnLogin: some("l", size*2), export.ColumnEmail: some("e", size*2), export.ColumnStatus: export.StatusActive}
			for column, v := range u {
				if column != export.ColumnStatus && taken[v] {
					u[column] = ""
				}
				taken[v] = true
			}
			if rnd.IntN(2) == 0 {
				u[export.ColumnStatus] = export.StatusInactive
			}
			r.users = append(r.users, u)
		}
		p := matching(r)
		p.Columns, p.MayCreate = columns, true
		p.Adopt = directory.Adoptions{Rehire: rnd.IntN(2) == 0, Number: rnd.IntN(2) == 0, Handover: rnd.IntN(2) == 0}
		switch rnd.IntN(4) {
		case 0:
			p.Key = export.ColumnLogin
		case 1:
			p.Match = []string{export.ColumnNumber, export.ColumnLogin}
		}
		rows := make([]*export.Row, size)
		for i := range rows {
			texts := []string{some("n", size*2), some("l", size*2), some("e", size*2), export.StatusActive}
			if like := r.users[rnd.IntN(size)]; rnd.IntN(3) > 0 {
				texts[1], texts[2] = like[export.ColumnLogin], like[export.ColumnEmail]
			}
			if rnd.IntN(2) == 0 {
				texts[3] = export.StatusInactive
			}
			rows[i] = row(i+2, texts...)
			for c := range texts { // what the feed itself must not claim twice was held back before, but for pairs
				if texts[c] == "" {
					rows[i].Cells[c] = exporttest.Set(fmt.Sprintf("x%d.%d", c, i))
				}
			}
			p.Note(fmt.Sprint(i), rows[i])
		}
		if err := p.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		goes := func(i int) bool {
			_, gone := p.Moot(fmt.Sprint(i))
			return !gone && len(p.Faults(fmt.Sprint(i), rows[i])) == 0
		}
		by := map[string]int{}
		for i, one := range rows {
			u, found := p.Found(fmt.Sprint(i))
			why, gone := p.Moot(fmt.Sprint(i))
			if gone {
				handed++
				if heir := heirOf(t, why); found || !strings.EqualFold(one.Cells[3].Text, export.StatusInactive) {
					t.Fatalf("seed %d: the account of record %d (found %v) has gone over to %d", seed, i, found, heir)
				}
			}
			if !goes(i) {
				continue
			}
			number := u.Values[export.ColumnNumber].Text
			switch {
			case !found:
				if at := slices.IndexFunc(r.users, func(u map[string]string) bool { return u[export.ColumnLogin] == one.Cells[1].Text }); at >= 0 {
					t.Fatalf("seed %d: record %d gets a second account beside %d", seed, i, at+1)
				}
			case number != "" && number != one.Cells[0].Text:
				if !p.Adopt.Rehire && !p.Adopt.Number && !p.Adopt.Handover {
					t.Fatalf("seed %d: record %d gets account %s of number %s, and nothing is adopted", seed, i, u.ID, number)
				}
				if other := slices.IndexFunc(rows, func(r *export.Row) bool { return r.Cells[0].Text == number }); other >= 0 && goes(other) {
					t.Fatalf("seed %d: record %d gets account %s, of which record %d has the number", seed, i, u.ID, other)
				}
				adopted++
			}
			if before, two := by[u.ID]; found && two {
				t.Fatalf("seed %d: account %s is that of records %d and %d", seed, u.ID, before, i)
			}
			by[u.ID] = i
		}
	}
	if adopted < 20 || handed < 20 {
		t.Errorf("only %d adopted, %d handed over", adopted, handed)
	}
}

// TestWhoseAccount: an account with the number of neither record of a pair goes over to none of them, and only those who swap are
// told that they do, not those who wait for them.
func TestWhoseAccount(t *testing.T) {
	columns := []string{export.ColumnNumber, export.ColumnLogin, export.ColumnEmail, export.ColumnStatus}
	ask := func(users []map[string]string, key string, rows ...[]string) (said []string) {
		p := matching(&register{users: users, columns: columns})
		p.Columns, p.Key, p.Adopt = columns, key, directory.Adoptions{Handover: true}
		for i, texts := range rows {
			p.Note(fmt.Sprint(i), row(i+2, texts...))
		}
		if err := p.Ask(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			rules := ""
			for _, f := range p.Faults(fmt.Sprint(i), row(i+2, rows[i]...)) {
				rules += f.Rule + " "
			}
			if _, moot := p.Moot(fmt.Sprint(i)); moot {
				rules += "moot"
			}
			said = append(said, strings.TrimSpace(rules))
		}
		return said
	}
	user := func(number, login string) map[string]string {
		return map[string]string{export.ColumnNumber: number, export.ColumnLogin: login, export.ColumnEmail: login + "@x", export.ColumnStatus: export.StatusActive}
	}
	got := ask([]map[string]string{user("n9", "ann")}, export.ColumnLogin,
		[]string{"n1", "ann", "ann@x", export.StatusInactive}, []string{"n2", "ann", "ann@x", export.StatusActive})
	if want := []string{"number twice", "number twice"}; !slices.Equal(got, want) {
		t.Errorf("an account of a third number: %q, want %q", got, want)
	}
	got = ask([]map[string]string{user("n1", "a"), user("n2", "b"), user("n3", "c")}, export.ColumnNumber,
		[]string{"n1", "b", "a@x", export.StatusActive}, []string{"n2", "a", "b@x", export.StatusActive}, []string{"n3", "b", "c@x", export.StatusActive})
	if want := []string{"swap", "swap", "taken"}; !slices.Equal(got, want) {
		t.Errorf("two who swap, and one who wants what one of them has: %q, want %q", got, want)
	}
}

// heirOf returns the record that a reason names.
func heirOf(t *testing.T, why export.Fault) int {
	t.Helper()
	line := 0
	if _, err := fmt.Sscanf(why.Message, "the record has ended, and the account is that of users.csv:%d", &line); err != nil {
		t.Fatal(why.Message, err)
	}
	return line - 2
}
