package twin

import (
	"crypto/rand"
	"io"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// Options set up a twin. The zero value is a working twin without users on free ports of the loopback.
type Options struct {
	SFTPAddress, HTTPAddress string // listen addresses; default 127.0.0.1:0

	// Users is JSON: an array of users in the shape of Coupa's /api/users output, or an object
	// {"users": [...], "departments": [...], "roles": [...], "content-groups": [...], "currencies": [...], ...} that also
	// names the references that exist, and under "custom-fields" the prompt names of mapped custom fields. If a kind is
	// not named, the references that the users mention exist, and Coupa's standard roles. Nil: no users.
	Users io.Reader

	Root string // folder of the SFTP tree; "": a temporary one, removed by Close

	User, Password string     // SFTP login; both coupa by default, but no password if there are AuthorizedKeys
	AuthorizedKeys []byte     // in the form of OpenSSH's authorized_keys
	HostKey        ssh.Signer // nil: generated

	ClientID, ClientSecret string // of the API client; default twin and twin-secret
	PageCookie             string // the Cookie header that opens /data_sources, name=value; default: random

	Switches switchboard.Switches
	Now      func() time.Time   // default time.Now
	Log      logrus.FieldLogger // default: none
}

func (o Options) complete() Options {
	setDefault(&o.SFTPAddress, "127.0.0.1:0")
	setDefault(&o.HTTPAddress, "127.0.0.1:0")
	setDefault(&o.User, "coupa")
	if len(o.AuthorizedKeys) == 0 {
		setDefault(&o.Password, "coupa")
	}
	setDefault(&o.ClientID, "twin")
	setDefault(&o.ClientSecret, "twin-secret")
	setDefault(&o.PageCookie, "_coupa_session="+rand.Text())
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = export.Silent()
	}
	return o
}

func setDefault(p *string, text string) {
	if *p == "" {
		*p = text
	}
}
