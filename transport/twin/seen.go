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

// PickUp runs one pick-up: it takes the files of the drop folder and loads those that are due. With load-time 0 all of them
// are loaded when it returns. With a longer one, a later PickUp or request loads them once the clock has reached it.
func (t *Twin) PickUp() { t.loader.PickUp() }

// Set changes switches, given as "name=value", while the twin runs, so that a fault begins or ends. What it has loaded stays.
// It returns the errors of switchboard.Parse, and one for a switch that takes effect only at the start.
func (t *Twin) Set(args ...string) error { return t.in.Board.Set(args...) }

// Calls returns the requests below /api so far in the order in which they arrived, refused ones included.
func (t *Twin) Calls() []Call { return t.api.Calls() }

// User returns a copy of the account with this login, as the API shows it.
func (t *Twin) User(login string) (Record, bool) {
	t.loader.Settle()
	return t.in.Users.GetByLogin(login)
}

// Users returns copies of all accounts, by id.
func (t *Twin) Users() []Record {
	t.loader.Settle()
	return t.in.Users.All()
}

// Loads returns all loads, oldest first, listed or not.
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
			l.ArchivedSize = -1 // the archive has another file of that name
			continue
		}
		l.ArchivedSize = t.tree.ArchivedSize(l.Name)
	}
	return loads
}

// Applied returns every row that the twin has stored, in the order in which it stored them.
func (t *Twin) Applied() []Applied {
	t.loader.Settle()
	return t.in.Loads.Applied()
}
