package main

import (
	"bytes"
	"fmt"
	"strings"
)

// section is a piece of a config: keys in order, each with a section below it or a value in YAML, written as it is.
type section struct {
	keys  []string
	below map[string]*section
	value map[string]string
}

func newSection() *section {
	return &section{below: map[string]*section{}, value: map[string]string{}}
}

// defaultConfig maps testdata/world/feed.csv. Addresses come with the twin; before that they point nowhere.
func defaultConfig() *section {
	s := newSection()
	for _, kv := range [][2]string{
		{"instance", "http://127.0.0.1:1"},
		{"feed.files", "[feed.csv]"},
		{"feed.key", "employee_id"},
		{"mapping.columns.Login", "login"},
		{"mapping.columns.Email", "lower(work_email)"},
		{"mapping.columns.First Name", "first_name"},
		{"mapping.columns.Last Name", "last_name"},
		{"mapping.columns.Employee Number", "employee_id"},
		{"mapping.columns.Status", "status"},
		{"mapping.columns.Department", "department"},
		{"sftp.address", "127.0.0.1:1"},
		{"sftp.user", "coupa"},
		{"sftp.password", "{env: COUPA_SFTP_PASSWORD}"},
		{"sftp.host_key", `"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"`},
		{"coupa.client_id", "twin"},
		{"coupa.client_secret", "{env: COUPA_CLIENT_SECRET}"},
		{"coupa.token_settle", "0s"},
		{"load.via", "[api]"},
		{"load.poll", "30ms"},
		{"load.wait", "60s"},
		{"limits.creates", "{count: 0}"},
		{"ledger", "ledger"},
	} {
		s.set(kv[0], kv[1])
	}
	return s
}

// at returns the section that a dotted path ends in, created if it is missing, and the last key.
func (s *section) at(path string) (*section, string) {
	key, rest, nested := strings.Cut(path, ".")
	if !nested {
		return s, key
	}
	if s.below[key] == nil {
		s.add(key)
		s.below[key] = newSection()
		delete(s.value, key)
	}
	return s.below[key].at(rest)
}

func (s *section) add(key string) {
	if s.value[key] == "" && s.below[key] == nil {
		s.keys = append(s.keys, key)
	}
}

func (s *section) set(path, value string) {
	in, key := s.at(path)
	in.add(key)
	in.value[key] = value
	delete(in.below, key)
}

func (s *section) remove(path string) {
	in, key := s.at(path)
	delete(in.value, key)
	delete(in.below, key)
	for i, k := range in.keys {
		if k == key {
			in.keys = append(in.keys[:i:i], in.keys[i+1:]...)
			return
		}
	}
}

// replace puts the keys of a config, each with all that is below it, in place of those of the section.
func (s *section) replace(config string) {
	var key, value string
	for line := range strings.Lines(config + "\n.:\n") {
		if line[0] == ' ' || line[0] == '#' || line[0] == '\n' {
			value += line
			continue
		}
		if key != "" {
			s.set(key, strings.TrimRight(value, "\n"))
		}
		key, value, _ = strings.Cut(line, ":")
	}
}

func (s *section) yaml() []byte {
	var b bytes.Buffer
	s.write(&b, "")
	return b.Bytes()
}

func (s *section) write(b *bytes.Buffer, indent string) {
	for _, k := range s.keys {
		if below := s.below[k]; below != nil {
			fmt.Fprintf(b, "%s%s:\n", indent, k)
			below.write(b, indent+"  ")
			continue
		}
		fmt.Fprintf(b, "%s%s: %s\n", indent, k, s.value[k])
	}
}
