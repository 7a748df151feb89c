package main

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
)

// flagValues has what the value of an option must be, by its type as pflag names it. A type that takes any text is not in it.
var flagValues = map[string]string{
	"int":         "a whole number, 0 or above", // all of them count people
	"duration":    "a time with its unit, such as 90s, 15m or 24h",
	"bool":        "true or false",
	"stringSlice": "a list with commas and without quotes",
}

// flagError makes the error of an option a usage error (2). That of a value says what is expected, where Go's names its parser.
func flagError(c *cobra.Command, err error) error {
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		name, want := wrong.GetFlag().Name, flagValues[wrong.GetFlag().Value.Type()]
		switch {
		case errors.Is(err, strconv.ErrRange):
			err = fmt.Errorf("--%s is %s, which is beyond any number that hr2coupa counts", name, wrong.GetValue())
		case want != "":
			err = fmt.Errorf("--%s is %q, and must be %s", name, wrong.GetValue(), want)
		}
	}
	return export.Hint(exit.Usage("%w", err), "see %s --help", c.CommandPath())
}
