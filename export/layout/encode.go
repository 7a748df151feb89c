package layout

import (
	"bytes"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"github.com/gocarina/gocsv"

	"github.com/hr2coupa/hr2coupa/export"
)

// batch is how many rows gocsv gets at once.
//
// They go as an array by value. A slice or a pointer would make every field addressable, and reflection then allocates
// one string header a field; of an array by value it allocates nothing but the array's one copy. That halves the time.
const batch = 50

// rowType is what gocsv is shown for one column set: a struct of strings, tagged with the column names.
type rowType struct {
	cols  []int        // mapped columns in file order
	row   reflect.Type // struct{ F0 string `csv:"Login"`; ... }
	array reflect.Type // [batch]row
}

func (s *Sheet) rowType(set export.ColumnSet) *rowType {
	t := &rowType{}
	var fields []reflect.StructField
	for _, i := range s.order {
		if !set.Has(i) {
			continue
		}
		fields = append(fields, reflect.StructField{
			Name: "F" + strconv.Itoa(len(t.cols)),
			Type: reflect.TypeFor[string](),
			Tag:  reflect.StructTag("csv:" + strconv.Quote(s.columns[i].name)),
		})
		t.cols = append(t.cols, i)
	}
	t.row = reflect.StructOf(fields)
	t.array = reflect.ArrayOf(batch, t.row)
	return t
}

// Header is the header line of a file of that set.
func (s *Sheet) Header(set export.ColumnSet) []byte {
	none := reflect.MakeSlice(reflect.SliceOf(s.rowType(set).row), 0, 0)
	w := &lineWriter{take: 1}
	if err := gocsv.MarshalCSV(none.Interface(), w); err != nil {
		panic(fmt.Sprintf("layout: header: %v", err)) // our writer does not fail, and the type is ours
	}
	return w.buf
}

// Encoder makes an encoder for one goroutine.
func (s *Sheet) Encoder() export.RowEncoder {
	return &rowEncoder{sheet: s, cells: make([]string, batch*len(s.columns)), types: map[export.ColumnSet]*rowType{}}
}

type rowEncoder struct {
	sheet *Sheet
	cells []string // the batch, row by row; seen by gocsv as an array of structs
	types map[export.ColumnSet]*rowType
	out   lineWriter
}

// Encode appends the lines of rows to dst; see export.RowEncoder. An absent cell of a carried column is written empty.
func (e *rowEncoder) Encode(set export.ColumnSet, rows []*export.Row, dst []byte, ends []int) ([]byte, []int, error) {
	t := e.types[set]
	if t == nil {
		t = e.sheet.rowType(set)
		e.types[set] = t
	}
	e.out.buf, e.out.ends = dst, ends
	var err error
	for len(rows) > 0 && err == nil {
		n := min(batch, len(rows))
		e.fill(t, rows[:n])
		e.out.take = n
		err = gocsv.MarshalCSVWithoutHeaders(e.array(t), &e.out)
		rows = rows[n:]
	}
	dst, ends = e.out.buf, e.out.ends
	e.out = lineWriter{}
	clear(e.cells) // they may alias memory that is given back after this
	if err != nil {
		return dst, ends, fmt.Errorf("encode rows: %w", err)
	}
	return dst, ends, nil
}

func (e *rowEncoder) fill(t *rowType, rows []*export.Row) {
	next := e.cells
	for _, r := range rows {
		for k, i := range t.cols {
			if cell := &r.Cells[i]; cell.State == export.Set {
				next[k] = cell.Text
			} else {
				next[k] = ""
			}
		}
		next = next[len(t.cols):]
	}
}

// array shows the cells as the array of structs that gocsv takes. A struct of n strings lies in memory as n strings do,
// and the cells are enough for a batch of the widest set.
func (e *rowEncoder) array(t *rowType) any {
	return reflect.NewAt(t.array, unsafe.Pointer(unsafe.SliceData(e.cells))).Elem().Interface()
}

// lineWriter is the gocsv.CSVWriter of Coupa's form: every field quoted, a quote doubled, LF ("Using the Flat File
// Format"). It takes only so many lines as it is told: a batch that is not full is encoded like a full one.
type lineWriter struct {
	buf  []byte
	ends []int
	take int
}

var _ gocsv.CSVWriter = (*lineWriter)(nil)

func (w *lineWriter) Write(row []string) error {
	if w.take == 0 {
		return nil
	}
	w.take--
	// Few rows have a quote in a field. One look at the whole line tells; a look at each short field would cost more than
	// copying it.
	start := len(w.buf)
	w.buf = appendLine(w.buf, row)
	if bytes.Count(w.buf[start:], quote) != 2*len(row) {
		w.buf = appendEscaped(w.buf[:start], row)
	}
	w.ends = append(w.ends, len(w.buf))
	return nil
}

var quote = []byte{'"'}

// appendLine appends a line of fields that have no quotes in them.
func appendLine(b []byte, row []string) []byte {
	for _, field := range row {
		b = append(b, '"')
		b = append(b, field...)
		b = append(b, '"', ',')
	}
	b[len(b)-1] = '\n'
	return b
}

// appendEscaped appends any line.
func appendEscaped(b []byte, row []string) []byte {
	for _, field := range row {
		b = append(b, '"')
		b = appendQuoted(b, field)
		b = append(b, '"', ',')
	}
	b[len(b)-1] = '\n'
	return b
}

func (w *lineWriter) Flush()       {}
func (w *lineWriter) Error() error { return nil }

func appendQuoted(b []byte, field string) []byte {
	for {
		i := strings.IndexByte(field, '"')
		if i < 0 {
			return append(b, field...)
		}
		b = append(b, field[:i+1]...)
		b = append(b, '"')
		field = field[i+1:]
	}
}
