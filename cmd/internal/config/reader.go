package config

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export/alike"
)

// reader collects faults while the sections are read; it never stops at the first one.
type reader struct {
	ctx      context.Context
	name     string
	dir      string
	env      Env
	opt      Options
	lines    map[string]int
	faults   []Fault
	warnings []Fault

	root      *node
	variables []string // see secretVariables; nil: not read yet
}

func newReader(ctx context.Context, name string, env Env, opt Options) *reader {
	return &reader{ctx: ctx, name: name, dir: filepath.Dir(name), env: env, opt: opt, lines: map[string]int{}}
}

func (r *reader) fault(line int, path, message, hint string) {
	r.faults = append(r.faults, Fault{r.name, line, path, message, hint})
}

func (r *reader) warn(line int, path, message, hint string) {
	r.warnings = append(r.warnings, Fault{r.name, line, path, message, hint})
}

func (r *reader) sorted() []Fault {
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return cmp.Compare(a.Line, b.Line) })
	return r.faults
}

// file makes a path of the config relative to the config's folder.
func (r *reader) file(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(r.dir, path)
}

// section reads the keys of one mapping. Keys that the readers have not asked for are unknown when done is called.
type section struct {
	r     *reader
	path  string
	line  int
	node  *node // nil: the section is missing, every key has its default
	known []string
	quiet bool // it may hold secrets: an unknown key may be one, broken over two lines
}

// setting is one key of a section: its node, and the place that faults about it name.
type setting struct {
	*node
	r    *reader
	path string
	line int
}

func (v *setting) fault(message, hint string) { v.r.fault(v.line, v.path, message, hint) }

func (s *section) sub(key string) string {
	if s.path == "" {
		return key
	}
	return s.path + "." + key
}

// know notes a key of the contract.
func (s *section) know(key string) {
	if !slices.Contains(s.known, key) {
		s.known = append(s.known, key)
	}
}

// take returns the value of a key; nil if it was not given, or given without a value, which is a fault.
func (s *section) take(key string) *setting {
	s.know(key)
	if s.node == nil {
		return nil
	}
	e := s.node.find(key)
	if e == nil {
		return nil
	}
	v := &setting{e.value, s.r, s.sub(key), e.line}
	s.r.lines[v.path] = e.line
	if v.kind == kindNull {
		v.fault("it has no value", "give one, or remove the key")
		return nil
	}
	return v
}

func (s *section) has(key string) bool { return s.node != nil && s.node.find(key) != nil }

// blank reports whether a key was left out or given as "", the default written out.
func (s *section) blank(key string) bool {
	if !s.has(key) {
		s.know(key)
		return true
	}
	v := s.node.find(key).value
	if v.kind == kindText && v.text == "" {
		s.know(key)
		return true
	}
	return false
}

// missing adds a fault about a required key that was not given at all; one without a value has its fault already.
func (s *section) missing(key, hint string) {
	if !s.has(key) {
		s.r.fault(s.line, s.sub(key), "it is required", hint)
	}
}

// notBuilt refuses keys of the contract that this version does not act on: ignoring one would be worse.
func (s *section) notBuilt(keys ...string) {
	for _, key := range keys {
		s.know(key)
		if s.has(key) {
			s.r.fault(s.node.find(key).line, s.sub(key), "not built yet in this version", "remove the key")
		}
	}
}

// done adds a fault for every key that no reader has asked for.
func (s *section) done() {
	if s.node == nil {
		return
	}
	for _, e := range s.node.entries {
		if slices.Contains(s.known, e.key) {
			continue
		}
		path, hint := s.path, "known here: "+strings.Join(s.known, ", ")
		near := alike.Nearest(e.key, s.known)
		if near != "" {
			hint = "did you mean " + near + "?"
		}
		// {hunter2} is a mapping with a key and no value: such a "key" may be a secret and is not quoted either.
		if near != "" || !s.quiet && e.value.kind != kindNull && e.kind == kindText && len(e.key) <= 60 {
			path = s.sub(e.key)
		}
		s.r.fault(e.line, path, "unknown key", hint)
	}
}

// section returns a nested mapping, an empty one if it was not given or is no mapping.
func (s *section) section(key string) *section {
	sub := &section{r: s.r, path: s.sub(key), line: s.line}
	v := s.take(key)
	if v == nil {
		return sub
	}
	sub.line = v.line
	if v.kind != kindMapping {
		v.fault("it must be a mapping, not "+v.kind.String(), "")
		return sub
	}
	sub.node = v.node
	return sub
}

// want reports whether v is of a kind, and adds a fault if it is not.
func (v *setting) want(k kind) bool {
	if v.kind == k {
		return true
	}
	hint := ""
	if k == kindText && (v.kind == kindNumber || v.kind == kindBoolean) {
		hint = "put it into quotes"
	}
	v.fault(fmt.Sprintf("it must be %v, not %v", k, v.kind), hint)
	return false
}

func (s *section) text(key, def string) string {
	if v := s.take(key); v != nil && v.want(kindText) {
		return v.text
	}
	return def
}

func (s *section) bool(key string) bool {
	v := s.take(key)
	return v != nil && v.want(kindBoolean) && strings.EqualFold(v.text, "true")
}

// oneOf reads a text that is one of a list; the first is the default.
func (s *section) oneOf(key string, words ...string) string {
	v := s.take(key)
	if v == nil || !v.want(kindText) {
		return words[0]
	}
	if !slices.Contains(words, v.text) {
		v.fault("it must be "+either(words)+", not "+shown(v.text), "")
		return words[0]
	}
	return v.text
}

func (s *section) int(key string, def, low, high int) int {
	v := s.take(key)
	if v == nil || !v.want(kindNumber) {
		return def
	}
	n, err := strconv.Atoi(strings.ReplaceAll(v.text, "_", ""))
	if err != nil || n < low || n > high {
		v.fault(fmt.Sprintf("it must be a whole number from %d to %d", low, high), "")
		return def
	}
	return n
}

// size reads a number of bytes from low to high: 20GB, 500MB, 64KB, or the number alone.
func (s *section) size(key string, def, low, high int64) int64 {
	v := s.take(key)
	if v == nil {
		return def
	}
	digits, factor := strings.ReplaceAll(v.text, "_", ""), int64(1)
	for unit, bytes := range map[string]int64{"GB": 1e9, "MB": 1e6, "KB": 1e3} {
		if n, ok := strings.CutSuffix(digits, unit); ok {
			digits, factor = strings.TrimSpace(n), bytes
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n > high/factor || n*factor < low {
		v.fault(fmt.Sprintf("it must be a number of bytes from %d to %d", low, high), "write 500MB or 20GB")
		return def
	}
	return n * factor
}

// float reads a number from 0 to high; positive excludes 0.
func (s *section) float(key string, def, high float64, positive bool) float64 {
	v := s.take(key)
	if v == nil || !v.want(kindNumber) {
		return def
	}
	f, err := strconv.ParseFloat(v.text, 64)
	if err != nil || !(f >= 0 && f <= high) || positive && f == 0 {
		from := "from 0"
		if positive {
			from = "above 0"
		}
		v.fault(fmt.Sprintf("it must be a number %s to %v", from, high), "")
		return def
	}
	return f
}

func (s *section) duration(key string, def time.Duration, positive bool) time.Duration {
	v := s.take(key)
	if v == nil {
		return def
	}
	const hint = "write it as 15s, 10m, 36h or 90d"
	if v.kind != kindText {
		v.fault("it must be a time with its unit, not "+v.kind.String(), hint)
		return def
	}
	d, ok := parseDuration(v.text)
	switch {
	case !ok:
		v.fault("it is not a time: "+shown(v.text), hint)
		return def
	case positive && d == 0:
		v.fault("it must be above 0", hint)
		return def
	}
	return d
}

// parseDuration reads Go's durations with years of 365 days and days before them: 3y, 90d, 1d12h. Negative ones and those
// beyond 290 years are refused.
func parseDuration(s string) (time.Duration, bool) {
	const day = 24 * time.Hour
	var total time.Duration
	for _, unit := range []struct {
		letter string
		long   time.Duration
	}{{"y", 365 * day}, {"d", day}} {
		before, after, found := strings.Cut(s, unit.letter)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(before, 10, 16)
		if err != nil || n > uint64(math.MaxInt64/unit.long) {
			return 0, false
		}
		total += time.Duration(n) * unit.long
		if s = after; s == "" {
			return total, total >= 0
		}
	}
	d, err := time.ParseDuration(s)
	if err != nil || d < 0 || total < 0 || total+d < 0 {
		return 0, false
	}
	return total + d, true
}

// list reads a list of texts, none of them empty or given twice.
func (s *section) list(key string, def []string) []string {
	v := s.take(key)
	if v == nil {
		return def
	}
	if v.kind != kindList {
		v.fault("it must be a list, not "+v.kind.String(), "put it into brackets: ["+key+"…]")
		return def
	}
	if len(v.items) == 0 {
		v.fault("the list is empty", "")
		return def
	}
	if len(v.items) > maxItems {
		v.fault(fmt.Sprintf("the list has more than %d items", maxItems), "")
		return def
	}
	var out []string
	have := map[string]bool{}
	for i, item := range v.items {
		at := &setting{item, v.r, fmt.Sprintf("%s[%d]", v.path, i), item.line}
		switch {
		case !at.want(kindText):
		case item.text == "":
			at.fault("it is empty", "")
		case have[item.text]:
			at.fault("it is in the list twice", "remove one of the two")
		default:
			have[item.text] = true
			out = append(out, item.text)
		}
	}
	return out
}

// shown quotes a value for a message, cut to a readable length.
func shown(s string) string {
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60]) + "…"
	}
	return strconv.Quote(s)
}

func either(words []string) string {
	if len(words) == 1 {
		return words[0]
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}

// names returns the keys of a section whose keys are names that the user chose.
func (s *section) names() []string {
	if s.node == nil {
		return nil
	}
	var names []string
	for _, e := range s.node.entries {
		if e.kind != kindText || e.key == "" {
			s.r.fault(e.line, s.path, "a name must be text", "put it into quotes")
			s.know(e.key)
			continue
		}
		names = append(names, e.key)
	}
	return names
}

// items returns the mappings of a list.
func (s *section) items(key string) []*section {
	v := s.take(key)
	if v == nil {
		return nil
	}
	if v.kind != kindList {
		v.fault("it must be a list of mappings, not "+v.kind.String(), "")
		return nil
	}
	var out []*section
	for i, item := range v.items {
		path := fmt.Sprintf("%s[%d]", v.path, i)
		if item.kind != kindMapping {
			s.r.fault(item.line, path, "it must be a mapping, not "+item.kind.String(), "")
			continue
		}
		out = append(out, &section{r: s.r, path: path, line: item.line, node: item})
	}
	return out
}
