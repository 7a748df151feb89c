package certify

import (
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// TestScenarios: every published scenario is played, and the last step of each case looks into Coupa or at an error.
func TestScenarios(t *testing.T) {
	for _, route := range []string{"csv", "api"} {
		var numbers []string
		for _, s := range scenarios(route, accounts{login: "U", email: "u@example.com", absent: "U_NOBODY"}) {
			numbers = append(numbers, s.number)
			for n, c := range s.cases {
				last := c.steps[len(c.steps)-1].asks
				if !strings.Contains(last, "in Coupa") && last != noneCreated.asks {
					t.Errorf("%s, act %d by %s does not end in Coupa: %s", s.number, n+1, route, last)
				}
				for field := range c.record {
					if !slices.Contains(hrFields, field) {
						t.Errorf("%s, act %d: the feed has no field %s", s.number, n+1, field)
					}
				}
			}
		}
		if got := strings.Join(numbers, " "); got != "1.1 1.2 1.3 1.4 1.5 1.6 1.7 1.8 end" {
			t.Errorf("by %s: %s", route, got)
		}
	}
}

// goodCase returns a result in which all went well, for every step.
func goodCase() *caseResult {
	who := accounts{login: "U", email: "u@example.com", absent: "U_NOBODY"}
	part := &export.Part{Name: "P", Rows: 1, LoadID: "7", Via: "api", Verdict: export.VerdictOK, Created: 1, Updated: 0}
	return &caseResult{
		accounts: who, part: part, log: []string{"info: settled load=7 verdict=partial"}, ownReceiver: true,
		rep: &export.Report{Run: "R", Parts: []export.Part{*part}, Rows: export.ListRows(export.RowResult{
			Origin: export.Origin{File: "f.csv", Line: 2}, Outcome: export.Rejected, Faults: export.Faults{{Message: "Email has already been taken"}},
		})},
		notices: []notify.Message{{Run: "R", Items: []notify.Item{{Stage: notify.Begun, Kind: export.NoticePartial}}}},
		before:  map[string]export.User{},
		after:   map[string]export.User{"U": account("7", "Last Name", "New")},
	}
}

func account(id string, columns ...string) export.User {
	u := export.User{ID: id, Values: map[string]export.Value{}}
	for pair := range slices.Chunk(columns, 2) {
		e, _ := coupa.Element(pair[0])
		u.Values[e.Path] = export.Value{Text: pair[1]}
	}
	return u
}

// TestSteps shows each step a result that it passes, and then the same result with one thing wrong.
func TestSteps(t *testing.T) {
	steps := map[string]step{
		"made": madeByCSV(), "loaded": loadedByCSV(), "refused": refusedByCSV()[0], "logged": refusedByCSV()[1],
		"text": errorReported[0], "notified": errorReported[1], "no such user": noSuchUser, "no user created": noneCreated,
		"values": values("Last Name", "New")[0], "as before": asBefore("Last Name", "New")[0],
	}
	for _, s := range sentByCSV() {
		steps[s.asks] = s
	}
	was := func(s *caseResult) { s.before["U"] = account("7", "Last Name", "New") }
	tests := []struct {
		what, step string
		change     func(*caseResult)
		want       result
		evidence   string
	}{
		{"made", "made", nil, resultPass, "load 7: ok, 1 created"},
		{"was there", "made", was, resultUnseen, "was there already (Coupa id 7)"},
		{"none created", "made", func(s *caseResult) { s.part.Created = 0 }, resultFail, "0 created"},
		{"no counts", "made", func(s *caseResult) { s.part.Created = -1 }, resultUnseen, "does not say"},
		{"load failed", "made", func(s *caseResult) { s.part.Verdict = export.VerdictFailed }, resultFail, "verdict failed; f.csv:2 rejected: Email"},
		{"loaded", "loaded", func(s *caseResult) { s.part.Created, s.part.Updated = 0, 1 }, resultPass, "1 updated, none created"},
		{"a second account", "loaded", nil, resultFail, "for a new user"},
		{"nothing sent", "loaded", func(s *caseResult) { s.part = nil }, resultFail, "verdict -"},
		{"no part", "a CSV file of the change is written", func(s *caseResult) { s.part, s.said = nil, "no" }, resultFail, "nothing was sent: no"},
		{"not moved", "the file is in /Incoming/Users", nil, resultFail, "nothing was sent"},
		{"no load", "the scheduled job picks it up", func(s *caseResult) { s.part.LoadID = "" }, resultFail, "no load of this file is known"},
		{"refused", "refused", func(s *caseResult) { s.part.Verdict, s.code = export.VerdictPartial, 3 }, resultPass, "the run ended with 3"},
		{"taken", "refused", nil, resultFail, "verdict ok"},
		{"refused in silence", "refused", func(s *caseResult) { s.part.Verdict = export.VerdictPartial }, resultFail, "the run ended with 0"},
		{"logged", "logged", nil, resultPass, "log: info: settled"},
		{"not logged", "logged", func(s *caseResult) { s.log = s.log[:0] }, resultFail, "no line of the log"},
		{"text", "text", nil, resultPass, "f.csv:2 rejected: Email has already been taken"},
		{"no text", "text", func(s *caseResult) { s.rep.Rows = export.ListRows(export.RowResult{Outcome: export.Rejected}) }, resultFail, "no reason"},
		{"notified", "notified", nil, resultPass, "a signed notice of run R"},
		{"an older notice", "notified", func(s *caseResult) { s.notices[0].Run = "Q" }, resultFail, "no notice"},
		{"only that it is over", "notified", func(s *caseResult) { s.notices[0].Items[0].Stage = notify.Recovered }, resultFail, "no notice"},
		{"no target", "notified", func(s *caseResult) { s.ownReceiver = false }, resultUnseen, "no target for notices"},
		{"notice not logged", "notified", func(s *caseResult) { s.ownReceiver, s.targets = false, 1 }, resultFail, "no line of the log"},
		{"no such user", "no such user", nil, resultPass, "no Coupa user has"},
		{"the login is taken", "no such user", func(s *caseResult) { s.before["U_NOBODY"] = account("8") }, resultFail, "not known whether"},
		{"no user created", "no user created", nil, resultPass, "no Coupa user has"},
		{"a user created", "no user created", func(s *caseResult) { s.after["U_NOBODY"] = account("8") }, resultFail, "is Coupa id 8 now"},
		{"values", "values", nil, resultPass, `Coupa id 7: Last Name "New"`},
		{"so before", "values", was, resultUnseen, "it was so before"},
		{"other value", "values", func(s *caseResult) { s.after["U"] = account("7", "Last Name", "Old") }, resultFail, `Last Name is "Old"`},
		{"hidden", "values", func(s *caseResult) { s.after["U"] = account("7") }, resultUnseen, "does not show Last Name"},
		{"gone", "values", func(s *caseResult) { clear(s.after) }, resultFail, "no Coupa user has"},
		{"as before", "as before", was, resultPass, `Last Name "New"`},
	}
	for _, tt := range tests {
		s := goodCase()
		if tt.change != nil {
			tt.change(s)
		}
		if got := steps[tt.step].check(s); got.Result != tt.want || !strings.Contains(got.Evidence, tt.evidence) {
			t.Errorf("%s: %s, %q", tt.what, got.Result, got.Evidence)
		}
	}
}

// TestAPISteps is TestSteps for the calls of the API route.
func TestAPISteps(t *testing.T) {
	r := apiSteps()
	get := call{"GET", "/api/users", "login=U", 200}
	put := call{"PUT", "/api/users/7", "", 200}
	post := call{"POST", "/api/users", "", 201}
	no := call{"PUT", "/api/users/7", "", 400}
	here := map[string]export.User{"U": account("7")}
	lines := []string{"info: PUT /api/users/7: 200 coupa=7", "info: POST /api/users: 201 coupa=7", "warning: PUT /api/users/7: 400: no", "info: planned quarantined=1"}
	drifted := func(s *caseResult) { s.rep.Counts.By = map[export.Outcome]int{export.Drifted: 1} }
	tests := []struct {
		what     string
		step     step
		before   map[string]export.User
		calls    []call
		change   func(*caseResult)
		want     result
		evidence string
	}{
		{"found", r.modify[0], here, []call{get, put}, nil, resultPass, "GET /api/users?login=U: 200"},
		{"asked for another", r.modify[0], here, []call{{"GET", "/api/users", "login=U2", 200}}, nil, resultFail, "no GET"},
		{"id", r.modify[1], here, []call{get, put}, nil, resultPass, "the PUT goes to /api/users/7"},
		{"another id", r.modify[1], here, []call{{"PUT", "/api/users/8", "", 200}}, nil, resultFail, "the PUT goes to /api/users/8"},
		{"no put for the id", r.modify[1], here, []call{get}, nil, resultFail, "there was no PUT"},
		{"id of no user", r.modify[1], nil, []call{put}, nil, resultFail, "no Coupa user"},
		{"put", r.modify[2], here, []call{put}, nil, resultPass, "PUT /api/users/7: 200"},
		{"put refused", r.modify[2], here, []call{no}, nil, resultFail, "PUT /api/users/7: 400"},
		{"logged", r.modify[3], here, []call{put}, nil, resultPass, "log: info: PUT /api/users/7: 200"},
		{"not logged", r.modify[3], here, []call{put}, func(s *caseResult) { s.log = nil }, resultFail, "no line of the log"},
		{"two puts", r.remove[2], here, []call{get, put, put}, nil, resultPass, "PUT /api/users/7: 200, then PUT"},
		{"one put", r.remove[2], here, []call{put}, nil, resultFail, "1 PUT"},
		{"the second put refused", r.remove[2], here, []call{put, no}, nil, resultFail, "then PUT /api/users/7: 400"},
		{"posted", r.create[0], nil, []call{post}, nil, resultPass, "POST /api/users: 201"},
		{"put instead", r.create[0], nil, []call{put}, nil, resultFail, "there was no POST"},
		{"was there", r.create[0], here, []call{put}, nil, resultUnseen, "was there already"},
		{"post logged", r.create[1], nil, []call{post}, nil, resultPass, "POST /api/users: 201"},
		{"post not logged", r.create[1], nil, []call{post}, func(s *caseResult) { s.log = nil }, resultFail, "no line of the log"},
		{"no role", r.create[2], nil, []call{post}, nil, resultUnseen, "does not show User Role Names"},
		{"refused", r.refuse[0], here, []call{get, no}, nil, resultPass, "PUT /api/users/7: 400"},
		{"not refused", r.refuse[0], here, []call{put}, nil, resultFail, "no PUT was refused"},
		{"kept in silence", r.refuse[0], here, []call{put}, drifted, resultUnseen, "kept the old value"},
		{"refusal logged", r.refuse[1], here, []call{no}, nil, resultPass, "400: no"},
		{"refusal not logged", r.refuse[1], here, []call{no}, func(s *caseResult) { s.log = s.log[:2] }, resultFail, "no line of the log"},
		{"finds no user", r.unknown[1], nil, []call{{"GET", "/api/users", "login=U_NOBODY", 404}}, nil, resultPass, "login=U_NOBODY: 404"},
		{"does not ask", r.unknown[1], nil, []call{get}, nil, resultFail, "no call asks"},
		{"writes nothing", r.unknown[2], nil, []call{get}, nil, resultPass, "no PUT and no POST"},
		{"writes", r.unknown[2], nil, []call{get, post}, nil, resultFail, "POST /api/users: 201"},
		{"held back, logged", r.unknown[3], nil, nil, nil, resultPass, "quarantined=1"},
	}
	for _, tt := range tests {
		s := goodCase()
		s.calls, s.log, s.before = tt.calls, slices.Clone(lines), tt.before
		if tt.change != nil {
			tt.change(s)
		}
		if got := tt.step.check(s); got.Result != tt.want || !strings.Contains(got.Evidence, tt.evidence) {
			t.Errorf("%s: %s, %q", tt.what, got.Result, got.Evidence)
		}
	}
}

// TestSheetSums judges whole sheets.
func TestSheetSums(t *testing.T) {
	tests := map[string]struct {
		steps []stepResult
		codes []int
		want  result
		exit  int
	}{
		"all seen":          {[]stepResult{pass("")}, []int{0, 3}, resultPass, 0},
		"one failed":        {[]stepResult{pass(""), unseen(""), fail("")}, []int{0}, resultFail, 3},
		"one not shown":     {[]stepResult{unseen(""), pass("")}, []int{0}, resultUnseen, 3},
		"nothing played":    {nil, nil, resultUnseen, 3},
		"not delivered":     {[]stepResult{fail("")}, []int{0, 4}, resultFail, 4},
		"a failed load":     {[]stepResult{fail("")}, []int{6, 0}, resultFail, 6},
		"seen all the same": {[]stepResult{pass("")}, []int{5}, resultPass, 5},
	}
	for name, tt := range tests {
		s := &scenarioSheet{}
		for _, st := range tt.steps {
			s.Steps = append(s.Steps, stepSheet{"it", st})
		}
		p := &passSheet{Routes: []*routeSheet{{Scenarios: []*scenarioSheet{s}, codes: tt.codes}}}
		p.sum()
		if p.Verdict != tt.want || p.Exit != tt.exit {
			t.Errorf("%s: %s, exit %d", name, p.Verdict, p.Exit)
		}
	}
}
