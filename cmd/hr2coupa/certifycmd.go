package main

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

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/config"
	"github.com/hr2coupa/hr2coupa/cmd/terminal"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/templates"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
	"github.com/hr2coupa/hr2coupa/transport/twin"
)

type certifyOptions struct {
	routes   []string
	switches []string // of the twin
	keep     string
	instance bool // play against the config's own, which is a test instance
	yes      bool
	login    string
	email    string
	taken    string // the mention name of somebody else there
	currency string
}

// certifyRoutes are the ways a change goes to Coupa.
var certifyRoutes = []string{config.RouteCSV, config.RouteAPI}

func certifyCmd(env *Env) *cobra.Command {
	var o certifyOptions
	c := &cobra.Command{
		Use:   "certify",
		Short: "Coupa's published user scenarios, played one by one, with the evidence for each step",
		Long: `Certify plays the user scenarios that Coupa publishes (1.1 create, 1.2 modify, 1.4 deactivate, 1.5 reactivate,
1.6 add a role, 1.7 remove a role, 1.8 error handling) through the main job, and prints a pass sheet: every step
that the page asks for, whether it was seen, and the evidence. 1.3 is not published.

It starts a twin and needs no config. With --instance it plays against the test instance of the config: it makes or
changes the user --login there and leaves it inactive. An instance that may be production is refused. Nobody is deleted.

It ends with 0 when every step was seen, with 3 when one failed or could not be shown, else with the code of the run
that ended the play.`,
		Example: "  hr2coupa certify\n  hr2coupa certify --json --keep /tmp/certify\n" +
			"  hr2coupa certify -c hr2coupa.yaml --instance --email user_test@example.com --taken-mention SomebodyElse",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd.Flags().Changed); err != nil {
				return err
			}
			return Certify(cmd.Context(), env, o)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.routes, "route", certifyRoutes, "the ways to go: csv, api")
	f.StringVar(&o.keep, "keep", "", "keep feeds, ledger and diary in this folder, for a look")
	f.StringArrayVar(&o.switches, "set", nil, "set a switch of the twin, name=value; may be repeated")
	f.BoolVar(&o.instance, "instance", false, "play against the config's instance, which must be a test")
	f.BoolVar(&o.yes, "yes", false, "do not ask before the instance is changed")
	f.StringVar(&o.login, "login", "USER_TEST", "the user that is made and changed")
	f.StringVar(&o.email, "email", "user_test@coupa.com", "the user's e-mail address; must be given with --instance")
	f.StringVar(&o.taken, "taken-mention", "", "with --instance: the mention name of another user there, which Coupa must refuse")
	f.StringVar(&o.currency, "currency", "EUR", "the user's default currency, which must exist there")
	return c
}

func (o certifyOptions) check(given func(flag string) bool) error {
	for _, r := range o.routes {
		if !slices.Contains(certifyRoutes, r) {
			return usage("certify: --route %s: csv, api or csv,api", r)
		}
	}
	local, domain, _ := strings.Cut(o.email, "@")
	switch {
	case !o.instance && given("config"):
		return usage("certify: without --instance a twin is started and no config is read; --instance plays against the test instance of it")
	case o.instance && given("set"):
		return usage("certify: --set is for the twin; --instance has no switches")
	case !o.instance && given("taken-mention"):
		return usage("certify: --taken-mention goes with --instance; the twin has a user for that")
	case o.instance && !given("email"):
		return usage("certify: --email is missing: which address may the test user have? Coupa may write to it")
	case local == "" || domain == "" || strings.Contains(domain, "@"):
		return usage("certify: --email must be an address of the form name@example.com")
	case o.login == "" || o.currency == "":
		return usage("certify: --login and --currency cannot be empty")
	}
	if _, err := switchesOf(o.switches); err != nil {
		return usage("certify: --set: %w", err)
	}
	return nil
}

// certify plays every scenario by every route, one after the other.
func Certify(ctx context.Context, env *Env, o certifyOptions) (err error) {
	sheet := &passSheet{Against: "twin", Version: version, Routes: []*routeSheet{}}
	var theirs *config.Config
	if o.instance {
		if theirs, err = testInstance(ctx, env, o); err != nil {
			return err
		}
		sheet.Against, sheet.Instance = "instance", theirs.Instance
	}
	dir, err := certifyDir(o.keep)
	if err != nil {
		return err
	}
	defer func() { err = certified(ctx, env, sheet, dir, o, err) }()
	w := env.stdout.Text()
	if env.json {
		w = terminal.Nowhere()
	}
	sheet.title(w)
	for _, route := range o.routes {
		if err := certifyRoute(ctx, env, sheet, w, theirs, filepath.Join(dir, route), route, o); err != nil {
			return err
		}
	}
	sheet.sum()
	if env.json {
		return endWith(sheet.Exit, printJSON(env, sheet))
	}
	sheet.end(w)
	return endWith(sheet.Exit, w.Err())
}

// certified ends a play: what was told to an instance is kept where not all went well, since it is only known from there.
func certified(ctx context.Context, env *Env, sheet *passSheet, dir string, o certifyOptions, err error) error {
	if o.keep == "" && (!o.instance || err == nil && sheet.Exit == export.ExitOK) {
		os.RemoveAll(dir) // it holds a test user and nothing else
	} else {
		env.stderr.Printf("feeds, ledger and diary lie in %s\n", dir)
	}
	for _, r := range sheet.Routes {
		if o.instance && !r.inactive() {
			env.stderr.Printf("%s may be active at %s: look there\n", r.Login, r.Instance)
		}
	}
	if ctx.Err() != nil { // not "the next run goes on": there is none
		return &exitError{export.ExitInterrupted, errors.New("interrupted; the scenarios have not been played to their end")}
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
		return "", usage("--keep %s: something lies there already; name an empty folder", keep)
	}
	return dir, os.MkdirAll(dir, 0o700)
}

// certifyRoute plays the scenarios by one route and adds them to the sheet as they end.
func certifyRoute(ctx context.Context, env *Env, sheet *passSheet, w *terminal.Text, theirs *config.Config, dir, route string, o certifyOptions) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	c := o.cast(route)
	var on *certification
	if theirs != nil {
		on, err = onInstance(ctx, env, theirs, dir, route)
	} else {
		c.taken = templates.CertifyTaken
		on, err = onTwin(ctx, env, dir, route, o.switches)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, on.close()) }()
	r := &routeSheet{Route: route, Login: c.login, Instance: on.pipe.cfg.Instance}
	sheet.Routes = append(sheet.Routes, r)
	r.title(w)
	for _, s := range scenarios(route, c) {
		played, err := on.playScenario(ctx, r, s)
		if err != nil {
			return err
		}
		r.Scenarios = append(r.Scenarios, played)
		played.text(w)
	}
	return nil
}

// testInstance reads the config of an instance, refuses what may be production, and has the person say yes.
func testInstance(ctx context.Context, env *Env, o certifyOptions) (*config.Config, error) {
	opt := config.Options{NeedSecrets: true, NoFeed: true, Route: config.RouteCSV}
	if !slices.Contains(o.routes, config.RouteCSV) {
		opt.Route = config.RouteAPI // which needs no sftp
	}
	cfg, err := Load(ctx, env, opt)
	if err != nil {
		return nil, err
	}
	switch {
	case cfg.Production:
		return nil, usage("certify: %s has production: true, and certify makes and changes users: it goes to no instance that may be production", cfg.File)
	case !slices.Contains(cfg.Coupa.Scopes, config.ScopeRead):
		return nil, usage("certify: coupa.scopes lacks %s: it has to see whose account --login is before it changes it", config.ScopeRead)
	}
	if slices.Contains(o.routes, config.RouteAPI) && !slices.Contains(cfg.Coupa.Scopes, config.ScopeWrite) {
		return nil, usage("certify: coupa.scopes lacks %s, without which nobody is changed by API; --route csv does without", config.ScopeWrite)
	}
	client, err := coupa.NewClient(coupaConfig(cfg), env.log)
	if err != nil {
		return nil, &exitError{export.ExitUsage, err}
	}
	if err := client.Users().Check(ctx); err != nil {
		return nil, err
	}
	for _, route := range o.routes {
		if err := o.cast(route).ownAccount(ctx, client.Users()); err != nil {
			return nil, err
		}
	}
	return cfg, agreed(env, cfg, o)
}

// ownAccount makes sure that certify takes no account that is somebody else's: one that is there already must have an
// address that certify itself gives. Its errors name nobody: what was typed may be a person's login.
func (c cast) ownAccount(ctx context.Context, users export.Directory) error {
	held, err := c.lookUp(ctx, users)
	if err != nil {
		return err
	}
	if u, ok := held[c.nobody]; ok {
		return usage("certify: somebody has the login that is to be nobody's (Coupa id %s): give another --login", u.ID)
	}
	own, there := held[c.login]
	email, _ := coupa.Element("Email")
	if v, _ := own.Value(email); there && !strings.EqualFold(v.Text, c.email) && !strings.EqualFold(v.Text, c.newEmail()) {
		return usage("certify: the user of --login is there (Coupa id %s) with another e-mail address than --email, and may be somebody: give another --login", own.ID)
	}
	others, err := users.Find(ctx, email, []string{c.email, c.newEmail()}, nil)
	if err != nil {
		return fmt.Errorf("look for users with --email: %w", err)
	}
	for _, u := range others {
		if u.ID != own.ID {
			return usage("certify: --email, or what becomes of it in scenario 1.2, is the address of Coupa id %s: give another", u.ID)
		}
	}
	return c.somebodyElse(ctx, users, own)
}

// somebodyElse makes sure that the mention name that is to be refused is taken.
func (c cast) somebodyElse(ctx context.Context, users export.Directory, own export.User) error {
	if c.taken == "" {
		return nil
	}
	mention, _ := coupa.Element("Mention Name")
	found, err := users.Find(ctx, mention, []string{c.taken}, nil)
	if err != nil {
		return fmt.Errorf("look for users with --taken-mention: %w", err)
	}
	if !slices.ContainsFunc(found, func(u export.User) bool { return u.ID != own.ID }) {
		return usage("certify: nobody else there has the mention name --taken-mention, so that Coupa would not refuse it")
	}
	return nil
}

// agreed tells what will be done to an instance, and has a person say yes to it.
func agreed(env *Env, cfg *config.Config, o certifyOptions) error {
	w := env.stderr.Text()
	w.Printf("certify will change the test instance %s:\n", cfg.Instance)
	for _, route := range o.routes {
		c := o.cast(route)
		w.Printf("  by %s it makes or changes the user %s (%s), and leaves it inactive; a row for %s, who does not exist, is to be refused\n",
			route, c.login, c.email, c.nobody)
	}
	if n := len(cfg.Notify.Targets); n > 0 {
		w.Printf("  and tells of refused rows as the config says (%s)\n", plural(n, "target"))
	}
	switch {
	case w.Err() != nil || o.yes:
		return w.Err()
	case !canAsk(env):
		return usage("certify: nobody can be asked whether that is meant; say --yes")
	}
	w.Printf("Go on? [y/N] ")
	answer, err := bufio.NewReader(io.LimitReader(env.stdin, 100)).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); err != nil || answer != "y" && answer != "yes" {
		return usage("certify: nothing was changed")
	}
	return w.Err()
}

// cast is who plays by a route. On one and the same instance each route has a user of its own, since a user can be made
// only once.
func (o certifyOptions) cast(route string) cast {
	c := cast{login: o.login, email: o.email, taken: o.taken, currency: o.currency}
	if o.instance && route != certifyRoutes[0] {
		local, domain, _ := strings.Cut(o.email, "@")
		c.login, c.email = o.login+"_"+strings.ToUpper(route), local+"_"+route+"@"+domain
	}
	c.nobody = c.login + "_NOBODY"
	return c
}

// switchesOf are those of the twin that certify starts: it is quick, unless somebody wants it otherwise.
func switchesOf(more []string) (twin.Switches, error) {
	return twin.ParseSwitches(append([]string{"pickup-interval=50ms", "load-time=50ms"}, more...))
}
