package notify

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/hr2coupa/hr2coupa/export"
)

// Target is a receiver of notices, as the config names it.
type Target struct {
	Name  string // name in the outbox: the same as long as the config names the same target
	On    []export.NoticeKind
	Owner string // it gets only this owner's tasks, case aside; "" gets all
	To    Sender
}

// Sender sends a message to one target. Send returns nil only where the other side has accepted it. String names the
// target without an address or a secret.
type Sender interface {
	Send(ctx context.Context, m Message) error
	Looker
}

// Write returns the notices of a message: for each target the items that Route assigns to it, and no notice where there
// are none.
func Write(m Message, items []Item, targets []Target) ([]export.Notice, error) {
	var out []export.Notice
	routed := Route(items, targets)
	for i, t := range targets {
		m.Items = routed[i]
		if len(m.Items) == 0 {
			continue
		}
		m.ID = ""
		data, err := json.Marshal(m)
		if err != nil {
			return nil, fmt.Errorf("write a notice: %w", err)
		}
		sum := sha256.Sum256(append([]byte(t.Name+"\n"), data...))
		m.ID = hex.EncodeToString(sum[:12])
		if data, err = json.Marshal(m); err != nil {
			return nil, fmt.Errorf("write a notice: %w", err)
		}
		out = append(out, export.Notice{Target: t.Name, Message: data, Made: m.At})
	}
	return out, nil
}

// Outbox is what Empty needs of the ledger. Several goroutines call its methods.
type Outbox interface {
	Due() ([]export.Notice, error)
	Sent(id int64) error
	NotSent(id int64, why string) error
	GiveUpNotice(id int64, why string) error
}

// Attempt is the result of sending to one target.
type Attempt struct {
	To   string
	Sent int
	Left int   // notices that stay in the outbox
	Err  error // why they stay
}

// obstinate is the number of failed attempts after which a notice no longer blocks the next ones: the notice itself may
// be the problem.
const obstinate = 3

// Empty sends the due notices, all targets in parallel and each target's notices in order. The first failure ends its
// target's turn, unless that notice has failed so often that it may itself be the problem. A notice for a target that
// is no longer in the config is given up. A notice that was accepted just before a crash is sent again by the next
// start, with the same id.
func Empty(ctx context.Context, box Outbox, targets []Target, each time.Duration) ([]Attempt, error) {
	due, err := box.Due()
	if err != nil {
		return nil, err
	}
	var errs []error
	byTarget := map[string][]export.Notice{}
	for _, n := range due {
		if !slices.ContainsFunc(targets, func(t Target) bool { return t.Name == n.Target }) {
			errs = append(errs, box.GiveUpNotice(n.ID, "its target is no longer in the config"))
			continue
		}
		byTarget[n.Target] = append(byTarget[n.Target], n)
	}
	attempts := make([]Attempt, len(targets))
	failed := make([]error, len(targets))
	var all export.Group
	for i, t := range targets {
		all.Go(func() {
			ctx, cancel := context.WithTimeoutCause(ctx, each, fmt.Errorf("no answer within %v", each))
			defer cancel()
			attempts[i], failed[i] = turn(ctx, box, t, byTarget[t.Name])
		})
	}
	all.Wait()
	attempts = slices.DeleteFunc(attempts, func(a Attempt) bool { return a.Sent+a.Left == 0 })
	return attempts, errors.Join(append(errs, failed...)...)
}

func turn(ctx context.Context, box Outbox, t Target, notices []export.Notice) (Attempt, error) {
	a := Attempt{To: t.To.String()}
	for i, n := range notices {
		var m Message
		if err := json.Unmarshal(n.Message, &m); err != nil {
			if err := box.GiveUpNotice(n.ID, "it cannot be read"); err != nil {
				return a, err
			}
			continue
		}
		if err := t.To.Send(ctx, m); err != nil {
			a.Left++
			a.Err = cmp.Or(a.Err, err)
			wrong := box.NotSent(n.ID, err.Error())
			if wrong == nil && n.Attempts+1 >= obstinate && ctx.Err() == nil {
				continue
			}
			a.Left += len(notices) - i - 1
			return a, wrong
		}
		a.Sent++
		if err := box.Sent(n.ID); err != nil {
			return a, err
		}
	}
	return a, nil
}
