package calendar

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/config"
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/cmd/internal/show"
	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/cmd/internal/words"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Calendar has the changes that wait for their day. It holds personal data.
type Calendar struct {
	Today   string `json:"today"`   // in feed.time_zone
	Through string `json:"through"` // the last day that is shown
	Waiting int    `json:"waiting"` // all that wait, those beyond it too
	Beyond  int    `json:"beyond"`
	Days    []Day  `json:"days"`
}

// Day has the changes of a day.
type Day struct {
	Day     string   `json:"day"`
	Come    bool     `json:"come"` // the next run sends some of it
	People  int      `json:"people"`
	Changes []Change `json:"changes"`
}

// Change is a record that waits.
type Change struct {
	Key     string        `json:"key"`
	Zone    string        `json:"zone"` // in which the day begins
	Columns []string      `json:"columns"`
	Origin  export.Origin `json:"origin"`
}

// Show prints the changes that wait for the next days.
func Show(ctx context.Context, env *wiring.Env, days int) error {
	const most = 36_500
	if days < 0 || days > most {
		return exit.Usage("--days must be a number from 0 to %d", most)
	}
	pipe, err := wiring.ReadPipeline(ctx, env, config.Options{FeedGiven: true})
	if err != nil {
		return err
	}
	var waiting []export.DatedRecord
	if wiring.LedgerExists(pipe.Config.Ledger) {
		l, done, err := wiring.UseLedger(env, pipe.Config, "")
		if err != nil {
			return err
		}
		defer done()
		if waiting, err = l.Dated(); err != nil {
			return err
		}
	}
	c, err := read(pipe, waiting, env.Now(), days)
	if err != nil {
		return err
	}
	if env.JSON {
		return show.JSON(env, c)
	}
	return c.text(env)
}

// read sorts what waits by day, and works out which columns it would set.
func read(pipe *wiring.Pipeline, waiting []export.DatedRecord, now time.Time, days int) (*Calendar, error) {
	today := now.In(pipe.Config.Feed.TimeZone)
	c := &Calendar{Today: today.Format(time.DateOnly), Through: today.AddDate(0, 0, days).Format(time.DateOnly), Waiting: len(waiting), Days: []Day{}}
	slices.SortStableFunc(waiting, func(a, b export.DatedRecord) int { return strings.Compare(a.Day, b.Day) })
	for from := 0; from < len(waiting); {
		to := from + 1
		for to < len(waiting) && waiting[to].Day == waiting[from].Day {
			to++
		}
		if waiting[from].Day > c.Through {
			c.Beyond = len(waiting) - from
			break
		}
		day, err := readDay(pipe, waiting[from:to], now)
		if err != nil {
			return nil, err
		}
		c.Days = append(c.Days, day)
		from = to
	}
	return c, nil
}

// readDay reads the records of a day with the mapping of that day.
func readDay(pipe *wiring.Pipeline, waiting []export.DatedRecord, now time.Time) (Day, error) {
	d := Day{Day: waiting[0].Day, Changes: []Change{}}
	at, err := time.Parse(time.DateOnly, d.Day)
	if err != nil {
		return d, err
	}
	m := pipe.Mapping.On(at)
	columns := m.Columns()
	people := map[string]bool{}
	come := &ledger.Come{Records: waiting, Fields: append(m.Fields(), pipe.Config.Feed.Key)}
	var mapper export.RowMapper
	var header *export.Header // for which it is bound
	i := 0
	err = come.From(0).Chunks(func(chunk export.Chunk) error {
		var rec export.Record
		for chunk.Next(&rec) {
			if rec.Header != header {
				var err error
				if mapper, err = m.Bind(rec.Header); err != nil {
					return err
				}
				header = rec.Header
			}
			w := &waiting[i]
			i++
			one := Change{Key: w.Key, Zone: w.Zone, Columns: []string{}, Origin: w.Origin}
			for col, name := range columns {
				if cell, fault := mapper.MapColumn(&rec, col); fault != nil || cell.State != export.Absent { // it may be set
					one.Columns = append(one.Columns, name)
				}
			}
			people[w.Key], d.Come = true, d.Come || w.Due(now)
			d.Changes = append(d.Changes, one)
		}
		return nil
	})
	d.People = len(people)
	slices.SortStableFunc(d.Changes, func(a, b Change) int { return cmp.Compare(a.Key, b.Key) })
	return d, err
}

// text prints the calendar for people.
func (c *Calendar) text(env *wiring.Env) error {
	w := env.Stdout.Text()
	switch {
	case c.Waiting == 0:
		w.Printf("no change waits for its day\n")
	case len(c.Days) == 0:
		w.Printf("%s for a day after %s; hr2coupa calendar --days N shows more\n", waitWords(c.Waiting), c.Through)
	case c.Beyond > 0:
		w.Printf("%s, %d of them for a day after %s; hr2coupa calendar --days N shows more\n", waitWords(c.Waiting), c.Beyond, c.Through)
	default:
		w.Printf("%s\n", waitWords(c.Waiting))
	}
	for _, d := range c.Days {
		when := ""
		if d.Come {
			when = ", and has come: the next run sends it"
		}
		w.Printf("\n%s: %s of %s%s\n", d.Day, export.Plural(len(d.Changes), "change"), words.Persons(d.People), when)
		rows := [][]string{{"KEY", "RECORD", "COLUMNS"}}
		for _, one := range d.Changes {
			rows = append(rows, []string{one.Key, one.Origin.String(), strings.Join(one.Columns, ", ")})
		}
		w.Table(rows)
	}
	return w.Err()
}

func waitWords(n int) string {
	if n == 1 {
		return "1 change waits"
	}
	return export.Plural(n, "change") + " wait"
}
