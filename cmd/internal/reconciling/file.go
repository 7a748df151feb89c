package reconciling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/howfar"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// usersFile is a users export of Coupa's.
type usersFile struct {
	*feed.Feed
	fields []reconcile.Field
}

func (f *usersFile) has(column string) bool {
	return slices.ContainsFunc(f.fields, func(of reconcile.Field) bool { return of.Column == column })
}

// noKey returns the error of a file that shows none of the columns by which people are paired.
func (f *usersFile) noKey(pipe *wiring.Pipeline) error {
	return export.Hint(fmt.Errorf("%s has no field for %s, by which people are found", f.Names()[0], pipe.Key), "name it: --column HEADER=%q", pipe.Key)
}

// noStatus returns the error of a file that does not say who is active: every leaver would look shut out.
func (f *usersFile) noStatus() error {
	return export.Hint(fmt.Errorf("%s has no field for %s, so that no leaver could be told from the others", f.Names()[0], export.ColumnStatus), "export it too, or name it: --column HEADER=%s", export.ColumnStatus)
}

// openFile opens the file of Coupa's users and finds out what its fields are about.
func (s *sides) openFile() (*usersFile, error) {
	in, err := feed.Open([]string{s.o.Export}, feed.Options{})
	if err != nil {
		return nil, asExport(err)
	}
	if n := len(in.Names()); n != 1 {
		return nil, exit.Usage("the name of the Users export names %d files, and one is read", n)
	}
	columns := slices.Clone(s.pipe.Config.Layout.Custom)
	for _, c := range layout.Columns() {
		columns = append(columns, c.Name)
	}
	headers := in.Headers()[0].Fields
	named, err := s.named(headers, columns)
	if err != nil {
		return nil, err
	}
	f := &usersFile{Feed: in}
	if f.fields, err = reconcile.Fields(headers, columns, named); err != nil {
		return nil, fmt.Errorf("%s: %w", in.Names()[0], err)
	}
	for i, of := range f.fields {
		if of.Column == "" {
			s.res.Headers = append(s.res.Headers, headers[i])
		}
	}
	return f, nil
}

// named returns the columns that a person has given to headers. A name that is neither in the file nor in the layout is a
// usage error.
func (s *sides) named(headers, columns []string) (map[string]string, error) {
	named := map[string]string{}
	for _, text := range s.o.Named {
		at := strings.LastIndex(text, "=")
		if at < 0 {
			return nil, export.Hint(exit.Usage("--column %q names no column", text), "write HEADER=COLUMN")
		}
		header, column := strings.TrimSpace(text[:at]), strings.TrimSpace(text[at+1:])
		if !slices.Contains(headers, header) {
			return nil, export.Hint(exit.Usage("--column: the file has no field %q", header), "write it as in the first line of the file")
		}
		if !slices.Contains(columns, column) {
			err := exit.Usage("--column: the users import has no column %q", column)
			if near := alike.Nearest(column, columns); near != "" {
				return nil, export.Hint(err, "did you mean %q?", near)
			}
			return nil, export.Hint(err, "hr2coupa layout lists the columns; custom fields are those of layout.custom")
		}
		named[header] = column
	}
	return named, nil
}

// asExport returns an error of the feed's reader as one of a file that is no feed.
func asExport(err error) error {
	bad, ok := errors.AsType[*export.UnusableFeedError](err)
	if !ok {
		return err
	}
	where := export.Origin{File: bad.File, Line: bad.Line}
	err = errors.New(strings.TrimPrefix(where.String()+": "+bad.Why, ": "))
	if bad.Line == 0 {
		return export.Hint(err, "name a Users export of Coupa's")
	}
	return export.Hint(err, "export the users again")
}

// readFile reads Coupa's side from a file. add takes the cells of a user, which are reused afterwards. A line that cannot be read may be anybody's, so that nothing is compared then.
func (s *sides) readFile(ctx context.Context, f *usersFile, add func(cells []string) error) error {
	ctx, done := s.env.Wait(ctx, "reading Coupa's users from the export: users")
	defer done()
	var rec export.Record
	users := 0
	err := f.Chunks(func(c export.Chunk) error {
		defer c.Release()
		howfar.Tell(ctx, users, 0)
		for c.Next(&rec) {
			at := export.Origin{File: f.Names()[0], Line: rec.Line}
			switch {
			case rec.Fault != nil:
				return export.Hint(errors.New(at.String()+": "+rec.Fault.Message), "export the users again")
			case rec.Open:
				return export.Hint(errors.New(at.String()+": the last line has no end, so the file may be cut off"), "export the users again, or end the line if the file is whole")
			}
			if err := add(rec.Values); err != nil {
				return err
			}
			users++
		}
		return nil
	})
	if err != nil {
		return s.notRead(asExport(err))
	}
	file := f.Files()[0]
	s.res.Export = &file
	return nil
}
