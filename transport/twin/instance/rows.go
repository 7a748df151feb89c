package instance

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
)

// Header is the columns of a file, as its first line names them.
type Header []*column

// ApplyRow matches one row to a user, or makes a new one, and stores it whole or not at all. The load and the number of the row
// are missing in what it returns.
func (d *Users) ApplyRow(cols Header, cells []string) (Applied, []FieldError) {
	d.mu.Lock()
	defer d.mu.Unlock()
	row := rowOf(cols, cells)
	draft, errs := d.match(row)
	if errs != nil {
		return Applied{}, errs
	}
	out := Applied{Key: cells[0], Created: draft.id == 0, Notified: isYes(row["Generate Password And Notify User"])}
	for _, i := range settingOrder(cols) {
		errs = append(errs, d.setCell(draft, cols[i], cells[i])...)
	}
	errs = append(errs, d.stillBlank(draft, errs)...)
	errs = append(errs, d.takenKeys(draft)...)
	if len(errs) > 0 {
		return Applied{}, errs
	}
	out.Changed = d.commit(draft)
	out.UserID, out.Login = draft.id, draft.shown.Text("login")
	return out, nil
}

func isYes(text string) bool { return text != "" && strings.ContainsAny(text[:1], "YyTt") }

func rowOf(cols []*column, cells []string) map[string]string {
	row := make(map[string]string, len(cols))
	for i, c := range cols {
		row[c.Name] = cells[i]
	}
	return row
}

// match returns a draft of the user that a row is about. A row that matches no user is a new user ("Users Import").
func (d *Users) match(row map[string]string) (*account, []FieldError) {
	if id := row["Id"]; id != "" {
		n, err := payload.ParseInt(id)
		if u := d.users[n]; err == nil && u != nil {
			return u.clone(), nil
		}
		return nil, []FieldError{{"id", id, unmatched("Id")}}
	}
	number, login := row["Employee Number"], row["Login"]
	found := d.matchNumberFirst(number, login)
	if d.board.Get().KeyPrecedence == "id,login,employee-number" {
		found = d.matchLoginFirst(number, login)
	}
	if found != nil {
		return found.clone(), nil
	}
	return &account{shown: payload.Record{}, hidden: payload.Record{}}, nil
}

// matchNumberFirst follows the page: an Employee Number alone decides. If it matches no user, the row is a new user even if
// the login is known; the row is then refused because the login is taken.
func (d *Users) matchNumberFirst(number, login string) *account {
	if number != "" {
		return d.find("employee-number", number)
	}
	return d.byLogin(login)
}

func (d *Users) matchLoginFirst(number, login string) *account {
	if u := d.byLogin(login); u != nil {
		return u
	}
	return d.find("employee-number", number)
}

// settingOrder puts general limits before the limits that they cover, and the removal of an address last.
func settingOrder(cols []*column) []int {
	var first, middle, last []int
	for i, c := range cols {
		switch {
		case len(limitsUnder(c.Name)) > 0:
			first = append(first, i)
		case c.Name == "Remove Default Address":
			last = append(last, i)
		default:
			middle = append(middle, i)
		}
	}
	return append(append(first, middle...), last...)
}

func (d *Users) setCell(draft *account, c *column, text string) []FieldError {
	switch {
	case c.Name == "Id" || c.Name == "Generate Password And Notify User":
		return nil
	case slices.Contains(strings.Split(d.board.Get().LostColumns, ","), c.Name):
		return nil
	case text == "":
		return d.setEmpty(draft, c)
	}
	if problem := d.set(draft, c, text); problem != "" {
		return []FieldError{{c.attr, text, problem}}
	}
	return nil
}

// setEmpty does what an empty cell means. Required cells may never be blank, and a blank Account Security Type is 0
// ("Users Import"), which makes it dangerous.
func (d *Users) setEmpty(draft *account, c *column) []FieldError {
	switch {
	case c.Required || d.board.Get().EmptyCell == "error":
		return []FieldError{{c.attr, "", c.label + " can't be blank"}}
	case c.Name == "Account Security Type":
		draft.put(c, int64(0))
	case c.Type == templates.TypeCurrency && draft.shown[c.path[0]] == nil:
		draft.shown[c.path[0]] = d.refs.reportingCurrency()
	case d.board.Get().EmptyCell == "clear" && c.Name != "Status":
		draft.clear(c)
	}
	return nil
}

// stillBlank returns errors for the required elements that are missing and have none yet.
func (d *Users) stillBlank(draft *account, before []FieldError) []FieldError {
	refused := map[string]bool{}
	for _, e := range before {
		refused[e.Attr] = true
	}
	var errs []FieldError
	for _, e := range d.blankRequired(draft) {
		if !refused[e.Attr] {
			errs = append(errs, e)
		}
	}
	return errs
}

// Header reads a header line. It refuses the whole file because of an unknown column, and because of a repeated one, about
// which no page says anything. The message is empty if all columns are known.
func (d *Users) Header(names []string) (cols Header, message string) {
	seen := map[string]bool{}
	for _, name := range names {
		c := columnNamed(d.cols, name)
		if c == nil || seen[name] {
			return nil, fmt.Sprintf("Column header %s is not valid.", name)
		}
		seen[name] = true
		cols = append(cols, c)
	}
	return cols, ""
}
