package config

import (
	"encoding/pem"
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// Notify says who gets which notices.
type Notify struct {
	Targets     []Target
	Templates   string // folder with texts of the administrator's own; "" uses the built-in ones
	TemplatesAt string // the dotted path of that key, for Fault
}

// Target is one receiver of notices; exactly one of Mail and Webhook is given.
type Target struct {
	Mail    *Mail
	Webhook *Webhook
	On      []export.NoticeKind // every kind by default
	Owner   string              // only what is this owner's task; "" gets all
}

// Mail says how notices are mailed.
type Mail struct {
	To       []string
	From     string
	Server   string // host:port
	TLS      string // starttls, tls or none
	CA       []byte // PEM; nil: the system's
	User     string
	Password export.Secret
}

// Webhook says where notices are posted.
type Webhook struct {
	URL    export.Secret
	Format string        // slack, teams or json
	Secret export.Secret // signs the body; json only
}

// Heartbeat says which address is pinged.
type Heartbeat struct{ URL export.Secret } // zero: none

// Metrics says where figures are written.
type Metrics struct{ Textfile string } // "" writes none

// notify reads the list of targets; one entry of it may name the folder of templates.
func (s *section) notify(rules []Protect) Notify {
	var n Notify
	for _, item := range s.items("notify") {
		if item.has("templates") && !item.has("mail") && !item.has("webhook") {
			if n.Templates != "" {
				s.r.fault(item.line, item.path, "templates is given twice", "keep one of the two")
			}
			n.Templates, n.TemplatesAt = s.r.file(item.text("templates", "")), item.sub("templates")
			item.done()
			continue
		}
		t := Target{Owner: item.owner("owner", rules), On: item.kinds("on")}
		if item.has("mail") == item.has("webhook") {
			s.r.fault(item.line, item.path, "it needs a mail or a webhook, and not both", "such as {mail: {to: [hr-it@example.com], from: hr2coupa@example.com, server: \"smtp.example.com:587\"}, on: [failed]}")
		}
		if item.has("mail") {
			t.Mail = item.section("mail").mail()
		}
		if item.has("webhook") {
			t.Webhook = item.section("webhook").webhook()
		}
		item.know("mail")
		item.know("webhook")
		item.done()
		n.Targets = append(n.Targets, t)
	}
	return n
}

// owner reads the owner whose tasks a target gets: one that a cause or a rule of protect names.
func (s *section) owner(key string, rules []Protect) string {
	name := s.text(key, "")
	names := export.Owners()
	for _, p := range rules {
		if p.Owner != "" && !slices.Contains(names, p.Owner) {
			names = append(names, p.Owner)
		}
	}
	if name != "" && !slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
		s.r.fault(s.r.lines[s.sub(key)], s.sub(key), "no cause and no rule of protect has the owner "+shown(name), "use "+either(names))
	}
	return name
}

// kinds reads which kinds of notices a target gets.
func (s *section) kinds(key string) []export.NoticeKind {
	all := export.NoticeKinds()
	if !s.has(key) {
		s.know(key)
		return all
	}
	var kinds []export.NoticeKind
	for _, word := range s.list(key, nil) {
		if k := export.NoticeKind(word); slices.Contains(all, k) {
			kinds = append(kinds, k)
			continue
		}
		words := make([]string, len(all))
		for i, k := range all {
			words[i] = string(k)
		}
		s.r.fault(s.r.lines[s.sub(key)], s.sub(key), "unknown kind "+shown(word), "use "+either(words))
	}
	return kinds
}

func (s *section) mail() *Mail {
	m := &Mail{From: s.mailbox("from"), User: s.text("user", ""), Password: s.secret("password")}
	for i, to := range s.list("to", nil) {
		if !plainAddress(to) {
			s.r.fault(s.r.lines[s.sub("to")], s.sub("to")+"["+strconv.Itoa(i)+"]", "it is not an address of the form name@example.com", "")
			continue
		}
		m.To = append(m.To, to)
	}
	host := ""
	m.Server, host = s.server("server")
	m.TLS = s.tls("tls", m.Server)
	if m.TLS == "none" && host != "" && !isLoopback(host) {
		s.r.fault(s.r.lines[s.sub("tls")], s.sub("tls"), "a mail without TLS is only for this machine: others could read it", "use starttls, or tls for port 465")
	}
	if m.TLS == "none" && s.has("user") {
		s.r.fault(s.r.lines[s.sub("user")], s.sub("user"), "a login without TLS would send the password unencrypted", "remove it, or use tls: starttls")
	}
	if s.has("user") != s.has("password") {
		s.r.fault(s.line, s.path, "user and password go together", "give both, or neither")
	}
	m.CA = s.certificates("ca")
	s.missing("to", "to: [hr-it@example.com]")
	s.missing("from", "from: hr2coupa@example.com")
	s.missing("server", `server: "smtp.example.com:587"`)
	s.done()
	return m
}

// tls returns starttls by default, and tls for port 465, which speaks TLS from the first byte.
func (s *section) tls(key, server string) string {
	if s.has(key) {
		return s.oneOf(key, "starttls", "tls", "none")
	}
	s.know(key)
	if strings.HasSuffix(server, ":465") {
		return "tls"
	}
	return "starttls"
}

// plainAddress reports whether a text is a bare address, in which nothing can end a header.
func plainAddress(text string) bool {
	a, err := mail.ParseAddress(text)
	return err == nil && a.Address == text && !strings.ContainsAny(text, "\r\n")
}

func (s *section) mailbox(key string) string {
	v := s.take(key)
	if v == nil || !v.want(kindText) {
		return ""
	}
	if !plainAddress(v.text) {
		v.fault("it is not an address of the form name@example.com", "")
		return ""
	}
	return v.text
}

// server reads host:port of a mail server; the default port is 587.
func (s *section) server(key string) (server, host string) {
	v := s.take(key)
	if v == nil || !v.want(kindText) {
		return "", ""
	}
	host, port, err := net.SplitHostPort(v.text)
	if err != nil {
		host, port, err = net.SplitHostPort(v.text + ":587")
	}
	n, numErr := strconv.ParseUint(port, 10, 16)
	if err != nil || numErr != nil || n == 0 || host == "" || strings.ContainsAny(host, "@/ \t") {
		v.fault("it must be host:port", `write "smtp.example.com:587"`)
		return "", ""
	}
	return net.JoinHostPort(host, port), strings.ToLower(host)
}

// certificates reads a file of certificates in PEM form.
func (s *section) certificates(key string) []byte {
	v := s.take(key)
	if v == nil || !v.want(kindText) {
		return nil
	}
	data, _, err := s.r.env.read(s.r.file(v.text), maxConfig)
	if err != nil {
		v.fault("cannot read the file: "+regular.Cause(err).Error(), "relative paths begin at "+s.r.dir)
		return nil
	}
	if block, _ := pem.Decode(data); block == nil || block.Type != "CERTIFICATE" {
		v.fault("it has no certificate in PEM form", "a certificate begins with -----BEGIN CERTIFICATE-----")
		return nil
	}
	return data
}

func (s *section) webhook() *Webhook {
	w := &Webhook{Format: s.oneOf("format", "json", "slack", "teams")}
	w.URL = s.link("url", w.Format == "json")
	s.missing("url", "url: {env: HR2COUPA_WEBHOOK}")
	w.Secret = s.secret("secret")
	switch {
	case w.Format == "json":
		s.missing("secret", "it signs the body, so that the receiver knows who has sent it: secret: {env: HR2COUPA_WEBHOOK_SECRET}")
	case s.has("secret"):
		s.r.fault(s.r.lines[s.sub("secret")], s.sub("secret"), "only format json is signed", "remove it")
	}
	s.done()
	return w
}

// link reads an address that may be a secret: as a secret, or as text if plain allows it. No fault quotes it.
func (s *section) link(key string, plain bool) export.Secret {
	s.know(key)
	if !s.has(key) {
		return export.Secret{}
	}
	e := s.node.find(key)
	if e.value.kind != kindText {
		u := s.secret(key)
		if !u.IsZero() {
			(&setting{e.value, s.r, s.sub(key), e.line}).usable(u.Reveal())
		}
		return u
	}
	v := s.take(key)
	if !plain {
		v.fault("literal secret: whoever has this address can post", secretHint)
		return export.Secret{}
	}
	if !v.usable(v.text) {
		return export.Secret{}
	}
	return export.NewSecret(v.text)
}

func (v *setting) usable(link string) bool {
	u, err := url.Parse(link)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		v.fault("it is not an address that begins with https://", "")
	case u.Scheme == "http" && !isLoopback(strings.ToLower(u.Hostname())):
		v.fault("plain http is only for this machine: others could read it", "use https://")
	default:
		return true
	}
	return false
}

func heartbeat(s *section) Heartbeat {
	h := Heartbeat{URL: s.link("url", true)}
	if s.node != nil {
		s.missing("url", `heartbeat: {url: "https://hc-ping.com/UUID"}`)
	}
	s.done()
	return h
}

func (r *reader) metrics(s *section) Metrics {
	m := Metrics{Textfile: r.file(s.text("textfile", ""))}
	if s.node != nil {
		s.missing("textfile", "metrics: {textfile: /var/lib/node_exporter/hr2coupa.prom}")
	}
	if m.Textfile != "" && filepath.Ext(m.Textfile) != ".prom" {
		r.fault(r.lines["metrics.textfile"], "metrics.textfile", "node_exporter reads only files that end in .prom", "")
	}
	s.done()
	return m
}
