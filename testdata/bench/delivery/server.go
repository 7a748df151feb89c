package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"time"
)

const sshd = "/usr/sbin/sshd" // it must be started by its absolute path

// server is a throw-away OpenSSH server and what a client needs to get in.
type server struct {
	dir, host, port, user string
	drop                  string   // the drop folder
	client                []string // put before a client's command
	daemon                *exec.Cmd
}

// serve starts sshd on host; wrap is put before its command.
func serve(dir, host string, wrap []string) (*server, error) {
	me, err := user.Current()
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, host: host, port: "22022", user: me.Username, drop: filepath.Join(dir, "drop")}
	if err := os.MkdirAll(s.drop, 0o700); err != nil {
		return nil, err
	}
	if len(wrap) == 0 {
		if s.port, err = freePort(host); err != nil {
			return nil, err
		}
	}
	if err := s.keys(); err != nil {
		return nil, err
	}
	args := append(wrap, sshd, "-D", "-e", "-f", s.file("sshd_config"))
	s.daemon = exec.Command(args[0], args[1:]...)
	if err := s.daemon.Start(); err != nil {
		return nil, fmt.Errorf("start sshd (apt-get install openssh-server): %w", err)
	}
	time.Sleep(500 * time.Millisecond) // it does not tell when it listens
	return s, nil
}

func (s *server) stop() {
	s.daemon.Process.Kill()
	s.daemon.Wait()
}

func (s *server) file(name string) string { return filepath.Join(s.dir, name) }

func freePort(host string) (string, error) {
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// keys writes keys and configs of both sides.
func (s *server) keys() error {
	for _, name := range []string{"host_key", "user_key"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", s.file(name)).CombinedOutput(); err != nil {
			return fmt.Errorf("ssh-keygen (apt-get install openssh-client): %w: %s", err, out)
		}
	}
	hostKey, err := os.ReadFile(s.file("host_key.pub"))
	if err != nil {
		return err
	}
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // where sshd locks its unprivileged half in
			return err
		}
	}
	for name, text := range map[string]string{
		"known_hosts": fmt.Sprintf("[%s]:%s %s", s.host, s.port, hostKey),
		"sshd_config": fmt.Sprintf(`Port %s
ListenAddress %s
HostKey %s
PidFile none
AuthorizedKeysFile %s
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
UseDNS no
PermitRootLogin prohibit-password
MaxStartups 100
Subsystem sftp internal-sftp
`, s.port, s.host, s.file("host_key"), s.file("user_key.pub")),
		"ssh_config": fmt.Sprintf(`Host *
Port %s
User %s
IdentityFile %s
IdentitiesOnly yes
UserKnownHostsFile %s
GlobalKnownHostsFile /dev/null
StrictHostKeyChecking yes
BatchMode yes
LogLevel ERROR
`, s.port, s.user, s.file("user_key"), s.file("known_hosts")),
	} {
		if err := os.WriteFile(s.file(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// clear empties the drop folder, so that every upload meets the same.
func (s *server) clear() {
	left, _ := filepath.Glob(filepath.Join(s.drop, "*"))
	dotted, _ := filepath.Glob(filepath.Join(s.drop, ".*"))
	for _, f := range append(left, dotted...) {
		os.Remove(f)
	}
}

// longPath is the running program of that name.
type longPath struct {
	near, far, address string
	cmd                *exec.Cmd
	stdin              io.Closer
}

func openPath(program string) (*longPath, error) {
	if os.Getuid() != 0 {
		return nil, errors.New("needs root, for network namespaces")
	}
	if _, err := os.Stat("/dev/net/tun"); err != nil {
		return nil, errors.New("needs /dev/net/tun")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		return nil, errors.New("needs the program ip (apt-get install iproute2)")
	}
	p := &longPath{cmd: exec.Command(program)}
	p.cmd.Stderr = os.Stderr
	var err error
	if p.stdin, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) != 4 {
		p.close()
		return nil, errors.New("the path could not be made; see above")
	}
	p.near, p.far, p.address = words[0], words[1], words[3]
	return p, nil
}

func (p *longPath) close() {
	p.stdin.Close()
	p.cmd.Wait()
}
