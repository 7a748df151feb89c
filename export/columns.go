package export

// Names of columns of Coupa's users import that the program itself needs; templates/users_layout.csv has all of them.
const (
	ColumnID        = "Id" // Coupa's own number of a user: the strongest key
	ColumnNumber    = "Employee Number"
	ColumnLogin     = "Login"
	ColumnEmail     = "Email"
	ColumnFirstName = "First Name"
	ColumnLastName  = "Last Name"
	ColumnStatus    = "Status"
	ColumnRoles     = "User Role Names"
	ColumnApprover  = "Approver Login"
)
