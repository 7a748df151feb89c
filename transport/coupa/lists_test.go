package coupa

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestNames: a list is read by ascending id to its end, or not used.
func TestNames(t *testing.T) {
	page := func(from, n int) reply {
		var entries []string
		for i := from; i < from+n; i++ {
			entries = append(entries, fmt.Sprintf(`{"id":%d,"name":"Branch %[1]d"}`, i))
		}
		return reply{status: 200, kind: asJSON, body: "[" + strings.Join(entries, ",") + "]"}
	}
	good := func(body string) reply { return reply{status: 200, kind: asJSON, body: body} }
	for _, tt := range []struct {
		name    string
		answers []reply
		most    int
		names   int
		last    string
		text    string
	}{
		{name: "one page", answers: []reply{page(7, 3)}, names: 3, last: "Branch 9"},
		{name: "several", answers: []reply{page(1, 50), page(51, 50), page(101, 2)}, names: 102, last: "Branch 102"},
		{name: "full to the end", answers: []reply{page(1, 50), good("[]")}, names: 50, last: "Branch 50"},
		{name: "in XML", answers: []reply{{status: 200, kind: asXML, body: `<departments type="array"><department><id>3</id><name>Sales</name></department><department><id>4</id><name nil="true"/></department></departments>`}}, names: 1, last: "Sales"},
		{name: "none", answers: []reply{good("[]")}, text: "Coupa shows no departments"},
		{name: "none in XML", answers: []reply{{status: 404, kind: asXML, body: "<errors><error>No results match your search criteria.</error></errors>"}}, text: "Coupa shows no departments"},
		{name: "the same page again", answers: []reply{page(1, 50), page(1, 50)}, text: "not those by ascending id"},
		{name: "names that are not shown", answers: []reply{good(`[{"id":1},{"id":2}]`)}, text: "does not show the name of departments"},
		{name: "something else", answers: []reply{good(`[{"name":"Sales"}]`)}, text: "the answer is not a department with an id"},
		{name: "too many", answers: []reply{page(1, 50), page(51, 50)}, most: 99, text: "more than 99 departments"},
		{name: "a refusal in the middle", answers: []reply{page(1, 50), {status: 403, kind: asJSON, body: `{}`}}, text: "refuses the token for /api/departments (403: Forbidden)"},
		{name: "not there", answers: []reply{{status: 404, kind: asJSON, body: `{}`}}, text: "/api/departments is not there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFar(t)
			l, _ := Listed("Department")
			f.on(l.path, tt.answers...)
			c, _ := f.client(t)
			most := tt.most
			if most == 0 {
				most = 1000
			}
			names, err := c.Names(t.Context(), l, most)
			if len(names) != tt.names || tt.names > 0 && names[len(names)-1] != tt.last || (err == nil) != (tt.text == "") || err != nil && !strings.Contains(bothFields(err), tt.text) {
				t.Errorf("%d names, %v", len(names), err)
			}
			if not := new(export.NotDeliveredError); err != nil && !errors.As(err, &not) {
				t.Errorf("%T is no reason to send nothing", err)
			}
		})
	}
}

// TestListed: only lists that a page of Coupa's documents are asked for.
func TestListed(t *testing.T) {
	var found []string
	for _, column := range []string{"Department", "Content Groups", "Groups", "Default Currency", "Default Address Location Code", "User Role Names", "Approval Group Names", "Login"} {
		if l, ok := Listed(column); ok {
			found = append(found, l.path)
		}
	}
	if want := []string{"/api/departments", "/api/business_groups", "/api/user_groups", "/api/currencies", "/api/addresses"}; !slices.Equal(found, want) {
		t.Errorf("got %q", found)
	}
}
