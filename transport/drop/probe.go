package drop

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// RTT returns the quickest round trip seen while connecting.
func (s *Session) RTT() time.Duration { return s.rtt }

// List returns how many names a folder on the server holds. Where it is missing, is no folder, or may not be listed,
// the error is an *export.NotDeliveredError.
func (s *Session) List(ctx context.Context, dir string) (names int, err error) {
	err = s.watch(ctx, "list", dir, func() error {
		info, err := s.files.Stat(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && !info.IsDir():
			return noFolder(dir, err)
		case err != nil && !errors.Is(err, fs.ErrPermission): // a server may hide a folder and still list it
			return refused("look at", dir, err)
		}
		files, err := s.files.ReadDirContext(ctx, dir)
		names = len(files)
		switch {
		case errors.Is(err, fs.ErrPermission):
			return fault(export.NoPermission, err, "the server does not allow us to list %s", dir)
		case err != nil && isAnswer(err):
			return fault(export.NoFolder, err, "the server does not list %s (%v)", dir, err)
		}
		return err
	})
	return names, err
}

// Seen returns an error where the server does not let us ask for a missing file of the drop folder: then it cannot be
// found out whether a part has arrived.
func (s *Session) Seen(ctx context.Context) error {
	return s.watch(ctx, "look into", s.c.Folder, func() error {
		_, _, err := s.find(s.final(probeName))
		return err
	})
}

// probeName is dotted and names its maker, in case one ever stays behind.
const probeName = ".hr2coupa-doctor"

// ErrScanned reports that nothing was written into a folder because Coupa may read it.
var ErrScanned = errors.New("coupa may read what lies there")

// Probe proves with a file of a few bytes that files can be written to the staging folder, checked and removed. It
// writes nothing and returns ErrScanned where the staging folder is inside the folder that Coupa scans or next to it
// (the neighbours of /Incoming/Users are drop folders too), or where a link may lead there.
func (s *Session) Probe(ctx context.Context) error {
	return s.watch(ctx, "write to", s.c.Staging, func() error {
		scanned, err := s.scanned()
		if err != nil {
			return err
		}
		if scanned {
			return ErrScanned
		}
		file := path.Join(s.c.Staging, probeName)
		err = s.put(file, []byte("written by hr2coupa doctor\n"), false, func() {})
		switch {
		case errors.Is(err, errVanished):
			return fault(export.NoFolder, err, "%s vanished as soon as it was written: something takes files from there", file).
				WithHint("set sftp.staging to another folder")
		case errors.Is(err, errUnseen):
			return s.discard(file, fault(export.NoPermission, err, "the server does not let us read the size of %s after it was written", file).
				WithHint("set sftp.staging to a folder where it does"))
		case err != nil:
			return err
		}
		return refused("remove", file, s.files.Remove(file))
	})
}

// scanned reports whether Coupa may read the staging folder, with links followed.
func (s *Session) scanned() (bool, error) {
	if s.c.Staging == Auto {
		return true, nil
	}
	for dir := s.c.Staging; dir != "." && dir != "/"; dir = path.Dir(dir) { // not every server follows links when it resolves a path
		if info, err := s.files.Lstat(dir); err == nil && info.Mode()&fs.ModeSymlink != 0 {
			return true, nil
		}
	}
	folder, err := s.real(s.c.Folder)
	if err != nil {
		return false, unresolved(s.c.Folder, err)
	}
	staging, err := s.real(s.c.Staging)
	if err != nil {
		return false, unresolved(s.c.Staging, err)
	}
	around := path.Dir(folder)
	if around == "/" {
		around = folder
	}
	return within(staging, around), nil
}

func unresolved(dir string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return noFolder(dir, err)
	}
	return refused("resolve", dir, err)
}

func within(dir, parent string) bool { return dir == parent || strings.HasPrefix(dir, parent+"/") }
