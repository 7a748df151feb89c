package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// night is one start of a story: the troubles it met, the kinds it was blind for, and the items to expect.
type night struct {
	at    string // day and hour of November 2026
	met   []Trouble
	blind []export.NoticeKind
	want  string
}

func TestDecide(t *testing.T) {
	held := Trouble{Kind: export.NoticeHeld, Cause: "limits"}
	rows := Trouble{Kind: export.NoticeQuarantine, Cause: "rows"}
	owned := Trouble{Kind: export.NoticeQuarantine, Cause: "rows", Owner: "it@acme.example"}
	feed, wire := Trouble{Kind: export.NoticeFailed, Cause: "feed"}, Trouble{Kind: export.NoticeFailed, Cause: "wire"}
	grown, folder := feed, Trouble{Kind: export.NoticeFailed, Cause: causeFolder}
	grown.Fresh = true
	for name, story := range map[string][]night{
		"quiet": {{"24 02", nil, nil, ""}, {"25 02", nil, nil, ""}},
		"told once, a digest a day, recovered, quiet": {
			{"24 02", []Trouble{held}, nil, "begun held/limits 1"},
			{"24 03", []Trouble{held}, nil, ""},
			{"24 23", []Trouble{held}, nil, ""},
			{"25 00", []Trouble{held}, nil, "goes on held/limits 4"},
			{"25 02", []Trouble{held}, nil, ""},
			{"26 02", []Trouble{held}, nil, "goes on held/limits 6"},
			{"27 02", nil, nil, "recovered held/limits 6"},
			{"28 02", nil, nil, ""},
		},
		"it comes back": {
			{"24 02", []Trouble{held}, nil, "begun held/limits 1"},
			{"24 03", nil, nil, "recovered held/limits 1"},
			{"24 04", []Trouble{held}, nil, "begun held/limits 1"},
		},
		"a start that cannot see says nothing": {
			{"24 02", []Trouble{rows, held}, nil, "begun quarantine/rows 1, begun held/limits 1"},
			{"25 02", []Trouble{wire}, export.NoticeKinds(), "begun failed/wire 1"},
			{"26 02", nil, nil, "recovered quarantine/rows 1, recovered held/limits 1, recovered failed/wire 1"},
		},
		"another cause of failing hides the first": {
			{"24 02", []Trouble{feed}, nil, "begun failed/feed 1"},
			{"25 02", []Trouble{wire}, []export.NoticeKind{export.NoticeFailed}, "begun failed/wire 1"},
			{"26 02", []Trouble{feed}, []export.NoticeKind{export.NoticeFailed}, "goes on failed/feed 2"},
		},
		"what has grown is told at once": {
			{"24 02", []Trouble{feed}, nil, "begun failed/feed 1"},
			{"24 03", []Trouble{grown}, nil, "goes on failed/feed 2"},
			{"24 04", []Trouble{feed}, nil, ""},
		},
		"only who looks into the drop folder says that it is well": {
			{"24 02", []Trouble{folder}, nil, "begun failed/the drop folder 1"},
			{"24 03", nil, nil, ""},
			{"24 04", []Trouble{folder}, nil, ""},
		},
		"an owner has an incident of its own": {
			{"24 02", []Trouble{rows}, nil, "begun quarantine/rows 1"},
			{"24 03", []Trouble{rows, owned}, nil, "begun quarantine/rows it@acme.example 1"},
			{"24 04", []Trouble{owned}, nil, "recovered quarantine/rows 2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var open []export.Incident
			for _, n := range story {
				now, err := time.Parse("2006-01-02 15", "2026-11-"+n.at)
				if err != nil {
					t.Fatal(err)
				}
				f := Finding{Troubles: n.met, Blind: map[export.NoticeKind]bool{}}
				for _, k := range n.blind {
					f.Blind[k] = true
				}
				changed, items := Decide(open, f, "r"+n.at, now)
				if got := told(items); got != n.want {
					t.Errorf("%s: told %q, want %q", n.at, got, n.want)
				}
				open = stand(open, changed)
			}
		})
	}
}

func told(items []Item) string {
	var out []string
	for _, i := range items {
		owner := ""
		if i.Owner != "" {
			owner = " " + i.Owner
		}
		out = append(out, fmt.Sprintf("%s %s/%s%s %d", i.Stage, i.Kind, i.Cause, owner, i.Starts))
	}
	return strings.Join(out, ", ")
}

// stand returns the open incidents as a ledger would after the changes.
func stand(open, changed []export.Incident) []export.Incident {
	for _, c := range changed {
		i := slices.IndexFunc(open, Trouble{Kind: c.Kind, Cause: c.Cause, Owner: c.Owner}.is)
		if i < 0 {
			open = append(open, c)
			continue
		}
		open[i] = c
	}
	return slices.DeleteFunc(open, func(i export.Incident) bool { return !i.Ended.IsZero() })
}

// TestDecideDay: a day begins at midnight of the feed's time zone.
func TestDecideDay(t *testing.T) {
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 24, 22, 30, 0, 0, time.UTC) // 23:30 in Paris
	trouble := Trouble{Kind: export.NoticeHeld, Cause: "limits"}
	open, _ := Decide(nil, Finding{Troubles: []Trouble{trouble}}, "r1", at.In(paris))
	open[0].Told = open[0].Told.UTC() // as a ledger returns it
	_, items := Decide(open, Finding{Troubles: []Trouble{trouble}}, "r2", at.Add(time.Hour).In(paris))
	if got := told(items); got != "goes on held/limits 2" {
		t.Errorf("half an hour past midnight: %q", got)
	}
}

// TestRoute: an item goes to the targets of its owner and to targets without an owner. An item that would reach no
// target goes to every target of its kind.
func TestRoute(t *testing.T) {
	items := []Item{
		{Kind: export.NoticeFailed, Owner: "IT"},
		{Kind: export.NoticeQuarantine, Owner: "HR"},
		{Kind: export.NoticeQuarantine, Owner: "it@acme.example"},
		{Kind: export.NoticePartial, Owner: "Coupa admin"},
		{Kind: export.NoticeHeld},
	}
	to := func(owner string, on ...export.NoticeKind) Target {
		if on == nil {
			on = export.NoticeKinds()
		}
		return Target{On: on, Owner: owner}
	}
	for _, tt := range []struct {
		name    string
		targets []Target
		want    string // the kinds that each target gets
	}{
		{"all", []Target{to("")}, "failed quarantine quarantine partial held"},
		{"of a kind", []Target{to("", export.NoticeFailed)}, "failed"},
		{"owners beside one who gets all", []Target{to(""), to("hr"), to("it@acme.example")}, "failed quarantine quarantine partial held / quarantine / quarantine"},
		{"owners alone", []Target{to("HR"), to("IT")}, "quarantine quarantine partial held / failed quarantine partial held"},
		{"an owner who takes other kinds only", []Target{to("HR", export.NoticePartial), to("IT", export.NoticeQuarantine)}, "partial / quarantine quarantine"},
		{"none", nil, ""},
	} {
		var got []string
		for _, list := range Route(items, tt.targets) {
			var kinds []string
			for _, i := range list {
				kinds = append(kinds, string(i.Kind))
			}
			got = append(got, strings.Join(kinds, " "))
		}
		if got := strings.Join(got, " / "); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
