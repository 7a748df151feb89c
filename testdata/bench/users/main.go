// Users writes a Users export of Coupa's for the benches, from the parts that hr2coupa export wrote: a number for each user,
// the users in another order than HR's people, and the other status for one in -changed. The same parts and -seed
// write the same bytes.
//
//	users [-seed 1] [-changed 200] -o FILE.csv PART.csv...
package main

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
)

func main() {
	seed := flag.Uint64("seed", 1, "the same seed gives the same order")
	changed := flag.Int("changed", 200, "one user in so many is active in HR and inactive in Coupa, or the other way round; 0: none")
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if err := run(*out, flag.Args(), *seed, *changed); err != nil {
		fmt.Fprintln(os.Stderr, "users:", err)
		os.Exit(1)
	}
}

func run(out string, parts []string, seed uint64, changed int) (err error) {
	header, lines, err := read(parts)
	if err != nil {
		return err
	}
	r := rand.New(rand.NewPCG(seed, 0))
	r.Shuffle(len(lines), func(i, k int) { lines[i], lines[k] = lines[k], lines[i] })
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintf(w, "\"Id\",%s\n", header) // Flush returns what a write could not do
	for i, line := range lines {
		if changed > 0 && i%changed == 0 {
			line = flip(line)
		}
		fmt.Fprintf(w, "\"%d\",%s\n", i+1, line)
	}
	return w.Flush()
}

// read returns the header and the lines of all parts.
func read(parts []string) (header []byte, lines [][]byte, err error) {
	for _, name := range parts {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		all := bytes.Split(bytes.TrimSuffix(data, []byte("\n")), []byte("\n"))
		if header != nil && !bytes.Equal(header, all[0]) {
			return nil, nil, fmt.Errorf("%s has other columns than the part before it", name)
		}
		header, lines = all[0], append(lines, all[1:]...)
	}
	if len(lines) == 0 {
		return nil, nil, errors.New("the parts have no lines")
	}
	return header, lines, nil
}

// flip returns a line with the other status. Parts of the bench have no line breaks in cells, and no other cell is a status.
func flip(line []byte) []byte {
	const active, inactive = `"active"`, `"inactive"`
	if i := bytes.Index(line, []byte(active)); i >= 0 {
		return slices.Concat(line[:i], []byte(inactive), line[i+len(active):])
	}
	return bytes.Replace(line, []byte(inactive), []byte(active), 1)
}
