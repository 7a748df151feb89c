// Limit does the benches' mapping by hand, byte by byte, and nothing else: two workers, no rule checked, one layout, one
// input format. It writes the bytes that hr2coupa export writes and is the yardstick for it, not an example.
//
//	limit FEED.csv FOLDER
package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

const (
	workers  = 2
	partRows = 5000
	block    = 8 << 20 // bytes; must hold two parts of the feed
	fields   = 21
)

// header and order say how a row of the feed becomes a row of Coupa's.
const header = `"Employee Number","Login","Status","Purchasing User","Expense User","Email","First Name","Last Name","Department",` +
	`"Phone Work","Approval Limit","Approver Login","Default Account Code Segment-1","Default Currency","Default Locale",` +
	`"Default Address Location Code","Default Address City","Country Of Residence Code","Seniority Level","Business Function"` + "\n"

const (
	email     = 2
	preferred = 4
	status    = 6
)

var order = [...]int{0, 1, status, 19, 20, email, 3, 5, 9, 12, 13, 10, 11, 14, 15, 18, 17, 16, 7, 8}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: limit FEED.csv FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "limit:", err)
		os.Exit(1)
	}
}

// job is the rows of one part, as bytes of the feed.
type job struct {
	seq  int
	rows []byte
	blk  *shared
}

// shared is a block whose parts are mapped by any worker; the last one frees it.
type shared struct {
	b    []byte
	refs sync.WaitGroup
}

func run(feed, dir string) error {
	f, err := os.Open(feed)
	if err != nil {
		return err
	}
	defer f.Close()
	jobs := make(chan job, workers)
	failed := make(chan error, workers)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			if err := work(jobs, dir); err != nil {
				failed <- err
				for j := range jobs {
					j.blk.refs.Done()
				}
			}
		})
	}
	err = cut(f, jobs)
	close(jobs)
	wg.Wait()
	select {
	case worse := <-failed:
		return worse
	default:
		return err
	}
}

// cut hands out the feed in parts. Two blocks take turns.
func cut(f io.Reader, jobs chan<- job) error {
	blocks := [2]*shared{{b: make([]byte, block)}, {b: make([]byte, block)}}
	var rest []byte
	seq, top := 0, true
	for turn := 0; ; turn++ {
		blk := blocks[turn%2]
		blk.refs.Wait()
		kept := copy(blk.b, rest)
		n, err := io.ReadFull(f, blk.b[kept:])
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return err
		}
		b := blk.b[:kept+n]
		if top {
			b, top = b[bytes.IndexByte(b, '\n')+1:], false
		}
		for {
			size := part(b, last)
			if size == 0 {
				break
			}
			blk.refs.Add(1)
			jobs <- job{seq, b[:size], blk}
			seq++
			b = b[size:]
		}
		if last {
			return nil
		}
		rest = b
	}
}

// part finds the bytes of the next partRows rows, or 0 where they are not all there. No cell of this feed has a line break.
func part(b []byte, last bool) int {
	at := 0
	for range partRows {
		k := bytes.IndexByte(b[at:], '\n')
		if k < 0 {
			if last {
				return len(b)
			}
			return 0
		}
		at += k + 1
	}
	return at
}

func work(jobs <-chan job, dir string) error {
	var out []byte
	for j := range jobs {
		out = append(out[:0], header...)
		for b := j.rows; len(b) > 0; {
			out, b = row(out, b)
		}
		j.blk.refs.Done()
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("part%05d.csv", j.seq)), out, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// row maps the row that b begins with and returns what is behind it.
func row(out, b []byte) (_, rest []byte) {
	var cells [fields][]byte // as they stand in the feed, without the outer quotes; doubled quotes stay doubled
	for i := range fields {
		end := byte(',')
		if i == fields-1 {
			end = '\n'
		}
		if b[0] != '"' {
			k := short(b, end)
			cells[i], b = b[:k], b[k+1:]
			continue
		}
		k := 1
		for b[k] != '"' || b[k+1] == '"' {
			if b[k] == '"' {
				k++
			}
			k++
		}
		cells[i], b = b[1:k], b[k+2:]
	}
	if len(cells[preferred]) > 0 {
		cells[3] = cells[preferred]
	}
	for i, b := range cells[email] {
		if 'A' <= b && b <= 'Z' {
			cells[email][i] = b | 0x20
		}
	}
	switch string(cells[status]) {
	case "Active", "On Leave", "Probation":
		cells[status] = active
	case "Terminated":
		cells[status] = inactive
	}
	for _, i := range order {
		out = append(out, '"')
		out = append(out, cells[i]...)
		out = append(out, '"', ',')
	}
	out[len(out)-1] = '\n'
	return out, b
}

var active, inactive = []byte("active"), []byte("inactive")

// short is bytes.IndexByte for cells of a few bytes, where a call costs more than the search.
func short(b []byte, c byte) int {
	for i := range b {
		if b[i] == c {
			return i
		}
	}
	return len(b) - 1
}
