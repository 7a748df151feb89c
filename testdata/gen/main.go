// Gen writes the demo's data into templates/demo: changes.csv, what HR delivers, and users.json, what Coupa holds
// before. Everything in them is made up. The same program writes the same bytes.
//
//	go run ./testdata/gen [-d FOLDER]
package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	dir := flag.String("d", "templates/demo", "folder to write to")
	flag.Parse()
	if err := run(*dir); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	staff := hire()
	story := playNight(staff)
	feed, err := encodeFeed(story.records)
	if err != nil {
		return err
	}
	seed, err := encodeSeed(story.users)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "changes.csv"), feed, 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "users.json"), seed, 0o644)
}

func encodeFeed(records [][]string) ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(append([][]string{header()}, records...)); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// encodeSeed writes a user a line, so that a change of the generator can be reviewed.
func encodeSeed(users []map[string]any) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "{\n")
	for _, list := range []struct {
		key   string
		names []string
	}{{"departments", departments()}, {"roles", roles()}} {
		text, err := marshal(list.names)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&b, "%q: %s,\n", list.key, text)
	}
	fmt.Fprintf(&b, "\"users\": [\n")
	for i, user := range users {
		text, err := marshal(user)
		if err != nil {
			return nil, err
		}
		comma := ","
		if i == len(users)-1 {
			comma = ""
		}
		fmt.Fprintf(&b, "%s%s\n", text, comma)
	}
	fmt.Fprintf(&b, "]}\n")
	return b.Bytes(), nil
}

// marshal is json.Marshal without \u0026 for an ampersand.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
