//go:build !linux

package main

import "syscall"

// account changes nothing: a script that needs another account fails here.
func account(int) *syscall.SysProcAttr { return nil }
