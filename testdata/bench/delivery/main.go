// Delivery measures how fast parts get to an OpenSSH server, against OpenSSH's own sftp and scp, lftp and rclone: on
// loopback, and over a path with a round trip of 50 ms where the machine lets us build one.
//
//	go run ./testdata/bench/delivery
//
// The server is a throw-away sshd with internal-sftp, and a key login. Everything is one whole process: start,
// connection, login, write, rename. BENCH_RUNS sets the rounds, BENCH_FAR=no leaves the long path out.
package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/testdata/bench/side"
)

const (
	one  = 8_000_000 // bytes: Coupa's largest file
	many = 10        // parts of several
	some = 2_000_000 // bytes of each of these: 5,000 rows of 400
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "delivery:", err)
		os.Exit(1)
	}
}

func run() error {
	dir, err := side.Room()
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := side.Build(dir, "./testdata/bench/deliver", "./testdata/bench/longpath"); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	big, err := parts(dir, "big", 1, one)
	if err != nil {
		return err
	}
	several, err := parts(dir, "some", many, some)
	if err != nil {
		return err
	}
	s := side.NewSheet(os.Stdout)
	if err := loopback(s, dir, big, several); err != nil {
		return err
	}
	if err := far(s, dir, big, several); err != nil {
		return err
	}
	s.End()
	return nil
}

// parts writes files of bytes that cannot be compressed.
func parts(dir, name string, n int, size int64) ([]string, error) {
	var files []string
	r := rand.NewChaCha8([32]byte{})
	for i := range n {
		file := filepath.Join(dir, fmt.Sprintf("%s%02d.csv", name, i))
		if err := fill(file, io.LimitReader(r, size)); err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// fill copies with the small buffer of io.Copy: a process starts with its parent's peak memory against its name.
func fill(file string, from io.Reader) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, from); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

func loopback(s *side.Sheet, dir string, big, several []string) error {
	srv, err := serve(filepath.Join(dir, "near"), "127.0.0.1", nil)
	if err != nil {
		return err
	}
	defer srv.stop()
	return race(s, srv, "on loopback", 1, big, several)
}

func far(s *side.Sheet, dir string, big, several []string) error {
	if os.Getenv("BENCH_FAR") == "no" {
		s.Skipped("50 ms round trip: left out by BENCH_FAR=no")
		return nil
	}
	p, err := openPath(filepath.Join(dir, "longpath"))
	if err != nil {
		s.Skipped("50 ms round trip: %v", err)
		return nil
	}
	defer p.close()
	srv, err := serve(filepath.Join(dir, "far"), p.address, []string{"ip", "netns", "exec", p.far})
	if err != nil {
		return err
	}
	defer srv.stop()
	srv.client = []string{"ip", "netns", "exec", p.near}
	return race(s, srv, "at 50 ms round trip", 0.8, big, several)
}

// race runs every program with one large part and then us and OpenSSH with several. share is how much of a peer's time we
// may take at most.
func race(s *side.Sheet, srv *server, where string, share float64, big, several []string) error {
	rounds := side.Number("BENCH_RUNS", 9)
	single := side.Race(rounds, []side.Contender{srv.ours(big), srv.sftp(big), srv.scp(big), srv.lftp(big), srv.rclone(big)})
	if single[0].Err != nil {
		return single[0].Err
	}
	s.Table(fmt.Sprintf("One part of %d MB to OpenSSH %s", int(one/1e6), where), single)
	for _, r := range single[1:] {
		if len(r.Times) == 0 {
			s.Skipped("against %s %s", r.Name, where)
			continue
		}
		got := single[0].To(r)
		s.Target(got < share, "%s less than %.2f of %s: %.2f", where, share, r.Name, got)
	}
	row := side.Race(rounds, []side.Contender{srv.ours(several), srv.sftp(several)})
	if row[0].Err != nil {
		return row[0].Err
	}
	s.Table(fmt.Sprintf("%d parts of %d MB one after another %s", many, int(some/1e6), where), row)
	if len(row[1].Times) > 0 {
		got := row[0].To(row[1])
		s.Target(got <= 1, "%s no slower than %s: %.2f of its time", where, row[1].Name, got)
	}
	return nil
}
