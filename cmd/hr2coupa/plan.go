package main

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/cmd/terminal"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/delivery"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/planning"
)

type planOptions struct {
	files  []string
	all    bool
	people int // how many people are shown without all
	again  bool
	output string
	route  string

	everybody bool // the result has every person
}

// shownPeople is how many people a plan shows without --all.
const shownPeople = 20

func planCmd(env *Env) *cobra.Command {
	o := planOptions{people: shownPeople}
	c := &cobra.Command{
		Use:   "plan [FILE…]",
		Short: "the pure half: what would change, what is quarantined, which limits hold",
		Long: `Plan reads the feed, maps and checks it, and tells what a run would send, per person and per
column. It sends nothing and records nothing. Where preflight is on it asks Coupa about these people, and
needs the client's secret; else it needs none. With -o it also saves the plan, bound to the bytes of the
feed, the ledger's state and the config, for hr2coupa apply.`,
		Example: "  hr2coupa plan\n  hr2coupa plan --all users-20261124.csv\n  hr2coupa plan -o plan.json",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.files = args
			return showPlan(cmd.Context(), env, o)
		},
	}
	c.Flags().BoolVar(&o.all, "all", false, "tell every person, not only the first 20")
	c.Flags().StringVarP(&o.output, "output", "o", "", "save the plan to this file (0600); only another saved plan is overwritten")
	return c
}

// planned is the result of a plan: its sums and, row by row, what would go where.
type planned struct {
	Verdict     string             `json:"verdict"`
	Exit        int                `json:"exit"`
	Checked     bool               `json:"checked"`         // false: nobody was asked which people Coupa knows
	Route       export.Route       `json:"route,omitempty"` // "" is csv
	Key         string             `json:"key"`
	NewKey      string             `json:"new_key,omitempty"`  // where Key is the Id: the key of new people, who have none
	LeftOut     []string           `json:"left_out,omitempty"` // mapped, and in no file because of the key
	Input       int                `json:"input"`
	ToSend      int                `json:"to_send"`   // records
	RowCount    int                `json:"row_count"` // rows they come to: several records for one person are one
	Quarantined int                `json:"quarantined"`
	Waiting     int                `json:"waiting"`         // records that wait behind a part without a verdict
	Joins       int                `json:"joins,omitempty"` // records that JoinsRun has kept and this plan takes up
	JoinsRun    string             `json:"joins_run,omitempty"`
	Beside      string             `json:"beside,omitempty"` // the held run that it leaves as it is
	Deactivate  int                `json:"deactivations"`
	Creates     int                `json:"creates,omitempty"`   // rows of a checked plan that make new users
	Completed   int                `json:"completed,omitempty"` // rows in which HR gives less than Coupa wants in every row
	Waves       int                `json:"waves"`
	ReadBack    string             `json:"read_back,omitempty"` // how many calls reading back takes, and how long, where they are many
	Columns     map[string]int     `json:"columns"`
	Limits      []string           `json:"limits,omitempty"` // those that would hold the run
	Warnings    []export.Fault     `json:"warnings,omitempty"`
	Files       []export.FeedFile  `json:"files"`
	Seen        []string           `json:"seen,omitempty"`
	Parts       []export.Part      `json:"parts"`
	People      []personPlan       `json:"people"`
	Rows        []export.RowResult `json:"rows"` // quarantined; the last member: printed from store, and empty here

	store *rowStore // whoever prints the result closes it
}

// personPlan is one person's row: which columns it carries.
type personPlan struct {
	Origin  export.Origin     `json:"origin"`
	Key     string            `json:"key"`
	Part    string            `json:"part"`
	Columns map[string]string `json:"columns"`

	Completed string `json:"completed,omitempty"` // columns that are not HR's, see export.RowResult
	part      int64
}

// showPlan makes a plan and prints it.
func showPlan(ctx context.Context, env *Env, o planOptions) error {
	o.everybody = o.all || env.json
	res, err := Plan(ctx, env, o)
	if err != nil {
		return err
	}
	if env.json {
		return endWith(res.Exit, cmp.Or(printJSONRows(env, res, res.store.all()), res.store.close()))
	}
	return endWith(res.Exit, cmp.Or(printPlan(env, res, res.store.all(), o.output), res.store.close()))
}

// plan makes a plan, and saves it where it is told to.
func Plan(ctx context.Context, env *Env, o planOptions) (res *planned, err error) {
	if o.output != "" {
		if err := mayWritePlan(o.output); err != nil {
			return nil, err
		}
	}
	pipe, err := readPipeline(ctx, env, config.Options{Ask: true, FeedGiven: len(o.files) > 0, Route: o.route})
	if err != nil {
		return nil, err
	}
	now := env.now().UTC()
	feed, err := pipe.open(pipe.patterns(o.files), now)
	if err != nil {
		return nil, err
	}
	out, seen, only, err := recall(env, pipe.cfg, feed.Files(), now, o.again)
	if err != nil {
		return nil, err
	}
	var fresh export.Feed = feed
	paths := toPlan(feed.Files(), seen, o.again)
	if pipe.beside(out, o.files, len(paths) > 0, seen) {
		if err := out.leave(ctx, pipe, now); err != nil {
			return nil, err
		}
	}
	switch {
	case len(paths) > 0 && len(paths) < len(feed.Files()):
		if fresh, err = pipe.openAnyAge(paths); err != nil {
			return nil, err
		}
	case len(paths) == 0 && out.kept != nil:
		fresh = nil
	}
	sink := newPlanSink(nil)
	defer func() {
		if err != nil {
			sink.rows.close()
		}
	}()
	if sink.keep = o.people; o.everybody {
		sink.keep = math.MaxInt
	}
	var into planning.Sink = sink
	saving := savingTo(sink)
	if o.output != "" {
		into = saving
	}
	planner := pipe.planner(fresh, out, now)
	planner.Only = only
	if pipe.isFeed(o.files) {
		planner.Cut = pipe.cut(fresh, out)
	}
	if err := pipe.choose(ctx, planner); err != nil {
		return nil, err
	}
	checked, err := planPreflight(ctx, env, pipe, planner, out)
	if err != nil {
		return nil, err
	}
	plan, err := planner.Build(ctx, into)
	if err != nil {
		return nil, err
	}
	res = sink.result(plan, pipe)
	if res.Checked = checked; checked {
		res.Key, res.NewKey, res.LeftOut = "Id", pipe.key, nil
	}
	res.Route = planner.Sheet.Route()
	res.ReadBack = readBackAhead(pipe.cfg, res.Parts)
	res.Limits = out.judge(pipe.cfg, !o.again && pipe.isFeed(o.files))(plan)
	for _, f := range seen {
		if !o.again || f.Left() == 0 {
			res.Seen = append(res.Seen, f.Name)
		}
	}
	if out.kept != nil {
		res.Joins, res.JoinsRun = out.kept.Records, out.kept.Run
	}
	if out.beside != nil {
		res.Beside = out.beside.Run
	}
	res.judge()
	if o.output != "" {
		if err := savePlan(o.output, saving, plan, pipe, out, res.Limits, env.now()); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// remembered reads what the ledger knows, where there is one, and which of the files were seen; with again also which of
// their records run --again would plan, nil where that is not asked for.
func recall(env *Env, cfg *config.Config, files []export.FeedFile, now time.Time, again bool) (out *outlook, seen []export.SeenFile, only only, err error) {
	if !ledgerExists(cfg.Ledger) {
		if again {
			only = func(export.Origin, string) bool { return false }
		}
		return &outlook{}, nil, only, nil
	}
	l, err := ledger.Open(ledger.Options{Dir: cfg.Ledger, Now: env.now})
	if err != nil {
		return nil, nil, nil, err
	}
	defer l.Close() // only read from
	if out, err = lookInto(l, now); err != nil {
		return nil, nil, nil, err
	}
	for _, f := range files {
		if old, ok, err := l.Seen(f.Name); err != nil {
			return nil, nil, nil, err
		} else if ok && known(old, f) {
			seen = append(seen, old)
		}
	}
	if again {
		only, err = openRecords(l, seen)
	}
	return out, seen, only, err
}

// toPlan gives the paths of the files that a run would plan. Where it would plan none, plan looks at all of them.
func toPlan(files []export.FeedFile, seen []export.SeenFile, again bool) []string {
	var paths []string
	for _, f := range files {
		i := slices.IndexFunc(seen, func(s export.SeenFile) bool { return s.Name == f.Name })
		if again && i >= 0 && seen[i].Left() > 0 || !again && i < 0 {
			paths = append(paths, f.Path)
		}
	}
	return paths
}

func (r *planned) judge() {
	r.Verdict, r.Exit = "ok", export.ExitOK
	if r.Quarantined > 0 {
		r.Verdict, r.Exit = "partial", export.ExitPartial
	}
	if len(r.Limits) > 0 {
		r.Verdict, r.Exit = "held", export.ExitHeld
		if r.Beside != "" {
			r.Verdict = "refused"
		}
	}
}

// planSink keeps what a plan yields for printing: plan and export are looked at by people.
type planSink struct {
	parts  []export.Part
	people []personPlan
	rows   rowStore
	dir    *partDir // export: the parts go to disk; nil for plan
	keep   int      // how many people to keep; memory does not grow with the feed beyond them
}

func newPlanSink(dir *partDir) *planSink {
	return &planSink{dir: dir, parts: []export.Part{}, people: []personPlan{}} // [] in JSON, not null
}

func (s *planSink) Part(p export.Part, data []byte, rows []export.RowResult) (int64, error) {
	p.ID = int64(len(s.parts) + 1)
	s.parts = append(s.parts, p)
	if s.dir != nil {
		return p.ID, s.dir.write(p.ID, data)
	}
	return p.ID, s.read(p, data, rows)
}

// read takes the cells back out of the encoded part: what is shown is what would be sent.
func (s *planSink) read(part export.Part, data []byte, rows []export.RowResult) error {
	var header []string
	n := -1
	err := partLines(part, data, func(l layout.Line) bool {
		if n++; header == nil {
			header = l.Cells
		} else {
			p := personPlan{Origin: rows[n-1].Origin, Key: rows[n-1].Key, Columns: map[string]string{}, Completed: rows[n-1].Completed, part: part.ID}
			for i, c := range l.Cells {
				p.Columns[header[i]] = c
			}
			s.people = append(s.people, p)
		}
		return n < len(rows) && len(s.people) < s.keep
	})
	if err == nil && n < len(rows) && len(s.people) < s.keep {
		err = fmt.Errorf("read part %s back: %w; please report this", part.Name, errFewRows)
	}
	return err
}

func (s *planSink) Row(r export.RowResult, _ []export.Fault, _ []export.KeptRecord) error {
	return s.rows.add(r)
}

func (s *planSink) Name(id int64, name string) error {
	s.parts[id-1].Name = name
	if s.dir != nil {
		return s.dir.name(id, name)
	}
	return nil
}

// Restart forgets what was taken so far.
func (s *planSink) Restart() error {
	s.parts, s.people = s.parts[:0], s.people[:0]
	if err := s.rows.close(); err != nil {
		return err
	}
	if s.dir != nil {
		return s.dir.sweep()
	}
	return nil
}

func (s *planSink) result(plan *export.Plan, pipe *pipeline) *planned {
	for i := range s.people {
		s.people[i].Part = s.parts[s.people[i].part-1].Name
	}
	delivery.SortParts(s.parts)
	return &planned{
		Key: pipe.key, LeftOut: pipe.sheet.LeftOut(), Input: plan.Input, ToSend: plan.Records, RowCount: plan.Rows, Quarantined: plan.Quarantined, Waiting: plan.Kept, Deactivate: plan.Deactivations, Creates: plan.Creates, Completed: plan.Completed,
		Waves: plan.Waves, Columns: plan.Columns, Warnings: plan.Warnings, Files: plan.Files, Parts: s.parts, People: s.people, Rows: []export.RowResult{},
		store: &s.rows,
	}
}

func byOrigin(a, b export.RowResult) int {
	return cmp.Or(strings.Compare(a.Origin.File, b.Origin.File), a.Origin.Line-b.Origin.Line)
}

func printPlan(env *Env, r *planned, rows iter.Seq[export.RowResult], saved string) error {
	w := env.stdout.Text()
	for _, f := range r.Files {
		w.Printf("feed %s\n", f.Name)
	}
	for _, name := range r.Seen {
		w.Printf("  %s was seen before: a run would not send it again\n", name)
	}
	if r.Joins > 0 {
		w.Printf("  first %s that run %s has kept\n", plural(r.Joins, "record"), r.JoinsRun)
	}
	if r.Beside != "" {
		w.Printf("  beside run %s, which is held and stays as it is\n", r.Beside)
	}
	w.Printf("\nRecords\n  %d in = %d to send + %d quarantined", r.Input, r.ToSend, r.Quarantined)
	if r.Waiting > 0 {
		w.Printf(" + %d waiting", r.Waiting)
	}
	w.Printf("\n")
	w.Printf("  %s in %s, %s; key %s\n", plural(r.RowCount, "row"), plural(len(r.Parts), "part"), plural(r.Waves, "wave"), r.Key)
	if r.Checked {
		w.Printf("  checked: Coupa was asked about these people just now\n")
	} else {
		w.Printf("  unchecked: nobody has asked Coupa which of these people it knows\n")
	}
	if r.Creates > 0 {
		w.Printf("  %s of people whom nobody in Coupa is: they would be created; key %s\n", plural(r.Creates, "row"), r.NewKey)
	}
	if r.ReadBack != "" {
		w.Printf("  read back afterwards: at most %s\n", r.ReadBack)
	}
	if r.Completed > 0 {
		w.Printf("  %s completed: HR gives less than Coupa wants in every row\n", plural(r.Completed, "row"))
	}
	for _, c := range r.LeftOut {
		w.Printf("  %s is left out: with the key %s, Coupa takes a row whose number differs for a new person\n", c, r.Key)
	}
	for _, l := range r.Limits {
		w.Printf("  %s: %s\n", strings.ToUpper(r.Verdict), l)
	}
	if r.Verdict == "refused" {
		w.Lines("  ", afterRefusal(r.Beside)...)
	}
	for _, f := range r.Warnings {
		w.Printf("  doubtful: %s\n", f.Error())
	}
	columnsText(w, r)
	peopleText(w, r.People, r.RowCount)
	rowsText(w, rows, group{"Quarantined: held back by hr2coupa, mend them in HR", became(export.Quarantined), shownRows, "see --json"})
	rowsText(w, rows, group{"Waiting: an earlier row of theirs has no verdict", became(export.Pending), shownOpen, "see --json"})
	partsText(w, r.Parts)
	if saved != "" {
		w.Printf("\nSaved\n  hr2coupa apply %s does exactly this, or says what has moved since\n", saved)
	}
	return w.Err()
}

func columnsText(w *terminal.Text, r *planned) {
	names := make([]string, 0, len(r.Columns))
	for n := range r.Columns {
		names = append(names, n)
	}
	slices.Sort(names)
	rows := make([][]string, len(names))
	for i, n := range names {
		rows[i] = []string{n, plural(r.Columns[n], "row")}
	}
	if len(rows) > 0 {
		w.Printf("\nColumns that would be written\n")
		w.Table(rows)
	}
}

func peopleText(w *terminal.Text, people []personPlan, all int) {
	if len(people) == 0 {
		return
	}
	w.Printf("\nPeople\n")
	rows := make([][]string, len(people))
	for i, p := range people {
		rows[i] = []string{p.Origin.String(), p.Key, cellsText(p)}
	}
	w.Table(rows)
	if len(people) < all {
		w.Printf("  and %d more: plan --all shows them\n", all-len(people))
	}
}

func cellsText(p personPlan) string {
	names := slices.Sorted(maps.Keys(p.Columns))
	completed := strings.Split(p.Completed, ", ")
	for i, n := range names {
		names[i] = n + "=" + p.Columns[n]
		if slices.Contains(completed, n) {
			names[i] += " (completed)"
		}
	}
	return strings.Join(names, ", ")
}
