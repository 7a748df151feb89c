package explain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
)

// ShownRuns is how many runs explain shows without --all.
const ShownRuns = 5

// Options are the flags of explain: a person's key or login, whether all runs are shown, and the day as of which.
type Options struct {
	Key   string
	Login string
	All   bool
	AsOf  string // a day, YYYY-MM-DD; "": the whole story
}

// story is what the ledger knows of a person, newest run first.
type story struct {
	Key       string          `json:"key,omitempty"`   // as asked for, or behind the pseudonym
	Asked     string          `json:"asked,omitempty"` // the key as asked for, where HR writes it in another case
	Pseudonym string          `json:"pseudonym,omitempty"`
	Login     string          `json:"login,omitempty"`
	Rows      []rowStory      `json:"rows"`
	Baseline  []baselineStory `json:"baseline"`
	Missing   *missingStory   `json:"missing,omitempty"` // in HR's snapshots
	Known     []string        `json:"known,omitempty"`   // lines of the overrides that name the person today
	more      int             // older runs that are not shown
}

// rowStory is one row of the person.
type rowStory struct {
	Run     string               `json:"run"`
	Command string               `json:"command"`
	Started time.Time            `json:"started"`
	State   export.RunState      `json:"state"`
	Verdict export.RunVerdict    `json:"verdict"`
	Planner export.Operator      `json:"planned_by,omitzero"`
	Row     export.RowResult     `json:"row"`
	Part    *partStory           `json:"part,omitempty"`       // where the row went into one
	Undoes  string               `json:"undoes,omitempty"`     // the run that this row takes back
	Undone  string               `json:"undone_by,omitempty"`  // the run that has taken this row back
	Todo    string               `json:"todo,omitempty"`       // what to do about a row that has to be fixed, or about one that waits
	Kinds   export.ChangeKinds   `json:"kinds"`                // in which ways the row changes the person; none: in none, or not known
	Change  *export.PersonChange `json:"change,omitempty"`     // which cells, with their values from before as far as they are known
	Not     []export.Fault       `json:"overridden,omitempty"` // which cells were not HR's, by an override of that day
	Limits  []limitStory         `json:"limits,omitempty"`     // those that count the person
	Rules   []export.Expression  `json:"rules,omitempty"`      // held back: behind the columns that the faults are about
	Names   []export.Expression  `json:"names,omitempty"`      // what these expressions, or those of the cells, name
	Cells   []cellStory          `json:"cells"`                // as sent
	Lost    string               `json:"cells_lost,omitempty"`
	Hint    string               `json:"hint,omitempty"` // what to do about Lost
}

// partFields is a part without its own form in JSON, so that its fields stand beside those of a partStory.
type partFields export.Part

type partStory struct {
	partFields
	Hint  string        `json:"hint,omitempty"` // what to do about the part
	Row   int           `json:"row"`            // data row
	Line  int           `json:"line,omitempty"` // in the file; 0 if its bytes are gone, or there was none
	Moves []ledger.Move `json:"moves"`
	Call  *callStory    `json:"call,omitempty"` // on the API route, once the row was about to be written
}

// callStory is what the ledger knows of the calls for a row.
type callStory struct {
	CoupaID  string              `json:"coupa_id,omitempty"`
	Created  bool                `json:"created"`
	Emptied  map[string][]string `json:"emptied,omitempty"`  // lists that were emptied first, with what they held
	Unfilled []string            `json:"unfilled,omitempty"` // columns of Emptied that were not seen filled since
	Answered time.Time           `json:"answered,omitzero"`
}

type cellStory struct {
	Column     string `json:"column"`
	Value      string `json:"value"`
	Expression string `json:"expression,omitempty"`
	From       string `json:"from,omitempty"` // where a value that is not HR's is from
}

// Explain prints what the ledger knows of a person. It is a usage error if the ledger has no row of the person.
func Explain(ctx context.Context, env *wiring.Env, o Options) error {
	cfg, l, done, err := wiring.ReadLedger(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	var end time.Time
	if o.AsOf != "" {
		if end, err = endOf(o.AsOf, cfg.Feed.TimeZone); err != nil {
			return err
		}
	}
	keys := []string{o.Key}
	if o.Login != "" {
		if keys, err = l.KeysOf(o.Login); err != nil {
			return err
		}
	}
	runs := ShownRuns
	if o.All || env.JSON || o.AsOf != "" {
		runs = -1
	}
	episodes, more, err := l.Story(keys, runs)
	if err != nil {
		return err
	}
	if tidy := alike.Tidy(o.Key); len(episodes) == 0 && tidy != o.Key { // as HR writes it, and as it is compared
		o.Key, keys = tidy, []string{tidy}
		if episodes, more, err = l.Story(keys, runs); err != nil {
			return err
		}
	}
	if len(episodes) == 0 && pseudonym.IsPseudonym(o.Key) { // a log names people by pseudonyms
		if keys, err = l.KeysBehind(o.Key); err != nil {
			return err
		}
		if episodes, more, err = l.Story(keys, runs); err != nil {
			return err
		}
	}
	asked := ""
	if len(episodes) == 0 && o.Key != "" { // in another case
		like, err := l.KeysLike(alike.Tidy(o.Key))
		if err != nil {
			return err
		}
		if episodes, more, err = l.Story(like, runs); err != nil {
			return err
		}
		if len(episodes) > 0 {
			asked, o.Key, keys = o.Key, like[0], like
		}
	}
	if len(episodes) == 0 {
		return notFound(cfg, o)
	}
	s := story{Key: o.Key, Asked: asked, Login: o.Login, more: more}
	if o.Key != "" && keys[0] != o.Key {
		s.Key, s.Pseudonym = keys[0], o.Key
	}
	for _, e := range episodes {
		c, err := rowStoryOf(cfg, l, e)
		if err != nil {
			return err
		}
		c.Undoes, c.Undone = change.Undoes(e.Row.Origin), undoneBy(e.Run.ID, episodes)
		s.Rows = append(s.Rows, c)
	}
	if o.AsOf != "" {
		if len(keys) > 1 {
			return export.Hint(exit.Usage("%d people have that login, or that key in another case", len(keys)), "give KEY, a value of the feed's column %q", cfg.Feed.Key)
		}
		return tellDay(env, s, episodes, o.AsOf, end)
	}
	if s.Baseline, err = baselineOf(l, keys, episodes); err != nil {
		return err
	}
	if s.Missing, err = missingOf(cfg, l, keys); err != nil {
		return err
	}
	if len(keys) == 1 {
		s.Known = wiring.KnownLines(cfg, keys[0])
	}
	if env.JSON {
		return show.JSON(env, s)
	}
	return printStory(env, s, len(keys) > 1)
}

// missingStory is since when a person is missing in HR's snapshots.
type missingStory struct {
	Since     string `json:"since"`     // the day of the first one without them
	Snapshots int    `json:"snapshots"` // without them
}

// missingOf returns since when the person is missing; nil where they are there, in no snapshot, or not one person.
func missingOf(cfg *config.Config, l ledger.Ledger, keys []string) (*missingStory, error) {
	if len(keys) != 1 {
		return nil, nil
	}
	since, n, err := l.MissingSince(keys[0])
	if err != nil || n == 0 {
		return nil, err
	}
	return &missingStory{since.In(cfg.Feed.TimeZone).Format(time.DateOnly), n}, nil
}

// undoneBy returns the run that has taken back what a run has changed of the person; "" if none has. It is newer, so that a story
// has it.
func undoneBy(run string, episodes []ledger.Episode) string {
	for _, e := range episodes {
		if change.Undoes(e.Row.Origin) == run && (e.Row.Outcome == export.Applied || e.Row.Outcome == export.Drifted) {
			return e.Run.ID
		}
	}
	return ""
}

// notFound does not repeat the key or login that was asked for: both may be personal data, and stderr shows none.
func notFound(cfg *config.Config, o Options) error {
	if o.Login != "" {
		return export.Hint(exit.Usage("no row was ever sent with that login"), "try the person's key, which also finds rows that were held back")
	}
	return export.Hint(exit.Usage("the ledger has no row of that person"), "give as KEY a value of the feed's column %q, as HR writes it, or give --login LOGIN", cfg.Feed.Key)
}

func rowStoryOf(cfg *config.Config, l ledger.Ledger, e ledger.Episode) (rowStory, error) {
	c := rowStory{
		Run: e.Run.ID, Command: e.Run.Command, Started: e.Run.Started, State: e.Run.State, Verdict: e.Run.Verdict, Planner: e.Run.Operator, Row: e.Row, Todo: wiring.CausesIn(cfg).ToDo(e.Row), Cells: []cellStory{},
		Kinds: e.Row.Kinds, Change: e.Row.Change,
	}
	var err error
	if c.Limits, err = limitsOf(cfg, l, e); err != nil {
		return c, err
	}
	if c.Not, err = overriddenOf(l, e); err != nil {
		return c, err
	}
	if e.Part.ID == 0 {
		c.Rules = blamed(e.Run.Mapping, e.Row)
		c.Names = named(e.Run.Mapping, c.Rules)
		return c, nil
	}
	c.Part = &partStory{partFields: partFields(e.Part), Hint: e.Part.Notes.Hint(), Row: e.Row.PartRow, Moves: e.Moves}
	if e.Part.Route == export.ByAPI {
		writes, err := l.Writes(e.Part.ID)
		if err != nil {
			return c, err
		}
		if w, ok := writes[e.Row.PartRow]; ok {
			c.Part.Call = &callStory{w.CoupaID, w.Created, w.Emptied, w.Unfilled, w.Answered}
		}
	}
	data, err := l.Bytes(e.Part)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		c.Lost = "the part's bytes are no longer in the spool"
		return c, nil
	case err != nil:
		c.Lost, c.Hint = err.Error(), export.HintText(err) // the rest of the story is still shown
		return c, nil
	}
	c.Cells, c.Part.Line, err = sentCells(data, e)
	if e.Part.Route == export.ByAPI { // there is no file
		c.Part.Line = 0
	}
	c.Names = named(e.Run.Mapping, expressionsOf(c.Cells))
	return c, err
}

// sentCells takes a row's cells from the part's bytes, so that what is shown is what was sent.
func sentCells(data []byte, e ledger.Episode) (cells []cellStory, line int, err error) {
	var header []string
	row := 0
	err = rowstore.PartLines(e.Part, data, func(l layout.Line) bool {
		if header == nil {
			header = l.Cells
			return true
		}
		if row++; row < e.Row.PartRow {
			return true
		}
		line = l.Number
		for i, value := range l.Cells[:min(len(l.Cells), len(header))] {
			cells = append(cells, cellOf(e, header[i], value))
		}
		return false
	})
	if err == nil && (len(cells) == 0 || cells[0].Value != e.Row.First) {
		err = export.Ours(fmt.Errorf("read part %s back: row %d is not the person's", e.Part.Name, e.Row.PartRow))
	}
	if err != nil {
		return nil, 0, err
	}
	return cells, line, nil
}

// cellOf says where a cell is from: HR's field, or what was known of the person.
func cellOf(e ledger.Episode, column, value string) cellStory {
	c := cellStory{Column: column, Value: value, Expression: expressionOf(e.Run.Mapping, column)}
	switch {
	case slices.Contains(e.Row.Completed, column):
		c.From = "completed, since HR has none"
	case change.InCoupasColumns(e.Row.Origin) && c.Expression != "" && value != e.Row.Key: // the key went through the mapping
		switch c.From, c.Expression = "hr2coupa change", ""; {
		case change.Undoes(e.Row.Origin) != "":
			c.From = "hr2coupa undo"
		case change.IsGone(e.Row.Origin):
			c.From = "feed.gone"
		case change.Repairs(e.Row.Origin):
			c.From = "hr2coupa reconcile --repair"
		}
	case e.Run.Mapping != nil && c.Expression == "":
		c.From = "looked up in Coupa"
	}
	return c
}

// blamed returns the expressions of the columns that a row's faults are about: they lead to HR's field. An excluded row has the
// condition that leaves it out.
func blamed(mapping []export.Expression, r export.RowResult) (rules []export.Expression) {
	for _, m := range mapping {
		if r.Outcome == export.Excluded && len(r.Faults) == 0 && m.Column == wiring.Where || slices.ContainsFunc(r.Faults, func(f export.Fault) bool { return f.Field == m.Column }) {
			rules = append(rules, m)
		}
	}
	return rules
}

// named returns what expressions name, and what that names in turn: variables and the day of the run.
func named(mapping, of []export.Expression) (names []export.Expression) {
	for i := 0; i < len(of); i++ { // of grows
		for _, m := range mapping {
			if name := wiring.NameIn(m); name != "" && mentions(of[i].Text, name) && !slices.Contains(names, m) {
				names, of = append(names, m), append(slices.Clip(of), m)
			}
		}
	}
	return names
}

// mentions reports whether a name stands in an expression as a word of its own, be it in a text.
func mentions(expression, name string) bool {
	letter := func(c byte) bool {
		return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
	}
	for rest, before := expression, byte(' '); ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return false
		}
		if i > 0 {
			before = rest[i-1]
		}
		after := rest[i+len(name):]
		if !letter(before) && (after == "" || !letter(after[0])) {
			return true
		}
		before, rest = rest[i], rest[i+1:]
	}
}

func expressionsOf(cells []cellStory) (of []export.Expression) {
	for _, c := range cells {
		of = append(of, export.Expression{Column: c.Column, Text: c.Expression})
	}
	return of
}

func expressionOf(mapping []export.Expression, column string) string {
	for _, m := range mapping {
		if m.Column == column {
			return m.Text
		}
	}
	return ""
}

// overriddenOf returns which cells of a row were not HR's.
func overriddenOf(l ledger.Ledger, e ledger.Episode) ([]export.Fault, error) {
	cells, err := l.Overridden(e.Run.ID)
	return slices.DeleteFunc(slices.Clone(cells), func(f export.Fault) bool { return f.Origin != e.Row.Origin }), err
}
