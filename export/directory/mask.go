package directory

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/hr2coupa/hr2coupa/export"
)

var address = regexp.MustCompile(`[^\s<>"'(),;:]+@[^\s<>"'(),;:]+`)

// Masker removes personal data from messages of Coupa, so that they can be logged.
type Masker struct {
	About []export.ElementCell   // known cells of the person that the message is about
	Login func(word string) bool // reports whether a person has this login; nil: no login is known
}

// MaskAll masks each message of one answer and returns them as one line of a readable length.
func (m Masker) MaskAll(messages []string) string {
	masked := make([]string, len(messages))
	for i, message := range messages {
		masked[i] = m.Mask(message)
	}
	return shorten(strings.Join(masked, "; "))
}

func shorten(text string) string {
	if r := []rune(text); len(r) > mostSaid {
		return string(r[:mostSaid]) + "..."
	}
	return text
}

// Mask replaces every value of the cells in a message by its column's name in brackets, every known login by [Login]
// and every e-mail address by [e-mail], whatever their case, blanks and form of letters. It returns one line of a
// readable length.
func (m Masker) Mask(message string) string {
	pieces := []piece{{text: plain(message)}}
	for _, w := range m.words() {
		pieces = cut(pieces, w.text, "["+w.column+"]")
	}
	var b strings.Builder
	for _, p := range pieces {
		if !p.masked {
			p.text = address.ReplaceAllString(p.text, "[e-mail]")
			p.text = m.logins(p.text)
		}
		b.WriteString(p.text)
	}
	return shorten(b.String())
}

const mostSaid = 300 // characters of a text from Coupa in a log

type secretWord struct{ text, column string }

// words returns the texts to replace, the longest first: a name may be a part of another value.
func (m Masker) words() (words []secretWord) {
	for _, c := range m.About {
		for _, text := range c.Secrets() {
			words = append(words, secretWord{plain(text), c.Element.Column})
		}
	}
	slices.SortStableFunc(words, func(a, b secretWord) int { return len(b.text) - len(a.text) })
	return words
}

// plain returns a text with its letters in one form, on one line, and without characters that steer a terminal.
func plain(s string) string {
	s = export.Plain(strings.ToValidUTF8(s, "?"))
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

const longestLogin = 255 // bytes, the limit of the layout

// logins replaces the known logins in a text. A login may hold any character, so every stretch between the ends of two
// words is looked up, the longest first.
func (m Masker) logins(text string) string {
	if m.Login == nil {
		return text
	}
	var b strings.Builder
	for len(text) > 0 && b.Len() <= 4*mostSaid { // no more of the text is shown
		n := m.login(text)
		if n == 0 {
			_, n = utf8.DecodeRuneInString(text)
			b.WriteString(text[:n])
			for prev, _ := utf8.DecodeLastRuneInString(text[:n]); export.IsNameRune(prev) && n < len(text); { // go on to the end of the word
				next, size := utf8.DecodeRuneInString(text[n:])
				if !export.IsNameRune(next) {
					break
				}
				b.WriteString(text[n : n+size])
				n += size
			}
		} else {
			b.WriteString("[Login]")
		}
		text = text[n:]
	}
	return b.String()
}

// login returns the length of the longest known login at the beginning of text; 0 where there is none.
func (m Masker) login(text string) int {
	if text[0] == ' ' {
		return 0
	}
	for n := min(len(text), longestLogin); n > 0; n-- {
		if n < len(text) && !utf8.RuneStart(text[n]) {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(text[:n])
		next, _ := utf8.DecodeRuneInString(text[n:])
		if last != ' ' && !(export.IsNameRune(last) && export.IsNameRune(next)) && m.Login(text[:n]) {
			return n
		}
	}
	return 0
}

// piece is a stretch of a message; a masked piece is not searched again.
type piece struct {
	text   string
	masked bool
}

// cut replaces every whole occurrence of word in the pieces that are not masked yet.
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

// whole reports whether text[from:to] is no part of a longer word.
func whole(text string, from, to int) bool {
	first, _ := utf8.DecodeRuneInString(text[from:])
	last, _ := utf8.DecodeLastRuneInString(text[:to])
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !(export.IsNameRune(first) && export.IsNameRune(before)) && !(export.IsNameRune(last) && export.IsNameRune(after))
}
