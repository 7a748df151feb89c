package main

import (
	"encoding/csv"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export/regular"
)

// privateColumns are the columns, of HR's feeds and of Coupa's files, whose cells are personal data. The employee number
// is not among them: logs name people by it.
var privateColumns = []string{
	"login", "work_email", "email", "first_name", "last_name", "manager", "phone", "birthday",
	"Login", "Email", "First Name", "Last Name", "Approver Login", "Phone Work", "Mention Name",
}

// shown returns the secrets that a log shows, and the cells of private columns in any CSV of the script's folder.
func (w *world) shown(log string) ([]string, error) {
	words := map[string]bool{plantedPassword: true, plantedSecret: true, plantedCookie: true, plantedSMTP: true, plantedHook: true}
	err := filepath.WalkDir(w.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".csv" {
			return err
		}
		f, err := regular.Open(path)
		if kind := (*regular.KindError)(nil); errors.As(err, &kind) {
			return nil // a pipe of the script's
		}
		if err != nil {
			return err
		}
		defer f.Close()
		privateCells(f, privateColumns, words)
		if w.keys == nil {
			return nil
		}
		if _, err := f.Seek(0, 0); err != nil {
			return err
		}
		privateCells(f, keyColumns, w.keys)
		return nil
	})
	log = strings.ReplaceAll(log, w.dir, "")
	maps.DeleteFunc(words, func(word string, _ bool) bool { return !strings.Contains(log, word) })
	return append(slices.Sorted(maps.Keys(words)), w.discreet(log)...), err
}

// TestShown checks that the guard of every script finds what it guards against.
func TestShown(t *testing.T) {
	w := &world{dir: t.TempDir()}
	feed := "employee_id,login,Last Name*,department\n000101,wanda.wolff,\"Wolff, née Weiß\",Legal\n000102,xaver.xu\n"
	if err := os.WriteFile(filepath.Join(w.dir, "feed.csv"), []byte(feed), 0o600); err != nil {
		t.Fatal(err)
	}
	for log, want := range map[string][]string{
		"feed.csv:2: 000101, Legal, Users_1of1.csv": nil,
		"login wanda.wolff":                         {"wanda.wolff"},
		"xaver.xu, Wolff, née Weiß":                 {"Wolff, née Weiß", "xaver.xu"},
		"auth: " + plantedPassword:                  {plantedPassword},
		plantedSecret + ", c=" + plantedCookie:      {plantedSecret, plantedCookie},
	} {
		got, err := w.shown(log)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q shows %q (%v), want %q", log, got, err, want)
		}
	}
}

// manyRows ends the reading of generated files early: their cells are all of one kind.
const manyRows = 100

// privateCells adds the cells of some columns to words, as far as the file can be read.
func privateCells(f *os.File, columns []string, words map[string]bool) {
	r := csv.NewReader(f)
	r.FieldsPerRecord, r.LazyQuotes = -1, true
	header, err := r.Read()
	for n := 0; err == nil && n < manyRows; n++ {
		var row []string
		row, err = r.Read()
		for i, cell := range row {
			if i < len(header) && len(cell) >= 4 && slices.Contains(columns, strings.TrimRight(header[i], "*")) {
				words[cell] = true
			}
		}
	}
}
