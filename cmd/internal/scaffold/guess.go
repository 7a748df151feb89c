package scaffold

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/layout"
	"github.com/hr2coupa/hr2coupa/export/mapping"
	"github.com/hr2coupa/hr2coupa/templates"
)

// guess is a proposal for one Coupa column.
type guess struct {
	Name   string   `json:"column"`
	Expr   string   `json:"expression"`
	Why    ground   `json:"why"`
	Out    bool     `json:"left_out"` // written as a comment: a person has to decide
	others []string // expressions to try if the first breaks rules
	fixed  bool     // stays whatever the records hold: a row needs it, or it names the person
}

// ground is why a column is proposed, or what a person has to decide about it.
type ground struct {
	todo bool // a person has to decide
	text string
}

func guessed(text string) ground   { return ground{text: text} }
func undecided(text string) ground { return ground{true, text} }

// and adds more to the text.
func (g ground) and(more string) ground { return ground{g.todo, g.text + more} }

// Todo reports whether a person has to decide.
func (g ground) Todo() bool { return g.todo }

// String returns the text as the config and the result have it.
func (g ground) String() string {
	if g.todo {
		return "TODO: " + g.text
	}
	return "guessed: " + g.text
}

// MarshalText makes it a text in JSON.
func (g ground) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// statusWord is a status word of the feed; Status is "" if init does not know what it means.
type statusWord struct{ Word, Status string }

// proposal is a mapping for a feed, found from its names and values.
type proposal struct {
	sample  *sample
	key     *fieldSeen
	keyWhy  ground
	columns []*guess
	words   []statusWord
	used    map[string]bool // fields that the config reads
	leaves  *leaves         // nil: no field is known for it
}

// propose finds a mapping. Its order is that of the config: what names a person comes first.
func propose(s *sample) (*proposal, error) {
	p := &proposal{sample: s, used: map[string]bool{}}
	number, numberWhy := p.find(templates.HowNumber, "Employee Number", p.namesPeople)
	login, loginWhy := p.find(templates.HowText, "Login", p.mostlyFilled)
	email, emailWhy := p.email()
	if login == nil {
		login, loginWhy = p.loginByValues(email)
	}
	if err := p.chooseKey(number, numberWhy, login, email); err != nil {
		return nil, err
	}
	p.login(login, loginWhy, email)
	p.plain("Email", email, emailWhy, "lower(%s)")
	p.names()
	p.number(number, numberWhy)
	p.status()
	department, why := p.find(templates.HowText, "Department", nil)
	p.optional("Department", department, why)
	p.approver(login, email)
	p.places()
	p.lists()
	p.namesakes()
	p.leaves = p.findLeaves()
	return p, nil
}

// find returns the feed's field that HR systems name so for a column, and why it was chosen.
func (p *proposal) find(how templates.How, column string, fits func(*fieldSeen) bool) (*fieldSeen, ground) {
	for _, h := range templates.HRHeaders() {
		if h.Column != column || h.How != how {
			continue
		}
		for _, f := range p.sample.fields {
			if templates.Plain(f.name) == templates.Plain(h.Header) && (fits == nil || fits(f)) && !p.used[f.name] {
				return f, p.why("by its name"+knownFrom(h.System), f)
			}
		}
	}
	return nil, ground{}
}

func knownFrom(systems string) string {
	known := slices.DeleteFunc(strings.Split(systems, "; "), func(s string) bool { return s == "generic" })
	switch {
	case len(known) == 0:
		return ""
	case len(known) > 3:
		return " (many HR systems)"
	}
	return " (" + strings.Join(known, ", ") + ")"
}

func (p *proposal) why(how string, f *fieldSeen) ground {
	return guessed(fmt.Sprintf("%s, %d of %d records have a value", how, f.filled, p.sample.records))
}

func (p *proposal) mostlyFilled(f *fieldSeen) bool {
	return f.filled*20 >= p.sample.records*19 && f.filled > 0
}

// namesPeople reports whether nearly every record has a value and few values occur twice; a feed of changes may name a
// person again.
func (p *proposal) namesPeople(f *fieldSeen) bool {
	return p.mostlyFilled(f) && len(f.values)*2 >= f.filled
}

func looksLikeEmail(v string) bool {
	local, domain, ok := strings.Cut(v, "@")
	return ok && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(v, " ,;")
}

// email returns a field of that name, else the field whose values are addresses.
func (p *proposal) email() (*fieldSeen, ground) {
	if f, why := p.find(templates.HowLower, "Email", func(f *fieldSeen) bool { return f.share(looksLikeEmail) > 0.5 }); f != nil {
		return f, why
	}
	for _, f := range p.sample.fields {
		if p.namesPeople(f) && f.share(looksLikeEmail) > 0.9 {
			return f, p.why("by its values", f)
		}
	}
	return nil, ground{}
}

// chooseKey finds the field that names the person.
func (p *proposal) chooseKey(number *fieldSeen, why ground, others ...*fieldSeen) error {
	if number != nil {
		p.key, p.keyWhy = number, why
		return nil
	}
	for _, f := range p.sample.fields {
		unique := f.filled == p.sample.records && len(f.values) == f.filled && f.filled > 0
		if unique && f.share(looksLikeID) == 1 {
			p.key, p.keyWhy = f, guessed("every record has a different value in it, which looks like a number")
			return nil
		}
	}
	for _, f := range others {
		if f != nil && p.namesPeople(f) {
			p.key, p.keyWhy = f, guessed("no column looks like a personnel number")
			return nil
		}
	}
	return export.Hint(exit.Usage("%s: no column identifies a person", p.sample.path),
		"give a feed in which a personnel number, a login or an e-mail address has a value in nearly every record, a different one in each")
}

func looksLikeID(v string) bool {
	return len(v) <= 40 && strings.ContainsFunc(v, unicode.IsDigit) && !strings.ContainsFunc(v, func(r rune) bool {
		return r != '-' && r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// add proposes an expression of one field; %s stands for the field.
func (p *proposal) add(column string, f *fieldSeen, why ground, exprs ...string) *guess {
	g := &guess{Name: column, Why: why}
	for i, e := range exprs {
		e = strings.ReplaceAll(e, "%s", fieldExpr(f.name))
		if i == 0 {
			g.Expr = e
		} else {
			g.others = append(g.others, e)
		}
	}
	p.used[f.name] = true
	p.columns = append(p.columns, g)
	return g
}

// plain proposes a column that every row needs. Without a field for it no row has a value, and the proposal says so.
func (p *proposal) plain(column string, f *fieldSeen, why ground, expr string) {
	if f != nil {
		p.add(column, f, why, expr).fixed = true
		return
	}
	p.columns = append(p.columns, &guess{Name: column, Expr: "nil", fixed: true,
		Why: undecided("no column of the feed is known for it; every row needs one, and is quarantined until you name it")})
}

func (p *proposal) optional(column string, f *fieldSeen, why ground) {
	if f != nil && f.filled > 0 {
		p.add(column, f, why, "%s")
	}
}

func (p *proposal) login(login *fieldSeen, why ground, email *fieldSeen) {
	if login == nil && email != nil {
		p.plain("Login", email, guessed("no column of the feed is known for logins, and many instances use the e-mail address; check Coupa's list of users"), "lower(%s)")
		return
	}
	p.plain("Login", login, why, "%s")
}

// names proposes first and last name: from fields of their own, else cut from a whole name.
func (p *proposal) names() {
	first, why := p.find(templates.HowText, "First Name", p.mostlyFilled)
	last, lastWhy := p.find(templates.HowText, "Last Name", p.mostlyFilled)
	full, fullWhy := p.find(templates.HowFull, "Last Name", p.mostlyFilled)
	cutFirst, cutLast := `first(split(%s, " "))`, `last(split(%s, " "))`
	if full != nil && full.share(func(v string) bool { return strings.Contains(v, ",") }) > 0.5 {
		cutFirst, cutLast = `trim(last(split(%s, ",")))`, `trim(first(split(%s, ",")))`
	}
	firstExpr, lastExpr := "%s", "%s"
	if first == nil && full != nil {
		first, why, firstExpr = full, fullWhy.and("; cut at the blank or comma, check double names"), cutFirst
	} else if preferred, _ := p.find(templates.HowPreferred, "First Name", nil); first != nil && preferred != nil && preferred.filled > 0 {
		firstExpr = fieldExpr(preferred.name) + " ?? %s"
		why = why.and("; the preferred name replaces it if there is one")
		p.used[preferred.name] = true
	}
	if last == nil && full != nil {
		last, lastWhy, lastExpr = full, fullWhy.and("; cut at the blank or comma, check double names"), cutLast
	}
	p.plain("First Name", first, why, firstExpr)
	p.plain("Last Name", last, lastWhy, lastExpr)
}

// number proposes the Employee Number only if the field's name says what it is: a wrong one creates second accounts.
func (p *proposal) number(number *fieldSeen, why ground) {
	switch {
	case number != nil:
		p.add("Employee Number", number, why, "%s").fixed = true
	case !p.used[p.key.name]:
		p.add("Employee Number", p.key, undecided("is this the number Coupa has? A wrong one creates second accounts"), "%s").Out = true
	}
}

// status proposes the first field of that name whose words are known, else the one whose words are a status's, and a table
// of them.
func (p *proposal) status() {
	known := templates.HRStatus()
	fits := func(f *fieldSeen) bool {
		n := 0
		for v := range f.values {
			if known[templates.Plain(v)] != "" {
				n++
			}
		}
		return len(f.values) > 0 && len(f.values) <= 40 && n*2 >= len(f.values)
	}
	f, why := p.find(templates.HowStatus, "Status", fits)
	if f == nil {
		f, why = p.statusByValues(known)
	}
	if f == nil {
		p.columns = append(p.columns, &guess{Name: "Status", Expr: `lookup("status", FIELD) ?? FIELD`, Out: true,
			Why: undecided("no column of the feed is known for it: without it no user ever becomes inactive")})
		return
	}
	words := slices.Sorted(maps.Keys(f.values))
	if !slices.ContainsFunc(words, func(w string) bool { return w != "active" && w != "inactive" }) {
		p.add("Status", f, why, "%s").fixed = true
		return
	}
	for _, w := range words {
		p.words = append(p.words, statusWord{Word: w, Status: known[templates.Plain(w)]})
	}
	p.add("Status", f, why.and("; a word that the table lacks is quarantined"), `lookup("status", %s) ?? %s`).fixed = true
}

// approver proposes the manager if the values are logins, or addresses where those are the logins.
func (p *proposal) approver(login, email *fieldSeen) {
	f, why := p.find(templates.HowApprover, "Approver Login", func(f *fieldSeen) bool { return f.filled > 0 })
	if f == nil {
		return
	}
	numbers := f.share(func(v string) bool { return p.isNumber(v) || !strings.ContainsFunc(v, unicode.IsLetter) })
	logins := f.share(func(v string) bool { return login != nil && login.values[v] > 0 })
	switch {
	case f.share(looksLikeEmail) > 0.5 && login == nil && email != nil:
		p.add("Approver Login", f, why, "lower(%s)")
	case f.share(looksLikeEmail) > 0.5:
		p.add("Approver Login", f, undecided("Coupa wants the manager's login, and these look like e-mail addresses"), "%s").Out = true
	case numbers > logins: // a feed of changes has few of the managers themselves
		p.add("Approver Login", f, undecided("Coupa wants the manager's login, and these look like numbers; "+
			"tables: managers: {file: managers.csv, keys: [number], value: login} turns them into logins"), `lookup("managers", %s)`).Out = true
	case f.share(func(v string) bool { return strings.ContainsAny(v, " ,") }) > 0.5:
		p.add("Approver Login", f, undecided("Coupa wants the manager's login, and these look like names"), "%s").Out = true
	case login == nil && email != nil:
		p.add("Approver Login", f, undecided("Coupa wants the manager's login, and these are no e-mail addresses, as the logins are above"), "%s").Out = true
	default:
		p.add("Approver Login", f, why, "%s")
	}
}

// isNumber reports whether the feed has the value as a person's number, in any column known for one.
func (p *proposal) isNumber(v string) bool {
	return slices.ContainsFunc(p.sample.fields, func(f *fieldSeen) bool {
		return f.values[v] > 0 && slices.ContainsFunc(templates.HRHeaders(), func(h templates.HRHeader) bool {
			return h.How == templates.HowNumber && templates.Plain(h.Header) == templates.Plain(f.name)
		})
	})
}

// places proposes what depends on where a person works.
func (p *proposal) places() {
	capitals := func(n int) func(*fieldSeen) bool {
		return func(f *fieldSeen) bool {
			return f.share(func(v string) bool {
				return len(v) == n && !strings.ContainsFunc(v, func(r rune) bool { return r < 'A' || r > 'Z' })
			}) > 0.9
		}
	}
	country, countryWhy := p.find(templates.HowCountry, "Country Of Residence Code", capitals(2))
	phone, why := p.find(templates.HowPhone, "Phone Work", nil)
	exprs := []string{"%s", `phone(%s, "US")`}
	if country != nil {
		exprs[1] = "phone(%s, " + fieldExpr(country.name) + ")"
	}
	if phone != nil && phone.filled > 0 {
		p.add("Phone Work", phone, why, exprs...)
	}
	p.optional("Country Of Residence Code", country, countryWhy)
	currency, why := p.find(templates.HowCurrency, "Default Currency", capitals(3))
	p.optional("Default Currency", currency, why)
	locale, why := p.find(templates.HowText, "Default Locale", nil)
	p.optional("Default Locale", locale, why)
}

// lists are never filled unless a person decides it: Coupa replaces the whole list.
func (p *proposal) lists() {
	if f, _ := p.find(templates.HowList, "User Role Names", nil); f != nil && f.filled > 0 {
		p.list("User Role Names", f)
	}
}

func (p *proposal) list(column string, f *fieldSeen) {
	p.add(column, f, undecided("Coupa replaces the whole list by this cell; remove the # if these are Coupa's names and all of them"), "replace(%s)").Out = true
}

// neverGuessed are columns that no name alone may fill: Coupa's own id, and one that sends mail to people.
var neverGuessed = []string{"Id", "Generate Password And Notify User"}

// namesakes proposes fields that have the name of a Coupa column.
func (p *proposal) namesakes() {
	for _, c := range layout.Columns() {
		if c.Sensitive || c.Refused || slices.Contains(neverGuessed, c.Name) || slices.ContainsFunc(p.columns, func(g *guess) bool { return g.Name == c.Name }) {
			continue
		}
		for _, f := range p.sample.fields {
			if templates.Plain(f.name) != templates.Plain(c.Name) || p.used[f.name] || f.filled == 0 {
				continue
			}
			why := p.why("it has the name of Coupa's column", f)
			switch {
			case c.List:
				p.list(c.Name, f)
			case c.Type == templates.TypeBoolean:
				p.add(c.Name, f, why, "%s", "yesno(%s)")
			default:
				p.add(c.Name, f, why, "%s")
			}
			break
		}
	}
}

// fieldExpr returns a field as an expression: its name alone if the language allows it, else field("...").
func fieldExpr(name string) string {
	m, problems := mapping.New(mapping.Options{Columns: []mapping.Column{{Name: "Login", Expr: name}}})
	if len(problems) == 0 && slices.Equal(m.Fields(), []string{name}) {
		return name
	}
	return "field(" + strconv.Quote(name) + ")"
}
