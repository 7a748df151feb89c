package prospect

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

// archive is a ledger that knows which files were planned and passed over.
type archive struct {
	planned []export.FeedFile
	late    []export.LateFile
}

func (a archive) PlannedFiles() ([]export.FeedFile, error) { return a.planned, nil }
func (a archive) LateFiles() ([]export.LateFile, error)    { return a.late, nil }

// feedOf returns the config of a feed of snapshots, or of changes.
func feedOf(snapshots bool) *wiring.Pipeline {
	return &wiring.Pipeline{Config: &config.Config{Feed: config.Feed{Snapshot: snapshots}}}
}

// at is a file that was changed so many minutes after noon.
func at(name string, minutes int) export.FeedFile {
	noon := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	return export.FeedFile{Path: "/hr/" + name, Name: name, SHA256: "of " + name, Modified: noon.Add(time.Duration(minutes) * time.Minute)}
}

func TestOrderOfNews(t *testing.T) {
	timeless := at("u-10.csv", 0)
	timeless.Modified = time.Time{}
	fresh := func(files ...export.FeedFile) (out []File) {
		for _, f := range files {
			out = append(out, File{FeedFile: f})
		}
		return out
	}
	named := Ask{Files: []string{"u-9.csv"}}
	passed := archive{planned: []export.FeedFile{at("u-10.csv", 0)}, late: []export.LateFile{{Name: "u-9.csv", SHA256: "of u-9.csv", Newer: "u-10.csv"}}}
	for _, tt := range []struct {
		name    string
		ask     Ask
		archive archive
		files   []File
		want    string // passed over | late, "newer than it" | doubts
	}{
		{"older by name and time", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0)}}, fresh(at("u-9.csv", -1)), "u-9.csv | u-9.csv<u-10.csv |"},
		{"older, beside a newer one", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0)}}, fresh(at("u-9.csv", -1), at("u-11.csv", 5)), "u-9.csv | u-9.csv<u-10.csv |"},
		{"of the same time", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0)}}, fresh(at("u-9.csv", 0)), "| | u-9.csv before u-10.csv later"},
		{"older by name alone", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0)}}, fresh(at("u-9.csv", 9)), "| | u-9.csv before u-10.csv later"},
		{"older by time alone", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0)}}, fresh(at("u-11.csv", -9)), "| | u-11.csv after u-10.csv earlier"},
		{"a moment apart", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0)}}, fresh(at("u-11.csv", -1)), "| |"},
		{"newer by both", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0)}}, fresh(at("u-11.csv", 1)), "| |"},
		{"leading zeros alone", Ask{}, archive{planned: []export.FeedFile{at("u-09.csv", 0)}}, fresh(at("u-9.csv", -1)), "u-9.csv | u-9.csv<u-09.csv |"},
		{"older than any that was planned", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0), at("u-5.csv", -99)}}, fresh(at("u-9.csv", -1)), "u-9.csv | u-9.csv<u-10.csv |"},
		{"the last one that it is older than is named", Ask{}, archive{planned: []export.FeedFile{at("u-10.csv", 0), at("u-11.csv", 0), at("v-12.csv", 0)}}, fresh(at("u-9.csv", -1)), "u-9.csv | u-9.csv<u-11.csv |"},
		{"of another kind", Ask{}, archive{planned: []export.FeedFile{at("v-10.csv", 0), at("u-10.csv.gz", 0), at("u.csv", 0)}}, fresh(at("u-9.csv", -1)), "| |"},
		{"time not known", Ask{}, archive{planned: []export.FeedFile{timeless}}, fresh(at("u-9.csv", -1)), "| |"},
		{"the last plan counts for doubts", Ask{}, archive{planned: []export.FeedFile{at("u-30.csv", 0), at("u-1.csv", 10)}}, fresh(at("u-2.csv", 20)), "| |"},
		{"files of one plan", Ask{}, archive{}, fresh(at("u-8.csv", 0), at("u-9.csv", 9), at("v-9.csv", -99), at("u-10.csv", 0)), "| | u-10.csv after u-9.csv earlier"},
		{"a seen name has no order", Ask{}, archive{planned: []export.FeedFile{at("u-1.csv", 0), at("u-2.csv", 0)}}, []File{{FeedFile: at("u-1.csv", -9), Renewed: true}, {FeedFile: at("u-2.csv", -19), Renewed: true}}, "| |"},
		{"a seen file", Ask{}, passed, []File{{FeedFile: at("u-9.csv", -9), Seen: &export.SeenFile{}}}, "| |"},
		{"passed over before", Ask{}, passed, fresh(at("u-9.csv", -9)), "u-9.csv | |"},
		{"passed over before, and changed since", Ask{}, passed, fresh(export.FeedFile{Name: "u-9.csv", SHA256: "other", Modified: at("", 9).Modified}), "| | u-9.csv before u-10.csv later"},
		{"named by a person", named, archive{planned: passed.planned}, fresh(at("u-9.csv", -9)), "| |"},
		{"named, and passed over before", named, passed, fresh(at("u-9.csv", -9)), "u-9.csv | u-9.csv<u-10.csv known |"},
		{"named and meant", Ask{Files: named.Files, Late: true}, passed, fresh(at("u-9.csv", -9)), "| |"},
		{"a claim", Ask{Pipe: feedOf(false), Files: named.Files, Claim: true}, passed, fresh(at("u-9.csv", -9)), "| |"},
		{"a snapshot that is a claim", Ask{Pipe: feedOf(true), Files: named.Files, Claim: true}, archive{planned: passed.planned}, fresh(at("u-9.csv", -9)), "u-9.csv | u-9.csv<u-10.csv |"},
		{"a claim that was passed over before", Ask{Pipe: feedOf(true), Files: named.Files, Claim: true}, passed, fresh(at("u-9.csv", -9)), "u-9.csv | u-9.csv<u-10.csv known |"},
		{"a newer snapshot that is a claim", Ask{Pipe: feedOf(true), Files: named.Files, Claim: true}, archive{planned: passed.planned}, fresh(at("u-11.csv", 9)), "| |"},
		{"planned again", Ask{Again: true}, passed, fresh(at("u-9.csv", -9)), "| |"},
		{"an export", Ask{Alone: true}, passed, fresh(at("u-9.csv", -9)), "| |"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, err := tt.ask.order(tt.archive, tt.files)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(n.passed, " ") + " |"
			for _, l := range n.late {
				got += " " + l.Name + "<" + l.Newer
				if l.Known {
					got += " known"
				}
			}
			got += " |"
			for _, d := range n.doubts {
				var where, other, when string
				if _, err := fmt.Sscanf(strings.ReplaceAll(d.Message, ",", " ,"), "its name comes %s that of %s , and it was changed %s", &where, &other, &when); err != nil {
					t.Fatalf("%q: %v", d.Message, err)
				}
				got += " " + d.Origin.File + " " + where + " " + other + " " + strings.TrimSuffix(when, ":")
			}
			if got = strings.TrimSpace(got); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
