// Package twin is a stand-in for a Coupa instance, as far as loading users goes: an SFTP drop folder, the pick-up
// clock, the loader, /data_sources behind a login, the token endpoint, /api/data_file_sources and /api/users.
// Administrators rehearse with it, and tests use it as the far end. What Coupa's pages leave open or say in two ways is a
// switch: see switchboard.Docs.
//
// Each side that an administrator sees has a room: sftpd, loader, restapi and pages. They work on one instance and obey one
// switchboard. This package starts them, joins them and shows tests what arrived.
//
// The twin keeps everything in memory except the files of the SFTP tree. It is meant for loopback: HTTP is not encrypted.
package twin

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/twin/folders"
	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/loader"
	"github.com/hr2coupa/hr2coupa/transport/twin/pages"
	"github.com/hr2coupa/hr2coupa/transport/twin/restapi"
	"github.com/hr2coupa/hr2coupa/transport/twin/sftpd"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// Twin is a running stand-in. Its methods may be called from several goroutines.
type Twin struct {
	opt Options
	in  *instance.Instance

	tree   *folders.Tree
	loader *loader.Loader
	sftp   *sftpd.Server
	api    *restapi.API
	web    *http.Server
	addr   net.Addr

	stop context.CancelFunc
	wg   export.Group
}

// Start starts a twin. It runs until Close, or until ctx ends.
func Start(ctx context.Context, opt Options) (*Twin, error) {
	t := &Twin{opt: opt.complete()}
	if err := t.open(ctx); err != nil {
		return nil, fmt.Errorf("twin: %w", errors.Join(err, t.Close()))
	}
	return t, nil
}

func (t *Twin) open(ctx context.Context) error {
	board, err := switchboard.New(t.opt.Switches)
	if err != nil {
		return err
	}
	if t.in, err = instance.New(t.opt.Users, board, t.opt.Now, t.opt.Log); err != nil {
		return err
	}
	if t.tree, err = folders.Open(t.opt.Root, board.Get()); err != nil {
		return err
	}
	t.loader = loader.New(t.in, t.tree)
	account := sftpd.Account{Address: t.opt.SFTPAddress, User: t.opt.User, Password: t.opt.Password, AuthorizedKeys: t.opt.AuthorizedKeys, HostKey: t.opt.HostKey}
	if t.sftp, err = sftpd.Serve(ctx, account, t.tree, board, t.loader.PickUp, t.opt.Log); err != nil {
		return err
	}
	if err := t.serveHTTP(ctx); err != nil {
		return err
	}
	ctx, t.stop = context.WithCancel(ctx)
	t.wg.Go(func() { t.loader.Run(ctx) })
	export.AfterFunc(ctx, func() { t.sftp.Close(); t.web.Close() }, func(err error) { t.opt.Log.WithError(err).Error("the servers are not closed") })
	return nil
}

func (t *Twin) serveHTTP(ctx context.Context) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", t.opt.HTTPAddress)
	if err != nil {
		return fmt.Errorf("http server: %w", err)
	}
	t.addr = ln.Addr()
	t.web = &http.Server{Handler: t.handler(), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute}
	t.wg.Go(func() {
		if err := t.web.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			t.opt.Log.WithError(err).Error("http server ended")
		}
	})
	return nil
}

// handler serves the whole site. Every request sees the loads that the clock has reached, and is answered while a load is
// running.
func (t *Twin) handler() http.Handler {
	mux := http.NewServeMux()
	t.api = restapi.Add(mux, t.in, restapi.Client{ID: t.opt.ClientID, Secret: t.opt.ClientSecret})
	pages.Add(mux, t.in, t.opt.PageCookie)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t.loader.Glance()
		w.Header().Set("Date", t.in.Now().UTC().Format(http.TimeFormat))
		mux.ServeHTTP(w, r)
	})
}

// Close ends both servers and the clock, waits for them, and removes a temporary tree.
func (t *Twin) Close() error {
	var errs []error
	if t.stop != nil {
		t.stop()
	}
	if t.sftp != nil {
		if err := t.sftp.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if t.web != nil {
		errs = append(errs, t.web.Close())
	}
	t.wg.Wait()
	if t.tree != nil {
		errs = append(errs, t.tree.Close())
	}
	return errors.Join(errs...)
}
