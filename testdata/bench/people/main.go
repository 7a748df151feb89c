// People writes an HR export for the benches: made-up people whose every value keeps Coupa's rules, with names in many
// scripts, quotes, commas and blanks in cells. The same -n and -seed write the same bytes.
//
//	people [-n 1000000] [-seed 1] [-broken] -o FILE.csv
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strconv"
)

func main() {
	n := flag.Int("n", 1_000_000, "people")
	seed := flag.Uint64("seed", 1, "the same seed gives the same people")
	broken := flag.Bool("broken", false, "break a rule in every row: e-mail addresses without @")
	out := flag.String("o", "", "file to write")
	flag.Parse()
	if err := write(*out, *n, *seed, *broken); err != nil {
		fmt.Fprintln(os.Stderr, "people:", err)
		os.Exit(1)
	}
}

func write(path string, n int, seed uint64, broken bool) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := f.Close(); err == nil {
			err = closed
		}
	}()
	w := bufio.NewWriterSize(f, 1<<20)
	if err := generate(w, n, rand.New(rand.NewPCG(seed, 0)), broken); err != nil {
		return err
	}
	return w.Flush()
}

// header has 21 fields: the mapping fills 20 columns from them, First Name from two.
const header = "employee_id,login,work_email,first_name,preferred_name,last_name,employment_status,grade,function,department," +
	"manager_login,cost_center,work_phone,approval_limit,currency,locale,country,city,location,buyer,expenses\n"

func generate(w io.Writer, n int, r *rand.Rand, broken bool) error {
	if _, err := io.WriteString(w, header); err != nil {
		return err
	}
	at := "@"
	if broken {
		at = ".at."
	}
	var row line
	for i := range n {
		row.reset()
		person(&row, i, n, at, r)
		if _, err := w.Write(row.end()); err != nil {
			return err
		}
	}
	return nil
}

// person fills one row. Employee number, login and e-mail hold i, which makes them unique, case-folded too.
func person(row *line, i, n int, at string, r *rand.Rand) {
	p := pick(r, places)
	latin := pick(r, logins)
	login := latin + "." + strconv.Itoa(i)
	row.add(fmt.Sprintf("%07d", i+1))
	row.add(login)
	row.add(mail(latin, i, at, r))
	row.add(pick(r, firstNames))
	row.add(preferred(r))
	row.add(pick(r, lastNames))
	row.add(pick(r, statuses))
	row.add("G" + strconv.Itoa(1+r.IntN(14)))
	row.add(pick(r, functions))
	row.add(pick(r, departments))
	row.add(pick(r, logins) + "." + strconv.Itoa(r.IntN(n)))
	row.add("CC-" + strconv.Itoa(10000+r.IntN(900)))
	row.add(fmt.Sprintf("%s%03d-%03d-%04d", p.dial, 200+r.IntN(700), 200+r.IntN(700), r.IntN(10000)))
	row.add(strconv.Itoa(500*(1+r.IntN(40))) + ".00 " + p.currency)
	row.add(p.currency)
	row.add(p.locale)
	row.add(p.country)
	row.add(p.city)
	row.add(p.site)
	row.add(yesNo(r, 20))
	row.add(yesNo(r, 85))
}

// mail is written as people write it, some of it in capitals: the mapping lowers it.
func mail(name string, i int, at string, r *rand.Rand) string {
	if r.IntN(4) == 0 {
		name = string(bytes.ToUpper([]byte(name[:1]))) + name[1:]
	}
	return name + "." + strconv.Itoa(i) + at + "acme.example"
}

// preferred is empty for most, where the mapping takes the first name.
func preferred(r *rand.Rand) string {
	if r.IntN(5) > 0 {
		return ""
	}
	return pick(r, nickNames)
}

func yesNo(r *rand.Rand, percent int) string {
	if r.IntN(100) < percent {
		return "Yes"
	}
	return "No"
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// line is one CSV row, quoted only where it has to be, as most HR systems write.
type line struct{ b []byte }

func (l *line) reset() { l.b = l.b[:0] }

func (l *line) add(cell string) {
	if !bytes.ContainsAny([]byte(cell), "\",\n") {
		l.b = append(append(l.b, cell...), ',')
		return
	}
	l.b = append(l.b, '"')
	for i := range len(cell) {
		if cell[i] == '"' {
			l.b = append(l.b, '"')
		}
		l.b = append(l.b, cell[i])
	}
	l.b = append(l.b, '"', ',')
}

// end turns the last comma into the row's end.
func (l *line) end() []byte {
	l.b[len(l.b)-1] = '\n'
	return l.b
}
