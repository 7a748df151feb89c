package reconciling

import (
	"errors"
	"hash/maphash"
	"slices"

	"github.com/hr2coupa/hr2coupa/cmd/internal/wiring"
	"github.com/hr2coupa/hr2coupa/export"
	"github.com/hr2coupa/hr2coupa/export/alike"
	"github.com/hr2coupa/hr2coupa/export/baseline"
	"github.com/hr2coupa/hr2coupa/export/ledger"
	"github.com/hr2coupa/hr2coupa/export/reconcile"
)

// NoCauses is why no cause of a difference is known.
type NoCauses string

// The reasons.
const (
	NoLedger NoCauses = "no_ledger"
	KeyLost  NoCauses = "key_lost" // that of the ledger's hashes
)

// maxStories is of how many differing people the ledger is asked what became of their last record. More would take minutes.
const maxStories = 20_000

// memory is what the ledger says of the people of both sides. Nothing is recorded in it.
type memory struct {
	ledger    ledger.Ledger
	confirmed *baseline.Store
	key       baseline.HashKey
	known     *baseline.KnownPeople
	logins    []uint64 // hashes of every login that was ever sent, sorted
	seed      maphash.Seed
	open      map[string]string // the run that a person is still open from, by key
}

// remember opens the ledger, if there is one, and reads what was last confirmed.
func (s *sides) remember() error {
	cfg := s.pipe.Config
	if !wiring.LedgerExists(cfg.Ledger) {
		s.res.NoCauses = NoLedger
		return nil
	}
	l, done, err := wiring.UseLedger(s.env, cfg, "")
	if err != nil {
		return err
	}
	s.res.closing = append(s.res.closing, done)
	m := &memory{ledger: l, seed: maphash.MakeSeed(), open: map[string]string{}}
	s.memory, s.res.memory = m, m
	m.key, err = wiring.LedgerKey(cfg, l)
	if lost, ok := errors.AsType[*wiring.KeyError](err); ok {
		s.res.NoCauses = KeyLost
		export.LogHints(s.env.Log, lost.Hints()...).Warnf("causes are not known: %v", lost)
	} else if err != nil {
		return err
	}
	if !m.key.IsZero() {
		if m.confirmed, err = l.Baselines(); err != nil {
			return err
		}
	}
	if m.known, err = l.Known(); err != nil {
		return err
	}
	m.known = m.known.Tidied()
	err = l.Logins(func(login string) { m.logins = append(m.logins, m.loginHash(login)) })
	slices.Sort(m.logins)
	m.logins = slices.Compact(m.logins)
	return err
}

func (m *memory) loginHash(login string) uint64 {
	return maphash.String(m.seed, alike.FoldLogin(login))
}

// sent reports whether a row of a person was ever accepted.
func (m *memory) sent(key string) bool {
	_, ok := m.known.Of(key)
	return ok
}

// ours reports whether the ledger knows a user, by HR's key or by a login that was once sent.
func (m *memory) ours(key, login string) bool {
	if key != "" {
		if _, ok := m.known.Of(alike.Tidy(key)); ok {
			return true
		}
	}
	if login == "" {
		return false
	}
	_, ok := slices.BinarySearch(m.logins, m.loginHash(login))
	return ok
}

// note notes the run that a person who differs is still open from: their newest record did not reach Coupa, or nothing is known
// of it yet.
func (m *memory) note(f *reconcile.Finding, res *Result) error {
	if m == nil || f.Key == "" || f.Class.Agrees() || f.Class == reconcile.LeftOut {
		return nil
	}
	if res.Asked == maxStories {
		res.Unasked++
		return nil
	}
	res.Asked++
	story, _, err := m.ledger.Story([]string{f.Key}, 1)
	if err != nil || len(story) == 0 {
		return err
	}
	for _, e := range story {
		if !closed(e.Row.Outcome) {
			m.open[f.Key] = e.Run.ID
			res.Open++
			return nil
		}
	}
	return nil
}

// closed reports whether a record is done with.
func closed(o export.Outcome) bool {
	return o == export.Applied || o == export.Unchanged || o == export.Excluded
}
