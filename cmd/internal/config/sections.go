package config

import (
	"math/big"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

const (
	maxRows  = 5_000     // Coupa's limits for one file ("Coupa CSV Flat File Integration")
	maxBytes = 8_000_000 // same page
)

// Columns a key needs; see Layout.Key.
const (
	keyLogin          = "login"
	keyEmployeeNumber = "employee_number"
	columnEmployee    = "Employee Number"
)

// config reads every section; the order of calls is the order of the contract.
func (r *reader) config(root *node) *Config {
	r.root = root
	s := &section{r: r, line: 1, node: root}
	c := &Config{File: r.name, Hash: root.hash(), lines: r.lines, root: root}
	c.Production = s.bool("production")
	host := ""
	c.Instance, host = s.baseURL("instance", c.Production)
	s.missing("instance", "name your Coupa instance: https://acme-test.coupahost.com")
	c.Feed = r.feed(s.section("feed"))
	c.Mapping = r.mapping(s.section("mapping"))
	c.applyGrace(r)
	c.Route = s.oneOf("route", RouteCSV, RouteAPI, RouteAuto)
	c.RouteRows = s.int("route_rows", 100, 1, maxRows)
	if r.opt.Route != "" {
		c.Route = r.opt.Route
	}
	c.Load = load(s.section("load"))
	c.SFTP = r.sftp(s.section("sftp"), c.Route, host)
	verify := s.oneOf("verify", "off", "api")
	c.Verify = verify == "api"
	preflight := s.oneOf("preflight", "off", "api", "changed")
	c.Preflight, c.OnlyChanged = preflight != "off", preflight == "changed"
	c.References = r.references(s)
	c.Coupa = r.coupa(s.section("coupa"), c, host)
	c.asks(s, "verify", c.Verify)
	c.asks(s, "preflight", c.Preflight)
	c.deactivates(s)
	c.writes(s)
	c.reads(s)
	if !s.has("verify") {
		c.Verify = c.canRead() && c.Coupa.ClientID != ""
	}
	c.Layout = layout(s.section("layout"), c.Mapping)
	c.matches(s)
	c.Limits = limits(s.section("limits"), c.Feed.Snapshot)
	c.Roles = roles(s.section("roles"))
	c.Identity = identity(s.section("identity"))
	c.adopts(s)
	reconcile := s.section("reconcile")
	c.Repair = repair(reconcile.section("repair"), c.Mapping)
	reconcile.done()
	approve := s.section("approve")
	c.ApproveOther = approve.bool("other")
	approve.done()
	c.Ledger = r.file(s.text("ledger", "hr2coupa-ledger"))
	c.LedgerKey = s.later("ledger_key")
	c.HoldUnknown = s.oneOf("ledger_unknown", "warn", "hold") == "hold"
	c.Retention = retention(s.section("retention"))
	c.Pseudonyms = s.oneOf("privacy", "keys", "pseudonyms") == "pseudonyms"
	c.Protect = s.protect()
	c.Known = r.file(s.text("known", ""))
	c.IntegrationUsers = s.patterns("integration_users", integrationUsers)
	c.Notify = s.notify(c.Protect)
	c.Heartbeat = heartbeat(s.section("heartbeat"))
	c.Metrics = r.metrics(s.section("metrics"))
	s.notBuilt("windows")
	s.done()
	if c.Production && host != "" && isTest(host) {
		s.r.warn(r.lines["production"], "production", "it is true, but the instance is a test instance", "remove it: it allows production hosts")
	}
	c.Warnings = r.warnings
	return c
}

func layout(s *section, m Mapping) Layout {
	mapped := slices.ContainsFunc(m.Columns, func(c export.MappedColumn) bool { return c.Name == columnEmployee })
	l := Layout{
		Key:           keyLogin,
		MaxRows:       s.int("max_rows", maxRows, 1, maxRows),
		MaxBytes:      s.int("max_bytes", maxBytes, 1, maxBytes),
		BlankSend:     s.oneOf("blank", "omit", "send") == "send",
		ExactCase:     s.oneOf("case", "fold", "exact") == "exact",
		Custom:        s.list("custom", nil),
		Match:         s.list("match", nil),
		AllowCardData: s.text("allow_card_data", ""),
	}
	if mapped {
		l.Key = keyEmployeeNumber
	}
	if s.has("key") {
		l.Key = s.oneOf("key", keyLogin, keyEmployeeNumber)
		if l.Key == keyEmployeeNumber && !mapped && len(m.Columns) > 0 {
			s.r.fault(s.r.lines["layout.key"], "layout.key", "the mapping does not fill "+columnEmployee, "add it to mapping.columns, or write key: login")
		}
	}
	s.know("key")
	s.done()
	return l
}

// Identity says which accounts in Coupa go over to another record of HR; the others are left to a person.
type Identity struct {
	Rehire   bool // an inactive account with the login of a person who has a new employee number
	Number   bool // an active one
	Handover bool // the account of a record that has ended, to the record of the same feed with its login or e-mail address
}

func identity(s *section) Identity {
	adopt := func(key string) bool { return s.oneOf(key, "ask", "adopt") == "adopt" }
	i := Identity{Rehire: adopt("rehire"), Number: adopt("number"), Handover: adopt("handover")}
	s.oneOf("swap", "ask")
	s.done()
	return i
}

func retention(s *section) Retention {
	const day = 24 * time.Hour
	t := Retention{
		Parts:   s.duration("parts", 90*day, true),
		Values:  s.duration("values", 90*day, true),
		History: s.duration("history", 3*365*day, true),
	}
	s.done()
	return t
}

// DefaultLimits returns the limits of a config that sets none. docs/limits.md has the reasons.
func DefaultLimits() Limits {
	return Limits{
		Deactivations: export.Limit{Count: 10, Percent: 5},
		Reactivations: export.Limit{Count: 10, Percent: 5},
		Logins:        export.Limit{Count: 10, Percent: 5},
		Numbers:       export.Limit{Count: 5, Percent: 1},
		Emails:        export.Limit{Count: 50, Percent: 20},
		RolesTaken:    export.Limit{Count: 25, Percent: 10},
		RolesGiven:    export.Limit{Unlimited: true},
		Updates:       export.Limit{Unlimited: true},
		Fill:          export.Limit{Percent: 50},
	}
}

func limits(s *section, snapshot bool) Limits {
	def := DefaultLimits()
	l := Limits{
		Deactivations: s.limit("deactivations", def.Deactivations),
		Creates:       s.limit("creates", def.Creates),
		Updates:       s.limit("updates", def.Updates),
		Reactivations: s.limit("reactivations", def.Reactivations),
		Logins:        s.limit("logins", def.Logins),
		Numbers:       s.limit("numbers", def.Numbers),
		Emails:        s.limit("emails", def.Emails),
		RolesTaken:    s.limit("roles_taken", def.RolesTaken),
		RolesGiven:    s.limit("roles_given", def.RolesGiven),
		Fill:          s.share("fill", def.Fill),
		Per:           s.perDay("per"),
	}
	columns := s.section("columns")
	for _, column := range columns.names() {
		if l.Columns == nil {
			l.Columns = map[string]export.Limit{}
		}
		l.Columns[column] = columns.limit(column, export.Limit{})
	}
	columns.done()
	l.ApprovalLimits = s.amounts("approval_limits")
	l.Shrink = s.shrink("shrink", snapshot)
	s.done()
	return l
}

// snapshotShrink is by how many percent a snapshot may be smaller than the last one, unless the config says so.
const snapshotShrink = 20

// shrink reads by how many percent a feed may be smaller than the last one; 0 is any size.
func (s *section) shrink(key string, snapshot bool) float64 {
	def := export.Limit{}
	if snapshot {
		def.Percent = snapshotShrink
	}
	sub, l := s.limited(key, "{percent: P}", def)
	if sub == nil {
		return l.Percent
	}
	percent := sub.float("percent", 0, 100, false)
	if percent == 0 {
		s.r.fault(sub.line, sub.path, "it needs a percent above 0", "write {percent: 20}: then a feed a fifth smaller than the last one is held")
	}
	sub.done()
	return percent
}

// roles reads the rules about roles.
func roles(s *section) Roles {
	r := Roles{Never: s.patterns("never", neverRoles), Ask: s.patterns("ask", nil), ProtectHolders: true}
	if s.has("protect_holders") {
		r.ProtectHolders = s.bool("protect_holders")
	}
	s.done()
	return r
}

// neverRoles are the roles that no feed gives by default: those of administrators, by their names.
var neverRoles = []string{"*Admin*"}

// perDay reads the time over which limits count: day, which is 0, or a duration.
func (s *section) perDay(key string) time.Duration {
	if s.has(key) && s.node.find(key).value.text == "day" {
		s.know(key)
		return 0
	}
	return s.duration(key, 0, true)
}

// integrationUsers are the assumed names of accounts that programs use: Coupa's own for loads over SFTP is
// sftp_integration@coupa.com (Data File Sources API), and no page says how to distinguish others from people.
var integrationUsers = []string{"*integration*", "*api_user*", "*api-user*", "*apiuser*"}

// patterns reads a list of patterns; an empty list has none.
func (s *section) patterns(key string, def []string) []string {
	if s.has(key) && s.node.find(key).value.kind == kindList && len(s.node.find(key).value.items) == 0 {
		s.know(key)
		return nil
	}
	patterns := s.list(key, def)
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil {
			s.r.fault(s.r.lines[s.sub(key)], s.sub(key), "the pattern "+shown(p)+" cannot be read", patternHint)
		}
	}
	return patterns
}

const patternHint = `a pattern has *, ? and [a-z]; write \\ before one of them to mean the character`

// protect reads the rules for people who are never changed.
func (s *section) protect() []Protect {
	var rules []Protect
	for _, item := range s.items("protect") {
		p := Protect{
			Key: item.text("key", ""), Login: item.text("login", ""), Owner: item.text("owner", ""), Reason: item.text("reason", ""),
			Line: item.line,
		}
		if until := item.text("until", ""); until != "" {
			day, err := time.Parse(time.DateOnly, until)
			if err != nil {
				s.r.fault(s.r.lines[item.sub("until")], item.sub("until"), "it must be a day", "write 2027-06-30: the rule counts through that day, in UTC")
			}
			p.Until = day.AddDate(0, 0, 1)
		}
		item.done()
		for _, pattern := range []string{p.Key, p.Login} {
			if _, err := path.Match(pattern, ""); err != nil {
				s.r.fault(item.line, item.path, "a pattern cannot be read", patternHint)
			}
		}
		if (p.Key == "") == (p.Login == "") {
			s.r.fault(item.line, item.path, "it needs a key or a login, and not both", `write {login: "admin*", owner: it@example.com, reason: service accounts}`)
		}
		if p.Reason == "" {
			s.r.fault(item.line, item.path, "it needs a reason", "say why: the reason is shown with each row that the rule stops")
		}
		rules = append(rules, p)
	}
	return rules
}

func (s *section) limit(key string, def export.Limit) export.Limit {
	sub, l := s.limited(key, "{count: N, percent: P}", def)
	if sub == nil {
		return l
	}
	l = export.Limit{Count: sub.int("count", 0, 0, 1_000_000_000), Percent: sub.float("percent", 0, 100, false)}
	sub.done()
	if !sub.has("count") && !sub.has("percent") {
		s.r.fault(sub.line, sub.path, "it needs a count, a percent or both", "write {count: 10, percent: 5}: the larger of the two counts")
	}
	return l
}

// share reads a limit that has a percentage alone.
func (s *section) share(key string, def export.Limit) export.Limit {
	sub, l := s.limited(key, "{percent: P}", def)
	if sub == nil {
		return l
	}
	l = export.Limit{Percent: sub.float("percent", def.Percent, 100, false)}
	sub.done()
	return l
}

// limited returns the section of a limit that has figures of a form; nil where it has none, with what it is then.
func (s *section) limited(key, form string, def export.Limit) (*section, export.Limit) {
	v := s.take(key)
	switch {
	case v == nil:
		return nil, def
	case v.kind == kindText && v.text == "unlimited":
		return nil, export.Limit{Unlimited: true}
	case v.kind != kindMapping:
		v.fault("it must be "+form+" or unlimited", "")
		return nil, def
	}
	return &section{r: s.r, path: v.path, line: v.line, node: v.node}, def
}

// amounts reads amounts by currency; nil where there are none.
func (s *section) amounts(key string) map[string]*big.Rat {
	sub := s.section(key)
	var amounts map[string]*big.Rat
	for _, currency := range sub.names() {
		v := sub.take(currency)
		amount, ok := export.NewAmount(v.text)
		if !ok || len(currency) != 3 || strings.ToUpper(currency) != currency {
			v.fault("it must be a currency and an amount", "write {USD: 10000, EUR: 9000}: the ISO code in capitals, and a number from 0")
			continue
		}
		if amounts == nil {
			amounts = map[string]*big.Rat{}
		}
		amounts[currency] = amount
	}
	sub.done()
	return amounts
}
