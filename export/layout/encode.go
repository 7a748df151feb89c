package layout

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"github.com/gocarina/gocsv"

	"github.com/hr2coupa/hr2coupa/export"
)

// batch is how many rows gocsv gets at once.
//
// They are passed as an array by value. A slice or a pointer would make every field addressable, and reflection then
// allocates one string header a field; for an array by value it allocates nothing. That halves the time.
const batch = 50

// rowType is the type that gocsv sees for one column set: a struct of strings, tagged with the column names.
type rowType struct {
	cols []int        // mapped columns in file order
	row  reflect.Type // struct{ F0 string `csv:"Login"`; ... }
}

func (s *Sheet) rowType(set export.ColumnSet) rowType {
	var t rowType
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
	return t
}

// Header returns the header line of a file of that set.
func (s *Sheet) Header(set export.ColumnSet) []byte {
	if s.route == export.ByAPI {
		return s.apiHeader(set)
	}
	none := reflect.MakeSlice(reflect.SliceOf(s.rowType(set).row), 0, 0)
	w := &lineWriter{take: 1}
	if err := gocsv.MarshalCSV(none.Interface(), w); err != nil {
		panic(fmt.Sprintf("layout: header: %v", err)) // our writer does not fail, and the type is ours
	}
	return w.buf
}

// Encoder returns an encoder for rows of one set, for one goroutine.
func (s *Sheet) Encoder(set export.ColumnSet) export.RowEncoder {
	if s.route == export.ByAPI {
		return &apiEncoder{cols: s.apiColumns(set)}
	}
	e := &rowEncoder{rowType: s.rowType(set)}
	e.cells = make([]string, batch*len(e.cols))
	e.array = reflect.ArrayOf(batch, e.row)
	e.whole = asArray(e.array, e.cells)
	return e
}

type rowEncoder struct {
	rowType
	array reflect.Type // [batch]row
	cells []string     // a batch, row by row
	whole any          // cells as gocsv sees them
	rows  int          // filled rows of the batch
	out   lineWriter
}

// Add adds a row; see export.RowEncoder. An absent cell of a carried column is written empty.
func (e *rowEncoder) Add(row *export.Row) (full bool) {
	cells := e.cells[e.rows*len(e.cols):]
	for k, i := range e.cols {
		if cell := &row.Cells[i]; cell.State == export.Set {
			cells[k] = cell.Text
		} else {
			cells[k] = ""
		}
	}
	e.rows++
	return e.rows == batch
}

// Flush appends the lines of the rows added since the last one.
func (e *rowEncoder) Flush(dst []byte, ends []int) ([]byte, []int, error) {
	if e.rows == 0 {
		clear(e.cells) // the cells may alias memory that is reused after this
		return dst, ends, nil
	}
	e.out = lineWriter{buf: dst, ends: ends, take: e.rows}
	err := gocsv.MarshalCSVWithoutHeaders(e.batch(), &e.out)
	dst, ends = e.out.buf, e.out.ends
	e.out = lineWriter{}
	if e.rows < batch { // otherwise more rows follow, or another Flush
		clear(e.cells)
	}
	e.rows = 0
	if err != nil {
		return dst, ends, fmt.Errorf("encode rows: %w", err)
	}
	return dst, ends, nil
}

// batch returns the filled cells as the array of structs that gocsv takes: a struct of n strings has the memory layout
// of n strings. The last rows of a chunk are few. So that gocsv does not write a whole batch for them and few types are
// made, the array is as long as the next power of two.
func (e *rowEncoder) batch() any {
	if n := 1 << bits.Len(uint(e.rows-1)); n < batch {
		return asArray(reflect.ArrayOf(n, e.row), e.cells)
	}
	return e.whole
}

// asArray returns an array value in the memory of cells, which needs unsafe. reflect would make
// a copy for each batch. An interface is a type and a pointer to such a copy; here the pointer is to our cells.
// TestRowMemory checks what this relies on.
//
// Without it an export of a million people, with 1.45 s of user CPU and a peak of 96 MB, takes 1.55 s and 116 MB with a copy
// for each batch, and 1.90 s and 120 MB with a plain slice (medians of five and seven turns in alternation).
func asArray(t reflect.Type, cells []string) any {
	array := reflect.Zero(t).Interface()
	(*[2]unsafe.Pointer)(unsafe.Pointer(&array))[1] = unsafe.Pointer(unsafe.SliceData(cells))
	return array
}

// lineWriter is the gocsv.CSVWriter of Coupa's form: every field quoted, a quote doubled, LF ("Using the Flat File
// Format"). It takes only as many lines as it is told: a batch that is not full is encoded like a full one.
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
	// Few rows have a quote in a field. Searching the whole line once is enough; searching each short field would cost
	// more than copying it.
	start := len(w.buf)
	w.buf = appendLine(w.buf, row)
	if bytes.Count(w.buf[start:], quote) != 2*len(row) {
		w.buf = appendEscaped(w.buf[:start], row)
	}
	w.ends = append(w.ends, len(w.buf))
	return nil
}

var quote = []byte{'"'}

// appendLine appends a line of fields without quotes. It makes room once and writes the characters between two fields
// at once, with one byte more that the next field overwrites.
func appendLine(b []byte, row []string) []byte {
	size := len(between) * (len(row) + 1)
	for _, field := range row {
		size += len(field)
	}
	b = slices.Grow(b, size)
	line := b[len(b) : len(b)+size]
	line[0] = '"'
	at := 1
	for _, field := range row {
		at += copy(line[at:], field)
		binary.LittleEndian.PutUint32(line[at:], between4)
		at += len(between)
	}
	line[at-2] = '\n'
	return b[:len(b)+at-1]
}

const (
	between  = `","`
	between4 = '"' | ','<<8 | '"'<<16
)

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
