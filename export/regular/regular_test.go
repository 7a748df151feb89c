//go:build unix

package regular

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// zoo makes a folder with one file of each kind.
func zoo(t *testing.T) string {
	dir, err := os.MkdirTemp("", "zoo") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	at := func(name string) string { return filepath.Join(dir, name) }
	l, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	for _, err := range []error{
		os.WriteFile(at("file"), []byte("12345"), 0o600), os.Symlink("file", at("link")), os.Symlink("pipe", at("linked-pipe")),
		os.Symlink("/dev/zero", at("device")), syscall.Mkfifo(at("pipe"), 0o600), os.Mkdir(at("folder"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestOnlyRegularFilesAreOpened(t *testing.T) {
	dir := zoo(t)
	for name, want := range map[string]string{
		"file": "", "link": "", "pipe": "a named pipe", "linked-pipe": "a named pipe", "socket": "a socket", "device": "a device", "folder": "a folder",
	} {
		data, err := Read(filepath.Join(dir, name), 10)
		if want == "" {
			if err != nil || string(data) != "12345" {
				t.Errorf("%s: %q, %v", name, data, err)
			}
			continue
		}
		var kind *KindError
		if !errors.As(err, &kind) || !strings.HasSuffix(err.Error(), "it is "+want+", not a regular file") {
			t.Errorf("%s: %v", name, err)
		}
		if data, err := fs.ReadFile(Folder(dir, 10), name); err == nil {
			t.Errorf("%s in its folder: %q", name, data)
		}
	}
	for _, name := range []string{"pipe", "device", "socket"} {
		var kind *KindError
		if _, err := OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE, 0o600); !errors.As(err, &kind) {
			t.Errorf("%s to write: %v", name, err)
		}
	}
	f, err := OpenFile(filepath.Join(dir, "new"), os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = f.WriteString("x"); errors.Join(err, f.Close()) != nil {
		t.Error(err)
	}
	if _, err := Read(filepath.Join(dir, "missing"), 10); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

func TestNoMoreIsReadThanAgreed(t *testing.T) {
	dir := zoo(t)
	var size *SizeError
	if _, err := Read(filepath.Join(dir, "file"), 4); !errors.As(err, &size) {
		t.Error(err)
	}
	if data, err := Read(filepath.Join(dir, "file"), 5); err != nil || len(data) != 5 {
		t.Error(data, err)
	}
	if _, err := fs.ReadFile(Folder(dir, 4), "file"); !errors.As(err, &size) {
		t.Error(err)
	}
	if _, err := fs.ReadFile(Folder(dir, 5), "../x"); !errors.Is(err, fs.ErrInvalid) {
		t.Error(err)
	}
	names, err := fs.Glob(Folder(dir, 5), "f*")
	if err != nil || len(names) != 2 {
		t.Error(names, err)
	}
}

// TestSum: Sum returns the size and hash of a file's bytes, and only for regular files.
func TestSum(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	size, hash, err := Sum(path)
	if err != nil || size != 3 || hash != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("%d bytes, %s, %v", size, hash, err)
	}
	if _, _, err := Sum(filepath.Dir(path)); !errors.As(err, new(*KindError)) {
		t.Errorf("a folder: %v", err)
	}
}
