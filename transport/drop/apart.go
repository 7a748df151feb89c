package drop

import (
	"errors"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/hr2coupa/hr2coupa/export"
)

// place is a folder on the server, and the key of the config that names it.
type place struct{ key, dir string }

// apart returns a fault where two folders of a delivery that must differ are one. Temporaries would grow where Coupa
// takes files, or a waiting file would count as taken. Names do not show this (one may be relative, or lead over a
// link), so the server is asked for the real path of each folder. Where it does not answer, the configured path counts.
func (s *Session) apart() error {
	drop := place{"sftp.folder", s.c.Folder}
	pairs := [][2]place{}
	if s.c.Staging != Auto {
		pairs = append(pairs, [2]place{{"sftp.staging", s.c.Staging}, drop})
	}
	for _, dir := range s.c.Archive {
		archive := place{"sftp.archive", dir}
		pairs = append(pairs, [2]place{archive, drop})
		if s.c.Staging != Auto {
			pairs = append(pairs, [2]place{archive, {"sftp.staging", s.c.Staging}})
		}
	}
	if len(pairs) == 0 {
		return nil
	}
	realOf, err := s.realPaths(append([]string{s.c.Folder, s.c.Staging}, s.c.Archive...))
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if realOf[p[0].dir] == realOf[p[1].dir] {
			return notApart(p[0], p[1])
		}
	}
	return nil
}

// inTheOpen returns export.ErrExists where a recorded temporary lay in the drop folder under its final name. An earlier
// version wrote it there if sftp.staging was another spelling of the drop folder. Coupa may have taken half of it.
func (s *Session) inTheOpen(name, recorded string) error {
	if path.Base(recorded) != name {
		return nil
	}
	realOf, err := s.realPaths([]string{path.Dir(recorded), s.c.Folder})
	if err == nil && realOf[path.Dir(recorded)] == realOf[s.c.Folder] {
		err = export.ErrExists
	}
	return err
}

func notApart(a, b place) error {
	if a.key == "sftp.staging" {
		return fault(export.WrongStaging, nil, "sftp.staging %q is the drop folder itself (sftp.folder %q), where Coupa could take a half-written file", a.dir, b.dir).
			WithHint("set it to %s, or to another folder", Auto)
	}
	return fault(export.WrongArchives, nil, "sftp.archive names %q, which is the same folder as %s %q: a file that waits there would count as taken", a.dir, b.key, b.dir).
		WithHint("remove it from sftp.archive")
}

// realPaths returns the real path of each folder; it asks for all of them at once.
func (s *Session) realPaths(dirs []string) (map[string]string, error) {
	var all export.Group
	var mu sync.Mutex
	realOf := map[string]string{}
	var lost error
	for _, dir := range dirs {
		all.Go(func() {
			at, err := s.real(dir)
			mu.Lock()
			defer mu.Unlock()
			realOf[dir] = at
			if err != nil && !isAnswer(err) {
				lost = err
				return
			}
			if err != nil {
				realOf[dir] = dir
			}
		})
	}
	all.Wait()
	return realOf, lost
}

// Limits of a path on the server: the number of links in it, and its length in bytes.
const (
	maxLinks = 40
	maxPath  = 4096
)

// real returns the path of a folder with links followed. Not every server follows links when it is asked for the real
// path; then they are followed one by one.
func (s *Session) real(dir string) (string, error) {
	at, err := s.files.RealPath(dir)
	if err != nil {
		return "", err
	}
	at = path.Clean(at)
	for hop := 0; hop < maxLinks && len(at) <= maxPath; hop++ {
		link, err := s.firstLink(at)
		if err != nil || link == "" {
			return at, err
		}
		to, err := s.files.ReadLink(link)
		switch {
		case err != nil && isAnswer(err):
			return at, nil
		case err != nil:
			return "", err
		case !path.IsAbs(to):
			to = path.Join(path.Dir(link), to)
		}
		at = path.Join(to, strings.TrimPrefix(at, link))
	}
	return at, nil
}

// firstLink returns the shortest beginning of a path that is a link, "" where there is none. It asks about all
// beginnings at once.
func (s *Session) firstLink(at string) (string, error) {
	var steps []string
	for dir := at; dir != "/" && dir != "."; dir = path.Dir(dir) {
		steps = append(steps, dir)
	}
	var all export.Group
	is, lost := make([]bool, len(steps)), make([]error, len(steps))
	for i, step := range steps {
		all.Go(func() {
			info, err := s.files.Lstat(step)
			is[i] = err == nil && info.Mode()&fs.ModeSymlink != 0
			if err != nil && !isAnswer(err) {
				lost[i] = err
			}
		})
	}
	all.Wait()
	link := ""
	for i, step := range steps { // the longest first
		if is[i] {
			link = step
		}
	}
	return link, errors.Join(lost...)
}
