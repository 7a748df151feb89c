package sqlite

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
	"github.com/hr2coupa/hr2coupa/export/ledger/oldwords"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite/dbfile"
)

// before makes a ledger as programs from before the migration left it, with what script writes into it.
func before(t *testing.T, migration, script string) (dir string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "ledger")
	ledgertest.OK(t, ledger.MakeDir(ledger.OSDisk{}, filepath.Join(dir, "spool")))
	ledgertest.OK(t, ledger.CreateFile(ledger.OSDisk{}, filepath.Join(dir, "ledger.db")))
	c := ledgertest.Must[*sqlite.Conn](t)(sqlite.OpenConn(filepath.Join(dir, "ledger.db"), sqlite.OpenReadWrite))
	old := dbfile.Before(migration)
	ledgertest.OK(t, dbfile.UseWAL(c))
	ledgertest.OK(t, dbfile.Apply(c, old))
	ledgertest.OK(t, sqlitex.ExecuteScript(c, script, nil))
	ledgertest.OK(t, c.Close())
	return dir
}

// oldSentences are what programs before verdicts.sql wrote about the limits that hold a run, in their formats.
var oldSentences = []struct {
	text    string
	want    export.Breach // Text alone: the sentence stays as it is
	command string        // the command that approves it
}{
	{oldLimitText("updates", 0, 0, 1), export.Breach{Limit: "updates", Has: 1}, " --updates 1"},
	{oldLimitText("deactivations", 12, 2400, 131), export.Breach{Limit: "deactivations", Allows: 12, Known: 2400, Has: 131}, " --deactivations 131"},
	{oldLimitText("creates", 5, 70, 6), export.Breach{Limit: "creates", Allows: 5, Known: 70, Has: 6}, " --creates 6"},
	{oldLimitText("columns.A allows 1", 1, 3, 8), export.Breach{Limit: "columns.A allows 1", Allows: 1, Known: 3, Has: 8}, " --column 'A allows 1=8'"},
	{oldLimitText("columns.Boss's Login", 0, 3, 9), export.Breach{Limit: "columns.Boss's Login", Known: 3, Has: 9}, ` --column 'Boss'\''s Login=9'`},
	{oldShrinkText(12.5, 800, 5), export.Breach{Limit: "shrink", Percent: 12.5, Known: 800, Has: 5}, " --shrink"},
	{oldShrinkText(20, 70, 0), export.Breach{Limit: "shrink", Percent: 20, Known: 70}, " --shrink"},
	{oldLimitText("updates", 0, 0, 1) + " ", export.Breach{Text: oldLimitText("updates", 0, 0, 1) + " "}, ""},
	{"limits.updates allows 007 (0 people known) and the plan has 9; raise the limit if this is meant",
		export.Breach{Text: "limits.updates allows 007 (0 people known) and the plan has 9; raise the limit if this is meant"}, ""},
	{"limits.", export.Breach{Text: "limits."}, ""},
	{"limits.updates", export.Breach{Text: "limits.updates"}, ""},
	{"limits.updates allows nobody", export.Breach{Text: "limits.updates allows nobody"}, ""},
	{"a limit of an older program", export.Breach{Text: "a limit of an older program"}, ""},
}

func oldLimitText(limit string, allows, known, has int) string {
	return fmt.Sprintf("limits.%s allows %d (%d people known) and the plan has %d; raise the limit if this is meant", limit, allows, known, has)
}

func oldShrinkText(percent float64, last, now int) string {
	return fmt.Sprintf("limits.shrink allows a feed to be %g %% smaller than the last one, which had %d records, and this one has %d; is it whole?", percent, last, now)
}

// sentenceOf is a broken limit as an earlier program said it. What to do is told apart today.
func sentenceOf(b export.Breach) string {
	if b.Text != "" {
		return b.String() + b.Hint()
	}
	if b.Limit == export.ShrinkLimit {
		return b.String() + "; is it whole?"
	}
	return b.String() + "; raise the limit if this is meant"
}

// TestOldBreaches: what an earlier program wrote about a held run reads word for word the same, and approving it works
// as before.
func TestOldBreaches(t *testing.T) {
	for _, old := range oldSentences {
		got := oldwords.Breaches(old.text)[0]
		if d := cmp.Diff(old.want, got); d != "" || sentenceOf(got) != old.text {
			t.Errorf("%q reads %q: %s", old.text, got, d)
		}
		if got, want := export.ApproveCommand("R", []export.Breach{got}), "hr2coupa approve R"+old.command+" --expires 24h --by NAME"; got != want {
			t.Errorf("%q: %s, want %s", old.text, got, want)
		}
	}
}

// TestVerdictsBefore: a ledger from before verdicts.sql reports the same as before about its runs, kept records and
// approvals.
func TestVerdictsBefore(t *testing.T) {
	verdicts := []string{
		"held", "", "ok", "waiting", "delivered, not awaited", "picked up, unconfirmed",
		"held, planned again by run r1", "waiting, planned again by run r1-2",
		"held, given up by A, given up by B", "waiting, given up by O'Person", "interrupted, given up by held, planned again by run r9",
	}
	var script strings.Builder
	for i, v := range verdicts {
		fmt.Fprintf(&script, "INSERT INTO runs (num, id, command, state, started, verdict) VALUES (%d, 'r%[1]d', 'run', 'ended', 1, '%s');\n", i+1, strings.ReplaceAll(v, "'", "''"))
	}
	var sentences []string
	for _, old := range oldSentences {
		sentences = append(sentences, old.text)
	}
	fmt.Fprintf(&script, "UPDATE runs SET state = 'held', held = '%s' WHERE num = 1;\n", strings.ReplaceAll(strings.Join(sentences, "\n"), "'", "''"))
	script.WriteString(`INSERT INTO kept (run, records, feed, files, size, sha256, ended) VALUES (9, 1, 1, '[]', 1, 'x', 'given up by A, given up by B'), (7, 1, 1, '[]', 1, 'x', 'planned again by run r1');
		INSERT INTO feed_files (run, name, path, size, sha256, seen_at) VALUES (9, 'a.csv', '/a.csv', 1, 'x', 1);
		INSERT INTO sources VALUES (1, 'a.csv');
		INSERT INTO rows (id, source, line, lines, key, first, login, outcome, reason) VALUES (-9 << 32 | 1, 1, 2, 1, 'E1', '1', 'u1', 'held', '');
		INSERT INTO approvals (run, by, at, expires, ceilings, ended) VALUES (1, 'A', 1, 2, '{"updates":1}', ''), (1, 'A', 1, 2, '{}', 'used by run r3'), (1, 'A', 1, 2, '{}', 'given up by B')`)
	dir := before(t, "verdicts.sql", script.String())
	l := open(t, dir)

	for i, want := range verdicts {
		r, _, err := l.Run(fmt.Sprintf("r%d", i+1))
		ledgertest.OK(t, err)
		if r.Verdict.String() != want || !slices.Contains(append(export.RunEnds(), ""), r.Verdict.End) {
			t.Errorf("%q has become %+v", want, r.Verdict)
		}
	}
	given, _, err := l.Run("r10")
	if ledgertest.OK(t, err); given.Verdict.Kept.GivenUpBy != "O'Person" {
		t.Errorf("%+v", given)
	}
	held, _, err := l.Run("r1")
	ledgertest.OK(t, err)
	var got []string
	for _, b := range held.Held {
		got = append(got, sentenceOf(b))
	}
	if d := cmp.Diff(sentences, got); d != "" {
		t.Error(d)
	}
	if f, _, err := l.Seen("a.csv"); err != nil || f.GivenUp != (export.GivenUp{Run: "r9", By: "A, given up by B", Rows: 1}) {
		t.Errorf("%+v, %v", f.GivenUp, err)
	}
	ended := []export.Ending{{}, {UsedBy: "r3"}, {GivenUpBy: "B"}}
	for i, a := range ledgertest.Must[[]export.Approval](t)(l.ApprovalsOf("r1")) {
		if a.Ended != ended[i] {
			t.Errorf("approval %d has ended as %+v, want %+v", i, a.Ended, ended[i])
		}
	}
	if used := ledgertest.Must[[]export.Approval](t)(l.UsedBy("r3")); len(used) != 1 {
		t.Errorf("used by r3: %+v", used)
	}
	if found := findings(t, dir); found != "" {
		t.Errorf("the check finds %s", found)
	}
}
