// Package templates holds what is embedded in the program as data. Its tables are the only source of what they say;
// nothing in the code repeats them.
package templates

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed users_layout.csv
var usersLayout []byte

//go:embed users_locales.csv
var usersLocales []byte

// Type is the kind of value a column takes.
type Type string

const (
	TypeString   Type = "string"
	TypeInteger  Type = "integer"  // digits only
	TypeBoolean  Type = "boolean"  // Yes or No; other spellings are in Allowed
	TypeEnum     Type = "enum"     // one of Allowed
	TypeRef      Type = "ref"      // the name or code of something that exists in the instance
	TypeLimit    Type = "limit"    // amount blank currency, or the name of an approval limit
	TypeList     Type = "list"     // names separated by commas; the whole list is replaced
	TypeEmail    Type = "email"    // one bare address
	TypePhone    Type = "phone"    // xxx-yyy-zzzz and its international forms
	TypeLocale   Type = "locale"   // one of UsersLocales
	TypeCurrency Type = "currency" // ISO 4217
	TypeCountry  Type = "country"  // ISO 3166-1 alpha-2
)

var types = []Type{TypeString, TypeInteger, TypeBoolean, TypeEnum, TypeRef, TypeLimit, TypeList, TypeEmail, TypePhone,
	TypeLocale, TypeCurrency, TypeCountry}

// Column is one column of Coupa's users import. Lengths are in characters; 0 means that none is documented.
type Column struct {
	Name           string   `json:"name"`
	Type           Type     `json:"type"`
	MinLength      int      `json:"min_length,omitempty"`
	MaxLength      int      `json:"max_length,omitempty"`
	ItemMaxLength  int      `json:"item_max_length,omitempty"` // of one name in a list
	Required       bool     `json:"required,omitempty"`
	Unique         bool     `json:"unique,omitempty"`          // no two users may have the same value
	List           bool     `json:"list,omitempty"`            // the cell replaces the stored list
	BlankDangerous bool     `json:"blank_dangerous,omitempty"` // our caution: an empty cell may change or wipe something
	Sensitive      bool     `json:"sensitive,omitempty"`       // card data
	Refused        bool     `json:"refused,omitempty"`         // never sent, whatever the reason
	Allowed        []string `json:"allowed_values,omitempty"`  // documented spellings, nil when anything goes
	Open           bool     `json:"open,omitempty"`            // Allowed are only the well-known values
	Clear          string   `json:"clear,omitempty"`           // documented CSV text that clears, "" when there is none
	API            string   `json:"api_element,omitempty"`     // a dot steps into an object, [] into each of a list
	Notes          string   `json:"notes,omitempty"`
}

// Locale is one value of Default Locale. The pages "Users Import" and "Users API (/users)" disagree about some.
type Locale struct {
	Name    string // as Coupa spells it
	APIOnly bool   // only the API page lists it
}

// UsersLayout gives the table of the users import columns as CSV, header included.
func UsersLayout() []byte { return slices.Clone(usersLayout) }

// UsersColumns gives every column of the users import in documented order ("Users Import"). The slices inside are
// shared: they must not be changed.
func UsersColumns() []Column { return slices.Clone(columns()) }

// UsersLocales gives every documented value of Default Locale, those of the import page first.
func UsersLocales() []Locale { return slices.Clone(locales()) }

// The tables are part of the program: a broken one is a bug, found by a test, and nothing works without them.
var (
	columns = sync.OnceValue(func() []Column { return must(parseTable(usersLayout, parseColumn)) })
	locales = sync.OnceValue(func() []Locale { return must(parseTable(usersLocales, parseLocale)) })
)

func must[T any](v T, err error) T {
	if err != nil {
		panic("templates: " + err.Error())
	}
	return v
}

// parseTable reads a CSV table whose first line names the fields and hands each line to parse.
func parseTable[T any](data []byte, parse func(*line) T) ([]T, error) {
	records, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) < 2 {
		return nil, fmt.Errorf("table has no lines")
	}
	table := make([]T, 0, len(records)-1)
	for _, r := range records[1:] {
		l := &line{header: records[0], fields: r}
		table = append(table, parse(l))
		if l.err != nil {
			return nil, fmt.Errorf("%s: %w", r[0], l.err)
		}
	}
	return table, nil
}

// line is one line of a table. It keeps the first error, so that a parse reads as a list of fields.
type line struct {
	header, fields []string
	err            error
}

func (l *line) fail(name, why string) {
	if l.err == nil {
		l.err = fmt.Errorf("%s %s", name, why)
	}
}

func (l *line) text(name string) string {
	i := slices.Index(l.header, name)
	if i < 0 {
		l.fail(name, "is not in the header")
		return ""
	}
	return l.fields[i]
}

func (l *line) number(name string) int {
	s := l.text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n <= 0 {
		l.fail(name, "is not a positive number")
	}
	return n
}

func (l *line) flag(name string) bool {
	s := l.text(name)
	if s != "yes" && s != "no" {
		l.fail(name, "is neither yes nor no")
	}
	return s == "yes"
}

func parseColumn(l *line) Column {
	c := Column{
		Name:           l.text("name"),
		Type:           Type(l.text("type")),
		MinLength:      l.number("min_length"),
		MaxLength:      l.number("max_length"),
		ItemMaxLength:  l.number("item_max_length"),
		Required:       l.flag("required"),
		Unique:         l.flag("unique"),
		List:           l.flag("list"),
		BlankDangerous: l.flag("blank_dangerous"),
		Clear:          l.text("clear"),
		API:            l.text("api_element"),
		Notes:          l.text("notes"),
	}
	if !slices.Contains(types, c.Type) {
		l.fail("type", "is not a known one")
	}
	switch l.text("sensitive") {
	case "no":
	case "yes":
		c.Sensitive = true
	case "refused":
		c.Sensitive, c.Refused = true, true
	default:
		l.fail("sensitive", "is none of yes, no, refused")
	}
	if a := l.text("allowed_values"); a != "" {
		c.Allowed = strings.Split(a, "|")
		if last := len(c.Allowed) - 1; c.Allowed[last] == "*" {
			c.Allowed, c.Open = c.Allowed[:last], true
		}
	}
	return c
}

func parseLocale(l *line) Locale {
	return Locale{Name: l.text("locale"), APIOnly: l.flag("api_only")}
}
