package prospect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/change"
	"github.com/hr2coupa/hr2coupa/cmd/internal/differences"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/templates"
)

// planFormat is the version of a saved plan. It goes up when a field of SavedPlan gets another meaning.
const planFormat = 2

// SavedPlan is a plan on disk, bound by hash to all that it was made of. The same plan is the same bytes, but for MadeAt.
// The parts are named by their hashes, and apply builds them again. Behind the rows the file has the people, one a line, each
// with what would change: personal data.
type SavedPlan struct {
	Format  int       `json:"hr2coupa_plan"`
	MadeAt  time.Time `json:"made_at"`
	Program string    `json:"program"` // version of the hr2coupa that made it
	madeOf
	Sums   savedSums   `json:"sums"`
	Limits []string    `json:"limits,omitempty"` // those that would hold the run
	Batch  string      `json:"batch,omitempty"`  // its first 8 digits are in the names of the parts
	Parts  []savedPart `json:"parts"`            // in the order of sending; their names begin with the time of the apply
	Rows   []savedRow  `json:"rows"`             // records that go into no part
	// Older are snapshots that the plan passes over, since the one at hand is newer.
	Older []export.LateFile `json:"older_snapshots,omitempty"`

	// Repair holds the records of a plan of reconcile --repair, which are in no file.
	Repair *change.Repair `json:"repair,omitempty"`

	PeopleSum string `json:"people_sha256"` // of the lines of the people

	path   string            // that it was read from
	people *rowstore.Scratch // a line each
}

// Lines returns the people of a plan as lines.
func (s *SavedPlan) Lines() (io.Reader, error) { return s.people.Reader() }

// Close removes what is stored of the people.
func (s *SavedPlan) Close() { s.people.Close() }

// madeOf is what a plan is made of.
type madeOf struct {
	Feed   []export.FeedFile `json:"feed"` // paths absolute
	State  savedState        `json:"state"`
	Config map[string]string `json:"config"`          // SHA-256 of each value that the plan depends on
	Layout string            `json:"layout"`          // SHA-256 of Coupa's columns as the program knows them
	Today  string            `json:"today,omitempty"` // the day that today() is, also when the plan is applied on a later one; "" where nothing depends on it
}

// savedState is what the planner reads of the ledger.
type savedState struct {
	People int    `json:"people"`
	Kept   int    `json:"kept"` // records that earlier plans have kept and this one takes up
	SHA256 string `json:"sha256"`
	Open   string `json:"open_sha256,omitempty"` // of all but the people; an earlier version did not save it
}

// knowsMore reports whether nothing has changed but what the ledger knows of people. Whether that matters is seen by the plan
// itself: it names the people whose differences have moved.
func (s savedState) knowsMore(now savedState) bool {
	return s.Open != "" && s.Open == now.Open && s.Kept == now.Kept
}

type savedSums struct {
	Input         int            `json:"input"`
	ToSend        int            `json:"to_send"`
	RowCount      int            `json:"row_count"`
	Quarantined   int            `json:"quarantined"`
	Unchanged     int            `json:"unchanged"`
	Excluded      int            `json:"excluded,omitempty"`
	Deactivations int            `json:"deactivations"`
	Waves         int            `json:"waves"`
	Columns       map[string]int `json:"columns"`
}

type savedPart struct {
	Route   export.Route `json:"route,omitempty"`
	Wave    int          `json:"wave"`
	Rows    int          `json:"rows"`
	Size    int64        `json:"size"`
	SHA256  string       `json:"sha256"`
	Columns []string     `json:"columns"` // its header
}

// savedRow is a row in words, as the results of a plan have it.
type savedRow struct {
	Origin    export.Origin  `json:"origin"`
	Records   int            `json:"records"`
	Key       string         `json:"key"`
	Outcome   export.Outcome `json:"outcome"`
	Completed string         `json:"completed,omitempty"`
	Reason    string         `json:"reason,omitempty"`
}

// encode returns the canonical bytes of all but the people.
func (s *SavedPlan) encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return b.Bytes(), err
}

// Saving is a sink that notes what a saved plan holds of a plan, and passes everything on.
type Saving struct {
	planning.Sink
	p     *Prospect
	came  map[int64]savedPart
	parts []savedPart // in the order of sending
	rows  []savedRow

	people rowstore.Scratch
	sum    hash.Hash
}

// Saving returns a sink that notes what a saved plan needs, and passes everything on to next.
func (p *Prospect) Saving(next planning.Sink) *Saving {
	return &Saving{Sink: next, p: p, came: map[int64]savedPart{}, parts: []savedPart{}, rows: []savedRow{}, sum: sha256.New()}
}

// Part notes a part's size and header.
func (s *Saving) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	saved := savedPart{Route: p.Route, Wave: p.Wave, Rows: p.Rows, Size: p.Size, SHA256: p.SHA256}
	err := rowstore.PartLines(p, data, func(l layout.Line) bool { saved.Columns = l.Cells; return false })
	if err != nil {
		return 0, err
	}
	if err := s.keep(p, data, rows); err != nil {
		return 0, err
	}
	id, err := s.Sink.Part(p, data, rows)
	s.came[id] = saved
	return id, err
}

// keep notes what would change of the people of a part.
func (s *Saving) keep(p export.Part, data []byte, rows []export.RowResult) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	return People(p, data, rows, func(_ int, one *differences.Person) error {
		b.Reset()
		if err := e.Encode(differences.Keep(one)); err != nil {
			return err
		}
		s.sum.Write(b.Bytes())
		_, err := s.people.Write(b.Bytes())
		return err
	})
}

// Close removes what is stored of the people.
func (s *Saving) Close() { s.people.Close() }

// Row notes a row that goes into no part.
func (s *Saving) Row(r export.RowResult, kept []export.KeptRecord) error {
	if r.Outcome == export.Unchanged || r.Outcome == export.Excluded { // Sums has how many, and the parts have all others
		return s.Sink.Row(r, kept)
	}
	s.rows = append(s.rows, savedRow{r.Origin, r.Lines, r.Key, r.Outcome, r.Completed.Text(), r.Faults.Text()})
	return s.Sink.Row(r, kept)
}

// Restart forgets what was noted.
func (s *Saving) Restart() error {
	clear(s.came)
	s.parts, s.rows = s.parts[:0], s.rows[:0]
	s.people.Close()
	s.sum.Reset()
	return s.Sink.Restart()
}

// Name notes the order of sending.
func (s *Saving) Name(id int64, name string) error {
	s.parts = append(s.parts, s.came[id])
	return s.Sink.Name(id, name)
}

// Plan returns the noted plan in a form that can be written.
func (s *Saving) Plan(plan *export.Plan) (*SavedPlan, error) {
	of, err := s.p.madeOf()
	if err != nil {
		return nil, err
	}
	saved := &SavedPlan{
		Format: planFormat, Program: wiring.Version, madeOf: of,
		Sums: savedSums{
			Input: plan.Input, ToSend: plan.Records, RowCount: plan.Rows, Quarantined: plan.Quarantined, Unchanged: plan.Unchanged, Excluded: plan.Excluded,
			Deactivations: plan.Deactivations, Waves: plan.Waves, Columns: plan.Columns,
		},
		Parts: s.parts, Rows: s.rows, Older: s.p.Superseded(), Repair: s.p.repair, PeopleSum: hex.EncodeToString(s.sum.Sum(nil)), people: &s.people,
	}
	for _, f := range plan.Files {
		if f.Kept != 0 || change.IsGone(export.Origin{File: f.Name}) {
			continue // part of the state
		}
		if f.Path, err = savedPath(f); err != nil {
			return nil, err
		}
		saved.Feed = append(saved.Feed, f)
	}
	hashes := make([]string, len(s.parts))
	for i, p := range s.parts {
		hashes[i] = p.SHA256
	}
	if len(hashes) > 0 {
		saved.Batch = planning.BatchHash(hashes)
	}
	slices.SortStableFunc(saved.Rows, byOrigin)
	return saved, nil
}

// Nothing returns what a run sends of a plan whose files were all seen, in a form that can be written: no part and no row.
func (s *Saving) Nothing(plan *export.Plan) (*SavedPlan, error) {
	empty := s.p.Saving(&nowhere{})
	return empty.Plan(&export.Plan{Files: plan.Files, Columns: map[string]int{}})
}

// madeOf returns what the plan is made of, except the feed.
func (p *Prospect) madeOf() (madeOf, error) {
	config, err := configDigests(p.Pipe)
	return madeOf{State: stateOf(p.Outlook, p.missing), Config: config, Layout: layoutHash(), Today: p.Today}, err
}

// stateOf hashes exactly what the planner reads of the ledger: if the planner reads more, add it here.
// Approvals are left out: apply compares the plan with them.
func stateOf(out *Outlook, missing string) savedState {
	h := sha256.New()
	people := make([]string, 0, out.People.Len())
	out.People.All(func(key string, _ export.Person) { people = append(people, key) })
	slices.Sort(people)
	for _, key := range people {
		p, _ := out.People.Of(key)
		fmt.Fprintf(h, "%q %q\n", key, p)
	}
	open := sha256.New()
	hashOpen(io.MultiWriter(h, open), out, missing)
	return savedState{People: out.People.Len(), Kept: out.joined(), SHA256: hex.EncodeToString(h.Sum(nil)), Open: hex.EncodeToString(open.Sum(nil))}
}

// hashOpen hashes what the planner reads of the ledger beside the people whom it knows. Hashing returns no error.
func hashOpen(h io.Writer, out *Outlook, missing string) {
	_, _ = io.WriteString(h, missing)
	if w := out.waiting; w != nil {
		for _, m := range []map[string]string{w.Keys, w.Firsts, w.Logins} {
			for _, key := range slices.Sorted(maps.Keys(m)) {
				fmt.Fprintf(h, "waiting %q %q\n", key, m[key])
			}
		}
	}
	if out.Kept != nil {
		for _, f := range out.Kept.From(0).Files() {
			fmt.Fprintf(h, "kept %q %s\n", f.Name, f.SHA256)
		}
	}
	for _, r := range out.dated {
		fmt.Fprintf(h, "dated %d %q\n", r.ID, r.Fields)
	}
	if out.left != nil {
		for _, f := range out.left.From(0).Files() {
			fmt.Fprintf(h, "beside %q %s\n", f.Name, f.SHA256)
		}
	}
}

// configDigests returns the hashes of the config's values that a plan depends on. The plan itself names the feed's files, and
// their age was checked when it was built.
func configDigests(p *wiring.Pipeline) (map[string]string, error) {
	digests := p.Config.Digests("instance", "feed", "mapping", "route", "layout", "limits", "roles", "protect", "references", "preflight", "integration_users")
	delete(digests, "feed.files")
	delete(digests, "feed.max_age")
	maps.Copy(digests, p.ListDigests)
	return digests, addTables(digests, p)
}

// addTables adds the hashes of the files of the mapping's tables, of the overrides, and of the lists of references.
func addTables(digests map[string]string, p *wiring.Pipeline) error {
	if p.Config.Known != "" {
		data, err := wiring.ReadKnown(p.Config)
		if err != nil {
			return fmt.Errorf("read the overrides: %w", err)
		}
		digests["known (its bytes)"] = hexHash(data)
	}
	for _, of := range p.Config.References.Lists {
		if of.File == "" {
			continue
		}
		data, err := wiring.ReadReference(of)
		if err != nil {
			return fmt.Errorf("read the list of %s: %w", of.Column, err)
		}
		digests[of.Path+" (its bytes)"] = hexHash(data)
	}
	for _, t := range p.Config.Mapping.Tables {
		if t.File == "" {
			continue
		}
		data, err := wiring.ReadTable(t.File)
		if err != nil {
			return fmt.Errorf("read the file of table %q: %w", t.Name, err)
		}
		digests["mapping.tables."+t.Name+".file (its bytes)"] = hexHash(data)
	}
	return nil
}

// layoutHash returns a hash of what the program knows of Coupa's columns.
func layoutHash() string {
	h := sha256.New()
	h.Write(templates.UsersLayout())
	for _, l := range templates.UsersLocales() {
		fmt.Fprintf(h, "%q %v\n", l.Name, l.APIOnly)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func hexHash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// summary returns a plan in a few words, with the hash of its parts.
func (s *SavedPlan) summary() string {
	return fmt.Sprintf("%s (%s) and %s held back", export.Plural(len(s.Parts), "part"), words.Dash(s.Batch[:min(8, len(s.Batch))]), export.Plural(len(s.Rows), "row"))
}

func byOrigin(a, b savedRow) int {
	return cmp.Or(strings.Compare(a.Origin.File, b.Origin.File), a.Origin.Line-b.Origin.Line)
}
