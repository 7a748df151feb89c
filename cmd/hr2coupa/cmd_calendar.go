package main

import (
	"github.com/spf13/cobra"

	"github.com/hr2coupa/hr2coupa/cmd/internal/calendar"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
)

func calendarCmd(env *wiring.Env) *cobra.Command {
	days := 0
	c := &cobra.Command{
		Use:   "calendar",
		Short: "changes that wait for their day",
		Long: `Calendar lists the records of HR's that hold from a later day on (feed.effective) and wait in the ledger: by day,
with the person's key and the columns that the mapping of that day may set. The first run on or after the day
sends them. It only reads, and ends with 0. Its result holds personal data.`,
		Example: "  hr2coupa calendar\n  hr2coupa calendar --days 365 --json",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return calendar.Show(cmd.Context(), env, days) },
	}
	c.Flags().IntVar(&days, "days", 30, "how many days from today on")
	return c
}
