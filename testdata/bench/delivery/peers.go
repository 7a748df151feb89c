package main

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"github.com/hr2coupa/hr2coupa/testdata/bench/side"
)

// contender runs args on the client's side of the path, with an empty drop folder.
func (s *server) contender(name, missing string, args ...string) side.Contender {
	return side.Contender{Name: name, Missing: missing, Before: s.clear, Command: append(append([]string{}, s.client...), args...)}
}

// ours is what the program itself does for a part, without the ledger around it.
func (s *server) ours(files []string) side.Contender {
	args := []string{filepath.Join(s.dir, "..", "deliver"), "-to", s.host + ":" + s.port, "-user", s.user,
		"-key", s.file("user_key"), "-known", s.file("known_hosts"), "-folder", s.drop}
	return s.contender("hr2coupa", "", append(args, files...)...)
}

// each gives a peer's commands for every file: to a temporary name, then renamed.
func (s *server) each(files []string, format string) string {
	var b strings.Builder
	for _, f := range files {
		name := filepath.Base(f)
		fmt.Fprintf(&b, format, f, path.Join(s.drop, "."+name+".part"), path.Join(s.drop, name))
	}
	return b.String()
}

func (s *server) sftp(files []string) side.Contender {
	program, missing := side.Find("sftp", "apt-get install openssh-client")
	c := s.contender("OpenSSH sftp -b", missing, program, "-q", "-F", s.file("ssh_config"), "-b", "-", s.host)
	c.Stdin = s.each(files, "put %[1]s %[2]s\nrename %[2]s %[3]s\n")
	return c
}

// scp cannot rename: it writes the final name, which is less work.
func (s *server) scp(files []string) side.Contender {
	program, missing := side.Find("scp", "apt-get install openssh-client")
	args := append([]string{program, "-q", "-F", s.file("ssh_config")}, files...)
	return s.contender("OpenSSH scp, no rename", missing, append(args, s.host+":"+s.drop+"/")...)
}

func (s *server) lftp(files []string) side.Contender {
	program, missing := side.Find("lftp", "apt-get install lftp")
	script := "set sftp:auto-confirm yes; set net:max-retries 1; set sftp:connect-program 'ssh -a -x -F " + s.file("ssh_config") + "'; " +
		"open -u " + s.user + ",x sftp://" + s.host + "; " + s.each(files, "put %[1]s -o %[2]s; mv %[2]s %[3]s; ") + "bye"
	return s.contender("lftp", missing, program, "--norc", "-c", script)
}

// rclone renames by itself or not, as its version likes.
func (s *server) rclone(files []string) side.Contender {
	program, missing := side.Find("rclone", "apt-get install rclone")
	remote := fmt.Sprintf(":sftp,host=%s,port=%s,user=%s,key_file=%s,known_hosts_file=%s,shell_type=none:%s",
		s.host, s.port, s.user, s.file("user_key"), s.file("known_hosts"), path.Join(s.drop, filepath.Base(files[0])))
	return s.contender("rclone copyto", missing, program, "--config", "/dev/null", "copyto", "--ignore-times", "--sftp-disable-hashcheck",
		"--sftp-set-modtime=false", files[0], remote)
}
