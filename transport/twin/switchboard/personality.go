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
		{"rename-overwrites", words("rename=overwrites"), "a rename replaces a file that is there, against the protocol"},
		{"no-setstat", words("setstat=refused"), "times, modes and sizes of files cannot be set"},
		{"write-only", words("drop-folder=write-only"), "files may be put into the drop folder and renamed there, not looked at"},
		{"instant", words("pickup=instant"), "a file is taken as soon as it has its name, before the reply to the rename"},
		{"eager", words("pickup=eager", "dotted=ignored"), "a file is taken with its first bytes, unless its name begins with a dot"},
		{"late-list", words("list-delay=3m"), "a load is listed only minutes after the pick-up"},
		{"no-archive", words("archive-read=denied"), "the archive folder may not be looked into"},
		{"old", words("algorithms=old"), "ssh-rsa and SHA-1 alone; sftp.legacy: true speaks with it"},
		{"cuts", words("drop-after-bytes=100", "fault-times=1"), "the connection breaks in the middle of a file, once"},
		{"cuts-rename", words("rename-reply=lost", "fault-times=1"), "the connection breaks after a rename and before its reply, once"},
		{"slow", words("sftp-latency=500ms", "api-latency=2s", "load-time=30s"), "every answer takes its time"},
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
