package config

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// replaced returns minimal with one text replaced; old "" appends. Lines: instance 1, feed 2, mapping 3, columns 4 to 8,
// sftp 9, address 10, user 11, password 12, host_key 13, load 14; what is appended begins on line 15.
func replaced(t *testing.T, old, text string) string {
	t.Helper()
	if old == "" {
		return minimal + text + "\n"
	}
	if strings.Count(minimal, old) != 1 {
		t.Fatalf("%q stands %d times in the minimal config", old, strings.Count(minimal, old))
	}
	return strings.Replace(minimal, old, text, 1)
}

func TestFaults(t *testing.T) {
	const (
		instance = "instance: https://acme-test.coupahost.com\n"
		host     = "https://acme-test.coupahost.com"
		feed     = "{files: [users.csv], key: employee_id}"
		login    = "    Login: login\n"
		password = "{env: COUPA_SFTP_PASSWORD}"
		hostKey  = "  host_key: \"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"\n"
		via      = "{via: [archive]}"
		mailer   = "mail: {to: [a@b.example], from: a@b.example, server: mail.example}"
		hook     = "webhook: {url: https://hooks.example.com/x, secret: {env: KEY}}"
	)
	for _, tt := range []struct{ old, new, want string }{
		// instance and production
		{instance, "", "1: instance: it is required"},
		{host, "", "1: instance: it has no value"},
		{host, "acme-test.coupahost.com", "1: instance: it must be scheme and host alone"},
		{host, "ftp://acme-test.coupahost.com", "1: instance: it must begin with https://"},
		{host, "http://acme-test.coupahost.com", "1: instance: plain http is only for this machine: it sends the token unencrypted"},
		{host, "https://acme-test.coupahost.com/api", "1: instance: it must be scheme and host alone"},
		{host, "https://u:hunter2@acme-test.coupahost.com", "1: instance: it must be scheme and host alone"},
		{host, "https://acme.coupahost.com", "1: instance: acme.coupahost.com looks like production"},
		{host, "https://acme-devices.coupahost.com", "1: instance: acme-devices.coupahost.com looks like production"},
		{host, "[a]", "1: instance: it must be text, not a list"},
		{"", "production: yes please", "15: production: it must be true or false, not text"},
		{"", "coupa: {url: https://acme.coupahost.com}", "15: coupa.url: acme.coupahost.com looks like production"},
		// unknown, empty, twice
		{"", "colour: red", "15: colour: unknown key"},
		{feed, "{files: [a], key: id, encodign: utf-8}", "2: feed.encodign: unknown key"},
		{"", "limits: {creates: {cuont: 3, percent: 1}}", "15: limits.creates.cuont: unknown key"},
		{"", "ledger:", "15: ledger: it has no value"},
		{"", "route: csv", "15: route: it has no value"}, // patched below
		{"", "layout: [a]", "15: layout: it must be a mapping, not a list"},
		{login, login + "    Login: id\n", "6: a key is given twice, first on line 5"},
		// feed
		{feed, "{files: [users.csv]}", "2: feed.key: it is required"},
		{feed, "{key: id}", "2: feed.files: it is required"},
		{feed, "{key: id, files: users.csv}", "2: feed.files: it must be a list, not text"},
		{feed, "{key: id, files: []}", "2: feed.files: the list is empty"},
		{feed, "{key: id, files: [a, a, 7, \"\"]}", "2: feed.files[1]: it is in the list twice|2: feed.files[2]: it must be text, not a number|2: feed.files[3]: it is empty"},
		{feed, "{key: id, files: [\"a[.csv\"]}", "2: feed.files: a broken wildcard: \"a[.csv\""},
		{feed, "{key: 7, files: [a]}", "2: feed.key: it must be text, not a number"},
		{feed, "{key: id, files: [a], encoding: utf-9}", "2: feed.encoding: unknown encoding \"utf-9\""},
		{feed, "{key: id, files: [a], delimiter: tab}", "2: feed.delimiter: it must be one character between two fields"},
		{feed, "{key: id, files: [a], time_zone: Europe/Pari}", "2: feed.time_zone: unknown time zone \"Europe/Pari\""},
		{feed, "{key: id, files: [a], time_zone: Local}", "2: feed.time_zone: unknown time zone \"Local\""},
		{feed, "{key: id, files: [a], max_age: 36}", "2: feed.max_age: it must be a time with its unit, not a number"},
		{feed, "{key: id, files: [a], max_age: -1h}", "2: feed.max_age: it is not a time: \"-1h\""},
		{feed, "{key: id, files: [a], min_records: -1}", "2: feed.min_records: it must be a whole number from 0 to 1000000000"},
		{feed, "{key: id, files: [a], kind: deltas}", "2: feed.kind: it must be changes or snapshot, not \"deltas\""},
		{feed, "{key: id, files: [a], leaves: [a]}", "2: feed.leaves: it must be a column of the feed"},
		{feed, "{key: id, files: [a], leaves: \" \"}", "2: feed.leaves: it needs a column of the feed"},
		{feed, "{key: id, files: [a], leaves: {layout: D.M.YYYY}}", "2: feed.leaves: it needs a column of the feed"},
		{feed, "{key: id, files: [a], leaves: {column: a, layout: \"\"}}", "2: feed.leaves: the layout is empty"},
		{feed, "{key: id, files: [a], leaves: {column: a, zone: UTC}}", "2: feed.leaves.zone: unknown key"},
		{feed, "{key: id, files: [a], several: first}", "2: feed.several: it must be later or {prefer: EXPRESSION}"},
		{feed, "{key: id, files: [a], several: [later]}", "2: feed.several: it must be later or {prefer: EXPRESSION}"},
		{feed, "{key: id, files: [a], several: {}}", "2: feed.several: it needs an expression that picks one record"},
		{feed, "{key: id, files: [a], several: {prefer: \" \"}}", "2: feed.several: it needs an expression that picks one record"},
		{feed, "{key: id, files: [a], several: {prefer: true}}", "2: feed.several.prefer: it must be text, not true or false"},
		{feed, "{key: id, files: [a], several: {prefer: a == b, later: c}}", "2: feed.several.later: unknown key"},
		// mapping
		{login, "    7: login\n", "5: mapping.columns: a column's name must be text, not a number"},
		{login, "    Login: 7\n", "5: mapping.columns.Login: an expression must be text, not a number"},
		{login, "    Login: true\n", "5: mapping.columns.Login: an expression must be text, not true or false"},
		{login, "    Login:\n", "5: mapping.columns.Login: an expression must be text"},
		{login, "    Login: [a]\n", "5: mapping.columns.Login: an expression must be text"},
		{login, "    Login: \" \"\n", "5: mapping.columns.Login: an expression must be text"},
		{"  columns:\n", "  columns: {}\n  tables:\n", "4: mapping.columns: it must be a mapping of Coupa columns to expressions|" +
			"6: mapping.tables.Login: it must be a mapping, not text|7: mapping.tables.Email: it must be a mapping, not text|" +
			"8: mapping.tables.First Name: it must be a mapping, not text|9: mapping.tables.Last Name: it must be a mapping, not text"},
		{"sftp:", "  tables: {a: {}}\nsftp:", "9: mapping.tables.a: it needs either values or a file"},
		{"sftp:", "  tables: {a: {values: {x: y}, file: f}}\nsftp:", "9: mapping.tables.a: it needs either values or a file"},
		{"sftp:", "  tables: {a: {values: {x: y}, keys: [x]}}\nsftp:", "9: mapping.tables.a: keys and value go with a file"},
		{"sftp:", "  tables: {a: {values: {7: y, x: true}}}\nsftp:", "9: mapping.tables.a.values: a key must be text, not a number|9: mapping.tables.a.values: it must be text, not true or false"},
		{"sftp:", "  tables: {a: {values: [x]}}\nsftp:", "9: mapping.tables.a.values: it must be a mapping of texts to texts"},
		{"sftp:", "  tables: {a: {file: f}}\nsftp:", "9: mapping.tables.a.keys: it is required|9: mapping.tables.a.value: it is required"},
		{"sftp:", "  tables: {a: }\nsftp:", "9: mapping.tables.a: it has no value"},
		{"sftp:", "  tables: {7: {file: f}}\nsftp:", "9: mapping.tables: a table's name must be text"},
		{"sftp:", "  tables: {a: {values: {x: y}, default: 7}}\nsftp:", "9: mapping.tables.a.default: it must be text, not a number"},
		// sftp
		{"  address: fileshare-test.example.com\n", "", "9: sftp.address: it is required"},
		{"fileshare-test.example.com", "a:b:c:d", "10: sftp.address: it must be host:port"},
		{"fileshare-test.example.com", "host-test:0", "10: sftp.address: it must be host:port"},
		{"fileshare-test.example.com", "host-test:ssh", "10: sftp.address: it must be host:port"},
		{"fileshare-test.example.com", "sftp://host-test:22", "10: sftp.address: it must be host:port"},
		{"  user: acme\n", "", "9: sftp.user: it is required"},
		{"  password: " + password + "\n", "", "9: sftp: a password or a key is required"},
		{password, "hunter2", "12: sftp.password: literal secret"},
		{password, "{env: }", "12: sftp.password: env must name an environment variable"},
		{password, "{env: MISSING}", "12: sftp.password: the environment variable MISSING is not set or empty"},
		{password, "{env: hunter2}", "12: sftp.password: the environment variable named here is not set or empty"},
		{password, "{vault: x}", "12: sftp.password: a secret has exactly one source"},
		{password, "{env: X, file: y}", "12: sftp.password: a secret has exactly one source"},
		{password, "{file: none}", "12: sftp.password: cannot read the secret's file: file does not exist"},
		{password, "{file: [a]}", "12: sftp.password: file must name a file"},
		{password, "{command: pass}", "12: sftp.password: command must be a list of texts: a program and its arguments"},
		{password, "{command: [pass, 7]}", "12: sftp.password: command must be a list of texts: a program and its arguments"},
		{password, "{command: [silent]}", "12: sftp.password: the secret's command is empty"},
		{password, "{command: [hang]}", "12: sftp.password: the secret's command returned nothing: no answer within 10s"},
		{password, "{command: [chatty]}", "12: sftp.password: the secret's command returned nothing: it gave more than 65536 bytes"},
		{password, "{command: [hunter2]}", "12: sftp.password: the secret's command returned nothing: it could not be run"},
		{hostKey, "", "9: sftp.host_key: host_key or known_hosts is required"},
		{hostKey, hostKey + "  known_hosts: hosts\n", "14: sftp.known_hosts: host_key is given too"},
		{hostKey, "  host_key: \"MD5:aa\"\n", "13: sftp.host_key: it is not a fingerprint"},
		{hostKey, hostKey + "  passphrase: {env: X}\n", "14: sftp.passphrase: there is no sftp.key that it could open"},
		{hostKey, hostKey + "  staging: /Incoming/Users/\n", "14: sftp.staging: it is the folder that Coupa scans: half a file could be picked up"},
		{hostKey, hostKey + "  staging: /Incoming/x/../Users/.\n", "14: sftp.staging: it is the folder that Coupa scans: half a file could be picked up"},
		{hostKey, hostKey + "  archive: [/a, /Incoming/Users/]\n", "14: sftp.archive: it names the folder that Coupa scans: a file that waits there would count as taken"},
		{hostKey, hostKey + "  archive: [/s/]\n  staging: /s\n", "14: sftp.archive: it names the staging folder: a file that waits there would count as taken"},
		{hostKey, hostKey + "  operation: 0s\n", "14: sftp.operation: it must be above 0"},
		{hostKey, hostKey + "  staging: /s\n  direct: true\n", "15: sftp.direct: it writes no temporary file, and sftp.staging says where to write one"},
		{hostKey, hostKey + "  folder: \"\"\n", "14: sftp.folder: it is empty"},
		// coupa and load
		{"", "coupa: {rate: 0}", "15: coupa.rate: it must be a number above 0 to 25"},
		{"", "coupa: {rate: 26}", "15: coupa.rate: it must be a number above 0 to 25"},
		{"", "coupa: {rate: .nan}", "15: coupa.rate: it must be a number above 0 to 25"},
		{"", "coupa: {format: csv}", "15: coupa.format: it must be xml or json, not \"csv\""},
		{"", "coupa: {client_secret: hunter2}", "15: coupa.client_secret: literal secret"},
		{"", "coupa: {page_cookie: [hunter2]}", "15: coupa.page_cookie: literal secret"},
		{"", "verify: yes", "15: verify: it must be off or api, not \"yes\""},
		{"", "verify: api", "14: coupa.client_id: it is required|14: coupa.client_secret: it is required|15: verify: the client may not read users: coupa.scopes lacks core.user.read"},
		{"", "preflight: api", "14: coupa.client_id: it is required|14: coupa.client_secret: it is required|15: preflight: the client may not read users: coupa.scopes lacks core.user.read"},
		{via, "{via: [api]}", "14: coupa.client_id: it is required|14: coupa.client_secret: it is required"},
		{via, "{via: [page]}", "14: coupa.page_cookie: it is required"},
		{via, "{via: [archive, archive]}", "14: load.via[1]: it is in the list twice"},
		{via, "{via: [mail]}", "14: load.via: unknown way \"mail\""},
		{via, "{via: [archive], poll: 0s}", "14: load.poll: it must be above 0"},
		// layout and limits
		{"", "layout: {key: id}", "15: layout.key: it must be login or employee_number, not \"id\""},
		{"", "layout: {key: employee_number}", "15: layout.key: the mapping does not fill Employee Number"},
		{"", "layout: {match: [login]}", "15: layout.match: Coupa decides who a row is about, and is not asked"},
		{"", "layout: {match: []}", "15: layout.match: the list is empty"},
		{"", "layout: {match: login}", "15: layout.match: it must be a list, not text"},
		{"", "layout: {match: [login, login]}", "15: layout.match[1]: it is in the list twice|15: layout.match: Coupa decides who a row is about, and is not asked"},
		{"", "layout: {max_rows: 5001}", "15: layout.max_rows: it must be a whole number from 1 to 5000"},
		{"", "layout: {max_bytes: 0}", "15: layout.max_bytes: it must be a whole number from 1 to 8000000"},
		{"", "layout: {blank: keep}", "15: layout.blank: it must be omit or send, not \"keep\""},
		{"", "layout: {allow_card_data: true}", "15: layout.allow_card_data: it must be text, not true or false"},
		{"", "limits: {creates: 3}", "15: limits.creates: it must be {count: N, percent: P} or unlimited"},
		{"", "limits: {creates: {}}", "15: limits.creates: it needs a count, a percent or both"},
		{"", "limits: {creates: {count: 1.5}}", "15: limits.creates.count: it must be a whole number from 0 to 1000000000"},
		{"", "limits: {updates: {percent: 101}}", "15: limits.updates.percent: it must be a number from 0 to 100"},
		{"", "limits: {columns: {Login: 3, Email: {}}}", "15: limits.columns.Login: it must be {count: N, percent: P} or unlimited|" +
			"15: limits.columns.Email: it needs a count, a percent or both"},
		{"", "limits: {per: soon}", "15: limits.per: it is not a time: \"soon\""},
		{"", "limits: {per: 0s}", "15: limits.per: it must be above 0"},
		{"", "limits: {shrink: {}}", "15: limits.shrink: it needs a percent above 0"},
		{"", "limits: {shrink: {percent: 0}}", "15: limits.shrink: it needs a percent above 0"},
		{"", "limits: {shrink: {count: 3, percent: 3}}", "15: limits.shrink.count: unknown key"},
		{"", "ledger_key: correct horse battery staple", "15: ledger_key: literal secret"},
		{"", "ledger_unknown: stop", "15: ledger_unknown: it must be warn or hold, not \"stop\""},
		{"", "integration_users: ['[a']", "15: integration_users: the pattern \"[a\" cannot be read"},
		{"", "protect: admin", "15: protect: it must be a list of mappings, not text"},
		{"", "protect: [admin]", "15: protect[0]: it must be a mapping, not text"},
		{"", "protect: [{login: a, reason: r}, {reason: r}]", "15: protect[1]: it needs a key or a login, and not both"},
		{"", "protect: [{login: a, key: b, reason: r}]", "15: protect[0]: it needs a key or a login, and not both"},
		{"", "protect: [{login: a}]", "15: protect[0]: it needs a reason"},
		{"", "protect: [{login: '[a', reason: r}]", "15: protect[0]: a pattern cannot be read"},
		{"", "protect: [{login: a, reason: r, until: soon}]", "15: protect[0].until: it must be a day"},
		{"", "protect: [{logn: a, key: b, reason: r}]", "15: protect[0].logn: unknown key"},
		{"", "identity: {rehire: yes}", "15: identity.rehire: it must be ask or adopt, not \"yes\""},
		{"", "identity: {swap: adopt}", "15: identity.swap: it must be ask, not \"adopt\""},
		{"", "identity: {rename: ask}", "15: identity.rename: unknown key"},
		{"", "identity: {handover: adopt}", "15: identity: Coupa decides whose account it is, and is not asked"},
		// retention
		{"", "retention: {parts: 0d}", "15: retention.parts: it must be above 0"},
		{"", "retention: {values: 90}", "15: retention.values: it must be a time with its unit, not a number"},
		{"", "retention: {history: 3 years}", "15: retention.history: it is not a time: \"3 years\""},
		{"", "retention: {rows: 1y}", "15: retention.rows: unknown key"},
		// grace
		{"mapping:\n", "mapping:\n  grace: {days: 7, then: {Status: inactive}}\n", "4: mapping.grace: it needs to know on which day people leave"},
		// the day from which records hold
		{feed, "{key: id, files: [a], effective: ''}", "2: feed.effective: it needs a column of the feed"},
		{feed, "{key: id, files: [a], effective: {layout: YYYY}}", "2: feed.effective: it needs a column of the feed"},
		{feed, "{key: id, files: [a], effective: [d]}", "2: feed.effective: it must be a column of the feed"},
		{feed, "{key: id, files: [a], effective: d, effective_zone: Europe/Pariss}", "2: feed.effective_zone: unknown time zone \"Europe/Pariss\""},
		{feed, "{key: id, files: [a], effective: d, effective_zone: ''}", "2: feed.effective_zone: it needs a time zone, or a column of the feed"},
		{feed, "{key: id, files: [a], effective_zone: site}", "2: feed.effective_zone: it goes with feed.effective"},
		// not built yet
		{feed, "{key: id, files: [a], gone: deactivate}", "2: feed.gone: only a snapshot shows who is missing"},
		{feed, "{key: id, files: [a], kind: snapshot, gone: delete}", "2: feed.gone: it must be keep or deactivate, not \"delete\""},
		{feed, "{key: id, files: [a], kind: snapshot, gone_after: {snapshots: 0, days: -1}}", "2: feed.gone_after.days: it must be a whole number from 0 to 3650|2: feed.gone_after.snapshots: it must be a whole number from 1 to 1000"},
		{feed, "{key: id, files: [a], kind: snapshot, gone: deactivate}", "2: feed.gone: deactivate sets Status, and the mapping does not fill it, so that whoever comes back would stay inactive"},
		{feed, "{key: id, files: [a], nulls: [NULL], fetch: {}}", "2: feed.fetch: not built yet in this version|2: feed.nulls: not built yet in this version"},
		{"", "references: warn", "14: coupa.client_id: it is required|14: coupa.client_secret: it is required"},
		{"", "references: {lists: {Department: api}}", "14: coupa.client_id: it is required|14: coupa.client_secret: it is required"},
		{"", "references: yes", `15: references: it must be quarantine, warn or off, not "yes"`},
		{"", "references: [a]", "15: references: it must be a mapping, not a list"},
		{"", "references: {unknown: hold}", `15: references.unknown: it must be quarantine, warn or off, not "hold"|15: references.lists: it is required`},
		{"", "references: {lists: {Department: [a], Currency: {column: Name}, Groups: {file: a, colum: b}}}",
			"15: references.lists.Department: it must be a file, not a list|15: references.lists.Currency: it needs a file|15: references.lists.Groups.colum: unknown key"},
		{"", "windows: {}", "15: windows: not built yet in this version"},
		{"mapping:\n", "mapping:\n  preset: workday\n", "4: mapping.preset: not built yet in this version"},
		{"", "route: api", "14: coupa.client_id: it is required|14: coupa.client_secret: it is required|15: route: users are read and changed by API, and coupa.scopes lacks core.user.read and core.user.write"},
		{"", "route: auto", "14: coupa.client_id: it is required|14: coupa.client_secret: it is required|15: route: users are read and changed by API, and coupa.scopes lacks core.user.read and core.user.write"},
		{"", "route_rows: 0", "15: route_rows: it must be a whole number from 1 to 5000"},
		{"", "privacy: none", `15: privacy: it must be keys or pseudonyms, not "none"`},
		// notify, heartbeat, metrics
		{"", "notify: {}", "15: notify: it must be a list of mappings, not a mapping"},
		{"", "notify: [{on: [failed]}]", "15: notify[0]: it needs a mail or a webhook, and not both"},
		{"", "notify: [{" + mailer + ", " + hook + "}]", "15: notify[0]: it needs a mail or a webhook, and not both"},
		{"", "notify: [{" + mailer + ", on: [failed, broken]}]", "15: notify[0].on: unknown kind \"broken\""},
		{"", "notify: [{" + mailer + ", owner: Finance}]", "15: notify[0].owner: no cause and no rule of protect has the owner \"Finance\""},
		{"", "notify: [{" + mailer + ", on: []}]", "15: notify[0].on: the list is empty"},
		{"", "notify:\n  - {" + mailer + ", onn: [failed]}\n  - {mail: {form: a@b.example}}", "16: notify[0].onn: unknown key|17: notify[1].mail: unknown key|" +
			"17: notify[1].mail.to: it is required|17: notify[1].mail.from: it is required|17: notify[1].mail.server: it is required"},
		{"", "notify: [{mail: {to: [a@b.example, \"x\\r\\nBcc: c\"], from: \"A <a@b.example>\", server: \"mail:x\"}}]", "15: notify[0].mail.to[1]: it is not an address of the form name@example.com|" +
			"15: notify[0].mail.from: it is not an address of the form name@example.com|15: notify[0].mail.server: it must be host:port"},
		{"", "notify: [{mail: {to: [a@b.example], from: a@b.example, server: mail.example, tls: none, user: u, password: hunter2}}]",
			"15: notify[0].mail.tls: a mail without TLS is only for this machine: others could read it|15: notify[0].mail.user: a login without TLS would send the password unencrypted|" +
				"15: notify[0].mail.password: literal secret"},
		{"", "notify: [{mail: {to: [a@b.example], from: a@b.example, server: mail.example, user: u}}]", "15: notify[0].mail: user and password go together"},
		{"", "notify: [{mail: {to: [a@b.example], from: a@b.example, server: mail.example, ca: none.pem}}]", "15: notify[0].mail.ca: cannot read the file: file does not exist"},
		{"", "notify: [{webhook: {url: https://hooks.example.com/hunter2, format: slack}}]", "15: notify[0].webhook.url: literal secret: whoever has this address can post"},
		{"", "notify: [{webhook: {url: http://hooks.example.com/hunter2, secret: {env: KEY}}}]", "15: notify[0].webhook.url: plain http is only for this machine: others could read it"},
		{"", "notify: [{webhook: {url: {env: ADDRESS}, format: teams, secret: {env: KEY}}}]", "15: notify[0].webhook.url: it is not an address that begins with https://|" +
			"15: notify[0].webhook.secret: only format json is signed"},
		{"", "notify: [{webhook: {url: https://hooks.example.com/x}}]", "15: notify[0].webhook.secret: it is required"},
		{"", "notify: [{webhook: {format: xml, secret: {env: KEY}}}]", "15: notify[0].webhook.format: it must be json, slack or teams, not \"xml\"|15: notify[0].webhook.url: it is required"},
		{"", "notify: [{templates: a}, {templates: b}]", "15: notify[1]: templates is given twice"},
		{"", "heartbeat: {}\nmetrics: {}", "15: heartbeat.url: it is required|16: metrics.textfile: it is required"},
		{"", "heartbeat: {url: hunter2}\nmetrics: {textfile: a.txt}", "15: heartbeat.url: it is not an address that begins with https://|16: metrics.textfile: node_exporter reads only files that end in .prom"},
		// all at once
		{feed, "{key: 7, files: [a], colour: red}\nroute: api\nproduction: 1", "2: feed.key: it must be text, not a number|2: feed.colour: unknown key|" +
			"3: route: users are read and changed by API, and coupa.scopes lacks core.user.read and core.user.write|" +
			"4: production: it must be true or false, not a number|16: coupa.client_id: it is required|16: coupa.client_secret: it is required"},
	} {
		if tt.new == "route: csv" {
			tt.new = "route:"
		}
		_, faults := parse(t, replaced(t, tt.old, tt.new), all)
		if got := brief(faults); !sameFaults(got, tt.want) {
			t.Errorf("%s\ngot  %s\nwant %s", tt.new, got, tt.want)
		}
		for _, f := range faults {
			if f.File != at || strings.HasSuffix(f.Message, ".") || strings.Contains(f.Error(), "hunter2") {
				t.Errorf("fault text: %s", f.Error())
			}
		}
	}
}

// sameFaults compares line by line; within one line the order in which rules are checked is free.
func sameFaults(a, b string) bool {
	split := func(s string) map[string]int {
		m := map[string]int{}
		for _, f := range strings.Split(s, "|") {
			m[f]++
		}
		return m
	}
	x, y := split(a), split(b)
	for k, n := range x {
		if y[k] != n {
			return false
		}
	}
	return len(x) == len(y)
}

func TestYAMLFaults(t *testing.T) {
	for _, tt := range []struct{ name, src, want string }{
		{"empty", "", "0: it is empty"},
		{"comment only", "# nothing\n", "0: it is empty"},
		{"text", "hunter2", "1: it must be a mapping of keys to values, not text"},
		{"list", "- a\n- b\n", "1: it must be a mapping of keys to values, not a list"},
		{"not UTF-8", "a: b\nc: \xff\n", "2: it is not UTF-8"},
		{"two documents", "a: b\n---\nc: d\n", "3: it holds more than one YAML document"},
		{"alias", "a: *b\n", "1: an alias (*name) has no anchor (&name) before it"},
		{"own alias", "a: &a {b: *a}\n", "1: an alias (*name) has no anchor (&name) before it"},
		{"tag", "a: !hunter2 b\n", "1: YAML tags are not used here"},
		{"merge", "<<: hunter2\n", "1: << merges mappings only"},
		{"deep", "a: " + strings.Repeat("[", 100_000), "1: it is nested too deeply"},
		{"deep dashes", strings.Repeat("- ", 100_000) + "x", "1: it is nested too deeply"},
		{"laughs", laughs(), "15: it is too large once its anchors are expanded"},
		{"many keys", many("k%d: v\n", maxKeys+1), "10001: it has more than 10000 keys"},
		{"many keys, in braces", "a: {" + many("k%d: v, ", maxKeys) + "}", "1: it has more than 10000 keys"},
		{"many keys twice", strings.Repeat("k: v\n", maxKeys+1), "10001: it has more than 10000 keys"},
		{"many explicit keys", strings.Repeat("? k\n", maxKeys+1), "10001: it has more than 10000 keys"},
		{"many documents", strings.Repeat("--- v\n", maxDocs+1), "101: it holds more than one YAML document"},
		{"many items", "a:\n" + strings.Repeat("-\n", maxMarks+1), "20002: its lists have more than 20000 items"},
		{"many items, in brackets", "a: [" + strings.Repeat("v, ", maxMarks+1) + "]", "1: its lists have more than 20000 items"},
		{"large", strings.Repeat("#", maxConfig+1), "0: it is larger than 1 MB"},
	} {
		if _, faults := parse(t, tt.src, all); brief(faults) != tt.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tt.name, brief(faults), tt.want)
		}
	}
}

// laughs doubles a list by aliases on every line.
func laughs() string {
	s := "a0: &a0 [x, x]\n"
	for i := range 40 {
		s += fmt.Sprintf("a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	return s
}

func TestSyntaxFaultHasLineAndNoSource(t *testing.T) {
	for _, src := range []string{
		"a: b\nsftp:\n  password: hunter2: x\n",
		"a: b\nsftp:\n  password: \"hunter2\n",
		"a: b\nsftp: {\n  password: 'hunter2' x }\n",
		"a: b\nsftp:\n\tpassword: hunter2\n",
		"a: b\nsftp:\n  password: |hunter2\n",
	} {
		_, faults := parse(t, src, all)
		if len(faults) != 1 || faults[0].Line < 2 || !strings.HasPrefix(faults[0].Message, "not valid YAML") {
			t.Errorf("%q: %s", src, brief(faults))
		}
		for _, f := range faults {
			if strings.Contains(f.Error(), "hunter2") {
				t.Errorf("told: %s", f.Error())
			}
		}
	}
}

// No fault shows a secret, whatever the form in which it was pasted.
func TestNoFaultTellsASecret(t *testing.T) {
	shapes := []string{
		"hunter2", `"hunter2"`, "[hunter2]", "{hunter2}", "{hunter2: }", "{hunter2: x}", "{env: hunter2}", "{env: [hunter2]}",
		"{file: hunter2}", "{file: /hunter2/x}", "{command: hunter2}", "{command: [hunter2]}", "{command: {hunter2: 1}}",
		"{env: X, hunter2: y}", "{value: hunter2}", "&hunter2 x", "*hunter2", "!hunter2 x", "|\n    hunter2", "hunter2\n  hunter2: x",
		"{hunter2: x, hunter2: y}", "{env: \"X\nhunter2\"}", "'hunter2", "{hunter2", "hunter2: hunter2",
	}
	tested := 0
	for _, key := range []string{"sftp.password", "sftp.key", "sftp.passphrase", "coupa.client_secret", "coupa.page_cookie"} {
		section, name, _ := strings.Cut(key, ".")
		for _, shape := range shapes {
			for _, opt := range []Options{all, {}} {
				src := "instance: https://localhost\n" + section + ":\n  " + name + ": " + shape + "\n"
				_, faults := parse(t, src, opt)
				if len(faults) == 0 {
					t.Errorf("no fault for %s", src)
				}
				for _, f := range faults {
					tested++
					if strings.Contains(f.Error(), "hunter2") {
						t.Errorf("%s\ntold: %s", src, f.Error())
					}
				}
			}
		}
	}
	if tested == 0 {
		t.Fatal("nothing was tested")
	}
}

func TestSecretFileOpenToOthers(t *testing.T) {
	env := fakeEnv(fstest.MapFS{"pw": {Data: []byte("hunter2\n"), Mode: 0o644}, "none": {Mode: 0o600}})
	for file, want := range map[string]string{
		"pw":   "12: sftp.password: the secret's file can be read by others",
		"none": "12: sftp.password: the secret's file is empty",
	} {
		_, faults := Parse(t.Context(), at, []byte(replaced(t, "{env: COUPA_SFTP_PASSWORD}", "{file: "+file+"}")), env, all)
		if brief(faults) != want {
			t.Errorf("got %s, want %s", brief(faults), want)
		}
	}
}

// many repeats a text with a number in it.
func many(form string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, form, i)
	}
	return b.String()
}

// A list has a limit of its own, because work is done for each of its texts, and is read up to it.
func TestLongList(t *testing.T) {
	for n, want := range map[int]bool{maxItems: true, maxItems + 1: false} {
		src := replaced(t, "files: [users.csv]", "files: ["+many("f%d, ", n-1)+"last]")
		c, faults := parse(t, src, all)
		if ok := !strings.Contains(brief(faults), "the list has more than 10000 items"); ok != want {
			t.Errorf("%d items: %s", n, brief(faults))
		}
		if want && len(c.Feed.Files) != n {
			t.Errorf("%d files, want %d: %s", len(c.Feed.Files), n, brief(faults))
		}
	}
}

func TestIsTest(t *testing.T) {
	for host, want := range map[string]bool{
		"acme-test.coupahost.com": true, "acme-TEST2.coupahost.com": true, "fileshare-sg-test.coupahost.com": true,
		"acme.coupacloud.com": true, "coupadev.com": true, "127.0.0.1": true, "127.9.9.9": true, "::1": true, "localhost": true,
		"acme-devices-uat.coupahost.com": true, "acme.coupahost.com": false, "acme-devices.coupahost.com": false,
		"evilcoupacloud.com": false, "test.coupahost.com": false, "10.0.0.1": false, "": false,
	} {
		if isTest(host) != want {
			t.Errorf("isTest(%q) is not %v", host, want)
		}
	}
}

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"90d": 90 * 24 * time.Hour, "1d12h": 36 * time.Hour, "0s": 0, "1h30m": 90 * time.Minute, "200ms": 200 * time.Millisecond,
		"": -1, "d": -1, "1d-1h": -1, "-1s": -1, "1dd": -1, "10": -1, "99999d": -1, "15 s": -1,
		"3y": 3 * 365 * 24 * time.Hour, "1y2d3h": (367*24 + 3) * time.Hour, "y": -1, "1d1y": -1, "1y1y": -1, "293y": -1, "292y300d": -1, "65536y": -1,
	} {
		got, ok := parseDuration(s)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
}
