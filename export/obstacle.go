package export

import "fmt"

// Obstacle is the reason why nothing can be sent, or Coupa cannot be asked.
type Obstacle uint8

// The obstacles. The first group concerns SFTP, the second HTTPS.
const (
	NoSFTP        Obstacle = iota + 1 // the config has no section for it
	NoHostKey                         // no key is pinned, or another one is offered
	NoLogin                           // the server refuses the login, or the config has nothing to log in with
	NoPermission                      // the server forbids it
	NoFolder                          // a folder does not exist or cannot be used
	WrongStaging                      // the staging folder is wrong
	WrongArchives                     // an archive folder is wrong
	NoConnection                      // the server's answers are unknown

	NoClient    // the config names no client
	NoPreflight // Coupa cannot be asked about its users before anything is sent
	NoAPI       // the calls fail, one after another
	NoToken
	NoScope
	NoCookie
	NoAddress // another server answers, or none

	Unreachable // there is no connection, or it was lost
	NoAnswer    // the connection is there, and no answer comes
)

var obstacles = map[Obstacle]string{
	NoSFTP: "sftp", NoHostKey: "host key", NoLogin: "login", NoPermission: "permission", NoFolder: "folder",
	WrongStaging: "staging", WrongArchives: "archives", NoConnection: "connection",
	NoClient: "client", NoPreflight: "preflight", NoAPI: "api", NoToken: "token", NoScope: "scope", NoCookie: "cookie", NoAddress: "address",
	Unreachable: "unreachable", NoAnswer: "silent",
}

// String returns the word that a message begins with.
func (o Obstacle) String() string { return obstacles[o] }

// Passing reports whether another connection may succeed. A missing folder or permission stays missing.
func (o Obstacle) Passing() bool { return o == Unreachable || o == NoAnswer }

// NotDeliveredError reports why nothing can be sent, or why Coupa cannot be asked (exit 4).
type NotDeliveredError struct {
	What Obstacle
	Msg  string // what is wrong
	Hint string // what to do; "" where the cause says it, or there is no way out
	Err  error  // the cause, may be nil; not part of the text
}

// Error returns the obstacle and what is wrong, without the hint.
func (e *NotDeliveredError) Error() string { return e.What.String() + ": " + e.Msg }

// Unwrap returns the cause, or nil.
func (e *NotDeliveredError) Unwrap() error { return e.Err }

// Hints returns what to do.
func (e *NotDeliveredError) Hints() []string { return []string{e.Hint} }

// WithHint sets what to do and returns the error itself.
func (e *NotDeliveredError) WithHint(format string, args ...any) *NotDeliveredError {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}
