package terminal

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// Tone is what a word says at a glance, by its colour.
type Tone int

// The tones, each with the number of its colour in ECMA-48.
const (
	Good  Tone = 32
	Mixed Tone = 33
	Bad   Tone = 31
)

// The values of --color.
const (
	ColourAuto   = "auto"
	ColourAlways = "always"
	ColourNever  = "never"
)

// SetColour says whether words have colours: always, never, or auto. That is where the output is a terminal that can show them, and
// NO_COLOR is not set (no-color.org).
func (o *Out) SetColour(when string, getenv func(string) string) error {
	switch when {
	case ColourAlways, ColourNever:
		o.colour = when == ColourAlways
	case ColourAuto:
		o.colour = o.IsTerminal() && getenv("NO_COLOR") == "" && getenv("TERM") != "dumb"
	default:
		return fmt.Errorf("it is auto, always or never, not %q", when)
	}
	return nil
}

// toned is a value in a tone.
type toned struct {
	tone Tone
	v    any
}

// In returns a value for Printf that is printed in a tone.
func In(tone Tone, v any) any { return toned{tone, v} }

// in returns the plain text of the value, in its colour or in none.
func (v toned) in(colour bool) string {
	text := export.Plain(fmt.Sprint(v.v))
	if !colour || text == "" {
		return text
	}
	return fmt.Sprintf("\x1b[1;%dm%s\x1b[0m", v.tone, text)
}
