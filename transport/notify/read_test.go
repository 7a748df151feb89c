package notify

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/causes"
)

func row(line int, o export.Outcome, faults ...export.Fault) export.RowResult {
	return export.RowResult{Origin: export.Origin{File: "users.csv", Line: line}, Lines: 1, Key: "planted.login", Login: "planted.login", Outcome: o, Faults: faults}
}

// ours returns a fault by one of our rules, coupas a message of Coupa's.
func ours(field, message string) export.Fault {
	return export.Fault{Field: field, Rule: "ours", Message: message}
}
func coupas(message string) export.Fault { return export.CoupaFaults("", message)[0] }

func report(end export.RunEnd, exit int, rows []export.RowResult, parts ...export.Part) *export.Report {
	by := map[export.Outcome]int{}
	for _, r := range rows {
		by[r.Outcome]++
	}
	return &export.Report{Run: "r1", Verdict: export.RunVerdict{End: end}, Exit: exit, Rows: export.ListRows(rows...), Parts: parts, Counts: export.Counts{By: by}}
}

// catalogue returns a small catalogue with causes of every owner.
func catalogue(t *testing.T) *causes.Finder {
	t.Helper()
	var tails []causes.Tail
	for tail, c := range map[string]export.Cause{
		"is no address":            {Name: "e-mail", Meaning: "no e-mail address", Todo: "fix it in HR", Owner: export.OwnerHR},
		"is missing":               {Name: "blank", Meaning: "nothing there", Todo: "fill it in HR", Owner: export.OwnerHR},
		"is taken":                 {Name: "taken", Meaning: "somebody else has it", Todo: "look in Coupa", Owner: export.OwnerCoupa},
		"has # fields":             {Name: "broken record", Meaning: "not of the file's columns", Todo: "quote it", Owner: export.OwnerIT},
		"protected, ask *":         {Name: "protected", Meaning: "kept from change", Todo: "ask", Owner: export.OwnerIT},
		"column header is unknown": {Name: "header", Meaning: "an unknown column", Todo: "look at the template", Owner: export.OwnerIT},
	} {
		tails = append(tails, causes.Tail{Text: tail, Cause: c})
	}
	c, err := causes.New(tails)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRead(t *testing.T) {
	final := export.Part{Name: "a.csv", Rows: 3, State: export.Settled, Verdict: export.VerdictOK}
	failed := export.Part{Name: "a.csv", Rows: 3, State: export.Settled, Verdict: export.VerdictFailed, LoadID: "1001", Notes: export.Noted(export.PartNote{Kind: export.NoteFailed, Load: "1001", Status: "failed", Words: []string{"planted words"}})}
	header := failed
	header.ID = 7
	refused := row(2, export.Rejected, coupas("Coupa's load failed: planted column header is unknown"))
	refused.Part = header.ID
	stalled := export.Part{Name: "b.csv", Rows: 1, State: export.Stalled, Verdict: export.VerdictStalled, Notes: export.Noted(export.PartNote{Kind: export.NoteNotListed})}
	loading := export.Part{Name: "b.csv", State: export.Loading}
	held := report("held", export.ExitHeld, []export.RowResult{row(2, export.Held)})
	held.Held = []export.Breach{{Limit: export.DeactivationsLimit, Known: 9, Has: 2}}
	alarm := report("partial", export.ExitPartial, nil, final)
	alarm.Alarms = []string{"limits.creates allows 0 and Coupa counts 2 created"}
	broken := report("not delivered", export.ExitNotDelivered, nil, export.Part{Name: "a.csv", State: export.Planned})
	broken.Why = "connection refused"
	resumed := report("seen", export.ExitPartial, nil)
	resumed.Resumed = []*export.Report{
		report("partial", export.ExitPartial, []export.RowResult{row(2, export.Rejected, coupas("planted")), row(3, export.Rejected)}, final),
		report("partial", export.ExitPartial, []export.RowResult{row(4, export.Rejected, coupas("planted"))}, final),
	}

	brokenToo := report("not delivered", export.ExitNotDelivered, []export.RowResult{row(3, export.Quarantined, ours("", "is missing"))}, export.Part{Name: "a.csv", State: export.Planned})
	brokenToo.Why = "connection refused"
	brokenToo.Resumed = []*export.Report{report("partial", export.ExitPartial, []export.RowResult{row(2, export.Rejected)}, final)}

	const all = "failed held partial quarantine stalled"
	for _, tt := range []struct {
		name  string
		start Start
		want  string // kind/cause (owner): facts / causes
		blind string
	}{
		{"all applied", Start{Report: report("ok", 0, nil, final)}, "", ""},
		{"seen, nothing open", Start{Report: &export.Report{Verdict: export.RunVerdict{End: export.EndSeen}, Run: "r0"}}, "", "partial quarantine"},
		{"seen, rows open", Start{Report: &export.Report{Verdict: export.RunVerdict{End: export.EndSeen}, Run: "r0", Exit: 3}, Exit: 3}, "", "failed partial quarantine"},
		{"not awaited", Start{Report: report("delivered, not awaited", 0, nil, loading)}, "", "failed partial stalled"},
		{"held", Start{Report: held, Exit: 8}, "held/beyond the limits: limits.deactivations allows 0 (9 people known) and the plan has 2", "failed partial"},
		{"stalled", Start{Report: report("stalled", 5, nil, stalled), Exit: 5}, "stalled/no verdict (IT): b.csv (1 row): Coupa does not list its load", "failed partial"},
		{"load failed", Start{Report: report("failed", 6, nil, failed), Exit: 6}, "failed/Coupa loaded a file and took nothing of it (Coupa admin): a.csv: load 1001 is failed, 3 rows", "failed"},
		{"load failed, by its mapping", Start{Report: report("failed", 6, []export.RowResult{refused}, header), Exit: 6}, "failed/Coupa loaded a file and took nothing of it (IT): a.csv: load 1001 is failed, 3 rows | " +
			"partial/rows refused by Coupa (IT): 1 header: users.csv:2", "failed"},
		{"not delivered", Start{Report: broken, Exit: 4}, "failed/nothing can be delivered (IT): connection refused", "failed partial"},
		{"not delivered, and rows to mend", Start{Report: brokenToo, Exit: 4},
			"failed/nothing can be delivered (IT): connection refused | partial/rows refused by Coupa: 1 row without a message: users.csv:2 | " +
				"quarantine/rows held back (HR): 1 blank: users.csv:3", "failed partial"},
		{"alarm", Start{Report: alarm, Exit: 3}, "partial/more users created than allowed (Coupa admin): limits.creates allows 0 and Coupa counts 2 created", ""},
		{"rejected", Start{Report: report("partial", 3, []export.RowResult{
			row(2, export.Rejected, coupas("Shoe is taken")), row(7, export.Rejected, coupas("planted words")), row(8, export.Rejected, coupas("Login is taken"), coupas("Mail is missing")),
		}, final), Exit: 3},
			"partial/rows refused by Coupa: 1 unknown: users.csv:7 | " +
				"partial/rows refused by Coupa (Coupa admin): 2 taken: users.csv:2, users.csv:8 | " +
				"partial/rows refused by Coupa (HR): 1 blank: users.csv:8", ""},
		{"quarantined", Start{Report: report("partial", 3, []export.RowResult{
			row(2, export.Quarantined, ours("Email", "planted is no address"), ours("Login", "is missing")), row(3, export.Quarantined, ours("Email", "planted is no address")),
			row(4, export.Quarantined, ours("planted", "has 13 fields")),
			row(5, export.Quarantined, ours("Email", "planted is no address"), export.Fault{Rule: "protected", Message: "protected, ask it@acme.example", Owner: "it@acme.example"}),
		}, final), Exit: 3},
			"quarantine/rows held back (HR): 2 rows in all / columns: Email 2, Login 1 / 2 e-mail: users.csv:2, users.csv:3 / 1 blank: users.csv:2 | " +
				"quarantine/rows held back (IT): 1 broken record: users.csv:4 | " +
				"quarantine/rows held back (it@acme.example): 1 row in all / columns: Email 1 / 1 e-mail: users.csv:5 / 1 protected: users.csv:5", ""},
		{"resumed", Start{Report: resumed, Exit: 3}, "partial/rows refused by Coupa: 1 row without a message: users.csv:3 / 2 unknown: users.csv:2, users.csv:4", "failed partial quarantine"},
		{"no feed", Start{Err: errors.New("no file matches\nfeed.files"), Exit: 9}, "failed/the feed cannot be used (HR): no file matches / feed.files", all},
		{"no config", Start{Err: errors.New("cannot"), Exit: 2}, "failed/the config is at fault (IT): cannot", all},
		{"fault", Start{Err: errors.New("disk full"), Exit: 1}, "failed/a fault of the program (IT): disk full", all},
		{"a plan that has moved", Start{Command: "apply", Err: errors.New("moved"), Exit: 2}, "", all},
		{"a file by hand that is refused", Start{Command: "drop", Err: errors.New("refused"), Exit: 9}, "", all},
		{"an urgent change that is refused", Start{Command: "run", ByHand: true, Err: errors.New("refused"), Exit: 9}, "", all},
		{"an urgent change that goes", Start{Command: "run", ByHand: true, Report: report("ok", 0, nil, final)}, "", all},
		{"an urgent change that cannot go", Start{Command: "run", ByHand: true, Err: errors.New("no route"), Exit: 4}, "failed/nothing can be delivered (IT): no route", all},
		{"a drop folder", Start{Command: "watch", ByHand: true, Folder: &Folder{Facts: []string{"a.csv\ncannot be claimed"}}}, "failed/the drop folder (IT): a.csv cannot be claimed", all},
		{"a drop folder that is well", Start{Command: "watch", ByHand: true, Folder: &Folder{}}, "", all},
		{"a file by hand that goes", Start{Command: "drop", Report: report("ok", 0, nil, final)}, "", all},
		{"a file by hand that cannot go", Start{Command: "drop", Err: errors.New("no route"), Exit: 4}, "failed/nothing can be delivered (IT): no route", all},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.start.Command == "" {
				tt.start.Command = "run"
			}
			tt.start.Causes = catalogue(t)
			tt.start.Columns = []string{"Email", "Login"}
			f := Read(tt.start)
			var got []string
			for _, tr := range f.Troubles {
				owner := ""
				if tr.Owner != "" {
					owner = " (" + tr.Owner + ")"
				}
				said := slices.Clone(tr.Facts)
				for _, b := range tr.Behind {
					said = append(said, fmt.Sprintf("%d %s: %s", b.Rows, b.Name, b.Places))
					if b.Name != export.Unknown && (b.Owner != tr.Owner || b.Meaning == "" || b.Todo == "") {
						t.Errorf("%+v, for %s", b, tr.Owner)
					}
				}
				got = append(got, fmt.Sprintf("%s/%s%s: %s", tr.Kind, tr.Cause, owner, strings.Join(said, " / ")))
				if len(tr.ToDo) == 0 {
					t.Errorf("%s says nothing of what to do", tr.Cause)
				}
			}
			if d := cmp.Diff(tt.want, strings.Join(got, " | ")); d != "" {
				t.Error(d)
			}
			if blind := strings.Join(sorted(f.Blind), " "); blind != tt.blind {
				t.Errorf("blind for %q, want %q", blind, tt.blind)
			}
			if s := fmt.Sprint(f.Troubles); strings.Contains(s, "planted") {
				t.Errorf("personal data in %s", s)
			}
		})
	}
}

func sorted(blind map[export.NoticeKind]bool) (out []string) {
	for _, k := range []export.NoticeKind{"failed", "held", "partial", "quarantine", "stalled"} {
		if blind[k] {
			out = append(out, string(k))
		}
	}
	return out
}
