// Package notify reports the result of a start of the program to people and machines: mail and webhooks about what is
// wrong, a heartbeat, a textfile of metrics.
//
// Pure functions (Read, Decide, Texts) make the content; sending is separate. No notice and no metric holds personal
// data: they name people by file and line and describe faults in the words of the catalogue of causes. They contain
// neither HR's cells nor Coupa's words.
package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Stage is how far an incident has come when a notice reports it.
type Stage string

const (
	Begun     Stage = "begun"
	GoesOn    Stage = "goes on"   // the incident goes on; told once a day
	Recovered Stage = "recovered" // a start ended without it
	Test      Stage = "test"      // hr2coupa notify test
)

// Message is the content of a notice, before it gets the form of a target. As JSON it is the body for a webhook of
// format json.
type Message struct {
	ID       string         `json:"id"` // the same each time the message is sent
	Instance string         `json:"instance"`
	Host     string         `json:"host"` // the machine that hr2coupa runs on
	Command  string         `json:"command"`
	At       time.Time      `json:"at"`
	Run      string         `json:"run,omitempty"`
	Verdict  string         `json:"verdict"`
	Exit     int            `json:"exit"`
	Counts   map[string]int `json:"counts,omitempty"` // records: input and each outcome
	Items    []Item         `json:"incidents"`
}

// Item is one incident in a message.
type Item struct {
	Stage  Stage             `json:"stage"`
	Kind   export.NoticeKind `json:"kind"`
	Cause  string            `json:"cause"`
	Owner  string            `json:"owner,omitempty"` // the owner of the task
	Since  time.Time         `json:"since"`
	Run    string            `json:"first_run,omitempty"`
	Starts int               `json:"starts"` // number of starts that have met it
	Facts  []string          `json:"facts,omitempty"`
	Behind []Behind          `json:"causes,omitempty"` // causes of its rows, most rows first
	ToDo   []string          `json:"to_do,omitempty"`
}

// Title returns the item in a few words.
func (i Item) Title() string {
	title := string(i.Kind)
	if i.Cause != "" {
		title += ": " + i.Cause
	}
	switch i.Stage {
	case GoesOn:
		title = "still " + title
	case Recovered:
		title = "recovered, " + title
	}
	return title
}

// Headline returns one line that says what the message is about.
func (m Message) Headline() string {
	if len(m.Items) == 1 && m.Items[0].Stage == Test {
		return "test notice"
	}
	var parts []string
	for _, s := range []struct {
		stage  Stage
		before string
	}{{Begun, ""}, {GoesOn, "still "}, {Recovered, "recovered: "}} {
		var kinds []string
		for _, i := range m.Items {
			if i.Stage == s.stage && !slices.Contains(kinds, string(i.Kind)) {
				kinds = append(kinds, string(i.Kind))
			}
		}
		if len(kinds) > 0 {
			parts = append(parts, s.before+strings.Join(kinds, ", "))
		}
	}
	return strings.Join(parts, "; ")
}

// Sums returns a line that shows that records in equal records out; "" where nothing was counted.
func (m Message) Sums() string {
	var parts []string
	for _, o := range export.Outcomes() {
		if n := m.Counts[string(o)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, o))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("%d in = %s", m.Counts["input"], strings.Join(parts, " + "))
}

// Example returns a message of a stage with every field set, to try templates and targets with.
func Example(stage Stage, instance, host string, now time.Time) Message {
	m := Message{ID: "example", Instance: instance, Host: host, Command: "notify test", At: now, Verdict: "test", Counts: map[string]int{}}
	for _, s := range []Stage{Begun, GoesOn, Recovered, Test} {
		if stage == "" || stage == s {
			m.Items = append(m.Items, Item{
				Stage: s, Kind: export.NoticeFailed, Cause: "test", Since: now, Starts: 1,
				Facts: []string{"nothing is wrong: this is a test of whether notices arrive"},
				ToDo:  []string{"nothing: hr2coupa notify test has sent this"},
			})
		}
	}
	if stage == "" {
		m.Run, m.Items[0].Run, m.Items[0].Owner = "20261124T020000Z", "20261123T020000Z", "it@example.com"
		m.Items[0].Behind = []Behind{{CauseCount: export.CauseCount{Rows: 1, Records: 1, Cause: export.Cause{
			Name: "test", Meaning: "nothing is wrong", Todo: "nothing", Owner: export.OwnerIT,
		}}, Places: "users.csv:2"}}
		m.Counts = map[string]int{"input": 3, "applied": 2, "quarantined": 1}
	}
	return m
}
