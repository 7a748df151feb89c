package show

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
)

// Of the rows of a run, a page has no more than pageRows. Each group of them has at least pageEach, if it has so many.
const (
	pageRows = 200
	pageEach = 20
)

// MayWriteRunPage returns an error if path is there and is no page of a run: --html does not overwrite it.
func MayWriteRunPage(path string) error {
	return mayReplace("report --html", path, "a page of a run", runPageKind.mark())
}

// WriteRunPage writes a run as one page that needs nothing else. A run with more rows than a page shows gets a file with all of
// them beside it, the path of which is returned. Both are for their owner alone (0600), since they hold personal data.
func WriteRunPage(env *wiring.Env, path string, rep *export.Report, ended time.Time) (rowsFile string, err error) {
	_, done := env.Wait(context.Background(), "writing the page")
	defer done()
	Explained(env, rep)
	p := &runPage{env: env, rep: rep, ended: ended, made: env.Now(), parts: map[int64]string{}}
	for _, part := range rep.Parts {
		p.parts[part.ID] = part.Name
	}
	p.gather()
	if rowsFile, err = p.beside(strings.TrimSuffix(path, ".html") + ".rows.csv"); err != nil {
		return "", err
	}
	err = replacePage(path, func(w *pageWriter) {
		p.pageWriter = w
		p.write()
	})
	return rowsFile, errors.Join(err, rep.Rows.Err())
}

// RunPage writes a run as a page and prints where it is.
func RunPage(env *wiring.Env, path string, rep *export.Report, ended time.Time) error {
	rowsFile, err := WriteRunPage(env, path, rep, ended)
	if err != nil {
		return err
	}
	if env.JSON {
		return JSON(env, struct {
			Run      string            `json:"run"`
			Verdict  export.RunVerdict `json:"verdict"`
			Exit     int               `json:"exit"`
			Page     string            `json:"page"`
			RowsFile string            `json:"rows_file,omitempty"`
		}{rep.Run, rep.Verdict, rep.Exit, path, rowsFile})
	}
	w := env.Stdout.Text()
	w.Printf("run %s: %s\n\nPage\n  %s shows it in a browser; it holds personal data\n", rep.Run, terminal.In(toneOf(rep.Exit), runVerdict(rep)), path)
	if rowsFile != "" {
		w.Printf("  %s has all %d rows that are neither applied nor unchanged\n", rowsFile, rep.Rows.Len())
	}
	return w.Err()
}

// runPage writes the page of a run. It holds as many rows as the page shows, and no more.
type runPage struct {
	*pageWriter
	env         *wiring.Env
	rep         *export.Report
	ended, made time.Time
	parts       map[int64]string // names by id
	groups      []pageGroup
	shown       int    // rows on the page
	rowsFile    string // base name of the file with all rows; "" where the page has all
}

// pageGroup is rows of a run under one title.
type pageGroup struct {
	ID, Title string
	N, More   int
	Rows      []pageRow
	in        func(export.RowResult) bool
}

// pageRow is a row of a run: the record, whose it is, and why it is where it is.
type pageRow struct{ Origin, Key, Why, ToDo string }

// gather takes the rows for the page, in one pass over all of them.
func (p *runPage) gather() {
	for i, g := range reportGroups(p.rep, withOutcome(export.Held), "") {
		p.groups = append(p.groups, pageGroup{ID: "rows" + strconv.Itoa(i+1), Title: g.title, in: g.in})
	}
	for r := range p.rep.Rows.All() {
		for i := range p.groups {
			if g := &p.groups[i]; g.in(r) {
				if g.N++; len(g.Rows) < pageRows {
					g.Rows = append(g.Rows, p.row(r))
				}
			}
		}
	}
	left := pageRows
	for _, g := range p.groups {
		left -= min(g.N, pageEach)
	}
	for i := range p.groups {
		g := &p.groups[i]
		shown := min(g.N, pageEach)
		more := min(g.N-shown, left)
		left -= more
		g.Rows = g.Rows[:shown+more]
		g.More = g.N - len(g.Rows)
		p.shown += len(g.Rows)
	}
}

func (p *runPage) row(r export.RowResult) pageRow {
	why := export.Plain(valued(r.Faults))
	if r.IsHeld() {
		why = strings.Join(append(p.counts(&r), plain(KindWords(r.Kinds))...), "; ")
		if r.Outcome != export.Held && len(r.Faults) > 0 {
			why = export.Plain(valued(r.Faults))
		}
	}
	key := words.Dash(export.Plain(r.Key))
	if r.Lines > 1 {
		key += fmt.Sprintf(" (%d records)", r.Lines)
	}
	todo, owner := p.toDo(r)
	if todo != "" && owner != "" {
		todo = "for " + owner + ": " + todo
	}
	return pageRow{export.Plain(r.Origin.String()), key, words.Dash(why), export.Plain(todo)}
}

// toDo returns what to do about a row, and whose task that is.
func (p *runPage) toDo(r export.RowResult) (todo, owner string) {
	if r.Outcome.Mendable() {
		return p.env.Causes().Advise(r.Faults)
	}
	return r.Faults.Hint(), ""
}

// counts returns the limits that count a row of a held run.
func (p *runPage) counts(r *export.RowResult) (limits []string) {
	for _, h := range p.rep.HeldBy {
		if export.LimitCounts(h.Limit, r) {
			limits = append(limits, "limits."+export.Plain(h.Limit))
		}
	}
	return limits
}

// beside writes the file with all rows, if the page has not all of them, and returns its path. Else it removes that of an
// earlier page.
func (p *runPage) beside(path string) (string, error) {
	if err := mayReplace("report --html", path, "the rows of a run", rowsHeader); err != nil {
		return "", err
	}
	if p.shown == p.rep.Rows.Len() {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("remove the rows of an earlier page: %w", err)
		}
		return "", nil
	}
	if err := disk.Replace(path, tempFile, p.writeRows); err != nil {
		return "", fmt.Errorf("write the rows of the page: %w", err)
	}
	p.rowsFile = filepath.Base(path)
	return path, nil
}

// rowsHeader is the first line of the file with all rows, and by it such a file is known.
const rowsHeader = "outcome,file,line,records,key,part,reason,to_do,owner\n"

// writeRows writes all rows, one at a time. No field is a formula to a spreadsheet, or steers a terminal.
func (p *runPage) writeRows(to io.Writer) error {
	w := bufio.NewWriterSize(to, 64<<10)
	w.WriteString(rowsHeader) // Flush returns the error of any write
	for r := range p.rep.Rows.All() {
		todo, owner := p.toDo(r)
		for i, field := range []string{
			string(r.Outcome), r.Origin.File, strconv.Itoa(r.Origin.Line), strconv.Itoa(r.Lines), r.Key, p.parts[r.Part], valued(r.Faults), todo, owner,
		} {
			if i > 0 {
				w.WriteByte(',')
			}
			w.WriteString(export.SheetField(field))
		}
		w.WriteByte('\n')
	}
	return errors.Join(p.rep.Rows.Err(), w.Flush())
}

// outcomeWords explain the outcomes to who does not know them.
var outcomeWords = map[export.Outcome]string{
	export.Applied:     "accepted by Coupa",
	export.Unchanged:   "not sent: Coupa has them already",
	export.Excluded:    "not sent: a rule of the config leaves them out",
	export.Held:        "not sent: a limit stopped the run",
	export.Quarantined: "not sent: something is wrong with them",
	export.Rejected:    "refused by Coupa",
	export.Drifted:     "accepted, but Coupa shows another value",
	export.Pending:     "no verdict yet",
}

// barEighths are the ends of a bar, by eighths of a character.
var barEighths = []string{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"}

// barWidth is the length of the longest bar, in characters.
const barWidth = 20

// bar returns a bar of text for a part of a whole: it needs no colours and no style, so it is there in a mail and on paper too.
// What is there at all has a bar that can be seen.
func bar(part, whole int) string {
	if part <= 0 || whole <= 0 {
		return ""
	}
	eighths := max(1, int(int64(part)*barWidth*8/int64(whole)))
	return strings.Repeat("█", eighths/8) + barEighths[eighths%8]
}

// share returns a part of a whole in percent. What is there is not called 0 %, and what is not all is not called 100 %.
func share(part, whole int) string {
	percent := (int64(part)*200 + int64(whole)) / (2 * int64(max(whole, 1)))
	switch {
	case percent == 0 && part > 0:
		return "< 1 %"
	case percent == 100 && part < whole:
		return "> 99 %"
	}
	return fmt.Sprintf("%d %%", percent)
}

// pageOutcome is an outcome with its bar.
type pageOutcome struct {
	Name, Says, Bar, Share string
	N                      int
}

func (p *runPage) outcomes() (out []pageOutcome) {
	for _, o := range export.Outcomes() {
		if n := p.rep.Counts.By[o]; n > 0 {
			out = append(out, pageOutcome{string(o), outcomeWords[o], bar(n, p.rep.Counts.Input), share(n, p.rep.Counts.Input), n})
		}
	}
	return out
}

// pagePart is a part with its times.
type pagePart struct {
	Name, UserName, State, Load string
	Wave, Rows                  int
	Planned, Sent, ReadBack     time.Time
	Notes, Hint                 string
}

func (p *runPage) sentParts() (out []pagePart) {
	for _, part := range p.rep.Parts {
		state := string(part.State)
		if part.Verdict != "" {
			state += ", " + string(part.Verdict)
		}
		load := partLoad(part)
		if part.LoadID != "" {
			load = "load " + load
		}
		if part.Verdict != "" && part.Created >= 0 && part.Updated >= 0 {
			load += fmt.Sprintf("; Coupa counts %d created, %d updated", part.Created, part.Updated)
		}
		out = append(out, pagePart{
			export.Plain(part.Name), export.Plain(part.UserName), state, export.Plain(load), part.Wave, part.Rows,
			part.Planned, part.Sent, part.ReadBack, export.Plain(part.Notes.Text()), export.Plain(part.Notes.Hint()),
		})
	}
	return out
}

// moment returns a time as a page shows it: in UTC, which the page says once.
func moment(at time.Time) string { return at.UTC().Format(time.DateTime) }

// runVerdict returns the verdict of a run, or that it has none yet.
func runVerdict(rep *export.Report) string {
	if rep.Verdict.End == "" {
		return "at work"
	}
	return rep.Verdict.String()
}

// facts are what the run was about, who has started and approved it, and when it was.
func (p *runPage) facts() (facts []string) {
	say := func(format string, args ...any) { facts = append(facts, export.Plain(fmt.Sprintf(format, args...))) }
	when := "started " + moment(p.rep.Started)
	if !p.ended.IsZero() {
		took := max(0, p.ended.Sub(p.rep.Started).Round(time.Second)) // a start within a second of another is recorded as later than it was
		when += fmt.Sprintf(", ended %s (took %s)", moment(p.ended), took)
	}
	for _, f := range p.rep.Files {
		say("%s of %s", p.rep.Command, f.Name)
	}
	say("%s", when)
	say("page made %s; all times are UTC", moment(p.made))
	if p.rep.PlannedBy != (export.Operator{}) {
		say("planned by %s", p.rep.PlannedBy)
	}
	for _, a := range p.rep.Approved {
		say("approved: %s", Approval(a))
	}
	if p.rep.Beside != "" {
		say("beside run %s, which is held and stays as it is", p.rep.Beside)
	}
	return facts
}

// overridden returns the cells that are not HR's, with their records.
func (p *runPage) overridden() (out []pageUnfilled) {
	for _, f := range p.rep.Overridden[:min(len(p.rep.Overridden), pageRows)] {
		out = append(out, pageUnfilled{Who: export.Plain(f.Origin.String()), Says: export.Plain(f.Field + ": " + f.Message)})
	}
	return out
}

// pageUnfilled is a person without lists that a call has emptied.
type pageUnfilled struct{ Who, Says, ToDo string }

func (p *runPage) unfilled() (out []pageUnfilled) {
	for _, u := range p.rep.Unfilled[:min(len(p.rep.Unfilled), pageRows)] {
		out = append(out, pageUnfilled{export.Plain(u.Who()), export.Plain(u.Says()), export.Plain(u.ToDo())})
	}
	return out
}

// heldBy returns the limits that hold the run and count people.
func (p *runPage) heldBy() (out []export.HeldLimit) {
	for _, h := range p.rep.HeldBy {
		h.Limit = export.Plain(h.Limit)
		out = append(out, h)
	}
	return out
}

func (p *runPage) write() {
	rep := p.rep
	title := export.Plain("Run " + rep.Run + ": " + runVerdict(rep))
	p.top(runPageKind, title)
	type limit struct{ What, Hint string }
	var limits []limit
	for _, b := range rep.Held {
		limits = append(limits, limit{export.Plain(b.String()), b.Hint()})
	}
	var why []string
	if rep.Why != "" {
		why = strings.Split(rep.Why, "\n")
	}
	if rep.Hint != "" {
		why = append(why, strings.Split(rep.Hint, "\n")...)
	}
	p.piece("run-head", map[string]any{
		"Title": title, "Alarms": plain(rep.Alarms), "Limits": limits, "Why": plain(why), "Facts": p.facts(), "Sections": p.sections(),
		"In": rep.Counts.Input, "Outcomes": p.outcomes(), "Sums": Sums(rep.Counts), "HeldBy": p.heldBy(), "HeldFile": export.Plain(rep.HeldFile),
		"Causes": rep.Causes, "Unfilled": p.unfilled(), "Without": len(rep.Unfilled), "Next": plain(nextLines(rep)),
		"Overridden": p.overridden(), "NotHR": len(rep.Overridden),
	})
	if all := rep.Rows.Len(); p.rowsFile != "" {
		p.piece("run-some", map[string]any{"Shown": p.shown, "All": all, "File": export.Plain(p.rowsFile)})
	}
	for _, g := range p.groups {
		if g.N > 0 {
			p.piece("run-rows", g)
		}
	}
	p.piece("run-parts", p.sentParts())
	p.piece("bottom", nil)
}

// sections returns the links to what the page has.
func (p *runPage) sections() (out []pageSection) {
	add := func(there bool, id, title string) {
		if there {
			out = append(out, pageSection{id, title})
		}
	}
	add(true, "records", "Records")
	add(len(nextLines(p.rep)) > 0, "next", "Next")
	add(len(p.rep.HeldBy) > 0, "held", "Limits")
	add(len(p.rep.Causes) > 0, "causes", "Causes")
	add(len(p.rep.Overridden) > 0, "overridden", "Overridden cells")
	add(len(p.rep.Unfilled) > 0, "unfilled", "Without lists")
	for _, g := range p.groups {
		name, _, _ := strings.Cut(g.Title, ":")
		add(g.N > 0, g.ID, fmt.Sprintf("%s (%d)", name, g.N))
	}
	add(len(p.rep.Parts) > 0, "parts", "Parts and times")
	return out
}
