package export

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var address = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

// Mask makes a message of Coupa fit for a log: every value of the cells that stands in it, whatever its case, becomes
// its column's name in brackets, and every e-mail address [e-mail].
func Mask(message string, cells []ElementCell) string {
	type word struct{ text, column string }
	var words []word
	for _, c := range cells {
		for _, text := range c.secrets() {
			words = append(words, word{text, c.Element.Column})
		}
	}
	// The longest first: a name may be a part of another value.
	slices.SortStableFunc(words, func(a, b word) int { return len(b.text) - len(a.text) })
	pieces := []piece{{text: message}}
	for _, w := range words {
		pieces = cut(pieces, w.text, "["+w.column+"]")
	}
	var b strings.Builder
	for _, p := range pieces {
		if !p.masked {
			p.text = address.ReplaceAllString(p.text, "[e-mail]")
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// secrets are the texts of a cell that tell something of a person: not its flags and statuses, which are words of
// ordinary messages.
func (c ElementCell) secrets() []string {
	text := strings.TrimSpace(c.Cell.Text)
	switch {
	case c.Cell.State != Set || text == "":
		return nil
	case c.Element.Kind == KindNames:
		return append(splitNames(text), text)
	case c.Element.Kind == KindBool, c.Element.Kind == KindStatus, c.Element.Kind == KindInteger,
		c.Element.Kind == KindRemoval, c.Element.Kind == KindAction:
		return nil
	}
	return []string{text}
}

// piece is a stretch of a message; a masked one is not looked into again.
type piece struct {
	text   string
	masked bool
}

// cut replaces every whole occurrence of word in the pieces not masked yet.
func cut(pieces []piece, word, mask string) []piece {
	re := regexp.MustCompile(`(?i)` + regexp.QuoteMeta(word))
	var out []piece
	for _, p := range pieces {
		at := 0
		if !p.masked {
			for _, hit := range re.FindAllStringIndex(p.text, -1) {
				if whole(p.text, hit[0], hit[1]) {
					out = append(out, piece{text: p.text[at:hit[0]]}, piece{mask, true})
					at = hit[1]
				}
			}
		}
		out = append(out, piece{p.text[at:], p.masked})
	}
	return out
}

// whole tells whether text[from:to] is no part of a longer word.
func whole(text string, from, to int) bool {
	first, _ := utf8.DecodeRuneInString(text[from:])
	last, _ := utf8.DecodeLastRuneInString(text[:to])
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !(letter(first) && letter(before)) && !(letter(last) && letter(after))
}

func letter(r rune) bool { return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r)) }
