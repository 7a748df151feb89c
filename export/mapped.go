package export

// MappedColumn is one Coupa column and the expression that fills it.
type MappedColumn struct {
	Name string // the Coupa column
	Expr string // at most 4,096 bytes
	List bool   // Coupa replaces the whole list: the expression must be replace(...)
	Line int    // of the config, for messages
}

// LookupTable is a table for lookup(name, key, ...). Keys must be equal byte for byte, case and blanks included.
//
// Its lines are Values, with one key, or a CSV file (UTF-8; comma, semicolon or tab) with a header that names the
// columns Keys, in the order of lookup's arguments, and Value. Two lines with the same keys are a problem. A blank key
// matches nil. If no line matches, or its value is blank, the answer is Default, else nil. It is always nil if every
// key is nil.
type LookupTable struct {
	Name    string
	Values  map[string]string // inline; nil if File is given
	File    string            // CSV file
	Keys    []string          // the file's columns to look up by
	Value   string            // the file's column with the value
	Default *string           // for keys that are not in the table; nil: such a key has no value
	Line    int               // of the config, for messages
}
