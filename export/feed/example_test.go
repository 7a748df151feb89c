package feed_test

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/feed"
)

// A feed is opened by patterns and read in chunks, any number of times. A record knows its file and line, and a broken
// record says why.
func ExampleOpen() {
	dir, err := os.MkdirTemp("", "feed")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	text := "employee_id;login;last_name\nE1;ann;Archer\nE2;ben\n"
	if err := os.WriteFile(filepath.Join(dir, "users-1.csv"), []byte(text), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	f, err := feed.Open([]string{filepath.Join(dir, "users-*.csv")}, feed.Options{Key: "employee_id", Fields: []string{"login", "last_name"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = f.Chunks(func(c export.Chunk) error {
		defer c.Release()
		var rec export.Record
		for c.Next(&rec) {
			if rec.Fault != nil {
				fmt.Println("line", rec.Line, "is broken:", rec.Fault.Message)
				continue
			}
			fmt.Println("line", rec.Line, "says", rec.Values)
		}
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// line 2 says [E1 ann Archer]
	// line 3 is broken: has 2 fields, header has 3
}
