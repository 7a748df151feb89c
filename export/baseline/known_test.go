package baseline

import (
	"maps"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestTidied: keys of an older version become tidy, and give way to tidy ones.
func TestTidied(t *testing.T) {
	k := NewKnownPeople(1)
	for key, login := range map[string]string{" E1": "old", "E1": "new", "E2 ": "two", "E3": "three"} {
		k.Add(key, export.Person{Login: login, Status: export.StatusActive})
	}
	got := map[string]string{}
	k.Tidied().All(func(key string, p export.Person) { got[key] = p.Login + " " + p.Status })
	want := map[string]string{"E1": "new active", "E2": "two active", "E3": "three active"}
	if !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
	var none *KnownPeople
	if none.Tidied() != nil || none.Len() != 0 {
		t.Error("nobody became somebody")
	}
}
