package config

import (
	"slices"
	"strings"
)

// ScopeRead is the scope that a client needs to read users.
const ScopeRead = "core.user.read"

// ScopeWrite is the scope that a client needs to change and create users.
const ScopeWrite = "core.user.write"

// asks adds a fault if a key wants users read and the client's scopes do not allow it.
func (c *Config) asks(s *section, key string, on bool) {
	if on && !c.canRead() {
		s.r.fault(s.r.lines[key], key, "the client may not read users: coupa.scopes lacks "+ScopeRead, "add it to coupa.scopes and to the client in Coupa, or write "+key+": off")
	}
}

// reads adds a fault if the command reads Coupa's users and the client's scopes do not allow it.
func (c *Config) reads(s *section) {
	if s.r.opt.Users && !c.canRead() {
		s.r.fault(s.r.lines["coupa.scopes"], "coupa.scopes", "the client may not read users: "+ScopeRead+" is missing", "add it here and to the client in Coupa, or give a file of Coupa's users")
	}
}

// canRead reports whether the client may read users, as far as the config says.
func (c *Config) canRead() bool { return slices.Contains(c.Coupa.Scopes, ScopeRead) }

// writes adds faults if the route calls the API and the client's scopes do not allow it.
func (c *Config) writes(s *section) {
	if c.Route == RouteCSV {
		return
	}
	var lacks []string
	for _, scope := range []string{ScopeRead, ScopeWrite} {
		if !slices.Contains(c.Coupa.Scopes, scope) {
			lacks = append(lacks, scope)
		}
	}
	if lacks != nil {
		s.r.fault(s.r.lines["route"], "route", "users are read and changed by API, and coupa.scopes lacks "+strings.Join(lacks, " and "),
			"add what is missing to coupa.scopes and to the client in Coupa, or write route: csv")
	}
}

// adopts checks that Coupa is asked where accounts may go over to other records: only Coupa knows whose they are.
func (c *Config) adopts(s *section) {
	if c.Identity != (Identity{}) && !c.Preflight && c.Route != RouteAPI {
		s.r.fault(s.r.lines["identity"], "identity", "Coupa decides whose account it is, and is not asked",
			"write preflight: api, with "+ScopeRead+" in coupa.scopes, or remove identity")
	}
}

// matches adds a fault if people are matched by what Coupa holds and Coupa is not asked.
func (c *Config) matches(s *section) {
	if c.Layout.Match != nil && !c.Preflight && c.Route != RouteAPI {
		s.r.fault(s.r.lines["layout.match"], "layout.match", "Coupa decides who a row is about, and is not asked",
			"write preflight: api, with "+ScopeRead+" in coupa.scopes, or remove layout.match")
	}
}
