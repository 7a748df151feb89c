package past

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// runID is how the id of a run looks.
var runID = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z$`)

// NamesRun reports whether the arguments of reconcile name a run, and no file.
func NamesRun(args []string) bool {
	if len(args) != 1 || args[0] != "latest" && !runID.MatchString(args[0]) {
		return false
	}
	_, err := os.Lstat(args[0])
	return errors.Is(err, fs.ErrNotExist)
}

// Reconciled is a run as it adds up: what came in, what was sent, what Coupa has counted, and what was read back of it.
type Reconciled struct {
	Run      string           `json:"run"`
	Agree    bool             `json:"agree"`
	Exit     int              `json:"exit"`
	Verdict  string           `json:"verdict"` // agree, differ, coupa_not_read
	Counts   export.Counts    `json:"counts"`  // records of HR
	Sent     SentRows         `json:"sent"`    // all parts together
	Parts    []ReconciledPart `json:"parts"`
	Rows     export.RowList   `json:"rows"` // all that are not applied, unchanged or excluded
	waiting  int              // records that wait for their day
	unsettle int              // rows that are open, or of which nothing was read back
}

// ReconciledPart is a part as it adds up.
type ReconciledPart struct {
	Name  string           `json:"name"`
	State export.PartState `json:"state"`
	SentRows
}

// SentRows are rows that were sent. Rows is what Coupa has counted and what it has not, and it is also the sum of what became of them.
type SentRows struct {
	Rows    int `json:"rows"`
	Created int `json:"created"`   // users that Coupa says it has created
	Updated int `json:"updated"`   // rows that Coupa says it has updated
	Refused int `json:"refused"`   // rows that Coupa has answered with an error
	Same    int `json:"same"`      // rows that Coupa has counted as nothing: they changed nothing, or were passed over
	Unknown int `json:"uncounted"` // rows of parts of which Coupa has said no numbers
	Beyond  int `json:"beyond"`    // counted by Coupa beyond what was sent

	Shown    int `json:"read_back"` // of rows: Coupa holds what was sent
	Drifted  int `json:"drifted"`   // Coupa holds something else
	Rejected int `json:"rejected"`  // never taken
	Newer    int `json:"newer"`     // taken, and something newer was sent for the person since
	Unread   int `json:"not_read"`  // taken, and not read back
	Open     int `json:"open"`      // without a verdict
}

// Reconcile shows how a run adds up, from the ledger alone. more is that something was asked for which only a comparison of both sides has.
func Reconcile(ctx context.Context, env *wiring.Env, id string, more bool) error {
	if more {
		return export.Hint(exit.Usage("reconcile %s is about one run, and takes no switch of a comparison of both sides", id), "hr2coupa report %s --html FILE writes its page", id)
	}
	_, l, done, err := wiring.ReadLedger(ctx, env)
	if err != nil {
		return err
	}
	defer done()
	rec, err := waitForRun(ctx, l, id, false)
	if err != nil {
		return err
	}
	if rec.State == export.RunWorking {
		return export.Hint(&exit.Error{Code: export.ExitNotDelivered, Err: fmt.Errorf("could not compare: run %s is at work", rec.ID)}, "hr2coupa status %s --wait", rec.ID)
	}
	rep, err := export.ReadReport(l, rec)
	if err != nil {
		return err
	}
	since, err := l.SentSince(rec.ID)
	if err != nil {
		return err
	}
	r := &Reconciled{Run: rec.ID, Counts: rep.Counts, Parts: []ReconciledPart{}, Rows: rep.Rows}
	for i := range rep.Parts {
		p, err := partOf(l, &rep.Parts[i], since)
		if err != nil {
			return err
		}
		r.Parts = append(r.Parts, *p)
		r.Sent.add(&p.SentRows)
	}
	for row := range r.Rows.All() {
		if row.Part == 0 && row.Outcome == export.Pending && len(row.Faults) > 0 && row.Faults[0].Rule == export.RuleEffective {
			r.waiting += row.Lines
		}
	}
	if err := r.judge(); err != nil {
		return err
	}
	if env.JSON {
		return exit.With(r.Exit, show.JSON(env, r))
	}
	return exit.With(r.Exit, r.text(env))
}

// partOf counts the rows of a part.
func partOf(l interface {
	PartRows(part int64, f func(export.RowResult) error) error
}, p *export.Part, since map[string]bool) (*ReconciledPart, error) {
	out := &ReconciledPart{Name: p.Name, State: p.State}
	if p.State == export.Dropped {
		return out, nil // nothing of it left this machine
	}
	err := l.PartRows(p.ID, func(row export.RowResult) error {
		out.Rows++
		switch {
		case row.Outcome == export.Rejected:
			out.Rejected++
		case row.Outcome == export.Drifted:
			out.Drifted++
		case row.Outcome != export.Applied:
			out.Open++
		case !p.ReadBack.IsZero() && !since[row.Key]:
			out.Shown++
		case since[row.Key]:
			out.Newer++
		default:
			out.Unread++
		}
		return nil
	})
	if p.Created < 0 || p.Updated < 0 || p.State != export.Settled {
		out.Unknown = out.Rows
		return out, err
	}
	out.Created, out.Updated, out.Refused = p.Created, p.Updated, out.Rejected
	rest := out.Rows - out.Created - out.Updated - out.Refused
	out.Same, out.Beyond = max(0, rest), max(0, -rest)
	return out, err
}

func (s *SentRows) add(o *SentRows) {
	s.Rows, s.Created, s.Updated, s.Refused, s.Same, s.Unknown, s.Beyond = s.Rows+o.Rows, s.Created+o.Created, s.Updated+o.Updated, s.Refused+o.Refused, s.Same+o.Same, s.Unknown+o.Unknown, s.Beyond+o.Beyond
	s.Shown, s.Drifted, s.Rejected, s.Newer, s.Unread, s.Open = s.Shown+o.Shown, s.Drifted+o.Drifted, s.Rejected+o.Rejected, s.Newer+o.Newer, s.Unread+o.Unread, s.Open+o.Open
}

// judge checks the sums, and says whether the run is as HR wanted it.
func (r *Reconciled) judge() error {
	s := &r.Sent
	counted, became := s.Created+s.Updated+s.Refused+s.Same+s.Unknown-s.Beyond, s.Shown+s.Drifted+s.Rejected+s.Newer+s.Unread+s.Open
	if counted != s.Rows || became != s.Rows || r.Counts.Sum() != r.Counts.Input {
		return export.Ours(fmt.Errorf("reconcile run %s: of %d records %d have an outcome; of %d rows %d are counted, and %d became something", r.Run, r.Counts.Input, r.Counts.Sum(), s.Rows, counted, became))
	}
	by := r.Counts.By
	r.unsettle = s.Unread + s.Open
	differ := s.Beyond > 0 || by[export.Quarantined]+by[export.Rejected]+by[export.Drifted]+by[export.Held]+by[export.Pending]-r.waiting > 0
	switch {
	case r.unsettle > 0:
		r.Verdict, r.Exit = "coupa_not_read", export.ExitNotDelivered
	case differ:
		r.Verdict, r.Exit = "differ", export.ExitPartial
	default:
		r.Verdict, r.Agree = "agree", true
	}
	return nil
}

// text prints a run as it adds up.
func (r *Reconciled) text(env *wiring.Env) error {
	w, s := env.Stdout.Text(), &r.Sent
	switch {
	case r.Agree:
		w.Printf("run %s adds up: all that was sent is there\n", r.Run)
	case r.unsettle > 0:
		w.Printf("run %s: could not compare %s: without a verdict, or not read back\n", r.Run, export.Plural(r.unsettle, "row"))
	default:
		w.Printf("run %s: HR and Coupa differ\n", r.Run)
	}
	w.Printf("\nRecords of HR\n  %d", r.Counts.Input)
	sum(w.Printf, r.outcomes())
	w.Printf("\nRows sent, and what Coupa has counted\n  %d", s.Rows)
	counts := []count{{s.Created, "created"}, {s.Updated, "updated"}, {s.Refused, "refused"}, {s.Same, "counted as no change"}, {s.Unknown, "without numbers"}}
	if s.Beyond > 0 {
		counts = append(counts, count{-s.Beyond, "counted beyond what was sent"})
	}
	sum(w.Printf, counts)
	w.Printf("\nRows sent, and what was read back\n  %d", s.Rows)
	sum(w.Printf, []count{{s.Shown, "as sent"}, {s.Drifted, "drifted"}, {s.Rejected, "rejected"}, {s.Newer, "with something newer since"}, {s.Unread, "not read back"}, {s.Open, "without a verdict"}})
	if len(r.Parts) > 1 {
		rows := [][]string{{"PART", "ROWS", "CREATED", "UPDATED", "REFUSED", "AS SENT", "DRIFTED", "OPEN"}}
		for i := range r.Parts {
			p := &r.Parts[i]
			rows = append(rows, []string{p.Name, fmt.Sprint(p.Rows), fmt.Sprint(p.Created), fmt.Sprint(p.Updated), fmt.Sprint(p.Refused), fmt.Sprint(p.Shown), fmt.Sprint(p.Drifted), fmt.Sprint(p.Unread + p.Open)})
		}
		w.Printf("\nParts\n")
		w.Table(rows)
	}
	switch {
	case s.Open > 0:
		w.Printf("\nhint: hr2coupa run asks Coupa for the verdict; hr2coupa status %s says what each part waits for\n", r.Run)
	case s.Unread > 0:
		w.Printf("\nhint: hr2coupa verify %s reads them back\n", r.Run)
	case !r.Agree:
		w.Printf("\nhr2coupa status %s --all names every row\n", r.Run)
	}
	return w.Err()
}

// count is a number of a sum, and what it counts.
type count struct {
	n    int
	what string
}

func (r *Reconciled) outcomes() (of []count) {
	for _, o := range export.Outcomes() {
		n := r.Counts.By[o]
		if o == export.Pending {
			of = append(of, count{r.waiting, "waiting for their day"})
			n -= r.waiting
		}
		of = append(of, count{n, string(o)})
	}
	return of
}

// sum prints the numbers that are not 0 as a sum.
func sum(printf func(string, ...any), of []count) {
	sign := " ="
	for _, c := range of {
		if c.n == 0 {
			continue
		}
		n := c.n
		if n < 0 {
			sign, n = " -", -n
		}
		printf("%s %d %s", sign, n, c.what)
		sign = " +"
	}
	printf("\n")
}
