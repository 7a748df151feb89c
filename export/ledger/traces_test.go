package ledger

import "testing"

// TestNamedInSpool: a text is found as CSV and as JSON write it, and not in another word.
func TestNamedInSpool(t *testing.T) {
	tests := []struct {
		text, data string
		want       bool
	}{
		{`ann`, `"ann","Ann"`, true},
		{`ann`, `"joann","anna"`, false},
		{`an"n`, `"E1","an""n"`, true},
		{`an"n`, `{"cells":["an\"n"]}`, true},
		{`an\n`, `{"was":{"manager.login":{"text":"an\\n"}}}`, true},
		{`an"`, `{"cells":["an\""]}`, true},
		{`ann<b>`, `{"cells":["ann<b>"]}`, true},
		{`žofie`, `{"cells":["Žofie"]}`, true},
	}
	for _, tt := range tests {
		var traces Traces
		traces.Add(tt.text)
		if got := traces.In([]byte(tt.data)); got != tt.want {
			t.Errorf("%q in %s: %v, want %v", tt.text, tt.data, got, tt.want)
		}
	}
}
