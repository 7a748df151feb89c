package config

import "slices"

// References are lists of the names that Coupa has, and what becomes of a row with another one.
type References struct {
	Warn  bool // such a row goes all the same, with a warning
	All   bool // every mapped column that Coupa's API has a list for is looked up there
	Lists []ReferenceList
}

// ReferenceList is the list of one column.
type ReferenceList struct {
	Column string // of Coupa
	File   string // "": Coupa is asked
	Field  string // the file's column with the names; "": each line is a name
	Path   string // in the config
}

// The words of references.
const (
	referencesOff  = "off"
	referencesWarn = "warn"
	quarantine     = "quarantine"
)

const (
	referencesHint = "write {lists: {Department: api, User Role Names: roles.csv}}"
	fromAPI        = "api" // a file of that name is ./api
)

// Asks reports whether Coupa is asked for a list.
func (r References) Asks() bool {
	return r.All || slices.ContainsFunc(r.Lists, func(l ReferenceList) bool { return l.File == "" })
}

// references reads off, a word for all lists that Coupa can be asked for, or {unknown: quarantine | warn | off, lists: {COLUMN: FILE}},
// where FILE may be api or {file: FILE, column: COLUMN}.
func (r *reader) references(s *section) (refs References) {
	v := s.take("references")
	if v == nil {
		return refs
	}
	switch v.kind {
	case kindText:
		switch v.text {
		case referencesOff:
		case quarantine, referencesWarn:
			refs.All, refs.Warn = true, v.text == referencesWarn
		default:
			v.fault("it must be "+either([]string{quarantine, referencesWarn, referencesOff})+", not "+shown(v.text), referencesHint)
		}
		return refs
	case kindMapping:
	default:
		v.fault("it must be a mapping, not "+v.kind.String(), referencesHint)
		return refs
	}
	sub := &section{r: r, path: v.path, line: v.line, node: v.node}
	unknown := sub.oneOf("unknown", quarantine, referencesWarn, referencesOff)
	sub.missing("lists", referencesHint)
	lists := sub.section("lists")
	for _, column := range lists.names() {
		if l, ok := r.referenceList(lists, column); ok {
			refs.Lists = append(refs.Lists, l)
		}
	}
	lists.done()
	if sub.done(); unknown == referencesOff {
		return References{}
	}
	refs.Warn = unknown == referencesWarn
	return refs
}

func (r *reader) referenceList(lists *section, column string) (l ReferenceList, ok bool) {
	const hint = "write api, departments.csv, or {file: departments.csv, column: Name}"
	v := lists.take(column)
	switch {
	case v == nil:
		return l, false
	case v.kind == kindText && v.text == fromAPI:
		return ReferenceList{Column: column, Path: v.path}, true
	case v.kind == kindText:
		l.File = v.text
	case v.kind == kindMapping:
		sub := &section{r: r, path: v.path, line: v.line, node: v.node}
		l.File, l.Field = sub.text("file", ""), sub.text("column", "")
		sub.done()
	default:
		v.fault("it must be a file, not "+v.kind.String(), hint)
		return l, false
	}
	if l.File == "" {
		v.fault("it needs a file", hint)
		return l, false
	}
	l.Column, l.File, l.Path = column, r.file(l.File), v.path
	return l, true
}
