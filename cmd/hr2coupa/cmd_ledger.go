package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/operator"
	"github.com/hr2coupa/hr2coupa/cmd/internal/upkeep"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
)

func ledgerCmd(env *wiring.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "ledger",
		Short: "care for the ledger: check, backup, prune, forget, new-key",
		Long: `The ledger is what hr2coupa knows for sure: what was sent, and with which result. These commands keep
it sound, small, and free of people who are to be forgotten.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return export.Hint(exit.Usage("ledger: unknown command %q", args[0]), "see hr2coupa ledger --help")
			}
			cmd.SetOut(env.Stderr.Words())
			_ = cmd.Help() // writes to stderr; there is no other place to report that it fails
			return export.Hint(exit.Usage("ledger: a command is missing"), "give check, backup, prune, forget or new-key")
		},
	}
	c.AddCommand(ledgerCheckCmd(env), ledgerBackupCmd(env), ledgerPruneCmd(env), ledgerForgetCmd(env), ledgerNewKeyCmd(env))
	for _, sub := range c.Commands() {
		strictArgs(sub)
	}
	return c
}

func ledgerCheckCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "check the ledger: modes, database, sums, bytes",
		Long: `Check checks the mode of every file, has SQLite look for damage, adds up the rows of every run, and compares
every word and number that a start reads with the others. It compares the bytes of every part with size and
hash, and the ledger with the mark beside the config: is this the newest ledger? It looks whether the key of
the hashes is the right one, and names the people who lack a list that a call has emptied. It only reads, and may do so while a run is at work. Each fault is one
line, with what fixes it; then it ends with 1.`,
		Example: "  hr2coupa ledger check",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			return upkeep.Check(cmd.Context(), env, cfg)
		},
	}
}

func ledgerBackupCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "backup DIR",
		Short: "copy the ledger as it is now into a new folder",
		Long: `Backup copies the database and the bytes of unfinished parts into a folder that is a ledger itself: to
restore it, point the config at it. It works while a run is at work, checks the copy before it gets its
name, and never overwrites. The copy holds personal data: 0700, files 0600. It holds the key of the hashes
too, where that is the ledger's own file ledger.key. If ledger_key names another place, keep that key: without
it what was confirmed of people is of no use.`,
		Example: "  hr2coupa ledger backup /var/backups/hr2coupa-$(date +%F)",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if wiring.Exists(args[0]) {
				return export.Hint(exit.Usage("%s exists already", args[0]), "name a new folder")
			}
			return upkeep.Backup(cmd.Context(), env, args[0])
		},
	}
}

func ledgerNewKeyCmd(env *wiring.Env) *cobra.Command {
	var by string
	c := &cobra.Command{
		Use:   "new-key --by NAME",
		Short: "forget what was confirmed of people, and begin anew with the present key",
		Long: `New-key makes every baseline unknown: what the ledger knows as last confirmed of people, as hashes that are
made with a secret key. From then on it takes the key that is there now (ledger_key, or ledger.key in the
ledger's folder, which is made if it is missing). Use it if the key is lost or has become known. Rows, people
and runs stay. The next run compares with Coupa, or else takes everyone for changed.`,
		Example: "  hr2coupa ledger new-key --by 'A. Administrator'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if by == "" {
				return export.Hint(exit.Usage("ledger new-key: --by is missing"), "name the person who decides it: --by NAME")
			}
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			l, done, err := wiring.UseLedger(env, cfg, "ledger new-key")
			if err != nil {
				return err
			}
			defer done()
			if _, err := wiring.NewKey(cfg, l, operator.Given(by, env.By)); err != nil {
				return err
			}
			return env.Stdout.Printf("every baseline is unknown now; the next run confirms them anew\n")
		},
	}
	c.Flags().StringVar(&by, "by", "", "the person who decides it; the ledger records the name, and who has started the program")
	return c
}

func ledgerPruneCmd(env *wiring.Env) *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use:   "prune",
		Short: "remove what is older than the config's retention",
		Long: `Prune removes what is finished and older than retention says: the bytes of final parts, what rows hold of
people besides their key, and at last whole runs, notices that were sent, and incidents that have ended.
What is unfinished, held or not sent yet stays, however old it is. So do the people that the ledger knows,
and the names of the feed files, so that an old file is never taken for new.`,
		Example: "  hr2coupa ledger prune --dry-run",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			return upkeep.Prune(cmd.Context(), env, cfg, dry)
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "only print what would be removed")
	return c
}

func ledgerForgetCmd(env *wiring.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "forget KEY",
		Short: "remove every value of one person from the ledger's folder",
		Long: `Forget removes what the ledger holds of the person with that key (feed.key): key, login, status and
messages of their rows, the hashes of what was confirmed, the person themselves, the spool files that hold or
name them, files of rejected records with their key (as a whole), and every byte of it in the database's free space. Rows still count in the sums of their runs. If a
part with the person is still on its way, nothing changes. Backups, HR's feed and Coupa are not touched. If HR's
next feed names the person, the ledger knows them again.`,
		Example: "  hr2coupa ledger forget 002022",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := wiring.LedgerConfig(cmd.Context(), env, config.Options{})
			if err != nil {
				return err
			}
			return upkeep.Forget(env, cfg, args[0])
		},
	}
}
