package rejected

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"unicode"
	"unicode/utf8"
)

// Forget removes the files with rejected records that have a person's key, and returns how many these were. The records of others in
// them go too: run --again plans these anew.
func Forget(dir, key string) (removed int, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if !IsOurs(e.Name()) || !e.Type().IsRegular() {
			continue
		}
		path := filepath.Join(dir, e.Name())
		data, err := os.ReadFile(path) // own file: the program has written it
		if err == nil && has(data, []byte(key)) {
			err = os.Remove(path)
			removed++
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return removed, err
		}
	}
	return removed, nil
}

// has reports whether a text has a key that is no piece of a longer word.
func has(text, key []byte) bool {
	for len(key) > 0 {
		i := bytes.Index(text, key)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRune(text[:i])
		after, _ := utf8.DecodeRune(text[i+len(key):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		text = text[i+1:]
	}
	return false
}

func inWord(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
