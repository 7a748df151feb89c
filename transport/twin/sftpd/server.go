// Package sftpd is the SFTP side of the twin: logins, connections and file operations, with the faults that a server may have.
package sftpd

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/twin/folders"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// handshakeTime bounds an SSH handshake and login; a silent client is disconnected after it.
const handshakeTime = 30 * time.Second

// Account is the SFTP account, with the address and the key of the server. It may have a password, keys or both.
type Account struct {
	Address        string // to listen on
	User, Password string
	AuthorizedKeys []byte     // in the form of OpenSSH's authorized_keys
	HostKey        ssh.Signer // nil: generated
}

// Server accepts SSH connections and serves the sftp subsystem on them.
type Server struct {
	listener net.Listener
	config   *ssh.ServerConfig
	hostKey  ssh.PublicKey
	tree     *folders.Tree
	board    *switchboard.Board
	pickUp   func() // picks up files at once; see the switch pickup
	log      logrus.FieldLogger

	mu    sync.Mutex
	conns map[net.Conn]bool
	done  bool
	wg    export.Group
}

// Serve starts a server for the files of the tree. It calls pickUp when files are to be taken at
// once.
func Serve(ctx context.Context, account Account, tree *folders.Tree, board *switchboard.Board, pickUp func(), log logrus.FieldLogger) (*Server, error) {
	signer, err := hostSigner(account.HostKey, board.Get())
	if err != nil {
		return nil, err
	}
	config, err := serverConfig(account, board.Get())
	if err != nil {
		return nil, err
	}
	config.AddHostKey(signer)
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", account.Address)
	if err != nil {
		return nil, fmt.Errorf("sftp server: %w", err)
	}
	s := &Server{listener: ln, config: config, hostKey: signer.PublicKey(), tree: tree, board: board, pickUp: pickUp, log: log, conns: map[net.Conn]bool{}}
	s.wg.Go(s.accept)
	return s, nil
}

// hostSigner generates a key if none is given: ed25519, or RSA 2048 for an old server.
func hostSigner(given ssh.Signer, sw *switchboard.Switches) (ssh.Signer, error) {
	if sw.Algorithms != "old" {
		if given != nil {
			return given, nil
		}
		_, key, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("host key: %w", err)
		}
		return ssh.NewSignerFromKey(key)
	}
	if given == nil {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			return nil, fmt.Errorf("host key: %w", err)
		}
		if given, err = ssh.NewSignerFromKey(key); err != nil {
			return nil, fmt.Errorf("host key: %w", err)
		}
	}
	as, ok := given.(ssh.AlgorithmSigner)
	if !ok || given.PublicKey().Type() != ssh.KeyAlgoRSA {
		return nil, errors.New("host key: switch algorithms=old needs an RSA key")
	}
	return ssh.NewSignerWithAlgorithms(as, []string{ssh.KeyAlgoRSA})
}

func serverConfig(account Account, sw *switchboard.Switches) (*ssh.ServerConfig, error) {
	keys, err := parseKeys(account.AuthorizedKeys)
	if err != nil {
		return nil, err
	}
	config := &ssh.ServerConfig{ServerVersion: "SSH-2.0-CoupaTwin"}
	if sw.Algorithms == "old" {
		config.KeyExchanges = []string{ssh.InsecureKeyExchangeDH14SHA1}
		config.Ciphers = []string{ssh.CipherAES128CTR}
		config.MACs = []string{ssh.HMACSHA1}
		config.PublicKeyAuthAlgorithms = []string{ssh.KeyAlgoRSA}
	}
	right := func(user string, password []byte) error {
		if account.Password == "" || user != account.User || subtle.ConstantTimeCompare(password, []byte(account.Password)) != 1 {
			return errors.New("login refused")
		}
		return nil
	}
	offers := func(way string) bool { return sw.Login == "any" || sw.Login == way }
	if offers("password") && account.Password != "" {
		config.PasswordCallback = func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return nil, right(c.User(), password)
		}
	}
	if offers("keyboard-interactive") && account.Password != "" {
		config.KeyboardInteractiveCallback = func(c ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Password: "}, []bool{false})
			if err != nil || len(answers) != 1 {
				return nil, errors.New("login refused")
			}
			return nil, right(c.User(), []byte(answers[0]))
		}
	}
	if offers("key") {
		config.PublicKeyCallback = func(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
			for _, known := range keys {
				if c.User() == account.User && bytes.Equal(known.Marshal(), key.Marshal()) {
					return nil, nil
				}
			}
			return nil, errors.New("login refused")
		}
	}
	return config, nil
}

func parseKeys(authorized []byte) ([]ssh.PublicKey, error) {
	var keys []ssh.PublicKey
	for rest := bytes.TrimSpace(authorized); len(rest) > 0; {
		key, _, _, next, err := ssh.ParseAuthorizedKey(rest)
		if err != nil {
			return nil, fmt.Errorf("authorized keys: entry %d: %w", len(keys)+1, err)
		}
		keys = append(keys, key)
		rest = bytes.TrimSpace(next)
	}
	return keys, nil
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		if !s.enter(conn) {
			conn.Close()
			continue
		}
		s.wg.Go(func() {
			defer s.leave(conn)
			s.serve(conn)
		})
	}
}

func (s *Server) enter(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done || s.board.Get().Connections != switchboard.NoLimit && len(s.conns) >= s.board.Get().Connections {
		return false
	}
	s.conns[conn] = true
	return true
}

func (s *Server) leave(conn net.Conn) {
	conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, conn)
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// HostKey returns the public half of the host key.
func (s *Server) HostKey() ssh.PublicKey { return s.hostKey }

// Close ends the listener and every connection, and waits for them.
func (s *Server) Close() error {
	err := s.listener.Close()
	s.mu.Lock()
	s.done = true
	for conn := range s.conns {
		conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

// serve serves one connection from handshake to end.
func (s *Server) serve(conn net.Conn) {
	if s.board.Get().SilentAfter == "connect" {
		waitClosed(conn)
		return
	}
	conn.SetDeadline(time.Now().Add(handshakeTime))
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		s.log.WithError(err).Debug("no SSH session")
		return
	}
	conn.SetDeadline(time.Time{})
	sess := newSession(s, conn)
	defer sess.end()
	silent := s.board.Get().SilentAfter == "auth"
	if silent {
		sess.fallSilent()
	}
	s.wg.Go(func() { sess.answer(requests) })
	for nc := range channels {
		if !silent {
			sess.open(nc)
		}
	}
}

// waitClosed reads without answering until the client or Close ends the connection.
func waitClosed(conn net.Conn) {
	buf := make([]byte, 1024)
	for {
		if _, err := conn.Read(buf); err != nil {
			return
		}
	}
}
