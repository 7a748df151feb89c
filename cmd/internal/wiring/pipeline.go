package wiring

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/heldfile"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rejected"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
	"github.com/hr2coupa/hr2coupa/export/known"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/mapping"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

const (
	EmployeeNumber = "Employee Number"
	loginColumn    = "Login"
)

// Pipeline is the pure half of the program, made from a config.
type Pipeline struct {
	Config  *config.Config
	Mapping *mapping.Mapping
	Sheet   *layout.Sheet // of the route that plans take unless something else is decided
	Few     *layout.Sheet // with route: auto, the sheet of plans that are small enough for the API; else nil
	Key     string        // the Coupa column that names the person
	Match   []string      // the columns that decide who a row is about, in this order; nil: Key does
	Lacks   []string      // columns of the sheet that the mapping does not fill, and that Coupa completes where Match is set
	Options layout.Options
	Known   *known.List // the overrides; nil where the config has none

	References  []Reference       // lists of names that Coupa has, from files
	ListDigests map[string]string // hashes of the lists that Coupa was asked for, by what they are
	asked       []askedList

	Unhashed bool // the hashes of the feed's files are not needed
}

// ReadPipeline reads the config and compiles mapping and layout. The faults of all three come in one error, by line.
func ReadPipeline(ctx context.Context, env *Env, opt config.Options) (*Pipeline, error) {
	p, err := QuietPipeline(ctx, env, opt)
	if err == nil {
		Warn(env, p.Config)
	}
	return p, err
}

// QuietPipeline is ReadPipeline for callers that have logged the config's warnings already.
func QuietPipeline(ctx context.Context, env *Env, opt config.Options) (*Pipeline, error) {
	p, faults := PipelineFaults(ctx, env, opt)
	if err := ConfigError(faults); err != nil {
		return nil, err
	}
	return p, nil
}

// PipelineFaults returns the pipeline with all its faults. With any, it serves only to look for more of them, and it is nil
// if the config could not be read at all.
func PipelineFaults(ctx context.Context, env *Env, opt config.Options) (*Pipeline, []config.Fault) {
	cfg, faults := config.Load(ctx, env.ConfigFile, config.OSEnv(env.Getenv), opt)
	env.Config = cfg
	if cfg == nil {
		return nil, faults
	}
	p, more := compile(cfg, len(faults) == 0)
	faults = append(faults, append(more, noticeFaults(cfg)...)...)
	slices.SortStableFunc(faults, func(a, b config.Fault) int { return cmp.Compare(a.Line, b.Line) })
	return p, faults
}

// Compile makes mapping and layout. If no column is mapped, the config's own fault says enough.
func Compile(cfg *config.Config) (*Pipeline, []config.Fault) { return compile(cfg, true) }

// compile is Compile. whole is false if not all of the config could be read: a column that was not read may be mapped all
// the same.
func compile(cfg *config.Config, whole bool) (*Pipeline, []config.Fault) {
	p := &Pipeline{Config: cfg, Key: EmployeeNumber}
	if cfg.Layout.Key == "login" {
		p.Key = loginColumn
	}
	columns := mappingColumns(cfg)
	if len(columns) == 0 {
		return p, nil
	}
	var faults []config.Fault
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	match, matchFaults := matchColumns(cfg, names, whole)
	m, problems := mapping.New(mapping.Options{
		Columns: columns, Vars: cfg.Mapping.Vars, Tables: cfg.Mapping.Tables, Prefer: preferred(cfg), Where: covered(cfg), Leaves: day(cfg, Leaves, cfg.Feed.Leaves),
		From: day(cfg, Effective, cfg.Feed.Effective), FromZone: cfg.Feed.EffectiveZoneField, TimeZone: cfg.Feed.TimeZone, File: cfg.File, ReadFile: ReadTable,
		Coupa: mapping.Coupa{Columns: columnNames(cfg), Element: coupa.Element, Before: slices.Concat(asksBy, match)},
	})
	for _, pr := range problems {
		faults = append(faults, config.Fault{File: cfg.File, Line: pr.Line, Path: cmp.Or(pr.Key, "mapping"), Message: pr.Text(), Hint: pr.Hint})
	}
	p.Match, faults = match, append(faults, matchFaults...)
	if cfg.Layout.Match != nil {
		p.Lacks = completed(names, p.Key)
	}
	faults = append(faults, p.readKnown(names, whole)...)
	p.Options = layout.Options{
		Columns: slices.Concat(names, p.Lacks), Custom: cfg.Layout.Custom, Key: p.Key, BlankSend: cfg.Layout.BlankSend,
		CardReason: cfg.Layout.AllowCardData, AllowNotify: MayCreate(cfg, math.MaxInt32),
	}
	faults = append(faults, p.readReferences(names, whole)...)
	if cfg.Route == config.RouteAPI {
		p.Options.Route = export.ByAPI
	}
	s, err := layout.New(p.Options)
	if err == nil && cfg.Route == config.RouteAuto {
		few := p.Options
		few.Route = export.ByAPI
		p.Few, err = layout.New(few)
	}
	faults = append(append(faults, layoutFaults(cfg, err, whole)...), unwritable(cfg, names)...)
	for _, name := range slices.Sorted(maps.Keys(cfg.Limits.Columns)) {
		if !slices.Contains(names, name) {
			faults = append(faults, cfg.Fault("limits.columns."+name, fmt.Sprintf("the mapping does not fill a column %q", name), "name one of mapping.columns"))
		}
	}
	p.Mapping, p.Sheet = m, s
	return p, faults
}

// FewRows decides that the plans of a pipeline with route: auto are small enough for the API.
func (p *Pipeline) FewRows() {
	p.Config.Route, p.Sheet, p.Few, p.Options.Route = config.RouteAPI, p.Few, nil, export.ByAPI
}

// ManyRows decides that they are not.
func (p *Pipeline) ManyRows() { p.Config.Route, p.Few = config.RouteCSV, nil }

// layoutFaults returns what the layout finds wrong with a mapping, each on its line.
func layoutFaults(cfg *config.Config, err error, whole bool) (faults []config.Fault) {
	for _, err := range unjoin(err) {
		bad, ok := errors.AsType[*layout.OptionError](err)
		switch {
		case !ok:
			faults = append(faults, columnFault(cfg, "", err))
		case whole || !bad.Unmapped:
			faults = append(faults, columnFault(cfg, bad.Column, err))
		}
	}
	return faults
}

// unwritable returns faults about columns that the route may send by API and that the API cannot take.
func unwritable(cfg *config.Config, names []string) (faults []config.Fault) {
	if cfg.Route != config.RouteAPI && cfg.Route != config.RouteAuto {
		return nil
	}
	for _, name := range names {
		if err := coupa.Writable(name); err != nil && name != "Id" { // Id finds the user
			faults = append(faults, columnFault(cfg, name, err))
		}
	}
	return faults
}

// columnFault returns a fault about a column, on the line that maps it.
func columnFault(cfg *config.Config, column string, err error) config.Fault {
	f := cfg.Fault("mapping.columns", err.Error(), export.HintText(err))
	for _, c := range cfg.Mapping.Columns {
		if c.Name == column {
			f.Line = c.Line
		}
	}
	return f
}

func mappingColumns(cfg *config.Config) []mapping.Column {
	out := make([]mapping.Column, len(cfg.Mapping.Columns))
	for i, c := range cfg.Mapping.Columns {
		of, ok := layout.Lookup(c.Name)
		out[i] = c
		out[i].List = ok && of.List
	}
	return out
}

// preferred returns the condition that picks one of several records of a person; nil where the config has none.
func preferred(cfg *config.Config) *mapping.Condition {
	if cfg.Feed.Several != export.SeveralPrefer {
		return nil
	}
	const key = "feed.several"
	return &mapping.Condition{Key: key, Expr: cfg.Feed.Prefer, Line: cfg.Fault(key, "", "").Line}
}

// covered returns the condition that says whom the feed is about; nil where the config has none.
func covered(cfg *config.Config) *mapping.Condition {
	if strings.TrimSpace(cfg.Feed.Where) == "" {
		return nil
	}
	return &mapping.Condition{Key: Where, Expr: cfg.Feed.Where, Line: cfg.Fault(Where, "", "").Line}
}

// day returns a field that holds a day; nil where the config names none.
func day(cfg *config.Config, key string, d config.Day) *mapping.Day {
	if d.Field == "" {
		return nil
	}
	return &mapping.Day{Key: key, Field: d.Field, Layout: d.Layout, Line: cfg.Fault(key, "", "").Line}
}

const maxTable = 16 << 20

// ReadTable reads a table file of the mapping, at most 16 MiB of it.
func ReadTable(path string) ([]byte, error) {
	return regular.Read(path, maxTable)
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

// Open opens the feed; the newest file must not be older than feed.max_age.
func (p *Pipeline) Open(patterns []string, now time.Time) (*feed.Feed, error) {
	o := p.FeedOptions()
	o.MaxAge, o.Now = p.Config.Feed.MaxAge, now
	return feed.Open(patterns, o)
}

// OpenAnyAge opens files whatever their age.
func (p *Pipeline) OpenAnyAge(paths []string) (*feed.Feed, error) {
	return feed.Open(paths, p.FeedOptions())
}

// FeedOptions returns the config's options, with the fields that the mapping reads.
func (p *Pipeline) FeedOptions() feed.Options {
	c := p.Config.Feed
	return feed.Options{Encoding: c.Encoding, Delimiter: c.Delimiter, Key: c.Key, Fields: p.Mapping.Fields(), Unhashed: p.Unhashed, MaxRecords: c.MaxRecords, MaxBytes: c.MaxBytes, Skip: p.isOurs}
}

// isOurs reports whether a file in the folder of the ledger is one that we write there for people. It would look like a feed.
func (p *Pipeline) isOurs(path string) bool {
	if !rejected.IsOurs(filepath.Base(path)) && !strings.HasSuffix(path, heldfile.Ending) {
		return false
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	own, wrong := filepath.Abs(p.Config.Ledger)
	return err == nil && wrong == nil && dir == own
}

// Limits returns the config's limits, without approvals.
func Limits(cfg *config.Config) export.Limits {
	l := cfg.Limits
	return export.Limits{
		Creates: l.Creates, Updates: l.Updates, Deactivations: l.Deactivations, Reactivations: l.Reactivations, Logins: l.Logins,
		Numbers: l.Numbers, Emails: l.Emails, RolesTaken: l.RolesTaken, RolesGiven: l.RolesGiven, Columns: l.Columns, Fill: l.Fill, Shrink: l.Shrink,
	}
}

// MayCreate reports whether the limits allow creates at all if the ledger knows that many people.
func MayCreate(cfg *config.Config, people int) bool {
	l := cfg.Limits.Creates
	return l.Unlimited || l.Ceiling(people) > 0
}

// Patterns returns the feed's files: those of the command line, else those of the config.
func (p *Pipeline) Patterns(args []string) []string {
	if len(args) > 0 {
		return args
	}
	return p.Config.Feed.Files
}

// IsFeed reports whether files given by name are HR's feed as the config knows it, which limits.shrink measures, and not a
// file by hand with a few people. Without feed.files they count as the feed.
func (p *Pipeline) IsFeed(args []string) bool {
	if len(p.Config.Feed.Files) == 0 {
		return true
	}
	return !slices.ContainsFunc(args, func(path string) bool {
		return !slices.ContainsFunc(p.Config.Feed.Files, func(pattern string) bool { return samePath(pattern, path) })
	})
}

func samePath(pattern, path string) bool {
	pattern, err := filepath.Abs(pattern)
	if err != nil {
		return false
	}
	if path, err = filepath.Abs(path); err != nil {
		return false
	}
	ok, err := filepath.Match(pattern, path)
	return ok && err == nil // opening the feed reports a bad pattern
}
