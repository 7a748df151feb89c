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

// do runs one operation on a part under watch. When ctx ends first, the server falls silent, or the operation exceeds
// its ceiling, the connection is closed and the error says so. The session can then no longer be used.
func (s *Session) do(ctx context.Context, doing, name string, op func() error) error {
	return s.doSized(ctx, doing, name, 0, op)
}

// slowest is how many bytes a second a server must at least take, 128 kbit/s.
const slowest = 16 << 10

// doSized is do for an operation that sends size bytes; its ceiling is raised accordingly.
func (s *Session) doSized(ctx context.Context, doing, name string, size int, op func() error) error {
	if name == "" || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("%s: %q is not a file name", doing, name)
	}
	return s.within(ctx, doing, name, s.c.Operation+time.Duration(size/slowest)*time.Second, op)
}

// watch is do for any operation, not only on a part.
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

// explain keeps an answer of the server; any other error is replaced by the reason why the connection ended.
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

// Stage writes the part's temporary, closes it and compares its size. On an error it removes the temporary, as long as
// the connection lives. After a cancelled context or a silent server a torn temporary may stay; the next Stage
// overwrites it.
func (s *Session) Stage(ctx context.Context, name string, data []byte) error {
	return s.doSized(ctx, "write", name, 2*len(data), func() error { // the bytes may be sent twice, see putTemp
		file := s.Temp(name)
		err := s.putTemp(file, data, func() { s.lookUp(name) })
		if errors.Is(err, fs.ErrNotExist) && errors.Is(err, errVanished) {
			return fault(export.NoFolder, err, "the temporary file %s vanished as soon as it was written: something takes such names from there", file).
				WithHint("set sftp.staging to a folder that is not scanned")
		}
		if errors.Is(err, errUnseen) {
			return s.discard(file, fault(export.NoPermission, err, "the server does not let us read the size of %s, so a torn file could not be found", file).
				WithHint("set sftp.staging to a folder on the same disk where files can be looked at, or sftp.direct: true to write without a temporary file"))
		}
		return err
	})
}

// Write writes the part under its final name, for servers without rename. The receiver can see it half-written. After
// an error a torn file may stay there, or may have been taken. A file that vanishes at once was picked up. A file that
// may not be looked at counts as written, since every write and the close were confirmed.
func (s *Session) Write(ctx context.Context, name string, data []byte) error {
	return s.doSized(ctx, "write", name, len(data), func() error {
		err := s.put(s.final(name), data, false, func() {})
		if errors.Is(err, errVanished) || errors.Is(err, errUnseen) {
			return nil
		}
		return err
	})
}

// errVanished: a file was written and closed without an error, and was gone when its size was asked for.
var errVanished = fmt.Errorf("not there after it was written: %w", fs.ErrNotExist)

// errUnseen: a file was written and closed without an error, and its size may not be asked for.
var errUnseen = fmt.Errorf("may not be looked at after it was written: %w", fs.ErrPermission)

// putTemp is put with one round trip less: it sends the close right after the last write and waits for both answers
// together. A server has to handle requests about one file in their order. One that does not refuses a request or shows
// another size. It gets the file again, and from then on this session waits for the writes.
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

// put writes a file, closes it and compares its size. It sends the close, the request for the size and the requests of
// also one after another and waits for them together: one round trip, and the server sees them in this order. With
// ahead, the close does not wait for the answers to the writes either.
func (s *Session) put(file string, data []byte, ahead bool, also func()) (err error) {
	f, err := s.files.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC) // not Create, which also asks to read; some servers refuse that
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
	if err := <-closed; err != nil { // some servers report a full disk only at the close
		return refused("write", file, err)
	}
	if size != nil { // the server may show a file only after it has answered the close
		return s.sameSize(file, int64(len(data)))
	}
	return nil
}

// send writes a file and closes it. It returns when the close is on its way. The channel gets the result of the writes
// and the close, once the server has answered all of them.
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

// closeBehind closes the file while its writes are on their way. pkg/sftp closes a file only after the answers to its
// writes, so closeBehind sends a request with the same kind of answer, and the pipe replaces it by the close.
func (s *Session) closeBehind() error { return s.files.Chmod(closeName, 0) }

// lookUp records whether the part's name is free in the drop folder, for the Commit that follows.
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

// discard removes a file that was not written completely: concurrent writes can leave holes in it.
func (s *Session) discard(file string, err error) error {
	if removing := s.files.Remove(file); removing != nil && isAnswer(removing) && !errors.Is(removing, fs.ErrNotExist) {
		return fmt.Errorf("%w, and the torn file %s could not be removed (%s)", err, file, shown(removing.Error()))
	}
	return err
}

// Commit renames the temporary to its name in the drop folder. It returns export.ErrExists where a file of that name
// exists and export.ErrGone where the temporary is gone, each only when the server showed it. Not every server refuses
// to rename over a file, as the protocol requires, so the name is looked up first, unless Stage has just done so. And
// not every server has renamed a file when it says so, so the temporary is looked for right after the rename.
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

// rename asks for the rename and then for the temporary: its absence proves the rename. A server that answers in
// another order is asked again.
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

// evidence returns why a rename is not possible (ErrExists or ErrGone), or nil.
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

// Remove deletes the part's temporary, and nothing else. A missing temporary is no error.
func (s *Session) Remove(ctx context.Context, name string) error {
	return s.do(ctx, "remove the temporary of", name, func() error {
		file := s.Temp(name)
		if err := s.files.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return refused("remove", file, err)
		}
		return nil
	})
}

// Look returns where the part can be seen. It asks in the direction in which the part moves, so that the part cannot
// slip past: the temporary, the drop folder, the archives. An archive holds it under its name or under a name that ends
// with it. It reports "not there" only for a folder that itself exists, or for one that takes direct writes and may not
// be read.
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

// find returns a file's size and whether it exists. Where it does not, its folder must exist: otherwise a mistyped
// folder would make every file look as if it had been taken.
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

// archived searches the archive folders; blind is true when none could be read.
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
