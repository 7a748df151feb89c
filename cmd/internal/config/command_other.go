//go:build !unix

package config

import "os/exec"

// runGroup runs a command. This system has no process groups: what the command has started may outlive it.
func runGroup(cmd *exec.Cmd) error { return cmd.Run() }
