package prospect

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/templates"
)

// planFormat is the version of a saved plan. It goes up when a field of savedPlan gets another meaning.
const planFormat = 1

// SavedPlan is a plan on disk, bound by hash to all that it was made of. The same plan is the same bytes, but for MadeAt.
// It holds no cell that would be sent: the parts are named by their hashes, and apply makes them anew.
type SavedPlan struct {
	Format  int                `json:"hr2coupa_plan"`
	MadeAt  time.Time          `json:"made_at"`
	Program string             `json:"program"` // version of the hr2coupa that made it
	Feed    []export.FeedFile  `json:"feed"`    // paths absolute
	State   SavedState         `json:"state"`
	Config  map[string]string  `json:"config"` // SHA-256 of each value that the plan depends on
	Layout  string             `json:"layout"` // SHA-256 of Coupa's columns as the program knows them
	Sums    savedSums          `json:"sums"`
	Limits  []string           `json:"limits,omitempty"` // those that would hold the run
	Batch   string             `json:"batch,omitempty"`  // its first 8 digits are in the names of the parts
	Parts   []savedPart        `json:"parts"`            // in the order of sending; their names begin with the time of the apply
	Rows    []export.RowResult `json:"rows"`             // records that go into no part
}

// SavedState is what the planner reads of the ledger.
type SavedState struct {
	People int    `json:"people"`
	Kept   int    `json:"kept"` // records that earlier plans have kept and this one takes up
	SHA256 string `json:"sha256"`
}

type savedSums struct {
	Input         int            `json:"input"`
	ToSend        int            `json:"to_send"`
	RowCount      int            `json:"row_count"`
	Quarantined   int            `json:"quarantined"`
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

// Encode gives the canonical bytes.
func (s *SavedPlan) Encode() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	err := e.Encode(s)
	return b.Bytes(), err
}

// savingSink notes what a saved plan tells of a plan and hands everything on.
type savingSink struct {
	planning.Sink
	came  map[int64]savedPart
	parts []savedPart // in the order of sending
	rows  []export.RowResult
}

// SavingTo notes what a saved plan needs, and hands all on to next.
func SavingTo(next planning.Sink) *savingSink {
	return &savingSink{Sink: next, came: map[int64]savedPart{}, parts: []savedPart{}, rows: []export.RowResult{}}
}

func (s *savingSink) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	saved := savedPart{Route: p.Route, Wave: p.Wave, Rows: p.Rows, Size: p.Size, SHA256: p.SHA256}
	err := rowstore.PartLines(p, data, func(l layout.Line) bool { saved.Columns = l.Cells; return false })
	if err != nil {
		return 0, err
	}
	id, err := s.Sink.Part(p, data, rows)
	s.came[id] = saved
	return id, err
}

func (s *savingSink) Row(r export.RowResult, faults []export.Fault, kept []export.KeptRecord) error {
	s.rows = append(s.rows, r)
	return s.Sink.Row(r, faults, kept)
}

func (s *savingSink) Restart() error {
	clear(s.came)
	s.parts, s.rows = s.parts[:0], s.rows[:0]
	return s.Sink.Restart()
}

func (s *savingSink) Name(id int64, name string) error {
	s.parts = append(s.parts, s.came[id])
	return s.Sink.Name(id, name)
}

// Saved makes the plan that s has noted into one that can be written.
func (s *savingSink) Saved(plan *export.Plan, pipe *wiring.Pipeline, out *Outlook) (*SavedPlan, error) {
	config, err := Digests(pipe)
	if err != nil {
		return nil, err
	}
	saved := &SavedPlan{
		Format: planFormat, Program: wiring.Version, State: StateOf(out), Config: config, Layout: LayoutHash(),
		Sums: savedSums{
			Input: plan.Input, ToSend: plan.Records, RowCount: plan.Rows, Quarantined: plan.Quarantined,
			Deactivations: plan.Deactivations, Waves: plan.Waves, Columns: plan.Columns,
		},
		Parts: s.parts, Rows: s.rows,
	}
	for _, f := range plan.Files {
		if f.Kept != 0 {
			continue // part of the state
		}
		if f.Path, err = filepath.Abs(f.Path); err != nil {
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

// StateOf hashes exactly what the planner reads of the ledger: whoever teaches it to read more adds that here.
// Approvals are not among it: they are held against the plan when it is applied.
func StateOf(out *Outlook) SavedState {
	h := sha256.New()
	for _, key := range slices.Sorted(maps.Keys(out.People)) {
		fmt.Fprintf(h, "%q %q\n", key, out.People[key])
	}
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
	if out.left != nil {
		for _, f := range out.left.From(0).Files() {
			fmt.Fprintf(h, "beside %q %s\n", f.Name, f.SHA256)
		}
	}
	return SavedState{People: len(out.People), Kept: out.joined(), SHA256: hex.EncodeToString(h.Sum(nil))}
}

// Digests gives those of the config's values that a plan depends on. Which files are the feed stands in the plan itself, and
// their age was looked at when it was made.
func Digests(p *wiring.Pipeline) (map[string]string, error) {
	digests := p.Config.Digests("instance", "feed", "mapping", "route", "layout", "limits", "protect", "preflight", "integration_users")
	delete(digests, "feed.files")
	delete(digests, "feed.max_age")
	for _, t := range p.Config.Mapping.Tables {
		if t.File == "" {
			continue
		}
		data, err := wiring.ReadTable(t.File)
		if err != nil {
			return nil, fmt.Errorf("read the file of table %q: %w", t.Name, err)
		}
		digests["mapping.tables."+t.Name+".file (its bytes)"] = hexHash(data)
	}
	return digests, nil
}

// LayoutHash stands for what the program knows of Coupa's columns.
func LayoutHash() string {
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

// maxPlan bounds what is read of a saved plan: a million quarantined rows take a third of it.
const maxPlan = 1 << 30

var errNoPlan = errors.New("it is not a saved plan; hr2coupa plan -o FILE writes one")

// ReadPlan reads a saved plan back. Nothing of it is repeated in errors: it may be any file.
func ReadPlan(path string) (*SavedPlan, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPlan+1))
	if err != nil {
		return nil, err
	}
	var head struct {
		Format int `json:"hr2coupa_plan"`
	}
	switch err := json.Unmarshal(data, &head); {
	case len(data) > maxPlan, err != nil, head.Format == 0:
		return nil, errNoPlan
	case head.Format != planFormat:
		return nil, fmt.Errorf("it is of format %d, and this hr2coupa (%s) knows %d: plan again", head.Format, wiring.Version, planFormat)
	}
	s := &SavedPlan{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(s); err != nil || len(s.Feed)+s.State.Kept == 0 {
		return nil, errors.New("it is damaged: plan again")
	}
	return s, nil
}

// MayWritePlan keeps -o from overwriting what is no plan, such as a feed.
func MayWritePlan(path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && wiring.Exists(filepath.Dir(path)):
		return nil
	case err != nil:
		return exit.Usage("plan -o: %w", err)
	case !info.Mode().IsRegular():
		return exit.Usage("plan -o: %s is no ordinary file; give the name of a new one", path)
	}
	if _, err := ReadPlan(path); errors.Is(err, errNoPlan) {
		return exit.Usage("plan -o: %s is there and is no saved plan: it is not overwritten; give another name", path)
	}
	return nil
}

// writePlan writes a saved plan under a temporary name and renames it: 0600, since it names people by their keys.
func writePlan(path string, s *SavedPlan) (err error) {
	data, err := s.Encode()
	if err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".hr2coupa-plan-*.tmp") // makes it 0600
	if err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name()) // what failed is told
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	return nil
}

// SavePlan writes a plan to a file that only its owner may read (0600).
func SavePlan(path string, s *savingSink, plan *export.Plan, pipe *wiring.Pipeline, out *Outlook, limits []export.Breach, now time.Time) error {
	saved, err := s.Saved(plan, pipe, out)
	if err != nil {
		return err
	}
	saved.MadeAt = now.UTC().Truncate(time.Second)
	for _, b := range limits {
		saved.Limits = append(saved.Limits, b.String())
	}
	return writePlan(path, saved)
}

// Summary is a plan in a few words, the hash of its parts with them.
func (s *SavedPlan) Summary() string {
	return fmt.Sprintf("%s (%s) and %s held back", words.Plural(len(s.Parts), "part"), words.Dash(s.Batch[:min(8, len(s.Batch))]), words.Plural(len(s.Rows), "row"))
}

func byOrigin(a, b export.RowResult) int {
	return cmp.Or(strings.Compare(a.Origin.File, b.Origin.File), a.Origin.Line-b.Origin.Line)
}
