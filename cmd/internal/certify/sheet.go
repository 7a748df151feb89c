package certify

import (
	"fmt"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/export"
)

// result is the result of a step, a scenario or a whole sheet.
type result string

const (
	resultPass   result = "pass"
	resultFail   result = "fail"
	resultUnseen result = "not shown"
	resultNone   result = "not published"
)

// stepResult is the result of one step, with its evidence.
type stepResult struct {
	Result   result `json:"result"`
	Evidence string `json:"evidence"` // what shows it, or why it was not seen
}

func pass(format string, args ...any) stepResult {
	return stepResult{resultPass, fmt.Sprintf(format, args...)}
}

func fail(format string, args ...any) stepResult {
	return stepResult{resultFail, fmt.Sprintf(format, args...)}
}

func unseen(format string, args ...any) stepResult {
	return stepResult{resultUnseen, fmt.Sprintf(format, args...)}
}

// notPlayed is the evidence for steps whose case was not played. Their scenario says why.
const notPlayed = "not played"

// passSheet is what certify prints.
type passSheet struct {
	Against  string        `json:"against"` // twin or instance
	Instance string        `json:"instance,omitempty"`
	Version  string        `json:"version"`
	Verdict  result        `json:"verdict"`
	Exit     int           `json:"exit"`
	Passed   int           `json:"passed"` // steps
	Failed   int           `json:"failed"`
	NotShown int           `json:"not_shown"`
	Routes   []*routeSheet `json:"routes"`
}

type routeSheet struct {
	Route     string           `json:"route"`
	Instance  string           `json:"instance"`
	Login     string           `json:"login"`
	Scenarios []*scenarioSheet `json:"scenarios"`
	codes     []int            // of the runs
}

type scenarioSheet struct {
	Number string      `json:"number"`
	Title  string      `json:"title,omitempty"`
	Result result      `json:"result"`
	Why    string      `json:"why,omitempty"` // it was not played to its end
	Steps  []stepSheet `json:"steps"`
}

type stepSheet struct {
	Asks string `json:"asks"`
	stepResult
}

// judge sets the scenario's result to the worst of its steps.
func (s *scenarioSheet) judge(published bool) {
	s.Result = resultPass
	if !published {
		s.Result = resultNone
	}
	for _, st := range s.Steps {
		if st.Result == resultFail || st.Result == resultUnseen && s.Result == resultPass {
			s.Result = st.Result
		}
	}
}

// sum counts the steps and judges the sheet.
func (p *passSheet) sum() {
	var codes []int
	for _, r := range p.Routes {
		for _, code := range r.codes {
			if code != export.ExitPartial { // some cases are to end with it
				codes = append(codes, code)
			}
		}
		for _, s := range r.Scenarios {
			for _, st := range s.Steps {
				switch st.Result {
				case resultPass:
					p.Passed++
				case resultFail:
					p.Failed++
				default:
					p.NotShown++
				}
			}
		}
	}
	switch {
	case p.Failed > 0:
		p.Verdict = resultFail
	case p.NotShown > 0 || p.Passed == 0:
		p.Verdict = resultUnseen
	default:
		p.Verdict = resultPass
	}
	if p.Verdict != resultPass {
		codes = append(codes, export.ExitPartial)
	}
	p.Exit = export.WorstExit(codes...)
}

func (p *passSheet) title(w *terminal.Text) {
	against := "a stand-in for Coupa that it starts itself"
	if p.Instance != "" {
		against = "the test instance " + p.Instance
	}
	w.Printf("Coupa's user scenarios, played by hr2coupa %s against %s\n", p.Version, against)
}

func (r *routeSheet) title(w *terminal.Text) {
	w.Printf("\nBy %s, user %s at %s\n", r.Route, r.Login, r.Instance)
}

// inactive reports whether a step showed that the user was left inactive.
func (r *routeSheet) inactive() bool {
	return slices.ContainsFunc(r.Scenarios, func(s *scenarioSheet) bool { return s.Number == closing && s.Result == resultPass })
}

// text is printed as soon as a scenario was played: against an instance each takes as long as the pick-up interval.
func (s *scenarioSheet) text(w *terminal.Text) {
	line := s.Number
	if s.Title != "" {
		line += " " + s.Title
	}
	if s.Why != "" {
		w.Printf("\n  %s: %s; not played to its end, since %s\n", line, s.Result, s.Why)
	} else {
		w.Printf("\n  %s: %s\n", line, s.Result)
	}
	for _, st := range s.Steps {
		if st.Evidence == notPlayed {
			continue
		}
		w.Printf("    %-9s  %s - %s\n", st.Result, st.Asks, st.Evidence)
	}
}

func (p *passSheet) end(w *terminal.Text) {
	w.Printf("\n%s: %s passed, %d failed, %d not shown; 1.3 is not published\n", p.Verdict, export.Plural(p.Passed, "step"), p.Failed, p.NotShown)
}
