// Package config reads hr2coupa.yaml, the contract between an administrator and the program.
//
// Reading is strict: an unknown key is a fault, and so is a key of the contract that is not built yet. All faults of a file
// are returned at once, each with its line. No fault quotes a secret, in whatever way it got into the file.
package config

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
)

// Config mirrors hr2coupa.yaml after every default was filled in and every path made relative to the working directory.
type Config struct {
	File       string // as named on the command line
	Hash       string // SHA-256 of the content, lower-case hex: comments, formatting and the values of secrets do not count
	Instance   string // scheme and host of the Coupa instance, no trailing slash
	Production bool   // the instance may look like production
	Feed       Feed
	Mapping    Mapping
	Route      string // RouteCSV, RouteAPI or RouteAuto
	RouteRows  int    // with RouteAuto, plans of up to this many rows go by API
	Verify     bool   // read users back after a load
	Preflight  bool   // look people up before anything is sent
	// OnlyChanged leaves those out whose rows are as the ledger last confirmed them; it goes with Preflight.
	OnlyChanged bool
	SFTP        SFTP
	Coupa       Coupa
	Layout      Layout
	Load        LoadConfig
	Limits      Limits
	Roles       Roles
	Identity    Identity
	Repair      Repair
	// ApproveOther says that whoever has planned a run cannot approve it.
	ApproveOther bool
	Protect      []Protect
	Known        string // the file of overrides; "" for none
	References   References
	// IntegrationUsers are patterns over the logins of accounts that programs use. Such accounts are never changed.
	IntegrationUsers []string
	Ledger           string // folder
	// LedgerKey reads the key of the ledger's hashes; nil: the ledger's own file.
	LedgerKey func() (export.Secret, error)
	// HoldUnknown stops a start if files were sent that the ledger does not know.
	HoldUnknown bool
	// Pseudonyms keeps HR's keys, Coupa's ids of people and Coupa's messages out of the log.
	Pseudonyms bool
	Retention  Retention
	Notify     Notify
	Heartbeat  Heartbeat
	Metrics    Metrics
	Warnings   []Fault

	lines map[string]int // dotted path to line, of every key that was given
	root  *node          // as read, for Digests
}

// The ways to Coupa.
const (
	RouteCSV  = "csv"
	RouteAPI  = "api"
	RouteAuto = "auto" // few rows by API, more as files
)

// Feed says where HR's change records are and how to read them.
type Feed struct {
	Files     []string       // paths, with wildcards of filepath.Match; may be empty if files come from the command line
	Key       string         // the feed's column that names the person
	Snapshot  bool           // its files of one run are everybody, and not changes
	Gone      Gone           // what becomes of people who are missing in it
	Several   export.Several // the rule for several records of one person in one plan
	Where     string         // whom the feed is about, a condition; "" is everyone
	Leaves    Day            // the field with the day on which a person leaves
	Effective Day            // the field with the day from which a record holds
	// EffectiveZone is the time zone of Effective, unless the record has a zone in EffectiveZoneField.
	EffectiveZone      *time.Location
	EffectiveZoneField string         // "": no field has it
	Prefer             string         // with export.SeveralPrefer, the condition that picks one of them
	Encoding           string         // used if the bytes do not show it; "" means that such a file is a fault
	Delimiter          string         // one character, or "" to find it from the header
	TimeZone           *time.Location // never nil; UTC by default
	MaxAge             time.Duration  // of the newest file; 0 means any age
	MinRecords         int            // 1 by default; with 0 an empty feed is no fault
	MaxRecords         int            // of all files together; 20,000,000 by default
	MaxBytes           int64          // of all files together, unpacked; 20 GB by default
}

// Mapping turns HR fields into Coupa cells. Names and expressions are not checked here.
type Mapping struct {
	Columns []export.MappedColumn // in file order; which of them are lists is not known here
	Vars    []export.MappedColumn // in file order: expressions that others use by name
	Tables  []export.LookupTable  // in file order
	Grace   *Grace                // is in the expressions of Columns already; nil: there is none
}

// SFTP says where Coupa picks files up.
type SFTP struct {
	Address    string // host:port
	User       string
	Password   export.Secret
	Key        export.Secret // private key, OpenSSH or PEM
	Passphrase export.Secret // of Key
	HostKey    string        // SHA256:… fingerprint; exactly one of HostKey and KnownHosts is given
	KnownHosts string        // path
	Folder     string        // drop folder
	Archive    []string      // folders that Coupa moves picked-up files to; all are searched
	Staging    string        // folder for temporaries, or "auto": a dotted name in Folder
	Direct     bool          // write under the final name, without a rename
	Legacy     bool          // allow the algorithms of old RSA servers
	Connect    time.Duration // limit of connecting, handshake and login together
	Silence    time.Duration // a server that sends nothing for this long ends the session
	Operation  time.Duration // as does one operation that takes longer; a part gets more by its size
}

// Coupa says how to ask Coupa over HTTPS.
type Coupa struct {
	URL          string // scheme and host; the instance by default
	ClientID     string
	ClientSecret export.Secret
	Scopes       []string
	PageCookie   export.Secret // whole Cookie header
	Rate         float64       // requests a second, above 0 and at most 25
	Format       string        // xml or json
	TokenSettle  time.Duration // a new token is used only after this time
	Timeout      time.Duration // limit of one call
	Retry        time.Duration // how long a call that may work later is tried again; 0: not at all
}

// Layout says how Coupa's file is written.
type Layout struct {
	Key           string   // employee_number or login
	Match         []string // elements of Coupa's users that decide who a row is about, as named in the file; nil: by Key
	MaxRows       int      // per part, 1 to 5,000
	MaxBytes      int      // per part, 1 to 8,000,000
	BlankSend     bool     // write empty cells
	ExactCase     bool     // a login or e-mail address in another case is a change
	Custom        []string // custom-field columns by prompt name
	AllowCardData string   // the reason for sending card columns; "" refuses them
}

// LoadConfig says how the verdict on a part is found.
type LoadConfig struct {
	Via    []string      // api, page, archive: tried in this order
	Poll   time.Duration // between two looks
	Pickup time.Duration // a load that is not listed counts as absent only after this
	Wait   time.Duration // no verdict in this time is a stalled load
}

// Roles are what a feed may not do with roles. The patterns have *, ? and [a-z], and match whole names without case.
type Roles struct {
	Never          []string // never given
	Ask            []string // given only after an approval
	ProtectHolders bool     // people who hold a role of Never are not changed
}

// Limits stop a run that changes more than was agreed.
type Limits struct {
	Deactivations export.Limit
	Creates       export.Limit
	Updates       export.Limit

	Reactivations, Logins, Numbers, Emails, RolesTaken, RolesGiven export.Limit

	Columns map[string]export.Limit // by Coupa column: people whose value there changes
	Per     time.Duration           // for how long earlier starts count; 0: the calendar day of the feed's zone
	// ApprovalLimits are up to which amounts a feed may raise what people may approve, by currency in capitals; nil: up to any.
	ApprovalLimits map[string]*big.Rat

	Fill   export.Limit // percent of the people with a known value in a column who may be blank there
	Shrink float64      // percent by which a feed may be smaller than the last one; 0: any size
}

// Protect is a rule for people who are never changed.
type Protect struct {
	Key    string    // pattern over the feed's key: *, ?, [..]; one of Key and Login is given
	Login  string    // pattern over the login, the new one and the known one
	Owner  string    // the person to ask
	Reason string    // why
	Until  time.Time // the rule holds before this time, so through the day given; zero: for ever
	Line   int
}

// Why returns the rule as the reason of a row that it stops.
func (p Protect) Why() string {
	s := p.Reason
	if p.Owner != "" {
		s += ", ask " + p.Owner
	}
	if !p.Until.IsZero() {
		s += ", until " + p.Until.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	return s
}

// Retention says for how long the ledger keeps old data, for hr2coupa ledger prune. Each is above 0.
type Retention struct {
	Parts   time.Duration // bytes of final parts
	Values  time.Duration // what rows hold of people besides their key
	History time.Duration // whole runs
}

// Options say what a command needs of the config.
type Options struct {
	// NeedSecrets is set by commands that talk to SFTP or Coupa. Without it secrets are checked for their form only and
	// what delivery needs (sftp, client id) may be missing.
	NeedSecrets bool
	// FeedGiven is set if files were named on the command line: feed.files may be missing.
	FeedGiven bool
	// Ask is set by commands that send nothing and ask Coupa if preflight says so: they need the client's secret then.
	Ask bool
	// Users is set by commands that read Coupa's users whatever preflight says: they need a client that may.
	Users bool
	// Route is the route of the command line, which replaces the config's; "" if there is none.
	Route string
	// NoFeed is set by commands that read no feed: feed and mapping may be missing, and are still checked if they are there.
	NoFeed bool
}

// Fault is one thing that is wrong with a config. None of its texts holds a secret.
type Fault struct {
	File    string `json:"file"`
	Line    int    `json:"line"`           // from 1; 0 if it is about the file as a whole
	Path    string `json:"path,omitempty"` // dotted, such as feed.encoding
	Message string `json:"message"`        // the broken rule
	Hint    string `json:"hint,omitempty"` // the way out
}

// Error returns the fault as file:line: path: message.
func (f Fault) Error() string {
	s := f.File
	if f.Line > 0 {
		s = fmt.Sprintf("%s:%d", f.File, f.Line)
	}
	if f.Path != "" {
		s += ": " + f.Path
	}
	return s + ": " + f.Message
}

// Hints returns what to do.
func (f Fault) Hints() []string { return []string{f.Hint} }

// Lines returns the fault's own lines: a rule about an expression has two more, which point at the place.
func (f Fault) Lines() []string {
	f.File = export.Plain(f.File)
	return strings.Split(f.Error(), "\n")
}

// Line returns the line on which a key was given, 0 if it has its default. Paths are dotted: layout.key.
func (c *Config) Line(path string) int { return c.lines[path] }

// Fault returns a fault about a key, for rules that other rooms check.
func (c *Config) Fault(path, message, hint string) Fault {
	return Fault{File: c.File, Line: c.lines[path], Path: path, Message: message, Hint: hint}
}

// Load reads and checks a config file of at most 1 MB. Faults are sorted by line; with any, the config serves only to
// look for more of them, and it is nil if the file could not be read at all. ctx ends the commands that fetch
// secrets.
func Load(ctx context.Context, path string, env Env, opt Options) (*Config, []Fault) {
	data, _, err := env.read(path, maxConfig)
	if err != nil {
		return nil, []Fault{{
			File: path, Message: "cannot read the config: " + regular.Cause(err).Error(),
			Hint: "name it with -c FILE; hr2coupa init FEED.csv writes one from a feed",
		}}
	}
	return Parse(ctx, path, data, env, opt)
}

// Parse is Load for a config whose bytes are at hand; name is the path that relative paths start from.
func Parse(ctx context.Context, name string, data []byte, env Env, opt Options) (*Config, []Fault) {
	r := newReader(ctx, name, env, opt)
	root := r.parse(data)
	if root == nil {
		return nil, r.sorted()
	}
	c := r.config(root)
	return c, r.sorted()
}
