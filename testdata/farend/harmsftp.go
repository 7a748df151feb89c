package farend

import (
	"bytes"
	"os"
	"path"
	"strings"
	"time"
)

// HarmSFTPMode is one way in which an SFTP server means harm.
type HarmSFTPMode struct {
	Name, Says string
	harm       func(*sftpConn, sftpRequest) bool // reports whether it has dealt with the request
}

// Packets of SFTP, version 3.
const (
	sftpInit, sftpVersion             = 1, 2
	sftpOpen, sftpClose, sftpWrite    = 3, 4, 6
	sftpLstat, sftpStat, sftpSetstat  = 7, 17, 9
	sftpOpendir, sftpReaddir          = 11, 12
	sftpRemove, sftpRename            = 13, 18
	sftpRealpath, sftpReadlink        = 16, 19
	sftpStatus, sftpHandle            = 101, 102
	sftpName, sftpAttrs               = 104, 105
	statusOK, statusEOF, statusNoFile = 0, 1, 2
	statusFailure, statusUnsupported  = 4, 8
	attrSize, attrPermissions         = 1, 4
	folderMode, fileMode, linkMode    = 0o040755, 0o100644, 0o120777
	archiveOfTheTwin, escapes         = "Archive", "\x1b]0;harm\a\x1b[2J\u202e"
	harmNap                           = 100 * time.Millisecond
	harmLongText                      = 200_000
)

// HarmSFTPModes are all of them.
func HarmSFTPModes() []HarmSFTPMode {
	return []HarmSFTPMode{
		{"no version", "never answers what begins SFTP, and the SSH server lives", on(silent, sftpInit)},
		{"alive", "does not answer when a file is to be opened, and the SSH server asks every 0.1 s whether we are there", on(chatter, sftpOpen)},
		{"stderr", "does not answer when a file is to be opened, and writes to its standard error without end", on(complain, sftpOpen)},
		{"drip", "gives its answers a byte every 0.1 s once a file is to be opened", drips()},
		{"never closes", "never answers a close", on(silent, sftpClose)},
		{"one name at a time", "lists an archive that has no end, one name every 0.1 s", lists(func(c *sftpConn, r sftpRequest) {
			time.Sleep(harmNap)
			c.answer(sftpName, r.id, u32(1), entry("x"))
		})},
		{"endless list", "lists an archive that has no end, 5,000 names an answer", lists(func(c *sftpConn, r sftpRequest) {
			c.answer(sftpName, r.id, u32(5000), bytes.Repeat(append(append(str("x"), str("")...), u32(0)...), 5000))
		})},
		{"long names", "lists an archive that has no end, of names of 200 KB", lists(func(c *sftpConn, r sftpRequest) {
			c.answer(sftpName, r.id, u32(1), entry(strings.Repeat("x", harmLongText)))
		})},
		{"extended attributes", "lists an archive that has no end, of names with 30,000 attributes each", lists(func(c *sftpConn, r sftpRequest) {
			c.answer(sftpName, r.id, u32(1), str("x"), str(""), u32(1<<31), u32(30_000), bytes.Repeat(u32(0), 60_000))
		})},
		{"count", "a list of 4 billion names of which none comes", lists(func(c *sftpConn, r sftpRequest) { c.answer(sftpName, r.id, u32(1<<32-1)) })},
		{"long packet", "says that an answer of 1 GB follows, and sends on and on", on(func(c *sftpConn, r sftpRequest) {
			c.write(append(u32(1<<30), sftpHandle))
			c.forever(c.channel, bytes.Repeat([]byte("x"), 32<<10))
		}, sftpOpen)},
		{"no packet", "an answer of no bytes at all, again and again", on(func(c *sftpConn, r sftpRequest) { c.forever(c.channel, make([]byte, 32<<10)) }, sftpOpen)},
		{"wrong number", "answers a request that was never made", on(func(c *sftpConn, r sftpRequest) { c.answer(sftpHandle, r.id+1<<20, str("h")) }, sftpOpen)},
		{"sizes", "says of every file that it has 7 bytes", on(sized(7), sftpStat, sftpLstat)},
		{"sizes beyond all", "says of every file that it has 2⁶⁴-1 bytes", on(sized(1<<64-1), sftpStat, sftpLstat)},
		{"rename does nothing", "says that it has renamed a file, and has not", on(func(c *sftpConn, r sftpRequest) { c.status(r.id, statusOK, "") }, sftpRename)},
		{"rename in secret", "says that it cannot rename, and does", on(func(c *sftpConn, r sftpRequest) {
			r.rename(c)
			c.status(r.id, statusFailure, "no")
		}, sftpRename)},
		{"rename loses", "says that it has renamed a file, and has removed it", on(func(c *sftpConn, r sftpRequest) {
			os.Remove(c.local(r.path()))
			c.status(r.id, statusOK, "")
		}, sftpRename)},
		{"long text", "refuses to write, with a text of 200 KB and escapes of a terminal in it", on(func(c *sftpConn, r sftpRequest) {
			c.status(r.id, statusFailure, escapes+strings.Repeat("x", harmLongText))
		}, sftpOpen)},
		{"escapes in names", "escapes of a terminal in every name of a list and every path", func(c *sftpConn, r sftpRequest) bool {
			switch r.kind {
			case sftpRealpath:
				c.answer(sftpName, r.id, u32(1), entry("/"+escapes+r.path()))
			case sftpReaddir:
				c.list(r, entry(escapes+"x"+escapes))
			default:
				return false
			}
			return true
		}},
		{"long path", "says of every folder that its path has 100,000 steps", on(func(c *sftpConn, r sftpRequest) {
			c.answer(sftpName, r.id, u32(1), entry(strings.Repeat("/x", 100_000)+r.path()))
		}, sftpRealpath)},
		{"links", "says of every folder that it is a link to itself", func(c *sftpConn, r sftpRequest) bool {
			switch r.kind {
			case sftpLstat:
				c.answer(sftpAttrs, r.id, attributes(0, linkMode))
			case sftpReadlink:
				c.answer(sftpName, r.id, u32(1), entry(r.path()+"/x"))
			default:
				return false
			}
			return true
		}},
	}
}

func on(harm func(*sftpConn, sftpRequest), kinds ...byte) func(*sftpConn, sftpRequest) bool {
	return func(c *sftpConn, r sftpRequest) bool {
		if bytes.IndexByte(kinds, r.kind) < 0 {
			return false
		}
		harm(c, r)
		return true
	}
}

func silent(*sftpConn, sftpRequest) {}

func sized(size uint64) func(*sftpConn, sftpRequest) {
	return func(c *sftpConn, r sftpRequest) {
		info, err := os.Stat(c.local(r.path()))
		switch {
		case err != nil:
			c.status(r.id, statusNoFile, "")
		case info.IsDir():
			c.answer(sftpAttrs, r.id, attributes(0, folderMode))
		default:
			c.answer(sftpAttrs, r.id, attributes(size, fileMode))
		}
	}
}

// lists hides what lies in the archives, so that they are listed.
func lists(harm func(*sftpConn, sftpRequest)) func(*sftpConn, sftpRequest) bool {
	return func(c *sftpConn, r sftpRequest) bool {
		switch {
		case r.kind == sftpReaddir:
			harm(c, r)
		case r.kind == sftpStat && strings.Contains(path.Dir(r.path()), archiveOfTheTwin):
			c.status(r.id, statusNoFile, "")
		default:
			return false
		}
		return true
	}
}

// chatter has the SSH server say again and again that it lives.
func chatter(c *sftpConn, _ sftpRequest) {
	go func() {
		for {
			if _, _, err := c.ssh.SendRequest("keepalive@openssh.com", true, nil); err != nil {
				return
			}
			time.Sleep(harmNap)
		}
	}()
}

func complain(c *sftpConn, _ sftpRequest) {
	go c.forever(c.channel.Stderr(), []byte(strings.Repeat("oh dear\n", 4<<10)))
}

func drips() func(*sftpConn, sftpRequest) bool {
	return func(c *sftpConn, r sftpRequest) bool {
		c.slow = c.slow || r.kind == sftpOpen
		return false
	}
}
