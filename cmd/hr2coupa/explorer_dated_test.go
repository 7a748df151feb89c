package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// datedConfig has records hold from the day after the first night.
func datedConfig() [][2]string {
	return [][2]string{{"feed.effective", "from"}, {"feed.time_zone", "UTC"}}
}

// dated is a feed whose records all hold from the day after the first night.
func dated() string {
	from := ",from\n"
	var out strings.Builder
	for line := range strings.Lines(twoWaves) {
		out.WriteString(strings.TrimSuffix(line, "\n") + from)
		from = "," + firstNight.AddDate(0, 0, 1).Format(time.DateOnly) + "\n"
	}
	return out.String()
}

// keepFirst plays the first night, which keeps everything for its day, up to the day.
func (g *theatre) keepFirst() error {
	e, err := g.start(&tap{}, g.work()...)
	if err != nil || e.code != export.ExitOK || e.rep.Counts["pending"] != e.rep.Counts["input"] {
		return errors.Join(err, fmt.Errorf("the night that keeps everything ended with %d: %v", e.code, e.rep.Counts))
	}
	return g.untilTheDay()
}

// untilTheDay has a day pass, before which nothing may have been sent.
func (g *theatre) untilTheDay() error {
	if n := len(g.twin.Loads()); n > 0 {
		return fmt.Errorf("%d files were sent before their day", n)
	}
	g.advance(24 * time.Hour)
	return nil
}

// sendOnTheDay plays the night on which the records hold that an earlier one, with the blow, has kept.
func (g *theatre) sendOnTheDay() error {
	if err := g.untilTheDay(); err != nil {
		return err
	}
	g.allowed += mostStarts
	return g.settle()
}
