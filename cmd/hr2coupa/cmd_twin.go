package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/regular"
	"github.com/hr2coupa/hr2coupa/transport/twin"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

type twinOptions struct {
	sftp, http, users, root, key string
	personality                  string
	switches                     []string
	docs, kinds                  bool
}

func twinCmd(env *wiring.Env) *cobra.Command {
	var o twinOptions
	c := &cobra.Command{
		Use:   "twin",
		Short: "serve the Coupa twin on loopback",
		Long: `Twin is a stand-in for Coupa: an SFTP drop folder, the pick-up clock, the loader, the page
/data_sources behind a login, the token endpoint, /api/data_file_sources and /api/users. It prints
a config for it and serves until it is interrupted. What Coupa's pages leave open is a switch:
--switches lists them, each with its basis. --personality sets several at once.`,
		Example: "  hr2coupa twin --users users.json\n  hr2coupa twin --set key-precedence=id,login,employee-number --set list-delay=30s\n  hr2coupa twin --personality cuts-rename\n  hr2coupa twin --switches",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case o.docs:
				return printSwitches(env)
			case o.kinds:
				return printPersonalities(env)
			}
			return serveTwin(cmd.Context(), env, o)
		},
	}
	f := c.Flags()
	f.StringVar(&o.sftp, "sftp", "127.0.0.1:0", "listen address of the SFTP server; port 0 takes a free one")
	f.StringVar(&o.http, "http", "127.0.0.1:0", "listen address of the web server; port 0 takes a free one")
	f.StringVar(&o.users, "users", "", "JSON file of the users that it starts with")
	f.StringVar(&o.root, "root", "", "folder of the SFTP tree (default: a temporary one)")
	f.StringVar(&o.personality, "personality", "", "be a kind of server, a set of switches")
	f.StringVar(&o.key, "authorized-key", "", "file of the public keys that may log in, as in authorized_keys; no password then")
	f.StringArrayVar(&o.switches, "set", nil, "set a switch, name=value; may be repeated")
	f.BoolVar(&o.docs, "switches", false, "list the switches, each with its basis")
	f.BoolVar(&o.kinds, "personalities", false, "list the personalities and their switches")
	return c
}

func printSwitches(env *wiring.Env) error {
	docs := switchboard.Docs()
	if env.JSON {
		return show.JSON(env, docs)
	}
	w := env.Stdout.Text()
	for _, d := range docs {
		w.Printf("%s = %s (default %s)\n    %s\n", d.Name, strings.Join(d.Values, " | "), d.Default, d.Basis)
	}
	return w.Err()
}

func printPersonalities(env *wiring.Env) error {
	kinds := switchboard.Personalities()
	if env.JSON {
		return show.JSON(env, kinds)
	}
	w := env.Stdout.Text()
	for _, k := range kinds {
		w.Printf("%s = %s\n    %s\n", k.Name, strings.Join(k.Switches, " "), k.Says)
	}
	return w.Err()
}

func serveTwin(ctx context.Context, env *wiring.Env, o twinOptions) error {
	var kind []string
	var err error
	if o.personality != "" {
		if kind, err = switchboard.PersonalitySwitches(o.personality); err != nil {
			return exit.Usage("--personality: %w", err)
		}
	}
	sw, err := switchboard.Parse(slices.Concat(kind, o.switches))
	if err != nil {
		return exit.Usage("%w", err)
	}
	if sw.Login == "key" && o.key == "" {
		return export.Hint(exit.Usage("--set login=key needs a key that may log in"), "give the public key with --authorized-key FILE")
	}
	opt := twin.Options{SFTPAddress: o.sftp, HTTPAddress: o.http, Root: o.root, Switches: sw, Log: env.Log, Now: env.Now}
	if o.users != "" {
		f, err := regular.Open(o.users)
		if err != nil {
			return exit.Usage("--users %s: %w", o.users, exit.Unread(err))
		}
		defer f.Close() // only read from
		opt.Users = io.LimitReader(f, 256<<20)
	}
	if o.key != "" {
		if opt.AuthorizedKeys, err = regular.Read(o.key, 1<<20); err != nil {
			return exit.Usage("--authorized-key %s: %w", o.key, exit.Unread(err))
		}
		if len(bytes.TrimSpace(opt.AuthorizedKeys)) == 0 {
			return exit.Usage("--authorized-key: %s holds no key", o.key)
		}
	}
	t, err := twin.Start(ctx, opt)
	if err != nil {
		return err
	}
	if err := printTwin(env, t); err != nil {
		return errors.Join(err, t.Close())
	}
	<-ctx.Done()
	return t.Close()
}

func printTwin(env *wiring.Env, t *twin.Twin) error {
	if env.JSON {
		return show.JSON(env, map[string]any{
			"sftp": t.SFTPAddr(), "url": t.URL(), "host_key": t.HostKeyFingerprint(), "root": t.Root(), "env": t.Env(), "config": t.ConfigSnippet(),
		})
	}
	w := env.Stdout.Text()
	vars := t.Env()
	names := make([]string, 0, len(vars))
	for n := range vars {
		names = append(names, n)
	}
	slices.Sort(names)
	w.Printf("# the twin serves SFTP on %s and %s/data_sources (admin, coupa); its files are in %s\n", t.SFTPAddr(), t.URL(), t.Root())
	for _, n := range names {
		w.Printf("# export %s='%s'\n", n, vars[n])
	}
	w.Verbatim(strings.Split(strings.TrimSuffix(t.ConfigSnippet(), "\n"), "\n")...)
	return w.Err()
}
