package twin

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/transport/twin/folders"
)

// SFTPAddr is host and port of the SFTP server.
func (t *Twin) SFTPAddr() string { return t.sftp.Addr().String() }

// URL is the address of the site, without a slash at the end.
func (t *Twin) URL() string { return "http://" + t.addr.String() }

// HostKeyFingerprint is the SHA256 fingerprint of the SFTP host key.
func (t *Twin) HostKeyFingerprint() string { return ssh.FingerprintSHA256(t.sftp.HostKey()) }

// PageCookie is the whole Cookie header that opens /data_sources.
func (t *Twin) PageCookie() string { return t.opt.PageCookie }

// Root is the folder of the SFTP tree on this machine.
func (t *Twin) Root() string { return t.tree.Dir }

// Env returns the secrets that ConfigSnippet refers to, by the name of the environment variable.
func (t *Twin) Env() map[string]string {
	env := map[string]string{"COUPA_CLIENT_SECRET": t.opt.ClientSecret, "COUPA_PAGE_COOKIE": t.opt.PageCookie}
	if t.opt.Password != "" {
		env["COUPA_SFTP_PASSWORD"] = t.opt.Password
	}
	return env
}

// ConfigSnippet is the part of an hr2coupa.yaml that points at this twin. It holds no secret: see Env.
func (t *Twin) ConfigSnippet() string {
	var b strings.Builder
	fmt.Fprintf(&b, "instance: %s\n", t.URL())
	fmt.Fprintf(&b, "sftp:\n  address: %s\n  user: %s\n", t.SFTPAddr(), t.opt.User)
	if t.opt.Password != "" {
		fmt.Fprintf(&b, "  password: {env: COUPA_SFTP_PASSWORD}\n")
	}
	if len(t.opt.AuthorizedKeys) > 0 {
		fmt.Fprintf(&b, "  key: {file: id_ed25519}         # the private half of an authorized key\n")
	}
	fmt.Fprintf(&b, "  host_key: %q\n  folder: %s\n", t.HostKeyFingerprint(), path.Join(t.in.Board.Get().Home, folders.Drop))
	fmt.Fprintf(&b, "coupa:\n  client_id: %s\n  client_secret: {env: COUPA_CLIENT_SECRET}\n", t.opt.ClientID)
	fmt.Fprintf(&b, "  page_cookie: {env: COUPA_PAGE_COOKIE}\n  scopes: [%s]\n", strings.Join(strings.Fields(t.in.Board.Get().Scopes), ", "))
	fmt.Fprintf(&b, "  token_settle: 0s                # the twin is quicker than Coupa\nload: {poll: 1s}\n")
	return b.String()
}
