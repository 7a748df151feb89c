package drop

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/pkg/sftp"

	"github.com/hr2coupa/hr2coupa/export"
)

// do runs one operation on a part under watch. When ctx ends first, or the server falls silent, or the operation goes on
// beyond its ceiling, the connection is closed and the error says so; the session is then of no more use.
func (s *Session) do(ctx context.Context, doing, name string, op func() error) error {
	return s.doSized(ctx, doing, name, 0, op)
}

// slowest is how many bytes a second a server is expected to take, 128 kbit/s.
const slowest = 16 << 10

// doSized is do for an operation that sends so many bytes, for which its ceiling is raised.
func (s *Session) doSized(ctx context.Context, doing, name string, size int, op func() error) error {
	if name == "" || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("%s: %q is not a file name", doing, name)
	}
	return s.within(ctx, doing, name, s.c.Operation+time.Duration(size/slowest)*time.Second, op)
}

// watch is do for anything, not only a part.
func (s *Session) watch(ctx context.Context, doing, name string, op func() error) error {
	return s.within(ctx, doing, name, s.c.Operation, op)
}

func (s *Session) within(ctx context.Context, doing, name string, limit time.Duration, op func() error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%s %s: %w", doing, name, stopped(ctx))
	}
	stop := export.AfterFunc(ctx, func() { s.wire.fail(stopped(ctx)) }, s.wire.fail)
	defer stop()
	defer s.wire.begin(limit)()
	if err := op(); err != nil {
		return fmt.Errorf("%s %s: %w", doing, name, s.explain(err))
	}
	return nil
}

// explain keeps what the server answered; for anything else the reason lies with the connection.
func (s *Session) explain(err error) error {
	var known *export.NotDeliveredError
	if errors.Is(err, export.ErrExists) || errors.Is(err, export.ErrGone) || errors.As(err, &known) {
		return err
	}
	if cause := s.wire.why(); cause != nil {
		return cause
	}
	return lostConnection(s.c.Address, err)
}

// Stage writes the part's temporary, closes it and compares its size. On an error it removes what it made, as long as the
// connection lives: after a cancelled context or a silent server a torn temporary can stay, which the next Stage overwrites.
func (s *Session) Stage(ctx context.Context, name string, data []byte) error {
	return s.doSized(ctx, "write", name, 2*len(data), func() error { // it may be sent twice, see putTemp
		file := s.Temp(name)
		err := s.putTemp(file, data, func() { s.lookUp(name) })
		if errors.Is(err, fs.ErrNotExist) && errors.Is(err, errVanished) {
			return fault(export.NoFolder, err, "the temporary file %s vanished as soon as it was written: something takes such names from there", file).
				WithHint("set sftp.staging to a folder that is not scanned")
		}
		if errors.Is(err, errUnseen) {
			return s.discard(file, fault(export.NoPermission, err, "the server does not let us look at %s, so half of it could not be told from all of it", file).
				WithHint("set sftp.staging to a folder on the same disk where files can be looked at, or sftp.direct: true to write without a temporary file"))
		}
		return err
	})
}

// Write writes the part under its final name, for servers without rename. The receiver can see it half-written; after an
// error a torn file may stay there, or may have been taken. A file that vanishes at once was picked up, and one that may
// not be looked at is there as far as can be known: every write and the close were confirmed.
func (s *Session) Write(ctx context.Context, name string, data []byte) error {
	return s.doSized(ctx, "write", name, len(data), func() error {
		err := s.put(s.final(name), data, false, func() {})
		if errors.Is(err, errVanished) || errors.Is(err, errUnseen) {
			return nil
		}
		return err
	})
}

// errVanished: written and closed without an error, and not there when its size was asked for.
var errVanished = fmt.Errorf("not there after it was written: %w", fs.ErrNotExist)

// errUnseen: written and closed without an error, and its size may not be asked for.
var errUnseen = fmt.Errorf("may not be looked at after it was written: %w", fs.ErrPermission)

// putTemp is put with a round trip less: the close goes out right behind the last write, and the answers to both are
// waited for together. A server has to do what is asked about one file in the order in which it is asked; one that does
// not refuses something or shows another size. It gets the file anew, and this session waits for the writes from then on.
func (s *Session) putTemp(file string, data []byte, also func()) error {
	if !s.inTurn {
		err := s.put(file, data, true, also)
		if refusal := (*export.NotDeliveredError)(nil); !errors.As(err, &refusal) {
			return err
		}
		s.inTurn = true
	}
	return s.put(file, data, false, also)
}

// put writes a file, closes it and compares its size. The close, the question about the size and whatever also asks go
// out behind one another and are waited for together: one round trip, and the server sees them in this order. Ahead, the
// close does not wait for the answers to the writes either.
func (s *Session) put(file string, data []byte, ahead bool, also func()) (err error) {
	f, err := s.files.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC) // not Create: it asks to read, which some servers refuse
	if err != nil {
		return refused("write", file, err)
	}
	defer func() {
		if err != nil && !errors.Is(err, errVanished) && !errors.Is(err, errUnseen) {
			err = s.discard(file, err)
		}
	}()
	closed := s.send(f, data, ahead)
	var others export.Group
	others.Go(also)
	size := s.sameSize(file, int64(len(data)))
	others.Wait()
	if err := <-closed; err != nil { // the close is where some servers tell of a full disk
		return refused("write", file, err)
	}
	if size != nil { // perhaps a server that shows a file only after it answered the close
		return s.sameSize(file, int64(len(data)))
	}
	return nil
}

// send writes a file and closes it. It returns when the close is on its way; the channel gets what the server said of the
// writes and the close, once it has answered all of them.
func (s *Session) send(f *sftp.File, data []byte, ahead bool) <-chan error {
	sent := s.pipe.expect(len(data))
	if !ahead {
		sent = nil
	}
	wrote := export.Async(func() error {
		_, err := f.ReadFromWithConcurrency(bytes.NewReader(data), min(s.depth, len(data)/packet+1))
		return err
	})
	select {
	case err := <-wrote:
		return s.pipe.send(func() error { return cmp.Or(err, f.Close()) })
	case <-sent:
	}
	closed := s.pipe.send(s.closeBehind)
	return export.Async(func() error { return cmp.Or(<-wrote, <-closed) })
}

// closeBehind closes the file whose writes are on their way. pkg/sftp closes a file only after the answers to its writes;
// so it sends something that is answered alike, and the pipe puts the close in its place.
func (s *Session) closeBehind() error { return s.files.Chmod(closeName, 0) }

// lookUp keeps whether the part's name is free in the drop folder, for the Commit that follows.
func (s *Session) lookUp(name string) {
	s.free = ""
	if _, err := s.files.Stat(s.final(name)); errors.Is(err, fs.ErrNotExist) {
		s.free = name
	}
}

func (s *Session) sameSize(file string, want int64) error {
	info, err := s.files.Stat(file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errVanished
	case errors.Is(err, fs.ErrPermission):
		return errUnseen
	case err != nil:
		return refused("look at", file, err)
	case info.Size() != want:
		return fault(export.NoFolder, nil, "%s has %d bytes on the server, %d were written: a full disk or quota, or another program writes there", file, info.Size(), want)
	}
	return nil
}

// discard removes a file that was not written well: concurrent writes can leave holes in it.
func (s *Session) discard(file string, err error) error {
	if removing := s.files.Remove(file); removing != nil && isAnswer(removing) && !errors.Is(removing, fs.ErrNotExist) {
		return fmt.Errorf("%w, and the torn file %s could not be removed (%s)", err, file, shown(removing.Error()))
	}
	return err
}

// Commit renames the temporary to its name in the drop folder. A file already there gives export.ErrExists, a temporary
// that is not there any more export.ErrGone, each only when the server showed it. Not every server refuses to rename over
// a file, as the protocol wants it, so the name is looked up before, if Stage has not just done so. And not every server
// that says it has renamed a file did, so the temporary is looked for right behind the rename.
func (s *Session) Commit(ctx context.Context, name, recorded string) error {
	return s.do(ctx, "rename", name, func() error {
		temp, err := s.receipt(name, recorded)
		if err != nil {
			return cmp.Or(s.inTheOpen(name, recorded), err)
		}
		final := s.final(name)
		free := s.free == name
		s.free = ""
		if !free {
			if _, err := s.files.Stat(final); err == nil {
				return s.evidence(name, temp)
			} else if !isAnswer(err) {
				return err
			}
		}
		renaming := s.rename(temp, final)
		if renaming == nil || !isAnswer(renaming) {
			return renaming
		}
		if err := s.evidence(name, temp); err != nil {
			return err
		}
		return s.renameRefused(temp, renaming)
	})
}

// rename asks for the rename and, behind it, for the temporary: that it is gone is the receipt. A server that answers in
// another order than it is asked is asked again.
func (s *Session) rename(temp, final string) error {
	answer := s.pipe.send(func() error { return s.files.Rename(temp, final) })
	_, gone := s.files.Stat(temp)
	if err := <-answer; err != nil || gone != nil {
		return err
	}
	if _, gone = s.files.Stat(temp); gone == nil {
		return fault(export.NoFolder, nil, "the server says that it has renamed %s into %s, and the file is still there under its first name: nothing has arrived", temp, s.c.Folder).
			WithHint("ask its operator, choose an sftp.staging on the same disk, or set sftp.direct: true to write without a rename")
	}
	return nil
}

// evidence says why a rename has nothing to do, or nil.
func (s *Session) evidence(name, temp string) error {
	if _, there, err := s.find(temp); err != nil {
		return err
	} else if !there {
		return export.ErrGone
	}
	if _, there, err := s.find(s.final(name)); err != nil {
		return err
	} else if there {
		return export.ErrExists
	}
	return nil
}

func (s *Session) renameRefused(temp string, err error) error {
	what := export.NoFolder
	if errors.Is(err, fs.ErrPermission) {
		what = export.NoPermission
	}
	return fault(what, err, "the server refuses to rename %s into %s (%v)", temp, s.c.Folder, err).
		WithHint("ask for the right to rename there, choose an sftp.staging on the same disk, or set sftp.direct: true to write without a rename")
}

// Remove deletes the part's temporary, and nothing else. One that is not there is no error.
func (s *Session) Remove(ctx context.Context, name string) error {
	return s.do(ctx, "remove the temporary of", name, func() error {
		file := s.Temp(name)
		if err := s.files.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return refused("remove", file, err)
		}
		return nil
	})
}

// Look tells where the part can be seen, asking in the direction in which it moves, so that it cannot slip past: the
// temporary, the drop folder, the archives. An archive holds it under its name or under a name that ends with it.
// "Not there" is only said of a folder that is there itself, or of one that takes direct writes and may not be looked into.
func (s *Session) Look(ctx context.Context, name string) (export.Sighting, error) {
	var seen export.Sighting
	err := s.do(ctx, "look for", name, func() (err error) {
		if !s.c.Direct {
			if seen.TempSize, seen.Temp, err = s.find(s.Temp(name)); err != nil {
				return err
			}
		}
		seen.Size, seen.Folder, err = s.find(s.final(name))
		if unseen := s.c.Direct && errors.Is(err, fs.ErrPermission); err != nil && !unseen {
			return err
		}
		seen.Archived, seen.Blind, err = s.archived(ctx, name)
		return err
	})
	if err != nil {
		return export.Sighting{}, err
	}
	return seen, nil
}

// find returns a file's size and whether it is there. Where it is not, its folder must be: a mistyped folder would else
// make every file look as if it had been taken.
func (s *Session) find(file string) (size int64, there bool, err error) {
	info, err := s.files.Stat(file)
	if err == nil {
		return info.Size(), true, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return 0, false, refused("look at", file, err)
	}
	dir := path.Dir(file)
	info, err = s.files.Stat(dir)
	switch {
	case err == nil && !info.IsDir(), errors.Is(err, fs.ErrNotExist):
		return 0, false, noFolder(dir, err)
	case err != nil:
		return 0, false, refused("look at", dir, err)
	}
	return 0, false, nil
}

// archived looks through the archive folders; blind when none could be read.
func (s *Session) archived(ctx context.Context, name string) (found, blind bool, err error) {
	blind = true
	for _, dir := range s.c.Archive {
		if _, err := s.files.Stat(path.Join(dir, name)); err == nil {
			return true, false, nil
		} else if !isAnswer(err) {
			return false, true, err
		}
		files, err := s.files.ReadDirContext(ctx, dir)
		if err != nil && isAnswer(err) {
			continue
		}
		if err != nil {
			return false, true, err
		}
		blind = false
		for _, file := range files {
			if strings.HasSuffix(file.Name(), name) {
				return true, false, nil
			}
		}
	}
	return false, blind, nil
}
