package export

import "testing"

func TestEndsLines(t *testing.T) {
	const e, o, c, u = LineEnded, LineOpen, LineCut, LineEnd("")
	tests := []struct {
		earlier []LineEnd
		want    bool
	}{
		{nil, false}, {[]LineEnd{u}, false}, {[]LineEnd{e}, true}, {[]LineEnd{e, u, e}, true}, {[]LineEnd{o}, false},
		{[]LineEnd{o, e}, false}, {[]LineEnd{e, o}, false}, {[]LineEnd{e, c, e}, true}, {[]LineEnd{e, e, c}, false},
		{[]LineEnd{e, c, o}, false}, {[]LineEnd{e, c, c, e}, true},
	}
	for _, tt := range tests {
		var files []FeedFile
		for _, w := range tt.earlier {
			files = append(files, FeedFile{LineEnd: w})
		}
		if got := EndsLines(files); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.earlier, got, tt.want)
		}
	}
}
