package export

import (
	"testing"
	"time"
)

func TestPartNameIn(t *testing.T) {
	name := PartName(time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC), "9f86d081884c7d65", 2, 12, ByCSV)
	calls := PartName(time.Date(2026, 11, 23, 14, 5, 1, 0, time.UTC), "9f86d081884c7d65", 1, 1, ByAPI)
	for file, want := range map[string]string{
		name:                       name,
		Mangled("/In/Users", name): name,
		calls:                      calls,
		"Users_2026.csv":           "",
		"users.csv":                "",
		"my" + name:                "", // a copy by a person
		name + ".bak":              "",
		"Users_20261399T140501Z_9f86d081_1of1.csv":        "", // no such day
		"_Incoming_Users_Users_20261123T140501Z_1of1.csv": "",
	} {
		if got := PartNameIn(file); got != want {
			t.Errorf("PartNameIn(%q) = %q, want %q", file, got, want)
		}
	}
}
