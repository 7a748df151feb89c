package wiring

import (
	"path/filepath"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/known"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// readKnown reads the overrides of the config. names are the columns of the mapping. whole is false if not all of them are known.
func (p *Pipeline) readKnown(names []string, whole bool) (faults []config.Fault) {
	cfg := p.Config
	if cfg.Known == "" {
		return nil
	}
	data, err := ReadKnown(cfg)
	if err != nil {
		err = exit.Unread(err)
		return []config.Fault{cfg.Fault("known", filepath.Base(cfg.Known)+": "+err.Error(), export.HintText(err))}
	}
	columns := slices.Concat(names, p.Lacks)
	if cfg.Preflight || cfg.Route != config.RouteCSV { // Coupa is asked
		columns = append(columns, export.ColumnID)
	}
	if !whole {
		columns = append(columns, columnNames(cfg)...)
	}
	list, problems := known.Read(filepath.Base(cfg.Known), data, columns)
	for _, f := range problems {
		faults = append(faults, config.Fault{File: cfg.Known, Line: f.Line, Path: "known", Message: f.Message, Hint: f.Hint})
	}
	if p.Known = list; list.SaysID() && p.Match != nil && !slices.Contains(p.Match, export.ColumnID) { // nothing outweighs Coupa's own number
		p.Match = slices.Insert(slices.Clone(p.Match), 0, export.ColumnID)
	}
	return faults
}

// ReadKnown reads the bytes of the file of overrides.
func ReadKnown(cfg *config.Config) ([]byte, error) { return regular.Read(cfg.Known, known.MaxSize) }

// KnownLines returns the places in the file of overrides that name a person, as FILE:LINE.
func KnownLines(cfg *config.Config, key string) (places []string) {
	if cfg.Known == "" {
		return nil
	}
	data, err := ReadKnown(cfg)
	if err != nil { // every command that needs the file says so
		return nil
	}
	for _, line := range known.Lines(data, key) {
		places = append(places, export.Origin{File: filepath.Base(cfg.Known), Line: line}.String())
	}
	return places
}
