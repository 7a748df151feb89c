package main

import (
	"strconv"

	"github.com/hr2coupa/hr2coupa/testdata/farend"
)

// harmInSFTP is what the server of the drop folder does. It works on the twin's folders, so that what it accepts
// reaches the twin.
func harmInSFTP() []fault {
	silent := []string{"sftp.silence=1s"}
	brief := []string{"sftp.operation=1s"}
	list := []string{"sftp.operation=2s", "load.wait=1s"}
	long := []string{"load.wait=1s"} // the limit ends it, however slow the machine is
	byArchive := []string{"load.via=[archive]"}
	settled := []string{"settle", "PART", "rejected", "--by", "A. Administrator"}
	ends := []fault{
		fault{name: "no version", here: []string{"sftp.connect=2s"}}.then("handshake and login did not end within", 4, goesOn),
		fault{name: "alive", here: silent}.then("no byte of SFTP from", 4, goesOn),
		fault{name: "stderr", here: silent}.then("no byte of SFTP from", 4, goesOn),
		fault{name: "drip", here: brief}.then("did not finish within 1s", 4, goesOn),
		fault{name: "never closes", here: silent}.then("no byte of SFTP from", 4, goesOn),
		fault{name: "one name at a time", here: list, both: byArchive}.then("asking about its load failed", 5, goesOn),
		fault{name: "endless list", here: long, both: byArchive}.then("more than 32 MiB or 200000 names", 5, goesOn),
		fault{name: "long names", here: long, both: byArchive}.then("more than 32 MiB or 200000 names", 5, goesOn),
		fault{name: "extended attributes", here: long, both: byArchive}.then("more than 32 MiB or 200000 names", 5, goesOn),
		fault{name: "count", here: long, both: byArchive}.then("more than 32 MiB or 200000 names", 5, goesOn),
		fault{name: "long packet"}.then("broke (", 4, goesOn),
		fault{name: "no packet"}.then("broke (", 4, goesOn),
		fault{name: "wrong number"}.then("broke (", 4, goesOn),
		fault{name: "sizes"}.then("has 7 bytes on the server", 4, goesOn),
		fault{name: "sizes beyond all"}.then("has -1 bytes on the server", 4, goesOn),
		fault{name: "rename does nothing"}.then("the server says that it has renamed", 4, goesOn),
		fault{name: "rename in secret"}.then("3 in = 3 applied", 0, seen),
		fault{name: "rename loses", here: []string{"load.wait=1s"}, hand: settled, ends: 3}.then("Coupa does not list its load", 5, again),
		fault{name: "long text"}.then(`(sftp: "\x1b]0;harm\a\x1b[2J\u202exxx`, 4, goesOn),
		fault{name: "escapes in names"}.then("3 in = 3 applied", 0, seen),
		fault{name: "long path"}.then("3 in = 3 applied", 0, seen),
		fault{name: "links"}.then("3 in = 3 applied", 0, seen),
	}
	says := map[string]string{}
	for _, m := range farend.HarmSFTPModes() {
		says[m.Name] = m.Says
	}
	for i := range ends {
		f := &ends[i]
		mode := f.name
		f.name, f.how, f.via = mode+", an SFTP server", says[mode], limited(enoughMB+harmMore)
		f.do = func(n *stage) (func() error, error) {
			server, err := farend.StartHarmSFTP(mode, n.twin.Root())
			if err != nil {
				return nil, err
			}
			n.config.set("sftp.address", server.Addr)
			n.config.set("sftp.host_key", strconv.Quote(server.HostKey))
			return func() error { server.Close(); return nil }, n.writeConfig()
		}
	}
	return ends
}
