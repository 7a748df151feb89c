package export

import "fmt"

// Operator is who has started the program, as the operating system knows it. The zero value is not known: an earlier version has
// recorded none.
type Operator struct {
	UID    string `json:"uid"`                   // of the account that the program runs as
	User   string `json:"user,omitempty"`        // its name; "" where the system has none
	Audit  string `json:"audit_uid,omitempty"`   // of the account that has logged in, as the kernel knows it; "" is not known
	Sudo   string `json:"sudo_user,omitempty"`   // SUDO_USER, which anybody can set
	Agrees bool   `json:"sudo_agrees,omitempty"` // Sudo is the account Audit: it is who has started the program
}

// String returns the operator in words: alice (uid 1000) by sudo as hr2coupa (uid 990).
func (o Operator) String() string {
	if o == (Operator{}) {
		return "unknown"
	}
	as := "uid " + o.UID
	if o.User != "" {
		as = fmt.Sprintf("%s (%s)", o.User, as)
	}
	switch {
	case o.Agrees:
		return fmt.Sprintf("%s (uid %s) by sudo as %s", o.Sudo, o.Audit, as)
	case o.Sudo != "":
		as += ", claimed " + o.Sudo
	}
	if o.Audit != "" && o.Audit != o.UID {
		as += ", logged in as uid " + o.Audit
	}
	return as
}
