package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/testdata/farend"
	"github.com/hr2coupa/hr2coupa/transport/notify"
)

// cmdMailserver starts a mail server in place of an earlier one, at the same address if that one is dead. Words: tls
// (from the first byte), plain, hang, refuse (every recipient), login (hr2coupa and $SMTP_PASSWORD), dead (no program
// listens).
func cmdMailserver(ts *testscript.TestScript, w *world, args []string) {
	if w.mail != nil {
		w.mail.Close()
	}
	o := farend.MailOptions{Addr: ts.Getenv("SMTP")}
	if o.Addr == "" {
		var err error
		o.Addr, err = farend.Address() // which stays ours while it is dead
		ts.Check(err)
	}
	for _, a := range args {
		switch a {
		case "tls":
			o.TLS = true
		case "plain":
			o.Plain = true
		case "hang":
			o.Hang = true
		case "refuse":
			o.Refuse = true
		case "login":
			o.User, o.Password = "hr2coupa", plantedSMTP
		case "dead":
		default:
			ts.Fatalf("mailserver: unknown word %q", a)
		}
	}
	var err error
	w.mail, err = farend.StartMail(o)
	ts.Check(err)
	w.seen.mails = 0
	w.shut = append(w.shut, w.mail.Close)
	ts.Setenv("SMTP", w.mail.Addr)
	ts.Check(os.WriteFile(filepath.Join(w.dir, "ca.pem"), w.mail.CA, 0o600))
	if slices.Contains(args, "dead") {
		w.mail.Close()
	}
}

// cmdWebserver starts a web server. Words: the status of its answers; tls, with its certificate in web.pem.
func cmdWebserver(ts *testscript.TestScript, w *world, args []string) {
	status, begin := http.StatusOK, farend.StartWeb
	for _, a := range args {
		if a == "tls" {
			begin = farend.StartWebTLS
			continue
		}
		status = number(ts, a)
	}
	w.web = begin(func(int) int { return status })
	ts.Check(os.WriteFile(filepath.Join(w.dir, "web.pem"), w.web.CA, 0o600))
	w.seen.posts = 0
	w.shut = append(w.shut, w.web.Close)
	ts.Setenv("WEB", w.web.URL)
	ts.Setenv("WEBHOOK", w.web.URL+"/hook/"+plantedHook)
}

func cmdMails(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "mails N")
	letters := w.mail.Letters()
	if want := number(ts, args[0]); len(letters) != want {
		ts.Fatalf("%d mails have come, want %d", len(letters), want)
	}
	var b strings.Builder
	for _, l := range letters[w.seen.mails:] {
		fmt.Fprintf(&b, "%s\n", l)
		w.private(ts, l.String()+l.HTML+fmt.Sprint(l.Header))
	}
	w.seen.mails = len(letters)
	fmt.Fprint(ts.Stdout(), b.String())
}

func cmdPosts(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "posts N")
	posts := w.web.Posts()
	if want := number(ts, args[0]); len(posts) != want {
		ts.Fatalf("%d posts have come, want %d", len(posts), want)
	}
	var b strings.Builder
	for _, p := range posts[w.seen.posts:] {
		signed := "not signed"
		if s := p.Header.Get(notify.SignatureHeader); s != "" {
			signed = "signed wrongly"
			if s == notify.Signature(export.NewSecret(plantedHook), p.Body) {
				signed = "signed"
			}
		}
		fmt.Fprintf(&b, "%s %s %s\n%s\n", p.Method, strings.ReplaceAll(p.Path, plantedHook, "TOKEN"), signed, p.Body)
		w.private(ts, string(p.Body))
	}
	w.seen.posts = len(posts)
	fmt.Fprint(ts.Stdout(), b.String())
}

// private checks that a notice, or a file for machines, has nothing that a log must not show.
func (w *world) private(ts *testscript.TestScript, text string) {
	shown, err := w.shown(text)
	ts.Check(err)
	if len(shown) > 0 {
		ts.Fatalf("it shows what is private: %q", shown)
	}
}

// cmdDay makes what is open in the ledger a day old.
func cmdDay(ts *testscript.TestScript, w *world, _ []string) {
	c, err := sqlite.OpenConn(filepath.Join(w.dir, "ledger", "ledger.db"), sqlite.OpenReadWrite)
	ts.Check(err)
	defer c.Close()
	day := (24 * time.Hour).Nanoseconds()
	ts.Check(sqlitex.Execute(c, "UPDATE incidents SET begun = begun - ?1, last = last - ?1, told = told - ?1", &sqlitex.ExecOptions{Args: []any{day}}))
	if c.Changes() == 0 {
		ts.Fatalf("nothing is open: a day changes nothing")
	}
}

// cmdAhead moves the times of the ledger: those that a start compares with its own.
func cmdAhead(ts *testscript.TestScript, w *world, args []string) {
	need(ts, args, 1, "ahead DURATION")
	by, err := time.ParseDuration(args[0])
	ts.Check(err)
	c, err := sqlite.OpenConn(filepath.Join(w.dir, "ledger", "ledger.db"), sqlite.OpenReadWrite)
	ts.Check(err)
	defer c.Close()
	for _, sql := range []string{
		"UPDATE runs SET started = started + ?1, ended = iif(ended = 0, 0, ended + ?1)",
		"UPDATE parts SET planned = planned + ?1, sent = iif(sent = 0, 0, sent + ?1)",
		"UPDATE approvals SET at = at + ?1, expires = expires + ?1",
	} {
		ts.Check(sqlitex.Execute(c, sql, &sqlitex.ExecOptions{Args: []any{by.Nanoseconds()}}))
	}
}

// cmdSlay kills a program that waits for a mail server to answer.
func cmdSlay(ts *testscript.TestScript, w *world, _ []string) {
	until(ts, "a notice in the ledger and a connection to the mail server", func() bool {
		l, err := wiring.OpenLedger(&wiring.Env{Now: time.Now}, ts.MkAbs("ledger"))
		ts.Check(err)
		due, err := l.Due()
		ts.Check(errors.Join(err, l.Close()))
		return len(due) > 0 && w.mail.Waiting() > 0
	})
	ts.Check(w.beside.Process.Kill())
	w.beside.Wait()
	w.beside = nil
	w.judge(ts, 0, 0, "", w.log.String())
}
