package config

import (
	"encoding/base64"
	"path"
	"slices"
	"strings"
	"time"
)

const maxRate = 25 // requests a second that Coupa allows

func load(s *section) LoadConfig {
	l := LoadConfig{
		Via:    s.list("via", []string{"api", "archive"}),
		Poll:   s.duration("poll", 15*time.Second, true),
		Pickup: s.duration("pickup", 15*time.Minute, false),
		Wait:   s.duration("wait", time.Hour, true),
	}
	s.done()
	for _, way := range l.Via {
		if !slices.Contains([]string{"api", "page", "archive"}, way) {
			s.r.fault(s.r.lines["load.via"], "load.via", "unknown way "+shown(way), "use api, page or archive")
		}
	}
	return l
}

func (r *reader) sftp(s *section, route, instance string) SFTP {
	address, host := s.address("address")
	t := SFTP{
		Address:    address,
		User:       s.text("user", ""),
		Password:   s.secret("password"),
		Key:        s.secret("key"),
		Passphrase: s.secret("passphrase"),
		HostKey:    s.fingerprint("host_key"),
		KnownHosts: r.file(s.text("known_hosts", "")),
		Folder:     s.folder("folder", "/Incoming/Users"),
		Archive:    s.list("archive", []string{"/Incoming/Archive/Users", "/Archive/Incoming/Users"}), // Coupa's pages name both
		Staging:    s.folder("staging", "auto"),
		Direct:     s.bool("direct"),
		Legacy:     s.bool("legacy"),
		Connect:    s.duration("connect", 30*time.Second, true),
		Silence:    s.duration("silence", time.Minute, true),
		Operation:  s.duration("operation", 2*time.Minute, true),
	}
	s.done()
	s.compare("address", host, instance)
	if s.node == nil && (!r.opt.NeedSecrets || route == RouteAPI) {
		return t
	}
	r.pinned(s)
	if t.Staging == t.Folder {
		r.fault(r.lines["sftp.staging"], "sftp.staging", "it is the folder that Coupa scans: half a file could be picked up", "name another folder, or auto")
	}
	for _, dir := range t.Archive {
		switch path.Clean(dir) {
		case t.Folder:
			r.fault(r.lines["sftp.archive"], "sftp.archive", "it names the folder that Coupa scans: a file that waits there would count as taken", "remove it from the list")
		case t.Staging:
			r.fault(r.lines["sftp.archive"], "sftp.archive", "it names the staging folder: a file that waits there would count as taken", "remove it from the list")
		}
	}
	if t.Direct && t.Staging != "auto" {
		r.fault(r.lines["sftp.direct"], "sftp.direct", "it writes no temporary file, and sftp.staging says where to write one", "remove one of the two")
	}
	if s.has("passphrase") && !s.has("key") {
		r.fault(r.lines["sftp.passphrase"], "sftp.passphrase", "there is no sftp.key that it could open", "give sftp.key, or remove it")
	}
	if r.opt.NeedSecrets {
		s.missing("address", "host:port of Coupa's SFTP server, see Setup, Integrations, sFTP Accounts in Coupa")
		s.missing("user", "the SFTP account's name")
		if !s.has("password") && !s.has("key") {
			r.fault(s.line, s.path, "a password or a key is required", "add password: {env: COUPA_SFTP_PASSWORD}")
		}
	}
	return t
}

// pinned requires a known host key: without one any server could pretend to be Coupa, so nothing is sent.
func (r *reader) pinned(s *section) {
	switch key, hosts := s.has("host_key"), s.has("known_hosts"); {
	case key && hosts:
		r.fault(r.lines["sftp.known_hosts"], "sftp.known_hosts", "host_key is given too", "keep one of the two")
	case !key && !hosts:
		r.fault(s.line, "sftp.host_key", "host_key or known_hosts is required", "ssh-keyscan HOST | ssh-keygen -lf - shows it; ask Coupa whether it is theirs")
	}
}

// fingerprint reads the form that ssh-keygen -l shows.
func (s *section) fingerprint(key string) string {
	v := s.take(key)
	if v == nil || !v.want(kindText) {
		return ""
	}
	sum, ok := strings.CutPrefix(v.text, "SHA256:")
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(sum, "="))
	if !ok || err != nil || len(raw) != 32 {
		v.fault("it is not a fingerprint", "write it as ssh-keygen -l shows it: SHA256: and 43 characters")
		return ""
	}
	return "SHA256:" + strings.TrimRight(sum, "=")
}

// folder reads a path on the SFTP server.
func (s *section) folder(key, def string) string {
	v := s.take(key)
	if v == nil || !v.want(kindText) {
		return def
	}
	if v.text == "" {
		v.fault("it is empty", "")
		return def
	}
	return path.Clean(v.text)
}

func (r *reader) coupa(s *section, c *Config, instance string) Coupa {
	base, host := c.Instance, instance
	if !s.blank("url") {
		base, host = s.baseURL("url", c.Production)
	}
	id, scopes := s.text("client_id", ""), s.list("scopes", []string{"core.integration.read"})
	if r.lines["preflight"] == 0 {
		c.Preflight = slices.Contains(scopes, ScopeRead) && id != ""
		c.OnlyChanged = c.Preflight && c.Feed.Snapshot
	}
	need := r.opt.NeedSecrets
	asks := c.Preflight || c.Route != RouteCSV || c.References.Asks()
	r.opt.NeedSecrets = need || r.opt.Ask && asks || r.opt.Users
	secret := s.secret("client_secret")
	r.opt.NeedSecrets = need
	t := Coupa{
		URL:          base,
		ClientID:     id,
		ClientSecret: secret,
		Scopes:       scopes,
		PageCookie:   s.secret("page_cookie"),
		Rate:         s.float("rate", 20, maxRate, true),
		Format:       s.oneOf("format", "xml", "json"),
		TokenSettle:  s.duration("token_settle", 5*time.Second, false),
		Timeout:      s.duration("timeout", time.Minute, true),
		Retry:        s.duration("retry", 2*time.Minute, false),
	}
	s.done()
	s.compare("url", host, instance)
	if s.node == nil {
		s.line = max(s.line, r.lines["load.via"]) // the line that asks for what is missing
	}
	if r.opt.Users {
		const hint = "create one under Setup, Oauth2/OpenID Connect Clients in Coupa, or give a file of Coupa's users"
		s.missing("client_id", hint)
		s.missing("client_secret", hint)
	} else if need && (slices.Contains(c.Load.Via, "api") || c.Verify) || (need || r.opt.Ask) && asks {
		const hint = "create one under Setup, Oauth2/OpenID Connect Clients in Coupa, or remove api from load.via, verify, preflight, references and route"
		s.missing("client_id", hint)
		s.missing("client_secret", hint)
	}
	if need {
		if slices.Contains(c.Load.Via, "page") {
			s.missing("page_cookie", "load.via names page: give the Cookie header of a session, or remove page from load.via")
		}
	}
	return t
}
