package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/testdata/farend"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

const (
	opensshServer = "/usr/sbin/sshd" // it insists on being started by its absolute path
	opensshPeople = 300
	opensshParts  = 3
)

// TestOpenSSH runs the main job against OpenSSH's own server: internal-sftp, key login, chrooted if we are root.
func TestOpenSSH(t *testing.T) {
	needOpenSSH(t)
	for name, pin := range map[string]func(*openSSH, opensshKey) error{
		"host_key": (*openSSH).pinFingerprint, "known_hosts": (*openSSH).pinKnownHosts,
	} {
		t.Run(name+"/delivered once", func(t *testing.T) { deliveredOnce(t, pin) })
		t.Run(name+"/wrong key", func(t *testing.T) { wrongHostKey(t, pin) })
	}
}

func needOpenSSH(t *testing.T) {
	t.Helper()
	_, err := os.Stat(opensshServer)
	switch {
	case err == nil:
	case os.Getenv("HR2COUPA_REQUIRE_SSHD") == "1":
		t.Fatalf("HR2COUPA_REQUIRE_SSHD=1, but there is no OpenSSH server: %v; apt-get install openssh-server", err)
	default:
		t.Skipf("SKIPPED, LOUDLY: the main job was NOT tested against OpenSSH's sshd (%v); apt-get install openssh-server", err)
	}
}

func deliveredOnce(t *testing.T, pin func(*openSSH, opensshKey) error) {
	o := startOpenSSH(t)
	noError(t, pin(o, o.hostKey))

	rep := o.runJob(t, export.ExitOK)
	if rep.Verdict != "ok" || rep.Counts["input"] != opensshPeople || rep.Counts["applied"] != opensshPeople || len(rep.Parts) != opensshParts {
		t.Errorf("the report says %q, %v, %d parts; want ok, %d in and applied, %d parts", rep.Verdict, rep.Counts, len(rep.Parts), opensshPeople, opensshParts)
	}
	o.wantLoaded(t, rep.Parts)
	o.wantFiles(t, "Incoming/Users", 0) // neither parts nor temporaries
	o.wantFiles(t, "Incoming/Archive/Users", opensshParts)

	if again := o.runJob(t, export.ExitOK); again.Verdict != "seen" || len(again.Parts) != 0 {
		t.Errorf("the same feed again: %q with %d parts, want seen with none", again.Verdict, len(again.Parts))
	}
	o.twin.PickUp()
	o.wantLoaded(t, rep.Parts)
	o.wantFiles(t, ".", opensshParts)
}

func wrongHostKey(t *testing.T, pin func(*openSSH, opensshKey) error) {
	o := startOpenSSH(t)
	other := o.newKey(t, "other_key")
	noError(t, pin(o, other))

	rep := o.runJob(t, export.ExitNotDelivered)
	for _, want := range []string{
		"host key", "offered ssh-ed25519 " + o.hostKey.fingerprint(), other.fingerprint(),
	} {
		if !strings.Contains(rep.Why, want) {
			t.Errorf("the report does not tell %q: %s", want, rep.Why)
		}
	}
	if rep.Verdict != "not delivered" || rep.Counts["pending"] != opensshPeople {
		t.Errorf("the report says %q, %v; want not delivered, all %d pending", rep.Verdict, rep.Counts, opensshPeople)
	}
	o.twin.PickUp()
	o.wantLoaded(t, nil)
	o.wantFiles(t, ".", 0)
}

// openSSH is a world whose twin picks up what OpenSSH's sshd has written.
type openSSH struct {
	*world
	root    string // of the SFTP tree, for sshd and twin alike
	address string // of sshd
	hostKey opensshKey
}

func startOpenSSH(t *testing.T) *openSSH {
	t.Helper()
	o := &openSSH{world: &world{dir: t.TempDir(), config: defaultConfig()}, root: opensshRoot(t)}
	t.Cleanup(o.close)
	feed, users := opensshFeed()
	noError(t, os.WriteFile(filepath.Join(o.dir, "feed.csv"), feed, 0o600))
	var err error
	o.twin, err = twin.Start(context.Background(), twin.Options{
		Root: o.root, Users: bytes.NewReader(users), ClientSecret: plantedSecret,
		Switches: switchboard.Switches{PickUpInterval: 20 * time.Millisecond, Rate: switchboard.NoLimit},
	})
	noError(t, err)
	o.startSSHD(t)
	o.config.set("instance", o.twin.URL())
	o.config.set("layout.max_rows", fmt.Sprint(opensshPeople/opensshParts))
	for _, limit := range []string{"limits.logins", "limits.emails"} { // this config does not ask Coupa, and unknown counts as change
		o.config.set(limit, "unlimited")
	}
	return o
}

// opensshFeed has new family names for people that Coupa has already.
func opensshFeed() (feed, users []byte) {
	var f, u bytes.Buffer
	f.WriteString("employee_id,login,work_email,first_name,last_name,status,department\n")
	u.WriteString("[")
	for i := range opensshPeople {
		fmt.Fprintf(&f, "%06d,login%03d,mail%03d@acme.example,Given%03d,Married%03d,active,Finance\n", i+1, i, i, i, i)
		fmt.Fprintf(&u, `{"id": %d, "login": "login%03d", "email": "mail%03d@acme.example", "firstname": "Given%03d", "lastname": "Born%03d",
			"employee-number": "%06d", "active": true, "roles": [{"name": "User"}], "department": {"name": "Finance"}},`, i+1, i, i, i, i, i+1)
	}
	u.Truncate(u.Len() - 1) // the last comma
	u.WriteString("]")
	return f.Bytes(), u.Bytes()
}

// opensshRoot makes a folder as sshd wants it for a chroot: it and all above it belong to root and only root may write to
// them. The usual temporary folder is not such a one.
func opensshRoot(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		return t.TempDir()
	}
	root, err := os.MkdirTemp("/var/lib", "hr2coupa-test-")
	noError(t, err)
	t.Cleanup(func() { os.RemoveAll(root) })
	noError(t, os.Chmod(root, 0o755))
	return root
}

// startSSHD starts a throw-away sshd on loopback and points the config at it; only the host key is not pinned yet.
func (o *openSSH) startSSHD(t *testing.T) {
	t.Helper()
	me, err := user.Current()
	noError(t, err)
	o.address, err = farend.Address()
	noError(t, err)
	o.config.remove("sftp.password")
	o.config.set("sftp.address", o.address)
	o.config.set("sftp.user", me.Username)
	o.config.set("sftp.key", "{file: user_key}")
	text := fmt.Sprintf(`ListenAddress %s
HostKey %[2]s/host_key
AuthorizedKeysFile %[2]s/user_key.pub
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
UseDNS no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
`, o.address, o.dir)
	if os.Getuid() == 0 {
		text += "ChrootDirectory " + o.root + "\n"
		noError(t, os.MkdirAll("/run/sshd", 0o755)) // where sshd confines its unprivileged half
	} else {
		o.config.set("sftp.folder", o.root+"/Incoming/Users")
		o.config.set("sftp.archive", "["+o.root+"/Incoming/Archive/Users]")
	}
	noError(t, os.WriteFile(filepath.Join(o.dir, "sshd_config"), []byte(text), 0o600))
	o.hostKey = o.newKey(t, "host_key")
	o.newKey(t, "user_key")
	listenSSHD(t, o.address, filepath.Join(o.dir, "sshd_config"))
}

// listenSSHD starts sshd, waits until it listens, and ends it with the test.
func listenSSHD(t *testing.T, address, config string) {
	t.Helper()
	var log heard
	cmd := exec.Command(opensshServer, "-D", "-e", "-f", config)
	cmd.Stderr = &log
	cmd.WaitDelay = 10 * time.Second // for a connection's own process, which writes there too
	noError(t, cmd.Start())
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Log("sshd said:\n" + log.String())
		}
	})
	retry := time.NewTicker(10 * time.Millisecond)
	defer retry.Stop()
	for deadline := time.After(patience); ; {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return
		}
		select {
		case <-retry.C:
		case <-ended:
			t.Fatal("sshd ended before it listened")
		case <-deadline:
			t.Fatalf("sshd does not listen on %s after %s", address, patience)
		}
	}
}

// opensshKey is the public half of a key as OpenSSH writes it: type and base64.
type opensshKey string

// newKey makes a key in the world's folder with OpenSSH's own tool.
func (o *openSSH) newKey(t *testing.T, name string) opensshKey {
	t.Helper()
	file := filepath.Join(o.dir, name)
	if said, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, said)
	}
	public, err := os.ReadFile(file + ".pub")
	noError(t, err)
	return opensshKey(strings.TrimSpace(string(public)))
}

// fingerprint returns the hash of the key as ssh-keygen -l shows it.
func (k opensshKey) fingerprint() string {
	_, encoded, _ := strings.Cut(string(k), " ")
	blob, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err.Error() // which no server shows
	}
	sum := sha256.Sum256(blob)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

func (o *openSSH) pinFingerprint(key opensshKey) error {
	o.config.set("sftp.host_key", `"`+key.fingerprint()+`"`)
	return o.writeConfig()
}

func (o *openSSH) pinKnownHosts(key opensshKey) error {
	o.config.remove("sftp.host_key")
	o.config.set("sftp.known_hosts", "known_hosts")
	host, port, err := net.SplitHostPort(o.address)
	line := fmt.Sprintf("[%s]:%s %s\n", host, port, key)
	return errors.Join(err, o.writeConfig(), os.WriteFile(filepath.Join(o.dir, "known_hosts"), []byte(line), 0o600))
}

// opensshReport is what these tests read of a report.
type opensshReport struct {
	Verdict string
	Why     string
	Counts  map[string]int
	Parts   []export.Part
}

// runJob goes through the front door and checks the exit code, and that stderr has nothing private.
func (o *openSSH) runJob(t *testing.T, want int) (rep opensshReport) {
	t.Helper()
	getenv := func(name string) string { return map[string]string{"COUPA_CLIENT_SECRET": plantedSecret}[name] }
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var out, log bytes.Buffer
	code := Main(ctx, []string{"run", "--json", "-c", o.configPath()}, getenv, strings.NewReader(""), &out, &log)
	err := json.Unmarshal(out.Bytes(), &rep)
	if code != want || err != nil {
		t.Fatalf("exit code %d, want %d; report: %s (%v)\n%s", code, want, rep.Why, err, &log)
	}
	if shown, err := o.shown(log.String()); err != nil || len(shown) > 0 {
		t.Errorf("stderr shows what is private: %q (%v)", shown, err)
	}
	return rep
}

// wantLoaded checks that each part has one load, of exactly the bytes of the part, and that every row was applied once. Whether a
// file was still open when the twin took it cannot be seen behind sshd; its bytes show it.
func (o *openSSH) wantLoaded(t *testing.T, parts []export.Part) {
	t.Helper()
	sums, rows := map[string]string{}, 0
	for _, p := range parts {
		sums[p.Name] = p.SHA256
		rows += p.Rows
	}
	loads := o.twin.Loads()
	if len(loads) != len(parts) {
		t.Errorf("the twin has seen %d loads, want %d", len(loads), len(parts))
	}
	for _, l := range loads {
		if l.Torn() || l.SHA256 != sums[l.Name] {
			t.Errorf("load %d of %s: torn, or not the bytes that were planned", l.ID, l.Name)
		}
	}
	times := map[string]int{}
	for _, a := range o.twin.Applied() {
		if times[a.Login]++; times[a.Login] > 1 || !a.Changed {
			t.Errorf("the row of %s was applied %d times, changed: %v", a.Login, times[a.Login], a.Changed)
		}
	}
	if len(times) != rows {
		t.Errorf("rows of %d people were applied, want %d", len(times), rows)
	}
}

// wantFiles counts the files below a folder of the SFTP tree, temporaries included.
func (o *openSSH) wantFiles(t *testing.T, folder string, want int) {
	t.Helper()
	var found []string
	noError(t, filepath.WalkDir(filepath.Join(o.root, folder), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, path)
		}
		return err
	}))
	if len(found) != want {
		t.Errorf("%s holds %d files, want %d: %q", folder, len(found), want, found)
	}
}

// noError ends the test at an error.
func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
