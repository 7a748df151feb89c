package operator

import (
	"math"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// System is what the operating system knows of a process.
type System struct {
	UID      string                                  // of the account that it runs as
	LoginUID string                                  // /proc/self/loginuid; "" where there is none
	Getenv   func(string) string                     // for SUDO_USER and SUDO_UID
	ByUID    func(uid string) (name string, ok bool) // an account's name; ok is false where the system has none
	ByName   func(name string) (uid string, ok bool) // an account's uid, as well
}

// Of returns who has started the program.
func Of(getenv func(string) string) export.Operator {
	return This(getenv).Operator()
}

// Given returns what the ledger records of a decision that has no place for its operator: by whom it is, as the person says, and
// who has started the program.
func Given(by string, o export.Operator) string { return by + ", given by " + o.String() }

// This returns the system as the program finds it. The program is built without C: it knows the accounts of /etc/passwd, and not
// those of a directory.
func This(getenv func(string) string) System {
	s := System{UID: strconv.Itoa(os.Geteuid()), LoginUID: loginUID(), Getenv: getenv}
	if os.Geteuid() < 0 { // this system has no such numbers
		if u, err := user.Current(); err == nil {
			s.UID = u.Uid
		}
	}
	s.ByUID = func(uid string) (string, bool) {
		u, err := user.LookupId(uid)
		if err != nil {
			return "", false
		}
		return u.Username, true
	}
	s.ByName = func(name string) (string, bool) {
		u, err := user.Lookup(name)
		if err != nil {
			return "", false
		}
		return u.Uid, true
	}
	return s
}

// loginUID returns what the kernel noted when a person logged in; "" where it does not say.
func loginUID() string {
	data, err := regular.Read("/proc/self/loginuid", maxUID)
	if err != nil {
		return ""
	}
	return string(data)
}

const (
	maxUID  = 20             // bytes of the kernel's file
	maxName = 100            // bytes of a name that is recorded
	noLogin = math.MaxUint32 // no one has logged in: the program is a service's, or in a container
)

// Operator returns who has started the program. SUDO_USER counts where the kernel knows that this account has logged in.
func (s System) Operator() export.Operator {
	o := export.Operator{UID: s.UID}
	o.User, _ = s.ByUID(s.UID)
	if n, err := strconv.ParseUint(strings.TrimSpace(s.LoginUID), 10, 32); err == nil && n != noLogin {
		o.Audit = strconv.FormatUint(n, 10)
	}
	sudo := s.Getenv("SUDO_USER")
	o.Agrees = sudo != "" && len(sudo) <= maxName && o.Audit != "" && s.uidOf(sudo, o.Audit) == o.Audit
	o.Sudo = strings.ToValidUTF8(sudo[:min(len(sudo), maxName)], "")
	return o
}

// uidOf returns the uid of the account that SUDO_USER names. Where the system knows neither that name nor one for the uid that has
// logged in, both are of a directory, and the uid is that of SUDO_UID.
func (s System) uidOf(name, audit string) string {
	if uid, ok := s.ByName(name); ok {
		return uid
	}
	if _, ok := s.ByUID(audit); ok {
		return ""
	}
	return s.Getenv("SUDO_UID")
}
