package templates

import _ "embed"

// The demo's data. testdata/gen writes the first two; people and places in them are made up.

//go:embed demo/changes.csv
var demoFeed string

//go:embed demo/users.json
var demoUsers string

//go:embed demo/hr2coupa.yaml
var demoConfig string

// DemoFeed is what HR delivers in the demo: 302 records about 301 people, most of whom are as Coupa has them. One is a new hire,
// one has a new login, seven have left, one is without a last name, which Coupa has. 6 records break a rule, the login of one
// belongs to another person in Coupa, and Coupa refuses one (a department that it does not have); 70 are applied.
func DemoFeed() []byte { return []byte(demoFeed) }

// DemoUsers is what Coupa holds before, in the shape that the twin takes: an object of users in the shape of the Users
// API, departments and roles.
func DemoUsers() []byte { return []byte(demoUsers) }

// DemoConfig is the demo's config, a text/template over Instance, SFTPAddress, HostKey, Ledger and Feed. It takes its
// secrets from DEMO_SFTP_PASSWORD and DEMO_COUPA_SECRET.
func DemoConfig() []byte { return []byte(demoConfig) }
