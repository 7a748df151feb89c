package reconcile

import "slices"

// Class is what the comparison found of a person of HR's, or of a user of Coupa's whom HR does not know.
type Class string

// The classes, the gravest first.
const (
	LeaverActive   Class = "leaver_active"   // inactive in HR and active in Coupa
	JoinerInactive Class = "joiner_inactive" // active in HR and inactive in Coupa
	JoinerEarly    Class = "joiner_early"    // an active user of whom HR has only records of days to come
	Missing        Class = "missing"         // HR knows the person, and no user in Coupa is theirs
	Differs        Class = "differs"         // both know the person, and some column has two values
	Unclear        Class = "unclear"         // it cannot be told whether both agree; see Doubt
	OnlyActive     Class = "only_in_coupa"   // an active user who is none of HR's people
	OnlyInactive   Class = "only_inactive"   // an inactive user who is none of HR's people
	LeaverGone     Class = "leaver_gone"     // inactive in HR, and without a user in Coupa
	HandedOver     Class = "handed_over"     // ended in HR, and the user they lead to is that of another person of HR's
	Equal          Class = "equal"
	LeftOut        Class = "left_out" // a person or a user who is not compared; see Reason. It is no class of the sums
)

// Classes returns all classes, the gravest first.
func Classes() []Class {
	return []Class{LeaverActive, JoinerInactive, JoinerEarly, Missing, Differs, Unclear, OnlyActive, OnlyInactive, LeaverGone, HandedOver, Equal}
}

// Agrees reports whether the two sides agree about those of a class. Who is shut out in both, by whatever way, is no
// difference.
func (c Class) Agrees() bool {
	return slices.Contains([]Class{Equal, LeaverGone, HandedOver, OnlyInactive}, c)
}

// ofUser reports whether those of a class are users whom none of HR's people is.
func (c Class) ofUser() bool {
	return slices.Contains([]Class{JoinerEarly, OnlyActive, OnlyInactive}, c)
}

// Cause says which side has changed since both were last confirmed to hold the same.
type Cause string

// The causes.
const (
	NoCause      Cause = "" // it is not known: there is no ledger, or a value is not shown
	HRChanged    Cause = "hr_changed"
	CoupaChanged Cause = "coupa_changed"
	BothChanged  Cause = "both_changed"
	NeverSent    Cause = "never_sent"  // no row of the person was ever accepted
	Unconfirmed  Cause = "unconfirmed" // rows were, and this value was never read back
)

// Causes returns all causes that are known ones.
func Causes() []Cause { return []Cause{HRChanged, CoupaChanged, BothChanged, NeverSent, Unconfirmed} }

// Past says whether a user whom HR does not know was ever one of the ledger's people.
type Past string

// What the ledger says of such a user.
const (
	NoPast   Past = "" // there is no ledger
	OnceOurs Past = "once_ours"
	Never    Past = "never_ours"
)

// Doubt is the reason of Unclear, and of Missing where Coupa has a user who may be the person.
type Doubt string

// The doubts.
const (
	NoDoubt     Doubt = ""
	NotShown    Doubt = "not_shown"    // Coupa does not show a value
	SeveralHave Doubt = "several_have" // several users have the value by which the person is looked for
	TakenTwice  Doubt = "taken_twice"  // another person of HR's leads to the same user, and it is theirs, or whose it is cannot be told
	OtherHas    Doubt = "other_has"    // a user has the person's login, e-mail address or number, but not the value by which people are paired
)

// Reason is why a person or a user is not compared.
type Reason string

// The reasons.
const (
	Quarantined Reason = "quarantined" // HR's record breaks a rule, so that it says nothing certain
	Protected   Reason = "protected"   // a rule of the config protects the person from every change
	Excluded    Reason = "excluded"    // feed.where leaves the person out: the feed is not about them
	Unpaired    Reason = "unpaired"    // the ledger keeps no value by which a user could be found
	Waiting     Reason = "waiting"     // HR's record holds from a later day on
	PersonOut   Reason = "person_out"  // of a user: the record of their person is quarantined
)

// Reasons returns all reasons, the gravest first.
func Reasons() []Reason {
	return []Reason{Quarantined, Protected, Excluded, Unpaired, Waiting, PersonOut}
}
