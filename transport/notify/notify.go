// Package notify tells people and machines what a start of the program came to: mail and webhooks about what is wrong,
// a heartbeat, a textfile of metrics.
//
// What is told is made by pure functions (Read, Decide, Texts); sending is apart from it. No notice and no metric holds
// personal data: people are named by file and line, what is wrong with them in the words of the catalogue of causes, and
// neither HR's cells nor Coupa's words are in them.
package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Stage is where an incident stands when it is told.
type Stage string

const (
	Begun     Stage = "begun"
	GoesOn    Stage = "goes on"   // the digest of a day
	Recovered Stage = "recovered" // a start ended without it
	Test      Stage = "test"      // hr2coupa notify test
)

// Message is what a notice says, before a target gives it its form. As JSON it is what a webhook of format json gets.
type Message struct {
	ID       string         `json:"id"` // the same whenever the message is sent again
	Instance string         `json:"instance"`
	Host     string         `json:"host"` // the machine that hr2coupa runs on
	Command  string         `json:"command"`
	At       time.Time      `json:"at"`
	Run      string         `json:"run,omitempty"`
	Verdict  string         `json:"verdict"`
	Exit     int            `json:"exit"`
	Counts   map[string]int `json:"counts,omitempty"` // records: input, and each outcome
	Items    []Item         `json:"incidents"`
}

// Item is one incident in a message.
type Item struct {
	Stage  Stage             `json:"stage"`
	Kind   export.NoticeKind `json:"kind"`
	Cause  string            `json:"cause"`
	Owner  string            `json:"owner,omitempty"` // whose task it is
	Since  time.Time         `json:"since"`
	Run    string            `json:"first_run,omitempty"`
	Starts int               `json:"starts"` // how many starts have met it
	Facts  []string          `json:"facts,omitempty"`
	Behind []Behind          `json:"causes,omitempty"` // what is behind its rows, most rows first
	ToDo   []string          `json:"to_do,omitempty"`
}

// Title is the item in a few words.
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

// Headline says in one line what the message is about.
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

// Sums shows that count in is count out; "" where nothing was counted.
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

// Example is a message of every stage and with everything in it, to try templates and targets with.
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
