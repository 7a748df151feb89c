package main

import (
	"os"
	"syscall"
)

// capDACOverride lets an account read and write what is another's (linux/capability.h).
const capDACOverride = 1

// account returns how a process becomes that of another account of the system, which may still open the files of this one: root
// starts it so, and everybody else has a user namespace in which the own account has that number.
func account(uid int) *syscall.SysProcAttr {
	if os.Geteuid() == 0 {
		return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}, AmbientCaps: []uintptr{capDACOverride}}
	}
	return &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER, UidMappings: []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Geteuid(), Size: 1}},
	}
}
