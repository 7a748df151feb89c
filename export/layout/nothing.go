package layout

// nameColumns are the columns of a person's name.
var nameColumns = [...]string{"First Name", "Last Name"}

var noName = breach{"name", "is what databases and spreadsheets write where they have no value"}

// startsNoName are the bytes with which such a text begins. Nearly every name is decided by its first one.
var startsNoName = [256]bool{'N': true, 'n': true, '(': true, '\\': true, '#': true}

// isNoName reports whether a name is what a database or a spreadsheet writes for no value. It is only doubted, since
// people have odd names; one who is called Null writes it like that.
func isNoName(text string) bool {
	switch text {
	case "NULL", "null", "(null)", "(NULL)", `\N`, "#N/A", "N/A", "n/a", "#REF!":
		return true
	}
	return false
}
