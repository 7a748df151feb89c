package job

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/planning"
	"github.com/hr2coupa/hr2coupa/export/planning/planningtest"
)

// restarts counts how often a plan began again.
type restarts struct {
	planning.Sink
	n int
}

func (r *restarts) Restart() error {
	r.n++
	return r.Sink.Restart()
}

// TestOnePassOrTwo: a feed in which something repeats is planned a second time by what the first pass found. What is sent
// of the others is the same, byte for byte, and of the first pass nothing is left.
func TestOnePassOrTwo(t *testing.T) {
	twins := []string{"T1,twin,t1@example.com,Ann,One", "T2,TWIN,t2@example.com,Ann,Two"}
	tests := []struct {
		name      string
		feed      string
		chunkRows int
		again     int
	}{
		{"nothing repeats", planningtest.People(300), 7, 0},
		{"twins at the end, seen when all is built", planningtest.People(300, twins...), 1000, 1},
		{"twins at the end of small chunks", planningtest.People(300, twins...), 7, 1},
		{"twins in the first chunk", strings.Replace(planningtest.People(300), "\n", "\n"+strings.Join(twins, "\n")+"\n", 1), 7, 1},
	}
	want := (&planningtest.Batch{Mapping: planningtest.People5, MaxRows: 40, Feed: map[string]string{"users.csv": planningtest.People(300)}}).MustBuild(t).Bytes()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := &planningtest.Batch{Mapping: planningtest.People5, MaxRows: 40, ChunkRows: test.chunkRows, Workers: 2, Feed: map[string]string{"users.csv": test.feed}}
			p, err := b.Planner(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			out := &partDir{dir: t.TempDir(), names: map[int64]string{}}
			sink := newPlanSink(out)
			defer sink.rows.Close()
			counted := &restarts{Sink: sink}
			plan, err := p.Build(t.Context(), counted)
			if err != nil {
				t.Fatal(err)
			}
			if counted.n != test.again {
				t.Errorf("begun again %d times, want %d", counted.n, test.again)
			}
			if plan.Rows != 300 || plan.Quarantined != 2*test.again {
				t.Errorf("%d rows, %d quarantined", plan.Rows, plan.Quarantined)
			}
			entries, err := os.ReadDir(out.dir)
			if err != nil || len(entries) != plan.Parts {
				t.Fatalf("%d parts, but in the folder lie %v, %v", plan.Parts, entries, err)
			}
			var sent strings.Builder
			for _, e := range entries {
				data, err := os.ReadFile(filepath.Join(out.dir, e.Name()))
				if err != nil {
					t.Fatal(err)
				}
				sent.WriteString("== " + e.Name() + ", wave 1, ")
				sent.WriteString(export.Plural(strings.Count(string(data), "\n")-1, "row") + "\n")
				sent.Write(data)
			}
			if sent.String() != want {
				t.Errorf("sent\n%.2000s\nwant\n%.2000s", &sent, want)
			}
		})
	}
}
