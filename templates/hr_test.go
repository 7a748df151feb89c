package templates

import "testing"

func TestHRTables(t *testing.T) {
	seen := map[string]string{}
	for _, h := range HRHeaders() {
		if other, twice := seen[Plain(h.Header)]; twice {
			t.Errorf("%q and %q are one name", h.Header, other)
		}
		seen[Plain(h.Header)] = h.Header
	}
	words := HRStatus()
	if len(seen) < 80 || len(words) != len(statusWords()) {
		t.Errorf("%d headers; %d words of %d, so some stand twice", len(seen), len(words), len(statusWords()))
	}
	for word, want := range map[string]string{"On Leave": "active", "ON_LEAVE": "active", "terminated": "inactive", "Suspended": ""} {
		if got := words[Plain(word)]; got != want {
			t.Errorf("%s is %q, want %q", word, got, want)
		}
	}
	for _, pair := range [][2]string{{"Employee #", "employee_number"}, {"Work Contact: Work Email", "workContactWorkEmail"}, {"Straße", "STRAßE"}} {
		if Plain(pair[0]) != Plain(pair[1]) {
			t.Errorf("%q and %q are two names", pair[0], pair[1])
		}
	}
}

func TestBrokenHRTables(t *testing.T) {
	const head = "header,column,how,system\n"
	for name, table := range map[string]string{
		"how": head + "A,Login,guess,x\n", "column": head + "A,Shoe,text,x\n", "header": head + "-,Login,text,x\n", "system": head + "A,Login,text,\n",
	} {
		if _, err := parseTable([]byte(table), parseHeader); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := parseTable([]byte("word,status,system\nA,perhaps,x\n"), parseWord); err == nil {
		t.Error("status: no error")
	}
}
