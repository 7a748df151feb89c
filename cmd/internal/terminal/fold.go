package terminal

import (
	"iter"
	"regexp"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Room returns how many places a line has behind an indent; 0 for any number.
func (t *Text) Room(indent int) int { return max(0, t.width-indent) }

// Shorten returns a text that takes at most width places. Where it is longer it ends behind a word, with an ellipsis, and within a
// word only if that alone is too long.
func Shorten(text string, width int) string {
	if places(text) <= width {
		return text
	}
	best := ""
	for i := range text {
		if places(text[:i])+1 > width {
			break
		}
		if best == "" || text[i] == ' ' || !strings.Contains(text[:i], " ") {
			best = text[:i]
		}
	}
	return strings.TrimRight(best, " ") + "…"
}

// Fold breaks a text at blanks into lines that take at most width places, where words allow it. Later lines begin with the
// indent, which counts. A command to copy is one word. Widths too short to be read fold nothing.
func Fold(text, indent string, width int) []string {
	width -= len(indent)
	if width < leastFold || places(text) <= width {
		return []string{text}
	}
	var lines []string
	for line := text; ; {
		at := foldAt(line, 0, width)
		if at < 0 {
			return append(lines, line)
		}
		lines = append(lines, strings.TrimRight(line[:at], " "))
		line = indent + strings.TrimLeft(line[at:], " ")
	}
}

// fold breaks the lines of s that the terminal has no room for, and returns what to write. Later lines are indented further than
// the first. A line may come in pieces: what was written of it stays as it is.
func (t *Text) fold(s string) string {
	if t.width < leastLines {
		return s
	}
	var b strings.Builder
	for piece := range strings.Lines(s) {
		text, ended := strings.CutSuffix(piece, "\n")
		written := len(t.line)
		t.line += text
		if written == 0 {
			t.indent = text[:len(text)-len(strings.TrimLeft(text, " "))] + "  "
		}
		for {
			at := foldAt(t.line, written, t.width)
			if at < 0 {
				break
			}
			b.WriteString(strings.TrimRight(t.line[written:at], " ") + "\n")
			t.line, written = t.indent+strings.TrimLeft(t.line[at:], " "), 0
		}
		b.WriteString(t.line[written:])
		if ended {
			b.WriteString("\n")
			t.line = ""
		}
	}
	return b.String()
}

// foldAt returns the last place, not before from, where a line of that width can be broken, or else the first such place; -1 if
// the line is short enough or cannot be broken.
func foldAt(line string, from, width int) int {
	if places(line) <= width {
		return -1
	}
	best, measured, wide := -1, 0, 0
	for i := range gaps(line) {
		wide += places(line[measured:i])
		if measured = i; best >= 0 && wide > width {
			return best
		}
		if i >= from {
			best = i
		}
	}
	return best
}

// paint is what toned writes around a value.
var paint = regexp.MustCompile("\x1b\\[[0-9;]*m")

// places returns how many places of a terminal a text takes.
func places(text string) int {
	if strings.Contains(text, "\x1b") {
		text = paint.ReplaceAllString(text, "")
	}
	return uniseg.StringWidth(text)
}

// gaps yields the ends of the words behind which a line can be broken: all but the last, and those within a command.
func gaps(line string) iter.Seq[int] {
	return func(yield func(int) bool) {
		whole := 0 // where a command ends
		for at := 0; ; {
			begin := at + len(line[at:]) - len(strings.TrimLeft(line[at:], " "))
			if begin >= whole {
				whole = commandEnd(line, begin)
			}
			end := wordEnd(line, begin)
			if strings.TrimLeft(line[end:], " ") == "" {
				return
			}
			if end >= whole && !yield(end) {
				return
			}
			at = end
		}
	}
}

func wordEnd(line string, begin int) int {
	if n := strings.IndexByte(line[begin:], ' '); n >= 0 {
		return begin + n
	}
	return len(line)
}

// commandEnd returns where the command ends that begins there; begin if none does. Behind the name and a first word, a command goes
// on as long as its words are options, values of options, placeholders and names, and no mark ends it.
func commandEnd(line string, begin int) int {
	end := wordEnd(line, begin)
	if strings.TrimLeft(line[begin:end], "\"'(`") != "hr2coupa" {
		return begin
	}
	option, plain := false, 0
	for n, at := 1, end; at < len(line) && line[at] == ' '; n++ {
		next := wordEnd(line, at+1)
		word := line[at+1 : next]
		bare := strings.TrimRight(word, ",;:.)")
		switch {
		case n == 1 || option || !prose(bare):
			end, plain = next, 0
		case plain == 1: // one word may stand before an option: settle RUN rejected --by NAME
			return end
		default:
			plain++
		}
		if bare != word {
			return end
		}
		option, at = strings.HasPrefix(word, "--"), next
	}
	return end
}

// prose reports whether a word is one of a sentence, not of a command.
func prose(word string) bool {
	return word == "" || !strings.HasPrefix(word, "-") && strings.ContainsFunc(word, unicode.IsLower) && !strings.ContainsAny(word, "._|/=0123456789")
}
