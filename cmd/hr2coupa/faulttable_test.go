package main

import "github.com/hr2coupa/hr2coupa/transport/twin/switchboard"

// faultGroup is a section of docs/faults.md.
type faultGroup struct {
	title, says string
	faults      []fault
	apart       bool // a test of their own plays them
}

func faultTable() []faultGroup {
	return []faultGroup{
		{title: "SFTP", says: "On the way to the drop folder. A part that was planned stays in the ledger until it is sent.", faults: sftpFaults()},
		{title: "API", says: "On the way to Coupa's answers: before anything is sent, or once the first part is picked up. Statuses that pass " +
			"(408, 429, 5xx, time-outs, cut answers) are tried again for `coupa.retry`; what is shown is the end of that.", faults: apiFaults()},
		{title: "Page", says: "The same, where `load.via` is `[page]`.", faults: pageFaults()},
		{title: "Loads", says: "What Coupa makes of a part.", faults: loadFaults()},
		{title: "API route", says: "With `route: api`, in both `coupa.format`s where the body matters: a changed name, a role that goes, a role that comes, a new person " +
			"who is an approver, a cell that is cleared, a leaver. What counts is what Coupa has in the end: one account for each person, " +
			"each value, each list of roles whole. Where nothing else is said a call is not tried again, to show the end of that.", faults: roadFaults()},
		{title: "This machine", says: "Feed, ledger and spool.", faults: localFaults()},
		harmGroup(),
		{title: "Personalities", says: "Kinds of servers that the twin can play ([twin.md](twin.md)), each through the whole job.", faults: personalities()},
	}
}

func sftpFaults() []fault {
	quick := []string{"sftp.connect=3s"}
	mute := []string{"sftp.silence=3s"}
	return []fault{
		{name: "connection refused", here: []string{"sftp.address=127.0.0.1:1"}, sees: "no connection to 127.0.0.1:1", exit: 4, next: goesOn},
		{name: "host key changed", here: []string{`sftp.host_key="SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`}, sees: "the connection may be intercepted: send nothing and ask Coupa", exit: 4, next: goesOn},
		{name: "login refused", here: []string{"sftp.user=nobody"}, sees: "it is not tried again, since accounts lock", exit: 4, next: goesOn},
		{name: "silent after connecting", on: []string{"silent-after=connect"}, here: quick, sees: "handshake and login did not end within", exit: 4, next: goesOn},
		{name: "silent after the login", on: []string{"silent-after=auth"}, here: quick, sees: "handshake and login did not end within", exit: 4, next: goesOn},
		{name: "silent in the middle of a file, once", on: []string{"silent-after=write", "fault-times=1"}, here: mute, sees: "while an answer was due, connection closed", exit: 0, next: seen},
		{name: "silent in the middle of a file, every time", on: []string{"silent-after=write"}, here: mute, sees: ", tried 3 times)", exit: 4, next: goesOn},
		{name: "reset in the middle of a file, once", on: []string{"drop-after-bytes=100", "fault-times=1"}, sees: "broke (connection lost)", exit: 0, next: seen},
		{name: "reset in the middle of a file, every time", on: []string{"drop-after-bytes=100"}, sees: ", tried 3 times)", exit: 4, next: goesOn},
		{name: "reply of the rename lost, once", on: []string{"rename-reply=lost", "fault-times=1"}, sees: "trying again: rename Users_", exit: 0, next: seen},
		{name: "reply of every rename lost", on: []string{"rename-reply=lost"}, sees: "trying again: rename Users_", exit: 0, next: seen},
		{name: "disk full", on: []string{"write=full"}, sees: `(sftp: "No space left on device" (SSH_FX_FAILURE)), which may be a full disk or quota`, exit: 4, next: goesOn},
		{name: "quota used up", on: []string{"write=quota"}, sees: `(sftp: "Disk quota exceeded" (SSH_FX_FAILURE)), which may be a full disk or quota`, exit: 4, next: goesOn},
		{name: "bytes lost without a word", on: []string{"write=short"}, sees: "has 126 bytes on the server, 253 were written: a full disk or quota", exit: 4, next: goesOn},
		{name: "no right to write", on: []string{"write=denied"}, sees: "ask for the right to write files in /Incoming/Users", exit: 4, next: goesOn},
		{name: "no right to rename", on: []string{"rename=denied"}, sees: "(permission denied) / hint: ask for the right to rename there", exit: 4, next: goesOn},
		{name: "no right to look at a file", on: []string{"stat=denied"}, sees: "does not let us read the size of", exit: 4, next: goesOn},
		{name: "no rename at all", on: []string{"rename=unsupported"}, sees: "set sftp.direct: true to write without a rename", exit: 4, next: goesOn},
		{name: "temporary gone before its size was asked", on: []string{"write=vanish"}, sees: "vanished as soon as it was written", exit: 4, next: goesOn},
		{
			name: "name taken by a foreign file", on: []string{"pickup=manual", "rename=taken", "fault-times=1"}, do: foreign,
			sees: "a file of this name lies in the drop folder already / hint: look at it, then settle the part", exit: 5,
			hand: []string{"settle", "PART", "rejected", "--by", "A. Administrator"}, next: again, args: []string{"--again"}, ends: 3,
		},
		{name: "picked up while being written", on: []string{"pickup=eager"}, sees: "3 in = 3 applied", exit: 0, next: seen},
		{
			name: "picked up while being written, directly", off: []string{"pickup=instant"}, on: []string{"pickup=eager"}, both: []string{"sftp.direct=true"}, here: []string{"load.wait=1s"},
			sees: "a torn or foreign file", exit: 5,
			hand: []string{"settle", "PART", "rejected", "--by", "A. Administrator"}, next: again, args: []string{"--again"}, ends: 3, torn: true,
		},
		{name: "file gone before its size was asked, directly", on: []string{"pickup=instant"}, both: []string{"sftp.direct=true"}, sees: "3 in = 3 applied", exit: 0, next: seen},
		{name: "old algorithms alone, not allowed here", off: []string{"algorithms=old"}, both: []string{"sftp.legacy=true"}, here: []string{"sftp.legacy=false"}, sees: "it is an old server: set sftp.legacy: true to use it anyway", exit: 4, next: goesOn},
		{name: "drop folder may only be written, temporaries in it", off: []string{"drop-folder=write-only"}, both: []string{"sftp.staging=/Incoming"}, here: []string{"sftp.staging=auto"}, sees: "does not let us read the size of", exit: 4, next: goesOn},
		{name: "path begins at the account's home", off: []string{"home=/home/coupa"}, both: []string{"sftp.folder=/home/coupa/Incoming/Users"}, here: []string{"sftp.folder=/Incoming/Users"}, sees: "folders differ per Coupa instance", exit: 4, next: goesOn},
		{name: "folder missing", here: []string{"sftp.folder=/Incoming/Nowhere"}, sees: "there is no folder /Incoming/Nowhere on the server", exit: 4, next: goesOn},
		{name: "staging folder missing", here: []string{"sftp.staging=/Incoming/Nowhere"}, sees: "there is no folder /Incoming/Nowhere on the server", exit: 4, next: goesOn},
		{name: "staging is the drop folder by another spelling", here: []string{"sftp.staging=Incoming/Users"}, sees: `sftp.staging "Incoming/Users" is the drop folder itself`, exit: 4, next: goesOn},
		{name: "an archive is the drop folder by another spelling", here: []string{"sftp.archive=[Incoming/Users]"}, sees: "a file that waits there would count as taken", exit: 4, next: goesOn},
	}
}

func apiFaults() []fault {
	never := []string{"coupa.retry=0s"}
	soon := []string{"coupa.retry=0s", "load.wait=1s"}
	late := func(answer string) []string {
		return []string{"answer=" + answer, "answer-from=pickup", "pickup=instant"}
	}
	return []fault{
		{name: "connection refused", here: append([]string{"coupa.url=http://127.0.0.1:1"}, never...), sees: "check coupa.url and the network", exit: 4, next: sends},
		{name: "client refused", on: []string{"token-answer=refused"}, sees: "coupa refuses the client", exit: 4, next: sends},
		{name: "scope refused", on: []string{"token-answer=scope"}, sees: "coupa issues no token for the scopes", exit: 4, next: sends},
		{name: "token endpoint 500", on: []string{"token-answer=500"}, here: never, sees: "POST /oauth2/token: 500: Internal Server Error / hint: check coupa.url and the network, or try again later", exit: 4, next: sends},
		{name: "token endpoint is a web page", on: []string{"token-answer=web-page"}, here: never, sees: "the answer is not a token, and may come from a proxy", exit: 4, next: sends},
		{name: "token dies in the middle", on: []string{"token-calls=2"}, sees: "3 in = 3 applied", exit: 0, next: seen},
		{name: "token dies in the middle, and none is given any more", on: []string{"token-calls=1", "token-answer=refused", "answer-from=pickup", "load-time=1h"}, sees: "coupa refuses the client", exit: 5, next: goesOn},
		{name: "401", on: []string{"answer=401"}, sees: "coupa refuses a new token", exit: 4, next: sends},
		{name: "403", on: []string{"answer=403"}, sees: "give its client a scope that opens it", exit: 4, next: sends},
		{name: "404", on: []string{"answer=404"}, sees: "is not there (404: Not Found) / hint: check coupa.url", exit: 4, next: sends},
		{name: "406", on: []string{"answer=406"}, sees: "GET /api/data_file_sources: 406: Not Acceptable", exit: 4, next: sends},
		{name: "422", on: []string{"answer=422"}, sees: "GET /api/data_file_sources: 422: Unprocessable Entity", exit: 4, next: sends},
		{name: "429 without Retry-After, once", on: []string{"answer=429", "fault-times=1"}, sees: `coupa does not answer as it should: trying again" call="GET /api/data_file_sources" status=429`, exit: 0, next: seen},
		{name: "429 with Retry-After, once", on: []string{"answer=429-retry-after", "fault-times=1"}, sees: `coupa does not answer as it should: trying again" call="GET /api/data_file_sources" status=429`, exit: 0, next: seen},
		{name: "429 that asks for an hour", on: []string{"answer=429-retry-after", "retry-after=1h"}, sees: "GET /api/data_file_sources: 429: Too Many Requests, and Coupa asks for a pause of 1h, until ", exit: 4, next: sends},
		{name: "429 every time", on: []string{"answer=429"}, here: never, sees: "GET /api/data_file_sources: 429: Too Many Requests / hint: check coupa.url and the network, or try again later", exit: 4, next: sends},
		{name: "500, once", on: []string{"answer=500", "fault-times=1"}, sees: `coupa does not answer as it should: trying again" call="GET /api/data_file_sources" status=500`, exit: 0, next: seen},
		{name: "500", on: []string{"answer=500"}, here: never, sees: "GET /api/data_file_sources: 500: Internal Server Error / hint: check coupa.url and the network, or try again later", exit: 4, next: sends},
		{name: "502 with a web page, once", on: []string{"answer=502", "fault-times=1"}, sees: `coupa does not answer as it should: trying again" call="GET /api/data_file_sources" status=502`, exit: 0, next: seen},
		{name: "502 with a web page", on: []string{"answer=502"}, here: never, sees: "GET /api/data_file_sources: 502: a web page, perhaps from a proxy", exit: 4, next: sends},
		{name: "no answer in time", on: []string{"answer=time-out"}, here: append(hasty, never...), sees: "no answer within", exit: 4, next: sends},
		{name: "truncated JSON", on: []string{"answer=truncated"}, here: never, both: []string{"coupa.format=json"}, sees: "the answer cannot be read: it ends too early", exit: 4, next: sends},
		{name: "XML where JSON was asked for", on: []string{"answer=xml"}, both: []string{"coupa.format=json"}, sees: "3 in = 3 applied", exit: 0, next: seen},
		{name: "empty body", on: []string{"answer=empty"}, here: never, sees: "the answer cannot be read: it is empty / hint: check coupa.url", exit: 4, next: sends},
		{name: "401 after the pick-up", on: late("401"), here: soon, sees: "no way of load.via can be asked any more: token: coupa refuses a new token", exit: 5, next: goesOn},
		{name: "403 after the pick-up", on: late("403"), here: soon, sees: "no way of load.via can be asked any more: scope: coupa refuses the token", exit: 5, next: goesOn},
		{name: "404 after the pick-up", on: late("404"), here: soon, sees: "no way of load.via can be asked any more: address:", exit: 5, next: goesOn},
		{name: "422 after the pick-up", on: late("422"), here: soon, sees: "asking about its load failed (GET /api/data_file_sources: 422", exit: 5, next: goesOn},
		{name: "429 after the pick-up", on: late("429"), here: soon, sees: "asking about its load failed (GET /api/data_file_sources: 429", exit: 5, next: goesOn},
		{name: "429 after the pick-up that asks for longer than load.wait", on: append(late("429-retry-after"), "retry-after=30m"), here: []string{"load.wait=10m"}, sees: "; load.wait (10m0s) is over before that, so it is not waited for / hint: the next run asks again", exit: 5, next: goesOn},
		{name: "500 after the pick-up", on: late("500"), here: soon, sees: "asking about its load failed (GET /api/data_file_sources: 500", exit: 5, next: goesOn},
		{name: "502 after the pick-up", on: late("502"), here: soon, sees: "asking about its load failed (GET /api/data_file_sources: 502", exit: 5, next: goesOn},
		{name: "time-out after the pick-up", on: late("time-out"), here: append(hasty, soon...), sees: "asking about its load failed (GET /api/data_file_sources: no answer within", exit: 5, next: goesOn},
		{name: "truncated after the pick-up", on: late("truncated"), here: soon, both: []string{"coupa.format=json"}, sees: "asking about its load failed (GET /api/data_file_sources: 200: the answer cannot be read", exit: 5, next: goesOn},
		{name: "empty body after the pick-up", on: late("empty"), here: soon, sees: "asking about its load failed (GET /api/data_file_sources: 200: the answer cannot be read", exit: 5, next: goesOn},
	}
}

func pageFaults() []fault {
	page := []string{"load.via=[page]", "coupa.page_cookie={env: COUPA_PAGE_COOKIE}"}
	never := []string{"coupa.retry=0s"}
	soon := []string{"coupa.retry=0s", "load.wait=1s"}
	return []fault{
		{name: "cookie stale", both: page, on: []string{"page-answer=login"}, sees: "the cookie is stale", exit: 4, next: sends},
		{name: "cookie stale after the pick-up", both: page, on: []string{"page-answer=login", "answer-from=pickup"}, sees: "no way of load.via can be asked any more: cookie: the cookie is stale", exit: 5, next: goesOn},
		{name: "403", both: page, on: []string{"page-answer=403"}, sees: "use the cookie of a user who may", exit: 4, next: sends},
		{name: "404", both: page, on: []string{"page-answer=404"}, sees: "/data_sources is not there (404) / hint: check coupa.url", exit: 4, next: sends},
		{name: "500", both: page, on: []string{"page-answer=500"}, here: never, sees: "GET /data_sources: 500: a web page, perhaps from a proxy / hint: check coupa.url and the network", exit: 4, next: sends},
		{name: "500 after the pick-up", both: page, on: []string{"page-answer=500", "answer-from=pickup", "pickup=instant"}, here: soon, sees: "asking about its load failed (GET /data_sources: 500", exit: 5, next: goesOn},
		{name: "empty page", both: page, on: []string{"page-answer=empty"}, here: never, sees: "the page is empty", exit: 4, next: sends},
		{name: "page without the known columns", both: page, on: []string{"page-answer=strange"}, sees: "has no table with a file and a status column", exit: 4, next: sends},
	}
}

func loadFaults() []fault {
	soon := []string{"load.wait=1s"}
	return []fault{
		{name: "load never listed", on: []string{"load-outcome=unlisted"}, here: soon, sees: "Coupa does not list its load", exit: 5, next: goesOn},
		{name: "load stuck", on: []string{"load-outcome=stuck", "pickup=instant"}, here: soon, sees: `Coupa says "loading" of its load`, exit: 5, next: goesOn},
		{name: "unknown status", on: []string{"load-outcome=odd", "pickup=instant"}, here: soon, sees: `Coupa says "reticulating" of its load`, exit: 5, next: goesOn},
		{name: "load failed", on: []string{"load-outcome=failed"}, sees: "Coupa's load failed and says no more", exit: 6, next: again, args: []string{"--again"}},
		{name: "done with nothing done", on: []string{"load-outcome=empty"}, sees: "processed no row of it", exit: 6, next: again, args: []string{"--again"}},
		{name: "duplicate names in the list", on: []string{"repeated-names=yes", "screen-loads=yes"}, sees: "3 in = 3 applied", exit: 0, next: seen},
		{name: "clock of the instance an hour behind", on: []string{"clock=hour-behind"}, sees: "3 in = 3 applied", exit: 0, next: seen},
		{name: "clock of the instance an hour ahead", on: []string{"clock=hour-ahead"}, sees: "3 in = 3 applied", exit: 0, next: seen},
		{name: "no counters", on: []string{"counters=no"}, sees: "3 in = 3 applied", exit: 0, next: seen},
	}
}

func personalities() []fault {
	cases := []fault{
		{name: "no-rename", off: []string{"pickup=instant"}, both: []string{"sftp.direct=true"}},
		{name: "rename-overwrites"},
		{name: "no-setstat"},
		{name: "write-only", both: []string{"sftp.staging=/Incoming"}},
		{name: "instant"},
		{name: "eager"},
		{name: "late-list", off: []string{"list-delay=700ms"}},
		{name: "no-archive", both: []string{"load.via=[api, archive]"}},
		{name: "old", both: []string{"sftp.legacy=true"}},
		{name: "cuts"},
		{name: "cuts-rename"},
		{name: "slow", off: []string{"sftp-latency=20ms", "api-latency=100ms", "load-time=500ms"}},
		{name: "one-connection", both: []string{"load.via=[archive, api]"}},
		{name: "link"},
		{name: "home", both: []string{"sftp.folder=Incoming/Users"}},
		{name: "blind"},
	}
	for i := range cases {
		f := &cases[i]
		for _, kind := range switchboard.Personalities() {
			if kind.Name == f.name {
				f.off, f.says = append(kind.Switches, f.off...), kind.Says
			}
		}
		f.sees, f.next = "3 in = 3 applied", seen
	}
	return cases
}
