package export

import (
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

// Ceiling returns how many the limit allows when the ledger knows that many people.
func (l Limit) Ceiling(people int) int { return max(l.Count, int(l.Percent*float64(people)/100)) }

// Names of limits in the config and in approvals.
const (
	DeactivationsLimit  = "deactivations"
	UpdatesLimit        = "updates"
	CreatesLimit        = "creates"
	ReactivationsLimit  = "reactivations"
	LoginsLimit         = "logins"
	NumbersLimit        = "numbers"
	EmailsLimit         = "emails"
	RolesTakenLimit     = "roles_taken"
	RolesGivenLimit     = "roles_given"
	RolesAskedLimit     = "roles_asked"     // of roles.ask: it allows none
	ApprovalLimitsLimit = "approval_limits" // it allows none
	ShrinkLimit         = "shrink"
	columnLimits        = "columns."
	fillLimits          = "fill."
)

// ColumnLimit returns the name of a column's limit.
func ColumnLimit(column string) string { return columnLimits + column }

// FillLimit returns the name of limits.fill for a column.
func FillLimit(column string) string { return fillLimits + column }

// FilledColumn returns the column of a name that FillLimit has made.
func FilledColumn(limit string) (column string, ok bool) { return strings.CutPrefix(limit, fillLimits) }

// Filling is how a column is filled in a feed, of the people for whom the ledger knows a value there.
type Filling struct {
	Known int // these people
	Blank int // those of them whose records have no value now
	Sound int // of the blank ones, those whose row is not quarantined
}

// fewBlanks are as many blanks in a column as are never worth a question.
const fewBlanks = 2

// emptied returns the breach of a column that has come blank, nil where there is none. A plan that would send nothing and has
// nothing that could be held has none either.
func (l Limits) emptied(column string, f Filling, sends bool) *Breach {
	name := FillLimit(column)
	approved := l.approved(name)
	allows := max(fewBlanks, int(l.Fill.Percent*float64(f.Known)/100), approved)
	if l.Fill.Unlimited || f.Blank <= allows || !sends && f.Sound == 0 {
		return nil
	}
	return &Breach{Limit: name, Percent: l.Fill.Percent, Approved: approved, Allows: allows, Known: f.Known, Has: f.Blank}
}

// Limits are the ceilings of one run. Where Coupa was not asked about the people, creates are judged only by the loads:
// a load with more creates is an alarm.
type Limits struct {
	Creates, Updates, Deactivations Limit
	// These count only rows that were compared with what Coupa or the ledger knows.
	Reactivations, Logins, Numbers, Emails, RolesTaken, RolesGiven Limit

	Columns  map[string]Limit // by Coupa column: people whose value changes; rows that set or clear it where they are not compared
	Fill     Limit            // its percent of the people with a known value in a column may be blank there
	Shrink   float64          // percent by which a feed may be smaller than the last one; 0: no limit
	Approved []Approval
}

// Seen holds the figures with which a plan is compared.
type Seen struct {
	People   int // people known to the ledger, or those of the plan whom Coupa knows, where they are more
	Feed     int // records of the feed that is planned, without what earlier plans kept
	LastFeed int // records of the last feed that was not held; 0 where there was none
}

// LimitUse is how much of a limit a plan and the earlier starts of its day have used.
type LimitUse struct {
	Breach // its figures; it is a breach only where the limit Holds the plan
	Holds  bool
}

// Broken returns the limits that a plan exceeds; nil where it is within all of them.
func (l Limits) Broken(p *Plan, seen Seen) []Breach { return Breaches(l.Uses(p, seen)) }

// Breaches returns the limits that hold a plan; nil where none does.
func Breaches(uses []LimitUse) []Breach {
	var broken []Breach
	for _, u := range uses {
		if u.Holds {
			broken = append(broken, u.Breach)
		}
	}
	return broken
}

// Uses returns how much a plan uses of every limit that counts, in the order in which they are judged. fill and shrink are among
// them only where they hold the plan.
func (l Limits) Uses(p *Plan, seen Seen) []LimitUse {
	var uses []LimitUse
	for _, c := range l.counted() {
		uses = l.use(uses, p, seen, c.name, p.people(&c), c.limit)
	}
	columns := p.Columns
	if p.Compared {
		columns = p.Changes.Replaced
	}
	for _, c := range l.byColumn() {
		uses = l.use(uses, p, seen, c.name, columns[strings.TrimPrefix(c.name, columnLimits)], c.limit)
	}
	for _, column := range slices.Sorted(maps.Keys(p.Filled)) {
		if b := l.emptied(column, p.Filled[column], p.Rows > 0); b != nil {
			uses = append(uses, LimitUse{*b, true})
		}
	}
	if l.Shrink > 0 && l.approved(ShrinkLimit) == 0 && float64(seen.Feed) < float64(seen.LastFeed)*(100-l.Shrink)/100 {
		uses = append(uses, LimitUse{Breach{Limit: ShrinkLimit, Percent: l.Shrink, Known: seen.LastFeed, Has: seen.Feed}, true})
	}
	return uses
}

// use adds how much of a limit is used; n is how many people the plan has. An unlimited one does not count.
func (l Limits) use(uses []LimitUse, p *Plan, seen Seen, name string, n int, limit Limit) []LimitUse {
	if limit.Unlimited {
		return uses
	}
	approved := l.approved(name)
	d := p.Tally.count(name, n, approved)
	ceiling := limit.Ceiling(seen.People)
	if !d.byName {
		ceiling = max(ceiling, approved)
	}
	return append(uses, LimitUse{
		Breach: Breach{
			Limit: name, Count: limit.Count, Percent: limit.Percent, Approved: approved, Allows: ceiling, Known: seen.People,
			Has: d.has, Covered: d.covered, Used: d.used, UsedBy: d.by,
		},
		Holds: d.has+d.used > ceiling && (d.fresh > 0 || d.has > ceiling), // whoever adds no one makes it no worse
	})
}

// people returns how many people of a plan a limit counts, without earlier starts.
func (p *Plan) people(c *countLimit) int {
	switch c.name {
	case CreatesLimit:
		return p.Creates
	case DeactivationsLimit:
		return p.Deactivations
	case UpdatesLimit:
		return p.Rows - p.Deactivations
	}
	for _, k := range c.kinds.List() {
		return p.Changes.ByKind[k]
	}
	return 0
}

// approved returns the highest approved ceiling of a limit.
func (l Limits) approved(key string) int {
	n := 0
	for _, a := range l.Approved {
		n = max(n, a.Ceilings[key])
	}
	return n
}

// Names returns the names of the limits that are set and count people.
func (l Limits) Names() (names []string) {
	for _, c := range l.counted() {
		if !c.limit.Unlimited {
			names = append(names, c.name)
		}
	}
	for column := range l.Columns {
		names = append(names, ColumnLimit(column))
	}
	return names
}

type kindLimit struct {
	name  string
	kind  ChangeKind
	limit Limit
}

// kinds returns the limits that count one kind of change each, creates and deactivations aside.
func (l Limits) kinds() []kindLimit {
	return []kindLimit{
		{ReactivationsLimit, ChangeReactivation, l.Reactivations},
		{LoginsLimit, ChangeLogin, l.Logins},
		{NumbersLimit, ChangeNumber, l.Numbers},
		{EmailsLimit, ChangeEmail, l.Emails},
		{RolesTakenLimit, ChangeRoleTaken, l.RolesTaken},
		{RolesGivenLimit, ChangeRoleGiven, l.RolesGiven},
		{RolesAskedLimit, ChangeRoleAsked, Limit{}},
		{ApprovalLimitsLimit, ChangeApprovalLimit, Limit{}},
	}
}
