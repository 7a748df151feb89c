package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hr2coupa/hr2coupa/export"
)

const minimal = `instance: https://acme-test.coupahost.com
feed: {files: [users.csv], key: employee_id}
mapping:
  columns:
    Login: login
    Email: email
    First Name: first_name
    Last Name: last_name
sftp:
  address: fileshare-test.example.com
  user: acme
  password: {env: COUPA_SFTP_PASSWORD}
  host_key: "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
load: {via: [archive]}
`

// fakeEnv has every variable in capitals, and the files of the map under /etc/hr2coupa.
func fakeEnv(files fstest.MapFS) Env {
	return Env{
		Getenv: func(name string) string {
			if strings.HasPrefix(name, "MISSING") || name != strings.ToUpper(name) {
				return ""
			}
			return "value of " + name
		},
		Open: func(path string) (fs.File, error) {
			name, ok := strings.CutPrefix(path, "/etc/hr2coupa/")
			if !ok {
				return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
			}
			return files.Open(name)
		},
		Run: func(ctx context.Context, argv, _ []string) ([]byte, error) {
			switch argv[0] {
			case "pass":
				return []byte("from " + strings.Join(argv, " ") + "\r\n"), nil
			case "silent":
				return nil, nil
			case "hang":
				return nil, context.DeadlineExceeded
			case "chatty":
				return make([]byte, maxSecret+1), nil
			}
			return nil, errors.New("exec: " + argv[0] + ": hunter2")
		},
	}
}

const at = "/etc/hr2coupa/hr2coupa.yaml"

var all = Options{NeedSecrets: true}

func parse(t *testing.T, src string, opt Options) (*Config, []Fault) {
	t.Helper()
	return Parse(t.Context(), at, []byte(src), fakeEnv(nil), opt)
}

func mustParse(t *testing.T, src string, opt Options) *Config {
	t.Helper()
	c, faults := parse(t, src, opt)
	for _, f := range faults {
		t.Error(f)
	}
	if c == nil {
		t.FailNow()
	}
	return c
}

// exampleConfig is the commented config of the README, with every key that is built.
func exampleConfig(t testing.TB) string {
	text, err := os.ReadFile("../../../templates/hr2coupa.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExample(t *testing.T) {
	c := mustParse(t, exampleConfig(t), all)
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %v", c.Warnings)
	}
	if c.SFTP.Password.Reveal() != "value of COUPA_SFTP_PASSWORD" {
		t.Error("the password is not that of the environment")
	}
	if c.Mapping.Columns[0] != (export.MappedColumn{Name: "Login", Expr: "login", Line: c.Line("mapping.columns.Login")}) {
		t.Errorf("first column %+v", c.Mapping.Columns[0])
	}
	if c.Line("layout.key") == 0 || c.Line("layout.max_rows") != 0 {
		t.Error("Line must be that of a key that was given, and 0 for another")
	}
}

// The comments of the example say that they show the defaults: a line uncommented must change nothing.
func TestExampleShowsDefaults(t *testing.T) {
	lines := strings.Split(exampleConfig(t), "\n")
	want := mustParse(t, strings.Join(lines, "\n"), all)
	seen := 0
	for i, line := range lines {
		indent, key, ok := strings.Cut(line, "# ")
		name, _, pair := strings.Cut(key, ": ")
		if !ok || strings.TrimSpace(indent) != "" || !pair || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") != "" {
			continue
		}
		switch name {
		case "key", "several", "where", "leaves", "effective", "effective_zone", "grace", "vars", "passphrase", "known_hosts", "page_cookie", "custom", "match", "allow_card_data", "currency", "columns", "shrink", "approval_limits", "protect", "known", "ledger_key", "heartbeat", "metrics":
			continue // listed as having no default
		}
		seen++
		with := append([]string(nil), lines...)
		with[i] = indent + key
		got := mustParse(t, strings.Join(with, "\n"), all)
		if d := cmp.Diff(want, got, ignore()...); d != "" {
			t.Errorf("line %d: %s", i+1, d)
		}
	}
	if seen < 20 {
		t.Errorf("only %d commented keys found", seen)
	}
}

func ignore() []cmp.Option {
	return []cmp.Option{
		cmpopts.IgnoreUnexported(Config{}), cmpopts.IgnoreFields(Config{}, "Hash"),
		cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() }),
		cmp.Comparer(func(a, b export.Secret) bool { return a.Reveal() == b.Reveal() }),
	}
}

func TestNotify(t *testing.T) {
	c := mustParse(t, minimal+`notify:
  - {templates: notices}
  - mail: {to: [hr@acme.example, it@acme.example], from: hr2coupa@acme.example, server: smtp.acme.example, user: u, password: {env: SMTP}}
  - {mail: {to: [it@acme.example], from: hr2coupa@acme.example, server: "[::1]:465"}, on: [failed, held], owner: it@acme.example}
  - {mail: {to: [hr@acme.example], from: hr2coupa@acme.example, server: smtp.acme.example}, owner: hr}
  - {webhook: {url: {command: [pass, "https://hooks.example.com/x"]}, format: slack}, on: [failed]}
  - {webhook: {url: https://ops.acme.example/in, secret: {env: SIGN}}}
heartbeat: {url: "https://hc.example.com/uuid"}
metrics: {textfile: hr2coupa.prom}
protect: [{login: "admin*", owner: it@acme.example, reason: service accounts}]
`, Options{})
	want := Notify{Templates: "/etc/hr2coupa/notices", TemplatesAt: "notify[0].templates", Targets: []Target{
		{Mail: &Mail{To: []string{"hr@acme.example", "it@acme.example"}, From: "hr2coupa@acme.example", Server: "smtp.acme.example:587", TLS: "starttls", User: "u"}, On: export.NoticeKinds()},
		{Mail: &Mail{To: []string{"it@acme.example"}, From: "hr2coupa@acme.example", Server: "[::1]:465", TLS: "tls"}, On: []export.NoticeKind{"failed", "held"}, Owner: "it@acme.example"},
		{Mail: &Mail{To: []string{"hr@acme.example"}, From: "hr2coupa@acme.example", Server: "smtp.acme.example:587", TLS: "starttls"}, On: export.NoticeKinds(), Owner: "hr"},
		{Webhook: &Webhook{Format: "slack"}, On: []export.NoticeKind{"failed"}},
		{Webhook: &Webhook{Format: "json", URL: export.NewSecret("https://ops.acme.example/in")}, On: export.NoticeKinds()},
	}}
	if d := cmp.Diff(want, c.Notify, ignore()...); d != "" {
		t.Error(d)
	}
	if c.Heartbeat.URL.Reveal() != "https://hc.example.com/uuid" || c.Metrics.Textfile != "/etc/hr2coupa/hr2coupa.prom" {
		t.Errorf("heartbeat %q, metrics %q", c.Heartbeat.URL.Reveal(), c.Metrics.Textfile)
	}
}

func TestDefaults(t *testing.T) {
	got := mustParse(t, minimal, all)
	want := &Config{
		File: at, Instance: "https://acme-test.coupahost.com",
		Feed: Feed{Files: []string{"/etc/hr2coupa/users.csv"}, Key: "employee_id", Gone: Gone{Snapshots: 3, Days: 7}, TimeZone: time.UTC, MinRecords: 1, MaxRecords: 20_000_000, MaxBytes: 20_000_000_000},
		Mapping: Mapping{Columns: []export.MappedColumn{
			{Name: "Login", Expr: "login", Line: 5}, {Name: "Email", Expr: "email", Line: 6},
			{Name: "First Name", Expr: "first_name", Line: 7}, {Name: "Last Name", Expr: "last_name", Line: 8},
		}},
		Route: "csv", RouteRows: 100,
		SFTP: SFTP{
			Address: "fileshare-test.example.com:22", User: "acme", Password: export.NewSecret("value of COUPA_SFTP_PASSWORD"),
			HostKey: "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", Folder: "/Incoming/Users",
			Archive: []string{"/Incoming/Archive/Users", "/Archive/Incoming/Users"}, Staging: "auto",
			Connect: 30 * time.Second, Silence: time.Minute, Operation: 2 * time.Minute,
		},
		Coupa: Coupa{
			URL: "https://acme-test.coupahost.com", Scopes: []string{"core.integration.read"}, Rate: 20, Format: "xml",
			TokenSettle: 5 * time.Second, Timeout: time.Minute, Retry: 2 * time.Minute,
		},
		Layout:           Layout{Key: "login", MaxRows: 5000, MaxBytes: 8000000},
		Load:             LoadConfig{Via: []string{"archive"}, Poll: 15 * time.Second, Pickup: 15 * time.Minute, Wait: time.Hour},
		Limits:           DefaultLimits(),
		Roles:            Roles{Never: []string{"*Admin*"}, ProtectHolders: true},
		IntegrationUsers: integrationUsers,
		Ledger:           "/etc/hr2coupa/hr2coupa-ledger",
		Retention:        Retention{Parts: 90 * 24 * time.Hour, Values: 90 * 24 * time.Hour, History: 3 * 365 * 24 * time.Hour},
	}
	if d := cmp.Diff(want, got, ignore()...); d != "" {
		t.Error(d)
	}
}

const valued = `instance: HTTPS://Acme.coupahost.com/
production: true
feed: {files: ["in/*.csv", /srv/x.csv], key: id, delimiter: "\t", encoding: windows-1252, time_zone: Europe/Paris, max_age: 1d12h, min_records: 0, max_records: 5_000, max_bytes: 2GB, several: {prefer: 'position == "Primary"'}}
mapping:
  columns: &columns
    Employee Number: id
    Last Name: |-
      last
  tables:
    a: {values: {"1": x, y: ""}, default: ""}
    b: {file: b.csv, keys: [k, l], value: v}
sftp:
  address: "[2001:db8::1]:2222"
  user: u
  key: {file: id_rsa}
  passphrase: {command: [pass, show]}
  known_hosts: hosts
  folder: /In/
  staging: /Staging
  legacy: true
coupa: {url: "", client_id: id, client_secret: {env: X}, rate: 2.5, format: json, token_settle: 0s, timeout: 20s, retry: 0s}
layout: {blank: send, max_rows: 10, allow_card_data: audit}
load: {via: [api], poll: 100ms}
limits: {deactivations: unlimited, creates: {percent: 2.5}, updates: {count: 7}, per: 12h}
retention: {parts: 12h, values: 1y30d, history: 100y}
privacy: pseudonyms
`

func TestValues(t *testing.T) {
	env := fakeEnv(fstest.MapFS{"id_rsa": {Data: []byte("KEY\n"), Mode: 0o600}})
	c, faults := Parse(t.Context(), at, []byte(valued), env, all)
	if len(faults) > 0 {
		t.Fatal(brief(faults))
	}
	if c.Instance != "https://acme.coupahost.com" || c.Coupa.URL != c.Instance {
		t.Errorf("instance %s, url %s", c.Instance, c.Coupa.URL)
	}
	if got := strings.Join(c.Feed.Files, " "); got != "/etc/hr2coupa/in/*.csv /srv/x.csv" {
		t.Errorf("files %s", got)
	}
	if c.Feed.MaxAge != 36*time.Hour || c.Feed.MinRecords != 0 || c.Feed.Delimiter != "\t" || c.Feed.TimeZone.String() != "Europe/Paris" {
		t.Errorf("feed %+v", c.Feed)
	}
	if c.Feed.Several != export.SeveralPrefer || c.Feed.Prefer != `position == "Primary"` {
		t.Errorf("several %q, prefer %q", c.Feed.Several, c.Feed.Prefer)
	}
	if c.Feed.MaxRecords != 5000 || c.Feed.MaxBytes != 2_000_000_000 {
		t.Errorf("ceilings %d, %d", c.Feed.MaxRecords, c.Feed.MaxBytes)
	}
	if c.Mapping.Columns[1].Expr != "last" || c.Layout.Key != "employee_number" {
		t.Errorf("columns %+v, key %s", c.Mapping.Columns, c.Layout.Key)
	}
	if c.Retention != (Retention{12 * time.Hour, 395 * 24 * time.Hour, 36500 * 24 * time.Hour}) {
		t.Errorf("retention %+v", c.Retention)
	}
	if !c.Pseudonyms {
		t.Error("privacy: pseudonyms is not read")
	}
	empty := ""
	tables := []export.LookupTable{
		{Name: "a", Values: map[string]string{"1": "x", "y": ""}, Default: &empty, Line: 10},
		{Name: "b", File: "/etc/hr2coupa/b.csv", Keys: []string{"k", "l"}, Value: "v", Line: 11},
	}
	if d := cmp.Diff(tables, c.Mapping.Tables); d != "" {
		t.Error(d)
	}
	if c.SFTP.Key.Reveal() != "KEY" || c.SFTP.Passphrase.Reveal() != "from pass show" || c.SFTP.Folder != "/In" || !c.SFTP.Legacy {
		t.Errorf("sftp %+v", c.SFTP)
	}
	if c.SFTP.Address != "[2001:db8::1]:2222" || c.SFTP.KnownHosts != "/etc/hr2coupa/hosts" {
		t.Errorf("sftp %+v", c.SFTP)
	}
	limits := DefaultLimits()
	limits.Deactivations, limits.Creates, limits.Updates = export.Limit{Unlimited: true}, export.Limit{Percent: 2.5}, export.Limit{Count: 7}
	limits.Per = 12 * time.Hour
	if d := cmp.Diff(limits, c.Limits); d != "" {
		t.Error(d)
	}
	if c.Coupa.Rate != 2.5 || c.Coupa.TokenSettle != 0 || c.Coupa.Timeout != 20*time.Second || c.Coupa.Retry != 0 || !c.Layout.BlankSend {
		t.Errorf("limits %+v, coupa %+v", c.Limits, c.Coupa)
	}
}

func TestWarnings(t *testing.T) {
	for _, tt := range []struct{ old, new, want string }{
		{"fileshare-test.example.com", "fileshare.example.com", "10: sftp.address: it looks like production, but the instance looks like test"},
		{"load:", "coupa: {url: https://other.coupahost.com}\nproduction: true\nload:", "14: coupa.url: it looks like production, but the instance looks like test|15: production: it is true, but the instance is a test instance"},
	} {
		c := mustParse(t, strings.Replace(minimal, tt.old, tt.new, 1), all)
		if got := brief(c.Warnings); got != tt.want {
			t.Errorf("got  %s\nwant %s", got, tt.want)
		}
	}
}

func TestHash(t *testing.T) {
	same := func(a, b string) bool {
		return mustParse(t, a, Options{}).Hash == mustParse(t, b, Options{}).Hash
	}
	if !same(minimal, "# a comment\r\n"+strings.ReplaceAll(minimal, "\n", "\r\n")) {
		t.Error("comments and line ends changed the hash")
	}
	if same(minimal, strings.Replace(minimal, "Email: email", "Email: mail", 1)) {
		t.Error("another expression has the same hash")
	}
}

func TestOptions(t *testing.T) {
	const bare = "instance: https://localhost\nmapping: {columns: {Login: login}}\nfeed: {key: id}\n"
	mustParse(t, bare, Options{FeedGiven: true})
	mustParse(t, "instance: https://localhost\n", Options{NoFeed: true})
	if _, faults := parse(t, bare, Options{}); brief(faults) != "3: feed.files: it is required" {
		t.Error(brief(faults))
	}
	c := mustParse(t, strings.Replace(minimal, "COUPA_", "MISSING_", 1), Options{})
	if !c.SFTP.Password.IsZero() {
		t.Error("a secret was read that is not needed")
	}
}

func TestAnchors(t *testing.T) {
	c := mustParse(t, minimal+"limits: {creates: &l {count: 3}, deactivations: *l, updates: {<<: *l, percent: 4}}\n", all)
	want := DefaultLimits()
	want.Deactivations, want.Creates, want.Updates = export.Limit{Count: 3}, export.Limit{Count: 3}, export.Limit{Count: 3, Percent: 4}
	if d := cmp.Diff(want, c.Limits); d != "" {
		t.Error(d)
	}
}

func TestLoad(t *testing.T) {
	env := fakeEnv(fstest.MapFS{"hr2coupa.yaml": {Data: []byte(minimal)}, "big.yaml": {Data: make([]byte, maxConfig+1)}})
	if _, faults := Load(t.Context(), at, env, all); len(faults) > 0 {
		t.Error(brief(faults))
	}
	_, faults := Load(t.Context(), "/etc/hr2coupa/none.yaml", env, all)
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "/etc/hr2coupa/none.yaml: cannot read the config: file does not exist") {
		t.Error(faults)
	}
	_, faults = Load(t.Context(), "/etc/hr2coupa/big.yaml", env, all)
	if len(faults) != 1 || !strings.Contains(faults[0].Message, "larger than 1 MB") {
		t.Error(faults)
	}
}

// brief writes faults as "line: path: message|…".
func brief(faults []Fault) string {
	var out []string
	for _, f := range faults {
		s := fmt.Sprint(f.Line)
		if f.Path != "" {
			s += ": " + f.Path
		}
		out = append(out, s+": "+f.Message)
	}
	return strings.Join(out, "|")
}

// TestAsking: users are read back if the client may read them and the config does not refuse it. The client's secret is
// fetched only if Coupa is asked.
func TestAsking(t *testing.T) {
	const client = "coupa: {client_id: c, client_secret: {env: ASK}, scopes: [%s]}\n%s"
	env := func(secret string) Env {
		e := fakeEnv(fstest.MapFS{})
		was := e.Getenv
		e.Getenv = func(name string) string {
			if name == "ASK" {
				return secret
			}
			return was(name)
		}
		return e
	}
	for _, tc := range []struct {
		scopes, more               string
		verify, preflight, changed bool
	}{
		{"core.integration.read", "", false, false, false},
		{"core.user.read", "", true, true, false},
		{"core.user.read", "verify: off\n", false, true, false},
		{"core.user.read", "preflight: off\n", true, false, false},
		{"core.user.read", "verify: off\npreflight: api\n", false, true, false},
		{"core.user.read", "preflight: changed\n", true, true, true},
		{"core.integration.read", "kind: snapshot\n", false, false, false},
		{"core.user.read", "kind: snapshot\n", true, true, true},
		{"core.user.read", "kind: snapshot\npreflight: api\n", true, true, false},
		{"core.user.read", "kind: snapshot\npreflight: off\n", true, false, false},
	} {
		text := minimal
		if more, ok := strings.CutPrefix(tc.more, "kind: snapshot\n"); ok {
			text, tc.more = strings.Replace(text, "key: employee_id", "key: employee_id, kind: snapshot", 1), more
		}
		c, faults := Parse(t.Context(), at, []byte(text+fmt.Sprintf(client, tc.scopes, tc.more)), env("planted"), all)
		if len(faults) > 0 || c.Verify != tc.verify || c.Preflight != tc.preflight || c.OnlyChanged != tc.changed {
			t.Errorf("%s, %q: verify %v, preflight %v, changed %v, %v", tc.scopes, tc.more, c.Verify, c.Preflight, c.OnlyChanged, faults)
		}
	}
	asks := []byte(minimal + fmt.Sprintf(client, "core.user.read", "preflight: api\n"))
	for _, tc := range []struct {
		opt    Options
		secret string
		faults int
		want   string
	}{
		{Options{}, "", 0, ""},
		{Options{Ask: true}, "", 1, ""},
		{Options{Ask: true}, "planted", 0, "planted"},
	} {
		c, faults := Parse(t.Context(), at, asks, env(tc.secret), tc.opt)
		if len(faults) != tc.faults || c.Coupa.ClientSecret.Reveal() != tc.want {
			t.Errorf("%+v with %q: %v", tc.opt, tc.secret, faults)
		}
	}
}
