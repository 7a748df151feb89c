package ledger_test

import (
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// TestVoidFor: an approval counts only where whoever gave it is known and none of the accounts that the planning ran as.
func TestVoidFor(t *testing.T) {
	service := export.Operator{UID: "990", User: "hr2coupa"}
	bySudo := func(uid, name string) export.Operator {
		return export.Operator{UID: "990", User: "hr2coupa", Audit: uid, Sudo: name, Agrees: true}
	}
	alice := export.Operator{UID: "1000", User: "alice"}
	unnamed := export.Operator{UID: "990", Audit: "1000"} // su, or sudo without SUDO_USER
	claimed := export.Operator{UID: "990", Sudo: "bob"}
	list := func(o ...export.Operator) []export.Operator { return o }
	for name, tt := range map[string]struct {
		by       export.Operator
		planners []export.Operator
		want     export.Void
	}{
		"the night plans, a person approves by sudo":                 {bySudo("1000", "alice"), list(service), ""},
		"the night plans and approves":                               {service, list(service), export.VoidSame},
		"a person plans, and approves":                               {bySudo("1000", "alice"), list(bySudo("1000", "alice")), export.VoidSame},
		"two persons by sudo":                                        {bySudo("1001", "bob"), list(bySudo("1000", "alice")), ""},
		"a person plans, the night again, the person approves":       {bySudo("1000", "alice"), list(bySudo("1000", "alice"), service), export.VoidSame},
		"a person plans by sudo and approves at home":                {alice, list(bySudo("1000", "alice")), export.VoidSame},
		"a person plans at home and approves by sudo":                {bySudo("1000", "alice"), list(alice), export.VoidSame},
		"the same number under another name":                         {export.Operator{UID: "1000", User: "al"}, list(alice), export.VoidSame},
		"the same name under another number":                         {export.Operator{UID: "1002", User: "alice"}, list(alice), ""},
		"a person plans by sudo, and hides when approving":           {service, list(bySudo("1000", "alice")), export.VoidSame},
		"a person plans as root, and hides behind the service":       {unnamed, list(export.Operator{UID: "0", Audit: "1000"}), export.VoidSame},
		"SUDO_USER that does not agree is nobody":                    {claimed, list(service), export.VoidSame},
		"logged in as a person, without SUDO_USER, is the service's": {unnamed, list(service), export.VoidSame},
		"nobody knows who planned":                                   {alice, list(service, export.Operator{}), export.VoidPlanner},
		"nobody knows who planned, and a person did":                 {alice, list(export.Operator{}, alice), export.VoidSame},
		"nobody has planned":                                         {alice, nil, export.VoidPlanner},
		"nobody knows who approves":                                  {export.Operator{}, list(service), export.VoidApprover},
		"no audit uid on either side":                                {alice, list(export.Operator{UID: "1001"}), ""},
	} {
		if got := ledger.VoidFor(tt.by, tt.planners); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

// TestStoreOperator: what is stored of an operator is read back, and "" is the operator that nobody knows.
func TestStoreOperator(t *testing.T) {
	for _, o := range []export.Operator{{}, {UID: "0"}, {UID: "990", User: "\u202e\x1b[", Audit: "1", Sudo: "é", Agrees: true}} {
		text, err := ledger.StoreOperator(o)
		got, unread := ledger.ReadOperator(text)
		if err != nil || unread != nil || got != o || (text == "") != (o == export.Operator{}) {
			t.Errorf("%+v: %q, %v; %+v, %v", o, text, err, got, unread)
		}
	}
	if _, err := ledger.ReadOperator("{"); err == nil || !strings.Contains(export.HintText(err), "restore") {
		t.Errorf("half an operator: %v", err)
	}
}
