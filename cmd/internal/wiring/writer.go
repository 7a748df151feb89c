package wiring

import (
	"slices"
	"strings"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/directory"
	"github.com/hr2coupa/hr2coupa/export/pseudonym"
	"github.com/hr2coupa/hr2coupa/transport/coupa"
)

// NewWriter makes the writer of the API route's parts; nil if the config names no client for it.
func NewWriter(env *Env, cfg *config.Config, client *coupa.Client, l export.WriteLedger, names interface {
	Pseudonyms() (pseudonym.Pseudonyms, error)
}) (*directory.Writer, error) {
	if client == nil {
		return nil, nil
	}
	pseudonyms, err := names.Pseudonyms()
	if err != nil {
		return nil, err
	}
	users, seams := client.Users(), env.Seams
	workers := users.Workers()
	if seams.OneByOne {
		workers = 1
	}
	return &directory.Writer{
		Ledger: l, Users: Through(seams.Users, export.Directory(users)), Whole: users.Whole, Element: coupa.Element, Workers: workers, Now: env.Now, Log: env.Log,
		Naming: pseudonym.Naming{Pseudonyms: pseudonyms, Discreet: cfg.Pseudonyms, Personal: personal(cfg)},
	}, nil
}

// personal reports whether HR's key of a row is personal data itself: a login or an address.
func personal(cfg *config.Config) func(export.RowResult) bool {
	named := slices.ContainsFunc(cfg.Mapping.Columns, func(c export.MappedColumn) bool {
		return (c.Name == loginColumn || c.Name == "Email") && strings.Contains(c.Expr, cfg.Feed.Key)
	})
	return func(r export.RowResult) bool { return named || strings.Contains(r.Key, "@") || r.Key == r.Login }
}
