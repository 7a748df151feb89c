//go:build !linux && !darwin && !freebsd

package disk

import "errors"

func FreeBytes(string) (uint64, error) { return 0, errors.ErrUnsupported }

func Writable(string) error { return nil } // the first run tells
