// Package mapping turns HR fields into Coupa cells: for each Coupa column an expression over the fields of a record, in
// the language of github.com/expr-lang/expr with the functions that people data needs.
//
// # Values
//
// A field is text, or nil where the record lacks it or leaves it blank. Nothing becomes a number or a date by itself:
// leading zeros survive, and an expression that compares a field with a number is a problem when the mapping is
// compiled. nil and the empty text are one thing, "no value": functions that would return "" return nil, so that
// `trim(preferred_name) ?? first_name` falls through, and `x == ""` is the same question as `x == nil`.
//
// A plain identifier is a field, whatever its name (a field named title and the function title(...) do not conflict).
// Names that are no identifiers are written field("Employee ID").
//
// A variable of Options.Vars is an expression with a name, which others use where a field could stand. It is worked out at most
// once for a record.
//
// # Cells
//
// nil leaves what Coupa has (absent). clear() empties the cell in Coupa. replace(x) is the whole list of a list column:
// x is a list, or text separated by commas. Elements are trimmed, blanks and repetitions are dropped, and the order
// stays. An element of a list that holds a comma is a fault. An empty result is absent, since only clear() may empty a
// cell. Anything else is set: text as it is, true and false, numbers in their shortest form. A list or a date is not a
// cell: use join(...), replace(...) or formatDate(...). The word --NULL--, alone or in a list, is a fault where it
// comes from HR; text of an expression and values of a table may be that word.
//
// # What Coupa holds
//
// coupa["Department"] is what Coupa holds of the person, in the form of a cell: nil for a new person, a list for a column of names.
// It is known only once Coupa was asked (see export.Holding). merge(coupa["X"], ...) and without(coupa["X"], ...) are whole lists of
// the column X; without empties the list where it takes the last name.
//
// # Functions
//
// Where x is nil the result is nil, unless noted. Text functions take numbers and booleans too, as text.
//
//	lower(x) upper(x) trim(x)           letters and outer blanks
//	title(x)                            a capital at each word's start: "anne-marie o'neil" is "Anne-Marie O'Neil"
//	ascii(x)                            łódź is lodz, Müller is Muller, ß is ss; a letter without an ASCII form is a fault
//	concat(a, b, ...)                   nil counts as ""; a + b of text does the same but is nil where a or b is nil
//	substring(x, start, length)         in characters, start from 0, negative from the end; without length to the end
//	replaceText(x, old, new)            every occurrence
//	regexReplace(x, pattern, new)       RE2 as in Go; $1 or ${1} in new is a group
//	split(x, separator)                 a list; empty elements are nil; at most 1,000 elements
//	join(list, separator)               elements that are nil are left out
//	len(x) first(list) last(list)       len counts characters or elements, 0 for nil
//	list[i]                             from 0, negative from the end, nil where there is no such element
//	int(x) float(x)                     numbers from text
//	a ?? b                              b where a is nil
//	if(condition, a, b)                 a or b, only one is evaluated; without b nil; also condition ? a : b
//	lookup("table", key, ...)           see Table
//	yesno(x)                            Yes for yes, y, true, t, 1; No for no, n, false, f, 0, in any case; else a fault
//	date(x, "DD.MM.YYYY")               a date; without layout YYYY-MM-DD
//	formatDate(d, "YYYY-MM-DD")         text; d is a date, or text in the form YYYY-MM-DD
//	today()                             the day of the run, in the mapping's zone
//	daysBetween(a, b)                   calendar days from a to b, negative where b is earlier; nil where one is nil
//	phone(x, "FR")                      Coupa's form, see below
//	clear() replace(x)                  whole results only, see above
//	merge(x, ...) without(x, ...)       whole results only: the list that Coupa holds with names, or without them
//
// Date layouts are made of YYYY YY MMMM MMM MM M DD D HH H hh h mm ss A (AM or PM) Z (offset), the letter T, and signs;
// M and D take one digit or two. There is no randomness, and no clock but today(): the same record always maps to the same cells
// on the same day.
//
// The predicates all, any, none, one, filter, map, find and count work on lists, one level deep:
// replace(map(split(roles, ";"), lookup("role", trim(#)))). The operators are those of expr without ranges and powers.
// Texts that an expression builds are limited to 64 KiB. Regular expressions, those of matches too, take texts of up to
// 64 KiB. Their work for each record is bounded, at some thousand times what a name takes: beyond it the record is
// quarantined.
//
// # Phones
//
// The page "Users Import" documents two forms: xxx-yyy-zzzz, and outside the US +aa xxx-yyy-zzzz. phone drops blanks
// and the signs - . / ( ). A leading + or 00 means an international number. Any other number is a national one of the
// country (two letters, ISO 3166), and its trunk prefix (0 in most countries) is dropped. Ten national digits are
// grouped 3-3-4. Any other count is a fault, since no form for it is documented.
package mapping
