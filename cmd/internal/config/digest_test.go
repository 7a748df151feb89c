package config

import (
	"context"
	"maps"
	"slices"
	"testing"
)

func TestDigests(t *testing.T) {
	digests := func(feed string) map[string]string {
		c, faults := Parse(context.Background(), "hr2coupa.yaml", []byte("instance: https://acme-test.coupahost.com\nfeed:"+feed+
			"\nmapping:\n  columns: {Login: login, First Name: name}\nlayout: {}\nsftp: {user: hr}\n"), Env{}, Options{})
		if c == nil {
			t.Fatal(faults)
		}
		return c.Digests("instance", "feed", "mapping", "layout", "limits")
	}
	one := digests(` {files: ["b*", a.csv], key: id} # HR's`)
	want := []string{"feed.files", "feed.key", "instance", "layout", "mapping.columns.First Name", "mapping.columns.Login"}
	if got := slices.Sorted(maps.Keys(one)); !slices.Equal(got, want) {
		t.Errorf("paths %q, want %q", got, want)
	}
	if same := digests("\n  key: 'id'\n  files:\n  - b*\n  - a.csv"); !maps.Equal(one, same) {
		t.Errorf("the form counts: %v and %v", one, same)
	}
	other := digests(` {files: [a.csv, "b*"], key: id}`)
	maps.DeleteFunc(other, func(path, digest string) bool { return one[path] == digest })
	if got := slices.Sorted(maps.Keys(other)); !slices.Equal(got, []string{"feed.files"}) {
		t.Errorf("%q differ, want feed.files", got)
	}
}
