package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// keyColumns are the columns by which people are looked up without Match, the strongest first. otherColumns are the other columns in
// which no two users have the same value, in the order of their look-ups.
var (
	keyColumns   = [...]string{export.ColumnID, export.ColumnNumber, export.ColumnLogin}
	otherColumns = [...]string{export.ColumnLogin, export.ColumnNumber, export.ColumnEmail}
)

// Ask looks all noted people up. An error means that Coupa could not be asked. The first look-up is a sample, which
// shows how many calls are still to come. Where reading all users takes fewer calls, Ask reads them all.
func (f *Preflight) Ask(ctx context.Context) error {
	people := f.sorted()
	f.faults, f.all = map[string][]export.Fault{}, nil
	f.moots, f.owns, f.askers = map[string]export.Fault{}, map[string]bool{}, map[string]*identity{}
	f.unmatched(people)
	f.Log.Infof("looking people up in Coupa: at least %s", Ahead(Calls(len(people)), f.Rate))
	some := f.sample(people)
	if err := f.first(ctx, some); err != nil {
		return err
	}
	if f.All != nil && Calls(len(people)) >= leastCalls { // the estimate needs to know who is found by which key
		if err := f.askByKey(ctx, those(some, func(one *identity) bool { return one.key != f.firstKey(one) })); err != nil {
			return err
		}
	}
	if err := f.readAll(ctx, people, some); err != nil {
		return err
	}
	if err := f.askByKey(ctx, people); err != nil {
		return err
	}
	if err := f.former(ctx, people); err != nil {
		return err
	}
	f.handOver(people)
	f.adopts(people)
	for _, column := range f.others() {
		if err := f.askOthers(ctx, people, column); err != nil {
			return err
		}
	}
	if err := f.askApprovers(ctx, people); err != nil {
		return err
	}
	f.swaps(people)
	f.leavers(people)
	f.twice(people)
	if err := f.creates(ctx, people); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// sorted returns the people in the order of their keys. None of them has been looked up.
func (f *Preflight) sorted() []*identity {
	people := make([]*identity, 0, len(f.people))
	for _, one := range f.people {
		one.key, one.looked, one.strange, one.asked = f.firstKey(one), false, nil, false
		people = append(people, one)
	}
	slices.SortFunc(people, func(a, b *identity) int { return strings.Compare(a.person, b.person) })
	return people
}

// sample returns as many people as one call takes, drawn evenly from those who are looked up by the most common key
// column.
func (f *Preflight) sample(people []*identity) []*identity {
	var most []*identity
	for _, column := range f.keyOrder() {
		if by := those(people, func(one *identity) bool { return one.key == column }); len(by) > len(most) {
			most = by
		}
	}
	if len(most) <= export.LookUp {
		return most
	}
	some := make([]*identity, export.LookUp)
	for i := range some {
		some[i] = most[i*len(most)/len(some)]
	}
	return some
}

// first looks up the first people. It proves that Coupa can be asked.
func (f *Preflight) first(ctx context.Context, some []*identity) error {
	if len(some) == 0 {
		return nil
	}
	look := func(ctx context.Context) error { return f.find(ctx, some, some[0].key, f.wanted(), f.byKey) }
	if f.First == nil {
		return look(ctx)
	}
	return f.First(ctx, look)
}

// askByKey looks up the people who have not been looked up yet. A person whom reading all users did not show may exist
// all the same; then the reading was not complete.
func (f *Preflight) askByKey(ctx context.Context, people []*identity) error {
	open := those(people, func(one *identity) bool { return !one.looked })
	for _, column := range f.keyOrder() {
		by := those(open, func(one *identity) bool { return !one.looked && one.key == column })
		if err := f.find(ctx, by, column, f.wanted(), f.byKey); err != nil {
			return err
		}
	}
	if f.all != nil && slices.ContainsFunc(open, func(one *identity) bool { return one.id != "" || one.bad && one.key != export.ColumnID }) {
		f.Log.Info("reading all users has not shown all of them: what is left is asked for by key")
		f.all = nil
	}
	return nil
}

// askOthers looks up the owners of the new values in the rows. The owner of a value that an earlier answer has shown is
// known. Where all users were read, a value that did not occur is free. For a person without a user it is looked up all
// the same, since a wrong answer would create a second account.
func (f *Preflight) askOthers(ctx context.Context, people []*identity, column string) error {
	open := those(people, func(one *identity) bool { return f.asks(one, column) })
	if len(open) == 0 {
		return nil
	}
	by, ok := f.Element(column)
	if !ok {
		return fmt.Errorf("users cannot be looked up by %s", column)
	}
	owners, judge := f.owners(people, open, column, by), f.byOther(column)
	open = slices.DeleteFunc(open, func(one *identity) bool {
		known := owners[export.FoldText(one.says(column))]
		if slices.ContainsFunc(known, func(u export.User) bool { return u.ID != one.id }) {
			judge(one, by, known)
			return true
		}
		return one.id != "" && f.all.shows(column)
	})
	return f.find(ctx, open, column, nil, judge)
}

// owners returns, by value, the users whom answers have shown to have one of the open people's values.
func (f *Preflight) owners(people, open []*identity, column string, by export.Element) map[string][]export.User {
	owners := make(map[string][]export.User, len(open))
	for _, one := range open {
		owners[export.FoldText(one.says(column))] = nil
	}
	note := func(id, value string) {
		key := export.FoldText(value)
		if known, asked := owners[key]; asked && !slices.ContainsFunc(known, func(u export.User) bool { return u.ID == id }) {
			owners[key] = append(known, export.User{ID: id, Values: map[string]export.Value{by.Path: {Text: value}}})
		}
	}
	for _, one := range people {
		if value, _ := one.value(column); one.id != "" && value != "" {
			note(one.id, value)
		}
	}
	f.all.each(column, note)
	for _, known := range owners {
		slices.SortFunc(known, func(a, b export.User) int { return compareIDs(a.ID, b.ID) })
	}
	return owners
}

func those(people []*identity, which func(*identity) bool) []*identity {
	return slices.DeleteFunc(slices.Clone(people), func(one *identity) bool { return !which(one) })
}

// find looks people up by one column, and calls judge for each with the users found.
func (f *Preflight) find(ctx context.Context, people []*identity, column string, want []export.Element, judge func(*identity, export.Element, []export.User)) error {
	if len(people) == 0 {
		return nil
	}
	by, ok := f.Element(column)
	if !ok {
		return fmt.Errorf("users cannot be looked up by %s", column)
	}
	chunks := slices.Collect(slices.Chunk(people, export.LookUp))
	return atOnce(ctx, f.Workers, len(chunks), func(ctx context.Context, i int) error {
		values := make([]string, len(chunks[i]))
		for n, one := range chunks[i] {
			values[n] = one.says(column)
		}
		found, err := f.Users.Find(ctx, by, values, want)
		if err != nil {
			return err
		}
		for _, one := range chunks[i] {
			judge(one, by, found)
		}
		return nil
	})
}
