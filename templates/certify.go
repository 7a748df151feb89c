package templates

import _ "embed"

//go:embed certify/hr2coupa.yaml
var certifyConfig string

//go:embed certify/users.json
var certifyUsers string

// CertifyConfig is the config that Coupa's user scenarios are played with, a text/template over Instance, Route, Ledger
// and Twin; Twin is nil against an instance, else it has SFTPAddress, HostKey and Webhook. Its secrets are then in
// CERTIFY_SFTP_PASSWORD, CERTIFY_COUPA_SECRET and CERTIFY_WEBHOOK_SECRET.
func CertifyConfig() []byte { return []byte(certifyConfig) }

// CertifyUsers is what the twin holds before the scenarios, in the shape that it takes: one user, whose mention name is
// CertifyTaken, so that the first one made gets the number that the pages show, 281.
func CertifyUsers() []byte { return []byte(certifyUsers) }

// CertifyTaken is a mention name that belongs to a user of CertifyUsers.
const CertifyTaken = "CoupaAdmin"
