package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// dying is a connection to Coupa that breaks at its nth write and stays broken.
type dying struct {
	export.Directory
	left int
	with error
}

func (d *dying) Update(ctx context.Context, id string, cells []export.ElementCell) (export.User, error) {
	if d.left--; d.left < 0 {
		return export.User{}, d.with
	}
	return d.Directory.Update(ctx, id, cells)
}

// TestChangedBeforeLaterStart: a start ends on the way to Coupa, and before the next one another user changes the person.
// That change is not overwritten, but roles that the first start has taken away come back.
func TestChangedBeforeLaterStart(t *testing.T) {
	for _, tt := range []struct {
		name   string
		writes int // that arrive in the first start
		with   error
		want   export.Outcome
		says   string
		ann    string
	}{
		{"nothing has arrived", 0, errors.New("the line is dead"), export.Quarantined, "Last Name changed in Coupa since the plan was made; not written", "Anders User,Buyer"},
		{"the roles are gone", 1, &export.NotDeliveredError{What: export.NoToken, Msg: "the line is dead"}, export.Applied, "", "Archer User"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g, err := newTheatre(t.TempDir(), fate{way: way{args: []string{"run", "--json"}, config: byAPIConfig(), api: true}})
			if err != nil {
				t.Fatal(err)
			}
			defer g.twin.Close()
			const feed = "employee_id,login,work_email,first_name,last_name,boss,status,roles,mention\nE1,ann,ann@example.com,Ann,Archer,,active,User,\n"
			if err := os.WriteFile(g.path("feed.csv"), []byte(feed), 0o600); err != nil {
				t.Fatal(err)
			}
			start := func(writes int) (code int, out string) {
				var b bytes.Buffer
				env := g.app(&tap{}, &b)
				tapped := env.Seams.Users
				env.Seams.Users = func(u export.Directory) export.Directory { return &dying{tapped(u), writes, tt.with} }
				code = execute(t.Context(), env, append(g.work(), "-c", g.path("hr2coupa.yaml")))
				return code, b.String()
			}
			if code, out := start(tt.writes); code != export.ExitStalled || !strings.Contains(out, "rows have no answer yet (") || !strings.Contains(out, "the line is dead") {
				t.Fatalf("the first start ended with %d\n%s\n%s", code, out, g.log.String())
			}
			g.alter(t, "2", "Last Name", "Anders")
			code, out := start(9)
			var rep struct {
				Resumed []struct {
					Counts map[string]int
					Rows   []struct{ Reason string }
				}
			}
			if err := json.Unmarshal([]byte(out), &rep); err != nil || len(rep.Resumed) != 1 {
				t.Fatalf("exit %d, %v\n%s\n%s", code, err, out, g.log.String())
			}
			r := rep.Resumed[0]
			if r.Counts[string(tt.want)] != 1 || tt.says != "" && (len(r.Rows) != 1 || r.Rows[0].Reason != tt.says) {
				t.Errorf("exit %d: %v %v, want %s: %s", code, r.Counts, r.Rows, tt.want, tt.says)
			}
			u, _ := g.twin.User("ann")
			if got := u.Text("lastname") + " " + strings.Join(u.Names("roles"), ","); got != tt.ann {
				t.Errorf("ann is %q, want %q", got, tt.ann)
			}
		})
	}
}
