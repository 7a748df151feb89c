package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/certify"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func certifyCmd(env *wiring.Env) *cobra.Command {
	var o certify.Options
	c := &cobra.Command{
		Use:   "certify",
		Short: "Coupa's published user scenarios, played one by one, with the evidence for each step",
		Long: `Certify plays the user scenarios that Coupa publishes (1.1 create, 1.2 modify, 1.4 deactivate, 1.5 reactivate,
1.6 add a role, 1.7 remove a role, 1.8 error handling) through the main job, and prints a pass sheet: every step
that the page asks for, whether it was seen, and the evidence. 1.3 is not published.

It starts a twin and needs no config. With --instance it plays against the test instance of the config: it creates or
changes the user --login there and leaves it inactive. It refuses an instance that may be production. It deletes no user.

It ends with 0 if every step was seen, with 3 if one failed or could not be shown, else with the code of the run
that ended the play.`,
		Example: "  hr2coupa certify\n  hr2coupa certify --json --keep /tmp/certify\n" +
			"  hr2coupa certify -c hr2coupa.yaml --instance --email user_test@example.com --taken-mention SomebodyElse",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.Check(cmd.Flags().Changed); err != nil {
				return err
			}
			return certify.Certify(cmd.Context(), env, o)
		},
	}
	f := c.Flags()
	f.StringSliceVar(&o.Routes, "route", certify.Routes, "the routes to play: csv, api")
	f.StringVar(&o.Keep, "keep", "", "keep feeds, ledger and log in this folder")
	f.StringArrayVar(&o.Switches, "set", nil, "set a switch of the twin, name=value; may be repeated")
	f.BoolVar(&o.Instance, "instance", false, "play against the config's instance, which must be a test")
	f.BoolVar(&o.Yes, "yes", false, "do not ask before the instance is changed")
	f.StringVar(&o.Login, "login", "USER_TEST", "the user that is created and changed")
	f.StringVar(&o.Email, "email", "user_test@coupa.com", "the user's e-mail address; must be given with --instance")
	f.StringVar(&o.Taken, "taken-mention", "", "with --instance: the mention name of another user there, which Coupa must refuse")
	f.StringVar(&o.Currency, "currency", "EUR", "the user's default currency, which must exist there")
	return c
}
