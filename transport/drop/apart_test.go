package drop

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hr2coupa/hr2coupa/export"
)

// TestFoldersApart: every spelling of the drop folder is found. As sftp.staging it would put half-written files where
// Coupa takes files; in sftp.archive it would count a waiting file as taken.
func TestFoldersApart(t *testing.T) {
	t.Run("server that does not follow links", func(t *testing.T) {
		c := (&server{}).start(t)
		c.Archive = nil
		foldersApart(t, c, strings.TrimSuffix(c.Folder, "/Incoming/Users"))
	})
	t.Run("OpenSSH", func(t *testing.T) {
		needSSHD(t)
		c, root := startSSHD(t, "internal-sftp")
		c.Archive = nil
		foldersApart(t, c, root)
	})
}

func foldersApart(t *testing.T, c Config, root string) {
	top := strings.TrimSuffix(c.Folder, "/Incoming/Users")
	for link, to := range map[string]string{"link": "Incoming/Users", "parent": "Incoming", "far": top + "/link"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	home, err := dial(t, c).files.RealPath(".")
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(home, c.Folder)
	if err != nil {
		t.Fatal(err)
	}
	for name, spelling := range map[string]string{
		"as it is":       c.Folder,
		"trailing slash": c.Folder + "/",
		"double slash":   top + "/Incoming//Users",
		"dots":           top + "/staging/../Incoming/Users/.",
		"relative":       relative,
		"link":           top + "/link",
		"link to a link": top + "/far",
		"below a link":   top + "/parent/Users",
		"link, relative": strings.TrimSuffix(relative, "Incoming/Users") + "link",
	} {
		t.Run(name, func(t *testing.T) {
			c := c
			c.Staging = spelling
			wantFault(t, dialFault(t, t.Context(), c), "staging", "is the drop folder itself", "auto")
			c.Staging, c.Archive = Auto, []string{top + "/nowhere", spelling}
			wantFault(t, dialFault(t, t.Context(), c), "archives", "same folder as sftp.folder")
			c.Staging, c.Archive, c.Folder = spelling, []string{c.Folder}, top+"/staging"
			wantFault(t, dialFault(t, t.Context(), c), "archives", "same folder as sftp.staging")
		})
	}
	c.Staging, c.Archive = top+"/staging", []string{top + "/Incoming/Archive/Users", top + "/nowhere"}
	dial(t, c)
}

// TestReceiptsOfEarlierVersions: a part that was staged before all temporaries had a dotted name is renamed from where
// it is. A temporary in another folder is not looked for in the wrong place.
func TestReceiptsOfEarlierVersions(t *testing.T) {
	c := (&server{}).start(t)
	root := strings.TrimSuffix(c.Folder, "/Incoming/Users")
	c.Staging = root + "/staging"
	s := dial(t, c)
	earlier := c.Staging + "/" + part
	if err := os.WriteFile(earlier, content(), 0o600); err != nil {
		t.Fatal(err)
	}
	wantFault(t, s.Commit(t.Context(), part, root+"/elsewhere/."+part+".part"), "staging", "config now names "+s.Temp(part))
	if err := os.Symlink("Incoming/Users", root+"/link"); err != nil {
		t.Fatal(err)
	}
	for _, visible := range []string{c.Folder + "/" + part, root + "/link/" + part} {
		if err := s.Commit(t.Context(), part, visible); !errors.Is(err, export.ErrExists) {
			t.Errorf("one that was written as %s: got %v, want ErrExists, so that a person looks at it", visible, err)
		}
	}
	if err := s.Commit(t.Context(), part, earlier); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(c.Folder + "/" + part); err != nil {
		t.Error(err)
	}
}
