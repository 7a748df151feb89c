package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func localFaults() []fault {
	many := []string{"limits.creates=unlimited", "limits.logins=unlimited", "limits.emails=unlimited"}
	small := append(many, "layout.max_rows=100")
	return []fault{
		{name: "disk full, no ledger yet", how: "no file beyond 4 KB", via: smallDisk(8), sees: "open ledger", exit: 1, next: sends},
		{name: "disk full while the spool is written", how: "no file beyond what the ledger has, and a larger part", both: many, do: feedOf(4000, 40), via: smallDisk(0), sees: "hint: check that there is room on that disk", exit: 1, next: sends, rows: 4000},
		{name: "disk full while the ledger is written", how: "no file beyond what the ledger has, and many small parts", both: small, do: feedOf(3000, 10), via: smallDisk(0), sees: "record the plan", exit: 1, next: sends, rows: 3000},
		{name: "disk full again and again while parts are on their way", how: "no file beyond 64 KB, then 68, and so on", via: growingDisk, sees: "disk I/O error / hint: check that there is room on the disk of", exit: 1, next: ends},
		{name: "folder of the ledger cannot be made", how: "an account without the right", do: readOnly, via: asNobody, sees: "permission denied", exit: 1, next: sends},
		{name: "ledger read-only", how: "mode 0500, an account without rights", do: readOnlyLedger, via: asNobody, sees: "cannot be written to", exit: 1, next: sends},
		{name: "feed changes while it is read", how: "HR appends to it", do: feedBytes(slices.Clone), via: appended, sees: "changed while being read", exit: 9, next: sends},
		{name: "feed empty", how: "0 bytes", do: feedBytes(func([]byte) []byte { return nil }), sees: "has no header: the file is empty", exit: 9, next: sends},
		{name: "feed truncated, gzipped", how: "cut after 100 bytes", do: feedBytes(func(all []byte) []byte { return zipped(all)[:100] }), sees: "its gzip data are cut off / hint: deliver the file again", exit: 9, next: sends},
		{name: "feed truncated in a record", how: "60 bytes missing", do: feedBytes(func(all []byte) []byte { return all[:len(all)-60] }), sees: "has 3 fields, header has 10", exit: 3, next: whole},
		{name: "feed truncated in quotes", how: "cut behind a quote that opens", do: feedBytes(func(all []byte) []byte { return all[:bytes.IndexByte(all, '"')+5] }), sees: "opens a quoted field that is not closed", exit: 3, next: whole},
	}
}

// feedBytes has HR deliver other bytes, and afterwards the right ones.
func feedBytes(spoil func([]byte) []byte) func(*stage) (func() error, error) {
	return func(n *stage) (func() error, error) {
		path := filepath.Join(n.dir, "feed.csv")
		all, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		return func() error { return os.WriteFile(path, all, 0o600) }, os.WriteFile(path, spoil(all), 0o600)
	}
}

func zipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data) // to memory
	z.Close()
	return b.Bytes()
}

// feedOf has HR deliver so many people with names of so many characters, also afterwards. The ledger exists already.
func feedOf(people, width int) func(*stage) (func() error, error) {
	return func(n *stage) (func() error, error) {
		if d := n.run("run", filepath.Join(n.dir, "nothing.csv")); d.exit != 9 {
			return nil, fmt.Errorf("a feed that is not there: exit code %d: %s", d.exit, d.log)
		}
		return func() error { return nil }, os.WriteFile(filepath.Join(n.dir, "feed.csv"), []byte(crowd(people, width)), 0o600)
	}
}

func crowd(people, width int) string {
	var b strings.Builder
	b.WriteString("employee_id,login,work_email,first_name,last_name,status,department\n")
	for i := range people {
		fmt.Fprintf(&b, "%06d,crowd%d,crowd%d@acme.example,%s,Crowd%d,active,Legal\n", 200_000+i, i, i, strings.Repeat("n", width), i)
	}
	return b.String()
}

// appended starts a run, and has HR still write to the feed after the run has looked at it and before it reads it.
func appended(n *stage, args ...string) came {
	var out, log bytes.Buffer
	env := newApp(func(k string) string { return n.env[k] }, strings.NewReader(""), &out, &log)
	env.Seams.Ledger = func(l wiring.Store) wiring.Store { return &appending{l, filepath.Join(n.dir, "feed.csv")} }
	exit := execute(context.Background(), env, append(args, "-c", n.configPath()))
	return came{exit: exit, out: out.String(), log: log.String(), loads: n.count()}
}

// appending is a ledger during whose answer a file grows.
type appending struct {
	wiring.Store
	path string
}

func (l *appending) Seen(name string) (export.SeenFile, bool, error) {
	f, err := os.OpenFile(l.path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return export.SeenFile{}, false, err
	}
	_, err = f.WriteString("900000,late,late@acme.example,L,Late,active,Legal\n")
	if err := errors.Join(err, f.Close()); err != nil {
		return export.SeenFile{}, false, err
	}
	return l.Store.Seen(name)
}

// foreign is what a person does about a file that is in the way of a part: looks at it, and removes it.
func foreign(n *stage) (func() error, error) {
	return func() error {
		found, err := filepath.Glob(filepath.Join(n.twin.Root(), "Incoming", "Users", "Users_*.csv"))
		if err != nil || len(found) != 1 {
			return fmt.Errorf("%d files in the way (%w)", len(found), err)
		}
		return os.Remove(found[0])
	}, nil
}

// process runs a command as a process of its own, whose name and settings prepare may change.
func (n *stage) process(args []string, prepare func(*exec.Cmd)) came {
	cmd := exec.Command("hr2coupa", append(args, "-c", n.configPath())...)
	var out, log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &log
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GORACE=atexit_sleep_ms=0"}
	for name, value := range n.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	prepare(cmd)
	err := cmd.Run()
	d := came{out: out.String(), log: log.String(), loads: len(n.sent())}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		d.exit = exit.ExitCode()
	} else if err != nil {
		d.exit, d.log = -1, err.Error()
	}
	return d
}

// smallDisk lets no file grow beyond so many blocks of 512 bytes; 0: beyond what the ledger has already, or what SQLite
// needs to begin.
func smallDisk(blocks int64) func(*stage, ...string) came {
	return func(n *stage, args ...string) came {
		if blocks == 0 {
			blocks = 64 << 10 / 512
			if info, err := os.Stat(filepath.Join(n.dir, "ledger", "ledger.db")); err == nil {
				blocks = max(blocks, info.Size()/512)
			}
		}
		return n.process(args, func(cmd *exec.Cmd) {
			cmd.Args = append([]string{"sh", "-c", fmt.Sprintf(`ulimit -f %d && exec hr2coupa "$@"`, blocks), "sh"}, cmd.Args[1:]...)
			cmd.Path, cmd.Err = "/bin/sh", nil
		})
	}
}

// growingDisk runs with a little more space each time, until a run ends after a part was picked up. Before each try Coupa
// picks up what is there, since that try might succeed.
func growingDisk(n *stage, args ...string) came {
	for blocks := int64(64 << 10 / 512); ; blocks += 8 {
		d := smallDisk(blocks)(n, args...)
		n.twin.PickUp()
		if d.loads = n.count(); d.exit != 1 || d.loads > 0 {
			return d
		}
	}
}

// uidNobody is an account without rights, which every Unix has by this number or does not need.
const uidNobody = 65534

// asNobody runs a command without the rights of root, which ignores the modes of files.
func asNobody(n *stage, args ...string) came {
	return n.process(args, func(cmd *exec.Cmd) {
		if os.Getuid() == 0 {
			cmd.Path, cmd.Err = filepath.Join(n.dir, "hr2coupa"), nil
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uidNobody, Gid: uidNobody}}
		}
	})
}

// readOnly makes the folder one that all users may read and none may write. The program is in it, where they reach it.
func readOnly(n *stage) (func() error, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	// A process of its own copies it: while this process has a program open for writing, another night may start a process
	// that inherits the open file, and then the program cannot be run.
	program := filepath.Join(n.dir, "hr2coupa")
	if said, err := exec.Command("cp", self, program).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("copy the program: %w: %s", err, said)
	}
	err = errors.Join(
		os.Chmod(program, 0o755), os.Chmod(filepath.Dir(n.dir), 0o755),
		os.Chmod(n.configPath(), 0o644), os.Chmod(filepath.Join(n.dir, "feed.csv"), 0o644), os.Chmod(n.dir, 0o555),
	)
	return func() error { return os.Chmod(n.dir, 0o755) }, err
}

// readOnlyLedger makes a ledger and removes the right to write to its folder.
func readOnlyLedger(n *stage) (func() error, error) {
	end, err := readOnly(n)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(n.dir, "ledger")
	chown := func(uid int) error {
		if os.Getuid() != 0 {
			return nil
		}
		return filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error { return errors.Join(err, os.Lchown(path, uid, uid)) })
	}
	if err := errors.Join(os.Chmod(n.dir, 0o755), os.Mkdir(dir, 0o700), chown(uidNobody)); err != nil {
		return nil, err
	}
	if d := asNobody(n, "run", filepath.Join(n.dir, "nothing.csv")); d.exit != 9 {
		return nil, fmt.Errorf("a feed that is not there: exit code %d: %s", d.exit, d.log)
	}
	return func() error { return errors.Join(os.Chmod(dir, 0o700), chown(0), end()) }, os.Chmod(dir, 0o500)
}
