package twin

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

func TestLogins(t *testing.T) {
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	ask := func(answer string) ssh.AuthMethod {
		return ssh.KeyboardInteractive(func(_, _ string, questions []string, _ []bool) ([]string, error) {
			answers := make([]string, len(questions))
			for i := range answers {
				answers[i] = answer
			}
			return answers, nil
		})
	}
	ways := map[string]ssh.AuthMethod{"password": ssh.Password("pw"), "keyboard-interactive": ask("pw"), "key": ssh.PublicKeys(signer)}
	for _, offered := range []string{"any", "password", "keyboard-interactive", "key"} {
		r := start(t, Options{Password: "pw", AuthorizedKeys: ssh.MarshalAuthorizedKey(signer.PublicKey())}, "login="+offered)
		for way, auth := range ways {
			conn, err := r.dial(auth)
			if (err == nil) != (offered == "any" || offered == way) {
				t.Errorf("%s offered, %s tried: %v", offered, way, err)
			}
			if conn != nil {
				conn.Close()
			}
		}
	}
	_, private, _ = ed25519.GenerateKey(rand.Reader)
	stranger, _ := ssh.NewSignerFromKey(private)
	r := start(t, Options{})
	for name, auth := range map[string]ssh.AuthMethod{"password": ssh.Password("no"), "question": ask("no"), "key": ssh.PublicKeys(stranger)} {
		if conn, err := r.dial(auth); err == nil {
			conn.Close()
			t.Errorf("a wrong %s was taken", name)
		}
	}
}

func TestJail(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(dir, "root")
	r := start(t, Options{Root: root})
	if err := os.Symlink("../../secret", filepath.Join(root, "Incoming", "link")); err != nil {
		t.Fatal(err)
	}
	c := r.client()
	for _, p := range []string{"/../secret", "../secret", "/Incoming/../../secret", "/Incoming/link"} {
		if f, err := c.Open(p); err == nil {
			f.Close()
			t.Errorf("%s was opened", p)
		}
		if f, err := c.OpenFile(p, os.O_WRONLY); err == nil {
			f.Close()
			t.Errorf("%s was opened for writing", p)
		}
	}
	if err := c.Symlink("/etc", "/Incoming/x"); err == nil {
		t.Error("a link was made")
	}
	if err := c.RemoveDirectory("/Incoming/Users"); err == nil {
		t.Error("the drop folder was removed")
	}
}

func TestFileOperations(t *testing.T) {
	r := start(t, Options{})
	c := r.client()
	if err := c.Mkdir("/Staging"); err != nil {
		t.Fatal(err)
	}
	data := bytes.Repeat([]byte("0123456789"), 30_000)
	if err := write(c, "/Staging/a", string(data)); err != nil {
		t.Fatal(err)
	}
	f, err := c.Open("/Staging/a")
	if err != nil {
		t.Fatal(err)
	}
	back, err := io.ReadAll(f)
	f.Close()
	if err != nil || !bytes.Equal(back, data) {
		t.Errorf("read back %d bytes, %v", len(back), err)
	}
	if err := write(c, "/Staging/b", "b"); err != nil {
		t.Fatal(err)
	}
	if err := c.Rename("/Staging/a", "/Staging/b"); err == nil {
		t.Error("a plain rename overwrote")
	}
	if err := c.Truncate("/Staging/a", 5); err != nil {
		t.Error(err)
	}
	if err := c.PosixRename("/Staging/a", "/Staging/b"); err != nil {
		t.Error(err)
	}
	if info, err := c.Stat("/Staging/b"); err != nil || info.Size() != 5 {
		t.Errorf("stat: %v %v", info, err)
	}
	if _, err := c.OpenFile("/Staging/b", os.O_WRONLY|os.O_CREATE|os.O_EXCL); err == nil {
		t.Error("an exclusive open overwrote")
	}
	if err := write(c, "/Nowhere/a", "a"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing folder: %v", err)
	}
	if err := c.Remove("/Staging/b"); err != nil {
		t.Error(err)
	}
}

func denied(err error) bool { return errors.Is(err, os.ErrPermission) }

func TestDropFolderPersonalities(t *testing.T) {
	for mode, want := range map[string][3]bool{"normal": {}, "no-list": {true, false, false}, "write-only": {true, true, true}} {
		r := start(t, Options{}, "drop-folder="+mode)
		r.put("a.csv", header)
		c := r.client()
		_, list := c.ReadDir("/Incoming/Users")
		_, look := c.Stat("/Incoming/Users/a.csv")
		f, read := c.Open("/Incoming/Users/a.csv")
		if f != nil {
			f.Close()
		}
		if got := [3]bool{denied(list), denied(look), denied(read)}; got != want {
			t.Errorf("%s: list, look, read denied: %v", mode, got)
		}
		if _, err := c.Stat("/Incoming/Users"); err != nil {
			t.Errorf("%s: the folder itself: %v", mode, err)
		}
	}
	r := start(t, Options{}, "archive-read=denied")
	r.load(header + "\n")
	if _, err := r.client().ReadDir("/Incoming/Archive/Users"); !denied(err) {
		t.Errorf("archive list: %v", err)
	}
	if _, err := r.client().Stat("/Incoming/Archive/Users/users.csv"); !denied(err) {
		t.Errorf("archive look: %v", err)
	}
}

func TestRenamePersonalities(t *testing.T) {
	for mode, code := range map[string]error{"unsupported": sftp.ErrSSHFxOpUnsupported, "denied": os.ErrPermission} {
		r := start(t, Options{}, "rename="+mode)
		c := r.client()
		if err := write(c, "/Incoming/Users/.a", "a"); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{c.Rename("/Incoming/Users/.a", "/Incoming/Users/a"), c.PosixRename("/Incoming/Users/.a", "/Incoming/Users/a")} {
			var status *sftp.StatusError
			if !errors.Is(err, code) && !(errors.As(err, &status) && status.FxCode() == code) {
				t.Errorf("%s: %v", mode, err)
			}
		}
	}
}

// Each silence is proved by a client that would wait for ever; closing the line ends it.
func TestSilence(t *testing.T) {
	const patience = 100 * time.Millisecond
	quiet := func(r *rig) (net.Conn, context.Context) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		t.Cleanup(cancel)
		conn, err := net.Dial("tcp", r.SFTPAddr())
		if err != nil {
			t.Fatal(err)
		}
		context.AfterFunc(ctx, func() { conn.Close() })
		return conn, ctx
	}
	config := &ssh.ClientConfig{User: "coupa", Auth: []ssh.AuthMethod{ssh.Password("coupa")}, HostKeyCallback: ssh.InsecureIgnoreHostKey()}

	conn, ctx := quiet(start(t, Options{}, "silent-after=connect"))
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || ctx.Err() == nil {
		t.Errorf("connect: %d bytes, %v", n, err)
	}

	for _, when := range []string{"auth", "write"} {
		r := start(t, Options{}, "silent-after="+when)
		conn, err := net.Dial("tcp", r.SFTPAddr())
		if err != nil {
			t.Fatal(err)
		}
		sc, channels, requests, err := ssh.NewClientConn(conn, r.SFTPAddr(), config)
		if err != nil {
			t.Fatal(err)
		}
		client := ssh.NewClient(sc, channels, requests)
		defer client.Close()
		deed := func() error { _, err := sftp.NewClient(client); return err }
		if when == "write" {
			c, err := sftp.NewClient(client)
			if err != nil {
				t.Fatal(err)
			}
			deed = func() error { return write(c, "/Incoming/Users/a.csv", "a") }
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience) // from when it is to be silent
		defer cancel()
		context.AfterFunc(ctx, func() { client.Close() })
		err = deed()
		if err == nil || ctx.Err() == nil {
			t.Errorf("%s: not silent: %v", when, err)
		}
	}
}

func TestDropAfterBytes(t *testing.T) {
	r := start(t, Options{}, "drop-after-bytes=100000")
	if err := write(r.client(), "/Incoming/Users/.a", string(make([]byte, 300_000))); err == nil {
		t.Fatal("all bytes came through")
	}
	info, err := os.Stat(filepath.Join(r.Root(), "Incoming", "Users", ".a"))
	if err != nil || info.Size() > 300_000 {
		t.Errorf("%v %v", info, err)
	}
	conn, err := r.dial()
	if err != nil {
		t.Fatalf("the next connection: %v", err)
	}
	conn.Close()
}

func TestOldAlgorithms(t *testing.T) {
	r := start(t, Options{}, "algorithms=old")
	modern := ssh.SupportedAlgorithms()
	config := &ssh.ClientConfig{User: "coupa", Auth: []ssh.AuthMethod{ssh.Password("coupa")}, HostKeyCallback: ssh.FixedHostKey(r.sftp.HostKey()),
		HostKeyAlgorithms: modern.HostKeys, Config: ssh.Config{KeyExchanges: modern.KeyExchanges}}
	if conn, err := ssh.Dial("tcp", r.SFTPAddr(), config); err == nil {
		conn.Close()
		t.Error("a modern client got in")
	}
	config.HostKeyAlgorithms, config.KeyExchanges = []string{ssh.KeyAlgoRSA}, ssh.InsecureAlgorithms().KeyExchanges
	conn, err := ssh.Dial("tcp", r.SFTPAddr(), config)
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestConnections(t *testing.T) {
	r := start(t, Options{}, "connections=1")
	r.client()
	if conn, err := r.dial(); err == nil {
		conn.Close()
		t.Error("a second connection was accepted")
	}
}
