package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// meddler is another user of Coupa, who acts right before the first call of a kind.
type meddler struct {
	export.Directory
	before map[string]func() // by call; the second of a kind is "update 2"
	calls  []string
	n      map[string]int
	twice  bool
}

func (m *meddler) meet(call string) {
	if m.n[call]++; m.n[call] > 1 {
		call = fmt.Sprintf("%s %d", call, m.n[call])
	}
	m.calls = append(m.calls, call)
	if f := m.before[call]; f != nil {
		delete(m.before, call)
		f()
	}
}

func (m *meddler) Find(ctx context.Context, by export.Element, values []string, want []export.Element) ([]export.User, error) {
	m.meet("find by " + by.Column)
	found, err := m.Directory.Find(ctx, by, values, want)
	if m.twice && len(found) == 1 {
		found = append(found, export.User{ID: "77", Values: found[0].Values})
	}
	return found, err
}

func (m *meddler) Update(ctx context.Context, id string, cells []export.ElementCell) (export.User, error) {
	m.meet("update")
	return m.Directory.Update(ctx, id, cells)
}

func (m *meddler) Create(ctx context.Context, cells []export.ElementCell) (export.User, error) {
	m.meet("create")
	return m.Directory.Create(ctx, cells)
}

// alter changes an account as another user of Coupa would.
func (g *theatre) alter(t *testing.T, id, column, text string) {
	t.Helper()
	client, err := coupa.NewClient(coupa.Config{
		URL: g.twin.URL(), ClientID: "twin", ClientSecret: export.NewSecret(plantedSecret), Scopes: []string{"core.user.write"}, TokenSettle: -1,
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e, _ := coupa.Element(column)
	state := export.Set
	if text == "" {
		state = export.Clear
	}
	if _, err := client.Users().Update(t.Context(), id, []export.ElementCell{{Element: e, Cell: export.Cell{Text: text, State: state}}}); err != nil {
		t.Fatal(err)
	}
}

// turn turns a switch of the twin.
func (g *theatre) turn(t *testing.T, to string) {
	t.Helper()
	if err := g.twin.Set(to); err != nil {
		t.Error(err)
	}
}

// TestChangedMeanwhile: Coupa is not what it was when the plan was made.
func TestChangedMeanwhile(t *testing.T) {
	const head = "employee_id,login,work_email,first_name,last_name,boss,status,roles,mention\n"
	tests := []struct {
		name   string
		feed   string
		before map[string]func(*testing.T, *theatre)
		want   export.Outcome
		says   string
		ann    string // her name and roles in the end
		calls  string
		twice  bool // the look finds two users of one number
	}{
		{
			name: "a cell that would be written has moved", feed: "E1,ann,ann@example.com,Ann,Archer,,active,,\n",
			before: map[string]func(*testing.T, *theatre){"find by Id": func(t *testing.T, g *theatre) { g.alter(t, "2", "Last Name", "Anders") }},
			want:   export.Quarantined, says: "Last Name changed in Coupa since the plan was made; not written",
			ann: "Anders User,Buyer", calls: "find by Id",
		},
		{
			name: "a cell has moved to what is wanted", feed: "E1,ann,ann@example.com,Ann,Archer,,active,,\n",
			before: map[string]func(*testing.T, *theatre){"find by Id": func(t *testing.T, g *theatre) { g.alter(t, "2", "Last Name", "Archer") }},
			want:   export.Unchanged, ann: "Archer User,Buyer", calls: "find by Id",
		},
		{
			name: "another cell has moved", feed: "E1,ann,ann@example.com,Ann,Archer,,active,,\n",
			before: map[string]func(*testing.T, *theatre){"find by Id": func(t *testing.T, g *theatre) { g.alter(t, "2", "Mention Name", "annie") }},
			want:   export.Applied, ann: "Archer User,Buyer", calls: "find by Id, update",
		},
		{
			name: "the login was given to a new user meanwhile", feed: "E9,gus,gus@example.com,Gus,Grey,,active,,\n",
			before: map[string]func(*testing.T, *theatre){"find by Employee Number": func(t *testing.T, g *theatre) { g.alter(t, "6", "Employee Number", "E9") }},
			want:   export.Quarantined, says: "Coupa had no user with this key when the plan was made, and now has id 6; not written",
			ann: "Abel User,Buyer", calls: "find by Employee Number",
		},
		{
			name: "two accounts have the number meanwhile", feed: "E1,ann,ann@example.com,Ann,Archer,,active,,\n", twice: true,
			want: export.Quarantined, says: "users in Coupa have this value (Coupa ids 2, 77); none is taken",
			ann: "Abel User,Buyer", calls: "find by Id",
		},
		{
			name: "the second of two calls is refused: the roles are put back", feed: "E1,ann,ann@example.com,Ann,Archer,,active,User,\n",
			before: map[string]func(*testing.T, *theatre){
				"update 2": func(t *testing.T, g *theatre) { g.turn(t, "user-fault=422") },
				"update 3": func(t *testing.T, g *theatre) { g.turn(t, "user-fault=none") },
			},
			want: export.Rejected, says: "; User Role Names (User, Buyer) were put back",
			ann: "Archer User,Buyer", calls: "find by Id, update, update 2, update 3",
		},
		{
			name: "the second of two calls is refused, and so is putting the roles back", feed: "E1,ann,ann@example.com,Ann,Archer,,active,User,\n",
			before: map[string]func(*testing.T, *theatre){"update 2": func(t *testing.T, g *theatre) { g.turn(t, "user-fault=422") }},
			want:   export.Rejected, says: "; User Role Names (User, Buyer) could not be put back, and nobody but you can do it now",
			ann: "Archer ", calls: "find by Id, update, update 2, update 3, find by Id 2",
		},
		{
			name: "a role that Coupa does not know: those that stay are there", feed: "E1,ann,ann@example.com,Ann,Archer,,active,\"User,Wizard\",\n",
			want: export.Drifted, says: "User Role Names", ann: "Archer User", calls: "find by Id, update, update 2",
		},
		{
			name: "a list that Coupa does not take: the roles that stay are put again", feed: "E1,ann,ann@example.com,Ann,Archer,,active,\"User,Wizard\",\n",
			before: map[string]func(*testing.T, *theatre){
				"update 2": func(t *testing.T, g *theatre) { g.turn(t, "unknown-in-list=list") },
			},
			want: export.Drifted, says: "User Role Names", ann: "Archer User", calls: "find by Id, update, update 2, update 3",
		},
		{
			name: "a list that is not shown is not emptied", feed: "E1,ann,ann@example.com,Ann,Archer,,active,User,\n",
			before: map[string]func(*testing.T, *theatre){"find by Id": func(t *testing.T, g *theatre) {
				g.turn(t, "fields=ignored")
				g.turn(t, "shown-elements=id login email firstname lastname employee-number active")
			}},
			want: export.Quarantined, says: "Coupa does not show User Role Names of this person", ann: "Abel User,Buyer", calls: "find by Id",
		},
		{
			name: "the address is taken", feed: "E1,ann,bob@example.com,Ann,Archer,,active,,\n",
			want: export.Quarantined, says: "belongs to another user", ann: "Abel User,Buyer",
		},
		{
			name: "the address is taken between plan and call", feed: "E1,ann,new@example.com,Ann,Archer,,active,,\n",
			before: map[string]func(*testing.T, *theatre){"update": func(t *testing.T, g *theatre) { g.alter(t, "3", "Email", "new@example.com") }},
			want:   export.Rejected, says: "has already been taken", ann: "Abel User,Buyer", calls: "find by Id, update",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g, err := newTheatre(t.TempDir(), fate{way: way{args: []string{"run", "--json"}, config: byAPIConfig(), api: true}})
			if err != nil {
				t.Fatal(err)
			}
			defer g.twin.Close()
			if err := os.WriteFile(g.path("feed.csv"), []byte(head+tt.feed), 0o600); err != nil {
				t.Fatal(err)
			}
			var m *meddler
			var out bytes.Buffer
			env := g.app(&tap{}, &out)
			tapped := env.Seams.Users
			env.Seams.Users = func(u export.Directory) export.Directory {
				m = &meddler{Directory: tapped(u), before: map[string]func(){}, n: map[string]int{}, twice: tt.twice}
				for call, f := range tt.before {
					m.before[call] = func() { f(t, g) }
				}
				return m
			}
			code := execute(t.Context(), env, append(g.work(), "-c", g.path("hr2coupa.yaml")))
			var rep struct {
				Counts map[string]int
				Rows   []struct{ Reason string }
			}
			if err := json.Unmarshal(out.Bytes(), &rep); err != nil {
				t.Fatalf("exit %d, %v\n%s\n%s", code, err, out.String(), g.log.String())
			}
			if rep.Counts[string(tt.want)] != 1 || tt.says != "" && (len(rep.Rows) != 1 || !strings.Contains(rep.Rows[0].Reason, tt.says)) {
				t.Errorf("exit %d: %v %v, want %s: %s", code, rep.Counts, rep.Rows, tt.want, tt.says)
			}
			u, _ := g.twin.User("ann")
			if got := u.Text("lastname") + " " + strings.Join(u.Names("roles"), ","); got != tt.ann {
				t.Errorf("ann is %q, want %q", got, tt.ann)
			}
			if got := strings.Join(m.calls, ", "); got != tt.calls {
				t.Errorf("calls: %s, want %s", got, tt.calls)
			}
			if strings.Contains(g.log.String(), "example.com") {
				t.Errorf("an address is in the log:\n%s", g.log.String())
			}
		})
	}
}
