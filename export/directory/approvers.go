package directory

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
)

// approver is a user whom rows name as approver.
type approver struct {
	login  string // as a row writes it
	id     string // Coupa's number; "" while no answer has shown the user
	status string // "" where Coupa did not show it
}

// Inactive returns the number of the user with a login, where Coupa shows that user as inactive. It knows the approvers of the
// rows that were noted.
func (f *Preflight) Inactive(login string) (id string, ok bool) {
	named := f.named[export.FoldText(login)]
	if named == nil || named.status != export.StatusInactive {
		return "", false
	}
	return named.id, true
}

// Unmet reports whether no user of Coupa's has a login that a noted row names as approver.
func (f *Preflight) Unmet(login string) bool {
	if !f.met {
		return false
	}
	named := f.named[export.FoldText(strings.TrimSpace(login))]
	return named != nil && named.id == ""
}

// noteApprover notes whom a row names as approver. Those of people who become inactive are of no interest. The caller holds the
// lock.
func (f *Preflight) noteApprover(row *export.Row) {
	at := slices.Index(f.Columns, export.ColumnApprover)
	if at < 0 {
		return
	}
	login := strings.TrimSpace(row.Cells[at].SetText())
	key := export.FoldText(login)
	status := slices.Index(f.Columns, export.ColumnStatus)
	if login == "" || f.named[key] != nil || status >= 0 && row.Cells[status].Text == export.StatusInactive {
		return
	}
	if f.named == nil {
		f.named = map[string]*approver{}
	}
	f.named[strings.Clone(key)] = &approver{login: strings.Clone(login)}
}

// askApprovers looks up the approvers whom no answer about the people has shown.
func (f *Preflight) askApprovers(ctx context.Context, people []*identity) error {
	by, loginShown := f.Element(export.ColumnLogin)
	status, statusShown := f.Element(export.ColumnStatus)
	if len(f.named) == 0 || !loginShown || !statusShown {
		return nil
	}
	for _, one := range people {
		if login, _ := one.value(export.ColumnLogin); one.id != "" && login != "" {
			held, _ := one.value(export.ColumnStatus) // "" where Coupa does not show it
			f.meet(export.User{ID: one.id, Values: map[string]export.Value{by.Path: {Text: login}, status.Path: {Text: held}}})
		}
	}
	f.met = true // or else the error stops the plan
	if f.all.shows(export.ColumnLogin) {
		return nil // all users were seen
	}
	var open []string
	for _, key := range slices.Sorted(maps.Keys(f.named)) {
		if f.named[key].id == "" {
			open = append(open, f.named[key].login)
		}
	}
	if open == nil {
		return nil
	}
	f.Log.Infof("looking approvers up in Coupa: at most %s", Ahead(Calls(len(open)), f.Rate))
	chunks := slices.Collect(slices.Chunk(open, export.LookUp))
	return atOnce(ctx, f.Workers, len(chunks), func(ctx context.Context, i int) error {
		found, err := f.Users.Find(ctx, by, chunks[i], []export.Element{by, status})
		for _, u := range found {
			f.meet(u)
		}
		return err
	})
}

// meet notes what Coupa shows of a user, where rows name the user as approver.
func (f *Preflight) meet(u export.User) {
	by, _ := f.Element(export.ColumnLogin)
	status, _ := f.Element(export.ColumnStatus)
	login, _ := u.Value(by)
	f.mu.Lock()
	defer f.mu.Unlock()
	if named := f.named[export.FoldText(login.Text)]; named != nil {
		named.id = u.ID
		if held, _ := u.Value(status); held.Text != "" {
			named.status = held.Show(status.Kind)
		}
	}
}
