package main

import (
	"fmt"
	"maps"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/testdata/farend"
)

// A run against a hostile far end may take as much memory as a run against a good one, plus harmMore.
const (
	enoughMB = 128
	harmMore = 200
)

// harmGroup is their section of the docs.
func harmGroup() faultGroup {
	return faultGroup{
		title: "A far end that means harm", apart: true, faults: harmFaults(),
		says: fmt.Sprintf("Servers in place of Coupa's, of mail and of webhooks that answer to do damage (`testdata/farend`). Each run may take %d MB of memory more "+
			"than a run that meets no harm, and is ended by the system where it takes more (`make harm`). An answer is read as a stream; what it holds "+
			"is bounded by how many, how deep and how long, and beyond that it is refused. One that is only odd (a byte order mark, another content type) is read, unless it is a token.", harmMore),
	}
}

// harmFaults are the faults of a hostile far end. Each run has a limit to its memory, at which Go gives up (2).
func harmFaults() []fault {
	var all []fault
	for _, place := range []harmPlace{
		{name: "at the first question", path: "/api/data_file_sources", here: []string{"coupa.retry=0s"}, ends: harmAtFirst()},
		{name: "after the pick-up", path: "/api/data_file_sources", query: "file_file_name", on: []string{"pickup=instant"}, here: []string{"coupa.retry=0s", "load.wait=1s"}, ends: harmAfterwards()},
		{name: "in place of a token", path: "/oauth2/token", here: []string{"coupa.retry=0s"}, ends: harmAtTheToken()},
		{name: "as users", path: "/api/users", road: true, here: []string{"coupa.retry=0s"}, ends: harmAsUsers()},
		{name: "at a write", path: "/api/users", method: http.MethodPut, road: true, here: []string{"coupa.retry=0s"}, ends: harmAtAWrite()},
		{name: "as the page", path: "/data_sources", both: []string{"load.via=[page]", "coupa.page_cookie={env: COUPA_PAGE_COOKIE}"}, here: []string{"coupa.retry=0s", "load.wait=1s"}, ends: harmAsThePage()},
	} {
		all = append(all, place.faults()...)
	}
	return append(append(all, harmInSFTP()...), harmInNotices()...)
}

// harmPlace is a place at which a far end does harm.
type harmPlace struct {
	name, path, query, method string
	road                      bool
	on, both, here            []string
	ends                      []harmEnd
}

// harmEnd is a mode, and its result.
type harmEnd struct {
	mode, sees string
	exit       int
	next       deed
	keys       []string
	rows       int // that the twin has stored in the end, some of them twice; 0: the feed's three
}

func (p harmPlace) hit(r *http.Request) bool {
	return strings.HasPrefix(r.URL.Path, p.path) && strings.Contains(r.URL.RawQuery, p.query) && (p.method == "" || r.Method == p.method)
}

func (p harmPlace) faults() []fault {
	says := map[string]string{}
	for _, m := range farend.HarmModes() {
		says[m.Name] = m.Says
	}
	var all []fault
	for _, e := range p.ends {
		f := fault{name: e.mode + ", " + p.name, how: says[e.mode], on: p.on, both: p.both, road: p.road, via: limited(enoughMB + harmMore)}
		f.here = append(append(f.here, p.here...), e.keys...)
		f.do = func(n *stage) (func() error, error) {
			server, err := farend.StartHarm(e.mode, n.twin.URL(), p.hit)
			if err != nil {
				return nil, err
			}
			n.config.set("coupa.url", server.URL)
			return func() error { server.CloseClientConnections(); server.Close(); return nil }, n.writeConfig()
		}
		f.rows, f.twice = e.rows, e.rows > 0
		all = append(all, f.then(e.sees, e.exit, e.next))
	}
	return all
}

// limited starts a run as a process that may write to so much memory. Under the race detector there is no limit: it takes
// terabytes of addresses for itself.
func limited(mb int) func(*stage, ...string) came {
	return func(n *stage, args ...string) came {
		d := n.process(args, func(cmd *exec.Cmd) {
			if !memoryLimits {
				return
			}
			cmd.Args = append([]string{"sh", "-c", fmt.Sprintf(`ulimit -s 1024 && ulimit -d %d && exec hr2coupa "$@"`, mb<<10), "sh"}, cmd.Args[1:]...)
			cmd.Path, cmd.Err = "/bin/sh", nil
		})
		d.loads = n.count()
		return d
	}
}

// harmInNotices is what a run with notices to send meets at their servers. The run ends as it would have without.
func harmInNotices() []fault {
	failed := func(name, how, sees string) fault {
		f := fault{name: name, how: how, on: []string{"load-outcome=failed"}, via: limited(enoughMB + harmMore)}
		return f.then(sees, 6, again)
	}
	var all []fault
	for _, m := range farend.HarmMailModes() {
		f := failed(m.Name+", a mail server", m.Says, tooTalky)
		if m.Name == "no lines" {
			f.sees = "EHLO/HELO exchange failed"
		}
		f.do = func(n *stage) (func() error, error) {
			server, err := farend.StartHarmMail(m.Name)
			if err != nil {
				return nil, err
			}
			n.config.set("notify", fmt.Sprintf(`[{mail: {to: [it@acme.example], from: it@acme.example, server: %q, tls: none}}]`, server.Addr))
			return func() error { server.Close(); n.config.remove("notify"); return nil }, n.writeConfig()
		}
		all = append(all, f)
	}
	for _, e := range []struct{ mode, sees string }{
		{"header", hookHeader}, {"headers", hookHeader}, {"early hints", hookHeader},
		{"redirects", "the server answered 302, a redirect / hint: give the address that it redirects to"}, {"endless", "3 in = 3 rejected"}, {"gzip bomb", "3 in = 3 rejected"},
	} {
		for _, m := range farend.HarmModes() {
			if m.Name != e.mode {
				continue
			}
			f := failed(m.Name+", a webhook and a heartbeat", m.Says, e.sees)
			f.do = func(n *stage) (func() error, error) {
				server, err := farend.StartHarm(m.Name, n.twin.URL(), func(*http.Request) bool { return true })
				if err != nil {
					return nil, err
				}
				n.env["WEBHOOK"] = server.URL
				n.config.set("notify", `[{webhook: {url: {env: WEBHOOK}, format: slack}}]`)
				n.config.set("heartbeat", `{url: {env: WEBHOOK}}`)
				return func() error {
					n.config.remove("notify")
					n.config.remove("heartbeat")
					server.CloseClientConnections()
					server.Close()
					return nil
				}, n.writeConfig()
			}
			all = append(all, f)
		}
	}
	return all
}

// harmAtOnce is how many runs go at a time: many wait for a far end that is slow.
const harmAtOnce = 6

// TestHarm plays what a hostile far end does, each run with a limit to its memory. A run that meets no harm has
// enough with enoughMB.
func TestHarm(t *testing.T) {
	friendly := fault{via: limited(enoughMB)}.then("3 in = 3 applied", 0, seen)
	if err := friendly.playEach(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	slots, played := make(chan struct{}, harmAtOnce), map[string]chan error{}
	for i, f := range harmFaults() {
		if i%everyHarm != 0 {
			continue
		}
		if played[f.name] != nil {
			t.Fatalf("two faults are called %s", f.name)
		}
		done, dir := make(chan error, 1), t.TempDir()
		played[f.name] = done
		go func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			done <- f.playEach(dir)
		}()
	}
	for _, name := range slices.Sorted(maps.Keys(played)) {
		t.Run(name, func(t *testing.T) {
			if err := <-played[name]; err != nil {
				t.Error(err)
			}
		})
	}
}

// What a person reads.
const (
	longValue     = "the answer is refused: a value in it is longer than 256 KB"
	deepAnswer    = "the answer is refused: it is nested deeper than 40 levels"
	manyErrors    = "the answer is refused: more than 50000 errors are in it"
	manyLoads     = "the answer is refused: more than 500 loads are in it"
	manyParts     = "the answer is refused: one of its entries has more than 50000 elements"
	noUser        = "the answer is not a user with an id"
	noToken       = "the answer is not a token, and may come from a proxy"
	serverError   = "Internal Server Error"
	cannotProcess = "Unprocessable Entity"
	longHeader    = "server response headers exceeded 262144 bytes"
	hookHeader    = "server response headers exceeded 65536 bytes"
	tooTalky      = "the server says more than 256 KB, which no mail server does / hint: check mail.server"
	noUTF8        = "it is not in UTF-8, as Coupa's answers are"
	inTime        = "no answer within 3s"
	inACircle     = "/api/data_file_sources / hint: check coupa.url"
	longPage      = "the answer is refused: the page has a tag or a text of more than 1024 KB"
	allApplied    = "3 in = 3 applied"
	allOfRoad     = "6 in = 5 applied + 1 unchanged"
)

// sameEnds returns the ends of modes that have the same result.
func sameEnds(sees string, exit int, next deed, modes ...string) []harmEnd {
	var all []harmEnd
	for _, m := range modes {
		e := harmEnd{mode: m, sees: sees, exit: exit, next: next}
		if m == "drip" {
			e.keys = hasty
		}
		all = append(all, e)
	}
	return all
}

func harmAtFirst() []harmEnd {
	return slices.Concat(
		sameEnds(manyErrors, 4, sends, "errors, JSON"), sameEnds(manyLoads, 4, sends, "list, XML"), sameEnds(deepAnswer, 4, sends, "deep, JSON"),
		sameEnds(longValue, 4, sends, "value", "endless", "gzip bomb"), sameEnds(longHeader, 4, sends, "headers"),
		sameEnds(inACircle, 4, sends, "redirects"), sameEnds(inTime, 4, sends, "drip"),
		sameEnds("500: "+serverError, 4, sends, "large refusal"), sameEnds("422: "+cannotProcess, 4, sends, "large 422"),
		sameEnds(allApplied, 0, seen, "BOM", "content type"),
	)
}

func harmAfterwards() []harmEnd {
	failed := func(why string) string {
		return "asking about its load failed (GET /api/data_file_sources: 200: " + why + ")"
	}
	return slices.Concat(
		sameEnds(failed(manyErrors), 5, goesOn, "errors, JSON", "errors, XML"), sameEnds(failed(manyLoads), 5, goesOn, "list, JSON", "list, XML"),
		sameEnds(failed(deepAnswer), 5, goesOn, "deep, JSON", "deep, XML"),
		sameEnds(failed(longValue), 5, goesOn, "value", "spaces", "attributes", "endless", "gzip bomb"),
		sameEnds(longHeader, 5, goesOn, "header", "headers", "early hints"), sameEnds("/api/data_file_sources redirects to", 5, goesOn, "redirects"),
		sameEnds("asking about its load failed (GET /api/data_file_sources: "+inTime, 5, goesOn, "drip"),
		sameEnds("asking about its load failed (GET /api/data_file_sources: 500: "+serverError, 5, goesOn, "large refusal"),
		sameEnds("asking about its load failed (GET /api/data_file_sources: 422: "+cannotProcess, 5, goesOn, "large 422"),
		[]harmEnd{{mode: "numbers", sees: "Coupa reports 1 row errors that fit no row of ours", exit: 3, next: again, rows: 6}},
		sameEnds(allApplied, 0, seen, "twice", "BOM", "content type"), sameEnds("answers with a web page instead of data", 5, goesOn, "web page type"),
		sameEnds(failed("the answer cannot be read: "+noUTF8), 5, goesOn, "charset", "bytes"),
	)
}

func harmAtTheToken() []harmEnd {
	return slices.Concat(
		sameEnds(noToken, 4, sends, "large token", "endless", "deep, JSON", "gzip bomb", "BOM"), sameEnds(longHeader, 4, sends, "header"),
		sameEnds("500: "+serverError, 4, sends, "large refusal"), sameEnds("422: "+cannotProcess, 4, sends, "large 422"),
	)
}

func harmAsUsers() []harmEnd {
	return slices.Concat(
		sameEnds(manyParts, 4, sends, "roles, JSON", "roles, XML"), sameEnds(noUser, 4, sends, "list, JSON", "list, XML"),
		sameEnds(deepAnswer, 4, sends, "deep, JSON", "deep, XML"), sameEnds(longValue, 4, sends, "value", "spaces", "attributes", "endless", "gzip bomb"),
		sameEnds(longHeader, 4, sends, "header", "headers", "early hints"), sameEnds("/api/users / hint: check coupa.url", 4, sends, "redirects"),
		sameEnds(inTime, 4, sends, "drip"), sameEnds("500: "+serverError, 4, sends, "large refusal"), sameEnds("422: "+cannotProcess, 4, sends, "large 422"),
		sameEnds(allOfRoad, 0, seen, "BOM", "content type"), sameEnds("answers with a web page instead of data", 4, sends, "web page type"),
		sameEnds(noUTF8, 4, sends, "charset"),
	)
}

func harmAtAWrite() []harmEnd {
	return slices.Concat(
		sameEnds(manyParts, 5, goesOn, "roles, JSON"), sameEnds(noUser, 5, goesOn, "list, XML"), sameEnds(deepAnswer, 5, goesOn, "deep, XML"),
		sameEnds(longValue, 5, goesOn, "endless", "gzip bomb"), sameEnds(longHeader, 5, goesOn, "headers"),
		sameEnds("redirects to", 4, goesOn, "redirects"), sameEnds("500: "+serverError, 5, goesOn, "large refusal"),
		sameEnds("422: "+cannotProcess, 3, again, "large 422"), sameEnds(allOfRoad, 0, seen, "BOM", "content type"), sameEnds(noUTF8, 5, goesOn, "charset"),
	)
}

func harmAsThePage() []harmEnd {
	return slices.Concat(
		sameEnds("Coupa does not list its load", 5, goesOn, "formatting", "elements", "links"), sameEnds("the page has more than 20000 cells", 4, sends, "cells"),
		sameEnds("the page has more than 20 tables in one another", 4, sends, "tables"), sameEnds(longPage, 4, sends, "tag", "script", "endless page"),
		sameEnds("the page is empty", 4, sends, "gzip bomb"),
		sameEnds(longHeader, 4, sends, "header"), sameEnds("the cookie is stale", 4, sends, "redirects"), sameEnds(inTime, 4, sends, "drip"),
		sameEnds("500: "+serverError, 4, sends, "large refusal"), sameEnds(allApplied, 0, seen, "BOM", "content type"),
	)
}
