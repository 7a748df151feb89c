//go:build linux || darwin || freebsd

package disk

import "golang.org/x/sys/unix"

// FreeBytes returns how many bytes this user may still write to the disk of a folder.
func FreeBytes(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}

// Writable returns an error if this user may not create files in a folder.
func Writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
