package main

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// dropWorld is an undoWorld whose change is a file by hand: it calls its people by one of Coupa's keys.
type dropWorld struct {
	undoWorld
	key string
}

func drawDropWorld(t *rapid.T) dropWorld {
	return dropWorld{drawUndoWorld(t), rapid.SampledFrom([]string{"Id", "Employee Number", "Login"}).Draw(t, "key of the file")}
}

// TestUndoBringsADropBack is TestUndoBringsBack for a file by hand.
func TestUndoBringsADropBack(t *testing.T) {
	t.Parallel()
	eachWorld(t, drawDropWorld, (*dropWorld).undo)
}

func (w *dropWorld) undo(dir string) string {
	if said := w.staged(dir, w.takeBack); said != "" {
		return fmt.Sprintf("touched: %v, key %s\n%s\n%s", w.touched, w.key, w.file(), said)
	}
	return ""
}

func (w *dropWorld) takeBack(s *diffStage) error {
	before := snapshot(s.twin)
	path := filepath.Join(s.dir, "hand.csv")
	if err := os.WriteFile(path, w.file(), 0o600); err != nil {
		return err
	}
	var drop printed
	if _, err := s.start(&drop, "drop", "--skip", "--allow-near", path); err != nil || drop.Counts["applied"] == 0 {
		return nil // it is refused as a whole, or there is nothing to undo
	}
	return w.back(s, before, func(id, login string) string {
		key := login
		switch w.key {
		case "Id":
			key = id
		case "Employee Number":
			key = snapshot(s.twin)[id].looks[w.key]
		}
		return key
	})
}

// file returns what of HR's feed is about people whom the key finds, in Coupa's columns. A cell that HR has blank is as in Coupa, and
// where that has none too, the row is left out. The logins and addresses are Coupa's: HR's may be those of others.
func (w *dropWorld) file() []byte {
	columns := []string{w.key, "Email", "First Name", "Last Name", "Status", "Department", "Approver Login", "User Role Names"}
	if w.key != "Login" {
		columns = slices.Insert(columns, 1, "Login")
	}
	var b bytes.Buffer
	out := csv.NewWriter(&b)
	_ = out.Write(columns)
	seen := map[string]bool{}
	for _, now := range w.feed {
		i := slices.IndexFunc(w.users, func(u employee) bool { return u["person"] == now["person"] })
		if i < 0 && w.key == "Id" || seen[now["person"]] {
			continue
		}
		var was employee
		if i >= 0 {
			was = w.users[i]
		}
		row := make([]string, len(columns))
		for k, column := range columns {
			switch {
			case column == "Id":
				row[k] = strconv.Itoa(i + 3)
			case i >= 0 && slices.Contains([]string{"Login", "Email", "Employee Number"}, column):
				row[k] = was[column]
			default:
				row[k] = cmp.Or(shownText(column, now[column]), was[column])
			}
		}
		if !slices.Contains(row, "") {
			seen[now["person"]] = true
			_ = out.Write(row)
		}
	}
	out.Flush()
	return b.Bytes()
}
