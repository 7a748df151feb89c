//go:build linux || darwin || freebsd

package disk

import "golang.org/x/sys/unix"

// FreeBytes is the room that this user may fill on the disk of a folder.
func FreeBytes(dir string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil
}

func Writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
