package drop

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pkg/sftp"

	"github.com/hr2coupa/hr2coupa/export"
)

const part = "Users_20261123T140501Z_0a1b2c3d_1of3.csv"

// content returns more bytes than all packets in flight hold; no two packets are alike.
func content() []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < 3<<20; i++ {
		b.WriteString(`"` + strings.Repeat("é", i%97) + `","` + string(rune('a'+i%26)) + "\"\n")
	}
	return b.Bytes()
}

// suite checks what every server must let us do. root is where the server's folders are on this machine.
func suite(t *testing.T, c Config, root string) {
	data := content()
	at := func(elem ...string) string { return filepath.Join(append([]string{root}, elem...)...) }
	look := func(t *testing.T, s *Session, want export.Sighting) {
		t.Helper()
		got, err := s.Look(t.Context(), part)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("look: got %+v, want %+v", got, want)
		}
	}
	ok := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, staging := range map[string]string{"auto": Auto, "folder": strings.TrimSuffix(c.Folder, "Incoming/Users") + "staging"} {
		t.Run(name, func(t *testing.T) {
			c := c
			c.Staging = staging
			s := dial(t, c)
			size := int64(len(data))
			final := at("Incoming/Users", part)
			look(t, s, export.Sighting{})
			ok(t, s.Stage(t.Context(), part, []byte("an earlier, torn attempt")))
			ok(t, s.Stage(t.Context(), part, data))
			look(t, s, export.Sighting{Temp: true, TempSize: size})
			if _, err := os.Stat(final); err == nil {
				t.Fatal("the final name exists before the rename")
			}
			ok(t, s.Commit(t.Context(), part, s.Temp(part)))
			look(t, s, export.Sighting{Folder: true, Size: size})
			if got, err := os.ReadFile(final); err != nil || !bytes.Equal(got, data) {
				t.Fatalf("the delivered bytes are not ours (%d bytes, %v)", len(got), err)
			}
			if err := s.Commit(t.Context(), part, s.Temp(part)); !errors.Is(err, export.ErrGone) {
				t.Errorf("second commit: got %v, want ErrGone", err)
			}
			ok(t, s.Stage(t.Context(), part, []byte("newer")))
			if err := s.Commit(t.Context(), part, s.Temp(part)); !errors.Is(err, export.ErrExists) {
				t.Errorf("commit over a file: got %v, want ErrExists", err)
			}
			if info, err := os.Stat(final); err != nil || info.Size() != size {
				t.Error("commit changed the file that was there")
			}
			ok(t, s.Remove(t.Context(), part))
			ok(t, s.Remove(t.Context(), part))
			look(t, s, export.Sighting{Folder: true, Size: size})
			ok(t, os.Rename(final, at("Incoming/Archive/Users", "_Incoming_Users_"+part)))
			look(t, s, export.Sighting{Archived: true})
			ok(t, os.Remove(at("Incoming/Archive/Users", "_Incoming_Users_"+part)))
			ok(t, s.Write(t.Context(), part, data))
			look(t, s, export.Sighting{Folder: true, Size: size})
			ok(t, os.Rename(final, at("Incoming/Archive/Users", part)))
			look(t, s, export.Sighting{Archived: true})
			ok(t, os.Remove(at("Incoming/Archive/Users", part)))
			ok(t, s.Write(t.Context(), part, nil))
			ok(t, os.Remove(final))
			ok(t, s.Close())
			ok(t, s.Close())
			if err := s.Stage(t.Context(), part, data); err == nil || !strings.Contains(err.Error(), "closed") {
				t.Errorf("stage on a closed session: got %v", err)
			}
		})
	}
	t.Run("no archive", func(t *testing.T) {
		c := c
		c.Archive = []string{c.Folder + "/nowhere"}
		look(t, dial(t, c), export.Sighting{Blind: true})
	})
	t.Run("missing folders", func(t *testing.T) { missingFolders(t, c, data) })
}

func missingFolders(t *testing.T, c Config, data []byte) {
	there := c.Folder
	c.Folder = there + "s"
	s := dial(t, c)
	wantFault(t, s.Stage(t.Context(), part, data), "folder", "no folder "+c.Folder, "sftp.folder")
	wantFault(t, s.Commit(t.Context(), part, s.Temp(part)), "folder", "no folder "+c.Folder)
	_, err := s.Look(t.Context(), part)
	wantFault(t, err, "folder", "no folder "+c.Folder)

	c.Staging = there
	s = dial(t, c)
	if err := s.Stage(t.Context(), part, data); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Commit(t.Context(), part, s.Temp(part)), "folder", "no folder "+c.Folder)
	if err := s.Remove(t.Context(), part); err != nil {
		t.Fatal(err)
	}
}

// TestDrop: the server of pkg/sftp renames over files, so this also shows that we do not.
func TestDrop(t *testing.T) {
	c := (&server{}).start(t)
	suite(t, c, strings.TrimSuffix(c.Folder, "/Incoming/Users"))
}

func TestTempName(t *testing.T) {
	s := &Session{c: Config{Folder: "/Incoming/Users", Staging: Auto}}
	if got, want := s.Temp("a.csv"), "/Incoming/Users/.a.csv.part"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.c.Staging = "/Staging/"
	if got, want := s.Temp("a.csv"), "/Staging/.a.csv.part"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNamesStayInTheFolder(t *testing.T) {
	s := dial(t, (&server{}).start(t))
	for _, name := range []string{"", "../a.csv", "a/b.csv"} {
		if err := s.Stage(t.Context(), name, nil); err == nil || !strings.Contains(err.Error(), "not a file name") {
			t.Errorf("stage %q: got %v", name, err)
		}
	}
}

func TestNoPermission(t *testing.T) {
	h := memory(t)
	refuse := false
	files, commands := h.FilePut, h.FileCmd
	h.FilePut = writerFunc(func(r *sftp.Request) (io.WriterAt, error) {
		if strings.HasPrefix(r.Filepath, "/Incoming") {
			return nil, sftp.ErrSSHFxPermissionDenied
		}
		return files.Filewrite(r)
	})
	h.FileCmd = cmderFunc(func(r *sftp.Request) error {
		if r.Method == "Rename" && refuse {
			return sftp.ErrSSHFxPermissionDenied
		}
		return commands.Filecmd(r)
	})
	c := (&server{handlers: h}).startMemory(t)
	wantFault(t, dial(t, c).Stage(t.Context(), part, content()), "permission", "/Incoming/Users/."+part+".part", "right to write files in /Incoming/Users")

	c.Staging = "/staging"
	s := dial(t, c)
	if err := s.Stage(t.Context(), part, content()); err != nil {
		t.Fatal(err)
	}
	refuse = true
	wantFault(t, s.Commit(t.Context(), part, s.Temp(part)), "permission", "rename", "sftp.direct: true")
}

// TestWriteOnlyFolder: for a folder that takes files and shows none, temporaries are refused, and a direct write
// succeeds as far as can be known.
func TestWriteOnlyFolder(t *testing.T) {
	h := memory(t)
	list, commands := h.FileList, h.FileCmd
	removed := ""
	h.FileList = listerFunc(func(r *sftp.Request) (sftp.ListerAt, error) {
		if strings.HasPrefix(r.Filepath, "/Incoming/Users/") {
			return nil, sftp.ErrSSHFxPermissionDenied
		}
		return list.Filelist(r)
	})
	h.FileCmd = cmderFunc(func(r *sftp.Request) error {
		if r.Method == "Remove" {
			removed = r.Filepath
		}
		return commands.Filecmd(r)
	})
	c := (&server{handlers: h}).startMemory(t)
	s := dial(t, c)
	wantFault(t, s.Stage(t.Context(), part, content()), "permission", s.Temp(part), "sftp.staging", "sftp.direct: true")
	if removed != s.Temp(part) {
		t.Errorf("removed %q, want the temporary", removed)
	}
	_, err := s.Look(t.Context(), part)
	wantFault(t, err, "permission", "look at")

	c.Staging = "/staging"
	s = dial(t, c)
	if err := errors.Join(s.Stage(t.Context(), part, content()), s.Commit(t.Context(), part, s.Temp(part))); err != nil {
		t.Errorf("with a staging folder: %v", err)
	}

	c.Staging, c.Direct, removed = Auto, true, ""
	s = dial(t, c)
	if err := s.Write(t.Context(), part, content()); err != nil || removed != "" {
		t.Errorf("direct: %v; removed %q", err, removed)
	}
	if seen, err := s.Look(t.Context(), part); err != nil || seen != (export.Sighting{Blind: true}) {
		t.Errorf("direct: %+v, %v; want that it is seen nowhere", seen, err)
	}
}

// TestTornWriteIsRemoved: where a quota ends a write in the middle of the file, the torn file is removed.
func TestTornWriteIsRemoved(t *testing.T) {
	h := memory(t)
	files := h.FilePut
	h.FilePut = writerFunc(func(r *sftp.Request) (io.WriterAt, error) {
		f, err := files.Filewrite(r)
		return writerAtFunc(func(b []byte, off int64) (int, error) {
			if off > 1<<20 {
				return 0, errors.New("quota exceeded")
			}
			return f.WriteAt(b, off)
		}), err
	})
	s := dial(t, (&server{handlers: h}).startMemory(t))
	for name, write := range map[string]func() error{
		"stage": func() error { return s.Stage(t.Context(), part, content()) },
		"write": func() error { return s.Write(t.Context(), part, content()) },
	} {
		wantFault(t, write(), "folder", "write "+part, "quota exceeded")
		if seen, err := s.Look(t.Context(), part); err != nil || seen.Temp || seen.Folder {
			t.Errorf("after %s: %+v, %v", name, seen, err)
		}
	}
}

// TestShortFile: a server that silently loses bytes is found by the size of the file.
func TestShortFile(t *testing.T) {
	h := memory(t)
	files := h.FilePut
	h.FilePut = writerFunc(func(r *sftp.Request) (io.WriterAt, error) {
		f, err := files.Filewrite(r)
		return writerAtFunc(func(b []byte, off int64) (int, error) {
			if off > 1<<20 {
				return len(b), nil
			}
			return f.WriteAt(b, off)
		}), err
	})
	s := dial(t, (&server{handlers: h}).startMemory(t))
	wantFault(t, s.Stage(t.Context(), part, content()), "folder", "bytes on the server", "were written")
	if seen, err := s.Look(t.Context(), part); err != nil || seen.Temp {
		t.Errorf("the short file is still there: %+v, %v", seen, err)
	}
}

// TestQuestionsComeBehindTheClose: the requests about a file are sent without waiting for the answer to its close, but
// never before the close.
func TestQuestionsComeBehindTheClose(t *testing.T) {
	h := memory(t)
	var mu sync.Mutex
	var seen []string
	note := func(what string) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, what)
	}
	files, list := h.FilePut, h.FileList
	h.FilePut = writerFunc(func(r *sftp.Request) (io.WriterAt, error) {
		f, err := files.Filewrite(r)
		return closerAt{f, func() { note("close") }}, err
	})
	h.FileList = listerFunc(func(r *sftp.Request) (sftp.ListerAt, error) {
		note(path.Base(r.Filepath))
		return list.Filelist(r)
	})
	s := dial(t, (&server{handlers: h}).startMemory(t))
	for range 50 {
		seen = nil
		if err := s.Stage(t.Context(), part, []byte("\x04\x04\x04\x04\x04\x04")); err != nil {
			t.Fatal(err)
		}
		slices.Sort(seen[1:])
		if want := []string{"close", "." + part + ".part", part}; !slices.Equal(seen, want) {
			t.Fatalf("the server saw %v, want %v", seen, want)
		}
	}
}

// TestVanished: a file that vanishes at once was picked up under its final name; for a temporary it means a wrong
// staging folder.
func TestVanished(t *testing.T) {
	h := memory(t)
	h.FilePut = writerFunc(func(*sftp.Request) (io.WriterAt, error) {
		return writerAtFunc(func(b []byte, _ int64) (int, error) { return len(b), nil }), nil
	})
	s := dial(t, (&server{handlers: h}).startMemory(t))
	if err := s.Write(t.Context(), part, content()); err != nil {
		t.Error(err)
	}
	wantFault(t, s.Stage(t.Context(), part, content()), "folder", "vanished", "sftp.staging")
}
