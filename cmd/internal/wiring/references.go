package wiring

import (
	"context"
	"crypto/sha256"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/references"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// readReferences reads the lists of the config into the options of the sheet. names are the columns of the mapping. whole is false if
// not all of them are known.
func (p *Pipeline) readReferences(names []string, whole bool) (faults []config.Fault) {
	cfg := p.Config
	p.Options.RefersLoose = cfg.References.Warn
	if cfg.References.All {
		for _, name := range names {
			if list, ok := coupa.Listed(name); ok {
				p.asked = append(p.asked, askedList{name, list})
			}
		}
	}
	for _, of := range cfg.References.Lists {
		if !slices.Contains(names, of.Column) {
			if whole {
				faults = append(faults, cfg.Fault(of.Path, fmt.Sprintf("the mapping does not fill a column %q", of.Column), "name one of mapping.columns"))
			}
			continue
		}
		if err := layout.TakesNames(of.Column); err != nil {
			faults = append(faults, cfg.Fault(of.Path, err.Error(), export.HintText(err)))
			continue
		}
		if of.File == "" {
			list, ok := coupa.Listed(of.Column)
			if !ok {
				faults = append(faults, cfg.Fault(of.Path, "no page of Coupa's has a call that lists what goes into this column", "give the names as a file"))
				continue
			}
			p.asked = append(p.asked, askedList{of.Column, list})
			continue
		}
		list, wrong := readList(cfg, of)
		faults = append(faults, wrong...)
		if list == nil {
			continue
		}
		p.refer(of.Column, list)
		p.References = append(p.References, Reference{of.Column, list})
	}
	return faults
}

func (p *Pipeline) refer(column string, list *references.List) {
	if p.Options.References == nil {
		p.Options.References = map[string]layout.Names{}
	}
	p.Options.References[column] = list
}

// askedList is a list that Coupa is asked for.
type askedList struct {
	column string
	coupa.List
}

// AsksLists reports whether Coupa has to be asked for lists.
func (p *Pipeline) AsksLists() bool { return len(p.asked) > 0 }

// AskLists asks Coupa for its lists, and gives them to the sheets. A list that cannot be read ends it, unless unknown values only warn:
// then its column is not looked up, and its error is among those of doubts.
func (p *Pipeline) AskLists(ctx context.Context, client *coupa.Client) (read []Reference, doubts []error, err error) {
	p.ListDigests = map[string]string{}
	for _, of := range p.asked {
		names, err := client.Names(ctx, of.List, references.MaxNames)
		if err != nil {
			if ctx.Err() != nil {
				return nil, nil, context.Cause(ctx)
			}
			err = export.Hint(fmt.Errorf("references: %w", err), "or name a file with the names of %s, or leave the column out of references", of.column)
			if !p.Config.References.Warn {
				return nil, nil, err
			}
			delete(p.Options.References, of.column)
			doubts = append(doubts, err)
			continue
		}
		list := references.New("of Coupa's "+of.Of, names)
		p.refer(of.column, list)
		read = append(read, Reference{of.column, list})
		slices.Sort(names)
		p.ListDigests["references (Coupa's "+of.Of+")"] = fmt.Sprintf("%x", sha256.Sum256([]byte(strings.Join(names, "\n"))))
	}
	if p.Sheet, err = layout.New(p.Options); err == nil && p.Few != nil {
		few := p.Options
		few.Route = export.ByAPI
		p.Few, err = layout.New(few)
	}
	return read, doubts, err
}

// Unlisted returns the mapped columns that refer to something in Coupa and are looked up nowhere, since no list is given and none can be
// asked for; none where nothing is looked up.
func (p *Pipeline) Unlisted() (columns []string) {
	if refs := p.Config.References; !refs.All && len(refs.Lists) == 0 {
		return nil
	}
	for _, c := range p.Config.Mapping.Columns {
		of, ok := layout.Lookup(c.Name)
		_, listed := coupa.Listed(c.Name)
		if ok && !listed && (of.Type == templates.TypeRef || of.List) && layout.TakesNames(c.Name) == nil && p.Options.References[c.Name] == nil {
			columns = append(columns, c.Name)
		}
	}
	return columns
}

// Reference is the list of one column.
type Reference struct {
	Column string
	*references.List
}

func readList(cfg *config.Config, of config.ReferenceList) (*references.List, []config.Fault) {
	title := filepath.Base(of.File)
	data, err := ReadReference(of)
	if err != nil {
		err = exit.Unread(err)
		return nil, []config.Fault{cfg.Fault(of.Path, title+": "+err.Error(), export.HintText(err))}
	}
	text, line, err := feed.Text(data, cfg.Feed.Encoding)
	if err != nil {
		return nil, []config.Fault{{File: of.File, Line: line, Path: of.Path, Message: err.Error(), Hint: "save it as UTF-8, or set feed.encoding to its charset"}}
	}
	list, problems := references.Read(title, text, of.Field)
	var faults []config.Fault
	for _, f := range problems {
		faults = append(faults, config.Fault{File: of.File, Line: f.Line, Path: of.Path, Message: f.Message, Hint: f.Hint})
	}
	return list, faults
}

// ReadReference reads the bytes of a file with a list.
func ReadReference(of config.ReferenceList) ([]byte, error) {
	return regular.Read(of.File, references.MaxSize)
}
