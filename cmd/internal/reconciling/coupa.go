package reconciling

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// notRead returns the error of Coupa's side that was not read to its end (4). A fault of ours stays one.
func (s *sides) notRead(err error) error {
	if _, crashed := errors.AsType[*export.Crash](err); crashed || err == nil {
		return err
	}
	if _, known := errors.AsType[*exit.Error](err); known {
		return err
	}
	return &exit.Error{Code: export.ExitNotDelivered, Err: fmt.Errorf("could not %s, since Coupa's side was not read to its end: %w", s.doing, err)}
}

// readAPI reads Coupa's side by API: all users by ascending id, and then by key whoever of HR's people was not seen.
func (s *sides) readAPI(ctx context.Context) error {
	client, err := coupa.NewClient(wiring.CoupaConfig(s.pipe.Config), s.env.Log)
	if err != nil {
		return &exit.Error{Code: export.ExitUsage, Err: err}
	}
	users := client.Users()
	ctx, done := s.env.Wait(ctx, "reading Coupa's users")
	defer done()
	err = users.Check(ctx)
	if err == nil {
		err = s.readUsers(ctx, users)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.res.Calls = users.Asked()
	return s.notRead(err)
}

func (s *sides) readUsers(ctx context.Context, users *coupa.Users) error {
	var want []export.Element
	for _, e := range s.elements {
		if e.Path != "" && e.Column != export.ColumnID {
			want = append(want, e)
		}
	}
	rate := s.pipe.Config.Coupa.Rate
	add := func(u export.User) error {
		u.Values[coupa.ID().Path] = export.Value{Text: u.ID}
		return s.take(u)
	}
	all := &directory.Everyone{
		All: users, Want: want, Workers: users.Workers(),
		Ahead: func(calls int) {
			s.tell("reading all users of Coupa by ascending id: about %s", directory.Ahead(calls, rate))
		},
	}
	if err := all.Read(ctx, add); err != nil {
		return err
	}
	if s.compared == nil { // no one of HR's is looked for
		return nil
	}
	s.res.pairing = s.compared.Pair()
	unseen := map[string][]string{}
	elements := map[string]export.Element{}
	err := s.res.pairing.Unseen(func(by export.Element, value string) {
		unseen[by.Column], elements[by.Column] = append(unseen[by.Column], value), by
	})
	if err != nil {
		return err
	}
	for _, column := range s.res.Match {
		values := unseen[column]
		if len(values) == 0 {
			continue
		}
		slices.Sort(values)
		s.tell("asking for people who were not seen, by %s: about %s", column, directory.Ahead(directory.Calls(len(values)), rate))
		found, err := users.Find(ctx, elements[column], values, want)
		if err != nil {
			return err
		}
		for _, u := range found {
			if err := add(u); err != nil {
				return err
			}
		}
		if len(found) > 0 {
			s.res.pairing = s.compared.Pair()
		}
	}
	return nil
}
