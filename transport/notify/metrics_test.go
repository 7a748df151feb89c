package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

const figures = `# HELP hr2coupa_last_run_timestamp_seconds When the last start ended.
# TYPE hr2coupa_last_run_timestamp_seconds gauge
hr2coupa_last_run_timestamp_seconds 1795485690
# HELP hr2coupa_last_run_duration_seconds How long the last start took.
# TYPE hr2coupa_last_run_duration_seconds gauge
hr2coupa_last_run_duration_seconds 90
# HELP hr2coupa_last_run_step_seconds How long the steps of the last start took, resumed runs with it.
# TYPE hr2coupa_last_run_step_seconds gauge
hr2coupa_last_run_step_seconds{step="plan"} 1.5
hr2coupa_last_run_step_seconds{step="send"} 80
hr2coupa_last_run_step_seconds{step="read_back"} 0
# HELP hr2coupa_last_run_exit_code Exit code of the last start.
# TYPE hr2coupa_last_run_exit_code gauge
hr2coupa_last_run_exit_code 3
# HELP hr2coupa_last_run_info Command, run and verdict of the last start.
# TYPE hr2coupa_last_run_info gauge
hr2coupa_last_run_info{command="run",run="r1",verdict="pa\"rt\\ial"} 1
# HELP hr2coupa_records Records of the feed in the report of the last start, by outcome.
# TYPE hr2coupa_records gauge
hr2coupa_records{outcome="applied"} 4
hr2coupa_records{outcome="unchanged"} 0
hr2coupa_records{outcome="excluded"} 0
hr2coupa_records{outcome="held"} 0
hr2coupa_records{outcome="quarantined"} 2
hr2coupa_records{outcome="rejected"} 0
hr2coupa_records{outcome="drifted"} 0
hr2coupa_records{outcome="pending"} 0
# HELP hr2coupa_parts Parts in the report of the last start, by verdict.
# TYPE hr2coupa_parts gauge
hr2coupa_parts{verdict="empty"} 0
hr2coupa_parts{verdict="failed"} 0
hr2coupa_parts{verdict="none"} 1
hr2coupa_parts{verdict="ok"} 1
hr2coupa_parts{verdict="partial"} 0
hr2coupa_parts{verdict="stalled"} 0
# HELP hr2coupa_notices_unsent Notices that wait in the outbox.
# TYPE hr2coupa_notices_unsent gauge
hr2coupa_notices_unsent 1
# HELP hr2coupa_incidents_open Incidents that are open, by kind.
# TYPE hr2coupa_incidents_open gauge
hr2coupa_incidents_open{kind="failed"} 0
hr2coupa_incidents_open{kind="held"} 0
hr2coupa_incidents_open{kind="stalled"} 0
hr2coupa_incidents_open{kind="partial"} 0
hr2coupa_incidents_open{kind="quarantine"} 1
`

func TestMetrics(t *testing.T) {
	rep := report(`pa"rt\ial`, 3, nil, export.Part{Verdict: export.VerdictOK}, export.Part{})
	rep.Counts.By = map[export.Outcome]int{export.Applied: 3, export.Quarantined: 2}
	rep.Resumed = []*export.Report{{Counts: export.Counts{By: map[export.Outcome]int{export.Applied: 1}}}}
	end := time.Date(2026, 11, 24, 2, 1, 30, 0, time.UTC)
	m := Metrics{
		Command: "run", Started: end.Add(-90 * time.Second), Ended: end, Exit: 3, Report: rep, Notices: 1,
		Steps:     map[Step]time.Duration{StepPlan: 1500 * time.Millisecond, StepSend: 80 * time.Second},
		Incidents: map[export.NoticeKind]int{export.NoticeQuarantine: 1},
	}
	path := filepath.Join(t.TempDir(), "hr2coupa.prom")
	if err := WriteMetrics(path, m); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(figures, read(t, path)); d != "" {
		t.Error(d)
	}
	// The last success is carried over from file to file.
	m.Exit, m.Ended = 0, end.Add(24*time.Hour)
	if err := WriteMetrics(path, m); err != nil {
		t.Fatal(err)
	}
	m.Exit, m.Ended = 9, end.Add(48*time.Hour)
	m.Report = nil
	if err := WriteMetrics(path, m); err != nil {
		t.Fatal(err)
	}
	text := read(t, path)
	for _, want := range []string{"hr2coupa_last_success_timestamp_seconds 1795572090\n", "hr2coupa_last_run_exit_code 9\n", `verdict="none"} 1`} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %s", want, text)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("mode %v (%v): node_exporter is another user", info.Mode(), err)
	}
	files, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %v (%v)", files, err)
	}
	if err := WriteMetrics(filepath.Join(path, "x.prom"), m); err == nil {
		t.Error("written under a file")
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
