package templates

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The demo's data is what its generator writes.
func TestDemoIsGenerated(t *testing.T) {
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "run", "../testdata/gen", "-d", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, want := range map[string][]byte{"changes.csv": DemoFeed(), "users.json": DemoUsers()} {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what the generator writes: go run ./testdata/gen", name)
		}
	}
}

func TestDemoUsers(t *testing.T) {
	var seed struct {
		Users []struct {
			Login  string `json:"login"`
			Number string `json:"employee-number"`
		} `json:"users"`
		Departments, Roles []string
	}
	if err := json.Unmarshal(DemoUsers(), &seed); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, u := range seed.Users {
		if seen[u.Login] || u.Number != "" && seen[u.Number] {
			t.Errorf("%s stands twice", u.Login)
		}
		seen[u.Login], seen[u.Number] = true, true
	}
	if len(seed.Users) != 304 || len(seed.Departments) != 8 || len(seed.Roles) != 9 {
		t.Errorf("%d users, %d departments, %d roles", len(seed.Users), len(seed.Departments), len(seed.Roles))
	}
}
