package feed

import (
	"fmt"

	"github.com/hr2coupa/hr2coupa/export"
)

// The rules that a record can break, as in [export.Fault].Rule.
const (
	ruleRagged   = "ragged"
	ruleQuote    = "quote"
	ruleUnclosed = "unclosed quote"
	ruleNUL      = "nul"
	ruleTooLong  = "too long"
	ruleEncoding = "encoding"
	ruleJSON     = "json"
)

// The messages without figures.
const (
	sayQuote       = `has a broken quote: text behind a closing quote, or a quote inside an unquoted field; quote the field and double the quotes in it`
	sayUnclosed    = `opens a quoted field that is not closed within 1 MB or before the file ends; nothing behind this line was read; close the quote and deliver the file again`
	sayNUL         = `holds a NUL byte; remove it (a file full of them is UTF-16: save it with a byte order mark)`
	sayTooLong     = `is over 1 MB; shorten it`
	sayTooLongOpen = "is over 1 MB and may leave a quoted field open; nothing behind this line was read; shorten it and deliver the file again"
	sayJSON        = `is not a valid JSON object; write one object a line`
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
	msg := fmt.Sprintf("has %d fields, header has %d; quote values that hold the delimiter", n, len(s.header.Fields))
	if lines > 1 {
		msg = fmt.Sprintf("the record of lines %d to %d %s, and look for a quote that stands alone", line, line+lines-1, msg)
	}
	return s.fault(line, ruleRagged, msg)
}

func (s *source) encodingFault(line int) *export.Fault {
	return s.fault(line, ruleEncoding, s.text.badText())
}

func (s *source) fieldFault(line int, field, message string) *export.Fault {
	f := s.fault(line, ruleJSON, message)
	f.Field = field
	return f
}
