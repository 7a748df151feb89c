package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Limit is a ceiling: the larger of a count and a percentage of the people the ledger knows.
type Limit struct {
	Count     int
	Percent   float64 // 0 to 100
	Unlimited bool
}

// Ceiling is how many the limit allows when the ledger knows that many people.
func (l Limit) Ceiling(people int) int { return max(l.Count, int(l.Percent*float64(people)/100)) }

// Names of limits as the config and approvals know them.
const (
	DeactivationsLimit = "deactivations"
	UpdatesLimit       = "updates"
	CreatesLimit       = "creates"
	ShrinkLimit        = "shrink"
	columnLimits       = "columns."
)

// ColumnLimit is the name of a column's limit.
func ColumnLimit(column string) string { return columnLimits + column }

// Limits are the ceilings of one run. Where nobody was asked whom Coupa knows, creates are judged by the loads alone: one
// that counts more is an alarm.
type Limits struct {
	Creates, Updates, Deactivations Limit
	Columns                         map[string]Limit // by Coupa column: rows that set or clear it
	Shrink                          float64          // percent by which a feed may be smaller than the last one; 0: no limit
	Approved                        []Approval
}

// Seen is what a plan is held against.
type Seen struct {
	People   int // known to the ledger
	Feed     int // records of the feed that is planned, without what earlier plans kept
	LastFeed int // records of the last feed that was not held; 0 where there was none
}

// exceeds is what Broken says of a limit; the ledger keeps the sentence, and needed reads it back.
const exceeds = "limits.%s allows %d (%d people known) and the plan has %d; raise the limit if this is meant"

// Broken says which limits a plan exceeds, each with what to do; nil where it is within all of them.
func (l Limits) Broken(p *Plan, seen Seen) []string {
	var broken []string
	hold := func(key string, n int, limit Limit) {
		ceiling := max(limit.Ceiling(seen.People), l.approved(key))
		if !limit.Unlimited && n > ceiling {
			broken = append(broken, fmt.Sprintf(exceeds, key, ceiling, seen.People, n))
		}
	}
	hold(CreatesLimit, p.Creates, l.Creates)
	hold(DeactivationsLimit, p.Deactivations, l.Deactivations)
	hold(UpdatesLimit, p.Rows-p.Deactivations, l.Updates)
	for _, column := range slices.Sorted(maps.Keys(l.Columns)) {
		hold(ColumnLimit(column), p.Columns[column], l.Columns[column])
	}
	if l.Shrink > 0 && l.approved(ShrinkLimit) == 0 && float64(seen.Feed) < float64(seen.LastFeed)*(100-l.Shrink)/100 {
		broken = append(broken, fmt.Sprintf("limits.shrink allows a feed to be %g %% smaller than the last one, which had %d records, and this one has %d; is it whole?",
			l.Shrink, seen.LastFeed, seen.Feed))
	}
	return broken
}

// needed tells which limit a sentence of Broken is about, and the ceiling that would do; "" where it is none.
func needed(sentence string) (limit string, ceiling int) {
	rest, ok := strings.CutPrefix(sentence, "limits.")
	at := strings.LastIndex(rest, " allows ")
	if !ok || at < 0 {
		return "", 0
	}
	if limit = rest[:at]; limit == ShrinkLimit {
		return limit, 1
	}
	_, has, _ := strings.Cut(rest[at:], " and the plan has ")
	if n, err := fmt.Sscanf(has, "%d;", &ceiling); n != 1 || err != nil {
		return "", 0
	}
	return limit, ceiling
}

// approved is the highest ceiling anybody has approved for a limit.
func (l Limits) approved(key string) int {
	n := 0
	for _, a := range l.Approved {
		n = max(n, a.Ceilings[key])
	}
	return n
}
