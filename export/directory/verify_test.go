package directory_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/exporttest"
)

// users is a Directory that only finds users by login, and counts calls.
type users struct {
	export.Directory // nil: the test writes nothing
	mu               sync.Mutex
	names            map[string]string // last names by login
	largest, calls   int
	fail             func(call int) error
}

func (u *users) Find(ctx context.Context, by export.Element, values []string, want []export.Element) ([]export.User, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.calls++
	u.largest = max(u.largest, len(values))
	if u.fail != nil {
		if err := u.fail(u.calls); err != nil {
			return nil, err
		}
	}
	var out []export.User
	for i, v := range values {
		if name, ok := u.names[v]; ok {
			out = append(out, export.User{ID: fmt.Sprint(i), Values: map[string]export.Value{"login": exporttest.Text(v), "lastname": exporttest.Text(name)}})
		}
	}
	return out, nil
}

// spooled is a ledger of parts with all rows applied.
type spooled struct {
	bytes    map[int64]string
	rows     map[int64][]export.RowResult
	verified map[int64][]export.RowResult
}

func (s *spooled) Bytes(p export.Part) ([]byte, error) {
	if b, ok := s.bytes[p.ID]; ok {
		return []byte(b), nil
	}
	return nil, fmt.Errorf("open: %w", fs.ErrNotExist)
}

func (s *spooled) PartRows(part int64, f func(export.RowResult) error) error {
	for _, r := range s.rows[part] {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *spooled) Confirm(int64, []export.Confirmed) error { return nil }

func (s *spooled) Verified(p export.Part, rows []export.RowResult) error {
	if p.ReadBack.IsZero() {
		return errors.New("when was it?")
	}
	s.verified[p.ID] = append([]export.RowResult{}, rows...)
	return nil
}

// night returns a verifier of parts of n rows each; everything that was sent is in Coupa.
func night(n int, parts ...int64) (*directory.Verifier, *users, *spooled, []export.Part) {
	u := &users{names: map[string]string{}}
	s := &spooled{map[int64]string{}, map[int64][]export.RowResult{}, map[int64][]export.RowResult{}}
	var out []export.Part
	for _, id := range parts {
		lines := []string{"Login,Last Name,Nowhere"}
		for i := 1; i <= n; i++ {
			key := fmt.Sprintf("p%dr%d", id, i)
			u.names[key] = "Name " + key
			lines = append(lines, key+",Name "+key+",x")
			s.rows[id] = append(s.rows[id], export.RowResult{Part: id, PartRow: i, Key: key, Outcome: export.Applied})
		}
		s.bytes[id] = strings.Join(lines, "\n")
		out = append(out, export.Part{ID: id, Name: fmt.Sprintf("part%d", id), Rows: n, State: export.Settled, Verdict: export.VerdictOK})
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	element := func(column string) (export.Element, bool) {
		path := map[string]string{"Login": "login", "Last Name": "lastname"}[column]
		return export.Element{Column: column, Path: path}, path != ""
	}
	decode := func(part []byte, take func([]string) bool) error {
		for line := range strings.SplitSeq(string(part), "\n") {
			if !take(strings.Split(line, ",")) {
				break
			}
		}
		return nil
	}
	return &directory.Verifier{
		Ledger: s, Users: u, Element: element, Decode: decode, Workers: 7, Rate: 20,
		Now: func() time.Time { return time.Unix(1, 0) }, Log: log,
	}, u, s, out
}

// TestReadBack: forty-nine rows a call, part by part, and only rows with a changed outcome are recorded.
func TestReadBack(t *testing.T) {
	v, u, s, parts := night(321, 1, 2)
	u.names["p2r7"] = "Other"
	delete(u.names, "p1r300")
	s.rows[1][4].Outcome, s.rows[1][4].Faults = export.Drifted, export.Faults{{Message: "it was once"}}
	s.rows[1][5].Outcome = export.Rejected
	v.Newer = map[string]bool{"p1r9": true}
	back, err := v.Run(t.Context(), parts)
	if err != nil || back.Rows != 640 || back.Newer != 1 || back.Drifted != 2 || back.Confirmed != 2*640-2-1 || back.Why != "" {
		t.Errorf("%+v, %v", back, err)
	}
	if u.calls != 14 || u.largest != 49 || fmt.Sprint(back.NotRead) != "[Nowhere]" {
		t.Errorf("%d calls of up to %d users; not read %v", u.calls, u.largest, back.NotRead)
	}
	first, second := s.verified[1], s.verified[2]
	if len(first) != 2 || first[0].Outcome != export.Applied || first[0].PartRow != 5 || first[1].PartRow != 300 || first[1].Outcome != export.Drifted {
		t.Errorf("first part: %+v", first)
	}
	if len(second) != 1 || second[0].PartRow != 7 || strings.Contains(second[0].Faults.Text(), "Other") || !strings.HasSuffix(second[0].Faults.Text(), "in Last Name") {
		t.Errorf("second part: %+v", second)
	}
	if i := slices.IndexFunc(back.Drift, func(d export.Drift) bool { return d.Key == "p2r7" }); i < 0 || back.Drift[i].Sent != "Name p2r7" || back.Drift[i].Coupa != "Other" {
		t.Errorf("drift %+v", back.Drift)
	}
}

// TestReadBackBroken: a failed call leaves its part and the later ones as they were, and reports it. A part without
// bytes is skipped. An interrupted start is an error.
func TestReadBackBroken(t *testing.T) {
	v, u, s, parts := night(321, 1, 2, 3)
	u.fail = func(call int) error {
		if call > 9 {
			return errors.New("gone away")
		}
		return nil
	}
	back, err := v.Run(t.Context(), parts)
	if err != nil || back.Rows != 321 || !strings.Contains(back.Why, "part part2: gone away") || len(s.verified) != 1 {
		t.Errorf("%+v, %v, %d parts", back, err, len(s.verified))
	}
	v, u, s, parts = night(3, 1, 2)
	delete(s.bytes, 1)
	if back, err = v.Run(t.Context(), parts); err != nil || back.Pruned != 3 || back.Rows != 3 || back.Why != "" {
		t.Errorf("%+v, %v", back, err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	u.fail = func(int) error { cancel(stop); return ctx.Err() }
	if _, err = v.Run(ctx, parts[1:]); !errors.Is(err, stop) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestReadable: a part that Coupa refused, or that has no known verdict, is not read back.
func TestReadable(t *testing.T) {
	for verdict, want := range map[export.Verdict]int{
		export.VerdictOK: 1, export.VerdictPartial: 1, export.VerdictByHand: 1,
		export.VerdictFailed: 0, export.VerdictEmpty: 0, export.VerdictUnconfirmed: 0,
	} {
		if got := len(directory.Readable([]export.Part{{State: export.Settled, Verdict: verdict}})); got != want {
			t.Errorf("%s: %d", verdict, got)
		}
	}
	if got := directory.Readable([]export.Part{{State: export.Loading}, {State: export.Dropped, Verdict: export.VerdictOK}}); len(got) > 0 {
		t.Errorf("not settled: %v", got)
	}
}

func TestAhead(t *testing.T) {
	if got := directory.Ahead(directory.Calls(200_000), 20); got != "4082 calls, about 3m24s at coupa.rate 20" {
		t.Error(got)
	}
	if got := directory.Ahead(directory.Calls(1), 20); got != "1 call, about 1s at coupa.rate 20" {
		t.Error(got)
	}
}
