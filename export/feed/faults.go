package feed

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// The rules that a record can break, as in [export.Fault].Rule.
const (
	ruleRagged   = "ragged"
	ruleQuote    = "quote"
	ruleSheet    = "spreadsheet"
	ruleUnclosed = "unclosed quote"
	ruleNUL      = "nul"
	ruleTooLong  = "too long"
	ruleEncoding = "encoding"
	ruleJSON     = "json"
)

// The messages without figures.
const (
	sayQuote       = `has a broken quote: text behind a closing quote, or a quote inside an unquoted field`
	sayUnclosed    = `opens a quoted field that is not closed within 1 MB or before the file ends; nothing behind this line was read`
	sayNUL         = `holds a NUL byte`
	sayTooLong     = `is over 1 MB`
	sayTooLongOpen = "is over 1 MB and may leave a quoted field open; nothing behind this line was read"
	sayJSON        = `is not a valid JSON object`
)

// What to do about files.
const (
	giveRight  = "give this user the right to read it"
	seeOrRaise = "look at what HR has delivered, or raise the limit"
)

func unusable(file string, line int, format string, args ...any) *export.UnusableFeedError {
	return &export.UnusableFeedError{File: file, Line: line, Why: fmt.Sprintf(format, args...)}
}

func (s *source) fault(line int, rule, message string) *export.Fault {
	return &export.Fault{Origin: export.Origin{File: s.Name, Line: line}, Rule: rule, Message: message}
}

func (s *source) raggedFault(line, lines, n int) *export.Fault {
	msg := fmt.Sprintf("has %s, header has %d", export.Plural(n, "field"), len(s.header.Fields))
	if lines > 1 {
		msg = fmt.Sprintf("the record of lines %d to %d %s", line, line+lines-1, msg)
	}
	return s.fault(line, ruleRagged, msg)
}

func (s *source) encodingFault(line int) *export.Fault {
	return s.fault(line, ruleEncoding, s.text.wrong())
}

func (s *source) fieldFault(line int, field, message string) *export.Fault {
	f := s.fault(line, ruleJSON, message)
	f.Field = field
	return f
}
