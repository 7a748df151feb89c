package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a static binary may run where no zones are installed
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"github.com/hr2coupa/hr2coupa/export"
)

func (r *reader) feed(s *section) Feed {
	f := Feed{
		Files:      s.list("files", nil),
		Key:        s.text("key", ""),
		Encoding:   s.encoding("encoding"),
		Delimiter:  s.delimiter("delimiter"),
		TimeZone:   s.zone("time_zone"),
		MaxAge:     s.duration("max_age", 0, false),
		MinRecords: s.int("min_records", 1, 0, 1_000_000_000),
		MaxRecords: s.int("max_records", 20_000_000, 1, 1_000_000_000),
		MaxBytes:   s.size("max_bytes", 20_000_000_000, 1_000, 1_000_000_000_000),
	}
	f.Several, f.Prefer = s.several("several")
	if f.Where = s.text("where", ""); s.has("where") && strings.TrimSpace(f.Where) == "" && s.node.find("where").value.kind == kindText {
		r.fault(r.lines["feed.where"], "feed.where", "it needs an expression that is true or false", `write where: 'worker_type != "Agency"'; leave it out if the feed is about everyone`)
	}
	f.Leaves = s.day("leaves", "end_date")
	f.Effective = s.day("effective", "effective_date")
	f.EffectiveZone, f.EffectiveZoneField = s.zoneOrColumn("effective_zone", f.TimeZone)
	if s.has("effective_zone") && !s.has("effective") {
		r.fault(r.lines["feed.effective_zone"], "feed.effective_zone", "it goes with feed.effective", "name the feed's column with the day from which a record holds, or remove it")
	}
	f.Snapshot = s.oneOf("kind", "changes", "snapshot") == "snapshot"
	f.Gone = s.gone(f.Snapshot)
	s.notBuilt("nulls", "header_line", "skip_before", "skip_rows", "trailer", "records", "sheet", "fetch", "pgp")
	s.done()
	for i, pattern := range f.Files {
		if _, err := filepath.Match(pattern, ""); err != nil {
			r.fault(r.lines["feed.files"], "feed.files", "a broken wildcard: "+shown(pattern), "close the bracket, or write \\[ for the character")
		}
		f.Files[i] = r.file(pattern)
	}
	if s.node == nil && r.opt.NoFeed {
		return f
	}
	s.missing("key", "name the feed's column that names the person, such as employee_id")
	if !r.opt.FeedGiven && !r.opt.NoFeed {
		s.missing("files", `name the files: ["/srv/hr/outbox/users-*.csv"]`)
	}
	return f
}

// several reads the rule for several records of one person: later, or {prefer: EXPRESSION}.
func (s *section) several(key string) (rule export.Several, prefer string) {
	const hint = `write later, or {prefer: 'position == "Primary"'}; leave it out to quarantine records that disagree`
	v := s.take(key)
	switch {
	case v == nil:
		return export.SeveralAgree, ""
	case v.kind == kindText && v.text == string(export.SeveralLater):
		return export.SeveralLater, ""
	case v.kind != kindMapping:
		v.fault("it must be later or {prefer: EXPRESSION}", hint)
		return export.SeveralAgree, ""
	}
	sub := &section{r: s.r, path: v.path, line: v.line, node: v.node}
	prefer = sub.text("prefer", "")
	sub.done()
	if blank := sub.has("prefer") && strings.TrimSpace(prefer) == ""; blank || !sub.has("prefer") {
		if !blank || sub.node.find("prefer").value.kind == kindText { // another kind has its fault already
			v.fault("it needs an expression that picks one record", hint)
		}
		return export.SeveralAgree, ""
	}
	return export.SeveralPrefer, prefer
}

// Gone says what becomes of people who are missing in snapshots.
type Gone struct {
	Deactivate bool // they become inactive
	Snapshots  int  // missing in so many snapshots in a row
	Days       int  // and for so many days
}

// gone reads what becomes of people who are missing.
func (s *section) gone(snapshot bool) Gone {
	g := Gone{Deactivate: s.oneOf("gone", "keep", "deactivate") == "deactivate"}
	after := s.section("gone_after")
	g.Snapshots, g.Days = after.int("snapshots", 3, 1, 1_000), after.int("days", 7, 0, 3_650)
	after.done()
	if g.Deactivate && !snapshot {
		s.r.fault(s.node.find("gone").line, s.sub("gone"), "only a snapshot shows who is missing", "write kind: snapshot if each delivery has everybody; else remove it")
	}
	return g
}

// deactivates finds out whether people who are gone can be deactivated: their rows have nothing but the key and the status, and
// Coupa has the rest.
func (c *Config) deactivates(s *section) {
	const key = "feed.gone"
	switch {
	case !c.Feed.Gone.Deactivate || !c.Feed.Snapshot:
	case len(c.Mapping.Columns) > 0 && !slices.ContainsFunc(c.Mapping.Columns, func(m export.MappedColumn) bool { return m.Name == export.ColumnStatus }):
		s.r.fault(s.r.lines[key], key, "deactivate sets Status, and the mapping does not fill it, so that whoever comes back would stay inactive", "fill Status in mapping.columns")
	case !c.Preflight && c.Route != RouteAPI:
		s.r.fault(s.r.lines[key], key, "deactivate needs names and addresses that only Coupa has, and Coupa is not asked", "write preflight: changed, with the scope core.user.read in coupa.scopes")
	}
}

// Day is a field of HR's records that holds a day.
type Day struct {
	Field  string // "": HR has none
	Layout string // of the date, as the mapping's date() takes it; "" is YYYY-MM-DD
}

// day reads a field that holds a day: COLUMN, or {column: COLUMN, layout: LAYOUT}. such is an example.
func (s *section) day(key, such string) (d Day) {
	hint := fmt.Sprintf(`write the feed's column, such as %[1]s, or {column: %[1]s, layout: DD.MM.YYYY}`, such)
	v := s.take(key)
	switch {
	case v == nil:
		return d
	case v.kind == kindText:
		d.Field = v.text
	case v.kind == kindMapping:
		sub := &section{r: s.r, path: v.path, line: v.line, node: v.node}
		d.Field, d.Layout = sub.text("column", ""), sub.text("layout", "")
		sub.done()
		if sub.has("layout") && strings.TrimSpace(d.Layout) == "" {
			v.fault("the layout is empty", hint)
		}
	default:
		v.fault("it must be a column of the feed", hint)
		return d
	}
	if strings.TrimSpace(d.Field) == "" {
		v.fault("it needs a column of the feed", hint)
	}
	return d
}

func (s *section) encoding(key string) string {
	name := s.text(key, "")
	if name == "" {
		return ""
	}
	if _, err := htmlindex.Get(name); err != nil {
		s.r.fault(s.r.lines[s.sub(key)], s.sub(key), "unknown encoding "+shown(name), "write utf-8, windows-1252, iso-8859-15, shift_jis or another name of the WHATWG list")
	}
	return name
}

func (s *section) delimiter(key string) string {
	d := s.text(key, "")
	if d == "" {
		return ""
	}
	if c, size := utf8.DecodeRuneInString(d); size != len(d) || c > 0x7e || strings.ContainsRune("\"'\r\n", c) || 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' {
		s.r.fault(s.r.lines[s.sub(key)], s.sub(key), "it must be one character between two fields", `write ",", ";", "|" or "\t"`)
	}
	return d
}

func (s *section) zone(key string) *time.Location {
	name := s.text(key, "UTC")
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" { // with Local the same feed would mean different things on two machines
		s.r.fault(s.r.lines[s.sub(key)], s.sub(key), "unknown time zone "+shown(name), "write a name such as Europe/Paris or UTC")
		return time.UTC
	}
	return zone
}

// zoneOrColumn reads a time zone by its name, or a column of the feed that has such names; the default is a zone.
func (s *section) zoneOrColumn(key string, byDefault *time.Location) (zone *time.Location, column string) {
	name := strings.TrimSpace(s.text(key, ""))
	if name == "" {
		if s.has(key) {
			s.r.fault(s.r.lines[s.sub(key)], s.sub(key), "it needs a time zone, or a column of the feed", "write Europe/Paris, or the column that has such names")
		}
		return byDefault, ""
	}
	switch zone, err := time.LoadLocation(name); {
	case err == nil && name != "Local":
		return zone, ""
	case strings.Contains(name, "/"):
		s.r.fault(s.r.lines[s.sub(key)], s.sub(key), "unknown time zone "+shown(name), "write a name such as Europe/Paris, or a column of the feed that has such names")
		return byDefault, ""
	}
	return byDefault, name
}

func (r *reader) mapping(s *section) Mapping {
	s.notBuilt("preset")
	m := Mapping{Columns: s.columns("columns"), Vars: s.vars("vars"), Tables: r.tables(s.section("tables")), Grace: s.grace("grace")}
	s.done()
	if s.node != nil || !r.opt.NoFeed {
		s.missing("columns", "fill at least Login, Email, First Name and Last Name")
	}
	return m
}

func (s *section) columns(key string) []export.MappedColumn {
	v := s.take(key)
	if v == nil {
		return nil
	}
	if v.kind != kindMapping || len(v.entries) == 0 {
		v.fault("it must be a mapping of Coupa columns to expressions", "write a line for each column, such as Login: login")
		return nil
	}
	if len(v.entries) > export.MaxColumns {
		v.fault(fmt.Sprintf("it has %d columns, more than the %d that fit", len(v.entries), export.MaxColumns), "")
	}
	return s.expressions(v, "column")
}

// vars reads the expressions that others use by name.
func (s *section) vars(key string) []export.MappedColumn {
	v := s.take(key)
	if v == nil {
		return nil
	}
	if v.kind != kindMapping || len(v.entries) == 0 {
		v.fault("it must be a mapping of names to expressions", "write a line for each, such as has_left: status == \"Terminated\"")
		return nil
	}
	return s.expressions(v, "variable")
}

// expressions reads a mapping of names to expressions; each of them is called what.
func (s *section) expressions(v *setting, what string) (columns []export.MappedColumn) {
	for _, e := range v.entries {
		at := &setting{e.value, s.r, v.path + "." + e.key, e.line}
		s.r.lines[at.path] = e.line
		switch {
		case e.kind != kindText:
			s.r.fault(e.line, v.path, "a "+what+"'s name must be text, not "+e.kind.String(), "put it into quotes")
		case e.key == "":
			s.r.fault(e.line, v.path, "a "+what+" has no name", "")
		case at.kind == kindNumber, at.kind == kindBoolean:
			at.fault("an expression must be text, not "+at.kind.String(), `put it into quotes; a fixed text needs both: '"Yes"'`)
		case at.kind != kindText, strings.TrimSpace(at.text) == "":
			at.fault("an expression must be text", "write a field's name or an expression, or remove the "+what)
		default:
			columns = append(columns, export.MappedColumn{Name: e.key, Expr: at.text, Line: e.line})
		}
	}
	return columns
}

func (r *reader) tables(s *section) []export.LookupTable {
	if s.node == nil {
		return nil
	}
	var tables []export.LookupTable
	for _, e := range s.node.entries {
		if e.kind != kindText || e.key == "" {
			r.fault(e.line, s.path, "a table's name must be text", "put it into quotes")
			continue
		}
		t := s.section(e.key)
		if t.node == nil {
			if e.value.kind == kindNull {
				continue // reported already
			}
		} else {
			tables = append(tables, r.table(e, t))
		}
	}
	return tables
}

func (r *reader) table(e entry, s *section) export.LookupTable {
	t := export.LookupTable{
		Name: e.key, Line: e.line,
		Values: s.words("values"),
		File:   r.file(s.text("file", "")),
		Keys:   s.list("keys", nil),
		Value:  s.text("value", ""),
	}
	if v := s.take("default"); v != nil && v.want(kindText) {
		t.Default = &v.text
	}
	s.done()
	switch inline, file := s.has("values"), s.has("file"); {
	case inline == file:
		r.fault(e.line, s.path, "it needs either values or a file", "write {values: {Active: active}} or {file: status.csv, keys: [code], value: status}")
	case inline && (s.has("keys") || s.has("value")):
		r.fault(e.line, s.path, "keys and value go with a file", "remove them")
	case file:
		s.missing("keys", "name the file's columns to look up by")
		s.missing("value", "name the file's column to give")
	}
	return t
}

// words reads a mapping of texts to texts.
func (s *section) words(key string) map[string]string {
	v := s.take(key)
	if v == nil {
		return nil
	}
	if v.kind != kindMapping || len(v.entries) == 0 {
		v.fault("it must be a mapping of texts to texts", "write {Active: active, Terminated: inactive}")
		return nil
	}
	words := make(map[string]string, len(v.entries))
	for _, e := range v.entries {
		at := &setting{e.value, s.r, v.path, e.line}
		switch {
		case e.kind != kindText:
			at.fault("a key must be text, not "+e.kind.String(), "put it into quotes")
		case at.want(kindText):
			words[e.key] = at.text
		}
	}
	return words
}
