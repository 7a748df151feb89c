package farend

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// HarmSFTP is an SSH server that lets everyone in, with an SFTP server behind it that means harm. What it does not do
// harm with it does as it should, in a folder of this machine.
type HarmSFTP struct {
	Addr    string
	HostKey string // its fingerprint

	root   string
	mode   HarmSFTPMode
	config *ssh.ServerConfig
	listen net.Listener
	mu     sync.Mutex
	conns  []net.Conn
}

// StartHarmSFTP brings up a server that means harm in a mode's way; its paths lie below root.
func StartHarmSFTP(mode, root string) (*HarmSFTP, error) {
	s := &HarmSFTP{root: root, config: &ssh.ServerConfig{PasswordCallback: func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, nil }}}
	for _, m := range HarmSFTPModes() {
		if m.Name == mode {
			s.mode = m
		}
	}
	if s.mode.Name == "" {
		return nil, fmt.Errorf("no mode is called %q", mode)
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, err
	}
	s.config.AddHostKey(signer)
	if s.listen, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	s.Addr, s.HostKey = s.listen.Addr().String(), ssh.FingerprintSHA256(signer.PublicKey())
	go s.accept()
	return s, nil
}

// Close ends every connection.
func (s *HarmSFTP) Close() {
	s.listen.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		conn.Close()
	}
}

func (s *HarmSFTP) accept() {
	for {
		conn, err := s.listen.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		s.mu.Unlock()
		go s.serve(conn)
	}
}

func (s *HarmSFTP) serve(conn net.Conn) {
	defer conn.Close()
	sc, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	for offered := range channels {
		channel, requests, err := offered.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				r.Reply(r.Type == "subsystem", nil)
			}
		}()
		c := &sftpConn{server: s, ssh: sc, channel: channel, files: map[string]*os.File{}, listed: map[string]bool{}}
		go c.serve()
	}
}

// sftpConn is one SFTP session.
type sftpConn struct {
	server  *HarmSFTP
	ssh     *ssh.ServerConn
	channel ssh.Channel
	files   map[string]*os.File
	listed  map[string]bool // handles of folders whose list is through
	handles int
	slow    bool
}

// sftpRequest is a request: its type, its number, and the rest.
type sftpRequest struct {
	kind byte
	id   uint32
	body []byte
}

// text is the nth string in the body.
func (r sftpRequest) text(n int) string {
	b := r.body
	for {
		if len(b) < 4 || len(b)-4 < int(binary.BigEndian.Uint32(b)) {
			return ""
		}
		end := 4 + int(binary.BigEndian.Uint32(b))
		if n == 0 {
			return string(b[4:end])
		}
		n, b = n-1, b[end:]
	}
}

func (r sftpRequest) path() string { return path.Join("/", r.text(0)) }

func (r sftpRequest) rename(c *sftpConn) error {
	return os.Rename(c.local(r.path()), c.local(path.Join("/", r.text(1))))
}

func (c *sftpConn) local(name string) string {
	return filepath.Join(c.server.root, filepath.FromSlash(name))
}

func (c *sftpConn) serve() {
	defer c.channel.Close()
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(c.channel, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head)-5)
		if _, err := io.ReadFull(c.channel, body); err != nil {
			return
		}
		r := sftpRequest{kind: head[4], id: binary.BigEndian.Uint32(head[5:]), body: body}
		if !c.server.mode.harm(c, r) {
			c.handle(r)
		}
	}
}

// handle does what a good server does.
func (c *sftpConn) handle(r sftpRequest) {
	switch r.kind {
	case sftpInit:
		c.write(append(append(u32(5), sftpVersion), u32(3)...))
	case sftpOpen:
		f, err := os.OpenFile(c.local(r.path()), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		c.open(r, f, err)
	case sftpOpendir:
		_, err := os.ReadDir(c.local(r.path()))
		c.open(r, nil, err)
	case sftpReaddir:
		c.list(r)
	case sftpWrite:
		rest := r.body[4+len(r.text(0)):]
		data := sftpRequest{body: rest[8:]}.text(0)
		_, err := c.files[r.text(0)].WriteAt([]byte(data), int64(binary.BigEndian.Uint64(rest)))
		c.done(r, err)
	case sftpClose:
		if f := c.files[r.text(0)]; f != nil {
			f.Close()
		}
		c.done(r, nil)
	case sftpStat, sftpLstat:
		info, err := os.Stat(c.local(r.path()))
		if err != nil {
			c.done(r, err)
			return
		}
		mode := uint32(fileMode)
		if info.IsDir() {
			mode = folderMode
		}
		c.answer(sftpAttrs, r.id, attributes(uint64(info.Size()), mode))
	case sftpRealpath:
		c.answer(sftpName, r.id, u32(1), entry(r.path()))
	case sftpRemove:
		c.done(r, os.Remove(c.local(r.path())))
	case sftpRename:
		c.done(r, r.rename(c))
	case sftpSetstat:
		c.done(r, nil)
	default:
		c.status(r.id, statusUnsupported, "")
	}
}

func (c *sftpConn) open(r sftpRequest, f *os.File, err error) {
	if err != nil {
		c.done(r, err)
		return
	}
	c.handles++
	handle := fmt.Sprint(c.handles)
	c.files[handle] = f
	c.answer(sftpHandle, r.id, str(handle))
}

// list gives the names once, then the end.
func (c *sftpConn) list(r sftpRequest, names ...[]byte) {
	if handle := r.text(0); !c.listed[handle] && len(names) > 0 {
		c.listed[handle] = true
		c.answer(sftpName, r.id, append([][]byte{u32(uint32(len(names)))}, names...)...)
		return
	}
	c.status(r.id, statusEOF, "")
}

func (c *sftpConn) done(r sftpRequest, err error) {
	switch {
	case err == nil:
		c.status(r.id, statusOK, "")
	case os.IsNotExist(err):
		c.status(r.id, statusNoFile, "")
	default:
		c.status(r.id, statusFailure, "no")
	}
}

func (c *sftpConn) status(id, code uint32, text string) {
	c.answer(sftpStatus, id, u32(code), str(text), str("en"))
}

func (c *sftpConn) answer(kind byte, id uint32, parts ...[]byte) {
	body := append(append([]byte{kind}, u32(id)...), bytes.Join(parts, nil)...)
	c.write(append(u32(uint32(len(body))), body...))
}

func (c *sftpConn) write(b []byte) {
	if !c.slow {
		c.channel.Write(b)
		return
	}
	for i := range b {
		time.Sleep(harmNap)
		if _, err := c.channel.Write(b[i : i+1]); err != nil {
			return
		}
	}
}

// forever writes until no one reads any more.
func (c *sftpConn) forever(w io.Writer, b []byte) {
	for {
		if _, err := w.Write(b); err != nil {
			return
		}
	}
}

func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func str(s string) []byte { return append(u32(uint32(len(s))), s...) }

func entry(name string) []byte { return bytes.Join([][]byte{str(name), str(""), u32(0)}, nil) }

func attributes(size uint64, mode uint32) []byte {
	return append(binary.BigEndian.AppendUint64(u32(attrSize|attrPermissions), size), u32(mode)...)
}
