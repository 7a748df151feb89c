package feed

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// people returns an HR file of n records and 20 fields. Either every field is quoted, or only those that need it: one
// in every tenth record, which goes over two lines.
func people(n int, quoted bool) string {
	var b strings.Builder
	for i := range n + 1 {
		row := header20()
		if i > 0 {
			row = person(i)
		}
		for j, v := range row {
			if j > 0 {
				b.WriteByte(',')
			}
			if quoted || strings.ContainsAny(v, "\",\n") {
				v = `"` + strings.ReplaceAll(v, `"`, `""`) + `"`
			}
			b.WriteString(v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func header20() []string {
	row := []string{"employee_id"}
	for i := 1; i < 20; i++ {
		row = append(row, fmt.Sprintf("field_%d", i))
	}
	return row
}

func person(i int) []string {
	row := []string{fmt.Sprintf("%07d", i), "Zoë", "Müller", fmt.Sprintf("zoe%d@example.com", i), "active", "2026-11-23", "FR", "EUR", "Jo Smith"}
	if i%10 == 0 {
		row[8] = "Smith, \"Jo\"\nSecond line"
	}
	for len(row) < 20 {
		row = append(row, "Some Value")
	}
	return row
}

func TestNextAllocatesNothing(t *testing.T) {
	for _, quoted := range []bool{false, true} {
		f, err := Open([]string{write(t, "x.csv", people(2000, quoted))}, Options{Key: "employee_id", ChunkRows: 2000})
		if err != nil {
			t.Fatal(err)
		}
		err = f.Chunks(func(c export.Chunk) error {
			defer c.Release()
			var rec export.Record
			c.Next(&rec)
			if n := testing.AllocsPerRun(1000, func() {
				if !c.Next(&rec) || rec.Fault != nil {
					t.Fatal("no record")
				}
			}); n != 0 {
				t.Errorf("Next allocates %v times a record", n)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestBlocksAreReused: a pass uses as many blocks as there are chunks in use at a time, however long the file is.
func TestBlocksAreReused(t *testing.T) {
	f, err := openSized([]string{write(t, "x.csv", people(5000, false))}, Options{}, sizes{record: 2 << 10, block: 4 << 10, rows: 5})
	if err != nil {
		t.Fatal(err)
	}
	made := map[*byte]bool{}
	n := 0
	var rec export.Record
	err = f.Chunks(func(c export.Chunk) error {
		made[&c.(*csvChunk).blk.b[0]] = true
		for c.Next(&rec) {
			n++
		}
		c.Release()
		c.Release()
		if c.Next(&rec) {
			t.Error("a released chunk gives a record")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n != 5000 || len(made) > 3 {
		t.Errorf("%d records in %d blocks", n, len(made))
	}
}

// TestManyWorkers: several workers cut chunks of one block at the same time, in place, while two passes run at once.
func TestManyWorkers(t *testing.T) {
	f, err := openSized([]string{write(t, "x.csv", people(3000, true))}, Options{}, sizes{record: 2 << 10, block: 16 << 10, rows: 3})
	if err != nil {
		t.Fatal(err)
	}
	var passes sync.WaitGroup
	for range 2 {
		passes.Go(func() {
			if n := countInParallel(t, f); n != 3000 {
				t.Errorf("%d records, want 3000", n)
			}
		})
	}
	passes.Wait()
}

func countInParallel(t testing.TB, f *Feed) int {
	chunks := make(chan export.Chunk, 4)
	counts := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			n := 0
			var rec export.Record
			for c := range chunks {
				for c.Next(&rec) {
					if rec.Fault != nil || strings.HasSuffix(rec.Values[0], "0") != (rec.Values[8] == "Smith, \"Jo\"\nSecond line") {
						t.Errorf("line %d: %v", rec.Line, rec.Fault)
					}
					n++
				}
				c.Release()
			}
			counts <- n
		}()
	}
	if err := f.Chunks(func(c export.Chunk) error { chunks <- c; return nil }); err != nil {
		t.Error(err)
	}
	close(chunks)
	total := 0
	for range runtime.GOMAXPROCS(0) {
		total += <-counts
	}
	return total
}

func BenchmarkFeed(b *testing.B) {
	for _, bm := range []struct{ name, data string }{{"plain", people(100_000, false)}, {"quoted", people(100_000, true)}} {
		f, err := Open([]string{write(b, "x.csv", bm.data)}, Options{})
		if err != nil {
			b.Fatal(err)
		}
		for _, way := range []struct {
			name string
			pass func() error
		}{
			{"split", func() error { return f.Chunks(func(c export.Chunk) error { c.Release(); return nil }) }},
			{"one", func() error { return cutAll(f) }},
			{"parallel", func() error { countInParallel(b, f); return nil }},
		} {
			b.Run(bm.name+"/"+way.name, func(b *testing.B) {
				b.SetBytes(int64(len(bm.data)))
				b.ReportAllocs()
				for b.Loop() {
					if err := way.pass(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func cutAll(f *Feed) error {
	var rec export.Record
	return f.Chunks(func(c export.Chunk) error {
		defer c.Release()
		for c.Next(&rec) {
			if rec.Fault != nil {
				return rec.Fault
			}
		}
		return nil
	})
}
