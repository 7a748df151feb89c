package wiring

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/references"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// readReferences reads the lists of the config into the options of the sheet. names are the columns of the mapping. whole is false if
// not all of them are known.
func (p *Pipeline) readReferences(names []string, whole bool) (faults []config.Fault) {
	cfg := p.Config
	p.Options.RefersLoose = cfg.References.Warn
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
		list, wrong := readList(cfg, of)
		faults = append(faults, wrong...)
		if list == nil {
			continue
		}
		if p.Options.References == nil {
			p.Options.References = map[string]layout.Names{}
		}
		p.Options.References[of.Column] = list
		p.References = append(p.References, Reference{of.Column, list})
	}
	return faults
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
