package export

import (
	"strings"
)

// Phone is a telephone number with the parts of Coupa's API.
type Phone struct{ Country, Area, Number, Extension string }

// ParsePhone splits a number in one of the forms of a cell: xxx-yyy-zzzz, +aa xxx-yyy-zzzz, with or without an
// extension. A number without a country is a North American one.
func ParsePhone(text string) Phone {
	var p Phone
	text, p.Extension = cutExtension(strings.TrimSpace(text))
	if country, rest, ok := strings.Cut(text, " "); ok && len(country) <= 4 {
		p.Country, text = strings.TrimPrefix(country, "+"), rest
	} else if text != "" {
		p.Country = "1"
	}
	area, number, ok := strings.Cut(text, "-")
	if !ok {
		area, number = "", text
	}
	p.Area, p.Number = area, number
	return p
}

func cutExtension(text string) (number, extension string) {
	for i, r := range text {
		if r == 'e' || r == 'x' || r == 'E' || r == 'X' {
			return strings.TrimSpace(text[:i]), digitsOf(text[i:])
		}
	}
	return text, ""
}

func phoneOf(v Value) Phone {
	if v.Parts == nil {
		return ParsePhone(v.Text)
	}
	return Phone{v.Parts["country-code"], v.Parts["area-code"], v.Parts["number"], v.Parts["extension"]}
}

// cell returns the number in one of the forms of a cell: 222-333-4444, 1 222-333-4444 ext. 12345, +49 222-333-4444; "" for
// none.
func (p Phone) cell() string {
	text, country := strings.Trim(p.Area+"-"+p.Number, "-"), strings.TrimPrefix(p.Country, "+")
	switch {
	case text == "":
		return ""
	case country != "" && country != "1":
		text = "+" + country + " " + text
	case p.Extension != "":
		text = "1 " + text
	}
	if p.Extension != "" {
		text += " ext. " + p.Extension
	}
	return text
}

// canonical returns the joined digits: it does not count where Coupa splits a number into area and rest. "" is no
// number.
func (p Phone) canonical() string {
	national := digitsOf(p.Area) + digitsOf(p.Number)
	if national == "" {
		return ""
	}
	country := digitsOf(p.Country)
	if country == "" {
		country = "1"
	}
	return country + " " + national + " " + digitsOf(p.Extension)
}

func digitsOf(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}
