package planning

import "github.com/hr2coupa/hr2coupa/export"

// A feed that broke off while it was written often ends inside a record that still reads as one: "Finance" has become
// "Fin". Where all earlier feeds ended their last line, a missing line end shows that a feed broke off.

const sayCut = "is the last line and has no line end, which the feeds before had: the file was cut off, and this record may be"

func (p *Planner) cut(file string) bool { return p.Memory != nil && p.Memory.Cut(file) }

// files returns the files of the feed as they are recorded.
func (p *Planner) files() []export.FeedFile {
	files := p.Feed.Files()
	for i, f := range files {
		if f.LineEnd == export.LineOpen && p.cut(f.Name) {
			files[i].LineEnd = export.LineCut
		}
	}
	return files
}

// EndsLines reports whether all earlier feeds ended their last line, and there was one; earlier are in the order in
// which they were planned. A feed that was treated as cut off counts as an exception as soon as a later one has ended
// its last line again. Until then the writer of the feeds may have changed their form.
func EndsLines(earlier []export.FeedFile) bool {
	ended := false
	for i := len(earlier) - 1; i >= 0; i-- {
		switch earlier[i].LineEnd {
		case export.LineEnded:
			ended = true
		case export.LineCut:
			if !ended {
				return false
			}
		case export.LineOpen:
			return false
		}
	}
	return ended
}
