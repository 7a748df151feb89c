package prospect

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/disk"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/rowstore"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// maxHead bounds what is read of a saved plan without its people: a million quarantined rows take a third of it.
const maxHead = 1 << 30

// peopleBegin and peopleEnd are the lines around the people, who are the last of a saved plan.
const peopleBegin, peopleEnd = `  "people": [`, "  ]"

const (
	planOnce   = "plan again: hr2coupa plan -o FILE"
	planWrites = "hr2coupa plan -o FILE writes one"
)

var errNoPlan = export.Hint(errors.New("it is not a saved plan"), planWrites)

// ReadPlan reads a saved plan back. Nothing of it is repeated in errors: it may be any file. Whoever calls it closes the plan.
func ReadPlan(path string) (*SavedPlan, error) {
	f, err := regular.Open(path)
	if err != nil {
		return nil, export.Hint(exit.Unread(err), planWrites)
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 256<<10)
	data, err := planHead(in)
	if err != nil {
		return nil, err
	}
	var head struct {
		Format int `json:"hr2coupa_plan"`
	}
	switch err := json.Unmarshal(data, &head); {
	case err != nil, head.Format == 0:
		return nil, errNoPlan
	case head.Format != planFormat:
		return nil, export.Hint(fmt.Errorf("it is of format %d, and this hr2coupa (%s) knows format %d", head.Format, wiring.Version, planFormat), planOnce)
	}
	s := &SavedPlan{path: path, people: &rowstore.Scratch{}}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	damaged := d.Decode(s) != nil || len(s.Feed)+s.State.Kept == 0 || !s.hasDay()
	if !damaged {
		sum, err := s.readPeople(in)
		if err != nil {
			s.Close()
			return nil, err
		}
		damaged = sum != s.PeopleSum
	}
	if damaged {
		s.Close()
		return nil, export.Hint(errors.New("it is damaged"), planOnce)
	}
	return s, nil
}

// hasDay reports whether the day of the plan is one, or there is none.
func (s *SavedPlan) hasDay() bool {
	_, err := time.Parse(time.DateOnly, s.Today)
	return s.Today == "" || err == nil
}

// planHead returns a saved plan without its people: an object. What has no people is returned whole.
func planHead(in *bufio.Reader) ([]byte, error) {
	var head bytes.Buffer
	for {
		line, err := in.ReadSlice('\n')
		if string(bytes.TrimRight(line, "\n")) == peopleBegin {
			return append(bytes.TrimRight(head.Bytes(), ",\n"), '}'), nil
		}
		head.Write(line)
		switch {
		case head.Len() > maxHead:
			return nil, errNoPlan
		case err == io.EOF:
			return head.Bytes(), nil
		case err != nil && !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		}
	}
}

// readPeople stores the people as lines, and returns their sum.
func (s *SavedPlan) readPeople(in *bufio.Reader) (string, error) {
	sum := sha256.New()
	for {
		line, err := in.ReadBytes('\n')
		if text := bytes.TrimRight(line, "\n"); string(text) == peopleEnd || err == io.EOF {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
		line = append(bytes.TrimSuffix(bytes.TrimSpace(line), []byte(",")), '\n')
		sum.Write(line)
		if _, err := s.people.Write(line); err != nil {
			return "", err
		}
	}
}

// writeTo writes a saved plan: its head, then the people, one a line.
func (s *SavedPlan) writeTo(to io.Writer) error {
	head, err := s.encode()
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(to, 256<<10)
	w.Write(bytes.TrimSuffix(head, []byte("\n}\n"))) // Flush returns the error of any write
	w.WriteString(",\n" + peopleBegin + "\n")
	r, err := s.Lines()
	if err != nil {
		return err
	}
	lines, before := bufio.NewReaderSize(r, 256<<10), "    "
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		w.WriteString(before)
		w.Write(bytes.TrimSuffix(line, []byte("\n")))
		before = ",\n    "
	}
	if before != "    " {
		w.WriteString("\n")
	}
	w.WriteString(peopleEnd + "\n}\n")
	return w.Flush()
}

// MayReplace returns an error if a file may not be written: its folder is missing, or something is there that ours does not
// know as what, such as a feed. The option names the path.
func MayReplace(option, path, what string, ours func() (bool, error)) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && wiring.Exists(filepath.Dir(path)):
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return exit.NoFolder(option, path)
	case err != nil:
		return exit.Usage("%s: %w", option, err)
	case !info.Mode().IsRegular():
		return export.Hint(exit.Usage("%s: %s is not an ordinary file", option, path), "give the name of a new file")
	}
	known, err := ours()
	if err != nil {
		return exit.Usage("%s: %w", option, err)
	}
	if !known {
		return export.Hint(exit.Usage("%s: %s exists and is not %s, so it is not overwritten", option, path, what), "give another name")
	}
	return nil
}

// MayWritePlan returns an error if path is there and is no saved plan: -o does not overwrite it.
func MayWritePlan(path string) error {
	return MayReplace("plan -o", path, "a saved plan", func() (bool, error) {
		saved, err := ReadPlan(path)
		if err == nil {
			saved.Close()
		}
		return !errors.Is(err, errNoPlan), nil // a plan that is broken may be replaced
	})
}

// Save writes the noted plan to a file that only its owner may read (0600). limits are those that would hold it. Of files that
// were all seen apply would send nothing, and so the plan that is written sends nothing.
func (s *Saving) Save(path string, plan *export.Plan, limits []export.Breach, now time.Time) error {
	take := s.Plan
	if s.p.Idle {
		take, limits = s.Nothing, nil
	}
	saved, err := take(plan)
	if err != nil {
		return err
	}
	saved.MadeAt = now.UTC().Truncate(time.Second)
	for _, b := range limits {
		saved.Limits = append(saved.Limits, b.String())
	}
	if err := disk.Replace(path, ".hr2coupa-plan-*.tmp", saved.writeTo); err != nil {
		return fmt.Errorf("save the plan: %w", err)
	}
	return nil
}
