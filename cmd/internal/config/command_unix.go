//go:build unix

package config

import (
	"os/exec"
	"syscall"
)

// runGroup runs a command in a process group of its own and kills the whole group at the end: a shell's children outlive
// the shell.
func runGroup(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	kill := func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.Cancel = kill
	if err := cmd.Start(); err != nil {
		return err
	}
	err := cmd.Wait()
	_ = kill() // mostly the group is empty by then, which is an error too
	return err
}
