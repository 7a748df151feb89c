package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/testdata/bench/side"
)

// out is the folder a contender writes to.
func (b *bench) out(name string) string {
	return filepath.Join(b.dir, "out-"+strings.NewReplacer(" ", "-", ",", "").Replace(name))
}

// empty gives a contender an empty folder before each run.
func (b *bench) empty(c side.Contender) side.Contender {
	out := b.out(c.Name)
	c.Before = func() {
		os.RemoveAll(out)
		os.MkdirAll(out, 0o700)
	}
	return c
}

func (b *bench) limit() side.Contender {
	c := side.Contender{Name: "by hand"}
	c.Command = []string{filepath.Join(b.dir, "limit"), b.good, b.out(c.Name)}
	return b.empty(c)
}

func (b *bench) ours(name, feed string, exit int) side.Contender {
	return b.empty(side.Contender{
		Name: name, Dir: b.dir, Exit: []int{exit},
		Command: []string{b.program, "export", "-d", b.out(name), feed},
	})
}

const scripts = "testdata/bench/export/peers/"

func (b *bench) peers() []side.Contender {
	python, noPython := side.Find("python3", "apt-get install python3")
	_, noCsvkit := side.Find("csvcut", "pip install csvkit, apt-get install csvkit")
	_, noMiller := side.Find("mlr", "apt-get install miller")
	gawk, noGawk := side.Find("gawk", "apt-get install gawk")
	field := []side.Contender{
		{Name: "Python csv", Missing: noPython, Command: []string{python, scripts + "python_csv.py", b.good}},
		b.duckdb(),
		{Name: "csvkit, no expressions", Missing: noCsvkit, Command: []string{"sh", scripts + "csvkit.sh", b.good}},
		{Name: "Miller", Missing: noMiller, Command: []string{"sh", scripts + "miller.sh", b.good}},
	}
	for i, c := range field {
		field[i].Command = append(c.Command, b.out(c.Name))
		field[i] = b.empty(field[i])
	}
	awk := side.Contender{Name: "gawk", Missing: noGawk, Env: []string{"LC_ALL=C"}, Rounds: 1}
	awk.Command = []string{gawk, "-f", scripts + "gawk.awk", "-v", "folder=" + b.out(awk.Name), b.good}
	return append(field, b.empty(awk))
}

func (b *bench) duckdb() side.Contender {
	node, missing := side.Find("node", "apt-get install nodejs")
	modules := "NODE_MODULES=" + os.Getenv("BENCH_NODE")
	c := side.Contender{Name: "DuckDB", Missing: missing, Env: []string{modules}, Command: []string{node, scripts + "duckdb.mjs", b.good}}
	if missing == "" {
		asked := c
		asked.Command = c.Command[:2]
		if _, err := side.Run(asked, 0); err != nil {
			c.Missing = "no @duckdb/node-api in BENCH_NODE (npm install @duckdb/node-api there)"
		}
	}
	return c
}

// written sums up a folder of parts.
type written struct {
	files int
	bytes int64
	sum   string
}

var number = regexp.MustCompile(`(\d+)(of\d+)?\D*$`)

// digest reads every file below dir in the order of the numbers their names end with. Parts of ours have the time and a
// hash before it; DuckDB's have a folder each.
func digest(dir string) (written, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return written{}, err
	}
	slices.SortFunc(files, func(a, b string) int { return strings.Compare(place(dir, a), place(dir, b)) })
	w := written{files: len(files)}
	h := sha256.New()
	for _, f := range files {
		n, err := add(h, f)
		if err != nil {
			return w, err
		}
		w.bytes += n
	}
	w.sum = hex.EncodeToString(h.Sum(nil))
	return w, nil
}

// place is what a file is sorted by: its number, padded.
func place(dir, path string) string {
	name := strings.TrimPrefix(path, dir)
	if folder := filepath.Base(filepath.Dir(path)); strings.HasPrefix(folder, "part=") {
		name = folder
	}
	m := number.FindStringSubmatch(strings.TrimSuffix(name, ".csv"))
	if m == nil {
		return name
	}
	return fmt.Sprintf("%020s", m[1])
}

func add(w io.Writer, path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	return io.Copy(w, f)
}
