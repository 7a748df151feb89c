package show

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/cmd/internal/repair"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// shownFindings is how many of one class are printed.
const shownFindings = 20

// Reconcile compares both sides, writes the files and prints the result. With --json there is an object where an error leaves no
// result, too: it never agrees, and says why.
func Reconcile(ctx context.Context, env *wiring.Env, o reconciling.Options, files ReconcileFiles) error {
	err := reconcileBoth(ctx, env, o, files)
	if _, ended := errors.AsType[*exit.Ended](err); err == nil || ended || !env.JSON || env.Result != nil && env.Result.Wrote {
		return err
	}
	if unsaid := JSON(env, notReconciled(err)); unsaid != nil {
		return errors.Join(err, unsaid)
	}
	return err
}

// unreconciled is the result of a comparison that came to none.
type unreconciled struct {
	Agree   bool                `json:"agree"`
	Exit    int                 `json:"exit"`
	Verdict reconciling.Verdict `json:"verdict"`
	Why     string              `json:"why"`
	Hint    string              `json:"hint,omitempty"`
}

func notReconciled(err error) unreconciled {
	code := exit.Code(err)
	if errors.Is(err, exit.ErrInterrupted) {
		code, err = export.ExitInterrupted, errors.New("interrupted")
	}
	return unreconciled{Exit: code, Verdict: reconciling.Failed(code), Why: export.PlainText(err), Hint: export.HintText(err)}
}

func reconcileBoth(ctx context.Context, env *wiring.Env, o reconciling.Options, files ReconcileFiles) error {
	if files.Page == "" && (files.Control != "" || files.Period != "") {
		return export.Hint(exit.Usage("--control and --period are on the page, and there is none"), "give --html FILE, too")
	}
	if err := files.check(); err != nil {
		return err
	}
	if o.Repair != "" {
		if err := repair.Check(o); err != nil {
			return err
		}
	}
	res, err := reconciling.Compare(ctx, env, o)
	if err != nil {
		return err
	}
	if o.Repair != "" {
		if res.Repair, err = repair.Save(ctx, env, o, res); err != nil {
			return errors.Join(err, res.Close())
		}
	}
	_, written := env.Wait(ctx, "comparing and writing")
	err = files.write(res, env.By)
	written()
	switch {
	case err != nil:
	case env.JSON:
		err = ReconciledJSON(env, res)
	default:
		err = Reconciled(env, res, files)
	}
	return exit.With(res.Exit, cmp.Or(err, res.Close()))
}

// Reconciled prints what a comparison of both sides came to, and which files it was written to.
func Reconciled(env *wiring.Env, r *reconciling.Result, files ReconcileFiles) error {
	w, width := env.Stdout.Text(), env.Stdout.Width()
	w.Lines("", terminal.Fold(ReconcileSentence(r), "  ", width)...)
	for _, line := range reconcileFacts(r) {
		w.Lines("  ", terminal.Fold(line, "  ", width)...)
	}
	reconcileCounts(w, r)
	of := map[reconcile.Class][]reconcile.Finding{}
	_, done := env.Wait(context.Background(), "comparing people")
	err := r.Each(func(f *reconcile.Finding) error {
		if list := of[f.Class]; len(list) < shownFindings {
			of[f.Class] = append(list, *f)
		}
		return nil
	})
	done()
	if err != nil {
		return err
	}
	for _, class := range reconcile.Classes() {
		findingsText(w, class, of[class], r.Classes[class], width)
	}
	doublesText(w, r.Doubles, width)
	rowsText(w, r.LeftRows(), group{"Not compared: HR's rows that a run would not send", notExcluded, false, "--json"})
	reconcileSums(w, r, width)
	periodText(w, r.Period, width)
	repairText(w, r.Repair, width)
	holds := "it holds personal data"
	if r.Redacted {
		holds = "without names and values"
	}
	for i, file := range slices.DeleteFunc([]string{files.CSV, files.Page}, func(name string) bool { return name == "" }) {
		if i == 0 {
			w.Printf("\n")
		}
		w.Printf("Written to %s; %s\n", file, holds)
	}
	return w.Err()
}

// ledgerFact says what a comparison with the ledger is, and what it is not.
const ledgerFact = "HR was not read: its side is everyone of whom a row was accepted, the login and status last sent, and hashes of what was confirmed. It says who has changed in Coupa since, and nothing of what HR says today"

// notExcluded reports whether a row is one that HR has to look at: whom feed.where leaves out, and who waits for their day, is in the
// sums, and in --csv and --json.
func notExcluded(row export.RowResult) bool {
	return row.Outcome != export.Excluded && row.Outcome != export.Pending
}

// ReconcileSentence returns the verdict: whether both sides agree, and about whom they do not.
func ReconcileSentence(r *reconciling.Result) string {
	if r.Agree {
		return fmt.Sprintf(bothSides(r)+" agree: %s compared with %s", words.Persons(r.HR.Compared), export.Plural(r.Coupa.Compared, "user")) + sentenceOfOthers(r)
	}
	var parts []string
	for _, class := range reconcile.Classes() {
		if n := r.Classes[class]; n > 0 && !class.Agrees() {
			parts = append(parts, fmt.Sprintf("%d %s", n, classWords[class].word))
		}
	}
	if n := len(r.Doubles); n > 0 {
		parts = append(parts, export.Plural(n, "value")+" of several users")
	}
	if n := r.HR.LeftOut[reconcile.Quarantined]; n > 0 {
		parts = append(parts, export.Plural(n, "row")+" of HR quarantined")
	}
	return bothSides(r) + " differ: " + strings.Join(parts, "; ")
}

// bothSides names the sides of a comparison.
func bothSides(r *reconciling.Result) string {
	if r.Ledger {
		return "What was last confirmed and Coupa"
	}
	return "HR and Coupa"
}

// sentenceOfOthers returns about whom and what an agreement says nothing; "" where it says something of all.
func sentenceOfOthers(r *reconciling.Result) (text string) {
	people, users, active := 0, 0, 0
	for _, why := range reconcile.Reasons() {
		people, users, active = people+r.HR.LeftOut[why], users+r.Coupa.LeftOut[why], active+r.Active[why]
	}
	if people+users > 0 {
		text = fmt.Sprintf("; not compared: %s of HR and %s, of whom %d active", export.Plural(people, "row"), export.Plural(users, "user"), active)
	}
	if len(r.Left) > 0 {
		text += fmt.Sprintf("; %s not compared", export.Plural(len(r.Left), "column"))
	}
	return text
}

// reconcileFacts returns what was compared, a line each.
func reconcileFacts(r *reconciling.Result) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if r.Ledger {
		say("%s", ledgerFact)
	}
	for _, f := range r.Files {
		say("HR: feed %s", export.Plain(f.Name))
	}
	for _, f := range r.Older {
		say("passed over: %s is an older snapshot than %s", export.Plain(f.Name), export.Plain(f.Newer))
	}
	if r.Export != nil {
		say("Coupa: users of %s", export.Plain(r.Export.Name))
	} else {
		say("Coupa: users read by API, by ascending id, with %s, from %s", export.Plural(r.Calls, "call"), r.Instance)
	}
	return append(lines, factsOfColumns(r)...)
}

// factsOfColumns returns how people were paired and which columns were compared, a line each.
func factsOfColumns(r *reconciling.Result) (lines []string) {
	say := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	say("paired by %s", pairedText(r))
	if r.Other {
		say("HR's key is not what users are paired by, so that users of people who are left out count as unknown to HR")
	}
	say("compared: %s", strings.Join(r.Columns, ", "))
	if n := r.Classes[reconcile.LeaverActive]; n > 0 && r.Leaves == "" {
		say("hours since leavers have left are not known: feed.leaves names no field with the day")
	}
	if text := noCausesWords[r.NoCauses]; text != "" && !r.Agree {
		say("causes are not known: %s", text)
	}
	if r.Unasked > 0 {
		say("whether an earlier run has left them open was not looked up of %s", words.Persons(r.Unasked))
	}
	for _, c := range r.Left {
		say("not compared: %s: %s", c.Column, unreadWords[c.Why])
	}
	if len(r.Headers) > 0 {
		names := make([]string, len(r.Headers))
		for i, h := range r.Headers {
			names[i] = export.Plain(h)
		}
		say("fields of the file that are left out, since no column is known for them: %s", words.Few(names))
	}
	return lines
}

func pairedText(r *reconciling.Result) string {
	if r.Next {
		return strings.Join(r.Match, ", then by ")
	}
	return strings.Join(r.Match, ", and people whom HR gives none by ")
}

func reconcileCounts(w *terminal.Text, r *reconciling.Result) {
	var rows [][]string
	for _, class := range reconcile.Classes() {
		if n := r.Classes[class]; n > 0 {
			rows = append(rows, []string{classWords[class].word, fmt.Sprint(n)})
		}
	}
	w.Printf("\nPeople and users: each counts once\n")
	w.Table(rows)
	pastCounts(w, r)
	causeCounts(w, r)
	columnCounts(w, "Columns that Coupa's side does not show", r.Unshown)
}

// causeCounts prints the columns with two values, and how many have which cause.
func causeCounts(w *terminal.Text, r *reconciling.Result) {
	if len(r.Causes) == 0 {
		columnCounts(w, "Columns with two values", r.Result.Columns)
		return
	}
	rows := [][]string{{"", "PEOPLE"}}
	for _, why := range reconcile.Causes() {
		rows[0] = append(rows[0], causeTitles[why])
	}
	for _, name := range slices.Sorted(maps.Keys(r.Result.Columns)) {
		row := []string{name, fmt.Sprint(r.Result.Columns[name])}
		for _, why := range reconcile.Causes() {
			row = append(row, fmt.Sprint(r.Causes[name][why]))
		}
		rows = append(rows, row)
	}
	w.Printf("\nColumns with two values, and which side has changed since it was last confirmed\n")
	w.Table(rows)
}

// pastCounts prints which users whom HR does not know the ledger knows.
func pastCounts(w *terminal.Text, r *reconciling.Result) {
	var rows [][]string
	for _, class := range []reconcile.Class{reconcile.OnlyActive, reconcile.OnlyInactive} {
		for _, past := range []reconcile.Past{reconcile.OnceOurs, reconcile.Never} {
			if n := r.Only[class][past]; n > 0 {
				rows = append(rows, []string{classWords[class].word + ": " + pastWords[past], fmt.Sprint(n)})
			}
		}
	}
	if r.Open > 0 {
		rows = append(rows, []string{"not equal, and still open from an earlier run", fmt.Sprint(r.Open)})
	}
	if rows != nil {
		w.Printf("\nOf these\n")
		w.Table(rows)
	}
}

func columnCounts(w *terminal.Text, title string, of map[string]int) {
	if len(of) == 0 {
		return
	}
	var rows [][]string
	for _, n := range slices.Sorted(maps.Keys(of)) {
		rows = append(rows, []string{n, words.Persons(of[n])})
	}
	w.Printf("\n%s\n", title)
	w.Table(rows)
}

func findingsText(w *terminal.Text, class reconcile.Class, of []reconcile.Finding, n, width int) {
	if len(of) == 0 {
		return
	}
	tone := terminal.Bad
	if class.Agrees() {
		tone = terminal.Mixed
	}
	w.Printf("\n%s (%d)\n", terminal.In(tone, classWords[class].title), n)
	for i := range of {
		f := &of[i]
		w.Lines("  ", strings.Join(FindingNames(f), "  "))
		for _, text := range FindingSays(f) {
			w.Lines("    ", terminal.Fold(text, "  ", width-4)...)
		}
		for _, c := range f.Cells {
			text := c.Column + ": " + TwoValues(c.CellChange)
			if c.Cause != reconcile.NoCause {
				text += " (" + causeWords[c.Cause] + ")"
			}
			w.Lines("    ", terminal.Fold(text, "  ", width-4)...)
		}
	}
	if len(of) < n {
		w.Printf("  and %d more: --csv FILE and --json have all\n", n-len(of))
	}
}

func doublesText(w *terminal.Text, doubles []reconcile.Double, width int) {
	if len(doubles) == 0 {
		return
	}
	w.Printf("\n%s (%d)\n", terminal.In(terminal.Bad, "Several users with one value: do they look like one person?"), len(doubles))
	for _, d := range doubles[:min(len(doubles), shownFindings)] {
		w.Lines("  ", terminal.Fold(DoubleText(d), "  ", width-2)...)
	}
	if n := len(doubles) - shownFindings; n > 0 {
		w.Printf("  and %d more: --csv FILE and --json have all\n", n)
	}
}

// DoubleText returns which users have one value, in words.
func DoubleText(d reconcile.Double) string {
	ids := slices.DeleteFunc(slices.Clone(d.IDs), func(id string) bool { return id == "" })
	text := fmt.Sprintf("%s %s: %s", d.Column, d.Value, export.Plural(d.Users, "user"))
	if len(ids) == 0 {
		return text
	}
	text += ", Coupa id " + strings.Join(ids, ", ")
	if len(ids) < d.Users {
		text += " and more"
	}
	return text
}

// reconcileSums prints how both populations add up, and their hashes.
func reconcileSums(w *terminal.Text, r *reconciling.Result, width int) {
	w.Printf("\nSums\n")
	only := r.OnlyUsers()
	for _, line := range []string{
		fmt.Sprintf("HR: %s of %s = %d compared%s", export.Plural(r.HR.Read, "row"), export.Plural(r.Records, "record"), r.HR.Compared, leftOutText(r.HR.LeftOut)),
		fmt.Sprintf("Coupa: %s = %d paired with HR's people + %d only in Coupa%s", export.Plural(r.Coupa.Read, "user"), r.Coupa.Compared-only, only, leftOutText(r.Coupa.LeftOut)),
		"HR's side sha256 " + r.HR.Hash, "Coupa's side sha256 " + r.Coupa.Hash,
	} {
		w.Lines("  ", terminal.Fold(line, "  ", width-2)...)
	}
}

func leftOutText(of map[reconcile.Reason]int) (text string) {
	for _, why := range reconcile.Reasons() {
		if n := of[why]; n > 0 {
			text += fmt.Sprintf(" + %d %s", n, reasonWords[why])
		}
	}
	return text
}

// ReconciledJSON prints a comparison as one object, its findings and rows one at a time.
func ReconciledJSON(env *wiring.Env, r *reconciling.Result) error {
	var wrong error
	findings := func(yield func(*reconcile.Finding) bool) {
		wrong = r.Each(func(f *reconcile.Finding) error {
			if !yield(f) {
				return errNoMore
			}
			return nil
		})
	}
	if err := jsonLists(env.Stdout.JSON(), r, findings, r.LeftRows()); err != nil {
		return err
	}
	return wrong
}
