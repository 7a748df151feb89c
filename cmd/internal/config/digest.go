package config

import "slices"

// Digests returns the SHA-256 of every value that was given in the named top-level keys, by its dotted path, so that two
// configs can be compared and the difference named. Comments and formatting do not count; a default that is written out
// does. Name no section that may hold a secret.
func (c *Config) Digests(keys ...string) map[string]string {
	digests := map[string]string{}
	for _, e := range c.root.entries {
		if slices.Contains(keys, e.key) {
			e.value.digests(e.key, digests)
		}
	}
	return digests
}

func (n *node) digests(path string, into map[string]string) {
	if n.kind != kindMapping || len(n.entries) == 0 {
		into[path] = n.hash()
		return
	}
	for _, e := range n.entries {
		e.value.digests(path+"."+e.key, into)
	}
}
