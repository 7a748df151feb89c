// Package farend is the other side of notices for tests: a real mail server and a real web server on loopback, which
// keep what they get and can be made to misbehave.
package farend

import (
	"bytes"
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// MailOptions say how a mail server behaves.
type MailOptions struct {
	Addr     string // where it listens; "" takes a free port
	TLS      bool   // from the first byte, in place of STARTTLS
	Plain    bool   // no TLS at all
	Hang     bool   // take connections and say nothing
	Refuse   bool   // refuse every recipient
	User     string // who may log in; "" asks for no login
	Password string
}

// Letter is one mail as it came.
type Letter struct {
	From, Subject string
	To            []string
	Header        mail.Header
	Text, HTML    string
	TLS           bool // it came over TLS
}

// String is the letter to read, with what a mailbox shows of it.
func (l Letter) String() string {
	return "From: " + l.From + "\nTo: " + strings.Join(l.To, ", ") + "\nSubject: " + l.Subject + "\n\n" + l.Text
}

// Mail is a mail server.
type Mail struct {
	Addr string
	CA   []byte // PEM of its certificate

	server *smtp.Server
	listen net.Listener
	mu     sync.Mutex
	got    []Letter
	hung   []net.Conn
}

// StartMail brings up a mail server on loopback.
func StartMail(o MailOptions) (*Mail, error) {
	cert, ca, err := certificate()
	if err != nil {
		return nil, err
	}
	m := &Mail{CA: ca}
	if m.listen, err = listen(cmp.Or(o.Addr, "127.0.0.1:0")); err != nil {
		return nil, err
	}
	m.Addr = m.listen.Addr().String()
	if o.Hang {
		go m.hang()
		return m, nil
	}
	m.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{m: m, o: o, c: c, in: o.User == ""}, nil
	}))
	m.server.Domain = "mail.acme.example"
	m.server.ErrorLog = quiet{}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	on := m.listen
	switch {
	case o.TLS:
		on = tls.NewListener(on, config)
	case !o.Plain:
		m.server.TLSConfig = config
	}
	go m.server.Serve(on) // until Close
	return m, nil
}

// listen waits for an address that was given up a moment ago: a process that is just being started holds every open
// socket until it has begun.
func listen(addr string) (net.Listener, error) {
	for until := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		l, err := net.Listen("tcp", addr)
		if !errors.Is(err, syscall.EADDRINUSE) || time.Now().After(until) {
			return l, err
		}
	}
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

func (m *Mail) hang() {
	for {
		c, err := m.listen.Accept()
		if err != nil {
			return
		}
		m.mu.Lock()
		m.hung = append(m.hung, c)
		m.mu.Unlock()
	}
}

// Close ends the server, and with it every connection.
func (m *Mail) Close() {
	m.listen.Close()
	if m.server != nil {
		m.server.Close()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.hung {
		c.Close()
	}
}

// Waiting tells how many connections hang.
func (m *Mail) Waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.hung)
}

// Letters gives what has come, oldest first.
func (m *Mail) Letters() []Letter {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Letter(nil), m.got...)
}

type session struct {
	m    *Mail
	o    MailOptions
	c    *smtp.Conn
	in   bool
	from string
	to   []string
}

func (s *session) AuthMechanisms() []string {
	if s.o.User == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != s.o.User || password != s.o.Password {
			return smtp.ErrAuthFailed
		}
		s.in = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.in {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if s.o.Refuse {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + "> no such user here"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	msg, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(msg.Header.Get("Subject"))
	if err != nil {
		return err
	}
	l := Letter{From: s.from, To: s.to, Subject: subject, Header: msg.Header}
	_, l.TLS = s.c.TLSConnectionState()
	if err := l.read(msg); err != nil {
		return err
	}
	s.m.mu.Lock()
	defer s.m.mu.Unlock()
	s.m.got = append(s.m.got, l)
	return nil
}

func (l *Letter) read(msg *mail.Message) error {
	_, params, err := mime.ParseMediaType(msg.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	parts := multipart.NewReader(msg.Body, params["boundary"])
	for {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		body := io.Reader(p)
		if p.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
			body = quotedprintable.NewReader(p)
		}
		data, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		text := string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") {
			l.HTML = text
		} else {
			l.Text = text
		}
	}
}

func (s *session) Reset() { s.from, s.to = "", nil }

func (*session) Logout() error { return nil }

// certificate makes one for 127.0.0.1 that stands for itself.
func certificate() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}, &x509.Certificate{SerialNumber: big.NewInt(1)}, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), nil
}
