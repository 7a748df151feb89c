package feed

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// zipped returns data, gzipped.
func zipped(t *testing.T, data string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(data)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestCeilings: a feed with more records or, unpacked, more bytes than allowed is unusable, whatever its size on disk.
// A feed exactly at the ceiling is read.
func TestCeilings(t *testing.T) {
	lines := "id\n" + strings.Repeat("x\n", 3000)
	for _, tt := range []struct {
		name  string
		files map[string]string
		o     Options
		want  string
	}{
		{"as many records as allowed", map[string]string{"a.csv": lines}, Options{MaxRecords: 3000}, ""},
		{"a record more", map[string]string{"a.csv": lines}, Options{MaxRecords: 2999}, "more than the 2999 records"},
		{"records of two files", map[string]string{"a.csv": lines, "b.csv": lines}, Options{MaxRecords: 5999}, "b.csv: the feed has more than the 5999 records"},
		{"as many bytes as allowed", map[string]string{"a.csv.gz": lines}, Options{MaxBytes: 6003}, ""},
		{"a byte more", map[string]string{"a.csv.gz": lines}, Options{MaxBytes: 6002}, "feed.max_bytes"},
		{"bytes of two files", map[string]string{"a.csv.gz": lines, "b.csv": lines}, Options{MaxBytes: 12005}, "b.csv: the feed has more bytes than feed.max_bytes"},
		{"two files within", map[string]string{"a.csv.gz": lines, "b.csv": lines}, Options{MaxBytes: 12006}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, text := range tt.files {
				data := []byte(text)
				if strings.HasSuffix(name, ".gz") {
					data = zipped(t, text)
				}
				if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			f, err := Open([]string{filepath.Join(dir, "*")}, tt.o)
			if err == nil {
				err = f.Chunks(func(c export.Chunk) error { c.Release(); return nil })
			}
			var unusable *export.UnusableFeedError
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tt.want != "" && (!errors.As(err, &unusable) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}
