//go:build !linux && !darwin && !freebsd

package disk

import "errors"

// FreeBytes returns errors.ErrUnsupported: this system is not asked.
func FreeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }

// Writable returns nil: this system is not asked.
func Writable(string) error { return nil } // the first run reports it
