package rowstore

import (
	"bytes"
	"math/rand/v2"
	"os"
	"testing"
)

// TestPile: records come back by their place, in any order, few in memory and many in a file, and also after more were added;
// no file is left.
func TestPile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, n := range []int{1, 100, 30_000} {
		var p Pile
		r := rand.New(rand.NewPCG(1, 2))
		var records [][]byte
		var places []int64
		add := func() {
			record := bytes.Repeat([]byte{byte(len(records))}, r.IntN(100))
			if r.IntN(1000) == 0 {
				record = bytes.Repeat([]byte{byte(len(records))}, 3*windowSize)
			}
			place, err := p.Add(record)
			if err != nil {
				t.Fatal(err)
			}
			records, places = append(records, record), append(places, place)
		}
		for range n {
			add()
		}
		var b []byte
		for range 2 {
			for _, i := range r.Perm(len(records)) {
				var err error
				if b, err = p.Read(places[i], b); err != nil || !bytes.Equal(b, records[i]) {
					t.Fatalf("%d records: record %d is %d bytes, %v; want %d", n, i, len(b), err, len(records[i]))
				}
			}
			add()
		}
		if p.text.file == nil != (n < 30_000) {
			t.Errorf("%d records are in the wrong place", n)
		}
		if _, err := p.Read(p.size, nil); err == nil {
			t.Error("a record behind the end was read")
		}
		p.Close()
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
