// Package restapi is the REST side of the twin: the token endpoint, /api/users, /api/data_file_sources, and lists of
// what users refer to.
package restapi

import (
	"net/http"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/hr2coupa/hr2coupa/transport/twin/instance"
	"github.com/hr2coupa/hr2coupa/transport/twin/payload"
	"github.com/hr2coupa/hr2coupa/transport/twin/switchboard"
)

// RateBurst is the documented burst ("Exception Handling and Error Codes").
const RateBurst = 20

// Client is the API client that may ask for tokens.
type Client struct{ ID, Secret string }

// API serves the token endpoint and everything below /api.
type API struct {
	in      *instance.Instance
	client  Client
	mux     *http.ServeMux
	limiter *rate.Limiter

	mu     sync.Mutex
	tokens map[string]grant
	calls  []Call
	users  int // calls to /api/users
}

// Add adds the API to a site.
func Add(site *http.ServeMux, in *instance.Instance, client Client) *API {
	a := &API{in: in, client: client, mux: http.NewServeMux(), tokens: map[string]grant{}, limiter: rate.NewLimiter(rate.Inf, RateBurst)}
	if sw := in.Board.Get(); sw.Rate != switchboard.NoLimit {
		a.limiter.SetLimit(rate.Limit(sw.Rate))
	}
	read, write := []string{"core.user.read", "core.user.write"}, []string{"core.user.write"}
	a.mux.HandleFunc("GET /api/users", a.faulty(a.scoped(read, a.listUsers)))
	a.mux.HandleFunc("GET /api/users/{id}", a.faulty(a.scoped(read, a.getUser)))
	a.mux.HandleFunc("POST /api/users", a.faulty(a.scoped(write, a.createUser)))
	a.mux.HandleFunc("PUT /api/users/{id}", a.faulty(a.scoped(write, a.updateUser)))
	a.mux.HandleFunc("PATCH /api/users/{id}", a.faulty(a.scoped(write, a.updateUser)))
	a.mux.HandleFunc("GET /api/data_file_sources", a.scoped([]string{in.Board.Get().LoadScope}, a.listLoads))
	a.mux.HandleFunc("GET /api/data_file_sources/{id}", a.scoped([]string{in.Board.Get().LoadScope}, a.getLoad))
	for path, of := range lists {
		a.mux.HandleFunc("GET /api/"+path, a.faulty(a.scoped([]string{in.Board.Get().ListScope}, func(w http.ResponseWriter, r *http.Request) {
			a.list(w, r, r.URL.Query(), of.single, func(q payload.Query) []payload.Record { return q.Run(in.Users.References(of.element), false) }, func(path []string) bool {
				return len(path) == 1 && (path[0] == "id" || path[0] == of.key)
			})
		})))
	}
	a.mux.HandleFunc("/api/", a.scoped(nil, func(w http.ResponseWriter, r *http.Request) {
		fail(w, r, http.StatusNotFound, "base", "The requested resource is not available.")
	}))
	site.HandleFunc("POST /oauth2/token", a.token)
	site.Handle("/api/", a)
	return a
}

// ServeHTTP applies the faults, then the limits, then the calls.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.record(r)
	if !a.lag(r) {
		return
	}
	if a.in.Board.Get().API == "off" {
		http.Error(w, "Not Found", http.StatusNotFound)
		return
	}
	if a.spoil(w, r) {
		return
	}
	// The limit is to the rate on the wire, so it goes by real time and not by the clock of the twin.
	if !a.limiter.Allow() {
		w.Header().Set("Retry-After", "1")
		fail(w, r, http.StatusTooManyRequests, "base", "Rate limit exceeded.")
		return
	}
	if contentType(r) == "" {
		fail(w, r, http.StatusNotAcceptable, "base", "Accept must be application/xml or application/json.")
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	a.mux.ServeHTTP(w, r)
}

// lag waits as long as the switch says. It returns false if the client has gone.
func (a *API) lag(r *http.Request) bool {
	if a.in.Board.Get().APILatency == 0 {
		return true
	}
	timer := time.NewTimer(a.in.Board.Get().APILatency)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
