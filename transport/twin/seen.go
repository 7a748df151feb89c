package twin

import (
	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
	"github.com/hr2coupa/hr2coupa/transport/twin/restapi"
)

// What the methods of a Twin return.
type (
	Load    = instance.Load    // the processing of one file
	Applied = instance.Applied // one row that was stored
	Record  = payload.Record   // a user, as the API shows it
	Call    = restapi.Call     // one request to the API
)

// PickUp lets the pick-up clock tick once: it takes what lies in the drop folder and loads what is due.
// With load-time 0 everything taken is loaded when it returns; a longer load-time is served by a later
// PickUp, or by the next request, once the clock has reached it.
func (t *Twin) PickUp() { t.loader.PickUp() }

// Set turns switches, given as "name=value", while the twin runs: what it has loaded stays. It is how a fault begins or
// ends. Faults are those of switchboard.Parse; a switch that counts only at the start is one too.
func (t *Twin) Set(args ...string) error { return t.in.Board.Set(args...) }

// Calls gives the requests below /api so far, in the order they came in, the refused ones too.
func (t *Twin) Calls() []Call { return t.api.Calls() }

// User gives a copy of the account with this login, as the API shows it.
func (t *Twin) User(login string) (Record, bool) {
	t.loader.Settle()
	return t.in.Users.GetByLogin(login)
}

// Users gives copies of all accounts, by id.
func (t *Twin) Users() []Record {
	t.loader.Settle()
	return t.in.Users.All()
}

// Loads gives all loads, oldest first, listed or not.
func (t *Twin) Loads() []Load {
	t.loader.Settle()
	loads := t.in.Loads.All()
	newest := map[string]int64{}
	for _, l := range loads {
		if l.CreatedBy == instance.SFTPLogin {
			newest[l.Name] = l.ID
		}
	}
	for i := range loads {
		l := &loads[i]
		if l.ArchivedSize < 0 || newest[l.Name] != l.ID {
			l.ArchivedSize = -1 // another file of that name lies there
			continue
		}
		l.ArchivedSize = t.tree.ArchivedSize(l.Name)
	}
	return loads
}

// Applied gives every row the twin has stored, in the order of storing.
func (t *Twin) Applied() []Applied {
	t.loader.Settle()
	return t.in.Loads.Applied()
}
