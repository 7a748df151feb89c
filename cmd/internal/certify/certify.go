package certify

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/terminal"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// Options are the flags of certify.
type Options struct {
	Routes   []string
	Switches []string // of the twin
	Keep     string
	Instance bool // play against the instance of the config, which is a test instance
	Yes      bool
	Login    string
	Email    string
	Taken    string // a mention name that another user of the instance has
	Currency string
}

// Routes are the ways in which a change goes to Coupa.
var Routes = []string{config.RouteCSV, config.RouteAPI}

// Check returns a usage error if the flags do not go together. given reports whether a flag is on the command line.
func (o Options) Check(given func(flag string) bool) error {
	for _, r := range o.Routes {
		if !slices.Contains(Routes, r) {
			return exit.Usage("certify: --route is csv, api or csv,api, not %q", r)
		}
	}
	local, domain, _ := strings.Cut(o.Email, "@")
	switch {
	case !o.Instance && given("config"):
		return export.Hint(exit.Usage("certify: --config goes with --instance: without it a twin is started and no config is read"), "give --instance to play against the test instance of the config")
	case o.Instance && given("set"):
		return exit.Usage("certify: --set is for the twin, and --instance has no switches")
	case !o.Instance && given("taken-mention"):
		return exit.Usage("certify: --taken-mention goes with --instance, and the twin has a user for that")
	case o.Instance && !given("email"):
		return export.Hint(exit.Usage("certify: --email is missing"), "give an address that the test user may have: Coupa may write to it")
	case local == "" || domain == "" || strings.Contains(domain, "@"):
		return exit.Usage("certify: --email must be an address of the form name@example.com")
	case o.Login == "" || o.Currency == "":
		return exit.Usage("certify: --login and --currency may not be empty")
	}
	if _, err := switchesOf(o.Switches); err != nil {
		return exit.Usage("certify: --set: %w", err)
	}
	return nil
}

// Certify plays every scenario by every route, one after the other, and prints the sheet. Its error carries the exit code.
func Certify(ctx context.Context, env *wiring.Env, o Options) error {
	sheet := &passSheet{Against: "twin", Version: wiring.Version, Routes: []*routeSheet{}}
	var theirs *config.Config
	if o.Instance {
		var err error
		if theirs, err = testInstance(ctx, env, o); err != nil {
			return err
		}
		sheet.Against, sheet.Instance = "instance", theirs.Instance
	}
	dir, err := certifyDir(o.Keep)
	if err != nil {
		return err
	}
	return certified(ctx, env, sheet, dir, o, playAll(ctx, env, sheet, theirs, dir, o))
}

// playAll plays the routes and prints how they ended.
func playAll(ctx context.Context, env *wiring.Env, sheet *passSheet, theirs *config.Config, dir string, o Options) error {
	w := env.Stdout.Text()
	if env.JSON {
		w = terminal.Nowhere()
	}
	sheet.title(w)
	for _, route := range o.Routes {
		if err := certifyRoute(ctx, env, sheet, w, theirs, filepath.Join(dir, route), route, o); err != nil {
			return err
		}
	}
	sheet.sum()
	if env.JSON {
		return exit.With(sheet.Exit, show.JSON(env, sheet))
	}
	sheet.end(w)
	return exit.With(sheet.Exit, w.Err())
}

// certified cleans up after a play. The folder stays if a play on an instance did not pass: nothing else shows what was sent.
func certified(ctx context.Context, env *wiring.Env, sheet *passSheet, dir string, o Options, err error) error {
	if o.Keep == "" && (!o.Instance || err == nil && sheet.Exit == export.ExitOK) {
		os.RemoveAll(dir) // it holds a test user and nothing else
	} else {
		env.Stderr.Printf("feeds, ledger and log are in %s\n", dir)
	}
	for _, r := range sheet.Routes {
		if o.Instance && !r.inactive() {
			env.Stderr.Printf("%s may be active at %s: check it there\n", r.Login, r.Instance)
		}
	}
	if ctx.Err() != nil { // not "the next run goes on": there is none
		return &exit.Error{Code: export.ExitInterrupted, Err: errors.New("interrupted before the scenarios were played to their end")}
	}
	return err
}

func certifyDir(keep string) (string, error) {
	if keep == "" {
		return os.MkdirTemp("", "hr2coupa-certify-")
	}
	dir, err := filepath.Abs(keep)
	if err != nil {
		return "", err
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return "", export.Hint(exit.Usage("--keep %s: the folder is not empty", keep), "name an empty folder")
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// certifyRoute plays the scenarios by one route and adds each to the sheet as it ends.
func certifyRoute(ctx context.Context, env *wiring.Env, sheet *passSheet, w *terminal.Text, theirs *config.Config, dir, route string, o Options) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	c := o.accounts(route)
	var on *certification
	var err error
	if theirs != nil {
		on, err = onInstance(ctx, env, theirs, dir, route)
	} else {
		c.taken = templates.CertifyTaken
		on, err = onTwin(ctx, env, dir, route, o.Switches)
	}
	if err != nil {
		return err
	}
	return errors.Join(on.playRoute(ctx, env, sheet, w, c, route), on.close())
}

// playRoute plays the scenarios of a route. env shows which one.
func (s *certification) playRoute(ctx context.Context, env *wiring.Env, sheet *passSheet, w *terminal.Text, c accounts, route string) error {
	r := &routeSheet{Route: route, Login: c.login, Instance: s.pipe.Config.Instance}
	sheet.Routes = append(sheet.Routes, r)
	r.title(w)
	for _, sc := range scenarios(route, c) {
		_, done := env.Wait(ctx, "playing scenario "+sc.number+" by "+route)
		played, err := s.playScenario(ctx, r, sc)
		done()
		if err != nil {
			return err
		}
		r.Scenarios = append(r.Scenarios, played)
		played.text(w)
	}
	return nil
}

// testInstance reads the config of an instance, refuses what may be production, and asks the person to confirm.
func testInstance(ctx context.Context, env *wiring.Env, o Options) (*config.Config, error) {
	opt := config.Options{NeedSecrets: true, NoFeed: true, Route: config.RouteCSV}
	if !slices.Contains(o.Routes, config.RouteCSV) {
		opt.Route = config.RouteAPI // that route needs no sftp
	}
	cfg, err := wiring.Load(ctx, env, opt)
	if err != nil {
		return nil, err
	}
	switch {
	case cfg.Production:
		return nil, exit.Usage("certify: %s has production: true, and certify creates and changes users: it never runs against an instance that may be production", cfg.File)
	case !slices.Contains(cfg.Coupa.Scopes, config.ScopeRead):
		return nil, export.Hint(exit.Usage("certify: coupa.scopes lacks %s: certify has to check which user has --login before it changes that user", config.ScopeRead), "add it to coupa.scopes and to the client in Coupa")
	}
	if slices.Contains(o.Routes, config.RouteAPI) && !slices.Contains(cfg.Coupa.Scopes, config.ScopeWrite) {
		return nil, export.Hint(exit.Usage("certify: coupa.scopes lacks %s, without which no user is changed by API", config.ScopeWrite), "add it to coupa.scopes and to the client in Coupa, or give --route csv")
	}
	client, err := coupa.NewClient(wiring.CoupaConfig(cfg), env.Log)
	if err != nil {
		return nil, &exit.Error{Code: export.ExitUsage, Err: err}
	}
	if err := client.Users().Check(ctx); err != nil {
		return nil, err
	}
	for _, route := range o.Routes {
		if err := o.accounts(route).ownAccount(ctx, client.Users()); err != nil {
			return nil, err
		}
	}
	return cfg, confirm(env, cfg, o)
}

// ownAccount refuses to touch an account of another person: an account that exists already must have an address that certify
// itself sets. Its errors name no login, since the login that was typed may be a person's.
func (a accounts) ownAccount(ctx context.Context, users export.Directory) error {
	found, err := a.lookUp(ctx, users)
	if err != nil {
		return err
	}
	if u, ok := found[a.absent]; ok {
		return export.Hint(exit.Usage("certify: a user of Coupa has the login that no user may have (Coupa id %s)", u.ID), "give another --login")
	}
	own, there := found[a.login]
	email, _ := coupa.Element("Email")
	if v, _ := own.Value(email); there && !strings.EqualFold(v.Text, a.email) && !strings.EqualFold(v.Text, a.newEmail()) {
		return export.Hint(exit.Usage("certify: Coupa has a user with --login (Coupa id %s) and another e-mail address than --email, who may be a real person", own.ID), "give another --login")
	}
	others, err := users.Find(ctx, email, []string{a.email, a.newEmail()}, nil)
	if err != nil {
		return fmt.Errorf("find users with --email: %w", err)
	}
	for _, u := range others {
		if u.ID != own.ID {
			return export.Hint(exit.Usage("certify: --email, or its new value in scenario 1.2, is the address of Coupa id %s", u.ID), "give another --email")
		}
	}
	return a.takenByAnother(ctx, users, own)
}

// takenByAnother makes sure that another user has the mention name that Coupa is to refuse.
func (a accounts) takenByAnother(ctx context.Context, users export.Directory, own export.User) error {
	if a.taken == "" {
		return nil
	}
	mention, _ := coupa.Element("Mention Name")
	found, err := users.Find(ctx, mention, []string{a.taken}, nil)
	if err != nil {
		return fmt.Errorf("find users with --taken-mention: %w", err)
	}
	if !slices.ContainsFunc(found, func(u export.User) bool { return u.ID != own.ID }) {
		return export.Hint(exit.Usage("certify: no other user has the mention name --taken-mention, so Coupa would not refuse it"), "give the mention name of another user")
	}
	return nil
}

// confirm says what will be done to an instance, and asks the person to confirm it.
func confirm(env *wiring.Env, cfg *config.Config, o Options) error {
	w := env.Stderr.Text()
	w.Printf("certify will change the test instance %s:\n", cfg.Instance)
	for _, route := range o.Routes {
		c := o.accounts(route)
		w.Printf("  by %s it creates or changes the user %s (%s), and leaves it inactive; a row for %s, who does not exist, must be refused\n",
			route, c.login, c.email, c.absent)
	}
	if n := len(cfg.Notify.Targets); n > 0 {
		w.Printf("  and sends notices of refused rows as the config says (%s)\n", export.Plural(n, "target"))
	}
	switch {
	case w.Err() != nil || o.Yes:
		return w.Err()
	case !wiring.CanAsk(env):
		return export.Hint(exit.Usage("certify: there is no terminal on which to ask for confirmation"), "give --yes")
	}
	w.Printf("Go on? [y/N] ")
	answer, err := bufio.NewReader(io.LimitReader(env.Stdin, 100)).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil || answer != "y" && answer != "yes" {
		return exit.Usage("certify: nothing was changed")
	}
	return w.Err()
}

// accounts returns the accounts that a route plays with. On an instance each route has a user of its own, since a user can be
// created only once.
func (o Options) accounts(route string) accounts {
	c := accounts{login: o.Login, email: o.Email, taken: o.Taken, currency: o.Currency}
	if o.Instance && route != Routes[0] {
		local, domain, _ := strings.Cut(o.Email, "@")
		c.login, c.email = o.Login+"_"+strings.ToUpper(route), local+"_"+route+"@"+domain
	}
	c.absent = c.login + "_NOBODY"
	return c
}

// switchesOf returns the switches of the twin that certify starts: a quick one, unless more says otherwise.
func switchesOf(more []string) (switchboard.Switches, error) {
	return switchboard.Parse(append([]string{"pickup-interval=50ms", "load-time=50ms"}, more...))
}
