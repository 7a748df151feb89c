package coupa_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// TestUsersByAnyElement: users are found by every single text of their own, custom fields included, one value or many a
// call. Users without the element are not found.
func TestUsersByAnyElement(t *testing.T) {
	formats(t, func(t *testing.T, format string) {
		_, users, _ := instance(t, format)
		for id, school := range map[string]string{"281": "Nord, West", "282": "süd 1", "283": "süd 1", "284": "Ost"} {
			if _, err := users.Update(t.Context(), id, cellsOf(t, "School Name="+school)); err != nil {
				t.Fatal(err)
			}
		}
		for _, tc := range []struct {
			column string
			asked  []string
			want   string
		}{
			{"School Name", []string{"Nord, West"}, "[281]"},
			{"School Name", []string{"nord, west", "SÜD 1", "nowhere", "Ost"}, "[281 282 283 284]"},
			{"Last Name", []string{"Doe", "ss"}, "[281 282]"},
			{"Employee Number", []string{"0100", ""}, "[281]"},
			{"Sso Identifier", []string{"x"}, "[]"},
		} {
			by, _ := coupa.Element(tc.column)
			if err := users.CanQuery(t.Context(), by); err != nil {
				t.Errorf("%s: %v", tc.column, err)
			}
			found, err := users.Find(t.Context(), by, tc.asked, nil)
			ids := []string{}
			for _, u := range found {
				ids = append(ids, u.ID)
			}
			slices.Sort(ids)
			if got := fmt.Sprint(ids); err != nil || got != tc.want {
				t.Errorf("%s: got %s, %v, want %s", tc.column, got, err, tc.want)
			}
		}
	})
}

// TestUsersNotQueryable: an element that the instance does not let query is named by the look-up and by the check, whether
// Coupa refuses the query or ignores it. An element that is no single text is refused without a call.
func TestUsersNotQueryable(t *testing.T) {
	school, _ := coupa.Element("School Name")
	for _, tc := range []struct{ filter, find, check string }{
		{"refuse", "GET /api/users: 400: Bad Request: Coupa does not let users be looked up by School Name (element custom-fields.school-name)", "Coupa does not let users be looked up by School Name"},
		{"ignore", "", "Coupa ignores a query for users by School Name"},
	} {
		formats(t, func(t *testing.T, format string) {
			_, users, _ := instance(t, format, "not-queryable=sso-identifier custom-fields.school-name", "unknown-filter="+tc.filter)
			_, err := users.Find(t.Context(), school, []string{"Nord"}, nil)
			if got := fmt.Sprint(err); tc.find != "" && got != tc.find || tc.find == "" && err != nil {
				t.Errorf("%s: look-up: %v", tc.filter, err)
			}
			err = users.CanQuery(t.Context(), school)
			not, ok := errors.AsType[*export.NotDeliveredError](err)
			if !ok || not.What != export.NoPreflight || !strings.Contains(err.Error(), tc.check) || !strings.Contains(export.HintText(err), "layout.match") {
				t.Errorf("%s: check: %v", tc.filter, err)
			}
			login, _ := coupa.Element("Login")
			if err := users.CanQuery(t.Context(), login); err != nil {
				t.Errorf("%s: %v", tc.filter, err)
			}
		})
	}
	tw, users, _ := instance(t, "json")
	for _, column := range []string{"User Role Names", "Department", "Status", "Purchasing User", "Phone Work", "Approval Limit", "Remove Default Address"} {
		by, ok := coupa.Element(column)
		if _, err := users.Find(t.Context(), by, []string{"x"}, nil); !ok || err == nil || users.CanQuery(t.Context(), by) == nil {
			t.Errorf("%s can be queried: %v", column, err)
		}
	}
	if n := len(tw.Calls()); n > 0 {
		t.Errorf("%d calls", n)
	}
}
