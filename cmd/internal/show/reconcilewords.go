package show

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hr2coupa/hr2coupa/cmd/internal/reconciling"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// classWords say what a class is: of one, in the list of counts; and of many, as a title.
var classWords = map[reconcile.Class]struct{ word, title string }{
	reconcile.LeaverActive:   {"inactive in HR, active in Coupa", "Leavers who are active in Coupa"},
	reconcile.JoinerInactive: {"active in HR, inactive in Coupa", "Active in HR, inactive in Coupa"},
	reconcile.JoinerEarly:    {"active in Coupa before the first day", "Active in Coupa before the first day"},
	reconcile.Missing:        {"missing in Coupa", "Missing in Coupa"},
	reconcile.Differs:        {"in both, with different values", "In both, with different values"},
	reconcile.Unclear:        {"in doubt", "In doubt: it cannot be told whether both agree"},
	reconcile.OnlyActive:     {"only in Coupa, active", "Active users whom HR does not know"},
	reconcile.OnlyInactive:   {"only in Coupa, inactive (no difference)", "Inactive users whom HR does not know"},
	reconcile.LeaverGone:     {"inactive in HR, without a user in Coupa (no difference)", "Inactive in HR, and without a user in Coupa"},
	reconcile.HandedOver:     {"ended in HR, and the account is another person's (no difference)", "Ended in HR, and the account is that of another person in HR"},
	reconcile.Equal:          {"equal", ""},
}

// reasonWords say why people and users are left out.
var reasonWords = map[reconcile.Reason]string{
	reconcile.Quarantined: "quarantined", reconcile.Protected: "protected", reconcile.Excluded: "excluded by a rule", reconcile.Unpaired: "without a value that finds a user", reconcile.Waiting: "waiting for their day",
	reconcile.PersonOut: "of people whose records are quarantined",
}

var unreadWords = map[reconciling.Unread]string{
	reconciling.NoElement: "Coupa's API does not show it", reconciling.NoField: "the file has no field for it",
	reconciling.CardData: "card data is never read", reconciling.Acts: "it makes Coupa act, and stores nothing",
	reconciling.ReadsPeople: "its expression reads person(...), and Coupa is not asked",
	reconciling.ReadsHeld:   "its expression reads coupa[...]",
}

// LeftColumnWord says why a column of Coupa's side is not read.
func LeftColumnWord(why reconciling.Unread) string { return unreadWords[why] }

var noCausesWords = map[reconciling.NoCauses]string{
	reconciling.NoLedger: "there is no ledger", reconciling.KeyLost: "the key of the ledger's hashes is lost",
}

// causeWords say which side has changed.
var causeWords = map[reconcile.Cause]string{
	reconcile.HRChanged: "HR changed", reconcile.CoupaChanged: "Coupa changed", reconcile.BothChanged: "both changed", reconcile.NeverSent: "never sent",
	reconcile.Unconfirmed: "never confirmed",
}

// causeTitles are the causes as titles of columns.
var causeTitles = map[reconcile.Cause]string{
	reconcile.HRChanged: "HR", reconcile.CoupaChanged: "COUPA", reconcile.BothChanged: "BOTH", reconcile.NeverSent: "NEVER SENT", reconcile.Unconfirmed: "UNCONFIRMED",
}

var pastWords = map[reconcile.Past]string{reconcile.OnceOurs: "once managed by this ledger", reconcile.Never: "never managed by this ledger"}

// FindingNames returns what names the person or user of a finding.
func FindingNames(f *reconcile.Finding) (names []string) {
	for _, text := range []string{f.Key, f.Login} {
		if text != "" {
			names = append(names, text)
		}
	}
	if f.Origin.File != "" {
		names = append(names, f.Origin.String())
	}
	if f.ID != "" {
		names = append(names, "Coupa id "+f.ID)
	}
	return names
}

// FindingSays returns what is said of a finding besides its values, in words.
func FindingSays(f *reconcile.Finding) (says []string) {
	add := func(text string) {
		if text != "" {
			says = append(says, text)
		}
	}
	add(LeftText(f))
	add(DoubtText(f))
	switch f.Cause {
	case reconcile.NeverSent:
		add("never sent: no row of this person was ever accepted")
	case reconcile.Unconfirmed:
		add("sent once, and never confirmed")
	case reconcile.CoupaChanged:
		add("Coupa changed: this person was confirmed once")
	}
	add(pastWords[f.Past])
	if f.Open != "" {
		add("still open from run " + f.Open)
	}
	return says
}

// LeftText returns how long ago a leaver who is active has left, in words; "" where that is not known.
func LeftText(f *reconcile.Finding) string {
	switch {
	case f.Hours == nil:
		return ""
	case f.Left.IsZero():
		return fmt.Sprintf("active for %s since the termination", export.Plural(*f.Hours, "hour"))
	case *f.Hours < 0:
		return fmt.Sprintf("leaves at %s, which is ahead", f.Left.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("active for %s since the termination (%s)", export.Plural(*f.Hours, "hour"), f.Left.UTC().Format(time.RFC3339))
}

// DoubtText returns why a finding is in doubt, or whose the account is, in words; "" where there is nothing to say.
func DoubtText(f *reconcile.Finding) string {
	ids := ""
	if others := slices.DeleteFunc(slices.Clone(f.Others), func(id string) bool { return id == "" }); len(others) > 0 {
		ids = " (Coupa id " + strings.Join(others, ", ") + ")"
	}
	switch f.Doubt {
	case reconcile.NotShown:
		return f.Column + ": Coupa's side does not show it, and it may be another value"
	case reconcile.SeveralHave:
		return f.Column + ": several users in Coupa have this value" + ids
	case reconcile.TakenTwice:
		if f.Whose == "" {
			return f.Column + ": it leads to a user to whom another person in HR leads too, and whose it is cannot be told"
		}
		return f.Column + ": it leads to the user of another person in HR, " + f.Whose
	case reconcile.OtherHas:
		return f.Column + ": a user in Coupa has this value, and is not paired with this person" + ids
	}
	switch f.Class {
	case reconcile.HandedOver:
		return "the account is that of " + f.Whose + " in HR"
	case reconcile.JoinerEarly:
		return "HR has the person from " + f.From + " on"
	}
	return ""
}

// TwoValues returns what both sides hold in a cell.
func TwoValues(c export.CellChange) string {
	switch {
	case !c.Known:
		return "HR " + orNone(c.New) + ", Coupa not shown"
	case c.Gained == nil && c.Lost == nil:
		return "HR " + orNone(c.New) + ", Coupa " + orNone(c.Old)
	}
	var parts []string
	if len(c.Gained) > 0 {
		parts = append(parts, "only in HR: "+strings.Join(c.Gained, ", "))
	}
	if len(c.Lost) > 0 {
		parts = append(parts, "only in Coupa: "+strings.Join(c.Lost, ", "))
	}
	return strings.Join(parts, "; ")
}
