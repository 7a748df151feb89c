package switchboard

import (
	"fmt"
	"strings"
)

// Personality is a kind of server that administrators have met: a set of switches.
type Personality struct {
	Name     string   `json:"name"`
	Switches []string `json:"switches"` // name=value
	Says     string   `json:"says"`     // what is special, and what it takes to work with it
}

// Personalities lists the kinds in the order of the docs.
func Personalities() []Personality {
	return []Personality{
		{"no-rename", words("rename=unsupported"), "the server has no rename; sftp.direct: true writes without one"},
		{"rename-overwrites", words("rename=overwrites"), "a rename replaces an existing file, against the protocol"},
		{"no-setstat", words("setstat=refused"), "times, modes and sizes of files cannot be set"},
		{"write-only", words("drop-folder=write-only"), "files can be written to the drop folder and renamed there, but not seen or read"},
		{"instant", words("pickup=instant"), "a file is taken as soon as it has its final name, before the reply to the rename"},
		{"eager", words("pickup=eager", "dotted=ignored"), "a file is taken at its first bytes, unless its name begins with a dot"},
		{"late-list", words("list-delay=3m"), "a load is listed only minutes after the pick-up"},
		{"no-archive", words("archive-read=denied"), "the archive folder cannot be listed or read"},
		{"old", words("algorithms=old"), "only ssh-rsa and SHA-1; sftp.legacy: true connects to it"},
		{"cuts", words("drop-after-bytes=100", "fault-times=1"), "the connection breaks in the middle of a file, once"},
		{"cuts-rename", words("rename-reply=lost", "fault-times=1"), "the connection breaks after a rename and before its reply, once"},
		{"slow", words("sftp-latency=500ms", "api-latency=2s", "load-time=30s"), "every answer is slow"},
		{"one-connection", words("connections=1"), "a second connection of the same account is closed at once"},
		{"link", words("drop-path=link"), "the drop folder is a symbolic link"},
		{"home", words("home=/home/coupa"), "paths begin at the account's home: sftp.folder is Incoming/Users or /home/coupa/Incoming/Users"},
		{"blind", words("drop-folder=no-list", "archive-read=denied"), "no folder can be listed"},
	}
}

// PersonalitySwitches returns the switches of a personality.
func PersonalitySwitches(name string) ([]string, error) {
	var names []string
	for _, p := range Personalities() {
		if p.Name == name {
			return p.Switches, nil
		}
		names = append(names, p.Name)
	}
	return nil, fmt.Errorf("personality %q is none of %s", name, strings.Join(names, ", "))
}
