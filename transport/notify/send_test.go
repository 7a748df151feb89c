package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/testdata/farend"
)

func mailServer(t *testing.T, o farend.MailOptions) *farend.Mail {
	t.Helper()
	m, err := farend.StartMail(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// deadAddress is an address on which no server listens. A port that was free a moment ago may belong to another test's
// server by now.
const deadAddress = "127.0.0.1:1"

func mailTo(t *testing.T, m *farend.Mail) *Mail {
	return &Mail{Server: m.Addr, CA: m.CA, From: "hr2coupa@acme.example", To: []string{"hr@acme.example", "it@acme.example"}, Texts: texts(t)}
}

func TestMail(t *testing.T) {
	for name, tt := range map[string]struct {
		server farend.MailOptions
		tls    string
		user   string
	}{
		"STARTTLS":                {farend.MailOptions{}, "starttls", ""},
		"TLS from the first byte": {farend.MailOptions{TLS: true}, "tls", ""},
		"with a login":            {farend.MailOptions{User: "hr2coupa", Password: "planted-smtp"}, "starttls", "hr2coupa"},
		"TLS and a login":         {farend.MailOptions{TLS: true, User: "hr2coupa", Password: "planted-smtp"}, "tls", "hr2coupa"},
		"plain, on loopback":      {farend.MailOptions{Plain: true}, "none", ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := mailServer(t, tt.server)
			m := mailTo(t, server)
			m.TLS, m.User, m.Password = tt.tls, tt.user, export.NewSecret("planted-smtp")
			if err := m.Send(t.Context(), nasty()); err != nil {
				t.Fatal(err)
			}
			letters := server.Letters()
			if len(letters) != 1 {
				t.Fatalf("%d letters came", len(letters))
			}
			l := letters[0]
			if l.TLS != (tt.tls != "none") || !slices.Equal(l.To, m.To) || l.From != m.From {
				t.Errorf("letter %+v", l)
			}
			if l.Subject != "hr2coupa acme.example Bcc: x@evil.example: still quarantine" || l.Header.Get("Bcc") != "" {
				t.Errorf("subject %q, Bcc %q", l.Subject, l.Header.Get("Bcc"))
			}
			if l.Header.Get("Message-Id") != "<n1@hr2coupa.invalid>" || l.Header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("header %v", l.Header)
			}
			if !strings.Contains(l.Text, "rows held back") || !strings.Contains(l.HTML, "<h3") || strings.Contains(l.HTML, "<script>") {
				t.Errorf("text %q, HTML %q", l.Text, l.HTML)
			}
		})
	}
}

// soon is the patience with a silent server. It is long enough for a server that works, even on a busy machine.
const soon = time.Second

// TestMailNotSent: the error of a mail that was not sent says what to do and holds no addresses and passwords.
func TestMailNotSent(t *testing.T) {
	dead := mailServer(t, farend.MailOptions{})
	dead.Close()
	dead.Addr = deadAddress
	for name, tt := range map[string]struct {
		server *farend.Mail
		change func(*Mail)
		want   string
	}{
		"dead":               {dead, func(*Mail) {}, "connection refused"},
		"hanging":            {mailServer(t, farend.MailOptions{Hang: true}), func(m *Mail) { m.Patience = soon }, "timeout"},
		"hanging in TLS":     {mailServer(t, farend.MailOptions{Hang: true}), func(m *Mail) { m.TLS, m.Patience = "tls", soon }, "deadline exceeded"},
		"login refused":      {mailServer(t, farend.MailOptions{User: "u", Password: "p"}), func(m *Mail) { m.User, m.Password = "u", export.NewSecret("planted-smtp") }, "hint: check mail.user and mail.password"},
		"login missing":      {mailServer(t, farend.MailOptions{User: "u", Password: "p"}), func(*Mail) {}, "authenticate"},
		"recipients refused": {mailServer(t, farend.MailOptions{Refuse: true}), func(*Mail) {}, "no such user"},
		"no STARTTLS":        {mailServer(t, farend.MailOptions{Plain: true}), func(*Mail) {}, "offers no STARTTLS"},
		"unknown authority":  {mailServer(t, farend.MailOptions{}), func(m *Mail) { m.CA = nil }, "hint: name the authority's file in mail.ca"},
	} {
		t.Run(name, func(t *testing.T) {
			m := mailTo(t, tt.server)
			tt.change(m)
			err := m.Send(t.Context(), nasty())
			if err == nil || !strings.Contains(bothFields(err), tt.want) {
				t.Fatalf("error %v, want one with %q", err, tt.want)
			}
			for _, private := range []string{"acme.example", "planted-smtp", "\n"} {
				if strings.Contains(bothFields(err), private) {
					t.Errorf("%q is in %q", private, err)
				}
			}
			if n := len(tt.server.Letters()); n != 0 {
				t.Errorf("%d letters came all the same", n)
			}
		})
	}
}

func web(t *testing.T, answer func(int) int) *farend.Web {
	w := farend.StartWeb(answer)
	t.Cleanup(w.Close)
	return w
}

func TestWebhook(t *testing.T) {
	key := export.NewSecret("planted-key")
	for _, format := range []string{"json", "slack", "teams"} {
		server := web(t, nil)
		w := &Webhook{URL: export.NewSecret(server.URL + "/in/planted-token?x=1"), Format: format, Texts: texts(t)}
		if format == "json" {
			w.Key = key
		}
		if err := w.Send(t.Context(), nasty()); err != nil {
			t.Fatal(err)
		}
		posts := server.Posts()
		if len(posts) != 1 || posts[0].Path != "/in/planted-token?x=1" || posts[0].Header.Get("Content-Type") != "application/json" {
			t.Fatalf("%s: %+v", format, posts)
		}
		if bytes.HasSuffix(posts[0].Body, []byte("\n")) {
			t.Errorf("%s: a line break at the end, which a shell takes away", format)
		}
		signature := posts[0].Header.Get(SignatureHeader)
		if format != "json" {
			if signature != "" {
				t.Errorf("%s is signed", format)
			}
			continue
		}
		if signature != Signature(key, posts[0].Body) || signature == Signature(export.NewSecret("other"), posts[0].Body) {
			t.Errorf("signature %q", signature)
		}
		var m Message
		if err := json.Unmarshal(posts[0].Body, &m); err != nil || m.Run != "20261124T020000Z" || m.Items[0].Kind != export.NoticeQuarantine {
			t.Errorf("body %s (%v)", posts[0].Body, err)
		}
	}
}

// TestSignature: any other program computes the same signature.
func TestSignature(t *testing.T) {
	// printf 'hello' | openssl dgst -sha256 -hmac key
	const want = "sha256=9307b3b915efb5171ff14d8cb55fbcc798c6c0ef1456d66ded1a6aa723a58b7b"
	if got := Signature(export.NewSecret("key"), []byte("hello")); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestWebhookNotSent(t *testing.T) {
	always := func(status int) func(int) int { return func(int) int { return status } }
	for _, tt := range []struct {
		name   string
		answer func(int) int
		posts  int
		want   string // "" where it is sent in the end
	}{
		{"busy, then well", func(n int) int { return []int{503, 429, 200}[n-1] }, 3, ""},
		{"always busy", always(503), 3, "answered 503"},
		{"gone", always(404), 1, "answered 404 / hint: check that the address is still valid"},
		{"elsewhere", always(302), 1, "answered 302, a redirect / hint: give the address"},
		{"hanging", always(0), 3, "no answer within 1s"},
		{"dead", nil, 0, "connection refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel() // retries pause in between
			address, server := "http://"+deadAddress, (*farend.Web)(nil)
			if tt.answer != nil {
				server = web(t, tt.answer)
				address = server.URL
			}
			w := &Webhook{URL: export.NewSecret(address + "/planted-token"), Format: "slack", Texts: texts(t)}
			if tt.name == "hanging" {
				w.Patience = soon
			}
			err := w.Send(t.Context(), nasty())
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(bothFields(err), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(bothFields(err), "planted-token") {
				t.Errorf("the address is in %q", err)
			}
			if server != nil && len(server.Posts()) != tt.posts {
				t.Errorf("%d posts, want %d", len(server.Posts()), tt.posts)
			}
		})
	}
}

func TestHeartbeat(t *testing.T) {
	server := web(t, nil)
	h := &Heartbeat{URL: export.NewSecret(server.URL + "/ping/planted-uuid/?rid=7")}
	for _, s := range []Signal{Started, Success, Failure} {
		if err := h.Ping(t.Context(), s, "exit 3: partial"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, p := range server.Posts() {
		got = append(got, p.Method+" "+p.Path+" "+string(p.Body))
	}
	want := []string{"POST /ping/planted-uuid/start?rid=7 exit 3: partial", "POST /ping/planted-uuid/?rid=7 exit 3: partial", "POST /ping/planted-uuid/fail?rid=7 exit 3: partial"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	busy := web(t, func(int) int { return 500 })
	h = &Heartbeat{URL: export.NewSecret(busy.URL + "/planted-uuid")}
	if err := h.Ping(t.Context(), Success, ""); err == nil || strings.Contains(err.Error()+h.String(), "planted-uuid") || len(busy.Posts()) != 3 {
		t.Errorf("error %v after %d pings", err, len(busy.Posts()))
	}
}

// box is an outbox in memory; stories test the ledger's own.
type box struct {
	due  []export.Notice
	mu   sync.Mutex
	left map[int64]string
}

func (b *box) Due() ([]export.Notice, error)             { return b.due, nil }
func (b *box) NotSent(id int64, why string) error        { return b.set(id, why) }
func (b *box) GiveUpNotice(id int64, why string) error   { return b.set(id, "given up: "+why) }
func (b *box) add(t *testing.T, m Message, to ...Target) { t.Helper(); b.fill(t, m, to) }

func (b *box) Sent(id int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.left, id)
	return nil
}

func (b *box) set(id int64, why string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left[id] = why
	return nil
}

func (b *box) fill(t *testing.T, m Message, to []Target) {
	notices, err := Write(m, m.Items, to)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range notices {
		n.ID = int64(len(b.due) + 1)
		b.due = append(b.due, n)
		b.left[n.ID] = ""
	}
}

// TestEmpty: a dead target does not delay the others, and its remaining notices stay in the outbox.
func TestEmpty(t *testing.T) {
	well, gone := web(t, nil), web(t, func(int) int { return 404 })
	hook := func(name string, w *farend.Web, on ...export.NoticeKind) Target {
		return Target{Name: name, On: on, To: &Webhook{URL: export.NewSecret(w.URL), Format: "json", Texts: texts(t)}}
	}
	targets := []Target{hook("gone", gone, export.NoticeKinds()...), hook("well", well, export.NoticeKinds()...), hook("uninterested", well, export.NoticeHeld)}
	b := &box{left: map[int64]string{}}
	b.add(t, nasty(), targets...)
	b.add(t, nasty(), targets...)
	b.add(t, nasty(), hook("not there any more", well, export.NoticeKinds()...))
	attempts, err := Empty(context.Background(), b, targets, time.Minute)
	if err != nil || len(attempts) != 2 {
		t.Fatalf("%+v, %v", attempts, err)
	}
	if a := attempts[0]; a.Sent != 0 || a.Left != 2 || a.Err == nil {
		t.Errorf("gone: %+v", a)
	}
	if a := attempts[1]; a.Sent != 2 || a.Left != 0 || a.Err != nil {
		t.Errorf("well: %+v", a)
	}
	if len(well.Posts()) != 2 || len(gone.Posts()) != 1 {
		t.Errorf("%d and %d posts", len(well.Posts()), len(gone.Posts()))
	}
	if len(b.left) != 3 || !strings.HasPrefix(b.left[5], "given up") || !strings.Contains(b.left[1], "404") || b.left[3] != "" {
		t.Errorf("left %v", b.left)
	}
}

// TestObstinate: a notice that its target never accepts delays the next ones for a few starts, and no longer.
func TestObstinate(t *testing.T) {
	server := web(t, func(n int) int { return []int{413, 413, 413, 200, 413, 200}[n-1] })
	target := Target{Name: "hook", On: export.NoticeKinds(), To: &Webhook{URL: export.NewSecret(server.URL), Format: "json", Texts: texts(t)}}
	b := &box{left: map[int64]string{}}
	b.add(t, nasty(), target)
	b.add(t, nasty(), target)
	for start, want := range []Attempt{{Left: 2}, {Left: 2}, {Sent: 1, Left: 1}} {
		attempts, err := Empty(t.Context(), b, []Target{target}, time.Minute)
		if err != nil || attempts[0].Sent != want.Sent || attempts[0].Left != want.Left || attempts[0].Err == nil {
			t.Errorf("start %d: %+v (%v), want %+v", start+1, attempts, err, want)
		}
		b.due[0].Attempts++ // as the ledger does
	}
	if _, still := b.left[1]; !still || len(b.left) != 1 {
		t.Errorf("left %v", b.left)
	}
}

// bothFields is what an error says, and after it what to do.
func bothFields(err error) string {
	return strings.Join(append([]string{err.Error()}, export.HintsOf(err)...), " / hint: ")
}
