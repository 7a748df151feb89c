package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/mapping"
)

const (
	employeeNumber = "Employee Number"
	login          = "Login"
)

// pipeline is the pure half of the program, wired from a config.
type pipeline struct {
	cfg     *config.Config
	mapping *mapping.Mapping
	sheet   *layout.Sheet
	key     string // the Coupa column that names the person
}

// pipeline compiles mapping and layout; every fault of both comes in one error.
func (a *app) pipeline(cfg *config.Config) (*pipeline, error) {
	p := &pipeline{cfg: cfg, key: employeeNumber}
	if cfg.Layout.Key == "login" {
		p.key = login
	}
	columns := columns(cfg)
	var faults []config.Fault
	m, problems := mapping.New(mapping.Options{
		Columns: columns, Tables: tables(cfg), TimeZone: cfg.Feed.TimeZone, ReadFile: readTable,
	})
	for _, pr := range problems {
		faults = append(faults, config.Fault{File: cfg.File, Line: pr.Line, Path: "mapping", Message: strings.TrimPrefix(pr.Error(), fmt.Sprintf("line %d: ", pr.Line))})
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	s, err := layout.New(layout.Options{
		Columns: names, Custom: cfg.Layout.Custom, Key: p.key, BlankSend: cfg.Layout.BlankSend,
		CardReason: cfg.Layout.AllowCardData, AllowNotify: cfg.Limits.Creates.Unlimited || cfg.Limits.Creates.Count > 0,
	})
	for _, err := range unjoin(err) {
		faults = append(faults, columnFault(cfg, err))
	}
	slices.SortStableFunc(faults, func(a, b config.Fault) int { return cmp.Compare(a.Line, b.Line) })
	if err := configError(faults); err != nil {
		return nil, err
	}
	p.mapping, p.sheet = m, s
	return p, nil
}

// columnFault gives a fault of the layout the line of the column that it begins with.
func columnFault(cfg *config.Config, err error) config.Fault {
	f := cfg.Fault("mapping.columns", err.Error(), "")
	for _, c := range cfg.Mapping.Columns {
		if strings.HasPrefix(f.Message, fmt.Sprintf("column %q ", c.Name)) {
			f.Line = c.Line
		}
	}
	return f
}

func columns(cfg *config.Config) []mapping.Column {
	out := make([]mapping.Column, len(cfg.Mapping.Columns))
	for i, c := range cfg.Mapping.Columns {
		known, ok := layout.Lookup(c.Name)
		out[i] = mapping.Column{Name: c.Name, Expr: c.Expr, Line: c.Line, List: ok && known.List}
	}
	return out
}

func tables(cfg *config.Config) []mapping.Table {
	out := make([]mapping.Table, len(cfg.Mapping.Tables))
	for i, t := range cfg.Mapping.Tables {
		out[i] = mapping.Table(t)
	}
	return out
}

const maxTable = 16 << 20

func readTable(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxTable+1))
	if err == nil && len(data) > maxTable {
		err = fmt.Errorf("it is larger than %d bytes", maxTable)
	}
	return data, err
}

func unjoin(err error) []error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		return many.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}

func (p *pipeline) open(patterns []string, now time.Time) (*feed.Feed, error) {
	c := p.cfg.Feed
	return feed.Open(patterns, feed.Options{
		Encoding: c.Encoding, Delimiter: c.Delimiter, Key: c.Key, Fields: p.mapping.Fields(), MaxAge: c.MaxAge, Now: now,
	})
}

// planner plans f; ledger may be nil where there is none to ask.
func (p *pipeline) planner(f export.Feed, people knower, now time.Time) *export.Planner {
	pl := &export.Planner{
		Feed: f, Mapping: p.mapping, Sheet: p.sheet, Key: p.cfg.Feed.Key,
		MaxRows: p.cfg.Layout.MaxRows, MaxSize: p.cfg.Layout.MaxBytes, Workers: runtime.GOMAXPROCS(0),
		Started: now, MinRecords: p.cfg.Feed.MinRecords,
		MayCreate: p.cfg.Limits.Creates.Unlimited || p.cfg.Limits.Creates.Count > 0,
	}
	if people != nil {
		pl.Known = people.known
	}
	return pl
}

func limits(cfg *config.Config) export.Limits {
	l := cfg.Limits
	return export.Limits{Creates: export.Limit(l.Creates), Updates: export.Limit(l.Updates), Deactivations: export.Limit(l.Deactivations)}
}

// knower is what the ledger knows about people: key to login.
type knower map[string]string

func (k knower) known(key string) (string, bool) { l, ok := k[key]; return l, ok }

// patterns are the feed's files: those of the command line, else those of the config.
func (p *pipeline) patterns(args []string) []string {
	if len(args) > 0 {
		return args
	}
	return p.cfg.Feed.Files
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func ledgerExists(dir string) bool { return exists(filepath.Join(dir, "ledger.db")) }
