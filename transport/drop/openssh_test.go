package drop

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/testdata/farend"
)

const sshd = "/usr/sbin/sshd" // it must be started by its absolute path

// TestOpenSSH runs the suite against OpenSSH's server: internal-sftp, key login, and a chroot where we are root.
func TestOpenSSH(t *testing.T) {
	needSSHD(t)
	c, root := startSSHD(t, "internal-sftp")
	suite(t, c, root)
	t.Run("fingerprint", func(t *testing.T) {
		c := c
		text, err := os.ReadFile(c.KnownHosts)
		if err != nil {
			t.Fatal(err)
		}
		_, _, key, _, _, err := ssh.ParseKnownHosts(text)
		if err != nil {
			t.Fatal(err)
		}
		c.HostKey, c.KnownHosts = ssh.FingerprintSHA256(key), ""
		dial(t, c)
		c.HostKey = ssh.FingerprintSHA256(newHostKey(t).PublicKey())
		wantFault(t, dialFault(t, t.Context(), c), "host key", ssh.FingerprintSHA256(key))
	})
	t.Run("login with an encrypted PKCS#8 key", func(t *testing.T) {
		c := c
		c.Key, c.Passphrase = export.NewSecret(string(lockedKey(t, "pkcs8_ed25519"))), export.NewSecret("sesame")
		dial(t, c)
	})
	t.Run("login refused", func(t *testing.T) {
		c := c
		c.Key = export.NewSecret(string(opensshKey(t, newKey(t))))
		wantFault(t, dialFault(t, t.Context(), c), "login", "tried publickey")
	})
	if os.Getuid() == 0 {
		return // root may write everywhere
	}
	t.Run("no permission", func(t *testing.T) {
		if err := os.Chmod(filepath.Join(root, "Incoming/Users"), 0o500); err != nil {
			t.Fatal(err)
		}
		wantFault(t, dial(t, c).Stage(t.Context(), part, nil), "permission")
	})
}

// TestHungSFTPServerBehindLivingSSHD: an SFTP server hangs behind a living SSH server; the SSH server's keepalives are
// no progress.
func TestHungSFTPServerBehindLivingSSHD(t *testing.T) {
	needSSHD(t)
	t.Parallel()
	server := "/usr/lib/openssh/sftp-server"
	if _, err := os.Stat(server); err != nil {
		t.Fatalf("%v; sshd is here and its SFTP server is not", err)
	}
	script := filepath.Join(t.TempDir(), "sftp-server")
	if err := os.WriteFile(script, []byte("#!/bin/sh\necho $$ > "+script+".pid\nexec "+server+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	c, _ := startSSHD(t, script, "ClientAliveInterval 1")
	c.Silence, c.Keepalive = limit, time.Second
	s := dial(t, c)
	text, err := os.ReadFile(script + ".pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	hung, err := os.FindProcess(pid)
	if err == nil {
		err = hung.Signal(syscall.SIGSTOP)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer hung.Kill()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	wantFault(t, s.Stage(ctx, part, content()), "silent", "3s", "write "+part)
}

func needSSHD(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(sshd); err != nil {
		if os.Getenv("HR2COUPA_REQUIRE_SSHD") == "1" {
			t.Fatalf("HR2COUPA_REQUIRE_SSHD=1 but there is no OpenSSH server: %v; apt-get install openssh-server", err)
		}
		t.Log("SKIPPED LOUDLY: delivery was NOT tested against OpenSSH's sshd, which is not installed here")
		t.Skip("SKIPPED LOUDLY: install openssh-server to run this test")
	}
}

func newKey(t *testing.T) ed25519.PrivateKey {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// startSSHD runs a throw-away sshd on loopback until the test ends, with the named SFTP server and extra lines of
// config. root holds its drop folders.
func startSSHD(t *testing.T, sftp string, lines ...string) (c Config, root string) {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	hostKey, userKey := newKey(t), newKey(t)
	dir, root := t.TempDir(), chrootable(t)
	for _, sub := range []string{"Incoming/Users", "Incoming/Archive/Users", "staging"} {
		if err := os.MkdirAll(filepath.Join(root, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	address, err := farend.Address()
	if err != nil {
		t.Fatal(err)
	}
	c = Config{
		Address: address, User: me.Username, Key: export.NewSecret(string(opensshKey(t, userKey))),
		KnownHosts: filepath.Join(dir, "known_hosts"), Folder: root + "/Incoming/Users", Archive: []string{root + "/Incoming/Archive/Users"},
	}
	config := fmt.Sprintf(`ListenAddress %s
HostKey %s/host_key
PidFile none
AuthorizedKeysFile %s/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
UseDNS no
PermitRootLogin prohibit-password
Subsystem sftp %s
%s
`, c.Address, dir, dir, sftp, strings.Join(lines, "\n"))
	if os.Getuid() == 0 && sftp == "internal-sftp" {
		config += "ChrootDirectory " + root + "\nForceCommand internal-sftp\n"
		c.Folder, c.Archive = "/Incoming/Users", []string{"/Incoming/Archive/Users"}
	}
	if os.Getuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // sshd confines its unprivileged process there
			t.Fatal(err)
		}
	}
	other, err := parseKey(Config{Key: export.NewSecret(string(lockedKey(t, "pkcs8_ed25519"))), Passphrase: export.NewSecret("sesame")})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"sshd_config":     config,
		"host_key":        string(opensshKey(t, hostKey)),
		"authorized_keys": string(ssh.MarshalAuthorizedKey(newSignerFor(t, userKey).PublicKey())) + string(ssh.MarshalAuthorizedKey(other.PublicKey())),
		"known_hosts":     knownhosts.Line([]string{c.Address}, newSignerFor(t, hostKey).PublicKey()) + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, c.Address, "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	return c, root
}

// chrootable makes a folder that sshd accepts: root owns every folder above it and no other user may write there. The
// usual temporary folder is not like that.
func chrootable(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		return t.TempDir()
	}
	root, err := os.MkdirTemp("/var/lib", "hr2coupa-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	return root
}

// run starts sshd, waits until it listens, and ends it with the test.
func run(t *testing.T, address string, args ...string) {
	t.Helper()
	var log strings.Builder
	cmd := exec.Command(sshd, args...)
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Log("sshd said:\n" + log.String())
		}
	})
	deadline := time.After(time.Minute)
	for {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
		select {
		case <-ended:
			t.Fatal("sshd ended: " + log.String())
		case <-deadline:
			t.Fatal("sshd does not listen")
		case <-time.After(10 * time.Millisecond):
		}
	}
}
