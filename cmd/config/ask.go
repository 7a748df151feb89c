package config

import "slices"

// ScopeRead is what a client needs to read users.
const ScopeRead = "core.user.read"

// asks holds a key that lets users be read against the client's scopes.
func (c *Config) asks(s *section, key string, on bool) {
	if on && !c.canRead() {
		s.r.fault(s.r.lines[key], key, "the client may not read users: coupa.scopes lacks "+ScopeRead, "add it to coupa.scopes, and to the client in Coupa, or write "+key+": off")
	}
}

// canRead tells whether the client may read users, as far as the config says.
func (c *Config) canRead() bool { return slices.Contains(c.Coupa.Scopes, ScopeRead) }
