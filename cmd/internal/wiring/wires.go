package wiring

import (
	"context"
	"errors"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/drop"
)

// Wires are the two ways to Coupa, made from a config: SFTP to deliver, HTTPS to ask.
type Wires struct {
	Dial    func(context.Context) (export.Session, error)
	Client  *coupa.Client // nil if nothing is asked over the API
	Sources []export.LoadSource
	Lists   []Lister // the sources that can list what Coupa has loaded
	archive *drop.Archive
}

// NewWires makes the two ways of a config and connects to neither. All faults of the clients come in one error (2).
func NewWires(env *Env, cfg *config.Config) (*Wires, error) {
	dial := dialSFTP(env, cfg)
	w := &Wires{Dial: dial}
	var faults []error
	for _, via := range cfg.Load.Via {
		switch via {
		case "api":
			c, err := coupa.NewClient(WatchedCoupa(env, cfg), env.Log)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			w.Client = c
			w.Sources, w.Lists = append(w.Sources, c.Loads()), append(w.Lists, c.Loads())
		case "page":
			p, err := coupa.NewPage(CoupaConfig(cfg), env.Log)
			if err != nil {
				faults = append(faults, err)
				continue
			}
			w.Sources, w.Lists = append(w.Sources, p), append(w.Lists, p)
		case "archive":
			if cfg.SFTP.Address == "" { // route: api, and there is no server to look at
				continue
			}
			w.archive = &drop.Archive{Dial: dial}
			w.Dial = w.archive.MakeWay(dial)
			w.Sources = append(w.Sources, w.archive)
		}
	}
	if (cfg.Verify || cfg.Preflight || cfg.Route != config.RouteCSV) && w.Client == nil && len(faults) == 0 {
		c, err := coupa.NewClient(WatchedCoupa(env, cfg), env.Log)
		if err != nil {
			faults = append(faults, err)
		}
		w.Client = c
	}
	if len(faults) > 0 {
		return nil, &exit.Error{Code: export.ExitUsage, Err: errors.Join(faults...)}
	}
	return w, nil
}

// Tap lets tests see what goes over the wires. What lists Coupa's loads is not tapped.
func (w *Wires) Tap(s Seams) {
	w.Dial = Through(s.Dial, w.Dial)
	for i, src := range w.Sources {
		w.Sources[i] = Through(s.Loads, src)
	}
}

// Close ends the connection over which the archive is read.
func (w *Wires) Close() {
	if w.archive != nil {
		w.archive.Close()
	}
}

func dialSFTP(env *Env, cfg *config.Config) func(context.Context) (export.Session, error) {
	return func(ctx context.Context) (export.Session, error) {
		if cfg.SFTP.Address == "" {
			return nil, export.Hint(&export.NotDeliveredError{What: export.NoSFTP, Msg: "a part of an earlier run goes over SFTP, and the config no longer has a section sftp"},
				"put the section back until that part is sent")
		}
		s, err := drop.Dial(ctx, DropConfig(cfg), env.Log)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
}

// DropConfig returns what a config says of the SFTP server.
func DropConfig(cfg *config.Config) drop.Config {
	c := cfg.SFTP
	return drop.Config{
		Address: c.Address, User: c.User, Password: c.Password, Key: c.Key, Passphrase: c.Passphrase,
		HostKey: c.HostKey, KnownHosts: c.KnownHosts, Folder: c.Folder, Archive: c.Archive,
		Staging: c.Staging, Direct: c.Direct, Legacy: c.Legacy,
		Connect: c.Connect, Silence: c.Silence, Operation: c.Operation,
	}
}

// WatchedCoupa is CoupaConfig for the calls of a job, which may be recorded.
func WatchedCoupa(env *Env, cfg *config.Config) coupa.Config {
	c := CoupaConfig(cfg)
	c.HTTP = env.HTTP
	return c
}

// CoupaConfig returns what a config says of Coupa's API and page.
func CoupaConfig(cfg *config.Config) coupa.Config {
	c := cfg.Coupa
	settle, retry := c.TokenSettle, c.Retry
	if settle == 0 {
		settle = -1 // the administrator set 0s; to the client 0 means Coupa's five seconds
	}
	if retry == 0 {
		retry = -1 // likewise: not at all, instead of the client's default
	}
	return coupa.Config{
		URL: c.URL, ClientID: c.ClientID, ClientSecret: c.ClientSecret, Scopes: c.Scopes, Format: c.Format,
		TokenSettle: settle, Rate: c.Rate, Folder: cfg.SFTP.Folder, PageCookie: c.PageCookie,
		Timeout: c.Timeout, Budget: retry, NoIDs: cfg.Pseudonyms,
	}
}
