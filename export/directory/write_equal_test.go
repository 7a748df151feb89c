package directory_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// notebook is a WriteLedger of one part.
type notebook struct {
	export.WriteLedger // nil: the test calls nothing else
	bytes              []byte
	rows               []export.RowResult
	full               error

	mu    sync.Mutex
	begun int
	ends  map[int]export.RowResult
}

func (n *notebook) Bytes(export.Part) ([]byte, error)          { return n.bytes, nil }
func (n *notebook) Writes(int64) (map[int]export.Write, error) { return map[int]export.Write{}, nil }
func (n *notebook) BeginWrite(export.Write) error              { n.begun++; return nil }
func (n *notebook) PartRows(_ int64, f func(export.RowResult) error) (err error) {
	for _, r := range n.rows {
		if err = f(r); err != nil {
			return err
		}
	}
	return nil
}

func (n *notebook) EndWrite(w export.Write, r export.RowResult) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.ends[w.PartRow] = r
	return n.full
}

// written is a directory that records what is written.
type written struct {
	*held
	mu      sync.Mutex
	updates int
	fail    func(values []string) error
}

func (w *written) Find(ctx context.Context, by export.Element, values []string, want []export.Element) ([]export.User, error) {
	found, err := w.held.Find(ctx, by, values, want)
	if w.fail != nil {
		err = w.fail(values)
	}
	return found, err
}

func (w *written) Update(_ context.Context, id string, cells []export.ElementCell) (export.User, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.updates++
	shown := export.User{ID: id, Values: map[string]export.Value{}}
	for _, c := range cells {
		shown.Values[c.Element.Path] = exporttest.Text(c.Cell.Text)
	}
	return shown, nil
}

// TestEqualRows: rows that matched Coupa when the plan was made are looked up forty-nine a call. A row that no longer
// matches is looked up by itself.
func TestEqualRows(t *testing.T) {
	const rows = 120
	gone := &export.NotDeliveredError{What: export.NoAPI, Msg: "gone away"}
	for _, tt := range []struct {
		name   string
		change func(h *held)        // changes Coupa after the plan
		asks   func(i int) string   // the login of a row; nil: as it was
		fail   func([]string) error // fails look-ups
		full   error                // the ledger fails with this
		calls  int32
		want   map[export.Outcome]int
		puts   int
		lost   error
	}{
		{name: "all are equal", calls: 3, want: map[export.Outcome]int{export.Unchanged: rows}},
		{name: "all change", asks: func(i int) string { return fmt.Sprint("new", i) }, calls: rows, want: map[export.Outcome]int{export.Applied: rows}, puts: rows},
		{name: "one changes", asks: func(i int) string { return map[bool]string{true: "new", false: fmt.Sprint("login", i)}[i == 7] }, calls: 3 + 1,
			want: map[export.Outcome]int{export.Unchanged: rows - 1, export.Applied: 1}, puts: 1},
		{name: "somebody else has changed one", change: func(h *held) { h.people[50][2] = "other" }, calls: 3 + 1,
			want: map[export.Outcome]int{export.Unchanged: rows - 1, export.Quarantined: 1}},
		{name: "one is gone", change: func(h *held) { h.people = h.people[1:] }, calls: 3 + 1,
			want: map[export.Outcome]int{export.Unchanged: rows - 1, export.Quarantined: 1}},
		{name: "looks at many fail", fail: func(values []string) error { return map[bool]error{true: errors.New("too long")}[len(values) > 1] }, calls: 3 + rows,
			want: map[export.Outcome]int{export.Unchanged: rows}},
		{name: "nobody can be asked", fail: func([]string) error { return gone }, calls: 1, want: map[export.Outcome]int{}, lost: gone},
		{name: "the ledger is full", full: io.ErrShortWrite, calls: 1, want: map[export.Outcome]int{export.Unchanged: 1}, lost: io.ErrShortWrite},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := &held{people: crowd(rows, 1)}
			n := &notebook{ends: map[int]export.RowResult{}, full: tt.full}
			var err error
			if n.bytes, err = export.AppendAPIHeader(nil, []string{"Id", "Login"}); err != nil {
				t.Fatal(err)
			}
			for i, p := range h.people {
				login := p[2]
				if tt.asks != nil {
					login = tt.asks(i)
				}
				n.bytes, err = export.AppendAPIRow(n.bytes, export.APIRow{ID: p[0], Cells: []*string{&p[0], &login}, Was: map[string]export.Value{"Login": exporttest.Text(p[2])}})
				if err != nil {
					t.Fatal(err)
				}
				n.rows = append(n.rows, export.RowResult{PartRow: i + 1, Outcome: export.Pending})
			}
			if tt.change != nil {
				tt.change(h)
			}
			log := logrus.New()
			log.SetOutput(io.Discard)
			users := &written{held: h, fail: tt.fail}
			w := &directory.Writer{Ledger: n, Users: users, Workers: 1, Now: time.Now, Log: log, Element: func(c string) (export.Element, bool) {
				return export.Element{Column: c, Path: c, Kind: export.KindFold}, true
			}}
			_, _, err = w.Part(t.Context(), &export.Part{State: export.Planned}, func(export.PartState) error { return nil })
			got := map[export.Outcome]int{}
			for _, r := range n.ends {
				got[r.Outcome]++
			}
			if fmt.Sprint(got) != fmt.Sprint(tt.want) || h.calls.Load() != tt.calls || users.updates != tt.puts || n.begun != tt.puts || !errors.Is(err, tt.lost) {
				t.Errorf("%v by %d look-ups and %d writes, %v; want %v, %d, %d", got, h.calls.Load(), users.updates, err, tt.want, tt.calls, tt.puts)
			}
		})
	}
}
