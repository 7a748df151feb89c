package config

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Parts of a host name by which Coupa's own NetSuite scripts recognise an instance that is not production.
var (
	testMarkers = []string{
		"-train", "-dev", "-dmo", "-demo", "-qa", "-sandbox", "-sbx", "-stage", "-staging", "-stg", "-support", "-test", "-uat",
	}
	testDomains = []string{"coupadev.com", "coupacloud.com"}
)

// isTest reports whether a host is a test instance. A marker counts only if no letter follows, so that acme-devices
// counts as production: the safe side.
func isTest(host string) bool {
	host = strings.ToLower(host)
	if isLoopback(host) {
		return true
	}
	for _, domain := range testDomains {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	for _, marker := range testMarkers {
		for rest := host; ; {
			_, after, found := strings.Cut(rest, marker)
			if !found {
				break
			}
			if after == "" || after[0] < 'a' || after[0] > 'z' {
				return true
			}
			rest = after
		}
	}
	return false
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// baseURL reads the address of an instance: scheme and host, nothing else. No fault quotes it, since it may hold a
// password.
func (s *section) baseURL(key string, production bool) (base, host string) {
	v := s.take(key)
	if v == nil || !v.want(kindText) {
		return "", ""
	}
	u, err := url.Parse(v.text)
	if err != nil || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		v.fault("it must be scheme and host alone", "write https://acme-test.coupahost.com")
		return "", ""
	}
	host = strings.ToLower(u.Hostname())
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		v.fault("it must begin with https://", "write https://"+host)
		return "", ""
	case u.Scheme == "http" && !isLoopback(host):
		v.fault("plain http is only for this machine: it sends the token unencrypted", "write https://"+host)
		return "", ""
	case !isTest(host) && !production:
		v.fault(host+" looks like production", "set production: true if that is meant, or name the test instance")
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), host
}

// address reads host:port; the default port is 22.
func (s *section) address(key string) (address, host string) {
	v := s.take(key)
	if v == nil || !v.want(kindText) {
		return "", ""
	}
	const hint = "write fileshare.example.com:22"
	given := v.text
	host, port, err := net.SplitHostPort(given)
	if err != nil {
		if host, port, err = net.SplitHostPort(given + ":22"); err != nil {
			v.fault("it must be host:port", hint)
			return "", ""
		}
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || host == "" || strings.ContainsAny(host, "@/ \t") {
		v.fault("it must be host:port", hint)
		return "", ""
	}
	return net.JoinHostPort(host, port), host
}

// compare warns if one of two hosts is a test instance and the other is not.
func (s *section) compare(key, host, instance string) {
	if host == "" || instance == "" || isTest(host) == isTest(instance) {
		return
	}
	word := map[bool]string{true: "test", false: "production"}
	s.r.warn(s.r.lines[s.sub(key)], s.sub(key),
		"it looks like "+word[isTest(host)]+", but the instance looks like "+word[isTest(instance)],
		"make sure that both belong together")
}
