package coupa

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hr2coupa/hr2coupa/export"
)

func rowLoad() *export.Load {
	return &export.Load{
		ID: "4711", Via: "api", FileName: partMangled, FileSize: 332, Status: "done",
		CreatedAt: time.Date(2026, 11, 23, 14, 9, 11, 0, time.UTC), Processed: 4, Created: 0, Updated: 3, ErrorsN: 1,
		Result: "4 rows processed, creating 0 new rows and updating 3 rows.",
		Errors: []export.LoadError{{
			Type: "UploadRowError", Row: 2, FirstColumn: "jdoe", Field: "email", Value: "j.doe@example.com",
			Messages: []string{"Email has already been taken", "Email is not allowed"},
		}},
	}
}

func headerLoad() *export.Load {
	return &export.Load{
		ID: "4720", Via: "api", FileName: partMangled, FileSize: 332, Status: "Failed",
		CreatedAt: time.Date(2026, 11, 23, 14, 9, 11, 0, time.UTC), Processed: -1, Created: -1, Updated: -1, ErrorsN: 1,
		Errors: []export.LoadError{{Type: "UploadHeaderError", Messages: []string{"Column header Foo is not valid."}}},
	}
}

func countersLoad() *export.Load {
	return &export.Load{
		ID: "4730", Via: "api", FileName: partMangled, FileSize: -1, Status: "Submitted to Resque",
		CreatedAt: time.Date(2026, 11, 23, 14, 9, 11, 0, time.UTC), Processed: 1204, Created: 13, Updated: 1100, ErrorsN: 27,
		Result: "1,204 rows processed, creating 12 new rows and updating 1,100 rows",
	}
}

// TestPayloads reads every recorded payload, by its Content-Type and without one.
func TestPayloads(t *testing.T) {
	sample := &export.Load{
		ID: "4713", Via: "api", FileName: partName, FileSize: 332, Status: "sample",
		CreatedAt: time.Date(2026, 11, 23, 14, 40, 11, 0, time.UTC), Processed: -1, Created: -1, Updated: -1,
	}
	for name, want := range map[string][]*export.Load{
		"list.xml":          {sample, rowLoad()},
		"list.json":         {rowLoad()},
		"header-error.xml":  {headerLoad()},
		"header-error.json": {headerLoad()},
		"counters.xml":      {countersLoad()},
		"counters.json":     {countersLoad()},
	} {
		for _, media := range []string{"", "application/" + filepath.Ext(name)[1:]} {
			a := &answer{status: 200, body: []byte(payload(t, name)), header: http.Header{"Content-Type": {media}}}
			got, err := readLoads(a)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); d != "" {
				t.Errorf("%s as %q: %s", name, media, d)
			}
		}
	}
}

func TestEmptyLists(t *testing.T) {
	for _, body := range []string{`[]`, ` [ ] `, `null`, `<data-file-sources type="array"/>`, `<nil-classes type="array"/>`} {
		a := &answer{status: 200, body: []byte(body), header: http.Header{"Content-Type": {"application/json"}}}
		if body != "null" && body[0] == '<' {
			a.header = nil
		}
		got, err := readLoads(a)
		if err != nil || len(got) != 0 {
			t.Errorf("%s: got %v, %v", body, got, err)
		}
	}
}

func TestUnreadableBodies(t *testing.T) {
	for body, want := range map[string]string{
		"":                                  "it is empty",
		"  \n":                              "it is empty",
		"OK":                                "neither XML nor JSON",
		`[{"id":4711,"status":"do`:          "ends too early",
		`<data-file-sources><data-file-sou`: "ends too early",
		`<user><id>1</id></user>`:           "not the XML of",
		`<errors><error>x</error></errors>`: "not the XML of",
		`{"errors":{"x":["y"]}}`:            "not the JSON of",
		`[{"id":{"a":1}}]`:                  "not the JSON of",
		`[{"id":1,"upload-errors":{}}]`:     "not the JSON of", // existing errors must not be skipped
		`[17]`:                              "not the JSON of",
	} {
		_, err := readLoads(&answer{path: loadsPath, status: 200, body: []byte(body)})
		e, ok := err.(*Error)
		if !ok || !e.Temporary() || e.Error() != "GET /api/data_file_sources: 200: the answer cannot be read: "+e.Msg[len("the answer cannot be read: "):] {
			t.Errorf("%q: got %v", body, err)
			continue
		}
		if !contains(e.Msg, want) {
			t.Errorf("%q: %q lacks %q", body, e.Msg, want)
		}
	}
}

func TestCounters(t *testing.T) {
	for in, want := range map[string][3]int{
		"4 rows processed, creating 0 new rows and updating 3 rows.":              {4, 0, 3},
		"4 rows processed, creating 0 new rows and updating 3 rows":               {4, 0, 3},
		"1 row processed, creating 1 new row and updating 0 rows.":                {1, 1, 0},
		"12,004 rows processed, creating 1,000 new rows and updating 11,004 rows": {12004, 1000, 11004},
		"4 Rows Processed":         {4, -1, -1},
		"updating 3.":              {-1, -1, 3},
		"12.5 rows processed":      {-1, -1, -1},
		"":                         {-1, -1, -1},
		"nothing happened at all.": {-1, -1, -1},
		"99999999999999999999 rows processed, creating 0": {-1, 0, -1},
	} {
		p, c, u := counters(in)
		if got := [3]int{p, c, u}; got != want {
			t.Errorf("%q: got %v, want %v", in, got, want)
		}
	}
}

func TestInstant(t *testing.T) {
	want := time.Date(2026, 11, 23, 14, 9, 11, 0, time.UTC)
	for _, in := range []string{"2026-11-23T06:09:11-08:00", "2026-11-23T14:09:11Z", "2026-11-23T14:09:11+00:00", "2026-11-23 14:09:11 UTC", "2026-11-23 15:09:11 +0100", "2026-11-23 15:09:11 +01:00", "2026-11-23T14:09:11.000Z"} {
		if got := instant(in); !got.Equal(want) {
			t.Errorf("%q: got %v", in, got)
		}
	}
	for _, in := range []string{"", "2026-11-23 14:09:11", "2026-11-23 14:09:11 PST", "11/23/26 02:09 PM"} {
		if got := instant(in); !got.IsZero() {
			t.Errorf("%q: got %v, want nothing", in, got)
		}
	}
}

// seeds adds every recorded payload of the endings to a fuzz test, and fails where there is none.
func seeds(f *testing.F, endings ...string) {
	f.Helper()
	n := 0
	for _, e := range endings {
		files, err := filepath.Glob(filepath.Join("testdata", "*."+e))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(b)
			n++
		}
	}
	if n == 0 {
		f.Fatal("no seeds found in testdata")
	}
}

func FuzzPayload(f *testing.F) {
	seeds(f, "xml", "json")
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, media := range []string{"", "application/xml", "application/json"} {
			a := &answer{path: loadsPath, status: 200, body: body, header: http.Header{"Content-Type": {media}}}
			loads, err := readLoads(a)
			if err != nil && loads != nil {
				t.Fatal("loads and an error")
			}
			for _, l := range loads {
				check(t, l)
			}
			if got := problem(a); got != "an empty answer" && got != "a web page, perhaps from a proxy" && got != "OK" {
				t.Fatalf("an error's text is the answer's: %q", got)
			}
		}
	})
}

// check checks the rules that every load must keep.
func check(t *testing.T, l *export.Load) {
	t.Helper()
	if l.Processed < -1 || l.Created < -1 || l.Updated < -1 || l.ErrorsN < -1 || l.FileSize < -1 {
		t.Fatalf("a counter below -1: %+v", l)
	}
	if n := len(l.Errors); n > 0 && l.ErrorsN < n {
		t.Fatalf("%d errors, but ErrorsN %d", len(l.Errors), l.ErrorsN)
	}
	for _, e := range l.Errors {
		if e.Row < 0 {
			t.Fatalf("a row below 0: %+v", e)
		}
	}
}
