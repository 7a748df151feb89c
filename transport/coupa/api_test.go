package coupa

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// one returns a data file source in JSON.
func one(id int, name string, size int, created time.Time) string {
	return fmt.Sprintf(`{"id":%d,"status":"done","file-file-name":%q,"file-file-size":"%d","created-at":%q}`, id, name, size, created.Format(time.RFC3339))
}

func TestFindAsks(t *testing.T) {
	f := newFar(t)
	f.on(loadsPath, reply{status: 200, kind: asJSON, body: `[]`})
	c, _ := f.client(t, func(c *Config) { c.Format = "json" })
	if l, err := c.Loads().Ask(t.Context(), query()); l != nil || err != nil {
		t.Fatal(l, err)
	}
	r := f.requests(loadsPath)[0]
	got := map[string]string{"Accept": r.Header.Get("Accept")}
	for k := range r.URL.Query() {
		got[k] = r.URL.Query().Get(k)
	}
	want := map[string]string{
		"Accept": "application/json", "file_file_name[ends_with]": "_" + partName, "created_at[gt_or_eq]": "2026-11-22T14:05:01Z",
		"order_by": "created_at", "dir": "desc", "limit": "50",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestChoose: of several loads of one name, which is the part's?
func TestChoose(t *testing.T) {
	at := func(d time.Duration) time.Time { return since.Add(d) }
	for _, tc := range []struct {
		name string
		list []string
		want string
	}{
		{"one", []string{one(1, partMangled, 332, at(time.Minute))}, "1"},
		{"earliest since", []string{one(3, partMangled, 332, at(3*time.Hour)), one(2, partMangled, 332, at(time.Minute)), one(1, partMangled, 332, at(-time.Hour))}, "2"},
		{"clock skew", []string{one(3, partMangled, 332, at(time.Hour)), one(2, partMangled, 332, at(-4*time.Minute))}, "2"},
		{"latest before", []string{one(1, partMangled, 332, at(-3*time.Hour)), one(2, partMangled, 332, at(-2*time.Hour))}, "2"},
		{"too old", []string{one(1, partMangled, 332, at(-25*time.Hour))}, ""},
		{"spelled otherwise", []string{one(1, "Incoming_Users_"+partName, 332, at(time.Minute))}, "1"},
		{"exact first", []string{one(1, "_X_"+partName, 332, at(time.Minute)), one(2, partMangled, 332, at(time.Hour))}, "2"},
		{"screen upload", []string{one(1, partName, 332, at(time.Minute))}, ""},
		{"filter ignored", []string{one(1, "_Incoming_Users_other.csv", 332, at(time.Minute))}, ""},
		{"wrong size", []string{one(1, partMangled, 333, at(time.Minute))}, "1"},
		{"wrong size and ours", []string{one(1, partMangled, 333, at(time.Minute)), one(2, partMangled, 332, at(2*time.Minute))}, "2"},
		{"no time", []string{`{"id":1,"file-file-name":"` + partMangled + `"}`}, "1"},
		{"no name", []string{`{"id":1,"status":"done"}`}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFar(t)
			f.on(loadsPath, reply{status: 200, kind: asJSON, body: "[" + strings.Join(tc.list, ",") + "]"})
			c, _ := f.client(t)
			l, err := c.Loads().Ask(t.Context(), query())
			got := ""
			if l != nil {
				got = l.ID
			}
			if err != nil || got != tc.want {
				t.Errorf("got %q, %v, want %q", got, err, tc.want)
			}
		})
	}
}

// TestWrongSizeIsTold: a load of the wrong size is logged once, not at every poll.
func TestWrongSizeIsTold(t *testing.T) {
	f := newFar(t)
	f.on(loadsPath, reply{status: 200, kind: asJSON, body: "[" + one(1, partMangled, 333, since) + "]"})
	c, hook := f.client(t)
	api := c.Loads()
	for range 3 {
		if l, err := api.Ask(t.Context(), query()); err != nil || l == nil || l.FileSize != 333 {
			t.Fatal(l, err)
		}
	}
	if n := len(hook.AllEntries()); n != 1 || !contains(hook.LastEntry().Message, "333 bytes, not the 332 sent") {
		t.Errorf("%d log entries, the last %v", n, hook.LastEntry())
	}
}

func TestFindLeafs(t *testing.T) {
	var full []string
	for i := range pageSize {
		full = append(full, one(100+i, "_Incoming_Users_other.csv", 1, since))
	}
	f := newFar(t)
	f.on(loadsPath,
		reply{status: 200, kind: asJSON, body: "[" + strings.Join(full, ",") + "]"},
		reply{status: 200, kind: asJSON, body: "[" + one(7, partMangled, 332, since) + "]"})
	c, _ := f.client(t)
	l, err := c.Loads().Ask(t.Context(), query())
	if err != nil || l == nil || l.ID != "7" {
		t.Fatal(l, err)
	}
	if r := f.requests(loadsPath); len(r) != 2 || r[1].URL.Query().Get("offset") != "50" {
		t.Errorf("%d requests", len(r))
	}
	// An instance that ignores the offset does not keep us asking forever.
	f.on(loadsPath, reply{status: 200, kind: asJSON, body: "[" + strings.Join(full, ",") + "]"})
	if l, err := c.Loads().Ask(t.Context(), query()); l != nil || err != nil || len(f.requests(loadsPath)) != 2+findPages {
		t.Error(l, err, len(f.requests(loadsPath)))
	}
}

func TestFollow(t *testing.T) {
	for _, tc := range []struct{ kind, file string }{{asXML, "header-error.xml"}, {asJSON, "header-error.json"}} {
		f := newFar(t)
		f.on(loadsPath+"/4720", reply{status: 200, kind: tc.kind, body: payload(t, tc.file)})
		f.on(loadsPath+"/4721", reply{status: 404, kind: asXML, body: noneXML})
		c, _ := f.client(t)
		q := query()
		q.ID = "4720"
		l, err := c.Loads().Ask(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(headerLoad(), l, cmp.Comparer(time.Time.Equal)); d != "" {
			t.Error(d)
		}
		q.ID = "4721"
		if l, err := c.Loads().Ask(t.Context(), q); l != nil || err != nil {
			t.Error(l, err)
		}
		q.ID = "4722"
		if _, err := c.Loads().Ask(t.Context(), q); !isNotDelivered(err) {
			t.Error(err)
		}
	}
}
