package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// roadFaults are those of the API route: the feed changes, sent by calls. The count is of the people whom Coupa has
// as HR says.
func roadFaults() []fault {
	all := roadTokenFaults()
	for _, place := range []struct {
		name, at string
		faults   []fault
	}{
		{"before the plan", "all", beforeThePlan()}, {"at the look before the PUT", "look", atTheLook()},
		{"at the PUT", "put", atThePUT()}, {"at the POST", "post", atThePOST()},
	} {
		for _, f := range place.faults {
			f.name += ", " + place.name
			if place.at != "all" {
				f.on = append(f.on, "user-fault-at="+place.at)
			}
			all = append(all, f)
		}
	}
	for i := range all {
		all[i].road = true
		all[i].here = append([]string{"coupa.retry=0s"}, all[i].here...)
	}
	return all
}

var (
	bothFormats = []string{"coupa.format=xml", "coupa.format=json"}
	hasty       = []string{"coupa.timeout=3s"} // all that is answered is answered within it, on a busy machine too
	retries     = []string{"coupa.retry=1m"}
)

// struck is a fault of calls about users.
func struck(name, word string) fault { return fault{name: name, on: []string{"user-fault=" + word}} }

// struckHour is a 429 that asks for a longer wait than the program allows.
func struckHour() fault {
	f := struck("429 that asks for an hour", "429-retry-after")
	f.on = append(f.on, "retry-after=1h")
	return f
}

// then sets what the person sees, the exit code, and what the next run does.
func (f fault) then(sees string, exit int, next deed) fault {
	f.sees, f.exit, f.next = sees, exit, next
	if next == again {
		f.args = []string{"--again"}
	}
	return f
}

// onceOnly is a fault that passes, and is tried again.
func (f fault) onceOnly() fault {
	f.name, f.on, f.here = f.name+", once", append(f.on, "fault-times=1"), append(f.here, retries...)
	return f
}

func (f fault) inBoth() fault { f.each = bothFormats; return f }
func (f fault) soon() fault   { f.here = append(f.here, hasty...); return f }

func roadTokenFaults() []fault {
	return []fault{
		{name: "connection refused", here: []string{"coupa.url=http://127.0.0.1:1"}, sees: "check coupa.url and the network, or try again later", exit: 4, next: sends},
		{name: "client refused", on: []string{"token-answer=refused"}, sees: "coupa refuses the client", exit: 4, next: sends},
		{name: "scope refused", on: []string{"token-answer=scope"}, sees: "coupa issues no token for the scopes", exit: 4, next: sends},
		{name: "token endpoint 500", on: []string{"token-answer=500"}, sees: "POST /oauth2/token: 500: Internal Server Error", exit: 4, next: sends},
		{name: "token endpoint is a web page", on: []string{"token-answer=web-page"}, sees: "the answer is not a token, and may come from a proxy", exit: 4, next: sends},
		{name: "token dies after every second call", on: []string{"token-calls=2"}, sees: "6 in = 5 applied + 1 unchanged", exit: 0, next: seen},
		{name: "token dies once in the middle of the writing", on: []string{"user-fault=401", "user-fault-at=put", "fault-times=1"}, sees: "6 in = 5 applied + 1 unchanged", exit: 0, next: seen},
	}
}

func beforeThePlan() []fault {
	return []fault{
		struck("401", "401").then("look up people in Coupa before anything is written: token: coupa refuses a new token", 4, sends),
		struck("403", "403").then("give its client a scope that opens it", 4, sends),
		struck("404 as of a list without a hit", "404").inBoth().then("limits.creates allows 1 (0 people known) and the plan has 6", 8, joins),
		struck("406", "406").then("GET /api/users: 406: Not Acceptable", 4, sends),
		struck("422", "422").inBoth().then("GET /api/users: 422: Unprocessable Entity", 4, sends),
		struck("429 without Retry-After", "429").then("GET /api/users: 429: Too Many Requests / hint: check coupa.url and the network, or try again later", 4, sends),
		struck("429 without Retry-After", "429").onceOnly().then(`trying again" call="GET /api/users" status=429`, 0, seen),
		struck("429 with Retry-After", "429-retry-after").then("GET /api/users: 429: Too Many Requests", 4, sends),
		struck("429 with Retry-After", "429-retry-after").onceOnly().then(`trying again" call="GET /api/users" status=429`, 0, seen),
		struckHour().then("GET /api/users: 429: Too Many Requests, and Coupa asks for a pause of 1h, until ", 4, sends),
		struck("500", "500").then("GET /api/users: 500: Internal Server Error / hint: check coupa.url and the network, or try again later", 4, sends),
		struck("502 with a web page", "502-html").then("GET /api/users: 502: a web page, perhaps from a proxy", 4, sends),
		struck("no answer in time", "late").soon().then("GET /api/users: no answer within", 4, sends),
		struck("reply lost", "lost").then("GET /api/users: EOF", 4, sends),
		struck("truncated", "truncated").inBoth().then("GET /api/users: 200: the answer cannot be read: it ends too early", 4, sends),
		struck("the content type that was not asked for", "other-type").inBoth().then("6 in = 5 applied + 1 unchanged", 0, seen),
		struck("empty body", "empty").inBoth().then("GET /api/users: 200: the answer cannot be read: it is empty", 4, sends),
		{name: "an answer that has all users", on: []string{"user-filter=ignored"}, sees: "6 in = 5 applied + 1 unchanged", exit: 0, next: seen},
	}
}

// atTheLook are faults of the GET directly before a write: they change nothing in Coupa.
func atTheLook() []fault {
	return []fault{
		struck("401", "401").then("token: coupa refuses a new token for /api/users (401)", 4, goesOn),
		struck("403", "403").then("scope: coupa refuses the token for /api/users (403", 4, goesOn),
		struck("404 as of a user who is gone", "404").inBoth().then("Coupa knew this person as 2 when the plan was made, and does not any more; not written", 3, again),
		struck("406", "406").then("GET /api/users: 406: Not Acceptable", 4, goesOn),
		struck("422", "422").inBoth().then("GET /api/users: 422: Unprocessable Entity", 4, goesOn),
		struck("429 without Retry-After", "429").then("GET /api/users: 429: Too Many Requests", 4, goesOn),
		struck("429 with Retry-After", "429-retry-after").then("GET /api/users: 429: Too Many Requests", 4, goesOn),
		struck("429 with Retry-After", "429-retry-after").onceOnly().then(`trying again" call="GET /api/users" status=429`, 0, seen),
		struckHour().then("api: GET /api/users: 429: Too Many Requests, and Coupa asks for a pause of 1h, until ", 4, goesOn),
		struck("500", "500").then("GET /api/users: 500: Internal Server Error", 4, goesOn),
		struck("502 with a web page", "502-html").then("GET /api/users: 502: a web page, perhaps from a proxy", 4, goesOn),
		struck("no answer in time", "late").soon().then("GET /api/users: no answer within", 4, goesOn),
		struck("reply lost", "lost").then("GET /api/users: EOF", 4, goesOn),
		struck("truncated", "truncated").inBoth().then("GET /api/users: 200: the answer cannot be read: it ends too early", 4, goesOn),
		struck("the content type that was not asked for", "other-type").inBoth().then("6 in = 5 applied + 1 unchanged", 0, seen),
		struck("empty body", "empty").inBoth().then("GET /api/users: 200: the answer cannot be read: it is empty", 4, goesOn),
	}
}

func atThePUT() []fault {
	return append(atAWrite("PUT /api/users/3", 200),
		struck("reply lost", "lost").onceOnly().inBoth().then(`trying again" call="PUT /api/users/3" status=0`, 0, seen),
		struck("403 about this user", "403").inBoth().then("3  E2  You may not do this to that user.", 3, again),
		struck("404 as of a user who is gone", "404").inBoth().then("3  E2  No results match your search criteria.", 3, again),
		struck("422 that quotes values, in the other spelling", "422-bare").inBoth().then(`PUT /api/users/3: 422: Lastname \"[Last Name]\" of [Login] ([Last Name]) is invalid`, 3, again),
		fault{name: "one row of three is refused", on: []string{"user-fault=422", "fault-times=1"}}.then("Email is invalid; Lastname is invalid", 3, again),
	)
}

// atThePOST are faults of the call that creates a user. A person with that user as approver waits while it is unknown whether she exists.
func atThePOST() []fault {
	return append(atAWrite("POST /api/users", 201),
		struck("reply lost", "lost").onceOnly().inBoth().then(`trying again" call="POST /api/users" status=0`, 0, seen),
		struck("403 about this user", "403").inBoth().then("5  E4  You may not do this to that user.", 3, again),
		struck("422 that quotes values, in the other spelling", "422-bare").inBoth().then(`POST /api/users: 422: Lastname \"[Last Name]\" of`, 3, again),
	)
}

// atAWrite are the faults that PUT and POST have in common. Those that pass and those that cannot be read leave rows without an
// answer: the next run looks at them first, and writes what Coupa does not have.
func atAWrite(call string, good int) []fault {
	unread := func(why string) string {
		return fmt.Sprintf("no answer that counts, so a later start asks again: %s: %d: the answer cannot be read: %s", call, good, why)
	}
	return []fault{
		struck("401", "401").then("token: coupa refuses a new token for "+strings.Fields(call)[1]+" (401)", 4, goesOn),
		struck("406", "406").then("Not acceptable.", 3, again),
		struck("422", "422").inBoth().then("Email is invalid; Lastname is invalid", 3, again),
		struck("422 in the content type that was not asked for", "422-other-type").inBoth().then("Email is invalid; Lastname is invalid", 3, again),
		struck("429 without Retry-After", "429").then(call+": 429: Too Many Requests", 5, goesOn),
		struck("429 without Retry-After", "429").onceOnly().then(`trying again" call="`+call+`" status=429`, 0, seen),
		struck("429 with Retry-After", "429-retry-after").then(call+": 429: Too Many Requests", 5, goesOn),
		struck("429 with Retry-After", "429-retry-after").onceOnly().then(`trying again" call="`+call+`" status=429`, 0, seen),
		struckHour().then("api: "+call+": 429: Too Many Requests, and Coupa asks for a pause of 1h, until ", 4, goesOn),
		struck("500", "500").then("have no answer yet ("+call+": 500: Internal Server Error) / hint: the next run goes on with them", 5, goesOn),
		struck("500", "500").onceOnly().then(`trying again" call="`+call+`" status=500`, 0, seen),
		struck("502 with a web page", "502-html").then(call+": 502: a web page, perhaps from a proxy", 5, goesOn),
		struck("no answer in time", "late").soon().then(call+": no answer within", 5, goesOn),
		struck("reply lost", "lost").inBoth().then(call+": EOF", 5, goesOn),
		struck("truncated", "truncated").inBoth().then(unread("it ends too early"), 5, goesOn),
		struck("the content type that was not asked for", "other-type").inBoth().then("6 in = 5 applied + 1 unchanged", 0, seen),
		struck("empty body", "empty").inBoth().then(unread("it is empty"), 5, goesOn),
	}
}

// layRoad writes the feed of the API route, and the users that Coupa has before.
func (n *stage) layRoad() error {
	for _, kv := range append(byAPIConfig(), [2]string{"mapping.columns.Approver Login", "boss"}, [2]string{"limits.creates", "{count: 1}"}) {
		n.config.set(kv[0], kv[1])
	}
	n.config.remove("mapping.columns.Department")
	return errors.Join(
		os.WriteFile(filepath.Join(n.dir, "feed.csv"), []byte(changes), 0o600),
		os.WriteFile(filepath.Join(n.dir, "users.json"), []byte(seeded), 0o600),
	)
}

// reached counts the people whom Coupa has as HR says, without fay, whom it had so before. Its error names the others,
// and accounts that are in no feed.
func (n *stage) reached() (people int, err error) {
	var errs []error
	for login, want := range wanted {
		u, ok := n.twin.User(login)
		roles := u.Names("roles")
		slices.Sort(roles)
		got := fmt.Sprintf("%s %s %s %s %s", u.Text("lastname"), u.Text("manager", "login"), u.Text("active"), strings.Join(roles, ","), u.Text("mention-name"))
		switch {
		case !ok || got != want:
			errs = append(errs, fmt.Errorf("%s: Coupa holds %q, want %q", login, got, want))
		case login != "fay":
			people++
		}
	}
	if all := len(n.twin.Users()); all > len(wanted) {
		errs = append(errs, fmt.Errorf("coupa has %d accounts of %d people", all, len(wanted)))
	}
	return people, errors.Join(errs...)
}

// writes counts the calls that may have changed a user.
func (n *stage) writes() (calls int) {
	for _, c := range n.twin.Calls() {
		if c.Method != http.MethodGet && strings.HasPrefix(c.Path, "/api/users") {
			calls++
		}
	}
	return calls
}
