package coupa

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRecent(t *testing.T) {
	f := newFar(t)
	var page []string
	for i := range 50 {
		page = append(page, one(100+i, partMangled, 1, since))
	}
	f.on(loadsPath, reply{status: 200, kind: asJSON, body: "[" + strings.Join(page, ",") + "]"}, reply{status: 200, kind: asJSON, body: "[" + one(1, "other.csv", 1, since) + "]"})
	c, _ := f.client(t, func(c *Config) { c.Format = "json" })
	list, err := c.Loads().Recent(t.Context(), "Users_2", since)
	if err != nil || len(list) != 51 {
		t.Fatal(len(list), err)
	}
	var got []map[string]string
	for _, r := range f.requests(loadsPath) {
		asked := map[string]string{}
		for k := range r.URL.Query() {
			asked[k] = r.URL.Query().Get(k)
		}
		got = append(got, asked)
	}
	want := map[string]string{
		"file_file_name[contains]": "Users_2", "created_at[gt_or_eq]": "2026-11-23T14:05:01Z", "order_by": "created_at", "dir": "desc", "limit": "50",
	}
	want["offset"] = "0"
	second := map[string]string{}
	for k, v := range want {
		second[k] = v
	}
	second["offset"] = "50"
	if d := cmp.Diff([]map[string]string{want, second}, got); d != "" {
		t.Error(d)
	}
}
