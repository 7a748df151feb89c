package operator

import (
	"github.com/hr2coupa/hr2coupa/cmd/internal/exit"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/ledger"
)

// Approvals returns every approval of a run, used or not, and those of other runs that let it go.
func Approvals(l ledger.Approvals, run string) ([]export.Approval, error) {
	of, err := l.ApprovalsOf(run)
	if err != nil {
		return nil, err
	}
	used, err := l.UsedBy(run)
	return append(of, used...), err
}

// MayApprove returns why an approval is refused (2). It would name a limit that one of the run already names, and that one counts; or
// other is set and whoever gives it may have planned the run.
func MayApprove(l ledger.Approvals, a export.Approval, other bool) error {
	planners, err := l.Planners(a.Run)
	if err != nil {
		return err
	}
	if why := ledger.VoidFor(a.Operator, planners); other && why != "" {
		return refused(a, why)
	}
	all, err := l.Approvals(a.At)
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.Run != a.Run || other && ledger.VoidFor(b.Operator, planners) != "" {
			continue
		}
		for limit := range a.Ceilings {
			if _, given := b.Ceilings[limit]; given {
				err := exit.Usage("approve: %s of run %s is approved already: %s", export.LimitName(limit), a.Run, b.String())
				return export.Hint(err, "hr2coupa run uses it; or let it expire")
			}
		}
	}
	return nil
}

// refused returns the error for an approval that would count for nothing.
func refused(a export.Approval, why export.Void) error {
	switch why {
	case export.VoidPlanner:
		err := exit.Usage("approve: approve.other is true, and it is not known who has planned run %s: an earlier version did, at least in part", a.Run)
		return export.Hint(err, "hr2coupa settle %s rejected --by NAME, then hr2coupa run --again: it plans these records again, and another person approves", a.Run)
	case export.VoidApprover:
		return export.Hint(exit.Usage("approve: approve.other is true, and this system does not say who you are"), "approve on a system that does")
	}
	err := exit.Usage("approve: approve.other is true, and run %s was planned by the same person: %s", a.Run, a.Operator)
	err = export.Hint(err, "another person approves: by sudo from a login of their own, or under an account that has planned nothing of it")
	if a.Operator.Sudo != "" && !a.Operator.Agrees {
		return export.Hint(err, "SUDO_USER counts only where the kernel knows that this account has logged in (the audit user id, /proc/self/loginuid)")
	}
	return err
}
