package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/ledger/ledgertest"
)

// use does with a ledger what a nightly run does.
func use(dir string) (err error) {
	l, err := Open(Options{Dir: dir, Now: func() time.Time { return ledgertest.Noon }})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if _, err := l.Unfinished(); err != nil {
		return err
	}
	if _, err := l.Known(); err != nil {
		return err
	}
	run, err := l.BeginRun(export.RunRecord{Command: "run", Started: ledgertest.Noon})
	if err != nil {
		return err
	}
	return ledgertest.Night(l, run.ID, 2)
}

// TestDamagedDatabase: whatever happens to the file, it is reported as a damaged ledger with what to do. Or nothing was
// lost, and then the check has to agree.
func TestDamagedDatabase(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "ledger")
	l := ledgertest.Must[*Ledger](t)(Open(Options{Dir: whole, Now: func() time.Time { return ledgertest.Noon }}))
	ledgertest.Settled(t, l, ledgertest.OnePart(t, l, "final.csv", 1))
	ledgertest.OnePart(t, l, "open.csv", 2)
	ledgertest.OK(t, l.Close())
	bytes := ledgertest.Must[[]byte](t)(os.ReadFile(filepath.Join(whole, "ledger.db")))
	want := ledgertest.Must[*ledger.Checked](t)(Check(Options{Dir: whole}))

	told := 0
	try := func(name string, data []byte, mustTell bool) {
		t.Helper()
		dir := copyOf(t, whole)
		ledgertest.OK(t, os.WriteFile(filepath.Join(dir, "ledger.db"), data, 0o600))
		checked, err := Check(Options{Dir: dir})
		sound := err == nil && len(checked.Findings) == 0
		err = use(dir)
		switch {
		case err == nil && sound && !mustTell && checked.Rows == want.Rows && checked.Runs == want.Runs:
		case err == nil:
			t.Errorf("%s: used without a word (the check: sound %v)", name, sound)
		case !errors.As(err, new(*ledger.DamagedError)):
			t.Errorf("%s: told as %v", name, err)
		case sound:
			t.Errorf("%s: the check says sound, and using it says %v", name, err)
		default:
			told++
			ledgertest.WantErr(t, err, "the ledger is damaged", "ledger.db", "hint: stop the runs and go back to the last backup")
		}
	}
	flip := func(at int, with byte) []byte {
		data := append([]byte(nil), bytes...)
		data[at] ^= with
		return data
	}
	for at := 0; at < 100; at += everyDamage {
		for _, with := range []byte{0xff, 0x01, 0x80} {
			try(fmt.Sprintf("header byte %d ^ %#x", at, with), flip(at, with), false)
		}
	}
	for at := 60; at < 64; at++ {
		try(fmt.Sprintf("byte %d of the version", at), flip(at, 0xff), true)
	}
	for _, size := range []int{0, 1, 50, 100, 511, 4096, 4097, len(bytes) / 2, len(bytes) - 4096, len(bytes) - 1} {
		try(fmt.Sprintf("cut off at %d", size), bytes[:size], size < len(bytes)-1)
	}
	try("not a database", []byte("this is a text and no database, however long it goes on; it goes on and on and on and on and on and on"), true)
	try("zeros", make([]byte, len(bytes)), true)
	if told < 60/everyDamage {
		t.Errorf("%d kinds of damage were told: the test tries nothing", told)
	}
}

// TestCheckFindsWhatIsRead: the check finds everything that a start would read and could not understand.
func TestCheckFindsWhatIsRead(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "ledger")
	l := ledgertest.Must[*Ledger](t)(Open(Options{Dir: whole, Now: func() time.Time { return ledgertest.Noon }}))
	ledgertest.Settled(t, l, ledgertest.OnePart(t, l, "final.csv", 1))
	ledgertest.OnePart(t, l, "open.csv", 2)
	ledgertest.OK(t, l.Close())
	for sql, want := range map[string]string{
		"INSERT INTO dated (run, key, day, zone, file, line, fields) VALUES ('r', 'k', '2031-02-29', 'UTC', 'a.csv@r', 2, '{}')": "dated records: 1 cannot be read",
		"INSERT INTO dated (run, key, day, zone, file, line, fields) VALUES ('r', 'k', '2031-02-28', 'UTC', 'a.csv@r', 2, '[]')": "dated records: 1 cannot be read",
		"UPDATE runs SET state = 'runing' WHERE num = 1":                                                                    `1 of runs have the state "runing"`,
		"UPDATE runs SET verdict = 'helt' WHERE num = 1":                                                                    `1 of runs have the verdict "helt"`,
		"UPDATE runs SET held = 'limits.updates allows 0' WHERE num = 1":                                                    "the limits that hold it cannot be read",
		"UPDATE parts SET state = 'plannex' WHERE id = 2":                                                                   `1 of parts have the state "plannex"`,
		"UPDATE parts SET state = 'delivered' WHERE id = 1":                                                                 "part final.csv: it is delivered, and its last move led to settled",
		"UPDATE parts SET verdict = 'okay' WHERE id = 1":                                                                    `1 of parts have the verdict "okay"`,
		"UPDATE parts SET verdict = '' WHERE id = 1":                                                                        "part final.csv: it is settled and has no verdict",
		"UPDATE parts SET route = 'fax' WHERE id = 2":                                                                       `1 of parts have the route "fax"`,
		"UPDATE parts SET name = '' WHERE id = 2":                                                                           "part 2: it has no name",
		"UPDATE parts SET rows = 9 WHERE id = 2":                                                                            "part open.csv: it has 9 rows, and the ledger keeps 2",
		"UPDATE rows SET outcome = 'rejecte' WHERE line = 3":                                                                `1 of rows have the outcome "rejecte"`,
		"UPDATE rows SET faults = '[{' WHERE line = 3":                                                                      "rows: 1 say in a form that cannot be read why they stand as they do",
		"UPDATE rows SET faults = '{}'":                                                                                     "rows: 3 say in a form that cannot be read why they stand as they do",
		"UPDATE rows SET completed = 'Email' WHERE line = 3":                                                                "rows: 1 have completed columns that cannot be read",
		"UPDATE rows SET counted = '{}' WHERE line = 3":                                                                     "rows: 1 name in a form that cannot be read the limits that count them",
		"INSERT INTO overridden VALUES (1, '{')":                                                                            "overridden cells: those of 1 runs cannot be read",
		"INSERT INTO overridden VALUES (9, '[]')":                                                                           "overridden cells: those of 1 runs have no run",
		"INSERT INTO changes VALUES (1, '{')":                                                                               "changes: 1 cannot be read",
		"UPDATE parts SET notes = '[' WHERE id = 2":                                                                         "part open.csv: its notes cannot be read",
		"UPDATE parts SET notes = '\"no list\"' WHERE id = 1":                                                               "part final.csv: its notes cannot be read",
		"INSERT INTO moves (part, from_state, to_state, at, note, notes) VALUES (1, 'settled', 'settled', 1, '', '{}')":     "moves: 1 say in a form that cannot be read why a part is in its state",
		"UPDATE rows SET source = 77 WHERE line = 3":                                                                        "1 come from a file without a name",
		"UPDATE runs SET started = 0 WHERE num = 1":                                                                         "it has no beginning",
		"UPDATE sqlite_sequence SET seq = 1 WHERE name = 'parts'":                                                           "parts: its numbers go up to 1 and begin again below those in use",
		"INSERT INTO notices (target, message, made) VALUES ('a', '{', 1)":                                                  "notice 1: its message cannot be read",
		"UPDATE runs SET operator = '{' WHERE num = 1":                                                                      "run 20261123T140501Z: its operator cannot be read",
		"INSERT INTO approvals VALUES (1, 1, 'me', 1, 1, '{}', '', '', '', '{', '')":                                        "approval 1: its operator cannot be read",
		"INSERT INTO approvals VALUES (1, 1, 'me', 1, 1, '{}', '', '', '', '', 'why')":                                      `1 of approvals have the void "why"`,
		"INSERT INTO mappings VALUES ('x', '[')":                                                                            "its columns cannot be read",
		"INSERT INTO approvals VALUES (1, 1, 'me', 1, 1, '{', '', '', '', '', '')":                                          "approval 1: its ceilings cannot be read",
		"INSERT INTO kept VALUES (1, 1, 1, 1, '[', 1, 'x', 'gone', 0, '')":                                                  "kept records 1: the names of their files cannot be read",
		"INSERT INTO writes (id, coupa_id, emptied, begun) VALUES (1 << 32 | 1, '7', '{', 1)":                               "row 1 of part 1: the lists that a call has emptied cannot be read",
		"INSERT INTO incidents (kind, cause, owner, begun, last, run, starts, told) VALUES ('bad', '', '', 1, 1, '', 1, 1)": `1 of incidents have the kind "bad"`,
	} {
		dir := copyOf(t, whole)
		script(t, dir, sql)
		if got := findings(t, dir); !strings.Contains(got, want) {
			t.Errorf("%s: the check finds %q, want %q", sql, got, want)
		}
	}
}

// TestFlippedBytes: where a byte of the file has changed, the check finds it, or all states, outcomes and numbers are
// as before. A changed letter in a free text may go unseen.
func TestFlippedBytes(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "ledger")
	l := ledgertest.Must[*Ledger](t)(Open(Options{Dir: whole, Now: func() time.Time { return ledgertest.Noon }}))
	ledgertest.Settled(t, l, ledgertest.OnePart(t, l, "final.csv", 1))
	ledgertest.OnePart(t, l, "open.csv", 2)
	ledgertest.OK(t, l.Close())
	data := ledgertest.Must[[]byte](t)(os.ReadFile(filepath.Join(whole, "ledger.db")))
	want, found := dump(t, whole), 0
	random := rand.New(rand.NewPCG(1, 2))
	for range flips {
		at := 100 + random.IntN(len(data)-100)
		for data[at] == 0 && random.IntN(8) > 0 { // most of the file is free
			at = 100 + random.IntN(len(data)-100)
		}
		flipped := slices.Clone(data)
		flipped[at] ^= byte(1 + random.IntN(255))
		dir := copyOf(t, whole)
		ledgertest.OK(t, os.WriteFile(filepath.Join(dir, "ledger.db"), flipped, 0o600))
		checked, err := Check(Options{Dir: dir})
		if err != nil || len(checked.Findings) > 0 {
			found++
			continue
		}
		if got := dump(t, dir); got != want {
			t.Errorf("byte %d from %#x to %#x: sound, and it holds\n%s\ninstead of\n%s", at, data[at], flipped[at], got, want)
		}
	}
	if found < flips/10 {
		t.Errorf("%d of %d were found: nothing was tried", found, flips)
	}
}

// dump returns what counts in a ledger: states, outcomes, numbers.
func dump(t *testing.T, dir string) string {
	t.Helper()
	l := open(t, dir)
	var b strings.Builder
	ledgertest.OK(t, l.read(func(c *sqlite.Conn) error {
		for _, sql := range []string{
			"SELECT num, state, input, planned > 0 FROM runs", "SELECT id, run, rows, size, state, verdict, route, sent > 0 FROM parts",
			"SELECT id, source, lines, outcome FROM rows", "SELECT count(*), '', '', '' FROM people",
		} {
			err := query(c, sql, func(s *sqlite.Stmt) error {
				for i := range s.ColumnCount() {
					fmt.Fprint(&b, s.ColumnText(i), " ")
				}
				fmt.Fprintln(&b)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	}))
	return b.String()
}
