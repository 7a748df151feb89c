package wiring

import (
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
)

// Guard makes the rules of config.Protect: it returns nil if a person may be changed, else the rule that forbids it.
func Guard(cfg *config.Config, now time.Time) func(key, login, known string) *export.Protection {
	type rule struct {
		protectPattern
		by export.Protection
	}
	var byKey, byLogin []rule
	add := func(p config.Protect) {
		by := export.Protection{Why: "this person is protected and never changed: " + p.Why(), Owner: p.Owner}
		if p.Key != "" {
			byKey = append(byKey, rule{newProtectPattern(p.Key), by})
		}
		if p.Login != "" {
			byLogin = append(byLogin, rule{newProtectPattern(p.Login), by})
		}
	}
	for _, p := range cfg.IntegrationUsers {
		add(config.Protect{Login: p, Reason: fmt.Sprintf("by its login an account that programs use (integration_users: %s)", p)})
	}
	for _, p := range cfg.Protect {
		if p.Until.IsZero() || now.Before(p.Until) {
			add(p)
		}
	}
	if len(byKey)+len(byLogin) == 0 {
		return nil
	}
	forbids := func(rules []rule, text string) *export.Protection {
		if len(rules) == 0 || text == "" {
			return nil
		}
		text = alike.ToLower(text)
		has := bytesOf(text)
		for i := range rules {
			if rules[i].bytes&^has == 0 && rules[i].match(text) {
				return &rules[i].by
			}
		}
		return nil
	}
	return func(key, login, known string) (by *export.Protection) {
		if by = forbids(byKey, key); by == nil {
			by = forbids(byLogin, login)
		}
		if by == nil && known != login {
			by = forbids(byLogin, known)
		}
		return by
	}
}

// protectPattern is a pattern of the config, in lower case, since Coupa's logins have no case.
type protectPattern struct {
	glob  string
	piece string // the longest text without wildcards that every match contains: nearly all people fail on it alone
	bytes uint64 // bytesOf(piece)
}

// bytesOf returns a set of the bytes of a text, every 64th the same: a text that lacks one of another's does not contain it.
func bytesOf(s string) (set uint64) {
	for i := range len(s) {
		set |= 1 << (s[i] & 63)
	}
	return set
}

// noPath hides slashes from path.Match, where a * ends at a slash: a login is no path. It has no control characters either.
var noPath = strings.NewReplacer("/", "\x00")

func newProtectPattern(glob string) protectPattern {
	glob = strings.ToLower(glob)
	p := protectPattern{glob: noPath.Replace(glob)}
	if strings.ContainsAny(glob, `[\`) { // text there is not what it seems
		return p
	}
	for _, piece := range strings.FieldsFunc(glob, func(r rune) bool { return r == '*' || r == '?' }) {
		if len(piece) > len(p.piece) {
			p.piece, p.bytes = piece, bytesOf(piece)
		}
	}
	return p
}

// match reports whether the pattern matches a text in lower case. An empty pattern or text matches nothing.
func (p *protectPattern) match(text string) bool {
	if p.glob == "" || text == "" || !strings.Contains(text, p.piece) {
		return false
	}
	ok, err := path.Match(p.glob, noPath.Replace(text))
	return ok && err == nil // the config has checked the pattern
}
