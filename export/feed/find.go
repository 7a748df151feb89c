package feed

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// find turns patterns into paths, in reading order: by base name as [alike.CompareFileNames] orders names, then by path.
func find(patterns []string, skip func(path string) bool) ([]string, error) {
	if len(patterns) == 0 {
		return nil, unusable("", 0, "no file is named").WithHint("set feed.files or name a file")
	}
	var paths []string
	for _, p := range patterns {
		found, err := match(p, skip)
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	slices.SortFunc(paths, func(a, b string) int {
		return cmp.Or(alike.CompareFileNames(filepath.Base(a), filepath.Base(b)), cmp.Compare(a, b))
	})
	return unique(paths)
}

func missing(pattern, why string) *export.UnusableFeedError {
	e := unusable(pattern, 0, "%s", why)
	e.Missing = true
	return e
}

// match returns the paths of one pattern. An existing path wins over the glob that it could also be, and is not skipped.
func match(pattern string, skip func(path string) bool) ([]string, error) {
	_, err := os.Stat(pattern)
	if err == nil {
		return []string{filepath.Clean(pattern)}, nil
	}
	isGlob := strings.ContainsAny(pattern, `*?[`)
	if !isGlob && errors.Is(err, fs.ErrNotExist) {
		return nil, missing(pattern, "no such file").WithHint("check the name, as typed or in feed.files, or find out why HR has not delivered it")
	}
	if !isGlob {
		return nil, unusable(pattern, 0, "its status cannot be read: %s", regular.Cause(err)).WithHint(giveRight)
	}
	found, err := filepath.Glob(pattern)
	if err != nil {
		return nil, unusable(pattern, 0, "is not a pattern: %v", err).WithHint("check * ? and [ ] in it")
	}
	if skip != nil {
		found = slices.DeleteFunc(found, skip)
	}
	if len(found) == 0 {
		return nil, missing(pattern, "no file matches").WithHint("check feed.files, or find out why HR has not delivered one")
	}
	for i, p := range found {
		found[i] = filepath.Clean(p)
	}
	return found, nil
}

// unique drops repeated paths, and returns an error for two files of one name: a feed file is identified by its name
// and its bytes.
func unique(sorted []string) ([]string, error) {
	var paths []string
	var last string
	for _, p := range sorted {
		abs, err := filepath.Abs(p)
		if err != nil {
			return nil, unusable(p, 0, "cannot be resolved: %v", err)
		}
		switch {
		case len(paths) == 0 || filepath.Base(p) != filepath.Base(last):
			paths, last = append(paths, p), abs
		case abs != last:
			return nil, unusable(filepath.Base(p), 0, "is found twice, as %s and as %s", last, abs).WithHint("rename one: a feed file is known by its name")
		}
	}
	return paths, nil
}
