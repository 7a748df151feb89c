package notify

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// Metrics are the figures of one start, for node_exporter's textfile collector. Labels hold only our own words.
type Metrics struct {
	Command   string
	Started   time.Time
	Ended     time.Time
	Exit      int
	Report    *export.Report // nil where there is none
	Steps     map[Step]time.Duration
	Notices   int // notices not sent yet
	Incidents map[export.NoticeKind]int
}

// Step is a part of a start with a duration of its own in the metrics.
type Step string

const (
	StepPlan     Step = "plan"      // read the feed, map, check, record
	StepSend     Step = "send"      // deliver and await the verdicts, wave by wave
	StepReadBack Step = "read_back" // compare what Coupa shows with what was sent
)

// maxTextfile bounds, in bytes, what is read of the existing file; our files have some kilobytes.
const maxTextfile = 1 << 20

// WriteMetrics writes the textfile under a temporary name and renames it, so that no reader sees half of it. It carries
// over the time of the last success from the existing file.
func WriteMetrics(path string, m Metrics) error {
	old, err := regular.Read(path, maxTextfile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("metrics: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return export.Hint(fmt.Errorf("metrics: %w", err), "check that the folder is there, and that hr2coupa may write to it")
	}
	_, err = f.Write(m.Text(lastSuccess(old)))
	err = errors.Join(err, f.Chmod(0o644), f.Close()) // node_exporter is another user
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("metrics: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}

const successMetric = "hr2coupa_last_success_timestamp_seconds"

var successLine = regexp.MustCompile(`(?m)^` + successMetric + ` (\d+)$`)

func lastSuccess(text []byte) time.Time {
	m := successLine.FindSubmatch(text)
	if m == nil {
		return time.Time{}
	}
	n, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(n, 0)
}

// Text returns the file in Prometheus' text format. success is the last success so far; a start that ended with exit
// code 0 replaces it.
func (m Metrics) Text(success time.Time) []byte {
	if m.Exit == export.ExitOK {
		success = m.Ended
	}
	e := exposition{}
	e.one("hr2coupa_last_run_timestamp_seconds", "When the last start ended.", m.Ended.Unix())
	if !success.IsZero() {
		e.one(successMetric, "When a start last ended with exit code 0.", success.Unix())
	}
	e.one("hr2coupa_last_run_duration_seconds", "How long the last start took.", m.Ended.Sub(m.Started).Round(time.Millisecond).Seconds())
	e.family("hr2coupa_last_run_step_seconds", "How long the steps of the last start took, resumed runs with it.")
	for _, s := range []Step{StepPlan, StepSend, StepReadBack} {
		e.sample("hr2coupa_last_run_step_seconds", m.Steps[s].Round(time.Millisecond).Seconds(), "step", string(s))
	}
	e.one("hr2coupa_last_run_exit_code", "Exit code of the last start.", m.Exit)
	run, verdict := "", "none"
	if m.Report != nil {
		run, verdict = m.Report.Run, m.Report.Verdict.String()
	}
	e.family("hr2coupa_last_run_info", "Command, run and verdict of the last start.")
	e.sample("hr2coupa_last_run_info", 1, "command", m.Command, "run", run, "verdict", verdict)

	records, parts := m.counts()
	e.family("hr2coupa_records", "Records of the feed in the report of the last start, by outcome.")
	for _, o := range export.Outcomes() {
		e.sample("hr2coupa_records", records[o], "outcome", string(o))
	}
	e.family("hr2coupa_parts", "Parts in the report of the last start, by verdict.")
	for _, v := range slices.Sorted(maps.Keys(parts)) {
		e.sample("hr2coupa_parts", parts[v], "verdict", v)
	}
	e.one("hr2coupa_notices_unsent", "Notices that wait in the outbox.", m.Notices)
	e.family("hr2coupa_incidents_open", "Incidents that are open, by kind.")
	for _, k := range export.NoticeKinds() {
		e.sample("hr2coupa_incidents_open", m.Incidents[k], "kind", string(k))
	}
	return e.Bytes()
}

// counts adds up records by outcome and parts by verdict, of the run of this start and of runs it resumed.
func (m Metrics) counts() (map[export.Outcome]int, map[string]int) {
	records, parts := map[export.Outcome]int{}, map[string]int{}
	for _, v := range []export.Verdict{export.VerdictOK, export.VerdictPartial, export.VerdictEmpty, export.VerdictFailed, export.VerdictStalled} {
		parts[string(v)] = 0
	}
	if m.Report == nil {
		return records, parts
	}
	for _, rep := range append(slices.Clone(m.Report.Resumed), m.Report) {
		for o, n := range rep.Counts.By {
			records[o] += n
		}
		for _, p := range rep.Parts {
			parts[cmp.Or(string(p.Verdict), "none")]++
		}
	}
	return records, parts
}

// exposition builds a text in Prometheus' format 0.0.4. Every value here is a gauge.
type exposition struct{ bytes.Buffer }

func (e *exposition) family(name, help string) {
	fmt.Fprintf(e, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name)
}

func (e *exposition) one(name, help string, value any) {
	e.family(name, help)
	e.sample(name, value)
}

func (e *exposition) sample(name string, value any, labels ...string) {
	var pairs []string
	for i := 0; i < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(labels[i+1])+`"`)
	}
	if pairs != nil {
		name += "{" + strings.Join(pairs, ",") + "}"
	}
	fmt.Fprintf(e, "%s %v\n", name, value)
}
