package wiring

import (
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
)

// TestMatchColumns: an element of layout.match is named as in the API, as its column, or as a custom field's prompt name. The
// Id comes first where the mapping fills it. What cannot name a person is a fault.
func TestMatchColumns(t *testing.T) {
	mapped := []string{"Login", "Email", "First Name", "Employee Number", "Sso Identifier", "Badge No", "Department", "User Role Names", "Status"}
	for _, tc := range []struct {
		match  string
		mapped []string
		want   string
		faults string
	}{
		{"employee_number, login, email", nil, "Employee Number, Login, Email", ""},
		{"Employee Number, employee-number", nil, "Employee Number", "Employee Number is named twice"},
		{"firstname, SSO_identifier", nil, "First Name, Sso Identifier", ""},
		{"badge_no", nil, "Badge No", ""},
		{"custom_fields.badge-no, email", nil, "Badge No, Email", ""},
		{"school name", nil, "", "neither an element of Coupa's users nor a custom field"},
		{"mention_name", nil, "", "the mapping does not fill Mention Name"},
		{"department, roles, status", nil, "", "looked up by Department: it is not a single text/neither an element/looked up by Status: it is not"},
		{"email", []string{"Id"}, "Id, Email", ""},
		{"id, email", []string{"Id"}, "Id, Email", ""},
		{"email, id", []string{"Id"}, "Id, Email", "the Id is not the first element"},
		{"id", nil, "", "the mapping does not fill Id"},
		{"pcard_number", []string{"Pcard Number"}, "", "the API has no element for it"},
	} {
		cfg := &config.Config{Layout: config.Layout{Match: strings.Split(tc.match, ", "), Custom: []string{"Badge No"}}}
		columns, faults := matchColumns(cfg, slices.Concat(mapped, tc.mapped), true)
		var wants []string
		if tc.faults != "" {
			wants = strings.Split(tc.faults, "/")
		}
		same := len(faults) == len(wants)
		for i := range min(len(faults), len(wants)) {
			same = same && strings.Contains(faults[i].Message, wants[i]) && faults[i].Path == "layout.match"
		}
		if got := strings.Join(columns, ", "); got != tc.want || !same {
			t.Errorf("%s: got %s, %v", tc.match, got, faults)
		}
	}
}
