package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger/sqlite"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

type command = func(ts *testscript.TestScript, neg bool, args []string)

// commands are the words of the scripts, beside those of testscript:
//
//	twin [NAME=VALUE…]        start a Coupa twin with these switches and point hr2coupa.yaml at it
//	config PATH VALUE         set a key of hr2coupa.yaml, the value in YAML; config -d PATH removes it
//	config -f FILE            put the keys of this file in place of those of hr2coupa.yaml
//	exit CODE hr2coupa ARG…   run it, want this exit code, stderr to show nothing private, and no output that steers a terminal
//	as UID CODE hr2coupa ARG… run it as another account of the system, and want this exit code
//	start hr2coupa ARG…       run it beside the script
//	dropped [GLOB]            wait until a file lies in the twin's drop folder, a whole part if no other is named
//	told WORD                 wait until what start began has written the word
//	finish CODE               wait for the end of what start began, want this exit code; -1 is death by a signal
//	interrupt CODE            send it SIGINT first
//	terminate                 send it SIGTERM
//	clogged PIPE              let it write into a named pipe, read nothing, and wait until the pipe is full
//	pickup                    one tick of the pick-up clock (twin pickup=manual)
//	applied N                 the twin has stored N rows, and no key twice
//	loads N                   the twin has seen N loads, and got no torn file
//	user LOGIN ELEMENT=VALUE… the twin's account, elements as Coupa's API names them, dotted; ! user LOGIN: no such account
//	alter LOGIN COLUMN=VALUE… another user changes the twin's account, over its API
//	lock HOLDER, unlock       hold the ledger's run lock
//	normal                    replace in stdout what differs from run to run, before cmp stdout
//	raw FILE GO-STRING        write bytes that a txtar archive cannot hold
//	rows FILE N [PADDING]     write a ready Coupa file of N rows, each with so many characters more
//	age FILE DURATION         make a file look so old
//	mailserver [WORD…]        start a mail server at $SMTP, with its certificate in ca.pem; see notices_test.go
//	webserver [WORD…]         start a web server at $WEB; see notices_test.go
//	mails N, posts N          wait until they have N, print those not printed before, and want nothing private in them
//	day                       a day goes by for what is open in the ledger
//	ahead DURATION            what the ledger holds was recorded by a clock that was so far ahead
//	slay                      kill what start began
//	nowhere WORD FILE…        want no file (stdout and stderr too) to hold the word
//	crash                     make what start began dump its goroutines and die, and look for what is private
//	gossip FILE               every error of Coupa's says the words of the file
//	steering [WORD…]          load ids, statuses and errors of Coupa's steer a terminal and forge lines
//	env CLOCK=TIME            the program's clock begins there, an RFC 3339 time, or is so much later than the true one: 24h
//	private FILE…             want nothing in these files that a log must not show
func commands() map[string]command {
	return map[string]command{
		"twin": positive(cmdTwin), "config": positive(cmdConfig), "exit": positive(cmdExit), "as": positive(cmdAs),
		"start": positive(cmdStart), "dropped": positive(cmdDropped), "told": positive(cmdTold),
		"finish": positive(cmdFinish), "interrupt": positive(cmdInterrupt), "crash": positive(cmdCrash), "private": positive(cmdPrivate), "terminate": positive(cmdTerminate), "clogged": positive(cmdClogged),
		"pickup": positive(cmdPickup), "applied": positive(cmdApplied), "loads": positive(cmdLoads), "user": cmdUser, "alter": positive(cmdAlter),
		"lock": positive(cmdLock), "unlock": positive(cmdUnlock), "normal": positive(cmdNormal),
		"raw": positive(cmdRaw), "rows": positive(cmdRows), "age": positive(cmdAge),
		"nowhere": positive(cmdNowhere), "mailserver": positive(cmdMailserver), "webserver": positive(cmdWebserver),
		"mails": positive(cmdMails), "posts": positive(cmdPosts), "day": positive(cmdDay), "ahead": positive(cmdAhead), "slay": positive(cmdSlay),
		"gossip": positive(cmdGossip), "steering": positive(cmdSteering),
	}
}

// positive refuses a "!" that would mean nothing.
func positive(f func(ts *testscript.TestScript, w *world, args []string)) command {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command takes no !")
		}
		f(ts, worldOf(ts), args)
	}
}

func need(ts *testscript.TestScript, args []string, least int, usage string) {
	if len(args) < least {
		ts.Fatalf("usage: %s", usage)
	}
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

func cmdTwin(ts *testscript.TestScript, w *world, args []string) {
	ts.Check(w.start(args))
	ts.Setenv("TWIN_URL", w.twin.URL())
	ts.Setenv("TWIN_SFTP", w.twin.SFTPAddr())
	ts.Setenv("TWIN_HOSTKEY", w.twin.HostKeyFingerprint())
	ts.Setenv("TWIN_ROOT", w.twin.Root())
}

func cmdConfig(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 2, "config PATH VALUE, config -d PATH, or config -f FILE")
	switch args[0] {
	case "-d":
		w.config.remove(args[1])
	case "-f":
		w.config.replace(ts.ReadFile(args[1]))
	default:
		w.config.set(args[0], args[1])
	}
	ts.Check(w.writeConfig())
}

func cmdExit(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 2, "exit CODE COMMAND ARG…")
	want := number(ts, args[0])
	err := ts.Exec(args[1], args[2:]...)
	plain(ts, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	w.judge(ts, code(ts, err), want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
}

// code returns the exit code of a command that ran.
func code(ts *testscript.TestScript, err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	ts.Check(err)
	return -1
}

func (w *world) judge(ts *testscript.TestScript, got, want int, out, log string) {
	shown, err := w.shown(log)
	ts.Check(err)
	if len(shown) > 0 {
		ts.Fatalf("stderr shows what is private: %q", shown)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	twoFields(ts, got, out, log)
}

// twoFields checks that an error that ended a command is printed in two fields, each on lines of its own. A command without a
// result has ended with an error, or, like watch, with warnings in the log. What Go's runtime writes as it ends the program is not ours.
func twoFields(ts *testscript.TestScript, code int, out, log string) {
	if code < 0 || strings.Contains(log, "\ngoroutine ") {
		return
	}
	told, errors, open := false, 0, false
	for line := range strings.Lines(log) {
		what, isError := strings.CutPrefix(line, "error: ")
		switch {
		case strings.HasPrefix(line, "time="), strings.HasPrefix(line, "{"):
			open = false
			told = told || strings.Contains(line, "level=warning") || strings.Contains(line, `"level":"error"`)
		case isError && !strings.Contains(what, "hint: "):
			errors, open = errors+1, true
		case open && (strings.HasPrefix(line, "hint: ") || strings.HasPrefix(line, " ")):
		case errors > 0 || isError || strings.HasPrefix(line, "hint: "):
			ts.Fatalf("the line %q of stderr is neither what is wrong nor what to do", line)
		}
	}
	if code != export.ExitOK && out == "" && errors == 0 && !told {
		ts.Fatalf("ended with %d, and stderr does not say why", code)
	}
}

func cmdStart(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "start COMMAND ARG…")
	path, err := exec.LookPath(args[0])
	ts.Check(err)
	w.beside = exec.Command(path, args[1:]...)
	w.beside.Dir = ts.MkAbs(".")
	w.out, w.log = &heard{}, &heard{}
	w.beside.Stdout, w.beside.Stderr = w.out, w.log
	w.beside.Env = environ(ts)
	ts.Check(w.beside.Start())
}

// environ returns of the script's environment what the program reads.
func environ(ts *testscript.TestScript) (env []string) {
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ", "GORACE", "SUDO_USER", "SMTP_PASSWORD", "WEBHOOK", "WEBHOOK_SECRET", "COUPA_SFTP_PASSWORD", "COUPA_CLIENT_SECRET", "COUPA_PAGE_COOKIE"} {
		env = append(env, name+"="+ts.Getenv(name))
	}
	return env
}

// patience bounds every wait for something that must come; no wait takes that long unless the program is broken, however busy
// the machine is.
const patience = 3 * time.Minute

func until(ts *testscript.TestScript, what string, done func() bool) {
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("waited %s in vain for %s", patience, what)
		}
	}
}

func cmdDropped(ts *testscript.TestScript, w *world, args []string) {
	glob := "Users_*.csv"
	if len(args) > 0 {
		glob = args[0]
	}
	until(ts, glob+" in the drop folder", func() bool {
		found, err := filepath.Glob(filepath.Join(w.twin.Root(), "Incoming", "Users", glob))
		ts.Check(err)
		return len(found) > 0
	})
}

func cmdTold(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "told WORD")
	until(ts, args[0], func() bool {
		return strings.Contains(w.out.String(), args[0]) || strings.Contains(w.log.String(), args[0])
	})
}

func cmdInterrupt(ts *testscript.TestScript, w *world, args []string) {
	if w.beside == nil {
		ts.Fatalf("nothing was started")
	}
	ts.Check(w.beside.Process.Signal(os.Interrupt))
	cmdFinish(ts, w, args)
}

func cmdTerminate(ts *testscript.TestScript, w *world, _ []string) {
	if w.beside == nil {
		ts.Fatalf("nothing was started")
	}
	ts.Check(w.beside.Process.Signal(syscall.SIGTERM))
}

func cmdClogged(ts *testscript.TestScript, _ *world, args []string) {
	need(ts, args, 1, "clogged PIPE")
	pipe, err := os.OpenFile(ts.MkAbs(args[0]), os.O_RDONLY|syscall.O_NONBLOCK, 0)
	ts.Check(err)
	ts.Defer(func() { pipe.Close() })
	full, err := narrow(pipe)
	ts.Check(err)
	until(ts, "a full pipe", full)
}

// cmdCrash ends a program as a bug of ours would: with every goroutine's stack on stderr.
func cmdCrash(ts *testscript.TestScript, w *world, _ []string) {
	if w.beside == nil {
		ts.Fatalf("nothing was started")
	}
	ts.Check(w.beside.Process.Signal(syscall.SIGQUIT))
	cmdFinish(ts, w, []string{"2"})
	if log := w.log.String(); !strings.Contains(log, "goroutine 1 ") {
		ts.Fatalf("no goroutines on stderr: %s", log)
	}
}

func cmdPrivate(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "private FILE…")
	for _, name := range args {
		w.private(ts, ts.ReadFile(name))
	}
}

func cmdFinish(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "finish CODE, or interrupt CODE")
	if w.beside == nil {
		ts.Fatalf("nothing was started")
	}
	kill := time.AfterFunc(patience, func() { w.beside.Process.Kill() })
	err := w.beside.Wait()
	hung := !kill.Stop()
	w.beside = nil
	fmt.Fprint(ts.Stdout(), w.out.String())
	fmt.Fprint(ts.Stderr(), w.log.String())
	ts.Logf("[stdout]\n%s[stderr]\n%s", w.out.String(), w.log.String())
	if hung {
		ts.Fatalf("it did not end within %s", patience)
	}
	plain(ts, w.out.String(), w.log.String())
	w.judge(ts, code(ts, err), number(ts, args[0]), w.out.String(), w.log.String())
}

func cmdPickup(_ *testscript.TestScript, w *world, _ []string) { w.twin.PickUp() }

func cmdApplied(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "applied N")
	applied := w.twin.Applied()
	times := map[string]int{}
	for _, a := range applied {
		if times[a.Key]++; times[a.Key] > 1 {
			ts.Fatalf("the row of key %s was applied %d times", a.Key, times[a.Key])
		}
	}
	if want := number(ts, args[0]); len(applied) != want {
		ts.Fatalf("the twin has applied %d rows, want %d", len(applied), want)
	}
}

func cmdLoads(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "loads N")
	loads := w.twin.Loads()
	for _, l := range loads {
		if l.Torn() {
			ts.Fatalf("load %d is of a torn file: %s", l.ID, l.Name)
		}
	}
	if want := number(ts, args[0]); len(loads) != want {
		ts.Fatalf("the twin has seen %d loads, want %d", len(loads), want)
	}
}

func cmdUser(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, args, 1, "user LOGIN ELEMENT=VALUE…")
	rec, ok := worldOf(ts).twin.User(args[0])
	if ok == neg {
		ts.Fatalf("account %s: there is one: %v", args[0], ok)
	}
	for _, want := range args[1:] {
		element, value, _ := strings.Cut(want, "=")
		got := rec.Text(strings.Split(element, ".")...)
		if element == "roles" || element == "content-groups" {
			got = strings.Join(rec.Names(element), ",")
		}
		if got != value {
			ts.Fatalf("account %s: %s is %q, want %q", args[0], element, got, value)
		}
	}
}

func cmdAlter(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 2, "alter LOGIN COLUMN=VALUE…")
	client, err := coupa.NewClient(coupa.Config{
		URL: w.twin.URL(), ClientID: "twin", ClientSecret: export.NewSecret(plantedSecret), Scopes: []string{"core.user.write"}, TokenSettle: -1,
	}, nil)
	ts.Check(err)
	rec, ok := w.twin.User(args[0])
	if !ok {
		ts.Fatalf("there is no account %s", args[0])
	}
	var cells []export.ElementCell
	for _, change := range args[1:] {
		column, value, _ := strings.Cut(change, "=")
		e, ok := coupa.Element(column)
		if !ok {
			ts.Fatalf("no element for %s", column)
		}
		cells = append(cells, export.ElementCell{Element: e, Cell: export.Cell{Text: value, State: export.Set}})
	}
	_, err = client.Users().Update(context.Background(), rec.Text("id"), cells)
	ts.Check(err)
}

func cmdLock(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "lock HOLDER")
	var err error
	w.locked, err = sqlite.Open(sqlite.Options{Dir: ts.MkAbs("ledger"), Now: time.Now})
	ts.Check(err)
	w.unlock, err = w.locked.Lock(args[0])
	ts.Check(err)
}

func cmdUnlock(ts *testscript.TestScript, w *world, _ []string) {
	ts.Check(errors.Join(w.unlock(), w.locked.Close()))
	w.unlock = nil
}

// varying is what differs from run to run, and what replaces it in goldens: of the same width, so that tables keep
// their shape. Hashes of parts do not vary: the same feed makes the same bytes.
var varying = []struct {
	what *regexp.Regexp
	word string
}{
	{regexp.MustCompile(`(?m)^ +2\d{3}-\d\d-\d\dT\S+  loading\n`), ""}, // only a slow machine sees a load at work
	{regexp.MustCompile(`2\d{7}T\d{6}Z(-\d+)?`), "20260102T030405Z"},
	{regexp.MustCompile(`\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`), "2026-01-02T03:04:05Z"},
	{regexp.MustCompile(`\b2\d{3}-\d\d-\d\d (<br>)?\d\d:\d\d:\d\d\b`), "2026-01-02 ${1}03:04:05"},
	{regexp.MustCompile(`\(took [0-9hms]+\)`), "(took 1s)"},
	{regexp.MustCompile(`127\.0\.0\.1:\d+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}`), "SHA256:FINGERPRINT"},
	{regexp.MustCompile(`\b\d+ MB free`), "N MB free"},
	{regexp.MustCompile(`within [\d.]+m?s\n`), "within 1ms\n"},
	{regexp.MustCompile(`newest [0-9hms]+ old`), "newest 0s old"},
	{regexp.MustCompile(`good until \d{4}-\d\d-\d\d`), "good until 2084-01-29"},
	{regexp.MustCompile(`\bp-[a-z2-7]{12}\b`), "p-PERSON"},
	{regexp.MustCompile(`(planned by|given by|started by) [^;<\n]*uid \d[^;<\n]*`), "$1 SOMEBODY"},
	{regexp.MustCompile(`"(planned_by|operator)": \{[^}]*\}`), `"$1": {}`},
	{regexp.MustCompile(`\bgo1\.\d+[^")]*`), "GO"},
}

func cmdNormal(ts *testscript.TestScript, _ *world, _ []string) {
	fmt.Fprint(ts.Stdout(), normal(strings.ReplaceAll(ts.ReadFile("stdout"), ts.Getenv("WORK"), "$WORK")))
}

// normal returns a text with words for what varies.
func normal(text string) string {
	for _, v := range varying {
		text = v.what.ReplaceAllString(text, v.word)
	}
	return text
}

func cmdRaw(ts *testscript.TestScript, _ *world, args []string) {
	need(ts, args, 2, "raw FILE GO-STRING")
	text, err := strconv.Unquote(`"` + args[1] + `"`)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func cmdRows(ts *testscript.TestScript, _ *world, args []string) {
	need(ts, args, 2, "rows FILE N [PADDING]")
	padding := ""
	if len(args) > 2 {
		padding = strings.Repeat("x", number(ts, args[2]))
	}
	var b bytes.Buffer
	b.WriteString("Employee Number,Login,Email,First Name,Last Name,Department\n")
	for i := range number(ts, args[1]) {
		fmt.Fprintf(&b, "%06d,login%06d,mail%06d@example.com,Firstname%d,Lastname%d,%s\n", i, i, i, i, i, "Dept"+padding)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
}

func cmdAge(ts *testscript.TestScript, _ *world, args []string) {
	need(ts, args, 2, "age FILE DURATION")
	d, err := time.ParseDuration(args[1])
	ts.Check(err)
	then := time.Now().Add(-d)
	ts.Check(os.Chtimes(ts.MkAbs(args[0]), then, then))
}

func cmdNowhere(ts *testscript.TestScript, _ *world, args []string) {
	need(ts, args, 2, "nowhere WORD FILE…")
	if i := slices.IndexFunc(args[1:], func(f string) bool { return strings.Contains(ts.ReadFile(f), args[0]) }); i >= 0 {
		ts.Fatalf("%s holds %q", args[1+i], args[0])
	}
}
