package planning

import (
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

func TestEndsLines(t *testing.T) {
	const e, o, c, u = export.LineEnded, export.LineOpen, export.LineCut, export.LineEnd("")
	tests := []struct {
		earlier []export.LineEnd
		want    bool
	}{
		{nil, false}, {[]export.LineEnd{u}, false}, {[]export.LineEnd{e}, true}, {[]export.LineEnd{e, u, e}, true}, {[]export.LineEnd{o}, false},
		{[]export.LineEnd{o, e}, false}, {[]export.LineEnd{e, o}, false}, {[]export.LineEnd{e, c, e}, true}, {[]export.LineEnd{e, e, c}, false},
		{[]export.LineEnd{e, c, o}, false}, {[]export.LineEnd{e, c, c, e}, true},
	}
	for _, tt := range tests {
		var files []export.FeedFile
		for _, w := range tt.earlier {
			files = append(files, export.FeedFile{LineEnd: w})
		}
		if got := EndsLines(files); got != tt.want {
			t.Errorf("%q: %v, want %v", tt.earlier, got, tt.want)
		}
	}
}
