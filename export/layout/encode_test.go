package layout

import (
	"bytes"
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gocarina/gocsv"

	"github.com/hr2coupa/hr2coupa/export"
)

var update = flag.Bool("update", false, "write the golden files again")

// encodeRows encodes all rows with one encoder.
func encodeRows(e export.RowEncoder, rows []*export.Row, dst []byte, ends []int) ([]byte, []int, error) {
	for _, r := range rows {
		if e.Add(r) {
			var err error
			if dst, ends, err = e.Flush(dst, ends); err != nil {
				return dst, ends, err
			}
		}
	}
	return e.Flush(dst, ends)
}

// encode returns a whole file of the rows, all of one set.
func encode(t testing.TB, s *Sheet, rows []*export.Row) []byte {
	t.Helper()
	set := s.Carried(rows[0])
	head := s.Header(set)
	data, ends, err := encodeRows(s.Encoder(set), rows, slices.Clone(head), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(ends) != len(rows) || ends[len(ends)-1] != len(data) {
		t.Fatalf("%d ends for %d rows, the last of %d bytes", len(ends), len(rows), len(data))
	}
	for _, e := range ends {
		if data[e-1] != '\n' {
			t.Fatalf("no line ends at %d", e)
		}
	}
	return data
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got\n%s\nwant\n%s", path, got, want)
	}
}

func TestEncodeGolden(t *testing.T) {
	s := sheet(t, func(o *Options) { o.Custom = []string{`Sage "Intacct" ID`, "École"} },
		"École", "User Role Names", "Status", `Sage "Intacct" ID`, "Department", "Id")
	none := export.Cell{}
	full := []*export.Row{
		person(1, set("Lycée Nº 1"), set("Buyer, User"), set("ACTIVE"), set("007"), set(`R&D, "special"`), set("12")),
		person(2, set("日本語学校"), export.Cell{State: export.Clear}, set("inactive"), set(`"`), set("two\r\nlines"), set("13")),
	}
	few := []*export.Row{person(3, none, none, set("active"), none, none, none), person(4, none, none, set("inactive"), none, none, none)}
	few[0].Cells[3] = set("Müller-Lüdenscheidt")
	few[1].Cells[2] = set("🙂 " + `""`)
	for name, rows := range map[string][]*export.Row{"full.csv": full, "few.csv": few} {
		for _, r := range rows {
			if f := s.Check(r); f != nil {
				t.Fatal(f)
			}
			if s.Carried(r) != s.Carried(rows[0]) {
				t.Fatalf("%s: rows of two sets", name)
			}
		}
		golden(t, name, encode(t, s, rows))
	}
}

// TestEncodeEqualsPlainGocsv compares the array encoding with the ordinary use of gocsv, a slice of structs.
func TestEncodeEqualsPlainGocsv(t *testing.T) {
	type plain struct {
		Number string `csv:"Employee Number"`
		Login  string `csv:"Login"`
		Status string `csv:"Status"`
		Email  string `csv:"Email"`
		First  string `csv:"First Name"`
		Last   string `csv:"Last Name"`
	}
	s := sheet(t, nil, "Status")
	for _, n := range []int{1, 49, 50, 51, 100, 123} {
		var rows []*export.Row
		var want []plain
		for i := range n {
			r := person(i, set("active"))
			rows = append(rows, r)
			want = append(want, plain{r.Cells[4].Text, r.Cells[0].Text, "active", r.Cells[1].Text, r.Cells[2].Text, r.Cells[3].Text})
		}
		w := &lineWriter{take: n + 1}
		if err := gocsv.MarshalCSV(want, w); err != nil {
			t.Fatal(err)
		}
		if got := encode(t, s, rows); !bytes.Equal(got, w.buf) {
			t.Errorf("%d rows: got\n%s\nwant\n%s", n, got, w.buf)
		}
	}
}

// TestEncodeMixedSets: encoding goes from a wide set to a narrow one and back.
func TestEncodeMixedSets(t *testing.T) {
	s := sheet(t, nil, "Status", "Department")
	wide, narrow := person(1, set("active"), set("IT")), person(2, export.Cell{}, export.Cell{})
	encoders := map[export.ColumnSet]export.RowEncoder{s.Carried(wide): s.Encoder(s.Carried(wide)), s.Carried(narrow): s.Encoder(s.Carried(narrow))}
	var out []byte
	for _, r := range []*export.Row{wide, narrow, wide} {
		var err error
		if out, _, err = encodeRows(encoders[s.Carried(r)], []*export.Row{r}, out, nil); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 3 || lines[0] != lines[2] || strings.Count(lines[0], `","`) != 6 || strings.Count(lines[1], `","`) != 4 {
		t.Errorf("lines\n%s", out)
	}
	if out, ends, err := s.Encoder(s.Carried(wide)).Flush(nil, nil); err != nil || out != nil || ends != nil {
		t.Errorf("no rows: %q %v %v", out, ends, err)
	}
}

func TestEncodeEveryColumn(t *testing.T) {
	o := Options{Key: "Id", CardReason: "test"}
	want := []string{}
	for _, c := range Columns() {
		if !c.Refused {
			want = append(want, c.Name)
		}
	}
	o.Columns = slices.Clone(want)
	slices.Reverse(o.Columns)
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	row := &export.Row{Cells: make([]export.Cell, len(o.Columns))}
	for i, name := range o.Columns {
		row.Cells[i] = set("value of " + name)
	}
	records, err := csv.NewReader(bytes.NewReader(encode(t, s, []*export.Row{row}))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(records[0], want) {
		t.Errorf("header %q", records[0])
	}
	for i, name := range want {
		if records[1][i] != "value of "+name {
			t.Errorf("%s holds %q", name, records[1][i])
		}
	}
}

func TestEncodeAllocatesNothingPerRow(t *testing.T) {
	s, row := wide(t)
	rows := slices.Repeat([]*export.Row{row}, 5000)
	e := s.Encoder(s.Carried(row))
	dst, ends, err := encodeRows(e, rows, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(5, func() { dst, ends, _ = encodeRows(e, rows, dst[:0], ends[:0]) })
	// For a batch of 50 gocsv allocates one line: with a slice instead of an array it would allocate for every cell.
	if batches := float64(len(rows) / batch); n > 2*batches {
		t.Errorf("%v allocations for %d rows, want at most 2 a batch of %d and none a row", n, len(rows), batch)
	}
}

// TestRowMemory checks what the encoder's unsafe view relies on: a struct of strings has the memory layout of the
// strings.
func TestRowMemory(t *testing.T) {
	s, row := wide(t)
	typ := s.Encoder(s.Carried(row)).(*rowEncoder)
	size := reflect.TypeFor[string]().Size()
	for i := range typ.row.NumField() {
		if f := typ.row.Field(i); f.Offset != uintptr(i)*size {
			t.Errorf("field %d lies at %d", i, f.Offset)
		}
	}
	typ.cells[len(typ.cells)-1] = "last"
	if array := reflect.ValueOf(typ.whole); array.Index(batch-1).Field(len(typ.cols)-1).String() != "last" {
		t.Error("gocsv does not see the cells")
	}
	if typ.array.Size() != uintptr(batch*len(typ.cols))*size {
		t.Errorf("array of %d bytes", typ.array.Size())
	}
}

// TestForgetsTexts: after Flush an encoder holds no text of the rows it has encoded, since their memory is reused.
func TestForgetsTexts(t *testing.T) {
	s, row := wide(t)
	for _, rows := range []int{1, batch - 1, batch, batch + 1, 2 * batch} {
		e := s.Encoder(s.Carried(row)).(*rowEncoder)
		for range rows {
			if e.Add(row) {
				if _, _, err := e.Flush(nil, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		if _, _, err := e.Flush(nil, nil); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(e.cells, func(text string) bool { return text != "" }) {
			t.Errorf("after %d rows some of their texts are still held", rows)
		}
	}
}

// encodeSeeds are the first texts of the fuzz test.
var encodeSeeds = []string{"", "plain", `"`, `""`, "a,b", "two\nlines", "\n", " blanks ", "naïve 日本 🙂", `\"`, "=1+1", "tab\t", `a"b"c`, "\r\r\n", "a\rb\r"}

// FuzzEncodeDecode: our own decoder reads our lines back byte for byte, and so does encoding/csv. The latter turns CRLF
// inside quotes into LF, so it is used only where there is no CR.
func FuzzEncodeDecode(f *testing.F) {
	if len(encodeSeeds) == 0 {
		f.Fatal("no seeds")
	}
	for i, seed := range encodeSeeds {
		f.Add(seed, encodeSeeds[len(encodeSeeds)-1-i], uint8(i*17))
	}
	s := sheet(f, nil, "Status", "Department")
	head := s.Header(s.Carried(person(1, set("x"), set("x"))))
	f.Fuzz(func(t *testing.T, a, b string, count uint8) {
		var rows []*export.Row
		for i := range int(count)%120 + 1 {
			rows = append(rows, person(i, set(a), set(b)))
		}
		carried := s.Carried(rows[0])
		data, ends, err := encodeRows(s.Encoder(carried), rows, slices.Clone(head), nil)
		if err != nil || len(ends) != len(rows) {
			t.Fatalf("%d ends for %d rows: %v", len(ends), len(rows), err)
		}
		var records [][]string
		if err := Decode(data, func(l Line) bool { records = append(records, l.Cells); return true }); err != nil {
			t.Fatal(err)
		}
		if len(records) != len(rows)+1 {
			t.Fatalf("%d records of %d rows", len(records), len(rows))
		}
		for i, r := range rows {
			want := []string{r.Cells[4].Text, r.Cells[0].Text, a, r.Cells[1].Text, r.Cells[2].Text, r.Cells[3].Text, b}
			if !slices.Equal(records[i+1], want) {
				t.Fatalf("row %d: %q, want %q", i, records[i+1], want)
			}
			if strings.Contains(a+b, "\r") {
				continue
			}
			one, err := csv.NewReader(bytes.NewReader(data[start(head, ends, i):ends[i]])).ReadAll()
			if err != nil || len(one) != 1 || !slices.Equal(one[0], want) {
				t.Fatalf("row %d alone: %q, %v", i, one, err)
			}
		}
	})
}

func start(head []byte, ends []int, i int) int {
	if i == 0 {
		return len(head)
	}
	return ends[i-1]
}

func BenchmarkEncode(b *testing.B) {
	s, row := wide(b)
	rows := slices.Repeat([]*export.Row{row}, 5000)
	e := s.Encoder(s.Carried(row))
	var dst []byte
	var ends []int
	b.ReportAllocs()
	for b.Loop() {
		dst, ends, _ = encodeRows(e, rows, dst[:0], ends[:0])
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(rows)), "ns/row")
	b.SetBytes(int64(len(dst)))
}
