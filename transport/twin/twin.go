// Package twin is a stand-in for a Coupa instance, as far as loading users goes: an SFTP drop folder, the pick-up
// clock, the loader, /data_sources behind a login, the token endpoint, /api/data_file_sources and /api/users.
// Administrators rehearse with it; tests prove against it. What Coupa's pages leave open, or say in two ways, is a
// switch (see SwitchDocs).
//
// The twin keeps everything in memory but the files of the SFTP tree. It is meant for loopback: HTTP is plain.
package twin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/ssh"

	"github.com/hr2coupa/hr2coupa/export"
)

// Options set up a twin. The zero value is a working one on free ports of the loopback, with nobody in it.
type Options struct {
	SFTPAddress, HTTPAddress string // listen addresses; default 127.0.0.1:0

	// Users is JSON: an array of users in the shape of Coupa's /api/users output, or an object
	// {"users": [...], "departments": [...], "roles": [...], "content-groups": [...], "currencies": [...], ...} that also
	// names the references that exist, and under "custom-fields" the prompt names of mapped custom fields. Where a
	// kind is not named, what the users mention exists, and Coupa's standard roles. Nil: no users.
	Users io.Reader

	Root string // folder of the SFTP tree; "" is a temporary one, removed by Close

	User, Password string     // SFTP login; default coupa, and coupa unless there are AuthorizedKeys
	AuthorizedKeys []byte     // in the form of OpenSSH's authorized_keys
	HostKey        ssh.Signer // nil: generated

	ClientID, ClientSecret string // of the API client; default twin and twin-secret
	PageCookie             string // the Cookie header that opens /data_sources, name=value; default: random

	Switches Switches
	Now      func() time.Time   // default time.Now
	Log      logrus.FieldLogger // default: nowhere
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

// Twin is a running stand-in. Its methods may be called from several goroutines.
type Twin struct {
	opt Options
	sw  *switchboard
	now func() time.Time
	log logrus.FieldLogger

	users *directory
	loads *loadList
	tree  *tree
	sshd  *sshServer
	api   *api
	web   *http.Server
	addr  net.Addr

	pickMu sync.Mutex
	picks  pickUps

	stop context.CancelFunc
	wg   export.Group
}

// Start brings the twin up. It runs until Close, or until ctx ends.
func Start(ctx context.Context, opt Options) (*Twin, error) {
	sw, err := opt.Switches.complete()
	if err != nil {
		return nil, fmt.Errorf("twin: %w", err)
	}
	opt = opt.complete()
	t := &Twin{opt: opt, sw: newSwitchboard(sw), log: opt.Log, loads: &loadList{nextID: 1000}}
	t.now = func() time.Time { return opt.Now().Add(t.sw.Load().skew()) }
	t.picks.taken = map[string]bool{}
	if err := t.open(ctx); err != nil {
		return nil, fmt.Errorf("twin: %w", errors.Join(err, t.Close()))
	}
	return t, nil
}

func (t *Twin) open(ctx context.Context) error {
	s, err := readSeed(t.opt.Users)
	if err != nil {
		return err
	}
	if t.users, err = newDirectory(s, t.sw, t.now); err != nil {
		return err
	}
	if t.tree, err = openTree(t.opt.Root, *t.sw.Load()); err != nil {
		return err
	}
	if t.sshd, err = newSSHServer(ctx, t); err != nil {
		return err
	}
	if err := t.serveHTTP(ctx); err != nil {
		return err
	}
	ctx, t.stop = context.WithCancel(ctx)
	t.wg.Go(func() { t.tick(ctx) })
	export.AfterFunc(ctx, func() { t.sshd.close(); t.web.Close() }, func(err error) { t.log.WithError(err).Error("the servers are not closed") })
	return nil
}

func (t *Twin) serveHTTP(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", t.opt.HTTPAddress)
	if err != nil {
		return fmt.Errorf("http server: %w", err)
	}
	t.addr = ln.Addr()
	t.api = newAPI(t)
	t.web = &http.Server{Handler: t.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	t.wg.Go(func() {
		if err := t.web.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			t.log.WithError(err).Error("http server ended")
		}
	})
	return nil
}

// handler is the whole site. Every request sees the loads as they stand by the clock, and answers while one is at work.
func (t *Twin) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /oauth2/token", t.api.token)
	mux.Handle("/api/", t.api)
	addPages(mux, t)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.glance()
		w.Header().Set("Date", t.now().UTC().Format(http.TimeFormat))
		mux.ServeHTTP(w, r)
	})
}

// Close ends both servers and the clock, waits for them, and removes a temporary tree.
func (t *Twin) Close() error {
	var errs []error
	if t.stop != nil {
		t.stop()
	}
	if t.sshd != nil {
		if err := t.sshd.close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if t.web != nil {
		errs = append(errs, t.web.Close())
	}
	t.wg.Wait()
	if t.tree != nil {
		errs = append(errs, t.tree.close())
	}
	return errors.Join(errs...)
}

// SFTPAddr is host and port of the SFTP server.
func (t *Twin) SFTPAddr() string { return t.sshd.listener.Addr().String() }

// URL is the address of the site, without a slash at the end.
func (t *Twin) URL() string { return "http://" + t.addr.String() }

// HostKeyFingerprint is the SHA256 fingerprint of the SFTP host key.
func (t *Twin) HostKeyFingerprint() string { return ssh.FingerprintSHA256(t.sshd.hostKey) }

// PageCookie is the whole Cookie header that opens /data_sources.
func (t *Twin) PageCookie() string { return t.opt.PageCookie }

// Root is the folder of the SFTP tree on this machine.
func (t *Twin) Root() string { return t.tree.dir }

// Env gives the secrets that ConfigSnippet refers to, by the name of the environment variable.
func (t *Twin) Env() map[string]string {
	env := map[string]string{"COUPA_CLIENT_SECRET": t.opt.ClientSecret, "COUPA_PAGE_COOKIE": t.opt.PageCookie}
	if t.opt.Password != "" {
		env["COUPA_SFTP_PASSWORD"] = t.opt.Password
	}
	return env
}

// ConfigSnippet is the part of an hr2coupa.yaml that points at this twin. Secrets stay out: see Env.
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
	fmt.Fprintf(&b, "  host_key: %q\n  folder: %s\n", t.HostKeyFingerprint(), path.Join(t.sw.Load().Home, dropFolder))
	fmt.Fprintf(&b, "coupa:\n  client_id: %s\n  client_secret: {env: COUPA_CLIENT_SECRET}\n", t.opt.ClientID)
	fmt.Fprintf(&b, "  page_cookie: {env: COUPA_PAGE_COOKIE}\n  scopes: [%s]\n", strings.Join(strings.Fields(t.sw.Load().Scopes), ", "))
	fmt.Fprintf(&b, "  token_settle: 0s                # the twin is quicker than Coupa\nload: {poll: 1s}\n")
	return b.String()
}

// User gives a copy of the account with this login, as the API shows it.
func (t *Twin) User(login string) (Record, bool) {
	t.settleDue()
	return t.users.getLogin(login)
}

// Users gives copies of all accounts, by id.
func (t *Twin) Users() []Record {
	t.settleDue()
	return t.users.all()
}

// Loads gives all loads, oldest first, listed or not.
func (t *Twin) Loads() []Load {
	t.settleDue()
	loads := t.loads.copyLoads()
	newest := map[string]int64{}
	for _, l := range loads {
		if l.CreatedBy == sftpLogin {
			newest[l.Name] = l.ID
		}
	}
	for i := range loads {
		l := &loads[i]
		if l.ArchivedSize < 0 || newest[l.Name] != l.ID {
			l.ArchivedSize = -1 // another file of that name lies there
			continue
		}
		l.ArchivedSize = t.tree.archivedSize(l.Name)
	}
	return loads
}

// Applied gives every row the twin has stored, in the order of storing.
func (t *Twin) Applied() []Applied {
	t.settleDue()
	return t.loads.copyApplied()
}
