package export

const ColumnID = "Id" // Coupa's own number of a user: the strongest key

const ColumnNumber = "Employee Number"

const ColumnLogin = "Login"

const ColumnEmail = "Email"

const ColumnFirstName = "First Name"

const ColumnLastName = "Last Name"

const (
	ColumnStatus = "Status"
)
